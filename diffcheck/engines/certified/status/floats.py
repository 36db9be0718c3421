"""The floats in their order: numbered from zero in both directions, so that an interval is halved by its floats.

Halved so, every interval comes down to two neighbours within 64 steps, whether its ends are 1e-300 and 1e300 or 1 and 2.
"""

from __future__ import annotations

import math
import struct

_MAGNITUDE = 2**63 - 1


def ordinal(x: float) -> int:
    """The number of floats from zero to a finite x, negative below zero."""
    bits: int = struct.unpack("<q", struct.pack("<d", x))[0]
    return bits if bits >= 0 else -(bits & _MAGNITUDE)


def at_ordinal(n: int) -> float:
    """The float with this number."""
    x: float = struct.unpack("<d", struct.pack("<q", abs(n)))[0]
    return math.copysign(x, n)


def middle(lower: float, upper: float) -> float | None:
    """Zero where it lies between, else the float with as many floats below as above it; None between neighbours."""
    if lower < 0 < upper:
        return 0.0
    half = (ordinal(lower) + ordinal(upper)) // 2
    return at_ordinal(half) if ordinal(lower) < half else None


def simplest(lower: float, upper: float) -> float:
    """The float of [lower, upper] with the shortest binary fraction, where functions are most often special."""
    if lower <= 0 <= upper:
        return 0.0
    if upper < 0:
        return -simplest(-upper, -lower)
    step = math.ldexp(1.0, math.frexp(upper)[1] - 1)  # the highest binary digit of the upper end
    while (multiple := upper // step * step) < lower:
        step /= 2
    return multiple
