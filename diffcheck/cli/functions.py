"""diffcheck functions: the table, printed."""

from __future__ import annotations

from diffcheck.cli.app import app
from diffcheck.cli.arguments import Color, Colored
from diffcheck.cli.exits import EXIT_PASS, guarded


@app.command()
@guarded
def functions(color: Colored = Color.auto) -> int:
    """List the functions of the language, and which engine has which.

    \b
    Example:
      diffcheck functions
    """
    from diffcheck.views import functions as view
    from diffcheck.views.layout import console_for
    from diffcheck.views.output import standard_output

    view.show(console_for(standard_output(), color.value))
    return EXIT_PASS
