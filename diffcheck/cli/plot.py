"""diffcheck plot: draw an expression with its tangents."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
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
)
from diffcheck.cli.exits import exit_code, guarded
from diffcheck.cli.job import checked, columns_at, ends, names_at
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.printable import shown
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits
from diffcheck.results import Sample, Tally

if TYPE_CHECKING:
    from diffcheck.judgement.check import Check


@app.command(cls=ExpressionCommand)
@guarded
def plot(
    expression: Expression,
    output: Annotated[Path, typer.Option("-o", "--output", help="The picture: .png, .svg or .pdf.", metavar="FILE", show_default=False)],
    at: At = [],  # noqa: B006
    wrt: Annotated[str, typer.Option("--wrt", help="The variable to draw along (default: the first).", metavar="NAME")] = "",
    of: Of = "",
    claim: Claims = [],  # noqa: B006
    range_: Annotated[str, typer.Option("--range", help="The interval shown, e.g. -4,4 (default: around the points).", metavar="A,B")] = "",
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
      diffcheck plot "tanh(x)" --range -20,20 --errors -o errors.png
    """
    text = expression_text(expression, timeout)
    numbers = {} if samples is None else {"samples": samples}

    def work(watch: Watch) -> int:
        job = checked(text, of, wrt, claim, dtype, watch, names_at(at, None))
        return exit_code(watch.timed(lambda: _drawn(job, output, at, range_, numbers, bool(wrt), errors)), strict)

    return supervised(work, Limits(timeout, max_memory))


def _drawn(job: Check, output: Path, at: Sequence[str], range_: str, numbers: dict[str, int], chosen: bool, errors: bool) -> Tally:
    from diffcheck.views import console as view
    from diffcheck.views.drawing import import_matplotlib

    import_matplotlib()
    (name, *others), *further = job.wrt
    if others or (further and chosen):
        raise InputError("a picture shows the first derivative in one variable", f"Write --wrt {name}.")
    tally = Tally()
    for sample in (_errors if errors else _tangents)(job, output, at, range_, numbers):
        tally.add(sample)
    if sys.stderr is not None:  # a descriptor may be closed
        console = view.console_for(sys.stderr, "auto")
        view.line(console, f"{shown(output)}: {'the errors of ' * errors}the derivative with respect to {name}")
        view.show_conclusion(console, tally)
    return tally


def _tangents(job: Check, output: Path, at: Sequence[str], range_: str, samples: dict[str, int]) -> Iterable[Sample]:
    from diffcheck.views.plot import plot

    lower, upper = ends(job, "--range", range_) if range_ else (None, None)
    return plot(job, columns_at(job, at, None), job.wrt[0][0], path=output, lower=lower, upper=upper, **samples)


def _errors(job: Check, output: Path, at: Sequence[str], range_: str, samples: dict[str, int]) -> Iterable[Sample]:
    from diffcheck.views.plot_ulps import plot_errors

    if at or not range_:
        raise InputError("--errors draws an interval, not points", "Write --errors --range -4,4, without --at.")
    return plot_errors(job, *ends(job, "--range", range_), path=output, **samples)
