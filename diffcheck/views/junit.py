"""A suite's report as JUnit XML, which every CI server reads: a testsuite for each file, a testcase for each case.

The attributes are those that the schema of Jenkins' xUnit plugin allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from diffcheck.printable import printable
from diffcheck.records import CaseResult, Record, Summary, explained, place, reason, worst_outcome
from diffcheck.results import Outcome

NOWHERE = "diffcheck"  # what is in no file
ELEMENTS = {Outcome.FAIL: "failure", Outcome.UNDECIDED: "error"}  # what did not pass; a warning passed


def write(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """One testsuite after the other; the counts of all files stand at the top."""
    stream.write('<?xml version="1.0" encoding="utf-8"?>\n')
    stream.write(f'<testsuites name="diffcheck"{_counts(summary.outcomes)}>\n')
    for file, of_file in groupby(results, lambda result: result.records[0].file):
        stream.write(f"<testsuite name={_attribute(file or NOWHERE)}{_counts(summary.by_file[file])}>\n")
        stream.writelines(line for result in of_file for line in _case(result.records))
        stream.write("</testsuite>\n")
    stream.write("</testsuites>\n")


def _counts(outcomes: Counter[Outcome]) -> str:
    return f' tests="{outcomes.total()}" failures="{outcomes[Outcome.FAIL]}" errors="{outcomes[Outcome.UNDECIDED]}"'


def _case(records: Sequence[Record]) -> Iterator[str]:
    first, outcome = records[0], worst_outcome(records)
    # Jenkins refuses other attributes, file and line too
    yield f"<testcase classname={_attribute(first.file or NOWHERE)} name={_attribute(first.id)}"
    if outcome not in ELEMENTS:
        yield "/>\n"
        return
    bad = [record for record in records if record.outcome is outcome]
    tag, text = ELEMENTS[outcome], "\n".join(filter(None, [place(first), *map(explained, bad)]))
    yield f'>\n<{tag} type="{outcome.value}" message={_attribute(reason(bad[0]))}>{escape(text)}</{tag}>\n</testcase>\n'


def _attribute(text: str) -> str:
    return quoteattr(printable(text))
