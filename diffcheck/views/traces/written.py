"""A trace in one of its formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

from diffcheck.views.layout import console_for
from diffcheck.views.traces import json_
from diffcheck.views.traces.documents import write_csv, write_latex, write_markdown
from diffcheck.views.traces.graphs import write_dot, write_mermaid
from diffcheck.views.traces.tables import TraceOptions
from diffcheck.views.traces.text import show
from diffcheck.workings import TraceRecord

FORMATS: dict[str, Callable[[TraceRecord, TraceOptions, TextIO], None]] = {
    "text": lambda trace, options, stream: show(console_for(stream, "auto"), trace, options),
    "markdown": write_markdown,
    "latex": write_latex,
    "csv": lambda trace, options, stream: write_csv(trace, stream),
    "json": lambda trace, options, stream: json_.write(trace, stream),
    "dot": write_dot,
    "mermaid": write_mermaid,
}
SHEETS = ("text", "markdown", "latex")  # that have blanks for an exercise


def write(trace: TraceRecord, format: str, options: TraceOptions, stream: TextIO) -> None:
    """Write a trace in the format of this name."""
    FORMATS[format](trace, options, stream)
