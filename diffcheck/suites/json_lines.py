"""Suites in JSON Lines: each line stands for itself. One that cannot be read becomes an `Unreadable`, and the others go on.

A file may have millions of lines: they are read while the cases are needed, and never kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from diffcheck.suites.cases import MAX_NAME, Case, Unreadable
from diffcheck.suites.fields import CaseLine, complaint

MAX_LINE = 1_000_000  # bytes
MAX_FAULTS = 10  # of a line that are told


def count_lines(stream: BinaryIO) -> int:
    """How many cases there are."""
    return sum(1 for _ in _lines(stream))


def read_lines(stream: BinaryIO, path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[int, Case | Unreadable]]:
    """The cases whose names are wanted, each with its number from 0 among all."""
    for number, (line, content) in enumerate(_lines(stream)):
        case = _from_line(content, line, str(path), wanted)
        if case is not None:
            yield number, case


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1. One that is too long is cut."""
    number = 0
    while content := stream.readline(MAX_LINE + 2):
        rest = content
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 2)
        number += 1
        content = content.removeprefix(b"\xef\xbb\xbf") if number == 1 else content
        if content.strip():
            yield number, content


def _from_line(content: bytes, number: int, file: str, wanted: Callable[[str], bool]) -> Case | Unreadable | None:
    name, fault, fields = f"line {number}", "", None
    try:
        if len(content.rstrip(b"\r\n")) > MAX_LINE:
            raise ValueError(f"it is longer than {MAX_LINE:,} bytes")
        # texts, so that a coordinate is rounded once, to the format under test; NaN becomes one too, and is refused there
        fields = json.loads(content.decode(), parse_float=str, parse_constant=str)
    except json.JSONDecodeError as error:
        fault = f"not a line of JSON: {error.msg} at column {error.colno}"
    except (ValueError, RecursionError) as error:
        fault = f"not a line of JSON: {error}"
    name = _id_in(fields) or name
    if not wanted(name):
        return None
    return Unreadable(name, number, fault, file) if fault else _validated(fields, name, number, file)


def _id_in(fields: object) -> str:
    """What a line calls itself: a text or a number."""
    found = fields.get("id") if isinstance(fields, dict) else None
    text = str(found) if isinstance(found, (str, int)) and not isinstance(found, bool) else ""
    return text if len(text) <= MAX_NAME else ""


def _validated(fields: object, name: str, number: int, file: str) -> Case | Unreadable:
    try:
        line = CaseLine.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:MAX_FAULTS]
        return Unreadable(name, number, "; ".join(complaint(fault, CaseLine) for fault in faults), file)
    return Case(
        name,
        number,
        line.expr,
        line.points,
        wrt=tuple(tuple(names) for names in line.wrt),
        claims=line.claims,
        spare_coordinates=True,
        file=file,
        sampling=None if line.sample is None else line.sample.sampling,
        cost=line.cost,
    )
