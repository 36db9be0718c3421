"""diffcheck check-jax: judge the derivatives of a JAX function, and its derivative rules."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from functools import partial
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    Along,
    Color,
    Colored,
    Dtype,
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
    option,
)
from diffcheck.cli.check import OWN
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.job import orders_of
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.processes.forked import UNWATCHED, Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits

if TYPE_CHECKING:
    from diffcheck.checks.at_once import Plan
    from diffcheck.checks.calling import BoundCall
    from diffcheck.checks.entries import Jacobian
    from diffcheck.checks.function import FunctionCheck
    from diffcheck.checks.orders import Orders
    from diffcheck.results import Findings, Header, Tally

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
    str, option("--entries", help="Of more than 400 derivatives, how many are shown one by one: a number, or all.", metavar="N|all")
]
Domain = Annotated[list[str], option("--domain", help="Where random points lie: -1,1 (the default), or x=0,10.", metavar="A,B")]
Shape = Annotated[list[str], option("--shape", help="The shapes of random arguments: 3, or A=3,3 (default: numbers).", metavar="SHAPE")]
Against = Annotated[
    str, option("--against", help="Judge by a formula, or by another function FILE.py:OTHER, instead.", metavar="EXPR|FUNCTION")
]
Claim = Annotated[
    list[str],
    option("--claim", help="The Jacobian by hand: a formula for each argument, or a function FILE.py:NAME.", metavar="EXPR|FUNCTION"),
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
    """
    from diffcheck.views.output import opened

    wanted = _Points(at, points, random, seed, domain, shape, directions, entries, _higher(order, along, hvp, hessian, entries, plot))
    with opened(output) as stream, _directory(plot) as directory:

        def work(watch: Watch) -> int:
            with prints_apart(watch):
                found = watch.timed(lambda: _reported(function, against, claim, side, dtype, lint, wanted, _artist(plot, directory)))
            return exit_code(_show(*found, function, format, latex, color, stream), strict)

        return supervised(work, Limits(timeout, max_memory), stream, runs_code=True)


def _higher(order: int | None, along: str, hvp: str, hessian: bool, entries: str, plot: Path | None) -> Orders | None:
    """What is asked for, unless it is the Jacobian, which is checked by default."""
    orders = orders_of(order, along, hvp, entries == "all", hessian)
    found = orders and orders.beyond_first
    if found is not None and plot is not None:
        raise InputError("a picture shows first derivatives", "Leave --plot out.")
    return found


@dataclass(frozen=True, slots=True)
class _Points:
    """Where to check, and how large Jacobians are gone through, as the options say."""

    at: list[str]
    file: Path | None
    random: int
    seed: int
    domain: list[str]
    shape: list[str]
    directions: int
    entries: str
    orders: Orders | None

    @property
    def names(self) -> Sequence[str]:
        """What the arguments are called, for functions that do not say."""
        from diffcheck.checks.arguments import names_in
        from diffcheck.checks.loading import is_reference

        if not self.at:
            return [part.partition("=")[0] for part in self.shape if "=" in part]
        return names_in([text for text in self.at if not is_reference(text)])

    def plan(self, on_stage: Callable[[str], object]) -> Plan:
        from diffcheck.checks.at_once import plan_of

        entries = int(self.entries) if self.entries.isdecimal() else self.entries or None
        return plan_of(on_stage, directions=self.directions, seed=self.seed, entries=entries)

    def wide(self, dtype: str | None) -> bool:
        """Whether files are executed with JAX's 64-bit types: for written numbers; objects are made as the user's settings say."""
        import jax

        from diffcheck.checks.loading import is_reference

        if dtype is not None:
            return dtype == Dtype.float64
        are_objects = any(map(is_reference, self.at)) or (self.file is not None and self.file.suffix in (".npz", ".npy"))
        return bool(jax.config.jax_enable_x64) if are_objects else True  # type: ignore[attr-defined]

    def of(self, job: FunctionCheck) -> list[BoundCall]:
        from diffcheck.checks.arguments import at_random, from_file, from_point_texts, from_value
        from diffcheck.checks.loading import is_reference, load_point

        if bool(self.at) + (self.file is not None) + bool(self.random) != 1:
            wanted = ",".join(f"{name}=1" for name in job.parameters.names) if len(job.parameters.names) > 1 else "2"
            problem = "points are given in more than one way" if self.at or self.file else "no point is given"
            raise InputError(problem, f"Write --at {wanted}, or --points FILE, or --random 20.")
        if self.file is not None:
            return from_file(self.file, job.parameters, job.format)
        if self.random:
            return at_random(self.random, self.seed, self.domain, self.shape, job.parameters, job.format)
        found: list[BoundCall] = []
        for text in self.at:
            if is_reference(text):
                found += from_value(
                    load_point(text, self.wide(None if job.format is None else job.format.name)), job.parameters, job.format
                )
            else:
                found += from_point_texts([text], job.parameters, job.format)
        return found


def _reported(
    reference: str,
    against: str,
    claims: list[str],
    side: str,
    dtype: Dtype | None,
    lint: bool | None,
    points: _Points,
    draw: Artist,
) -> tuple[Findings, int]:
    """The report, and the line where the function begins."""
    from diffcheck.checks.claimed import side_of
    from diffcheck.checks.function import FunctionCheck
    from diffcheck.checks.loading import load
    from diffcheck.engines.jax.program_cache import use_persistent_cache
    from diffcheck.views.progress import stages

    use_persistent_cache()
    wide = points.wide(dtype)
    function = load(reference, wide)
    other = load(against, wide) if is_reference(against) else against or None
    claim = load(claims[0], wide) if len(claims) == 1 and is_reference(claims[0]) else claims
    name = reference.rpartition(":")[2].rpartition(".")[2]
    with stages() as on_stage:
        plan = points.plan(on_stage)
        options: dict[str, Any] = {"against": other, "dtype": dtype, "linted": lint, "plan": plan, "orders": points.orders}
        options |= {"claim": claim or None, "side": side_of(side or None)}
        job = FunctionCheck(function, given=points.names, name=name, **options)
        jacobians = () if points.orders else job.jacobians(points.of(job))
        report = job.report(points.of(job)) if points.orders else job.report_of(jacobians)
    draw(report.header, jacobians)
    return report, getattr(getattr(unwrap(function), "__code__", None), "co_firstlineno", 1)


def _as_suite(function: str, line: int, report: Findings, format: OutputFormat, color: Color, stream: Any) -> Tally:
    from diffcheck.views.reports import Single

    case = Single(function, report.header.read_as, *_place(function, line))
    return case.write(format.value, report.samples, report.checks, stream, color.value)


def _place(reference: str, line: int) -> tuple[str, int]:
    """The file of a function and its line there; a function of a package is somebody else's."""
    file = reference.rpartition(":")[0]
    return (file, line) if file.endswith(".py") else ("", 0)


def _directory(picture: Path | None) -> AbstractContextManager[str]:
    """Where Matplotlib may write, if a picture is wanted."""
    from diffcheck.pictures.drawing import private_directory

    return nullcontext("") if picture is None else private_directory()


def _artist(picture: Path | None, directory: str) -> Artist:
    """What draws the picture, if one is wanted. A name that no picture can have is refused before anything is computed."""
    if picture is None:
        return lambda header, jacobians: None
    from diffcheck.pictures.drawing import import_matplotlib

    import_matplotlib(directory)
    from diffcheck.pictures.function import plot_function
    from diffcheck.pictures.layout import suffix_of

    suffix_of(picture)
    return partial(plot_function, path=picture.absolute())  # the user's code may go elsewhere


@contextmanager
def prints_apart(watch: Watch) -> Iterator[None]:
    """What the user's code prints, or programs that it starts, is not part of the report: it goes where messages go."""
    with redirect_stdout(sys.stderr), ExitStack() as after:
        if watch is not UNWATCHED:
            kept = os.dup(1)
            after.callback(os.close, kept)
            after.callback(os.dup2, kept, 1)
            os.dup2(sys.stderr.fileno() if sys.stderr is not None else 2, 1)
        yield


def is_reference(text: str) -> bool:
    """Whether a text names a function: no expression of the language has a colon."""
    return ":" in text


def _show(report: Findings, line: int, function: str, format: OutputFormat, latex: bool, color: Color, stream: Any) -> Tally:
    if format not in OWN:
        return _as_suite(function, line, report, format, color, stream)
    if format is not OutputFormat.text:
        from diffcheck.views import json_

        if format is OutputFormat.jsonl:
            return json_.write_lines(report.samples, stream, report.checks)
        return json_.write_report(report.header, report.samples, stream, report.checks)
    from diffcheck.views import console as view

    view.show_report(view.console_for(stream, color.value), report, latex)
    return report.tally
