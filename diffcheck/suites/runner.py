"""Runs the cases of a suite one after the other: a record for each point and variable, and never an exception.

What is wrong with a case is a record too, so that the others go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from diffcheck.errors import InputError, UnsupportedError
from diffcheck.judgement.check import Check, Claim
from diffcheck.judgement.formats import Format
from diffcheck.judgement.points import Columns, from_mappings, from_texts
from diffcheck.results import SEVERITY, Outcome, Sample, Status, Tally, leibniz
from diffcheck.suites.suite import Case, Point, Unreadable


class FaultKind(StrEnum):
    """Why a case could not be checked."""

    INPUT = "input"  # it cannot be read
    UNSUPPORTED = "unsupported"
    INTERNAL = "internal"  # a bug of diffcheck


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One sample of a case, or the reason why there is none. `matched` is None where the case expects nothing."""

    case: int  # its place in the suite, from 0
    id: str
    line: int
    sample: Sample | None
    fault: Fault | None = None
    expected: str | None = None
    matched: bool | None = None
    file: str = ""

    @property
    def outcome(self) -> Outcome:
        """What the record means for the case: where it expects something, only whether that came."""
        if self.sample is None:
            return Outcome.UNDECIDED
        if self.matched is not None:
            return Outcome.PASS if self.matched else Outcome.FAIL
        return self.sample.outcome


def run(
    cases: Sequence[Case | Unreadable], *, dtype: str = "float64", progress: Callable[[int, int], object] | None = None
) -> Iterator[Record]:
    """The records of all cases in their order; `dtype` is for cases that name none, `progress` is told (cases done, cases)."""
    for number, case in enumerate(cases):
        yield from run_case(case, number, dtype)
        if progress is not None:
            progress(number + 1, len(cases))


def run_case(case: Case | Unreadable, number: int = 0, dtype: str = "float64") -> Iterator[Record]:
    """The records of one case, point by point; a fault comes last."""
    if isinstance(case, Unreadable):
        yield Record(number, case.id, case.line, None, Fault(FaultKind.INPUT, case.message), file=case.file)
        return
    try:
        samples = _samples(case, dtype)
        if case.expect is None:
            for sample in samples:
                yield Record(number, case.id, case.line, sample, file=case.file)
        else:
            yield from _matched(case, number, case.expect, list(samples))
    except InputError as error:
        yield _faulty(case, number, FaultKind.INPUT, str(error))
    except UnsupportedError as error:
        yield _faulty(case, number, FaultKind.UNSUPPORTED, error.reason)
    except Exception as error:  # one bug must not take the rest of the suite with it
        yield _faulty(case, number, FaultKind.INTERNAL, f"internal error: {type(error).__name__}: {error}")


def _faulty(case: Case, number: int, kind: FaultKind, message: str) -> Record:
    return Record(number, case.id, case.line, None, Fault(kind, message), case.expect, None if case.expect is None else False, case.file)


def _matched(case: Case, number: int, expect: str, samples: Sequence[Sample]) -> Iterator[Record]:
    """A case is what it is expected to be when its worst outcome or any verdict is so called."""
    seen = [sample for sample in samples if sample.status is not Status.UNSAMPLED]
    worst = max((sample.outcome for sample in seen), key=SEVERITY.__getitem__)
    matched = expect in {worst.value, *(result.verdict.value for sample in seen for result in sample.results)}
    for sample in samples:
        yield Record(number, case.id, case.line, sample, None, expect, matched, case.file)


def _samples(case: Case, dtype: str) -> Iterator[Sample]:
    claims = [Claim(claim.wrt, claim.order, claim.text) if claim.wrt else claim.text for claim in case.claims]
    # eager: most expressions of a suite run once, and compiling one takes longer than that
    check = Check(case.text, of=case.of, wrt=case.wrt or None, claims=claims, dtype=case.dtype or dtype, compiled=False)
    return check.samples(_columns(case, check.problem.variables, check.format))


def _columns(case: Case, variables: Sequence[str], fmt: Format) -> Columns:
    if all(isinstance(point, Mapping) for point in case.at):
        return from_mappings([_wanted(point, case, variables) for point in case.at if isinstance(point, Mapping)], variables, fmt)
    parts = [_column(point, case, variables, fmt) for point in case.at]
    return {name: np.concatenate([part[name] for part in parts]) for name in variables}


def _column(point: Point, case: Case, variables: Sequence[str], fmt: Format) -> Columns:
    if isinstance(point, Mapping):
        return from_mappings([_wanted(point, case, variables)], variables, fmt)
    return from_texts([point if isinstance(point, str) else repr(point)], variables, fmt)


def _wanted(point: Mapping[str, Any], case: Case, variables: Sequence[str]) -> Mapping[str, Any]:
    return {name: value for name, value in point.items() if name in variables} if case.spare_coordinates else point


class Conclusion(StrEnum):
    """What a whole suite comes to; the command line gives each an exit code."""

    PASSED = "passed"
    FAILED = "failed"
    UNREADABLE = "unreadable"  # nothing failed, but a case could not be read
    UNDECIDED = "undecided"  # nothing failed, all was read, but something stayed open


@dataclass(slots=True)
class Summary:
    """Counts, kept while records pass by; the records of one case come one after the other."""

    points: int = 0
    tally: Tally = field(default_factory=Tally)  # of samples and their results, whatever a case expects
    cases: dict[int, Outcome] = field(default_factory=dict)  # the worst outcome of each
    faults: Counter[FaultKind] = field(default_factory=Counter)
    failed: dict[int, str] = field(default_factory=dict)  # the case's id and the first reason
    largest_error: tuple[float, str] = (0.0, "")  # in ulps, and whose
    _first: tuple[int, str, int] | None = None  # the case, and what each of its points begins with

    def add(self, record: Record) -> None:
        if record.sample is not None:
            self._add_sample(record, record.sample)
        if record.fault is not None:
            self.faults[record.fault.kind] += 1
        unsampled = record.sample is not None and record.sample.status is Status.UNSAMPLED
        outcome = Outcome.PASS if unsampled else record.outcome
        self.cases[record.case] = max(self.cases.get(record.case, Outcome.PASS), outcome, key=SEVERITY.__getitem__)
        if outcome is Outcome.FAIL:
            self.failed.setdefault(record.case, f"{record.id}: {reason(record)}")

    def _add_sample(self, record: Record, sample: Sample) -> None:
        self.tally.add(sample)
        if self._first is None or self._first[0] != record.case:
            self._first = record.case, sample.wrt, sample.order
        self.points += (record.case, sample.wrt, sample.order) == self._first
        errors = [result.ulps for result in sample.results if result.ulps is not None]
        self.largest_error = max([self.largest_error, *((ulps, record.id) for ulps in errors)])

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many cases came to what."""
        return Counter(self.cases.values())

    @property
    def conclusion(self) -> Conclusion:
        outcomes = self.outcomes
        if outcomes[Outcome.FAIL]:
            return Conclusion.FAILED
        if self.faults[FaultKind.INPUT]:
            return Conclusion.UNREADABLE
        return Conclusion.UNDECIDED if outcomes[Outcome.UNDECIDED] else Conclusion.PASSED


def reason(record: Record) -> str:
    """Why a record did not pass: its worst result, or what came instead of what was expected, or why it could not be read."""
    if record.sample is None:
        return record.fault.message.partition("\n")[0] if record.fault is not None else ""
    sample = record.sample
    place = ", ".join(f"{name} = {value:.6g}" for name, value in sample.point.items())
    if record.matched is False:
        return f"expected {record.expected}, found {', '.join(dict.fromkeys(result.verdict.value for result in sample.results))} at {place}"
    worst = [result for result in sample.results if result.outcome is sample.outcome]
    by = [" ".join(filter(None, (result.engine, result.mode))) for result in worst if result.verdict is worst[0].verdict]
    verb = "is" if len(by) == 1 else "are"
    return f"{leibniz('', sample.wrt, sample.order)} at {place}: {', '.join(by)} {verb} {worst[0].verdict.value}: {worst[0].reason}"
