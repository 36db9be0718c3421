"""The results of a suite: records while they come, a progress bar on standard error, a summary at the end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from diffcheck.results import Outcome
from diffcheck.suites.runner import FaultKind, Record, Summary, reason
from diffcheck.views.console import MARKS, STYLES, console_for, line
from diffcheck.views.json_ import record_as_line

LISTED_FAILURES = 20


@contextmanager
def progress(total: int, color: str) -> Iterator[Callable[[int, int], object] | None]:
    """A progress bar on standard error where that is a terminal; gives what is to be told of cases done."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console_for(sys.stderr, color), transient=True) as bar:
        task = bar.add_task("checking", total=total)
        yield lambda done, of: bar.update(task, completed=done, total=of)


def show(records: Iterable[Record], format: str, stream: TextIO, color: str) -> Summary:
    """Write the records in a format; returns their summary."""
    summary = Summary()
    writers = {"text": _write_text, "jsonl": _write_lines, "json": _write_array}
    writers[format](_counted(records, summary), stream, color)
    return summary


def _counted(records: Iterable[Record], summary: Summary) -> Iterator[Record]:
    for record in records:
        summary.add(record)
        yield record


def _write_lines(records: Iterable[Record], stream: TextIO, color: str) -> None:
    for record in records:
        stream.write(record_as_line(record) + "\n")


def _write_array(records: Iterable[Record], stream: TextIO, color: str) -> None:
    stream.write("[")
    for i, record in enumerate(records):
        stream.write((",\n" if i else "\n") + record_as_line(record))
    stream.write("\n]\n")


def _write_text(records: Iterable[Record], stream: TextIO, color: str) -> None:
    """A line for every record that is not simply right; the summary says the rest."""
    console = console_for(stream, color)
    for record in records:
        if record.outcome is not Outcome.PASS:
            line(console, f"{MARKS[record.outcome]} {record.id}: {reason(record)}", STYLES[record.outcome])


def show_summary(summary: Summary, stream: TextIO | None, color: str, failures: bool) -> None:
    """What the suite came to; the cases that failed, where no line has said so before."""
    if stream is None:
        return
    console = console_for(stream, color)
    outcomes = summary.outcomes
    for failure in list(summary.failed.values())[:LISTED_FAILURES] if failures else ():
        line(console, f"{MARKS[Outcome.FAIL]} {failure}", STYLES[Outcome.FAIL])
    if failures and len(summary.failed) > LISTED_FAILURES:
        line(console, f"… and {len(summary.failed) - LISTED_FAILURES:,} more that failed")
    parts = [f"{outcomes[outcome]:,} {word}" for outcome, word in _WORDS.items() if outcomes[outcome]]
    unread = summary.faults[FaultKind.INPUT]
    parts += [f"{unread:,} of them could not be read"] if unread else []
    ulps, owner = summary.largest_error
    worst = f"; largest error {ulps:.3g} ulps ({owner})" if owner else ""
    console.print(Text(f"{sum(outcomes.values()):,} cases at {summary.points:,} points: {', '.join(parts)}{worst}"), soft_wrap=True)


_WORDS = {Outcome.PASS: "passed", Outcome.WARN: "passed with a warning", Outcome.FAIL: "failed", Outcome.UNDECIDED: "undecided"}
