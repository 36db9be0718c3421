"""Where the functions of the table have real values: facts that engines, documentation and tests read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Domain:
    """The real numbers at which an argument may stand: an interval, or all but some integers."""

    lower: Fraction | None = None
    upper: Fraction | None = None
    closed: bool = False  # the ends belong to it (the function is not smooth there)
    pole: int | None = None  # this integer does not belong to it
    poles_go_on: bool = False  # nor does any integer below it

    def __str__(self) -> str:
        if self.pole is not None:
            return f"not {self.pole}" + f", {self.pole - 1}, {self.pole - 2}, …" * self.poles_go_on
        left, right = ("[", "]") if self.closed else ("(", ")")
        lower = f"{left}{self.lower}" if self.lower is not None else "(-∞"
        upper = f"{self.upper}{right}" if self.upper is not None else "∞)"
        return "all" if self.lower is None and self.upper is None else f"{lower}, {upper}"


def interval(lower: int | None, upper: int | None, closed: bool = False) -> Domain:
    """An interval between integers; None is infinite."""
    ends = [None if end is None else Fraction(end) for end in (lower, upper)]
    return Domain(ends[0], ends[1], closed)


ALWAYS, NEVER = "0 == 0", "0 == 1"  # conditions


@dataclass(frozen=True, slots=True)
class Demand:
    """What several arguments must meet together, in expressions of diffcheck's own language: `distance` must be positive.

    Zero is allowed if `closed` holds, and nothing is demanded if `unless` holds.
    """

    words: str  # the demand in words
    distance: str
    closed: str = NEVER
    unless: str = NEVER


def described(names: Sequence[str], domain: Sequence[Domain], demands: Sequence[Demand]) -> list[str]:
    """What is demanded of parameters, one by one and together, in words; empty if all real numbers are allowed."""
    alone = [f"{name}: {part}" for name, part in zip(names, domain, strict=False) if part != ALL]
    return [*alone, *dict.fromkeys(demand.words for demand in demands)]


ALL = Domain()
POSITIVE = interval(0, None)
NONNEGATIVE = interval(0, None, closed=True)
ABOVE_MINUS_ONE = interval(-1, None)
FROM_MINUS_ONE = interval(-1, None, closed=True)
FROM_ONE = interval(1, None, closed=True)
BELOW_ONE = interval(None, 1)
UP_TO_ONE = interval(None, 1, closed=True)
UNIT = interval(0, 1)
CLOSED_UNIT = interval(0, 1, closed=True)
OPEN_PM_ONE = interval(-1, 1)
CLOSED_PM_ONE = interval(-1, 1, closed=True)
NOT_ZERO = Domain(pole=0)
NOT_ONE = Domain(pole=1)
NO_POLES = Domain(pole=0, poles_go_on=True)

# Conditions on a parameter, for demands


def whole(n: str) -> str:
    """n is an integer."""
    return f"({n} == floor({n}))"


def natural(n: str) -> str:
    """n is 0, 1, 2, …"""
    return f"({n} == floor({n}) and {n} >= 0)"


def unlike(n: str) -> str:
    """A distance of n from 0, -1, -2, …, which is 0 at these and 1 elsewhere."""
    return f"where({natural(f'(-{n})')}, 0, 1)"


# Demands of more than one row, or that would crowd the table

OF_BESSEL = (Demand("x must be positive (or 0 if n > 0) unless n is an integer", "x", closed="n > 0", unless=whole("n")),)
BELOW_QUARTER_TURN = "phi^2 < pi^2/4"  # without a kink at 0


def on_the_way(m: str, words: str, closed: str, closed_beyond: str = NEVER) -> tuple[Demand, Demand]:
    """1 - m·sin² on the way from 0 to phi, where it is least: at the end, or at a quarter turn if the way leads there."""
    sentence = f"{m}*sin(t)^2 must be {words} for all t from 0 to phi"
    return Demand(sentence, f"1 - {m}*sin(phi)^2", closed), Demand(sentence, f"1 - {m}", closed_beyond, unless=BELOW_QUARTER_TURN)


# The integrals converge up to a simple zero under the root; the zero at a quarter turn is a double one
ROOT_ON_THE_WAY = on_the_way("m", "below 1", BELOW_QUARTER_TURN)
CLOSED_ROOT_ON_THE_WAY = on_the_way("m", "at most 1", ALWAYS, ALWAYS)
NO_POLE_ON_THE_WAY = on_the_way("n", "below 1", NEVER)
POLYNOMIAL = f"({natural('(-a)')} or {natural('(-b)')})"
RATIONAL = f"(({natural('(a - c)')} or {natural('(b - c)')}) and {whole('(c - a - b)')})"  # by Euler's transformation
OF_HYP2F1 = (
    Demand(
        "c must not be 0, -1, -2, …, unless a or b is one of them and not below c",
        unlike("c"),
        unless=f"({natural('(-a)')} and c < a + 1) or ({natural('(-b)')} and c < b + 1)",
    ),
    Demand(
        "x must be below 1 (or 1 if c - a - b > 0) unless the function is rational in x",
        "1 - x",
        closed="c - a - b > 0",
        unless=f"{POLYNOMIAL} or {RATIONAL}",
    ),
    Demand("x must not be 1 unless the sum converges there", "abs(1 - x)", unless=f"{POLYNOMIAL} or c - a - b > 0"),
)
OF_HYP1F1 = (Demand("b must not be 0, -1, -2, …, unless a is one of them and above b", unlike("b"), unless=f"{natural('(-a)')} and b < a"),)
OF_ZETA = (
    Demand("a must be positive (or 0 if s < 0) unless s is an integer", "a", closed="s < 0", unless=whole("s")),
    Demand("a must not be 0, -1, -2, … unless s < 1", unlike("a"), unless="s < 1"),
)
OF_POLYLOG = (
    Demand("x must be below 1 (or 1 if s > 1) unless s is 0, -1, -2, …", "1 - x", closed="s > 1", unless=natural("(-s)")),
    Demand("x must not be 1 unless s > 1", "abs(1 - x)", unless="s > 1"),
)
OF_EXPINT = (
    Demand("x must be positive (or 0 if n > 1) unless n is 0, -1, -2, …", "x", closed="n > 1", unless=natural("(-n)")),
    Demand("x must not be 0 unless n > 1", "abs(x)", unless="n > 1"),
)
OF_UPPERGAMMA = (Demand("x must be positive (or 0 if a > 0) unless a is 1, 2, 3, …", "x", closed="a > 0", unless=natural("(a - 1)")),)
OF_POLYGAMMA = (Demand("x must be positive unless n is 0, 1, 2, …", "x", unless=natural("n")),)
OF_LEGENDRE = (Demand("x must be above -1 unless n is an integer", "1 + x", unless=whole("n")),)
OF_CHEBYSHEV_T = (Demand("x must be at least -1 unless n is an integer", "1 + x", closed=ALWAYS, unless=whole("n")),)
OF_CHEBYSHEV_U = (Demand("x must be above -1 unless n is an integer", "1 + x", unless=whole("n")),)
OF_LAMBERTW = (Demand("x must be at least -1/e", "x + exp(-1)", closed=ALWAYS),)
OF_LAMBERTWK = (
    Demand("k must be 0 or -1", "where(k == 0 or k == -1, 1, 0)"),
    *OF_LAMBERTW,
    Demand("x must be below 0 if k is -1", "-x", unless="k == 0"),
)
OF_LI = (Demand("x must not be negative", "x", closed=ALWAYS),)
OF_BOXCOX = (Demand("x must be positive (or 0 if lambda > 0)", "x", closed="lambda > 0"),)
