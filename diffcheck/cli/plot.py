"""diffcheck plot: draw an expression with its tangents."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    At,
    Claims,
    Dtype,
    Expression,
    ExpressionCommand,
    FloatFormat,
    MaxMemory,
    Of,
    Strict,
    Timeout,
    expression_text,
    option,
)
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.intervals import ends, window
from diffcheck.cli.job import checked, names_at
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.printable import shown
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits
from diffcheck.results import Sample, Tally

if TYPE_CHECKING:
    from diffcheck.checks.expression import Check

PAGE = ".html"
Output = Annotated[
    Path, typer.Option("-o", "--output", help="The picture: .png, .svg, .pdf; or .html: a page with a point to move.", metavar="FILE")
]
DEFAULT_NAME = Path("diffcheck.png")  # in the directory where the command is given


@app.command(cls=ExpressionCommand)
@guarded
def plot(
    expression: Expression,
    output: Output = DEFAULT_NAME,
    at: At = [],  # noqa: B006
    wrt: Annotated[str, typer.Option("--wrt", help="The variable to draw along (default: the first).", metavar="NAME")] = "",
    of: Of = "",
    claim: Claims = [],  # noqa: B006
    range_: Annotated[
        str, option("--range", help="What is shown: -4,4, or of contours x=-2,2,y=-1,1 (default: around the points).", metavar="A,B")
    ] = "",
    taylor: Annotated[int, option("--taylor", help="Draw the Taylor polynomial of this order at each point too.", metavar="N")] = 0,
    derivative: Annotated[bool, option("--derivative", help="Draw f′ below f, instead of what the tangents leave over.")] = False,
    errors: Annotated[bool, typer.Option("--errors", help="Draw the errors of the derivatives in ulps over --range instead.")] = False,
    samples: Annotated[
        int | None, typer.Option("--samples", help="How many equidistant points (default: 100, with --errors 1000).", show_default=False)
    ] = None,
    dtype: FloatFormat = Dtype.float64,
    timeout: Timeout = DEFAULT_SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    strict: Strict = False,
) -> int:
    """Draw an expression with its tangents, and how far they are from it.

    \b
    Examples:
      diffcheck plot "x^2 + 3x + 2" --at 2 --range -4,4 -o tangent.png
      diffcheck plot "relu(x)" --at -1 --at 0 --at 3 -o relu.svg
      diffcheck plot "sin(1/x)" --range -1,1 -o curve.png
      diffcheck plot "cos(x)" --at 0 --taylor 4 -o taylor.pdf
      diffcheck plot "x^3 - x" --at 1 --derivative -o slopes.png
      diffcheck plot "relu(x)*sin(x)" --at 1 -o page.html
      diffcheck plot "tanh(x)" --range -20,20 --errors -o errors.png
      diffcheck plot "(1 - x)^2 + 100(y - x^2)^2" --at x=-1,y=1 -o contours.png
    """
    from diffcheck.pictures.drawing import private_directory

    text = expression_text(expression, timeout)
    wanted = _Wanted(output, at, range_, errors, {} if samples is None else {"samples": samples}, taylor, derivative)

    def work(watch: Watch) -> int:
        job = checked(text, of, wrt, claim, dtype, watch, names_at(at, None))
        return exit_code(watch.timed(lambda: _drawn(job, wanted, bool(wrt), directory)), strict)

    with private_directory() as directory:
        return supervised(work, Limits(timeout, max_memory))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The picture that the command line asks for."""

    output: Path
    at: Sequence[str]
    range: str
    errors: bool
    samples: dict[str, int]
    taylor: int
    derivative: bool

    def plane(self, job: Check) -> Iterable[Sample] | None:
        """A picture in the plane, if that is what there is to draw: a function of two variables at points, or a curve."""
        from diffcheck.checks.points import from_texts
        from diffcheck.pictures.plane import is_curve, is_surface, plot_plane

        along_one = self.errors or self.taylor or self.derivative
        if (
            not self.at
            or along_one
            or self.output.suffix.lower() == PAGE
            or not (is_curve(job) or (is_surface(job) and (not self.range or "=" in self.range) and len(job.wrt) == 2))
        ):
            return None
        points = from_texts(self.at, job.problem.variables, job.format)
        return plot_plane(job, points, self.output, window(job.problem.variables, job.format, "--range", self.range) if self.range else {})

    def tangents(self, job: Check) -> Iterable[Sample]:
        from diffcheck.checks.points import from_texts
        from diffcheck.pictures.figure import Options, plot

        lower, upper = ends(job.format, "--range", self.range) if self.range else (None, None)
        if self.taylor and not self.at:
            raise InputError("a Taylor polynomial is about a point, and none is given", "Write --at 2.")
        points = from_texts(self.at, job.problem.variables, job.format) if self.at else None
        options = Options(lower, upper, taylor=self.taylor, derivative=self.derivative, **self.samples)
        if self.output.suffix.lower() == PAGE:
            from diffcheck.pictures.page import POINTS, plot_page

            options = options if self.samples else replace(options, samples=POINTS)
            return plot_page(job, points, job.wrt[0][0], path=self.output, options=options)
        return plot(job, points, job.wrt[0][0], path=self.output, options=options)

    def ulps(self, job: Check) -> Iterable[Sample]:
        from diffcheck.pictures.ulps import plot_errors

        if self.at or self.taylor or self.derivative or not self.range:
            fix = "Write --errors --range -4,4, without --at, --taylor and --derivative."
            raise InputError("--errors draws an interval, not points", fix)
        return plot_errors(job, *ends(job.format, "--range", self.range), path=self.output, **self.samples)


def _drawn(job: Check, wanted: _Wanted, chosen: bool, directory: str) -> Tally:
    from diffcheck.pictures.drawing import import_matplotlib
    from diffcheck.views import console as view

    import_matplotlib(directory)
    from diffcheck.pictures.layout import suffix_of

    suffix_of(wanted.output, PAGE.lstrip("."))
    (name, *others), *further = job.wrt
    in_plane = None if chosen or others else wanted.plane(job)
    if in_plane is None and job.problem.outputs:
        entry = f"Choose an entry, {job.problem.first_entry}."
        fix = f"{entry} A curve takes --at, and neither a page nor --taylor, --derivative or --errors."
        raise InputError("a picture shows a number, or a curve [x(t), y(t)] at points", fix)
    if others or (further and chosen):
        raise InputError("a picture shows the first derivative in one variable", f"Write --wrt {name}.")
    tally = Tally()
    for sample in (wanted.ulps if wanted.errors else wanted.tangents)(job) if in_plane is None else in_plane:
        tally.add(sample)
    if sys.stderr is None:  # a descriptor may be closed
        return tally
    console = view.console_for(sys.stderr, "auto")
    variables = job.problem.variables
    by = name if in_plane is None else ", ".join(variables)
    by += f" only, of {len(variables)} variables; --wrt chooses another" * (in_plane is None and not chosen and len(variables) > 1)
    what = f"{'the errors of ' * wanted.errors}the derivative with respect to {by}" if tally.samples else "the curve; no point to judge"
    view.line(console, f"{shown(wanted.output)}: {what}")
    if tally.samples:
        view.show_conclusion(console, tally)
    return tally
