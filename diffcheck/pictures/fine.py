"""What a closer look adds to a curve: points where it is bent, bands where it is quicker than pixels, circles at jumps and holes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diffcheck.pictures.axis import Floats, Frame
from diffcheck.pictures.breaks import Breaks
from diffcheck.pictures.section import Section

PROBES = np.array([0.382, 0.691])  # of an interval; no simple fractions, which periodic functions would fool
STRAIGHT = 0.4  # pixels: so far may a probe be from the line
ROUNDS = 12
TURNING = 3.0  # pixels: a function that turns round within one fills more than that
CROWDED = 0.3  # of the intervals: where so many are bands, the others are, too
WITHIN = np.linspace(0.03, 0.97, 15) + 0.013 * np.cos(np.arange(15))  # of a pixel's width: where it is looked at
MOST_CIRCLES = 40  # jumps and holes; with more of them there is no room for circles
HALVINGS = 64
BESIDE = 1e-9  # of the width of the picture: where limits are looked at
SETTLED = 0.02  # of the step: a function that still changes more than that has no limit there
EQUAL = 1e-6  # of the height


def refined(section: Section, x: Floats, y: Floats, frame: Frame) -> tuple[Floats, Floats, Floats]:
    """The line with further points where three neighbours are not on a line of pixels, and the bands instead of what cannot be drawn."""
    ends = np.stack([x[:-1], x[1:]], axis=1)
    values = np.stack([y[:-1], y[1:]], axis=1)
    new_x, new_y, narrow = [x], [y], [np.empty((0, 2))]
    for _ in range(ROUNDS):
        whole = np.isfinite(values).all(axis=1)
        wide = np.diff(ends, axis=1)[:, 0] > frame.column
        narrow.append(ends[whole & ~wide])
        ends, values = ends[whole & wide], values[whole & wide]
        if not len(ends):
            break
        probes, found, bent = _bent(section, ends, values, frame)
        new_x.append(probes[bent].ravel())
        new_y.append(found[bent].ravel())
        ends, values = (_parts(old[bent], new[bent]) for old, new in ((ends, probes), (values, found)))
    bands = _bands(section, np.concatenate(narrow[1:]), frame)
    gaps = bands[:, :2].mean(axis=1)
    return *_sorted([*new_x, gaps], [*new_y, np.full(len(gaps), np.nan)]), bands


def _bent(section: Section, ends: Floats, values: Floats, frame: Frame) -> tuple[Floats, Floats, Floats]:
    """Points within the intervals, the values there, and which intervals are not straight."""
    probes = ends[:, :1] + np.diff(ends, axis=1) * PROBES
    found = section.values(probes.ravel()).reshape(probes.shape)
    rows = frame.rows(values)
    off = abs(frame.rows(found) - (rows[:, :1] + np.diff(rows, axis=1) * PROBES))
    return probes, found, ~(off <= STRAIGHT).all(axis=1)


def _parts(ends: Floats, inner: Floats) -> Floats:
    """The three parts of each interval."""
    every = np.concatenate([ends[:, :1], inner, ends[:, 1:]], axis=1)
    return np.stack([every[:, :-1].ravel(), every[:, 1:].ravel()], axis=1)


def _sorted(x: list[Floats], y: list[Floats]) -> tuple[Floats, Floats]:
    all_x, all_y = np.concatenate(x), np.concatenate(y)
    order = np.argsort(all_x, kind="stable")
    return all_x[order], all_y[order]


def _bands(section: Section, narrow: Floats, frame: Frame) -> Floats:
    """Of intervals no wider than a pixel those in which f goes up and down: their ends, and the least and greatest value found."""
    narrow = narrow[np.diff(narrow, axis=1)[:, 0] > frame.column / 20]  # others lie beside a break
    if not len(narrow):
        return np.empty((0, 4))
    x = narrow[:, :1] + np.diff(narrow, axis=1) * WITHIN
    y = section.values(x.ravel()).reshape(x.shape)
    rows = frame.rows(y)
    reach = np.ptp(rows, axis=1)
    turns: NDArray[np.bool_] = (abs(np.diff(rows, axis=1)).sum(axis=1) > 1.5 * reach) & (reach > TURNING)
    if turns.mean() > CROWDED:
        turns = reach > TURNING  # no lines between the bands
    extents = np.concatenate([narrow, y.min(axis=1, keepdims=True), y.max(axis=1, keepdims=True)], axis=1)
    return extents[turns]


def circles(section: Section, x: Floats, y: Floats, shown: tuple[float, float], found: Breaks) -> tuple[Floats, Floats]:
    """The values taken at jumps, and the limits not taken at jumps and holes (n×2 each); a pole has neither."""
    at_jumps = found.broken & ~found.poles
    places = np.unique(np.concatenate([_jumps(section, found.left[at_jumps], found.right[at_jumps]), _lonely(x, y)]))
    if not 0 < len(places) <= MOST_CIRCLES:
        return np.empty((0, 2)), np.empty((0, 2))
    known = y[np.isfinite(y)]
    height = float(np.ptp(known)) if len(known) else 0.0
    taken = section.values(places)
    closed, open_ = set[tuple[float, float]](), set[tuple[float, float]]()
    steps = BESIDE * np.maximum(shown[1] - shown[0], abs(places) * 1e-3)
    sides = [_limits(section, places, sign * steps, height) for sign in (-1, 1)]
    for place, value, *limits in zip(places.tolist(), taken.tolist(), *(side.tolist() for side in sides), strict=True):
        if not (np.isfinite(limits).all() and shown[0] < place < shown[1]):
            continue
        if abs(limits[0] - limits[1]) <= EQUAL * height:
            limits = [(limits[0] + limits[1]) / 2]
        missed = [limit for limit in limits if not abs(limit - value) <= EQUAL * height]
        open_.update((place, limit) for limit in missed)
        if missed and np.isfinite(value):
            closed.add((place, value))
    return (np.array(sorted(places)).reshape(-1, 2) for places in (closed, open_))  # type: ignore[return-value]


def _jumps(section: Section, left: Floats, right: Floats) -> Floats:
    """The places of the jumps between finite values: the shortest decimal number in each interval that is as narrow as can be."""
    ends = section.values(np.concatenate([left, right])).reshape(2, -1)
    finite = np.isfinite(ends).all(axis=0)
    left, right = left[finite], right[finite]
    if not 0 < len(left) <= MOST_CIRCLES:
        return np.empty(0)
    low, high = ends[:, finite]
    for _ in range(HALVINGS):
        middle = section.rounded((left + right) / 2)
        value = section.values(middle)
        first = abs(value - low) > abs(high - value)
        left, low = np.where(first, left, middle), np.where(first, low, value)
        right, high = np.where(first, middle, right), np.where(first, value, high)
    return np.array([_shortest(a, b) for a, b in zip(left.tolist(), right.tolist(), strict=True)])


def _shortest(low: float, high: float) -> float:
    low, high = np.nextafter(low, -np.inf), np.nextafter(high, np.inf)  # the jump may be at a number that belongs to the other side
    if low <= 0 <= high:
        return 0.0
    rounded = (float(f"{(low + high) / 2:.{digits}g}") for digits in range(1, 18))
    return next((number for number in rounded if low <= number <= high), float(high))


def _lonely(x: Floats, y: Floats) -> Floats:
    """Samples at which f has no value, between two at which it has one."""
    finite = np.isfinite(y)
    return x[1:-1][~finite[1:-1] & finite[:-2] & finite[2:]]


def _limits(section: Section, places: Floats, steps: Floats, height: float) -> Floats:
    """What f is near to at one side of each place; NaN where it has not settled."""
    near, nearer = (section.values(places + steps * far) for far in (100.0, 1.0))
    return np.where(abs(near - nearer) <= SETTLED * height, nearer, np.nan)
