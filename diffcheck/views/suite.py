"""The results of a suite as text and JSON, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TextIO

from diffcheck.printable import shown
from diffcheck.records import CaseResult, FaultKind, OperationCounts, Summary, explained, is_unreadable, place_before
from diffcheck.results import Outcome, counted
from diffcheck.views.console import MARKS, STYLES
from diffcheck.views.layout import NOTHING, console_for, line, paragraph


def write_lines(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """A line of JSON for every record."""
    for result in results:
        stream.write("".join(f"{record}\n" for record in result.lines))


def write_array(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """One JSON array of all records."""
    stream.write("[")
    for i, record in enumerate(record for result in results for record in result.lines):
        stream.write((",\n" if i else "\n") + record)
    stream.write("\n]\n")


def write_text(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """A line for every record that is not simply right; the summary says the rest."""
    console = console_for(stream, color)
    for record in (record for result in results for record in result.records):
        if record.outcome is not Outcome.PASS:
            where = f"{place_before(record)}: " if is_unreadable(record) and place_before(record) else ""
            said, *more = explained(record).splitlines()
            paragraph(console, f"{MARKS[record.outcome]} {shown(record.id)}: {where}{said}", STYLES[record.outcome])
            for text in more:
                paragraph(console, f"  {text}", STYLES[record.outcome])
        if record.cost:
            paragraph(console, f"{shown(record.id)}: {_cost(record.cost)}")


def _cost(cost: OperationCounts) -> str:
    """The operations of each way, and how many times those of f."""
    return "operations: " + ", ".join(f"{way} {_counts(counts)}" for way, counts in cost.items())


def _counts(counts: Mapping[str, float]) -> str:
    ratio = f" ({counts['ratio']:.2g} times f)" if "ratio" in counts else ""
    return f"{counts['operations']:,.0f}{ratio}"


def show_summary(summary: Summary, stream: TextIO | None, color: str, failures: bool) -> None:
    """What the suite came to; the cases that failed, where no line has said so before."""
    if stream is None:
        return
    console = console_for(stream, color)
    outcomes = summary.outcomes
    for failure in summary.failed if failures else ():
        paragraph(console, f"{MARKS[Outcome.FAIL]} {failure}", STYLES[Outcome.FAIL])
    if failures and outcomes[Outcome.FAIL] > len(summary.failed):
        line(console, f"… and {outcomes[Outcome.FAIL] - len(summary.failed):,} more that failed")
    paragraph(console, in_words(summary))


def in_words(summary: Summary) -> str:
    """The counts in one sentence."""
    if not summary.cases:
        return "no case was checked"
    parts = [f"{summary.outcomes[outcome]:,} {word}" for outcome, word in _WORDS.items() if summary.outcomes[outcome]]
    parts += [f"{summary.faults[kind]:,} of them {word}" for kind, word in _FAULTS.items() if summary.faults[kind]]
    ulps, owner = summary.largest_error
    worst = f"; largest error {0 if ulps <= NOTHING else ulps:.3g} ulps ({shown(owner)})" if owner else ""
    return f"{counted(summary.cases, 'case')} at {counted(summary.points, 'point')}: {', '.join(parts)}{worst}"


_WORDS = {Outcome.PASS: "passed", Outcome.WARN: "passed with a warning", Outcome.FAIL: "failed", Outcome.UNDECIDED: "undecided"}
_FAULTS = {FaultKind.INPUT: "could not be read", FaultKind.TIMED_OUT: "timed out", FaultKind.CRASHED: "crashed"}
