"""diffcheck run: many expressions from files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import Color, Colored, Dtype, FloatFormat, Format, Output, Strict
from diffcheck.cli.exits import EXIT_FAIL, EXIT_PASS, EXIT_UNDECIDED, EXIT_USAGE, guarded
from diffcheck.results import Outcome

if TYPE_CHECKING:
    from diffcheck.suites.runner import Summary


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
