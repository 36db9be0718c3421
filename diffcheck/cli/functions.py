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
    from diffcheck.views import console as view
    from diffcheck.views.output import standard_output

    view.console_for(standard_output(), color.value).print(view.functions_table())
    return EXIT_PASS
