"""diffcheck check-jax: judge the derivatives of a JAX function, and its derivative rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    Along,
    Color,
    Colored,
    HessianFlag,
    Hvp,
    Latex,
    MaxMemory,
    Order,
    Output,
    OutputFormat,
    OwnFormat,
    ReportFormat,
    SideOption,
    Strict,
    Timeout,
    Wrt,
    names,
    option,
)
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.function_job import FunctionJob, FunctionPoints, prints_apart
from diffcheck.cli.intervals import OWN, Interval, Samples, write_interval
from diffcheck.cli.job import orders_of
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits
from diffcheck.results import Findings

if TYPE_CHECKING:
    from diffcheck.checks.entries import Jacobian
    from diffcheck.checks.orders import Orders
    from diffcheck.results import Header, IntervalReport
    from diffcheck.views.reports import Single

    Artist = Callable[[Header, Sequence[Jacobian]], object]


Function = Annotated[
    str, typer.Argument(metavar="FUNCTION", help="FILE.py:NAME or package.module:NAME; the file is executed.", show_default=False)
]
At = Annotated[
    list[str],
    option("--at", help="A point: 2, x=1,y=2, A=[[1,2],[3,4]], or FILE.py:NAME, a Python object. May be repeated.", metavar="POINT"),
]
Points = Annotated[
    Path | None, option("--points", help="A point from an .npz or .npy file, or points of numbers from a CSV file.", metavar="FILE")
]
Random = Annotated[int, option("--random", help="How many random points to take.", metavar="N")]
Seed = Annotated[int, typer.Option("--seed", help="What random points and directions are drawn with.")]
Directions = Annotated[
    int, typer.Option("--directions", help="Of more than 400 derivatives, along how many directions forward mode is proved.", metavar="N")
]
Entries = Annotated[
    str,
    option(
        "--entries", help="Of more than 400 derivatives, how many are shown one by one: a number, or all, at full length.", metavar="N|all"
    ),
]
Domain = Annotated[list[str], option("--domain", help="Where random points lie: -1,1 (the default), or x=0,10.", metavar="A,B")]
Shape = Annotated[list[str], option("--shape", help="The shapes of random arguments: 3, or A=3,3 (default: numbers).", metavar="SHAPE")]
Against = Annotated[
    str, option("--against", help="Judge by a formula, or by another function FILE.py:OTHER, instead.", metavar="EXPR|FUNCTION")
]
Claim = Annotated[
    list[str],
    option("--claim", help="Derivatives by hand: one for each in order, a matrix, 'df/dx = …', or FILE.py:NAME.", metavar="EXPR|FUNCTION"),
]
Lint = Annotated[bool | None, typer.Option("--lint/--no-lint", help="Check the rules too (default: custom ones).")]
Picture = Annotated[
    Path | None, option("--plot", help="Draw the function along its worst derivative too: a .png, .svg or .pdf.", metavar="FILE")
]


@app.command("check-jax")
@guarded
def check_jax(
    function: Function,
    at: At = [],  # noqa: B006  (Typer copies it)
    points: Points = None,
    random: Random = 0,
    seed: Seed = 0,
    domain: Domain = [],  # noqa: B006
    shape: Shape = [],  # noqa: B006
    interval: Interval = "",
    samples: Samples = 1000,
    wrt: Wrt = "",
    against: Against = "",
    directions: Directions = 3,
    entries: Entries = "",
    hessian: HessianFlag = False,
    order: Order = None,
    along: Along = "",
    hvp: Hvp = "",
    claim: Claim = [],  # noqa: B006
    side: SideOption = "",
    dtype: OwnFormat = None,
    lint: Lint = None,
    timeout: Timeout = DEFAULT_SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    format: ReportFormat = OutputFormat.text,
    latex: Latex = False,
    strict: Strict = False,
    color: Colored = Color.auto,
    output: Output = None,
    plot: Picture = None,
) -> int:
    """Judge the derivatives of a JAX function, with its own derivative rules. The file that it is in is executed.

    \b
    Examples:
      diffcheck check-jax jax.nn:gelu --at 0.5
      diffcheck check-jax rule.py:softplus --at "linspace(-30,30,5)"
      diffcheck check-jax jax.nn:softmax --at "x=[1,2,3]"
      diffcheck check-jax jax.nn:sigmoid --random 5 --domain -20,20 --against "1/(1 + exp(-x))"
      diffcheck check-jax jax.nn:softplus --interval -40,40
    """
    orders = _higher(order, along, hvp, hessian, entries, interval, plot)
    where = FunctionPoints(at, points, random, seed, domain, shape)
    job = FunctionJob(function, where, interval, samples, names(wrt), against, claim, side, directions, entries, orders, dtype, lint)
    shown = _Shown(function, format, latex, entries == "all", color, strict)
    return _run(job, shown, plot, output, Limits(timeout, max_memory))


def _run(job: FunctionJob, shown: _Shown, plot: Path | None, output: Path | None, limits: Limits) -> int:
    from diffcheck.pictures.drawing import private_directory
    from diffcheck.views.output import opened

    with opened(output) as stream, nullcontext("") if plot is None else private_directory() as directory:

        def work(watch: Watch) -> int:
            with prints_apart(watch):
                found = watch.timed(lambda: job.reported(_artist(plot, directory)))
            return shown.written(*found, stream)

        return supervised(work, limits, stream, runs_code=True)


def _higher(order: int | None, along: str, hvp: str, hessian: bool, entries: str, interval: str, plot: Path | None) -> Orders | None:
    """What is asked for, unless it is the Jacobian, which is checked by default."""
    orders = orders_of(order, along, hvp, entries == "all", hessian)
    found = orders and orders.beyond_first
    if plot is not None and (interval or found is not None):
        raise InputError("a picture shows first derivatives at points", "Leave --plot out.")
    return found


def _place(reference: str, line: int) -> tuple[str, int]:
    """The file of a function and its line there; a function of a package is somebody else's."""
    file = reference.rpartition(":")[0]
    return (file, line) if file.endswith(".py") else ("", 0)


def _artist(picture: Path | None, directory: str) -> Artist:
    """What draws the picture, if one is wanted. A name that no picture can have is refused before anything is computed."""
    if picture is None:
        return lambda header, jacobians: None
    picture = picture.absolute()  # the user's code may go elsewhere
    from diffcheck.pictures.drawing import import_matplotlib

    import_matplotlib(directory)
    from diffcheck.pictures.function import plot_function
    from diffcheck.pictures.layout import suffix_of

    suffix_of(picture)
    return partial(plot_function, path=picture.absolute())  # the user's code may go elsewhere


@dataclass(frozen=True, slots=True)
class _Shown:
    """How the report of a function is shown."""

    function: str
    format: OutputFormat
    latex: bool
    every: bool
    color: Color
    strict: bool

    def written(self, report: Findings | IntervalReport, line: int, stream: TextIO) -> int:
        """Write the report, and return the exit code."""
        case = self._case(report, line)
        if not isinstance(report, Findings):
            write_interval(report, case, self.format, self.latex, self.color, stream)
            return exit_code(report.tally, self.strict)
        if self.format not in OWN:
            return exit_code(case.write(self.format.value, report.samples, report.checks, stream, self.color.value), self.strict)
        if self.format is OutputFormat.text:
            self._write_text(report, stream)
        else:
            self._write_json(report, stream)
        return exit_code(report.tally, self.strict)

    def _write_text(self, report: Findings, stream: TextIO) -> None:
        from diffcheck.views import console as view

        view.show_report(view.console_for(stream, self.color.value), report, self.latex, view.ALL if self.every else view.USUAL)

    def _write_json(self, report: Findings, stream: TextIO) -> None:
        from diffcheck.views import json_

        if self.format is OutputFormat.jsonl:
            json_.write_lines(report.samples, stream, report.checks)
        else:
            json_.write_report(report.header, report.samples, stream, report.checks)

    def _case(self, report: Findings | IntervalReport, line: int) -> Single:
        from diffcheck.views.reports import Single

        return Single(self.function, report.header.read_as, *_place(self.function, line))
