"""The application itself: what every command understands, and the help of `diffcheck` alone."""

from __future__ import annotations

import re
import shlex
from copy import copy
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from diffcheck import __version__
from diffcheck.printable import did_you_mean, shown

COMMAND_LIKE = re.compile(r"-.*|[A-Za-z]{2,}(-[A-Za-z]+)*")  # a command, perhaps mistyped: an expression is another thing
SHARED = ("version", "isolated")  # options of the group that commands have, too


def _version(wanted: bool) -> None:
    """The versions that a report of a fault needs, from what is installed: nothing is imported."""
    if wanted:
        from diffcheck.registry import libraries

        print(f"diffcheck {__version__} ({', '.join(f'{library.title} {library.version}' for library in libraries())})")
        raise typer.Exit


def _defaults(ctx: typer.Context, isolated: bool) -> None:
    """Let a command have the defaults of the project. An option that is eager comes before others, and after a --help that was typed."""
    if ctx.parent is None or isolated:
        ctx.meta["isolated"] = isolated
    if ctx.parent is None or ctx.resilient_parsing or ctx.meta["isolated"]:
        return
    from diffcheck.cli import configuration
    from diffcheck.cli.exits import ending

    group: Any = ctx.parent.command
    options = {name: frozenset(option[2:] for each in command.params for option in each.opts) for name, command in group.commands.items()}
    found = dict[str, Any]()

    def read() -> int:
        found.update(configuration.defaults(str(ctx.command.name), options))
        return 0

    if code := ending(read):
        raise typer.Exit(code)
    ctx.default_map = found


class Group(TyperGroup):
    """Commands that all understand -V and --isolated, as the group does."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command: Any = super().get_command(ctx, cmd_name)
        for option in self.params if command is not None else ():
            if option.name in SHARED and not any(option.name == parameter.name for parameter in command.params):
                shared = copy(option)
                shared.expose_value = False
                command.params.append(shared)
        return command

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """A command; `help` shows what --help does; where an expression stands in its place, the message says which is meant."""
        if args[0] == "help" and self.get_command(ctx, "help") is None:
            args = [*args[1:2], "--help"]
            if len(args) == 1:
                typer.echo(ctx.get_help())
                raise typer.Exit
        if self.get_command(ctx, args[0]) is None and not COMMAND_LIKE.fullmatch(args[0]):
            meant = shlex.join(args if "--at" in args else [*args, "--at", "2"])
            ctx.fail(f"There is no command before {shown(args[0])}. Did you mean: diffcheck check {shown(meant)}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = _reworded(error.message)
            raise


def _reworded(message: str) -> str:
    """What is wrong with a value, without the name of pydantic's exception, and with the choice that is closest."""
    text = message.removeprefix("Value error, ")
    given, is_choice, choices = text.partition(" is not one of ")
    hint = did_you_mean(given.strip("'"), re.findall(r"'([^']*)'", choices)) if is_choice else ""
    return f"{text} {hint}" if hint else text


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
    isolated: Annotated[
        bool, typer.Option("--isolated", callback=_defaults, is_eager=True, help="Leave [tool.diffcheck] of pyproject.toml aside.")
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
