"""The points of a curve, broken where the function is, and closer where it is bent."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np

from diffcheck.pictures.axis import Axis, Floats, Frame, axis_for
from diffcheck.pictures.breaks import QUANTILES, TOLERANCES, breaks, with_gaps
from diffcheck.pictures.fine import circles, refined
from diffcheck.pictures.section import Section

BEYOND = 0.35  # of the height between the quantiles: so far goes a picture with poles beyond them
INTEGERS = 50
SAME = 1e-6  # of the width of the picture


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
        found = breaks(section, x, y)
        at_poles = _merged(((found.left + found.right) / 2)[found.poles], grid_x)
        rough = Curve(x, y, grid_x, grid_y, at_poles, axis_for(grid_y, at_poles), TOLERANCES.noise(section, grid_y))
        closed, open_ = circles(section, x, y, (grid_x[0], grid_x[-1]), found)
        line = with_gaps(section, x, y, found)
        line_x, line_y, bands = refined(section, *line, Frame(grid_x, heights(rough, np.empty(0)), rough.axis, rough.noise))
    return replace(rough, x=line_x, y=line_y, closed=closed, open=open_, bands=bands)


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
