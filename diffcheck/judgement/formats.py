"""The floating-point formats under test: rounding once, units in the last place, ranges."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from decimal import Decimal

from diffcheck.errors import InputError


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format of IEEE 754. `unit_roundoff` is half the distance from 1 to the next number."""

    name: str
    precision_bits: int
    minimum_exponent: int  # of the smallest normal number

    @property
    def unit_roundoff(self) -> float:
        return math.ldexp(1.0, -self.precision_bits)

    @property
    def smallest_normal(self) -> float:
        return math.ldexp(1.0, self.minimum_exponent)

    @property
    def largest(self) -> float:
        return math.ldexp(2.0 - math.ldexp(1.0, 1 - self.precision_bits), 1 - self.minimum_exponent)

    def ulp(self, number: float) -> float:
        """The distance of neighbouring floats at a number of this size."""
        _, exponent = math.frexp(number)
        return math.ldexp(1.0, max(exponent, self.minimum_exponent + 1) - self.precision_bits) if number else self.ulp(self.smallest_normal)

    def round(self, number: Decimal) -> float:
        """The nearest number of the format (ties to even), rounded once; infinite beyond its range."""
        nearest = float(number)
        if self.precision_bits == 53 or not math.isfinite(nearest):
            return nearest
        if nearest != number:  # not a double: lean to the side of the number, so that a tie of doubles is none
            toward = math.inf if number > Decimal(nearest) else -math.inf
            if self._single(math.nextafter(nearest, toward)) != self._single(nearest):
                nearest = math.nextafter(nearest, toward)
        return self._single(nearest)

    @staticmethod
    def _single(number: float) -> float:
        try:
            single: float = struct.unpack("f", struct.pack("f", number))[0]
        except OverflowError:
            return math.copysign(math.inf, number)
        return single


FORMATS = {"float64": Format("float64", 53, -1022), "float32": Format("float32", 24, -126)}


def format_named(name: str) -> Format:
    """A format by its NumPy name; raises InputError."""
    if name not in FORMATS:
        raise InputError(f"unknown number format {name!r}", f"--dtype takes {' or '.join(FORMATS)}.")
    return FORMATS[name]
