"""diffcheck derive: print the symbolic derivative."""

from __future__ import annotations

from typing import Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    Expression,
    ExpressionCommand,
    Gradient,
    HessianFlag,
    JacobianFlag,
    MaxMemory,
    Notation,
    Of,
    Order,
    Output,
    Timeout,
    Wrt,
    expression_text,
    names,
    option,
)
from diffcheck.cli.exits import EXIT_PASS, guarded
from diffcheck.cli.job import orders_of
from diffcheck.cli.supervised import supervised
from diffcheck.errors import InputError
from diffcheck.processes.forked import Watch
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits

OF_STEPS = (Notation.markdown, Notation.html)


@app.command(cls=ExpressionCommand)
@guarded
def derive(
    expression: Expression,
    wrt: Wrt = "",
    of: Of = "",
    gradient: Gradient = False,
    jacobian: JacobianFlag = False,
    hessian: HessianFlag = False,
    order: Order = None,
    format: Annotated[Notation, typer.Option("--format", help="How to write it.")] = Notation.text,
    steps: Annotated[bool, option("--steps", help="Derive it rule by rule, each step checked; also as markdown and html.")] = False,
    timeout: Timeout = DEFAULT_SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    output: Output = None,
) -> int:
    """Print the symbolic derivative: the closed form within a budget, else chained definitions.

    \b
    Examples:
      diffcheck derive "x*exp(-x^2)"
      diffcheck derive "x^2*y" --wrt y --format latex
      diffcheck derive "x^2*y + sin(y)" --hessian --format python
      diffcheck derive "f(x) = 4x(1-x); g(x) = f@10(x)" --format python
      diffcheck derive "x^2*sin(3x)" --steps
    """
    from diffcheck.views.output import opened

    text = expression_text(expression, timeout)
    orders = orders_of(order, "", "", False, hessian, gradient, jacobian)
    with opened(output) as stream:

        def work(watch: Watch) -> int:
            from diffcheck.checks import formulas as code

            if format in OF_STEPS and not steps:
                raise InputError(f"a derivative is written as {format.value} rule by rule", "Add --steps.")
            if steps and orders is not None:
                raise InputError("--steps writes one derivative at a time", "Name it: --wrt 'x y'.")
            if steps:
                stream.write(watch.timed(lambda: _rule_by_rule(text, of or None, names(wrt), format.value)))
            else:
                stream.write(watch.timed(lambda: code.derivatives(text, of or None, names(wrt), format.value, orders)))
            return EXIT_PASS

        return supervised(work, Limits(timeout, max_memory), stream)


def _rule_by_rule(text: str, of: str | None, wrt: list[str] | None, format: str) -> str:
    from diffcheck.checks.formulas import wanted
    from diffcheck.steps.derivation import derivation
    from diffcheck.views.steps import FORMATS, written

    if format not in FORMATS:
        raise InputError(f"steps are not written as {format}", f"Write --format {' or '.join(FORMATS)}.")
    problem, derivatives = wanted(text, of, wrt)
    return written([each for names_of_one in derivatives for each in derivation(problem, names_of_one)], format)
