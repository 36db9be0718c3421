"""The points of a curve, broken where the function jumps, has a pole or is not defined, and closer where it is bent.

A break is found by looking closer: every interval between neighbouring samples is narrowed to where the function bends
most. A continuous function flattens out on the way; across a jump the step stays, at a pole the values grow, at the edge
of the domain they cease to be finite. So no threshold on slopes is needed, and exp(x) on [-50, 50] stays whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.expression import Check
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.pictures.axis import Axis, Floats, Frame, axis_for
from diffcheck.pictures.fine import circles, refined
from diffcheck.registry import AUTOMATIC

BLOCK = 1024  # points of one run: the program is compiled for one length only
SECTIONS = 8  # of an interval in one step; the two around the strongest bend are kept
STEPS = 20  # 4^20: an interval shrinks to 1e-12 of its width
APPROACH = 0.5 ** np.arange(1, 11)  # further points towards a break: halfway, a quarter, …
STEP_KEPT = 0.02  # of a step this much is left at a jump; of a continuous function next to nothing, of ∛x 1e-4
ROUNDING = 64  # times u·max|f|: a smaller step is none
VISIBLE = 1e-3  # of the height of the picture: a smaller jump is not seen
POLE = 1e3  # values this many times larger than all samples
QUANTILES = (0.08, 0.92)  # of the values beside poles: what the picture is about
INTEGERS = 50
SAME = 1e-6  # of the width of the picture
BEYOND = 0.35  # and how far it goes beyond them, in heights


class Section:
    """f along one variable, the others held at the coordinates of a point: what `run` returns for BLOCK values of it, as float64."""

    def __init__(self, run: Callable[[NDArray[Any]], NDArray[Any]], wrt: str, held: Mapping[str, float], fmt: Format) -> None:
        self.wrt = wrt
        self.held = held
        self.unit_roundoff = fmt.unit_roundoff
        self._dtype = fmt.name
        self._run = run

    def rounded(self, x: Floats) -> Floats:
        """The points at which f is evaluated in truth: numbers of the format under test."""
        return x.astype(self._dtype).astype(float)

    def values(self, x: Floats) -> Floats:
        """f at every x; NaN where it is not finite. Raises UnsupportedError where JAX lacks a function."""
        blocks = [self._block(x[start : start + BLOCK]) for start in range(0, len(x), BLOCK)]
        y = np.concatenate(blocks) if blocks else np.empty(0)
        return np.where(np.isfinite(y), y, np.nan)

    def _block(self, x: Floats) -> Floats:
        padded = np.append(x, np.full(BLOCK - len(x), x[-1])).astype(self._dtype)
        return self._run(padded)[: len(x)].astype(float)


def section_of(check: Check, point: Mapping[str, float], wrt: str, order: int = 0) -> Section:
    """An expression along one variable, or (order 1) its derivative as JAX's reverse mode has it."""
    held = {name: coordinate for name, coordinate in point.items() if name != wrt}
    together, wanted = check.together(AUTOMATIC.modes[-1:] if order else ()), (0, (wrt,))
    derivations = together.derivations[wanted]

    def run(x: NDArray[Any]) -> NDArray[Any]:
        columns = {name: x if name == wrt else np.full(BLOCK, held[name], x.dtype) for name in check.problem.variables}
        found = derivations[0].values(columns, [wanted])[wanted] if order else together.primals(columns)[0]
        if isinstance(found, UnsupportedError):
            raise UnsupportedError(f"a picture is drawn by JAX: {found.reason}")
        return found

    return Section(run, wrt, held, check.format)


@dataclass(frozen=True, slots=True)
class Curve:
    """`x`, `y`: the line to draw, NaN where it is broken. `grid_x`, `grid_y`: the equidistant samples in it. `poles`: where they are.

    `closed`, `open`: places (n×2) of circles at jumps and holes: the value taken, and limits that are not taken.
    `bands`: where f turns round within a pixel, its left end, right end, least and greatest value (n×4).
    """

    x: Floats
    y: Floats
    grid_x: Floats
    grid_y: Floats
    poles: Floats
    axis: Axis
    noise: float = 0.0  # values that differ no more than this differ by rounding
    closed: Floats = field(default_factory=lambda: np.empty((0, 2)))
    open: Floats = field(default_factory=lambda: np.empty((0, 2)))
    bands: Floats = field(default_factory=lambda: np.empty((0, 4)))


def trace(section: Section, grid_x: Floats, through: Floats) -> Curve:
    """The curve through the grid (ascending) and the further points `through` that lie on it."""
    with np.errstate(all="ignore"):
        x = np.unique(np.concatenate([grid_x, through, _integers(grid_x)]))
        y = section.values(x)
        grid_y = y[np.searchsorted(x, grid_x)]
        left, right = _zoom(section, x, y)
        broken, poles = _breaks(section, y, left, right)
        at_poles = _merged(((left + right) / 2)[poles], grid_x)
        rough = Curve(x, y, grid_x, grid_y, at_poles, axis_for(grid_y, at_poles), _noise(section, grid_y))
        closed, open_ = circles(section, rough, *(ends[broken & ~poles] for ends in (left, right)))
        line = _with_gaps(section, x, y, broken, left, right)
        line_x, line_y, bands = refined(section, *line, Frame(grid_x, heights(rough, np.empty(0)), rough.axis, rough.noise))
    return replace(rough, x=line_x, y=line_y, closed=closed, open=open_, bands=bands)


def _noise(section: Section, values: Floats) -> float:
    known = abs(values[np.isfinite(values)])
    return ROUNDING * section.unit_roundoff * float(known.max()) if len(known) else 0.0


def _integers(grid_x: Floats) -> Floats:
    """Where functions like to have their special places; none of very many."""
    first, last = math.ceil(grid_x[0]), math.floor(grid_x[-1])
    return np.arange(first, last + 1, dtype=float) if last - first <= INTEGERS else np.empty(0)


def _merged(places: Floats, grid_x: Floats) -> Floats:
    """Ascending places, those that a picture cannot tell apart as one."""
    near = SAME * float(np.ptp(grid_x))
    return np.array([place for i, place in enumerate(places) if i == 0 or place - places[i - 1] > near])


def heights(curve: Curve, shown: Floats) -> tuple[float, float]:
    """The lower and upper end of a picture that shows the curve and the values `shown`; poles may leave it."""
    every = curve.grid_y if len(curve.poles) else np.concatenate([curve.grid_y, _away_from_gaps(curve), curve.bands[:, 2:].ravel()])
    found = every[np.isfinite(every)]
    shown = shown[np.isfinite(shown)]
    if not len(found):
        found = shown if len(shown) else np.zeros(1)
    low, high = float(found.min()), float(found.max())
    if len(curve.poles):
        inner_low, inner_high = (float(end) for end in np.quantile(found, QUANTILES))
        reach = BEYOND * (inner_high - inner_low)
        low, high = max(low, inner_low - reach), min(high, inner_high + reach)
    return float(min([low, *shown])), float(max([high, *shown]))


def _away_from_gaps(curve: Curve) -> Floats:
    """The values of the line, but for those close to where it is broken, which may be beyond bounds."""
    gaps = curve.x[~np.isfinite(curve.y)]
    if not len(gaps):
        return curve.y
    step = curve.grid_x[1] - curve.grid_x[0]
    behind = np.searchsorted(gaps, curve.x)
    distances = [abs(curve.x - gaps[np.clip(side, 0, len(gaps) - 1)]) for side in (behind - 1, behind)]
    found: Floats = curve.y[np.minimum(*distances) >= step]
    return found


def _zoom(section: Section, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Every interval narrowed to where the function ceases to be finite, else to where it bends most; a smooth one to nothing."""
    known = y[np.isfinite(y)]
    visible = VISIBLE * float(np.ptp(known)) / 4 if len(known) else 0.0
    left, right = x[:-1].copy(), x[1:].copy()
    active = np.arange(len(left))
    for _ in range(STEPS):
        a, b = left[active], right[active]
        inner = a[:, None] + (b - a)[:, None] * np.linspace(0, 1, SECTIONS + 1)
        found = section.values(inner.ravel()).reshape(inner.shape)
        first, last = _most_bent(found)
        rows = np.arange(len(active))
        left[active], right[active] = inner[rows, first], inner[rows, last]
        flat = np.isfinite(found).all(axis=1) & (abs(np.diff(found, 2)).max(axis=1) <= visible)  # no visible jump is within
        a, b = left[active], right[active]
        right[active[flat]] = left[active[flat]]
        active = active[~flat & (b - a > 32 * section.unit_roundoff * np.maximum(abs(a), abs(b)))]
        if not len(active):
            break
    return left, right


def _most_bent(y: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """For every row the columns between which to look closer."""
    finite = np.isfinite(y)
    edges = finite[:, :-1] != finite[:, 1:]
    bends = np.nan_to_num(abs(np.diff(y, 2)), nan=0.0)
    at_edge, edge, bend = edges.any(axis=1), edges.argmax(axis=1), bends.argmax(axis=1)
    return np.where(at_edge, edge, bend), np.where(at_edge, edge + 1, bend + 2)


def _breaks(section: Section, y: Floats, left: Floats, right: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which intervals the line must not cross, and in which of them the function grows beyond bounds."""
    ends = section.values(np.concatenate([left, right])).reshape(2, -1)
    known = y[np.isfinite(y)]
    if not len(known):
        return np.ones(len(left), np.bool_), np.zeros(len(left), np.bool_)
    size = max(float(abs(known).max()), np.finfo(float).tiny)
    inner_low, inner_high = np.quantile(known, QUANTILES)
    height = float(inner_high - inner_low) or float(np.ptp(known))
    step = abs(ends[1] - ends[0])
    jumps = (step > STEP_KEPT * abs(np.diff(y))) & (step > max(VISIBLE * height, ROUNDING * section.unit_roundoff * size))
    poles: NDArray[np.bool_] = np.any(abs(ends) > POLE * size, axis=0)
    return jumps | poles | ~np.isfinite(ends).all(axis=0), poles


def _with_gaps(section: Section, x: Floats, y: Floats, broken: NDArray[np.bool_], left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The line with a NaN in every broken interval, and with further points on both sides of it."""
    a, b, left, right = x[:-1][broken], x[1:][broken], left[broken], right[broken]
    steps = np.append(APPROACH, 0)
    before = (left[:, None] - (left - a)[:, None] * steps).ravel()
    after = (right[:, None] + (b - right)[:, None] * steps).ravel()
    gaps = (left + right) / 2
    extra = np.concatenate([before, after])
    extra_y = section.values(extra)
    known = abs(y[np.isfinite(y)])
    extra_y[abs(extra_y) > POLE * (known.max() if len(known) else 0)] = np.nan  # far out of every picture
    all_x, all_y = np.concatenate([x, extra, gaps]), np.concatenate([y, extra_y, np.full(len(gaps), np.nan)])
    order = np.argsort(all_x, kind="stable")
    return all_x[order], all_y[order]
