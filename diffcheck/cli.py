"""The command line: read arguments, call, show, exit. The only place with exit codes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, ParamSpec

import typer
from typer.core import TyperCommand, TyperGroup

from diffcheck import __version__
from diffcheck.errors import InputError, InternalError, OutputError, UnsupportedError
from diffcheck.results import Outcome, Tally

if TYPE_CHECKING:
    from diffcheck.judgement.check import Check
    from diffcheck.judgement.points import Columns

EXIT_PASS, EXIT_FAIL, EXIT_USAGE, EXIT_UNDECIDED, EXIT_OUTPUT, EXIT_INTERRUPTED, EXIT_PIPE = 0, 1, 2, 3, 4, 130, 141
DEFAULT_RANGE = 4.0
P = ParamSpec("P")


class ExpressionCommand(TyperCommand):
    """A command whose argument may begin with a minus: `check "-x^2"`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, self._reordered(args))

    def _reordered(self, args: list[str]) -> list[str]:
        """Options first, then `--` and everything that is none of them: -x^2 is no option, --wrt is."""
        takes_value = {name: not getattr(parameter, "is_flag", False) for parameter in self.params for name in parameter.opts}
        takes_value |= {name: False for parameter in self.params for name in parameter.secondary_opts} | {"--help": False}
        options, positional, rest = list[str](), list[str](), iter(args)
        for token in rest:
            if token == "--":
                positional.extend(rest)
            elif token in takes_value:
                options.extend([token, *([value] if takes_value[token] and (value := next(rest, None)) is not None else [])])
            elif token.startswith("--") and token[2:3].isalpha():
                options.append(token)
            else:
                positional.append(token)
        return [*options, "--", *positional]


app = typer.Typer(
    cls=TyperGroup,
    add_completion=False,
    rich_markup_mode=None,  # Rich's help doubles the time until it shows
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


def _fail(message: str, code: int) -> NoReturn:
    if sys.stderr is not None:
        print(message, file=sys.stderr)
    raise typer.Exit(code)


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Turn what went wrong into one message and an exit code; no traceback for anything a user can cause."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            if sys.stdout is not None:
                sys.stdout.flush()
        except InputError as error:
            _fail(f"error: {error}", EXIT_USAGE)
        except UnsupportedError as error:
            _fail(f"error: {error.reason}", EXIT_UNDECIDED)
        except OutputError as error:
            _fail(f"error: {error}", EXIT_OUTPUT)
        except InternalError as error:
            _fail(f"internal error: {error}\nThis is a fault of diffcheck: please report it with the command you ran.", EXIT_OUTPUT)
        except KeyboardInterrupt:
            _fail("interrupted", EXIT_INTERRUPTED)
        except BrokenPipeError:
            _abandon_stdout()
            raise typer.Exit(EXIT_PIPE) from None
        except OSError as error:
            _abandon_stdout()
            _fail(f"error: cannot write the result: {error.strerror}", EXIT_OUTPUT)
        raise typer.Exit(code)

    return run


def _abandon_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


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
      diffcheck check "sin(x)^2/x" --at 1 --at 1e-8 --claim "2sin(x)cos(x)/x"
      diffcheck derive "f(x) = 4x(1-x); g(x) = f@10(x)"
      diffcheck plot "relu(x)" --at 0 -o relu.png
      diffcheck run suite.toml --format jsonl

    Exit codes: 0 all right, 1 a derivative is wrong, 2 the input cannot be read, 3 something is undecided,
    4 the output cannot be written.
    """


class Format(str, Enum):
    text = "text"
    json = "json"
    jsonl = "jsonl"


class Notation(str, Enum):
    text = "text"
    latex = "latex"
    python = "python"
    jax = "jax"
    json = "json"


class Dtype(str, Enum):
    float64 = "float64"
    float32 = "float32"


class Color(str, Enum):
    auto = "auto"
    always = "always"
    never = "never"


Expression = Annotated[str, typer.Argument(metavar="EXPR", help="Mathematics, e.g. 'x^2 + 3x + 2'; '-' reads standard input.", show_default=False)]
At = Annotated[
    list[str], typer.Option("--at", help="A point: 2, or x=1,y=2, or linspace(-4,4,100). May be repeated.", metavar="POINT", show_default=False)
]
Wrt = Annotated[str, typer.Option("--wrt", help="The variables to differentiate by, e.g. x,y (default: all).", metavar="NAMES", show_default=False)]
Of = Annotated[str, typer.Option("--of", help="Which definition is meant (default: the last).", metavar="NAME", show_default=False)]
Out = Annotated[Path | None, typer.Option("-o", "--output", help="Write to a file, whole or not at all.", metavar="FILE", show_default=False)]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 on warnings too.")]
Colored = Annotated[Color, typer.Option("--color", help="Colour: on a terminal only, always, or never.")]
FloatFormat = Annotated[Dtype, typer.Option("--dtype", help="The floating-point format under test.")]


@app.command(cls=ExpressionCommand)
@guarded
def check(
    expression: Expression,
    at: At = [],  # noqa: B006  (Typer copies it)
    points: Annotated[Path | None, typer.Option("--points", help="A CSV file of points, one column a variable.", metavar="FILE")] = None,
    wrt: Wrt = "",
    of: Of = "",
    claim: Annotated[
        list[str], typer.Option("--claim", help="A derivative worked out by hand, to be judged like the engines' (one for each of --wrt).")
    ] = [],  # noqa: B006
    dtype: FloatFormat = Dtype.float64,
    format: Annotated[Format, typer.Option("--format", help="How to show the report.")] = Format.text,
    latex: Annotated[bool, typer.Option("--latex", help="Show the closed form as LaTeX too.")] = False,
    strict: Strict = False,
    color: Colored = Color.auto,
    output: Out = None,
) -> int:
    """Judge the derivatives of an expression at points.

    \b
    Examples:
      diffcheck check "x^2 + 3x + 2" --at 2
      diffcheck check "x*y + sin(x)" --at x=1,y=2 --wrt x
      diffcheck check "x^2 + 3x + 2" --at "linspace(-4,4,100)" --claim "2x + 3"
      diffcheck check "f(x) = x^2 + 3x + 2; g(x) = f(f(f(x)))" --at 2 --of g
      diffcheck check "exp(x)" --points points.csv --format jsonl -o report.jsonl
    """
    from diffcheck.views import output as outputs

    with outputs.opened(output) as stream:
        job = _checked(_text(expression), of, wrt, claim, dtype)
        tally = _show(job, _columns(job, at, points), format, latex, color, stream)
    return _exit_code(tally, strict)


def _checked(text: str, of: str, wrt: str, claims: Sequence[str], dtype: Dtype) -> Check:
    from diffcheck.engines.automatic import use_persistent_cache
    from diffcheck.judgement.check import Check

    use_persistent_cache()
    names = [name.strip() for name in wrt.split(",")] if wrt else None
    return Check(text, of=of or None, wrt=names, claims=claims, dtype=dtype.value)


def _columns(job: Check, at: Sequence[str], points: Path | None) -> Columns:
    from diffcheck.judgement.points import from_csv, from_texts

    if bool(at) == (points is not None):
        wanted = ",".join(f"{name}=1" for name in job.problem.variables) if len(job.problem.variables) > 1 else "2"
        problem = "both --at and --points are given" if at else "no point is given"
        raise InputError(problem, f"Write --at {wanted}, or --points FILE.csv.")
    if points is not None:
        return from_csv(points, job.problem.variables, job.format)
    return from_texts(at, job.problem.variables, job.format)


def _show(job: Check, columns: Columns, format: Format, latex: bool, color: Color, stream: Any) -> Tally:
    samples = job.samples(columns)
    if format is Format.text:
        from diffcheck.views import console as view

        console = view.console_for(stream, color.value)
        view.show_header(console, job.header, latex)
        tally = view.show_samples(console, job.header, samples)
        console.print()
        console.print(view.conclusion(tally))
        return tally
    from diffcheck.views import json_

    if format is Format.jsonl:
        return json_.write_lines(samples, stream)
    return json_.write_report(job.header, samples, stream)


def _exit_code(tally: Tally, strict: bool) -> int:
    if tally.outcomes[Outcome.FAIL] or strict and tally.outcomes[Outcome.WARN]:
        return EXIT_FAIL
    return EXIT_UNDECIDED if tally.outcomes[Outcome.UNDECIDED] else EXIT_PASS


def _text(expression: str) -> str:
    if expression != "-":
        return expression
    try:
        return sys.stdin.read() if sys.stdin is not None else ""
    except UnicodeDecodeError as error:
        raise InputError("standard input is not text in UTF-8") from error


@app.command(cls=ExpressionCommand)
@guarded
def derive(
    expression: Expression,
    wrt: Wrt = "",
    of: Of = "",
    format: Annotated[Notation, typer.Option("--format", help="How to write it.")] = Notation.text,
    output: Out = None,
) -> int:
    """Print the symbolic derivative: the closed form within a budget, else chained definitions.

    \b
    Examples:
      diffcheck derive "x*exp(-x^2)"
      diffcheck derive "x^2*y" --wrt y --format latex
      diffcheck derive "f(x) = 4x(1-x); g(x) = f@10(x)" --format python
    """
    from diffcheck.views import code, output as outputs

    with outputs.opened(output) as stream:
        names = [name.strip() for name in wrt.split(",")] if wrt else None
        stream.write(code.derivatives(_text(expression), of or None, names, format.value))
    return EXIT_PASS


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
