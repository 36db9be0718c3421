"""A suite's report as SARIF 2.1.0, the format of static analysis: a rule for each verdict, a result for each finding.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any, TextIO
from urllib.parse import quote

from diffcheck import __version__
from diffcheck.printable import shown
from diffcheck.records import CaseResult, FaultKind, Record, Summary, explained, is_unreadable
from diffcheck.results import Outcome, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {Outcome.FAIL: "error", Outcome.WARN: "warning", Outcome.UNDECIDED: "note"}
RULE = "rule of a function"
RULES = tuple(dict.fromkeys([*(verdict.value for verdict in Verdict), *(kind.value for kind in FaultKind), "unexpected", RULE]))


def write(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """One run with a result for every record that is not simply right."""
    driver = {"name": "diffcheck", "version": __version__, "rules": [_rule(name) for name in RULES]}
    stream.write(f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{{"tool": {json.dumps({"driver": driver})},\n"results": [')
    separator = "\n"
    for finding in _findings(results):
        stream.write(separator + json.dumps(finding))
        separator = ",\n"
    stream.write("\n]}]}\n")


def _rule(name: str) -> dict[str, Any]:
    return {"id": name, "shortDescription": {"text": f"the verdict is: {name}"}}


def _findings(results: Iterable[CaseResult]) -> Iterator[dict[str, Any]]:
    for record in (record for result in results for record in result.records):
        if record.outcome in LEVELS:
            rule = _rule_of(record)
            yield {
                "ruleId": rule,
                "ruleIndex": RULES.index(rule),
                "level": "error" if is_unreadable(record) else LEVELS[record.outcome],
                "message": {"text": _message(f"{shown(record.id)}: {explained(record)}")},
                **({"locations": [_location(record)]} if record.file else {}),
            }


def _location(record: Record) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(record.file)}, "region": {"startLine": record.line}}}


def _message(text: str) -> str:
    """A plain text: "[words](address)" would be a link in it."""
    return text.replace("](", "] (")


def _rule_of(record: Record) -> str:
    """What its worst result is called."""
    if record.check is not None:
        return RULE
    if record.fault is not None:
        return record.fault.kind.value
    if record.matched is False or record.sample is None:
        return "unexpected"
    return next(result.verdict.value for result in record.sample.counted if result.outcome is record.outcome)


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path.as_posix()))
