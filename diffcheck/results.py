"""What diffcheck finds out, as frozen values: plain numbers and text, standard library only.

Enclosure → Sample (one point, one variable: status, enclosures, one Result a derivative) → Report.
"""

from __future__ import annotations

import decimal
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

# Balls may lie far outside the range of floats: 1e4342944819 is a Decimal, but not a Fraction that fits in memory.
EXACT = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_HALF_EVEN)
DOWN = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_FLOOR)
UP = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_CEILING)


FARTHEST = EXACT.scaleb(Decimal(1), 10**15)  # larger numbers are not written out: to every float format they are infinite


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A proved interval: the number lies within `radius` of `midpoint`.

    An infinite midpoint stands for a number beyond FARTHEST or below -FARTHEST, the only end of the interval that is known.
    """

    midpoint: Decimal
    radius: Decimal

    @classmethod
    def beyond(cls, sign: int) -> Enclosure:
        """All numbers of a sign that are larger than FARTHEST in absolute value."""
        infinity = Decimal("Infinity")
        return cls(infinity if sign > 0 else infinity.copy_negate(), infinity)

    @classmethod
    def between(cls, lower: Decimal, upper: Decimal) -> Enclosure:
        """An enclosure of the interval between two ends; of every number, if an end is infinite."""
        if not (lower.is_finite() and upper.is_finite()):
            return cls(Decimal(0), Decimal("Infinity"))
        midpoint = EXACT.divide(EXACT.add(lower, upper), Decimal(2))
        return cls(midpoint, max(UP.subtract(upper, midpoint), UP.subtract(midpoint, lower)))

    @property
    def is_beyond(self) -> bool:
        return self.midpoint.is_infinite()

    @property
    def lower(self) -> Decimal:
        if self.is_beyond:
            return FARTHEST if self.midpoint > 0 else self.midpoint
        return DOWN.subtract(self.midpoint, self.radius)

    @property
    def upper(self) -> Decimal:
        if self.is_beyond:
            return FARTHEST.copy_negate() if self.midpoint < 0 else self.midpoint
        return UP.add(self.midpoint, self.radius)

    @property
    def magnitude(self) -> Decimal:
        """The largest absolute value within; abs() would round to the thread's context, and overflow there."""
        return max(self.lower.copy_abs(), self.upper.copy_abs())

    @property
    def least_magnitude(self) -> Decimal:
        """The smallest absolute value within."""
        return max(Decimal(0), self.lower, self.upper.copy_negate())

    def contains(self, number: Decimal) -> bool:
        return self.lower <= number <= self.upper

    def overlaps(self, other: Enclosure) -> bool:
        return self.lower <= other.upper and other.lower <= self.upper

    def distance(self, other: Enclosure) -> tuple[Decimal, Decimal]:
        """Bounds of the distance of two numbers that are enclosed."""
        least = max(Decimal(0), DOWN.subtract(self.lower, other.upper), DOWN.subtract(other.lower, self.upper))
        return least, max(UP.subtract(self.upper, other.lower), UP.subtract(other.upper, self.lower))

    def __float__(self) -> float:
        return float(self.midpoint)


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
    """What a verdict means for an exit code."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    UNDECIDED = "undecided"


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


class Stage(StrEnum):
    """What a check is doing; a limit that it runs into is said to have been met there."""

    SYMBOLIC = "symbolic"
    AUTOMATIC = "automatic"
    CERTIFIED = "certified"


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


PROVED = "proved (Arb)"  # what reports call the certified value, next to the titles of results


@dataclass(frozen=True, slots=True)
class Result:
    """One derivative value and what is said of it.

    Attributes:
        engine: "symbolic" (SymPy), "automatic" (JAX) or "claim".
        mode: "forward" or "reverse" of JAX; else None.
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
        return _TITLES.get(self.engine, f"JAX {self.mode}")


_TITLES = {"symbolic": "SymPy", "claim": "claim"}


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

    @property
    def counted(self) -> tuple[Result, ...]:
        """The results that decide: all except a mode that is unsupported while another mode of the same engine has a value."""
        with_value = {result.engine for result in self.results if result.verdict is not Verdict.UNSUPPORTED}
        return tuple(r for r in self.results if r.verdict is not Verdict.UNSUPPORTED or r.engine not in with_value)

    @property
    def outcome(self) -> Outcome:
        """The worst outcome among the results that count."""
        return max((result.outcome for result in self.counted), key=SEVERITY.__getitem__, default=Outcome.UNDECIDED)


SEVERITY = {Outcome.PASS: 0, Outcome.WARN: 1, Outcome.UNDECIDED: 2, Outcome.FAIL: 3}


def counted(number: int, one: str) -> str:
    """1 case, 2,000 cases."""
    return f"{number:,} {one}" + "s" * (number != 1)


def wrt_and_order(names: Sequence[str]) -> tuple[str, int]:
    """How a sample names a derivative: by its variable and order; of a mixed one all variables are listed."""
    return names[0] if len(set(names)) == 1 else " ".join(names), len(names)


def leibniz(name: str, wrt: str, order: int) -> str:
    """A derivative in Leibniz's notation: df/dx, d^2f/dx^2, d^3f/dx^2dy."""
    names = wrt.split()
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


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """What a check of a function's derivative rules found at a point; `outcome` is None if it does not apply, and `detail` says why."""

    name: str
    outcome: Outcome | None
    detail: str


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
class Report:
    """A header and its samples; of a JAX function also what was found of its rules."""

    header: Header
    samples: tuple[Sample, ...]
    checks: tuple[RuleCheck, ...] = ()

    @property
    def tally(self) -> Tally:
        tally = Tally()
        for sample in self.samples:
            tally.add(sample)
        for check in self.checks:
            tally.add_check(check)
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
