"""The application itself: what every command understands, and the help of `diffcheck` alone."""

from __future__ import annotations

from copy import copy
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from diffcheck import __version__


def _version(wanted: bool) -> None:
    """The versions that a report of a fault needs, from what is installed: nothing is imported."""
    if wanted:
        from diffcheck.registry import libraries

        print(f"diffcheck {__version__} ({', '.join(f'{library.title} {library.version}' for library in libraries())})")
        raise typer.Exit


class Group(TyperGroup):
    """Commands that all understand -V, as the group does."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is not None and not any("-V" in parameter.opts for parameter in command.params):
            option = copy(next(parameter for parameter in self.params if "-V" in parameter.opts))
            option.expose_value = False
            command.params.append(option)
        return command


app = typer.Typer(
    cls=Group,
    context_settings={"help_option_names": ["--help", "-h"]},
    rich_markup_mode=None,  # Rich's help doubles the time until it shows
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("-V", "--version", callback=_version, is_eager=True, help="Print the versions of diffcheck and of its engines.")
    ] = False,
) -> None:
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
