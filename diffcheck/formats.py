"""The floating-point formats under test: rounding once, units in the last place, ranges."""

from __future__ import annotations

import math
from dataclasses import dataclass

from diffcheck.errors import InputError
from diffcheck.floats import Exact, exactly, nearest
from diffcheck.printable import quoted


@dataclass(frozen=True, slots=True)
class Format:
    """A binary format: of IEEE 754, or bfloat16. `unit_roundoff` is half the distance from 1 to the next number."""

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

    def of(self, value: object) -> float:
        """A real number of any type, taken exactly and rounded once; raises TypeError for what is not a number."""
        return value if type(value) is float and self.precision_bits == 53 else self.round(exactly(value))

    def round(self, number: Exact) -> float:
        """The nearest number of the format (ties to even), rounded once; infinite beyond its range."""
        return nearest(number, self.precision_bits, self.minimum_exponent)


FORMATS = {
    each.name: each
    for each in (
        Format("float64", 53, -1022),
        Format("float32", 24, -126),
        Format("bfloat16", 8, -126),  # float32 without its last 16 bits
        Format("float16", 11, -14),
    )
}


def format_named(name: str) -> Format:
    """A format by its NumPy name; raises InputError."""
    if name not in FORMATS:
        raise InputError(f"unknown number format {quoted(name)}", f"--dtype takes {', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}.")
    return FORMATS[name]
