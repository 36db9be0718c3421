"""Proved numbers and errors in words and digits, for the reasons of verdicts."""

from __future__ import annotations

import math
from decimal import Decimal

from diffcheck.enclosure import EXACT, Enclosure, bound_text

NOTHING = Decimal("1e-320")  # below every float


def digits_right(error: Decimal, derivative: Enclosure) -> str:
    """How many digits an error of this size leaves."""
    size = derivative.midpoint.copy_abs()
    if derivative.is_beyond:
        return "no digit is right"
    if size == 0:
        return f"the error is {error:.1e} of a derivative that is zero"
    digits = max(0, math.floor(-float(EXACT.log10(EXACT.divide(error, size))))) if error else 99
    return "no digit is right" if digits == 0 else f"{digits} digit{'s are' if digits > 1 else ' is'} right"


def told_apart(a: Enclosure, b: Enclosure) -> tuple[str, str]:
    """Both as text, with as many digits as it takes to see that they differ."""
    texts = ((shown(a, digits), shown(b, digits)) for digits in range(10, 41, 3))
    return next(((first, second) for first, second in texts if first != second), (shown(a, 40), shown(b, 40)))


def shown(enclosure: Enclosure, digits: int = 10) -> str:
    """An enclosure's midpoint, rounded to be read."""
    if enclosure.is_beyond:
        return "more than 10^(10^15)" if enclosure.midpoint > 0 else "less than -10^(10^15)"
    if enclosure.contains(Decimal(0)):
        return "0" if enclosure.magnitude < NOTHING else f"0 ± {bound_text(enclosure.magnitude)}"
    rounded = Decimal(f"{enclosure.midpoint:.{digits}g}").normalize(EXACT)
    return f"{rounded:f}" if -5 <= rounded.adjusted() <= 15 else f"{rounded:e}"
