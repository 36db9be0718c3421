"""diffcheck cost: what each way to a derivative costs."""

from __future__ import annotations

from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    Color,
    Colored,
    Dtype,
    ExpressionCommand,
    MaxMemory,
    Of,
    Output,
    OwnFormat,
    TableFormat,
    Timeout,
    Wrt,
    expression_text,
    names,
    option,
)
from diffcheck.cli.exits import EXIT_FAIL, EXIT_PASS, guarded
from diffcheck.cli.function_job import prints_apart
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, Limits

if TYPE_CHECKING:
    from diffcheck.measures import Costs, Swell

SECONDS = 300.0  # compiling a dozen programs, and running them at a million points

Costed = Annotated[
    str,
    typer.Argument(
        metavar="EXPR|FUNCTION", help="Mathematics; or FILE.py:NAME or package.module:NAME, which is executed.", show_default=False
    ),
]
Point = Annotated[
    str,
    option(
        "--at",
        help="The point: 2, x=1,y=2, or FILE.py:NAME of a function (default of an expression: where it is smooth).",
        metavar="POINT",
    ),
]
Compose = Annotated[str, option("--compose", help="Compose the function with itself so often: 1..1000, or 1,10,100.", metavar="NUMBERS")]
Sweep = Annotated[
    str,
    option(
        "--sweep",
        help="Let n in EXPR be these numbers: n=2..40; or EXPR is a family: speelpenning, determinant, logarithms, logistic, net.",
        metavar="N=NUMBERS",
    ),
]
Many = Annotated[int, typer.Option("--many", help="At how many points at once it is run, too.", metavar="N", min=1, max=100_000_000)]
Times = Annotated[bool, typer.Option("--times/--no-times", help="Whether it is timed; the rest is the same in every run.")]
Everything = Annotated[bool, option("--all", help="Show all that is measured, not what matters most.")]
Picture = Annotated[Path | None, option("--plot", help="Draw it too: a .png, .svg or .pdf.", metavar="FILE")]


@app.command(cls=ExpressionCommand)
@guarded
def cost(
    expression: Costed,
    at: Point = "",
    wrt: Wrt = "",
    of: Of = "",
    compose: Compose = "",
    sweep: Sweep = "",
    many: Many = 1_000_000,
    times: Times = True,
    everything: Everything = False,
    dtype: OwnFormat = None,
    timeout: Timeout = SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    format: Annotated[TableFormat, typer.Option("--format", help="How to show it.")] = TableFormat.text,
    color: Colored = Color.auto,
    output: Output = None,
    plot: Picture = None,
) -> int:
    """Measure what each way to the derivatives costs: operations, memory, time.

    \b
    Examples:
      diffcheck cost "x*y*sin(z)" --no-times
      diffcheck cost "f(x) = 4x(1-x); f@10(x)" --all --no-times
      diffcheck cost "4x(1-x)" --compose 1,2,5,10,20
      diffcheck cost "prod(x_i, i=1..n)" --sweep n=2..8 --plot swell.png
      diffcheck cost rule.py:softplus --at 2 --many 1000
    """
    from diffcheck.pictures.drawing import private_directory
    from diffcheck.views.output import opened

    is_function = ":" in expression
    text = expression if is_function else expression_text(expression, timeout)
    wanted = _Wanted(text, is_function, at, names(wrt) or [], of or None, compose, sweep, many, times, dtype)
    with opened(output) as stream, nullcontext("") if plot is None else private_directory() as directory:

        def work(watch: Watch) -> int:
            with prints_apart(watch) if is_function else ExitStack():
                draw = _artist(None if plot is None else plot.absolute(), directory)
                found = watch.timed(wanted.found)
                draw(found)
            _show(found, format, everything, color, stream)
            return _exit_code(found)

        return supervised(work, Limits(timeout, max_memory), stream, runs_code=is_function)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the command line asks for."""

    text: str
    is_function: bool
    at: str
    wrt: list[str]
    of: str | None
    compose: str
    sweep: str
    many: int
    times: bool
    dtype: Dtype | None

    def found(self) -> Costs | Swell:
        from diffcheck.costing import measured

        options: dict[str, Any] = {"of": self.of, "wrt": self.wrt or None, "dtype": self.dtype}
        options |= {"compose": self.compose or None, "sweep": self.sweep or None, "timed": self.times, "many": self.many}
        subject, at = self._subject_and_point()
        return measured(subject, at, name=self.text.rpartition(":")[2] if self.is_function else "", **options)

    def _subject_and_point(self) -> tuple[Any, Any]:
        if not self.is_function:
            return self.text, self.at or None
        from diffcheck.checks.loading import load, point_of, runs_wide

        if not self.at:
            raise InputError("no point is given", "Write --at 2, or --at x=[1,2,3].")
        wide = runs_wide([self.at], self.dtype)
        return load(self.text, wide), point_of(self.at, wide)


def _artist(picture: Path | None, directory: str) -> Any:
    """What draws the picture, if one is wanted. A name that no picture can have is refused before anything is computed."""
    if picture is None:
        return lambda found: None
    from diffcheck.pictures.drawing import import_matplotlib

    import_matplotlib(directory)
    from diffcheck.pictures.costs import plot_costs
    from diffcheck.pictures.layout import suffix_of

    suffix_of(picture)
    return lambda found: plot_costs(found, path=picture)


def _show(found: Costs | Swell, format: TableFormat, everything: bool, color: Color, stream: TextIO) -> None:
    from diffcheck.views import cost, cost_data
    from diffcheck.views.layout import console_for

    match format:
        case TableFormat.text:
            cost.show(console_for(stream, color.value), found, everything)
        case TableFormat.markdown:
            cost.write_markdown(stream, found, everything)
        case TableFormat.json:
            cost_data.write_json(stream, found)
        case TableFormat.csv:
            cost_data.write_csv(stream, found)


def _exit_code(found: Costs | Swell) -> int:
    """A way that gives wrong derivatives is a failure; what a way costs is none."""
    from diffcheck.measures import Costs
    from diffcheck.results import Outcome

    is_wrong = isinstance(found, Costs) and any(row.outcome is Outcome.FAIL for row in found.rows)
    return EXIT_FAIL if is_wrong else EXIT_PASS
