"""What a suite finds out, as frozen values: a Record for each sample of a case, and their Summary. Standard library only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from diffcheck.printable import LONGEST_MESSAGE, message, shown
from diffcheck.results import Outcome, RuleCheck, Sample, Status, Tally, leibniz

OperationCounts = Mapping[str, Mapping[str, float]]  # by the name of the way to the derivatives, and by what is counted
LISTED_FAILURES = 20  # a summary keeps the reasons of so many cases, whatever the number of those that failed


class FaultKind(StrEnum):
    """Why a case could not be checked."""

    INPUT = "input"  # it cannot be read
    UNSUPPORTED = "unsupported"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    INTERNAL = "internal"  # a bug of diffcheck


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    message: str


@dataclass(frozen=True, slots=True)
class Record:
    """One sample of a case, or the reason why there is none, or a check of the rules of a function.

    `matched` is None where the case expects nothing. A check of one expression is a case too, which stands in no file.
    """

    case: int  # its place in the suite, from 0
    id: str
    line: int
    sample: Sample | None
    fault: Fault | None = None
    expected: str | None = None
    matched: bool | None = None
    file: str = ""
    check: RuleCheck | None = None
    cost: OperationCounts = field(default_factory=dict)  # with the first sample of a case that asks for it

    @property
    def outcome(self) -> Outcome:
        """What the record means for the case: where it expects something, only whether that came."""
        if self.check is not None:
            return self.check.outcome or Outcome.PASS
        if self.matched is not None and (self.matched or self.sample is not None):
            return Outcome.PASS if self.matched else Outcome.FAIL
        return Outcome.UNDECIDED if self.sample is None else self.sample.outcome


@dataclass(frozen=True, slots=True)
class CaseResult:
    """The records of one case, and each as the line of JSON that says all of it."""

    number: int
    records: tuple[Record, ...]
    lines: tuple[str, ...]
    text: str = ""  # what was checked, and a picture of it as an SVG, where a report shows them
    picture: bytes = b""
    seed: int | None = None  # that random points were drawn with


def reason(record: Record) -> str:
    """Why a record did not pass, in one line that can be shown: its worst result, or what came instead of what was expected,
    or why it could not be read.
    """
    return shown(_reason(record), LONGEST_MESSAGE)


def explained(record: Record) -> str:
    """The same; of what could not be read in lines of their own also the text with carets, and how to mend it."""
    return message(record.fault.message) if record.fault is not None and is_unreadable(record) else reason(record)


def is_unreadable(record: Record) -> bool:
    """Whether a case is not what its author meant to write."""
    return record.fault is not None and record.fault.kind is FaultKind.INPUT and not record.matched


def place(record: Record) -> str:
    """FILE:LINE, where there is a file."""
    return f"{shown(record.file)}:{record.line}" if record.file else ""


def place_before(record: Record) -> str:
    """The same for a message that does not begin with a place of its own."""
    is_told = record.fault is not None and message(record.fault.message).startswith(f"{shown(record.file)}:")
    return "" if is_told else place(record)


def _reason(record: Record) -> str:
    if record.check is not None:
        return f"{record.check.name}: {record.check.detail}"
    if record.sample is None:
        return record.fault.message.partition("\n")[0] if record.fault is not None else ""
    sample = record.sample
    point = ", ".join(f"{name} = {value:.6g}" for name, value in sample.point.items())
    if record.matched is False:
        verdicts = dict.fromkeys(result.verdict.value for result in sample.results)
        return f"expected {record.expected}, found {', '.join(verdicts)} at {point}"
    worst = [result for result in sample.counted if result.outcome is sample.outcome]
    by = [result.title for result in worst if result.verdict is worst[0].verdict]
    verb = "is" if len(by) == 1 else "are"
    symbol = leibniz(sample.output, sample.wrt, sample.order)
    return f"{symbol} at {point}: {', '.join(by)} {verb} {worst[0].verdict.value}: {worst[0].reason}"


class Conclusion(StrEnum):
    """What a whole suite comes to; the command line gives each an exit code."""

    PASSED = "passed"
    FAILED = "failed"
    UNREADABLE = "unreadable"  # nothing failed, but a case could not be read
    UNDECIDED = "undecided"  # nothing failed, all was read, but something stayed open


@dataclass(slots=True)
class Summary:
    """Counts, kept while cases pass by, in memory that does not grow with their number."""

    points: int = 0
    tally: Tally = field(default_factory=Tally)  # of samples and their results, whatever a case expects
    outcomes: Counter[Outcome] = field(default_factory=Counter)  # how many cases came to what
    by_file: dict[str, Counter[Outcome]] = field(default_factory=dict)
    faults: Counter[FaultKind] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)  # the case's id and the first reason, of the first few, as they are shown
    largest_error: tuple[float, str] = (0.0, "")  # in ulps, and whose

    @property
    def cases(self) -> int:
        return self.outcomes.total()

    def add(self, records: Sequence[Record]) -> None:
        """All records of one case."""
        for record in records:
            if record.sample is not None:
                self.tally.add(record.sample)
            if record.fault is not None:
                self.faults[record.fault.kind] += 1
        error = largest_error(records)
        if error is not None:
            self.largest_error = max(self.largest_error, (error, records[0].id))
        first = next((record.sample for record in records if record.sample is not None), None)
        if first is not None:  # a point is counted once, whatever the number of derivatives
            key = _subject(first)
            self.points += sum(_subject(record.sample) == key for record in records if record.sample is not None)
        outcome = worst_outcome(records)
        self.outcomes[outcome] += 1
        self.by_file.setdefault(records[0].file, Counter())[outcome] += 1
        if outcome is Outcome.FAIL and len(self.failed) < LISTED_FAILURES:
            self.failed.append(next(f"{shown(record.id)}: {reason(record)}" for record in records if record.outcome is Outcome.FAIL))

    @property
    def conclusion(self) -> Conclusion:
        if self.outcomes[Outcome.FAIL]:
            return Conclusion.FAILED
        if self.faults[FaultKind.INPUT]:
            return Conclusion.UNREADABLE
        return Conclusion.UNDECIDED if self.outcomes[Outcome.UNDECIDED] else Conclusion.PASSED


def _subject(sample: Sample) -> tuple[str, str, int]:
    """Which derivative a sample is of, at whatever point."""
    return sample.output, sample.wrt, sample.order


def largest_error(records: Sequence[Record]) -> float | None:
    """The largest error of a case, in ulps; None where none was measured."""
    samples = [record.sample for record in records if record.sample is not None]
    return max((result.ulps for sample in samples for result in sample.results if result.ulps is not None), default=None)


def worst_outcome(records: Sequence[Record]) -> Outcome:
    """What a case comes to; points beyond the certified sample mean nothing."""
    seen = (record.outcome for record in records if record.sample is None or record.sample.status is not Status.UNSAMPLED)
    return Outcome.worst(seen, default=Outcome.PASS)
