"""Real numbers of any type, taken exactly and rounded once to the nearest binary float, ties to even."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping
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


def nearest_single(number: Exact) -> float:
    """The nearest number of 24 bits; infinite beyond the range."""
    nearest = nearest_double(number)
    if math.isfinite(nearest) and nearest != number:  # the double may be a tie of singles though the number is not
        toward = math.inf if number > type(number)(nearest) else -math.inf
        if _as_single(math.nextafter(nearest, toward)) != _as_single(nearest):
            nearest = math.nextafter(nearest, toward)
    return _as_single(nearest)


def _as_single(number: float) -> float:
    try:
        single: float = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return math.copysign(math.inf, number)
    return single


NEAREST: Mapping[str, Callable[[Exact], float]] = {"float64": nearest_double, "float32": nearest_single}
