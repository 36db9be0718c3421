"""A suite's report as GitHub's workflow commands: each becomes an annotation at the line of the case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from diffcheck.printable import shown
from diffcheck.records import CaseResult, Summary, reason
from diffcheck.results import Outcome

COMMANDS = {Outcome.FAIL: "error", Outcome.WARN: "warning", Outcome.UNDECIDED: "notice"}


def write(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """A command for every record that is not simply right."""
    for record in (record for result in results for record in result.records):
        if record.outcome in COMMANDS:
            place = f"file={_property(shown(record.file))},line={record.line},title={_property(shown(record.id))}"
            stream.write(f"::{COMMANDS[record.outcome]} {place}::{_data(reason(record))}\n")


def _data(text: str) -> str:
    """Spelled as GitHub wants it, of a text in one line."""
    return text.replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
