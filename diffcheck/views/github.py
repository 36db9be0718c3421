"""A suite's report as GitHub's workflow commands: each becomes an annotation at the line of the case."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from diffcheck.printable import shown
from diffcheck.records import CaseResult, Summary, explained, is_unreadable
from diffcheck.results import Outcome

COMMANDS = {Outcome.FAIL: "error", Outcome.WARN: "warning", Outcome.UNDECIDED: "notice"}


def write(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """A command for every record that is not simply right: an error too for what cannot be read."""
    for record in (record for result in results for record in result.records):
        if record.outcome in COMMANDS:
            file = f"file={_property(shown(record.file))},line={record.line}," if record.file else ""
            command = "error" if is_unreadable(record) else COMMANDS[record.outcome]
            stream.write(f"::{command} {file}title={_property(shown(record.id))}::{_data(explained(record))}\n")


def _data(text: str) -> str:
    """Spelled as GitHub wants it: one line, whatever the text has."""
    return text.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
