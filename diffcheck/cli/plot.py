"""diffcheck plot: draw an expression with its tangents."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import At, Dtype, Expression, ExpressionCommand, FloatFormat, Of, Strict, expression_text
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.job import checked, columns_at, ends
from diffcheck.errors import InputError


@app.command(cls=ExpressionCommand)
@guarded
def plot(
    expression: Expression,
    output: Annotated[Path, typer.Option("-o", "--output", help="The picture: .png, .svg or .pdf.", metavar="FILE", show_default=False)],
    at: At = [],  # noqa: B006
    wrt: Annotated[str, typer.Option("--wrt", help="The variable to draw along (default: the first).", metavar="NAME")] = "",
    of: Of = "",
    range_: Annotated[str, typer.Option("--range", help="The interval shown, e.g. -4,4 (default: around the points).", metavar="A,B")] = "",
    samples: Annotated[int, typer.Option("--samples", help="How many equidistant points the curve goes through.")] = 100,
    dtype: FloatFormat = Dtype.float64,
    strict: Strict = False,
) -> int:
    """Draw an expression with its tangents, and how far they are from it.

    \b
    Examples:
      diffcheck plot "x^2 + 3x + 2" --at 2 --range -4,4 -o tangent.png
      diffcheck plot "relu(x)" --at -1 --at 0 --at 3 -o relu.svg
    """
    from diffcheck.results import Tally
    from diffcheck.views import console as view
    from diffcheck.views.plot import plot as draw

    job = checked(expression_text(expression), of, wrt, (), dtype)
    lower, upper = ends(job, "--range", range_) if range_ else (None, None)
    (name, *others), *further = job.wrt
    if others or (further and wrt):
        raise InputError("a picture shows the first derivative in one variable", f"Write --wrt {name}.")
    tally = Tally()
    for sample in draw(job, columns_at(job, at, None), name, path=output, lower=lower, upper=upper, samples=samples):
        tally.add(sample)
    console = view.console_for(sys.stderr, "auto")
    view.line(console, f"{output}: the derivative with respect to {name}")
    view.show_conclusion(console, tally)
    return exit_code(tally, strict)
