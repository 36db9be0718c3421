"""The ending of a file's name chooses the format of what is written to it, where --format does not; then it is said what was written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperOption

from diffcheck.errors import InputError
from diffcheck.printable import message, shown
from diffcheck.views.output import SYSTEM

PICTURES = ("png", "svg", "pdf")
ENDINGS: Mapping[str, tuple[str, ...]] = {  # the formats that go with an ending, the one that it chooses first
    ".md": ("markdown", "text"),
    ".tex": ("latex",),
    ".html": ("html",),
    ".htm": ("html",),
    ".py": ("python", "jax"),
    ".json": ("json", "jsonl", "sarif"),
    ".jsonl": ("jsonl",),
    ".ndjson": ("jsonl",),
    ".sarif": ("sarif",),
    ".xml": ("junit",),
    ".csv": ("csv",),
    ".dot": ("dot",),
    ".gv": ("dot",),
    ".mmd": ("mermaid",),
    **{f".{name}": (name,) for name in PICTURES},
    **dict.fromkeys((".gif", ".jpg", ".jpeg", ".webp", ".eps", ".ps"), ()),
}


def chosen(ctx: typer.Context, output: Path | None) -> Path | None:
    """Of a command with --format: what its default is where there is such an ending. It goes before the default of the project."""
    formats: Any = next((type(each.default) for each in ctx.command.params if each.name == "format" and isinstance(each, TyperOption)), ())
    if fitting := _fitting(_ending(output), formats):
        ctx.default_map = {**(ctx.default_map or {}), "format": fitting[0]}
    return output


def require_agreement(output: Path | None, format: StrEnum) -> None:
    """Raises InputError where a name has the ending of another format."""
    ending = _ending(output)
    if output is None or ending not in ENDINGS or format.value in ENDINGS[ending]:
        return
    known = _fitting(ending, type(format))
    if not known:
        endings = ", ".join(each for each in ENDINGS if _fitting(each, type(format)))
        raise InputError(
            f"this command writes no {ending} files, and {shown(output)} would be one",
            f"It writes {endings}; other endings choose nothing.",
        )
    fix = "Leave --format out, or choose another name: .txt goes with every format."
    raise InputError(f"--format {format.value} contradicts the name {shown(output)}: {ending} files are {' or '.join(known)}", fix)


def tell(output: Path | None, format: StrEnum) -> None:
    """Say what was written, where messages go; of a pipe or a device whoever reads it knows."""
    if output is not None and output.is_file() and not os.path.abspath(output).startswith(SYSTEM) and sys.stderr is not None:
        print(message(f"{shown(output)}: written as {format.value}"), file=sys.stderr)


def _fitting(ending: str, formats: Iterable[StrEnum]) -> list[str]:
    known = {each.value for each in formats}
    return [name for name in ENDINGS.get(ending, ()) if name in known]


def _ending(output: Path | None) -> str:
    return "" if output is None else output.suffix.lower()
