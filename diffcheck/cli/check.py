"""diffcheck check: judge the derivatives of an expression at points."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    At,
    Claims,
    Color,
    Colored,
    Dtype,
    Expression,
    ExpressionCommand,
    FloatFormat,
    Format,
    Interval,
    Of,
    Output,
    Points,
    Strict,
    Wrt,
    expression_text,
)
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.job import checked, columns_at, ends
from diffcheck.errors import InputError

if TYPE_CHECKING:
    from diffcheck.judgement.check import Check
    from diffcheck.judgement.points import Columns
    from diffcheck.results import IntervalReport, Tally


@app.command(cls=ExpressionCommand)
@guarded
def check(
    expression: Expression,
    at: At = [],  # noqa: B006  (Typer copies it)
    points: Points = None,
    interval: Interval = "",
    samples: Annotated[int, typer.Option("--samples", help="How many points of an interval are sampled.")] = 1000,
    wrt: Wrt = "",
    of: Of = "",
    claim: Claims = [],  # noqa: B006
    dtype: FloatFormat = Dtype.float64,
    format: Annotated[Format, typer.Option("--format", help="How to show the report.")] = Format.text,
    latex: Annotated[bool, typer.Option("--latex", help="Show the closed form as LaTeX too.")] = False,
    strict: Strict = False,
    color: Colored = Color.auto,
    output: Output = None,
) -> int:
    """Judge the derivatives of an expression at points, or on an interval.

    \b
    Examples:
      diffcheck check "x^2 + 3x + 2" --at 2
      diffcheck check "x*y + sin(x)" --at x=1,y=2 --wrt x
      diffcheck check "x^2 + 3x + 2" --at "linspace(-4,4,100)" --claim "2x + 3"
      diffcheck check "f(x) = x^2 + 3x + 2; g(x) = f(f(f(x)))" --at 2 --of g
      diffcheck check "exp(x)" --points points.csv --format jsonl -o report.jsonl
      diffcheck check "max(x^2, 2x + 3)" --interval -2,4
    """
    from diffcheck.views.output import opened

    with opened(output) as stream:
        job = checked(expression_text(expression), of, wrt, claim, dtype)
        if interval:
            return exit_code(_show_interval(_on_interval(job, at, points, interval, samples), format, latex, color, stream), strict)
        return exit_code(_show(job, columns_at(job, at, points), format, latex, color, stream), strict)


def _show(job: Check, columns: Columns, format: Format, latex: bool, color: Color, stream: Any) -> Tally:
    samples = job.samples(columns)
    if format is Format.text:
        from diffcheck.views import console as view

        console = view.console_for(stream, color.value)
        view.show_header(console, job.header, latex)
        tally = view.show_samples(console, job.header, samples)
        view.show_conclusion(console, tally)
        return tally
    from diffcheck.views import json_

    tally = json_.write_lines(samples, stream) if format is Format.jsonl else json_.write_report(job.header, samples, stream)
    if tally.unsampled and sys.stderr is not None:
        from diffcheck.views import console as view

        view.show_conclusion(view.console_for(sys.stderr, color.value), tally)
    return tally


def _on_interval(job: Check, at: list[str], points: Path | None, interval: str, samples: int) -> IntervalReport:
    from diffcheck.judgement.interval import check_interval

    if at or points is not None:
        raise InputError("points are given, and an interval too", "Write either --interval A,B or --at and --points.")
    return check_interval(job, *ends(job, "--interval", interval), samples)


def _show_interval(report: IntervalReport, format: Format, latex: bool, color: Color, stream: Any) -> Tally:
    if format is Format.text:
        from diffcheck.views import console, interval

        interval.show(console.console_for(stream, color.value), report, latex)
    else:
        from diffcheck.views import json_

        json_.write_interval(report, stream, whole=format is Format.json)
    return report.tally
