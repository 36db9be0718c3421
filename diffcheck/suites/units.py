"""Work units: one case with what it needs, as a line of text, which any process on any machine can check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from diffcheck.errors import LostError
from diffcheck.records import Fault, FaultKind, Record
from diffcheck.suites.cases import Case, ClaimedText, Sampling, Unreadable


@dataclass(frozen=True, slots=True)
class Unit:
    """A case, its number in the suite, the format of its floats, the engines that are not asked, with why, and whether it may run code."""

    number: int
    case: Case | Unreadable
    dtype: str
    lost: Mapping[str, LostError] = field(default_factory=dict)
    allow_code: bool = False


def as_line(unit: Unit) -> str:
    """A unit as one line of JSON, without the line's end."""
    lost = {stage: (error.verdict, error.reason) for stage, error in unit.lost.items()}
    fields = {"number": unit.number, "dtype": unit.dtype, "lost": lost, "allow_code": unit.allow_code, "case": asdict(unit.case)}
    return json.dumps(fields)


def from_line(line: str | bytes) -> Unit:
    """The unit of a line."""
    fields = json.loads(line)
    lost = {stage: LostError(*said) for stage, said in fields["lost"].items()}
    return Unit(fields["number"], _case(fields["case"]), fields["dtype"], lost, fields["allow_code"])


def _case(fields: Mapping[str, Any]) -> Case | Unreadable:
    if "message" in fields:
        return Unreadable(**fields)
    # JSON knows lists where a case has tuples
    tuples = {
        "at": tuple(fields["at"]),
        "wrt": tuple(map(tuple, fields["wrt"])),
        "claims": tuple(ClaimedText(**claim) for claim in fields["claims"]),
        "sampling": _sampling(fields["sampling"]),
    }
    return Case(**{**fields, **tuples})


def _sampling(fields: Mapping[str, Any] | None) -> Sampling | None:
    if fields is None:
        return None
    return Sampling(**{**fields, "domain": {name: (lower, upper) for name, (lower, upper) in fields["domain"].items()}})


def faulty(case: Case | Unreadable, number: int, kind: FaultKind, message: str) -> Record:
    """Why a case could not be checked; a case may expect that."""
    expected = case.expect if isinstance(case, Case) else None
    matched = None if expected is None else expected == kind.value
    return Record(number, case.id, case.line, None, Fault(kind, message), expected, matched, case.file)
