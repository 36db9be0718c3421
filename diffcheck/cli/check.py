"""diffcheck check: judge the derivatives of an expression at points."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    Along,
    At,
    Claims,
    Color,
    Colored,
    Dtype,
    Every,
    Expression,
    ExpressionCommand,
    FloatFormat,
    Gradient,
    HessianFlag,
    Hvp,
    JacobianFlag,
    Latex,
    MaxMemory,
    Of,
    Order,
    Output,
    OutputFormat,
    Points,
    ReportFormat,
    SideOption,
    Strict,
    Timeout,
    Wrt,
    expression_text,
)
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.intervals import OWN, Interval, Samples, ends, require_no_points, write_interval
from diffcheck.cli.job import checked, columns_at, header_at, names_at, opened_table, orders_of
from diffcheck.cli.supervised import supervised
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits

if TYPE_CHECKING:
    from diffcheck.checks.csv_points import Table
    from diffcheck.checks.expression import Check
    from diffcheck.results import Header, IntervalReport, Sample, Tally
    from diffcheck.views.reports import Single


@app.command(cls=ExpressionCommand)
@guarded
def check(
    expression: Expression,
    at: At = [],  # noqa: B006  (Typer copies it)
    points: Points = None,
    interval: Interval = "",
    samples: Samples = 1000,
    wrt: Wrt = "",
    of: Of = "",
    gradient: Gradient = False,
    jacobian: JacobianFlag = False,
    hessian: HessianFlag = False,
    order: Order = None,
    along: Along = "",
    hvp: Hvp = "",
    every: Every = False,
    claim: Claims = [],  # noqa: B006
    side: SideOption = "",
    dtype: FloatFormat = Dtype.float64,
    timeout: Timeout = DEFAULT_SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    format: ReportFormat = OutputFormat.text,
    latex: Latex = False,
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
      diffcheck check "(1 - x)^2 + 100(y - x^2)^2" --at x=1,y=2 --hessian
      diffcheck check "sin(x*y)" --at x=1,y=2 --along x=1,y=-2 --order 3
    """
    from diffcheck.views.output import opened

    require_no_points(bool(interval and (at or points)), "--at and --points")
    text = expression_text(expression, timeout)
    orders = orders_of(order, along, hvp, every, hessian, gradient, jacobian)
    with opened(output) as stream:

        def work(watch: Watch) -> int:
            with watch.timed(lambda: opened_table(at, points)) as table:
                job = checked(text, of, wrt, claim, dtype, watch, watch.timed(lambda: names_at(at, table)), orders, side)
                return exit_code(_Shown(text, format, latex, every, color, stream, watch).tally(job, at, table, interval, samples), strict)

        return supervised(work, Limits(timeout, max_memory), stream)


@dataclass(frozen=True, slots=True)
class _Shown:
    """How the report of an expression is shown, and where."""

    text: str
    format: OutputFormat
    latex: bool
    every: bool
    color: Color
    stream: TextIO
    watch: Watch

    def tally(self, job: Check, at: list[str], points: Table | None, interval: str, samples: int) -> Tally:
        return self.interval(job, interval, samples) if interval else self.points(job, at, points)

    def points(self, job: Check, at: list[str], points: Table | None) -> Tally:
        samples = self.watch.over(self.watch.timed(lambda: job.samples(columns_at(job, at, points))))
        if self.format not in OWN:
            return self._as_suite(samples)
        header = None if self.format is OutputFormat.jsonl else self.watch.timed(lambda: header_at(job, at))
        if header is not None and self.format is OutputFormat.text:
            return self._as_text(header, samples)
        from diffcheck.views import json_

        tally = json_.write_lines(samples, self.stream) if header is None else json_.write_report(header, samples, self.stream)
        if tally.unsampled and sys.stderr is not None:
            from diffcheck.views import console as view

            view.show_conclusion(view.console_for(sys.stderr, self.color.value), tally)
        return tally

    def _as_text(self, header: Header, samples: Iterator[Sample]) -> Tally:
        from diffcheck.views import console as view

        console = view.console_for(self.stream, self.color.value)
        extent = view.ALL if self.every else view.USUAL
        view.show_header(console, header, self.latex, extent)
        tally = view.show_samples(console, header, samples, extent)
        view.show_conclusion(console, tally)
        return tally

    def _as_suite(self, samples: Iterable[Sample]) -> Tally:
        return self._case.write(self.format.value, samples, (), self.stream, self.color.value)

    @property
    def _case(self) -> Single:
        from diffcheck.views.reports import Single

        return Single(self.text, self.text)

    def interval(self, job: Check, interval: str, samples: int) -> Tally:
        report = self.watch.timed(lambda: _on_interval(job, interval, samples))
        write_interval(report, self._case, self.format, self.latex, self.color, self.stream)
        return report.tally


def _on_interval(job: Check, interval: str, samples: int) -> IntervalReport:
    from diffcheck.checks.interval import check_interval

    return check_interval(job, *ends(job.format, "--interval", interval), samples)
