"""Taylor coefficients from values on a circle: Cauchy's integral formula with a proved error.

For h analytic and bounded by M on |t| ≤ R, the mean of h over K points of the circle |t| = r gives
hₖ = (1/K) Σ h(r·ωʲ)·ω^(-jk)/rᵏ for k < K, with an error of at most M·R^(-k)·q/(1 - q), q = (r/R)^K (aliasing of the terms k+K, k+2K, …).
K = 2 is the symmetric difference quotient (h(r) - h(-r))/2r. No derivative rule of h is used. Fornberg 1981 computes so, Bornemann 2011 and
Trefethen & Weideman 2014 analyse the error; here M is a bound in balls, so that the error is proved.

Every h here is real on the real line, so that its values on the lower half of the circle are conjugates of those on the upper half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from flint import acb, arb, ctx


@dataclass(frozen=True, slots=True)
class Circle:
    """`count` points (an even number) on |t| = R/2^shrink, in the disc |t| ≤ R; R is a power of two, so that the real points are exact."""

    radius: arb
    shrink: int
    count: int

    @property
    def box(self) -> acb:
        """The square around the disc."""
        side = arb(0, self.radius)
        return acb(side, side)

    def points(self) -> list[acb]:
        """The points of the upper half, from R/2^shrink to -R/2^shrink."""
        return [self._small * root for root in _roots_of_unity(self.count, ctx.prec)[: self.count // 2 + 1]]

    def coefficient(self, k: int, values: Sequence[acb], bound: arb) -> arb:
        """hₖ from the values of h at the points; |h| ≤ bound on the disc."""
        roots = _roots_of_unity(self.count, ctx.prec)
        turned = [(value * roots[-j * k % self.count]).real for j, value in enumerate(values)]
        mean = (turned[0] + turned[-1] + 2 * sum(turned[1:-1], arb(0))) / self.count
        q = arb(2) ** (-self.shrink * self.count)
        error = (bound / self.radius**k * q / (1 - q)).upper()
        return mean / self._small**k + arb(0, error)

    @property
    def _small(self) -> arb:
        return self.radius / 2**self.shrink


@lru_cache(maxsize=128)
def _roots_of_unity(count: int, precision_bits: int) -> list[acb]:
    return [(acb(2 * j) / count).exp_pi_i() for j in range(count)]
