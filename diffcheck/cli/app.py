"""The application itself: its version, and the help of `diffcheck` alone."""

from __future__ import annotations

from typing import Annotated

import typer
from typer.core import TyperGroup

from diffcheck import __version__

app = typer.Typer(
    cls=TyperGroup,
    add_completion=False,
    rich_markup_mode=None,  # Rich's help doubles the time until it shows
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"diffcheck {__version__}")
        raise typer.Exit


@app.callback()
def main(version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")] = False) -> None:
    """Is this derivative right, and if it is not, why?

    \b
    Examples:
      diffcheck check "x^2 + 3x + 2" --at 2
      diffcheck check "sin(x)^2/x" --at 1 --claim "2sin(x)cos(x)/x"
      diffcheck derive "f(x) = 4x(1-x); g(x) = f@10(x)"
      diffcheck plot "relu(x)" --at 0 -o relu.png
      diffcheck run suite.toml --format jsonl

    \b
    Exit codes: 0 all right, 1 a derivative is wrong, 2 the input cannot be
    read, 3 something is undecided, 4 the output cannot be written.
    """
