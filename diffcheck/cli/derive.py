"""diffcheck derive: print the symbolic derivative."""

from __future__ import annotations

from typing import Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import Expression, ExpressionCommand, Notation, Of, Output, Wrt, expression_text, names
from diffcheck.cli.exits import EXIT_PASS, guarded


@app.command(cls=ExpressionCommand)
@guarded
def derive(
    expression: Expression,
    wrt: Wrt = "",
    of: Of = "",
    format: Annotated[Notation, typer.Option("--format", help="How to write it.")] = Notation.text,
    output: Output = None,
) -> int:
    """Print the symbolic derivative: the closed form within a budget, else chained definitions.

    \b
    Examples:
      diffcheck derive "x*exp(-x^2)"
      diffcheck derive "x^2*y" --wrt y --format latex
      diffcheck derive "f(x) = 4x(1-x); g(x) = f@10(x)" --format python
    """
    from diffcheck.views import code
    from diffcheck.views.output import opened

    with opened(output) as stream:
        stream.write(code.derivatives(expression_text(expression), of or None, names(wrt), format.value))
    return EXIT_PASS
