"""diffcheck explain: what a word of the reports or of the documentation means."""

from __future__ import annotations

from typing import Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.exits import EXIT_PASS, guarded


@app.command()
@guarded
def explain(
    word: Annotated[
        list[str] | None,
        typer.Argument(metavar="WORD", help="A verdict, status, outcome, check of a rule, or term: wrong, kink, ulp.", show_default=False),
    ] = None,
) -> int:
    """Say what a word of the reports means, with an example where there is one; without a word, list all of them.

    \b
    Examples:
      diffcheck explain unstable
      diffcheck explain Clarke interval
      diffcheck explain linear
      diffcheck explain
    """
    from diffcheck.views.explain import explanation, words
    from diffcheck.views.layout import console_for, show_prose
    from diffcheck.views.output import standard_output

    show_prose(console_for(standard_output(), "never"), explanation(" ".join(word)) if word else words())
    return EXIT_PASS
