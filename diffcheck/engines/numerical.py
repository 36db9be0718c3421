"""A derivative estimated from values of the function alone, with a claim of how far it may be off: evidence, no proof.

f'(x) ≈ (45(f₁ - f₋₁) - 9(f₂ - f₋₂) + (f₃ - f₋₃)) / 60h with fₖ = f(x + kh), whose error is O(h⁶), for steps h that are halved
again and again. Large steps err by truncation, small ones by rounding; between them lies a plateau. Of all four neighbouring
estimates those with the smallest claim are taken: 3 × their spread + the noise of rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PLATEAU = 4
STEPS = 32
LARGEST_STEP = 0.125  # times max(1, |x|)
SPREADS = 3
VALUE_ULPS = 4  # what a value of f is taken to be off by
TINY_STEP = 2.0**-30  # times max(1, |x|)
JITTERS = 8  # standard deviations of the noise that are allowed for
ONE_SIDED = 1e-3  # relative difference of the slopes to the left and to the right beyond which x may be a kink
STENCIL = np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60
TO_THE_RIGHT = np.array([0.0, 0.0, 0.0, -11.0, 18.0, -9.0, 2.0]) / 6
TO_THE_LEFT = -TO_THE_RIGHT[::-1]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The slope lies within `claim` of `slope`, as far as values can tell; `reason` says why nothing is claimed."""

    slope: float
    claim: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Difference:
    """One step of the ladder."""

    step: float
    values: NDArray[np.float64]  # at x - 3h, …, x + 3h
    slope: float
    noise: float  # what rounding may do to the slope


def estimate(f: Callable[[float], float], x: float, unit_roundoff: float) -> Evidence:
    """The derivative of f at x from values of f."""
    best, best_claim = list[_Difference](), math.inf
    window = list[_Difference]()
    for difference in _ladder(f, x, unit_roundoff):
        if difference.noise > best_claim:
            break  # it grows as steps shrink
        window = [*window, difference][-PLATEAU:]
        if len(window) == PLATEAU and (claim := _claim(window)) < best_claim:
            best, best_claim = window, claim
    if not best:
        return Evidence(math.nan, math.inf, "the function has no finite values around the point")
    if _is_one_sided(best, best_claim):
        return Evidence(math.nan, math.inf, "the slopes to the left and to the right differ: it may have a corner or a jump here")
    return Evidence(float(np.median([difference.slope for difference in best])), best_claim)


def _ladder(f: Callable[[float], float], x: float, unit_roundoff: float) -> Iterator[_Difference]:
    middle, jitter = f(x), _jitter(f, x)
    for k in range(STEPS):
        h = LARGEST_STEP * max(1.0, abs(x)) * 0.5**k
        values = np.array([f(x - 3 * h), f(x - 2 * h), f(x - h), middle, f(x + h), f(x + 2 * h), f(x + 3 * h)])
        with np.errstate(all="ignore"):
            slope = float(values @ STENCIL / h)
            of_value = max(2 * VALUE_ULPS * unit_roundoff * float(abs(values).max()), jitter)
        of_x = 2 * unit_roundoff * abs(x * slope)  # x + kh is rounded too
        yield _Difference(h, values, slope, (of_value * float(abs(STENCIL).sum()) + of_x) / h)


def _jitter(f: Callable[[float], float], x: float) -> float:
    """How far values of f scatter: its high differences at tiny steps are noise, where f is smooth (Hamming's difference table).

    A sum that cancels is off by more than its own ulps.
    """
    values = np.array([f(x + k * TINY_STEP * max(1.0, abs(x))) for k in range(8)])
    with np.errstate(all="ignore"):
        scatter = [float(abs(np.diff(values, order)).max()) / math.sqrt(math.comb(2 * order, order)) for order in (4, 5, 6)]
    return JITTERS * max(scatter) if all(map(math.isfinite, scatter)) else 0.0


def _claim(window: Sequence[_Difference]) -> float:
    slopes = [difference.slope for difference in window]
    claim = SPREADS * (max(slopes) - min(slopes)) + max(difference.noise for difference in window)
    return claim if all(map(math.isfinite, slopes)) else math.inf


def _is_one_sided(window: Sequence[_Difference], claim: float) -> bool:
    """Whether the difference of the one-sided slopes stays where steps shrink."""
    right, left = (np.array([d.values @ stencil / d.step for d in window]) for stencil in (TO_THE_RIGHT, TO_THE_LEFT))
    size = max(float(abs(right).max()), float(abs(left).max()))
    return bool((abs(right - left) > ONE_SIDED * size + 10 * claim).all())
