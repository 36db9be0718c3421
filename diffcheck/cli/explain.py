"""diffcheck explain: what a word of the reports means."""

from __future__ import annotations

from typing import Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.exits import EXIT_PASS, guarded


@app.command()
@guarded
def explain(
    word: Annotated[str, typer.Argument(metavar="WORD", help="A verdict, a status or an outcome: wrong, kink, warn.", show_default=False)],
) -> int:
    """Say what a verdict, a status or an outcome means, with an example.

    \b
    Examples:
      diffcheck explain unstable
      diffcheck explain kink
    """
    from diffcheck.views.explain import explanation
    from diffcheck.views.output import standard_output

    standard_output().write(explanation(word))
    return EXIT_PASS
