"""The commands. Engines and views are imported when a command runs: `--help` needs none of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from diffcheck import __version__
from diffcheck.cli.arguments import (
    At,
    Claims,
    Color,
    Colored,
    Dtype,
    Expression,
    ExpressionCommand,
    FloatFormat,
    Format,
    Notation,
    Of,
    Output,
    Points,
    Strict,
    Wrt,
    expression_text,
    names,
)
from diffcheck.cli.exits import EXIT_FAIL, EXIT_PASS, EXIT_UNDECIDED, EXIT_USAGE, exit_code, guarded
from diffcheck.errors import InputError
from diffcheck.results import Outcome

if TYPE_CHECKING:
    from diffcheck.judgement.check import Check
    from diffcheck.judgement.points import Columns
    from diffcheck.results import Tally
    from diffcheck.suites.runner import Summary

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


@app.command(cls=ExpressionCommand)
@guarded
def check(
    expression: Expression,
    at: At = [],  # noqa: B006  (Typer copies it)
    points: Points = None,
    wrt: Wrt = "",
    of: Of = "",
    claim: Claims = [],  # noqa: B006
    dtype: FloatFormat = Dtype.float64,
    format: Annotated[Format, typer.Option("--format", help="How to show the report.")] = Format.text,
    latex: Annotated[bool, typer.Option("--latex", help="Show the closed form as LaTeX too.")] = False,
    strict: Strict = False,
    color: Colored = Color.auto,
    output: Output = None,
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
    from diffcheck.views.output import opened

    with opened(output) as stream:
        job = _checked(expression_text(expression), of, wrt, claim, dtype)
        return exit_code(_show(job, _columns(job, at, points), format, latex, color, stream), strict)


def _checked(text: str, of: str, wrt: str, claims: Sequence[str], dtype: Dtype) -> Check:
    from diffcheck.engines.automatic import use_persistent_cache
    from diffcheck.judgement.check import Check

    use_persistent_cache()
    return Check(text, of=of or None, wrt=names(wrt), claims=claims, dtype=dtype.value)


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
        view.show_conclusion(console, tally)
        return tally
    from diffcheck.views import json_

    tally = json_.write_lines(samples, stream) if format is Format.jsonl else json_.write_report(job.header, samples, stream)
    if tally.unsampled and sys.stderr is not None:
        from diffcheck.views import console as view

        view.show_conclusion(view.console_for(sys.stderr, color.value), tally)
    return tally


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


@app.command(cls=ExpressionCommand)
@guarded
def plot(
    expression: Expression,
    output: Annotated[Path, typer.Option("-o", "--output", help="The picture: .png, .svg or .pdf.", metavar="FILE", show_default=False)],
    at: At = [],  # noqa: B006
    wrt: Annotated[str, typer.Option("--wrt", help="The variable to draw along (default: the first).", metavar="NAME")] = "",
    of: Of = "",
    range_: Annotated[str, typer.Option("--range", help="The interval shown, e.g. -4,4 (default: around the points).", metavar="A,B")] = "",
    samples: Annotated[int, typer.Option("--samples", help="How many equidistant points the curve goes through.")] = 100,
    dtype: FloatFormat = Dtype.float64,
    strict: Strict = False,
) -> int:
    """Draw an expression with its tangents, and how far they are from it.

    \b
    Examples:
      diffcheck plot "x^2 + 3x + 2" --at 2 --range -4,4 -o tangent.png
      diffcheck plot "relu(x)" --at -1 --at 0 --at 3 -o relu.svg
    """
    from diffcheck.judgement.points import read_number
    from diffcheck.results import Tally
    from diffcheck.views import console as view
    from diffcheck.views.plot import plot as draw

    job = _checked(expression_text(expression), of, wrt, (), dtype)
    ends = range_.split(",") if range_ else []
    if len(ends) not in (0, 2):
        raise InputError(f"{range_!r} is not an interval", "Write --range -4,4.")
    lower, upper = (read_number(end, job.format) for end in ends) if ends else (None, None)
    if len(job.wrt) > 1 and wrt:
        raise InputError(f"a picture shows one variable, not {len(job.wrt)}", f"Write --wrt {job.wrt[0]}.")
    tally = Tally()
    for sample in draw(job, _columns(job, at, None), job.wrt[0], path=output, lower=lower, upper=upper, samples=samples):
        tally.add(sample)
    console = view.console_for(sys.stderr, "auto")
    view.line(console, f"{output}: the derivative with respect to {job.wrt[0]}")
    view.show_conclusion(console, tally)
    return exit_code(tally, strict)


@app.command()
@guarded
def run(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Suites: .toml, or .jsonl with one case a line.", show_default=False)
    ],
    format: Annotated[Format, typer.Option("--format", help="How to show the results.")] = Format.text,
    dtype: FloatFormat = Dtype.float64,
    strict: Strict = False,
    color: Colored = Color.auto,
    output: Output = None,
) -> int:
    """Run scripted comparisons: many expressions from files.

    \b
    Examples:
      diffcheck run suite.toml
      diffcheck run cases.jsonl --format jsonl -o results.jsonl
    """
    from diffcheck.engines.automatic import use_persistent_cache
    from diffcheck.suites import runner
    from diffcheck.suites.suite import read_suite
    from diffcheck.views import suite as view
    from diffcheck.views.output import opened

    use_persistent_cache()
    cases = [case for path in files for case in read_suite(path)]
    with opened(output) as stream, view.progress(len(cases), color.value) as advance:
        summary = view.show(runner.run(cases, dtype=dtype.value, progress=advance), format.value, stream, color.value)
    spoken = format is Format.text and output is None
    view.show_summary(summary, stream if spoken else sys.stderr, color.value, failures=not spoken)
    return _suite_code(summary, strict)


def _suite_code(summary: Summary, strict: bool) -> int:
    from diffcheck.suites.runner import Conclusion

    code = {
        Conclusion.PASSED: EXIT_PASS,
        Conclusion.FAILED: EXIT_FAIL,
        Conclusion.UNREADABLE: EXIT_USAGE,
        Conclusion.UNDECIDED: EXIT_UNDECIDED,
    }[summary.conclusion]
    return EXIT_FAIL if strict and summary.outcomes[Outcome.WARN] else code


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

