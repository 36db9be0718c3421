"""Real numbers of any type, taken exactly and rounded once to the nearest binary float, ties to even."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from numbers import Rational
from typing import Any

Exact = Decimal | Fraction


def exactly(value: Any) -> Exact:
    """The number that a value is: of Python, `decimal`, `fractions`, NumPy (arrays without a dimension, too), JAX or SymPy.

    Raises TypeError for what is not a real number.
    """
    dimension = getattr(value, "ndim", None)
    value = value.item() if dimension == 0 else value
    if dimension or isinstance(value, (bool, complex, str, bytes)):
        raise TypeError(f"{value!r} is not a real number")
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    number = value if hasattr(value, "as_integer_ratio") else float(value)
    return Fraction(*map(int, number.as_integer_ratio())) if math.isfinite(number) else Decimal(float(number))


def nearest_double(number: Exact) -> float:
    """The nearest number of 53 bits; infinite beyond the range."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def nearest(number: Exact, precision_bits: int, minimum_exponent: int) -> float:
    """The nearest number of a binary format of at most 53 bits; infinite beyond its range.

    `minimum_exponent` is that of the smallest normal number, and the negative of it plus one that of the largest.
    """
    double = nearest_double(number)
    if precision_bits == 53 or not math.isfinite(double):
        return double
    if double != number:  # the double may be a tie of the format though the number is not
        toward = math.inf if number > type(number)(double) else -math.inf
        beside = math.nextafter(double, toward)
        if _cut(beside, precision_bits, minimum_exponent) != _cut(double, precision_bits, minimum_exponent):
            double = beside
    return _cut(double, precision_bits, minimum_exponent)


def _cut(double: float, precision_bits: int, minimum_exponent: int) -> float:
    """A double rounded to a shorter format: both scalings are by powers of two, and exact."""
    if not math.isfinite(double):
        return double
    unit = max(math.frexp(double)[1], minimum_exponent + 1) - precision_bits
    found = math.copysign(math.ldexp(round(math.ldexp(double, -unit)), unit), double)
    return found if math.frexp(found)[1] <= 2 - minimum_exponent else math.copysign(math.inf, double)
