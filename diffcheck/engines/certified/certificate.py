"""What is proved at a point, and the one place where balls become decimal enclosures."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import NamedTuple

from flint import arb, arb_series, ctx

from diffcheck.enclosure import DOWN, EXACT, FARTHEST, UP, Enclosure
from diffcheck.results import Certificate, Status

ACCURACY_BITS = 70  # relative, or
ROUGHLY = 1000  # a condition number is needed to three digits
NEGLIGIBLE = -1200  # an absolute radius of 2^-1200: below every float
SERIES_CAP = 100_000  # every series here is made with its own length
MAX_SCALE = FARTHEST.adjusted()  # decimal exponents beyond this are cut off
EVERYTHING = Enclosure(Decimal(0), Decimal("Infinity"))


_ALONE = threading.RLock()


@contextmanager
def scope(precision_bits: int) -> Iterator[None]:
    """flint's precision and its cap on the length of series, which all threads share: one at a time, and left as found."""
    with _ALONE:
        precision, cap = ctx.prec, ctx.cap
        ctx.prec, ctx.cap = precision_bits, SERIES_CAP
        try:
            yield
        finally:
            ctx.prec, ctx.cap = precision, cap


def narrow(u: arb) -> bool:
    """Whether a ball is narrow enough for every verdict."""
    if u.is_exact() or u.rel_accuracy_bits() >= ACCURACY_BITS:
        return True
    return bool(u.contains(0) and u.abs_upper() < arb(2) ** NEGLIGIBLE)


class Jet(NamedTuple):
    """f and its derivatives of an order and the next at a smooth point."""

    value: arb
    derivative: arb
    following: arb

    def is_narrow(self, coordinate: float) -> bool:
        """Whether the verdict at this coordinate can be decided: its condition number asks for the following derivative, roughly."""
        if not (narrow(self.value) and narrow(self.derivative)):
            return False
        if narrow(self.following):
            return True
        reach = self.following.rad() * arb(coordinate)
        return bool(reach <= (abs(self.derivative) + abs(self.following) * arb(coordinate)).abs_upper() / ROUGHLY)

    def certificate(self) -> Certificate:
        value, derivative, following = map(enclosure, self)
        return Certificate(Status.SMOOTH, "", value, derivative, next_derivative=following)


def jet_of(f: arb | arb_series, order: int) -> Jet:
    """The derivatives from the Taylor coefficients; a series must be long enough."""
    if isinstance(f, arb):
        return Jet(f, arb(0), arb(0))
    factorial = math.factorial(order)
    return Jet(f[0], f[order] * factorial, f[order + 1] * (factorial * (order + 1)))


def sensitivity(following: Enclosure, x: float) -> Enclosure:
    """|x·f⁽ⁿ⁺¹⁾|, from an enclosure of f⁽ⁿ⁺¹⁾: how much of f⁽ⁿ⁾ a relative error of x costs."""
    size = Decimal(x).copy_abs()
    if not size:
        return Enclosure(size, size)
    return Enclosure.between(DOWN.multiply(size, following.least_magnitude), UP.multiply(size, following.magnitude))


def enclosure(ball: arb) -> Enclosure:
    """The ball as decimal midpoint and radius, rounded outward; of numbers too large for that, the half-line that holds them."""
    if not ball.is_finite():
        return EVERYTHING
    midpoint, radius, scale = map(int, ball.mid_rad_10exp(40))
    if abs(scale) < MAX_SCALE:
        return Enclosure(EXACT.scaleb(Decimal(midpoint), scale), EXACT.scaleb(Decimal(radius), scale))
    if scale < 0:
        return Enclosure(Decimal(0), EXACT.scaleb(Decimal(1), len(str(abs(midpoint) + radius)) - MAX_SCALE))
    return Enclosure.beyond(midpoint) if abs(midpoint) > radius else EVERYTHING
