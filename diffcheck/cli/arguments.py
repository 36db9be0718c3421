"""The arguments and options that commands share, and how a command line is taken apart."""

from __future__ import annotations

import os
import re
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from diffcheck.cli.endings import chosen
from diffcheck.errors import InputError
from diffcheck.printable import quoted, shown
from diffcheck.reading import standard_input

MOST_WORKERS = 1024
FUNCTION = re.compile(r"[^\s:=()]+\.py:[A-Za-z_][\w.]*")
POINT = re.compile(r"[-+]?(?:[0-9.]+(?:e[-+]?[0-9]+)?|pi|[a-z]\w*=.*)")


class ExpressionCommand(TyperCommand):
    """A command whose argument may begin with a minus: `check "-x^2"`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options, expressions = self._sorted(args)
        is_mistyped = any(
            token.startswith("--") and token.partition("=")[0] not in self._takes_value for token in options
        )  # Click says which
        problem = "" if is_mistyped else _misquoted(expressions)
        if problem and not {"-h", "--help"}.intersection(options):
            ctx.fail(problem)
        return super().parse_args(ctx, [*options, "--", *expressions])

    @cached_property
    def _takes_value(self) -> dict[str, bool]:
        """Every option by its name, and whether a value follows."""
        found = {name: not getattr(parameter, "is_flag", False) for parameter in self.params for name in parameter.opts}
        return found | {"-h": False, "--help": False}

    def _sorted(self, args: list[str]) -> tuple[list[str], list[str]]:
        """Options, and everything else: --wrt is an option, -x^2 is not."""
        takes_value = self._takes_value
        options, positional, rest = list[str](), list[str](), iter(args)
        for token in rest:
            if token == "--":
                positional.extend(rest)
            elif token in takes_value:
                options.append(token)
                if takes_value[token] and (value := next(rest, None)) is not None:
                    options.append(value)
            elif token.startswith("--") and token[2:3].isalpha():
                options.append(token)
            else:
                positional.append(token)
        return options, positional


def _misquoted(expressions: list[str]) -> str:
    """What is wrong where a shell has taken a formula apart, or has put names of files for it; '' where nothing is."""
    formula, *others = expressions or [""]
    if not others:
        if not formula.isidentifier() or not os.path.exists(formula):
            return ""
        told = f"{quoted(formula)} is a file here: a shell puts it for a formula such as {formula[:1]}*{formula[-1:]} without quotes."
        return f"{told} Put the formula in quotes; write '({shown(formula)})' if a variable has this name."
    if any(os.path.exists(other) for other in expressions):
        return "The shell has put names of files for a formula with a *. Put the formula in quotes: 'x*2'."
    if "-at" in others:
        return "An option of this name has two hyphens: --at."
    if len(others) == 1 and POINT.fullmatch(others[0]):
        return f"There is one formula too many. For a point write --at {shown(others[0])}."
    return f"The formula is in pieces. Put it in quotes: '{shown(' '.join(expressions))}'."


class OutputFormat(StrEnum):
    text = "text"
    json = "json"
    jsonl = "jsonl"
    junit = "junit"
    github = "github"
    sarif = "sarif"
    html = "html"


class Notation(StrEnum):
    text = "text"
    latex = "latex"
    python = "python"
    jax = "jax"
    json = "json"
    markdown = "markdown"
    html = "html"


class TraceFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    latex = "latex"
    csv = "csv"
    json = "json"
    dot = "dot"
    mermaid = "mermaid"
    png = "png"
    svg = "svg"
    pdf = "pdf"


class TableFormat(StrEnum):
    text = "text"
    markdown = "markdown"
    json = "json"
    csv = "csv"


class Dtype(StrEnum):
    float64 = "float64"
    float32 = "float32"
    bfloat16 = "bfloat16"
    float16 = "float16"


class Color(StrEnum):
    auto = "auto"
    always = "always"
    never = "never"


def option(*names: str, help: str, metavar: str | None = None, callback: Any = None) -> Any:
    return typer.Option(*names, help=help, metavar=metavar, callback=callback, show_default=False)


Expression = Annotated[
    str, typer.Argument(metavar="EXPR", help="Mathematics, e.g. 'x^2 + 3x + 2'; '-' reads standard input.", show_default=False)
]
At = Annotated[list[str], option("--at", help="A point: 2, or x=1,y=2, or linspace(-4,4,100). May be repeated.", metavar="POINT")]
Points = Annotated[Path | None, option("--points", help="A CSV file of points, one column per variable.", metavar="FILE")]
Wrt = Annotated[
    str, option("--wrt", help="The variables to differentiate by, e.g. x,y; 'x x' is a second derivative (default: all).", metavar="NAMES")
]
Of = Annotated[str, option("--of", help="Which definition is meant (default: the last).", metavar="NAME")]
Claims = Annotated[
    list[str], option("--claim", help="Derivatives worked out by hand: one for each in order, a matrix, or 'df/dx = …'.", metavar="EXPR")
]
Gradient = Annotated[bool, typer.Option("--gradient", help="All first derivatives (the default).")]
JacobianFlag = Annotated[bool, typer.Option("--jacobian", help="The first derivatives of all results (the default).")]
HessianFlag = Annotated[bool, typer.Option("--hessian", help="All second derivatives, in each of JAX's four modes.")]
Order = Annotated[int | None, option("--order", help="All derivatives of this order, pure and mixed.", metavar="N")]
Along = Annotated[str, option("--along", help="The derivative (of --order) along a direction, e.g. x=1,y=-2.", metavar="DIRECTION")]
Hvp = Annotated[str, option("--hvp", help="The Hessian times a vector, e.g. x=1,y=-2.", metavar="VECTOR")]
Every = Annotated[bool, typer.Option("--all", help="Judge all of more than 400 entries, and show all that is found at a point.")]
SideOption = Annotated[str, option("--side", help="At a kink, claims are for the slope of this side: left or right.", metavar="SIDE")]
Output = Annotated[
    Path | None,
    option("-o", "--output", help="Write to a file, whole or not at all; its ending chooses the format.", metavar="FILE", callback=chosen),
]
ReportFormat = Annotated[OutputFormat, typer.Option("--format", help="How to show the report.")]
Latex = Annotated[bool, typer.Option("--latex", help="Show the closed form as LaTeX too.")]
Strict = Annotated[bool, option("--strict", help="Exit with 1 on warnings too.")]
Colored = Annotated[Color, option("--color", help="Colour on a terminal only (auto), always or never.")]
OwnFormat = Annotated[
    Dtype | None, option("--dtype", help="The floating-point format under test (default: that of the arrays; of written numbers, float64).")
]
FloatFormat = Annotated[Dtype, option("--dtype", help="The floating-point format under test (default: float64).")]

Timeout = Annotated[float, typer.Option("--timeout", help="Seconds that an expression may take.", metavar="S")]
MaxMemory = Annotated[int, typer.Option("--max-memory", help="Megabytes that the process that checks it may use.", metavar="MB")]

Workers = Annotated[int, typer.Option("-j", "--workers", help="How many processes check cases.", metavar="N", min=1, max=MOST_WORKERS)]
Scheduler = Annotated[str, option("--scheduler", help="A Dask cluster that checks cases, e.g. tcp://host:8786.", metavar="ADDRESS")]
Pattern = Annotated[str, option("-k", help="Only cases with this in their names; * stands for anything.", metavar="PATTERN")]
Suites = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Suites: .toml, .jsonl with one case a line, or .fpcore.", show_default=False)
]
AllowCode = Annotated[bool, option("--allow-code", help="Check the functions that suites name too: their files are executed.")]
Part = Annotated[str, option("--shard", help="Only the I-th of N parts of the cases, e.g. 1/4.", metavar="I/N")]
Resume = Annotated[bool, option("--resume", help="Go on with a run that was stopped; wants its -o.")]


def expression_text(expression: str, seconds: float, may_be_function: bool = False) -> str:
    """The expression itself, or standard input for '-', which is waited for so long. Raises InputError."""
    from diffcheck.language.lexer import MAXIMUM_BYTES

    if expression != "-":
        if not may_be_function and FUNCTION.fullmatch(expression):
            fix = f"Write diffcheck check-jax {shown(expression)} --at 2; trace and cost take functions, too."
            raise InputError(f"{quoted(expression)} names a function of JAX, and this command takes mathematics", fix)
        return expression
    try:
        text = standard_input(MAXIMUM_BYTES, seconds).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("standard input is not text in UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot read standard input: {error.strerror}", "Write the expression as an argument.") from error
    return text.replace("\r\n", "\n")


def names(text: str) -> list[str] | None:
    """The entries of a list such as x,y or 'x x,y'; None when none is given. Raises InputError for an entry that is left out."""
    found = [name.strip() for name in text.split(",")]
    if text and not all(found):
        raise InputError(f"{quoted(text)} is not a list of names", "Write --wrt x or --wrt x,y.")
    return found if text else None
