"""A trace for people: a table for each pass, in the width of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import StringIO

from rich.console import Console

from diffcheck.results import Status
from diffcheck.views.console import coordinates
from diffcheck.views.layout import Column, Sections, console_for, line, paragraph, show_table
from diffcheck.views.numerals import number_text
from diffcheck.views.traces.tables import PassTable, TraceOptions, narrow, short
from diffcheck.workings import Row, TraceRecord

RIGHT = ("ulps",)
DETAILS = (17, 15, 12, 9)  # digits of a proved number, until a table fits


def show(console: Console, trace: TraceRecord, options: TraceOptions) -> None:
    """The whole trace; of an exercise the sheet, and the solution after it."""
    line(console, f"read as: {trace.read_as}")
    paragraph(console, f"at {coordinates(trace.point)}; JAX runs operation by operation, in {trace.dtype}", "dim")
    _show_tables(console, trace, options)
    if options.solution is not None:
        line(console, "\n── solution ──")
        _show_tables(console, trace, options.solution)
    if options.solved:
        _show_end(console, trace)


def _show_tables(console: Console, trace: TraceRecord, options: TraceOptions) -> None:
    versions = [narrow(trace, replace(options, digits=digits)) for digits in DETAILS]
    for k, table in enumerate(versions[0]):
        console.print()
        paragraph(console, f"{table.heading}:", "bold")
        _show_table(console, [version[k] for version in versions])
        for note in table.notes:
            paragraph(console, note)


def _show_table(console: Console, versions: Sequence[PassTable]) -> None:
    columns = [Column(name, wraps=name == "operation" or name == "adjoint", right=name in RIGHT) for name in versions[0].columns]

    def sections(version: PassTable) -> Sections:
        return [version.rows]

    show_table(console, columns, sections, versions)


def _show_end(console: Console, trace: TraceRecord) -> None:
    console.print()
    adjoints = {row.name: row for row in trace.rows}
    for derivative in trace.derivatives:
        text = f"d{trace.name}/d{derivative.wrt} {_found(adjoints[derivative.wrt], derivative.status)}"
        paragraph(console, text + (f" ({derivative.reason})" if derivative.reason else ""))
    for note in trace.notes:
        paragraph(console, note)


def _found(row: Row, status: Status) -> str:
    number = row.adjoint
    if number is None:
        return "is not known"
    jax = f"; JAX has {number_text(number.computed)}" if number.computed is not None else ""
    if number.sides is not None:
        left, right = map(short, number.sides)
        return f"does not exist: a kink, the slopes are {left} and {right}{jax}"
    if number.proved is None:
        return f"is not proved: {status.value}{jax}"
    return f"= {short(number.proved, 17)}, proved{jax}"


def as_text(trace: TraceRecord, options: TraceOptions) -> str:
    """The same as a text."""
    stream = StringIO()
    show(console_for(stream, "never"), trace, options)
    return stream.getvalue()
