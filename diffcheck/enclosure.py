"""A proved interval in decimal arithmetic that rounds outwards."""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal

# Balls may lie far outside the range of floats: 1e4342944819 is a Decimal, but not a Fraction that fits in memory.
EXACT = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_HALF_EVEN)
DOWN = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_FLOOR)
UP = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_CEILING)
DIGIT_UP = decimal.Context(prec=1, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX, rounding=decimal.ROUND_CEILING)
FARTHEST = EXACT.scaleb(Decimal(1), 10**15)  # larger numbers are not written out: to every float format they are infinite


def bound_text(bound: Decimal) -> str:
    """A bound with one digit, rounded up: no less than it is."""
    return f"{DIGIT_UP.plus(bound):.0e}" if bound else "0"


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

    def rounded(self, digits: int) -> Enclosure:
        """This interval, widened to what is shown of it: a midpoint of so many digits, fewer where the radius, of one digit, is larger."""
        if self.is_beyond or self.radius.is_infinite():
            return self
        last = max(self.midpoint.adjusted() - digits + 1, self.radius.adjusted() if self.radius else decimal.MIN_EMIN)
        midpoint = EXACT.normalize(EXACT.quantize(self.midpoint, Decimal((0, (1,), last))))
        lower, upper = sorted((self.midpoint, midpoint))
        return Enclosure(midpoint, DIGIT_UP.plus(UP.add(self.radius, UP.subtract(upper, lower))))

    def __float__(self) -> float:
        return float(self.midpoint)
