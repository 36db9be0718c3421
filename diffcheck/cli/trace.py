"""diffcheck trace: show how a value and its derivatives come about, row by row."""

from __future__ import annotations

from contextlib import nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    Dtype,
    ExpressionCommand,
    MaxMemory,
    Of,
    Output,
    OwnFormat,
    Timeout,
    TraceFormat,
    expression_text,
    option,
)
from diffcheck.cli.endings import PICTURES
from diffcheck.cli.exits import EXIT_PASS, guarded
from diffcheck.cli.function_job import is_reference, prints_apart
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits

if TYPE_CHECKING:
    from diffcheck.views.traces.tables import TraceOptions
    from diffcheck.workings import TraceRecord


class Passes(StrEnum):
    forward = "forward"
    reverse = "reverse"
    both = "both"


Subject = Annotated[
    str, typer.Argument(metavar="EXPR|FUNCTION", help="Mathematics; or FILE.py:NAME, which is executed.", show_default=False)
]
At = Annotated[
    list[str],
    option("--at", help="The point: 2, or x=1,y=2; of a function x=[1,2,3] or FILE.py:NAME, too.", metavar="POINT"),
]
Wrt = Annotated[str, option("--wrt", help="The variables with derivatives, e.g. x,y (default: all).", metavar="NAMES")]
Entry = Annotated[str, option("--entry", help="Which entry of a function's result, e.g. '[0]'.", metavar="ENTRY")]
Which = Annotated[Passes, typer.Option("--pass", help="Which pass to show: values and tangents, adjoints, or both.")]
Exercise = Annotated[bool, option("--exercise", help="Leave blanks to fill in, and print the solution after them.")]
Sheet = Annotated[bool, option("--sheet", help="The exercise without its solution, which is the trace without this option.")]
AllRows = Annotated[bool, option("--all", help="Show all rows, where there are more than 2,000.")]


@app.command(cls=ExpressionCommand)
@guarded
def trace(
    subject: Subject,
    at: At = [],  # noqa: B006  (Typer copies it)
    wrt: Wrt = "",
    of: Of = "",
    entry: Entry = "",
    passes: Which = Passes.both,
    exercise: Exercise = False,
    sheet: Sheet = False,
    all_rows: AllRows = False,
    dtype: OwnFormat = None,
    timeout: Timeout = DEFAULT_SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    format: Annotated[TraceFormat, typer.Option("--format", help="How to write it; the last three draw the graph.")] = TraceFormat.text,
    output: Output = None,
) -> int:
    """Show how a value and its derivatives come about: a row for each operation, proved and as JAX computes it.

    \b
    Examples:
      diffcheck trace "ln(x1) + x1*x2 - sin(x2)" --at x1=2,x2=5
      diffcheck trace "f(x) = x^2 + 3x + 2; f(f(f(x)))" --at 2 --pass reverse
      diffcheck trace rule.py:softplus --at 1
      diffcheck trace "sin(x)*x" --at 1 --exercise --format latex
      diffcheck trace "exp(x)/(1 + exp(x))" --at 1 -o graph.svg
    """
    from diffcheck.pictures.drawing import private_directory
    from diffcheck.views.output import opened

    text = expression_text(subject, timeout, may_be_function=True)
    is_picture = format.value in PICTURES
    options = _options(passes, exercise, sheet, all_rows)
    _require_sheet(exercise or sheet, format)
    if is_picture and output is None:
        raise InputError("a picture is written to a file", f"Write -o graph.{format.value}.")
    with opened(output) as stream, private_directory() if is_picture else nullcontext("") as directory:

        def work(watch: Watch) -> int:
            with prints_apart(watch):
                found = watch.timed(lambda: _traced(text, at, of, wrt, entry, dtype))
                drawn = _drawn(found, options, format.value, directory) if is_picture else b""
            _write(found, options, format, drawn, stream)
            return EXIT_PASS

        return supervised(work, Limits(timeout, max_memory), stream, runs_code=is_reference(text))


def _options(passes: Passes, exercise: bool, sheet: bool, all_rows: bool) -> TraceOptions:
    from diffcheck.views.traces.tables import TraceOptions
    from diffcheck.workings import Pass

    return TraceOptions(tuple(Pass) if passes is Passes.both else (Pass(passes.value),), exercise or sheet, all_rows, solved=not sheet)


def _write(found: TraceRecord, options: TraceOptions, format: TraceFormat, drawn: bytes, stream: TextIO) -> None:
    from diffcheck.views.traces.written import write

    if drawn:
        stream.buffer.write(drawn)
    else:
        write(found, format.value, options, stream)


def _require_sheet(exercise: bool, format: TraceFormat) -> None:
    from diffcheck.views.traces.written import SHEETS

    if exercise and format.value not in SHEETS:
        raise InputError("an exercise is a sheet with blanks", f"Write --format {' or '.join(SHEETS)}.")


def _traced(text: str, at: list[str], of: str, wrt: str, entry: str, dtype: Dtype | None) -> TraceRecord:
    from diffcheck.checks.loading import load, point_of, runs_wide
    from diffcheck.checks.numbers import split
    from diffcheck.traces import trace as traced

    if len(at) != 1:
        raise InputError("no point is given" if not at else "a trace is made at one point", "Write --at 2, or --at x=1,y=2, once.")
    wanted = [name.strip() for name in split(wrt)] if wrt else None
    if is_reference(text):
        if of:
            raise InputError("--of is for expressions", "A function has no definitions.")
        wide = runs_wide(at, dtype)
        return traced(load(text, wide), point_of(at[0], wide), wrt=wanted, entry=entry or None, dtype=dtype)
    if entry:
        raise InputError("--entry is for functions", "The value of an expression is one number.")
    return traced(text, at[0], of=of or None, wrt=wanted, dtype=dtype)


def _drawn(found: TraceRecord, options: TraceOptions, suffix: str, directory: str) -> bytes:
    from diffcheck.pictures.drawing import import_matplotlib

    import_matplotlib(directory)
    from diffcheck.pictures.trace import picture

    return picture(found, options, suffix)
