"""How large a constant may become before anything is computed: 9^9^9 and factorial(10^7) are refused, not attempted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

MAX_NODES = 200_000
MAX_DECIMAL_EXPONENT = 10_000
MAX_INTEGER_EXPONENT = 1_000_000


@dataclass(frozen=True, slots=True)
class Magnitude:
    """A rough idea of a constant: the float nearest to it (may be infinite) and log10 of its absolute value."""

    value: float
    log10: float

    @property
    def too_large(self) -> bool:
        return self.log10 > MAX_DECIMAL_EXPONENT or self.log10 < -MAX_DECIMAL_EXPONENT and self.log10 != -math.inf


def of_rational(value: Fraction) -> Magnitude:
    """The magnitude of a literal; integers of any size are allowed."""
    if value == 0:
        return Magnitude(0.0, -math.inf)
    log10 = _log10_integer(abs(value.numerator)) - _log10_integer(value.denominator)
    if abs(log10) > 300:
        return Magnitude(math.copysign(math.inf if log10 > 0 else 0.0, 1 if value > 0 else -1), log10)
    return Magnitude(float(value), log10)


def of_application(growth: Callable[..., Magnitude] | None, arguments: Sequence[Magnitude]) -> Magnitude | None:
    """The magnitude of a function of constants, by the rule of its row; None where nothing is known (and nothing can grow)."""
    try:
        return growth(*arguments) if growth is not None else None
    except (OverflowError, ValueError, ZeroDivisionError):
        return None


def _log10_integer(value: int) -> float:
    bits = value.bit_length()
    return math.log10(value) if bits < 1000 else math.log10(value >> (bits - 64)) + (bits - 64) * math.log10(2)


def _from_log10(log10: float) -> Magnitude:
    return Magnitude(math.inf if log10 > 308 else 0.0 if log10 < -323 else 10.0**log10, log10)


def _from_value(value: float) -> Magnitude:
    return Magnitude(value, math.log10(abs(value)) if value else -math.inf)


# How the functions of the table grow


def total(a: Magnitude, b: Magnitude) -> Magnitude:
    return _from_value(a.value + b.value)


def difference(a: Magnitude, b: Magnitude) -> Magnitude:
    return _from_value(a.value - b.value)


def opposite(a: Magnitude) -> Magnitude:
    return Magnitude(-a.value, a.log10)


def product(a: Magnitude, b: Magnitude) -> Magnitude:
    return Magnitude(a.value * b.value, a.log10 + b.log10)


def quotient(a: Magnitude, b: Magnitude) -> Magnitude:
    return Magnitude(a.value / b.value, a.log10 - b.log10)


def power(base: Magnitude, exponent: Magnitude) -> Magnitude:
    return _from_log10(0.0 if base.log10 == 0 else exponent.value * base.log10)


def power_of_two(x: Magnitude) -> Magnitude:
    return _from_log10(x.value * math.log10(2))


def exponential(x: Magnitude) -> Magnitude:
    return _from_log10(x.value / math.log(10))


def hyperbolic(x: Magnitude) -> Magnitude:
    return exponential(Magnitude(abs(x.value), x.log10))


def gamma(x: Magnitude) -> Magnitude:
    return _from_log10(math.lgamma(x.value) / math.log(10) if x.value < 1e300 else math.inf)


def factorial(x: Magnitude) -> Magnitude:
    return gamma(_from_value(x.value + 1))
