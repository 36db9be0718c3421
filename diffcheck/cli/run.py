"""diffcheck run: many expressions from files."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.arguments import (
    AllowCode,
    Color,
    Colored,
    Dtype,
    FloatFormat,
    MaxMemory,
    Output,
    OutputFormat,
    Part,
    Pattern,
    Resume,
    Scheduler,
    Strict,
    Suites,
    Timeout,
    Workers,
)
from diffcheck.cli.exits import EXIT_FAIL, EXIT_PASS, EXIT_UNDECIDED, EXIT_USAGE, guarded
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits, require_posix
from diffcheck.processes.signals import StoppedError
from diffcheck.results import Outcome

if TYPE_CHECKING:
    from diffcheck.records import Summary


@app.command()
@guarded
def run(
    files: Suites,
    workers: Workers = 1,
    scheduler: Scheduler = "",
    timeout: Timeout = DEFAULT_SECONDS,
    max_memory: MaxMemory = DEFAULT_MEGABYTES,
    pattern: Pattern = "",
    shard: Part = "1/1",
    resume: Resume = False,
    allow_code: AllowCode = False,
    format: Annotated[OutputFormat, typer.Option("--format", help="How to show the results.")] = OutputFormat.text,
    dtype: FloatFormat = Dtype.float64,
    strict: Strict = False,
    color: Colored = Color.auto,
    output: Output = None,
) -> int:
    """Run scripted comparisons: many expressions from files.

    \b
    Examples:
      diffcheck run suite.toml
      diffcheck run cases.jsonl -j 4 --format jsonl -o results.jsonl
      diffcheck run cases.jsonl -j 4 --format jsonl -o results.jsonl --resume
    """
    require_posix()
    from diffcheck.suites.cluster import cluster_hands
    from diffcheck.suites.dispatch import local_hands
    from diffcheck.suites.run import Run
    from diffcheck.suites.selection import Shard
    from diffcheck.views import suite as view

    job = Run(files, dtype.value, Limits(timeout, max_memory), pattern, Shard.read(shard), allow_code, format.value, color.value)
    spoken = format is OutputFormat.text and output is None
    try:
        job.execute(cluster_hands(scheduler) if scheduler else local_hands(workers, allow_code), output, resume)
    except (KeyboardInterrupt, StoppedError):
        view.show_summary(job.summary, sys.stderr, color.value, failures=not spoken)
        raise
    view.show_summary(job.summary, sys.stdout if spoken else sys.stderr, color.value, failures=not spoken)
    return _suite_code(job.summary, strict)


def _suite_code(summary: Summary, strict: bool) -> int:
    from diffcheck.records import Conclusion

    code = {
        Conclusion.PASSED: EXIT_PASS,
        Conclusion.FAILED: EXIT_FAIL,
        Conclusion.UNREADABLE: EXIT_USAGE,
        Conclusion.UNDECIDED: EXIT_UNDECIDED,
    }[summary.conclusion]
    return EXIT_FAIL if strict and summary.outcomes[Outcome.WARN] else code
