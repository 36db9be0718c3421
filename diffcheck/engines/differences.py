"""A derivative estimated from values of the function alone, with a claim of how far it may be off: evidence, no proof.

f'(x) ≈ (45(f₁ - f₋₁) - 9(f₂ - f₋₂) + (f₃ - f₋₃)) / 60h with fₖ = f(x + kh), whose error is O(h⁶), for steps h that are halved
again and again. Large steps err by truncation, small ones by rounding; between them lies a plateau. The four neighbouring
estimates with the smallest claim are taken: 3 × their spread + the noise of rounding. They must settle, and estimates from
smaller steps must agree with them. The same is done with the slope to the right less the slope to the left,
(15E₁ - 6E₂ + E₃) / 6h with Eₖ = fₖ + f₋ₖ - 2f₀: it keeps its size at a corner, and is O(h⁵) where f is smooth.

Of second derivatives it is the same with weights of their own, over h².
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

PLATEAU = 4
STEPS = 34
STEP_LENGTHS = np.array([29, 23, 31, 19]) / 256  # in turn, halved each time: short, so that x + kh is exact, and not all rounded alike
SMALLEST_STEP = 64  # roundings of x
BELOW_SIZE = 16  # steps that are added where x is so small that all others are larger
SPREADS = 3
VALUE_ULPS = 4  # what a value of f is taken to be off by
TINY_STEPS = (0.45, 0.57)  # powers of the unit roundoff, times the size of x
FINEST_STEPS = (1, 41 / 29)  # times the smallest step: two, since roundings of the multiples of one may follow a line by chance
STAIRS = 2.0**-8  # relative: values are not coarser than that by rounding
JITTERS = 8  # standard deviations of the noise that are allowed for
SETTLED = 16  # times the noise: estimates that spread no more have reached their plateau
HALVINGS, SHRINKING = 8, 0.3  # of estimates on their way to a limit: so many steps leave this share of their spread, at most
NEAR = 1 / 2  # of the size of x: f is as large as its values there
OUTWARDS = np.arange(-3, 4)
STENCIL = np.array([-1.0, 9.0, -45.0, 0.0, 45.0, -9.0, 1.0]) / 60
HIGHEST = 2  # order of a derivative that is taken from values

NO_VALUES = "the function has no finite values around the point"
TOO_SHORT = "the floats have too few digits for differences of f"
UNSETTLED = "differences of f do not settle as the steps shrink: it may have a jump or an infinite slope here, or vary too fast"
CONTRADICTORY = "differences of f over small steps contradict those over large ones: it may be a step function, or vary fast"
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Stencils:
    """Weights of f at x - 3h, …, x + 3h, for a derivative of this order times its power of h."""

    order: int
    middle: Array
    right_less_left: Array  # 0 where the derivatives on both sides are the same
    right: Array

    @property
    def sides(self) -> Mapping[str, Array]:
        return {"right": self.right, "left": (-1) ** self.order * self.right[::-1]}


STENCILS = (
    _Stencils(1, STENCIL, np.array([1.0, -6.0, 15.0, -20.0, 15.0, -6.0, 1.0]) / 6, np.array([0.0, 0.0, 0.0, -11.0, 18.0, -9.0, 2.0]) / 6),
    _Stencils(
        2,
        np.array([2.0, -27.0, 270.0, -490.0, 270.0, -27.0, 2.0]) / 180,
        np.array([1.0, -4.0, 5.0, 0.0, -5.0, 4.0, -1.0]),
        np.array([0.0, 0.0, 0.0, 2.0, -5.0, 4.0, -1.0]),
    ),
)


@dataclass(frozen=True, slots=True)
class Estimate:
    """The slope lies within `claim` of `slope`, as far as values can tell; `reason` says why nothing is claimed.

    A corner may be too small to see; the slopes on both sides are then within `corner` of `slope`. `size` is how large f is within
    half the size of x, per size of x to the power of the order: a slope that may be 0 is compared with it. `side` is "right" or "left"
    if f has values on that side only.
    """

    slope: float
    claim: float
    reason: str = ""
    corner: float = 0.0
    size: float = 0.0
    side: str = ""
    order: int = 1


@dataclass(frozen=True, slots=True)
class _Ladder:
    """Values of f at x - 3h, …, x + 3h, a row for each step h."""

    steps: Array
    values: Array
    noise: Array  # what a value may be off by, for each step
    size: float  # of the values near x, per size of x to the power of the order
    order: int

    def limit(self, stencil: Array) -> _Limit | None:
        """What a difference quotient tends to as the steps shrink; None where f has no values."""
        used = np.where(stencil, self.values, 0.0)
        power = self.steps**self.order
        windows = sliding_window_view(used @ stencil / power, PLATEAU)
        spreads = windows.max(axis=1) - windows.min(axis=1)
        noises = sliding_window_view(self.noise * abs(stencil).sum() / power, PLATEAU).max(axis=1)
        claims = SPREADS * spreads + noises
        claims[~np.isfinite(claims)] = math.inf
        best = int(claims.argmin())
        if math.isinf(claims[best]):
            return None
        middles = np.median(windows, axis=1)
        later = [k for k in range(best + 1, len(claims)) if math.isfinite(claims[k])]
        return _Limit(
            float(middles[best]),
            float(claims[best]),
            bool(claims[best] <= SETTLED * noises[best] or _shrinks(spreads, best)),
            all(abs(middles[k] - middles[best]) <= claims[k] + claims[best] for k in later),
        )


@dataclass(frozen=True, slots=True)
class _Limit:
    """What difference quotients tend to."""

    value: float
    claim: float
    is_settled: bool
    is_confirmed: bool  # by all smaller steps

    @property
    def problem(self) -> str:
        """Why it is not a limit; "" if it is one."""
        if not self.is_settled:
            return UNSETTLED
        return "" if self.is_confirmed else CONTRADICTORY


def estimate(f: Callable[[float], float], x: float, unit_roundoff: float, order: int = 1) -> Estimate:
    """The derivative of f at x from values of f alone, with a claim of how far it may be off.

    Args:
        f: A function of one number, which returns NaN where it has no value. It is called a few hundred times.
        x: The point.
        unit_roundoff: That of the floats in which f computes: 2⁻⁵³ or 2⁻²⁴.
        order: That of the derivative, 1 or 2.

    Returns:
        The slope and the claim; or an infinite claim and the reason, where differences do not settle, contradict each other, or show a
        corner. The claim is evidence: a function that varies between its values could have any slope.

    Source:
        The weights are Fornberg's for the nodes -3h, …, 3h (Fornberg 1988); the noise of the values is read from their high differences
        (Hamming 1973). That a plateau of four estimates is taken, and three times their spread, was found by trial.
    """
    if not math.isfinite(x):
        return _nothing(NO_VALUES)
    steps = _steps(x, unit_roundoff)
    if len(steps) < PLATEAU:
        return _nothing(TOO_SHORT)
    with np.errstate(all="ignore"):  # infinite values give infinite claims
        return _from(_ladder(f, x, steps, unit_roundoff, order), STENCILS[order - 1])


def _from(ladder: _Ladder, stencils: _Stencils) -> Estimate:
    slope, corner = ladder.limit(stencils.middle), ladder.limit(stencils.right_less_left)
    if slope is None or corner is None:
        return _on_a_side(ladder, stencils)
    if problem := slope.problem or corner.problem:
        return _nothing(problem)
    if abs(corner.value) > corner.claim:
        what = "slopes" if stencils.order == 1 else "second derivatives"
        return _nothing(f"the {what} to the left and to the right differ, by {abs(corner.value):.3g}: it may have a corner here")
    return Estimate(slope.value, slope.claim, corner=corner.claim / 2, size=ladder.size, order=ladder.order)


def _on_a_side(ladder: _Ladder, stencils: _Stencils) -> Estimate:
    """The slope to the right or to the left, where f has values there only."""
    found = [(side, limit) for side, stencil in stencils.sides.items() if (limit := ladder.limit(stencil)) is not None]
    if len(found) != 1:
        return _nothing(NO_VALUES)
    ((side, limit),) = found
    if limit.problem:
        return _nothing(f"the function has values to the {side} of the point only, and there {limit.problem}")
    return Estimate(limit.value, limit.claim, size=ladder.size, side=side, order=ladder.order)


def _nothing(reason: str) -> Estimate:
    return Estimate(math.nan, math.inf, reason)


def _ladder(f: Callable[[float], float], x: float, steps: Array, unit_roundoff: float, order: int) -> _Ladder:
    points = x + steps[:, None] * OUTWARDS
    values = np.array([[f(float(point)) if math.isfinite(point) else math.nan for point in row] for row in points])
    largest = np.nanmax(abs(values), axis=1, initial=0.0)
    is_exact = (_rounded(points, unit_roundoff) - x == steps[:, None] * OUTWARDS).all(axis=1)
    of_point = np.where(is_exact, 0.0, unit_roundoff * abs(x * (values @ STENCIL) / steps))
    size = float(largest[(3 * steps <= NEAR * max(1.0, abs(x))) & np.isfinite(largest)].max(initial=0.0))
    of_value = np.maximum(2 * VALUE_ULPS * unit_roundoff * largest, _jitter(f, x, steps, unit_roundoff)) + _stairs(values, size)
    return _Ladder(steps, values, of_value + of_point, size / max(1.0, abs(x)) ** order, order)


def _steps(x: float, unit_roundoff: float) -> Array:
    """The steps, the largest first."""
    size = _power_of_two(max(1.0, abs(x)))
    steps = size * _halved(STEPS + int(math.log2(size)))
    steps = steps[steps >= SMALLEST_STEP * unit_roundoff * abs(x)]
    if len(steps) and 0 < abs(x) < steps[-1]:
        steps = np.append(steps, _power_of_two(abs(x)) * _halved(BELOW_SIZE))
    return steps


def _halved(number: int) -> Array:
    return np.asarray(np.resize(STEP_LENGTHS, number) * 0.5 ** np.arange(number))


def _power_of_two(size: float) -> float:
    return math.ldexp(1.0, math.frexp(size)[1] - 1)


def _rounded(points: Array, unit_roundoff: float) -> Array:
    """The points as floats of the format."""
    mantissas, exponents = np.frexp(points)
    return np.asarray(np.ldexp(np.rint(mantissas / unit_roundoff) * unit_roundoff, exponents))


def _jitter(f: Callable[[float], float], x: float, steps: Array, unit_roundoff: float) -> Array:
    """How far values of f scatter, for each step: high differences at tiny steps are noise, where f is smooth (Hamming 1973).

    A sum that cancels is off by more than its own ulps. Values that scatter at one step and not at a finer one are not noisy but vary
    fast, unless f is constant at the finer one: a staircase, whose stairs are noise.
    """
    size = _power_of_two(max(1.0, abs(x)))
    tiny = [*(times * float(steps[-1]) for times in FINEST_STEPS), *(size * unit_roundoff**power for power in TINY_STEPS)]
    values = [np.array([f(x + side * k * step) for k in range(1, 9)]) for step in tiny for side in (1, -1)]
    found = np.nan_to_num([_scatter(row) for row in values], nan=0.0, posinf=0.0).reshape(-1, 2).max(axis=1)
    is_staircase = all(np.ptp(row) == 0 for row in values[: 2 * len(FINEST_STEPS)])
    is_seen = np.array([(2 * steps >= step) | is_staircase for step in tiny])
    return np.asarray(JITTERS * (found[:, None] * is_seen).max(axis=0))


def _stairs(values: Array, size: float) -> float:
    """The height of the stairs if values near the point lie on a grid, as those of a narrower format do; else 0."""
    is_flat = np.ptp(values, axis=1) == 0
    uneven = values[~is_flat][-2:]
    changes = abs(uneven - values[-1, 0])
    height = float(changes[changes > 0].min(initial=math.inf))
    if not is_flat[-1] or not 0 < height <= STAIRS * size:
        return 0.0
    return height if (abs(changes / height - np.rint(changes / height)) < 0.01).all() else 0.0


def _scatter(values: Array) -> float:
    return max(float(abs(np.diff(values, order)).max()) / math.sqrt(math.comb(2 * order, order)) for order in (4, 5, 6))


def _shrinks(spreads: Array, k: int) -> bool:
    """Whether estimates approach a limit though they have not reached their plateau."""
    last = spreads[max(0, k - HALVINGS) : k + 1]
    return len(last) > HALVINGS and bool((np.diff(last) <= 0).all() and last[-1] <= SHRINKING * last[0])
