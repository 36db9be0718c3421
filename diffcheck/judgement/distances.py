"""How far a value is from what is proved, and how far rounding alone may carry it: bounds in decimal arithmetic that rounds outwards."""

from __future__ import annotations

import math
from decimal import Decimal  # operators round to the thread's context: here every operation names its own
from typing import NamedTuple

from diffcheck.enclosure import DOWN, UP, Enclosure
from diffcheck.formats import Format
from diffcheck.results import Certificate

CONDITION_FACTOR = 8


class Range(NamedTuple):
    """Proved bounds of a number that is not negative."""

    least: Decimal
    most: Decimal


def distance(y: float, derivative: Enclosure) -> Range:
    """|y - f'|."""
    return gap(Enclosure(Decimal(y), Decimal(0)), derivative)


def gap(a: Enclosure, b: Enclosure) -> Range:
    return Range(*a.distance(b))


def ulps_of(error: Range, derivative: Enclosure, fmt: Format) -> tuple[float, float]:
    """Bounds of the error in units of the last place of the true value."""
    unit = Decimal(fmt.ulp(min(abs(float(derivative)), fmt.largest)))
    return float(DOWN.divide(error.least, unit)), float(UP.divide(error.most, unit))


def error_in_ulps(y: float, exact: Enclosure, fmt: Format) -> float | None:
    """An upper bound of the error of a float, in units of the last place of the exact number; infinite for NaN and infinity.

    None where the exact number may be zero, and is not proved to be: the unit is not known then.
    """
    if exact.radius and exact.contains(Decimal(0)):
        return None
    return ulps_of(distance(y, exact), exact, fmt)[1] if math.isfinite(y) else math.inf


def conditioning(truth: Certificate, derivative: Enclosure, fmt: Format) -> Range:
    """8u(1 + κ)|f'| with κ = |x f''/f'|, of several variables Σ|xᵢ ∂f'/∂xᵢ|/|f'|: what one rounding of the argument may cost."""
    factor, change = Decimal(CONDITION_FACTOR * fmt.unit_roundoff), truth.sensitivity or Enclosure(Decimal(0), Decimal(0))
    least = DOWN.multiply(factor, DOWN.add(derivative.least_magnitude, change.least_magnitude))
    return Range(least, UP.multiply(factor, UP.add(derivative.magnitude, change.magnitude)))


def harmless_error(x: float, truth: Certificate, derivative: Enclosure, fmt: Format) -> Range:
    """√u·max(|f'|, |f|/max(1, |x|)): an error that no use of the derivative will notice."""
    value, length = truth.value or Enclosure(Decimal(0), Decimal(0)), Decimal(max(1.0, abs(x)))
    factor = Decimal(math.sqrt(fmt.unit_roundoff))
    least = max(derivative.least_magnitude, DOWN.divide(value.least_magnitude, length))
    return Range(DOWN.multiply(factor, least), UP.multiply(factor, max(derivative.magnitude, UP.divide(value.magnitude, length))))
