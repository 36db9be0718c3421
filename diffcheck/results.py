"""What diffcheck finds out, as frozen values: plain numbers and text, standard library only.

Enclosure → Sample (one point, one variable: status, enclosures, one Result a derivative) → Report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from diffcheck.enclosure import Enclosure
from diffcheck.registry import CERTIFIED, named

_BETWEEN_NAMES = re.compile(r" (?![^\[]*\])")  # not within brackets


class Status(StrEnum):
    """What the function is at the point, as far as it is proved."""

    SMOOTH = "smooth"
    KINK = "kink"
    JUMP = "jump"
    VERTICAL = "vertical"
    BOUNDARY = "boundary"
    HOLE = "hole"
    UNDEFINED = "undefined"
    LIMIT_UNKNOWN = "undefined, limit not known"  # f has no value; a finite limit is neither proved nor disproved
    UNDECIDED = "undecided"
    UNSAMPLED = "unsampled"  # one of very many points: not certified


NOT_DEFINED = (Status.UNDEFINED, Status.LIMIT_UNKNOWN)  # and without a limit to show instead of the value


class Outcome(StrEnum):
    """What a verdict means for an exit code. `severity` says which of two outcomes is graver."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNDECIDED = "undecided"

    @property
    def severity(self) -> int:
        return _BY_SEVERITY.index(self)

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is wrong and nothing stayed open."""
        return self.severity < Outcome.UNDECIDED.severity

    @classmethod
    def worst(cls, outcomes: Iterable[Outcome], default: Outcome | None = None) -> Outcome:
        """The gravest of some outcomes; of none the default, by default UNDECIDED: what was not tested has not passed."""
        return max(outcomes, key=lambda outcome: outcome.severity, default=default or cls.UNDECIDED)


_BY_SEVERITY = (Outcome.PASS, Outcome.WARN, Outcome.UNDECIDED, Outcome.FAIL)


class Verdict(StrEnum):
    """What is said of one derivative value; docs/verdicts.md explains each."""

    EXACT = "exact"
    AGREES = "agrees"
    ILL_CONDITIONED = "ill-conditioned"
    SUBGRADIENT = "subgradient"
    UNDEFINED = "undefined"
    OVERFLOW = "overflow"
    UNDERFLOW = "underflow"
    JUMP = "jump"
    VERTICAL = "vertical"
    BOUNDARY = "boundary"
    HOLE = "hole"
    LIMIT_UNKNOWN = "limit unknown"
    SPURIOUS = "spurious"
    OUTSIDE = "outside"
    NONFINITE = "nonfinite"
    WRONG = "wrong"
    UNSTABLE = "unstable"
    INACCURATE = "inaccurate"
    UNDECIDED = "undecided"
    UNSUPPORTED = "unsupported"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    UNSAMPLED = "unsampled"
    CONSISTENT = "consistent"  # numerical evidence, where the function cannot be certified
    CONTRADICTED = "contradicted"


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is proved at a point. `left` and `right` enclose the one-sided derivatives, `derivative` their common value."""

    status: Status
    reason: str = ""
    value: Enclosure | None = None
    derivative: Enclosure | None = None
    left: Enclosure | None = None
    right: Enclosure | None = None
    next_derivative: Enclosure | None = None  # of one order more
    sensitivity: Enclosure | None = None  # Σ|xᵢ·∂D/∂xᵢ| of the derivative D, over its variables: κ|D| for the condition number
    confirmed: bool = False  # by the second route, from values of f alone


@dataclass(frozen=True, slots=True)
class Blame:
    """The operation to blame: text[start:end], in the expression, in the claim, or in a line of a Python file."""

    text: str
    start: int
    end: int
    file: str = ""
    line: int = 0

    @property
    def quoted(self) -> str:
        return self.text[self.start : self.end]


PROVED = f"proved ({CERTIFIED.title})"  # what reports call the certified value, next to the titles of results


@dataclass(frozen=True, slots=True)
class Result:
    """One derivative value and what is said of it.

    Attributes:
        engine: The name of an `Engine`: "symbolic" (SymPy), "automatic" (JAX), "claim" or another.
        mode: Of JAX "forward" or "reverse"; of a second derivative "forward over reverse" and so on, of higher ones "forward nested",
            "reverse nested" or "jet"; else None.
        value: The number that was judged, or None.
        ulps: The error in units in the last place of the true value (Muller 2005), if it is known.
        verdict: What the value is worth, and `outcome` what that amounts to.
        reason: Why, in a sentence without a full stop.
        blame: The operation at which the error begins, with its place in the text or file.
    """

    engine: str
    mode: str | None
    value: float | None
    ulps: float | None
    verdict: Verdict
    outcome: Outcome
    reason: str
    blame: Blame | None = None

    @property
    def title(self) -> str:
        """Whose value it is, as every report says it; data has `engine` and `mode`."""
        return named(self.engine).titled(self.mode)


@dataclass(frozen=True, slots=True)
class Sample:
    """One derivative at one point: what is proved, and the results of the engines.

    Attributes:
        point: The floats, by variable.
        wrt: The variable; of a mixed derivative the variables: "x y".
        order: The order of the derivative.
        status: What the function is at the point, as far as that is proved; `status_reason` says why.
        primal: The value of the function in floats.
        value: An enclosure of the exact value of the function.
        enclosure: An enclosure of the derivative, where it exists.
        clarke: At a kink, enclosures of the left and of the right slope.
        results: A Result for each engine, mode and claim.
        confirmed: Whether a second route, from values of the function alone, gave an enclosure that overlaps the first.
        output: Which entry of the result of a function: "[0,1]"; "" if the result is one number.
        beside: What other engines make of the mathematics of a JAX function; no outcome depends on it.
    """

    point: Mapping[str, float]
    wrt: str
    order: int
    status: Status
    status_reason: str
    primal: float | None
    value: Enclosure | None
    enclosure: Enclosure | None
    clarke: tuple[Enclosure, Enclosure] | None
    results: tuple[Result, ...]
    confirmed: bool = False
    output: str = ""
    beside: tuple[Result, ...] = ()

    @property
    def counted(self) -> tuple[Result, ...]:
        """The results that decide: not a mode that is unsupported while another mode of the same engine has a value."""
        with_value = {r.engine for r in self.results if r.verdict is not Verdict.UNSUPPORTED}
        return tuple(r for r in self.results if r.verdict is not Verdict.UNSUPPORTED or r.engine not in with_value)

    @property
    def outcome(self) -> Outcome:
        """The worst outcome among the results that count."""
        return Outcome.worst(result.outcome for result in self.counted)

    @property
    def badness(self) -> tuple[int, float]:
        """What the worst of some samples has most of: the gravest outcome, then the largest error."""
        return self.outcome.severity, max((result.ulps or 0.0 for result in self.results), default=0.0)


def counted(number: int, one: str) -> str:
    """1 case, 2,000 cases."""
    return f"{number:,} {one}" + "s" * (number != 1)


def wrt_and_order(names: Sequence[str]) -> tuple[str, int]:
    """How a sample names a derivative: by its variable and order; of a mixed one all variables are listed."""
    return names[0] if len(set(names)) == 1 else " ".join(names), len(names)


def names_of(wrt: str) -> list[str]:
    """The variables that `wrt` of a sample lists; names may hold blanks in brackets: params['dense layer'][0]."""
    return _BETWEEN_NAMES.split(wrt)


def leibniz(name: str, wrt: str, order: int) -> str:
    """A derivative in Leibniz's notation: df/dx, d^2f/dx^2, d^3f/dx^2dy."""
    names = names_of(wrt)
    orders = {each: names.count(each) for each in names} if len(names) > 1 else {wrt: order}
    below = "".join(f"d{each}{_power(times)}" for each, times in orders.items())
    return f"d{_power(order)}{name}/{below}"


def _power(order: int) -> str:
    return "" if order == 1 else f"^{order}"


@dataclass(frozen=True, slots=True)
class Derivative:
    """A symbolic derivative, ready to be read; `wrt` and `order` as in a Sample."""

    wrt: str
    order: int
    text: str  # closed form, or the reason why there is none within the budget
    latex: str
    chained: bool  # text is a list of chained definitions
    output: str = ""  # of which entry of a vector, as in a Sample


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """What a check of a function's derivative rules found at a point; `outcome` is None if it does not apply, and `detail` says why."""

    name: str
    outcome: Outcome | None
    detail: str

    @property
    def severity(self) -> int:
        """That of the outcome; a check that does not apply is less than one that passes."""
        return -1 if self.outcome is None else self.outcome.severity


@dataclass(frozen=True, slots=True)
class Header:
    """What was checked: the same for every sample of a report."""

    read_as: str
    name: str
    variables: tuple[str, ...]
    dtype: str
    program: str  # which JAX program was judged: jit or eager, and where
    derivatives: tuple[Derivative, ...]
    note: str = ""  # what the verdicts had to do without
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """Counts of what was found, kept while samples pass by."""

    samples: int = 0
    unsampled: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    checks: Counter[Outcome] = field(default_factory=Counter)  # of a function's rules

    @property
    def found(self) -> Counter[Outcome]:
        """The outcomes of derivative values and of checks."""
        return self.outcomes + self.checks

    def add_check(self, check: RuleCheck) -> None:
        if check.outcome is not None:
            self.checks[check.outcome] += 1

    def add(self, sample: Sample) -> None:
        self.samples += 1
        if sample.status is Status.UNSAMPLED:
            self.unsampled += 1
            return
        self.verdicts.update(result.verdict for result in sample.results)
        self.outcomes.update(result.outcome for result in sample.counted)


@dataclass(frozen=True, slots=True)
class Findings:
    """A header and its samples; of a JAX function also what was found of its rules."""

    header: Header
    samples: tuple[Sample, ...]
    checks: tuple[RuleCheck, ...] = ()

    @property
    def tally(self) -> Tally:
        tally = Tally()
        for sample in self.samples:
            tally.add(sample)
        tally.checks.update(check.outcome for check in self.checks if check.outcome is not None)
        return tally


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of an interval, its ends included.

    Where `point` is None, f is proved to be smooth, or undefined, at every real number of it; or `boundary`: the domain is
    proved to end within; or `undecided`. With a `point`, that is where the status is proved.
    """

    lower: float
    upper: float
    status: Status
    point: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One derivative value at one point."""

    sample: Sample
    result: Result


@dataclass(frozen=True, slots=True)
class IntervalReport:
    """A function on an interval: what is proved of all of it, and the worst that was found at the points sampled."""

    header: Header
    variable: str
    lower: float
    upper: float
    pieces: tuple[Piece, ...]
    points: int  # how many were sampled
    tally: Tally
    worst: tuple[Finding, ...]  # of each engine: the largest error, and the gravest verdict where that is another one

    @property
    def is_smooth(self) -> bool:
        """Whether f is proved to be defined and smooth on all of the interval."""
        return all(piece.status is Status.SMOOTH for piece in self.pieces)
