"""Where a curve is broken: where the function jumps, has a pole or is not defined.

A break is found by looking closer: every interval between neighbouring samples is narrowed to where the function bends most.

    continuous            jump                pole               end of the domain
        ╱                    ╶──                 │
      ╱                      ╷                  ╱                    ╱
    ╱                     ──╴                ──╯                   ╱  not finite
    the step shrinks      the step stays     the values grow      the values cease

So no threshold on slopes is needed, and exp(x) on [-50, 50] stays whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.pictures.axis import Floats
from diffcheck.pictures.section import Section

SECTIONS = 8  # of an interval in one step; the two around the strongest bend are kept
STEPS = 20  # 4^20: an interval shrinks to 1e-12 of its width
APPROACH = 0.5 ** np.arange(1, 11)  # further points towards a break: halfway, a quarter, …
QUANTILES = (0.08, 0.92)  # of the values beside poles: what the picture is about


@dataclass(frozen=True, slots=True)
class Tolerances:
    """What makes a break, of an interval that has been narrowed as far as can be."""

    kept: float = 0.02  # of the step between the samples: as much is left at a jump; of a continuous function less, of ∛x 1e-4
    visible: float = 1e-3  # of the height of the picture: a smaller jump is not seen
    rounding: float = 64  # units roundoff of max|f|: a smaller step is rounding
    pole: float = 1e3  # times max|f| of the samples: larger values are those of a pole
    narrowest: float = 32  # units roundoff of the place: a narrower interval holds no further floats to look at

    def noise(self, section: Section, values: Floats) -> float:
        """Values that differ no more than this differ by rounding."""
        return self.rounding * section.unit_roundoff * largest(values)

    def bend(self, values: Floats) -> float:
        """Second differences that are smaller hide no visible jump."""
        known = values[np.isfinite(values)]
        return self.visible * float(np.ptp(known)) / 4 if len(known) else 0.0


TOLERANCES = Tolerances()


@dataclass(frozen=True, slots=True)
class Breaks:
    """The intervals between samples, narrowed: which of them the line must not cross, and in which f grows beyond bounds."""

    left: Floats
    right: Floats
    broken: NDArray[np.bool_]
    poles: NDArray[np.bool_]


def largest(values: Floats) -> float:
    """max|f| of those that are finite; 0 of none."""
    known = abs(values[np.isfinite(values)])
    return float(known.max()) if len(known) else 0.0


def _zoom(section: Section, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Every interval narrowed to where the function ceases to be finite, else to where it bends most; a smooth one to nothing."""
    least = TOLERANCES.bend(y)
    left, right = x[:-1].copy(), x[1:].copy()
    active = np.arange(len(left))
    for _ in range(STEPS):
        a, b = left[active], right[active]
        inner = a[:, None] + (b - a)[:, None] * np.linspace(0, 1, SECTIONS + 1)
        found = section.values(inner.ravel()).reshape(inner.shape)
        first, last = _most_bent(found)
        rows = np.arange(len(active))
        left[active], right[active] = inner[rows, first], inner[rows, last]
        flat = np.isfinite(found).all(axis=1) & (abs(np.diff(found, 2)).max(axis=1) <= least)  # no visible jump is within
        a, b = left[active], right[active]
        right[active[flat]] = left[active[flat]]
        active = active[~flat & (b - a > TOLERANCES.narrowest * section.unit_roundoff * np.maximum(abs(a), abs(b)))]
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


def breaks(section: Section, x: Floats, y: Floats) -> Breaks:
    """The breaks between samples."""
    left, right = _zoom(section, x, y)
    ends = section.values(np.concatenate([left, right])).reshape(2, -1)
    known = y[np.isfinite(y)]
    if not len(known):
        return Breaks(left, right, np.ones(len(left), np.bool_), np.zeros(len(left), np.bool_))
    inner_low, inner_high = np.quantile(known, QUANTILES)
    height = float(inner_high - inner_low) or float(np.ptp(known))
    step, least = abs(ends[1] - ends[0]), max(TOLERANCES.visible * height, TOLERANCES.noise(section, y))
    jumps = (step > TOLERANCES.kept * abs(np.diff(y))) & (step > least)
    poles = np.any(abs(ends) > TOLERANCES.pole * max(largest(y), np.finfo(float).tiny), axis=0)
    return Breaks(left, right, jumps | poles | ~np.isfinite(ends).all(axis=0), poles)


def with_gaps(section: Section, x: Floats, y: Floats, found: Breaks) -> tuple[Floats, Floats]:
    """The line with a NaN in every broken interval, and with further points on both sides of it."""
    at = found.broken
    a, b, left, right = x[:-1][at], x[1:][at], found.left[at], found.right[at]
    steps = np.append(APPROACH, 0)
    before = (left[:, None] - (left - a)[:, None] * steps).ravel()
    after = (right[:, None] + (b - right)[:, None] * steps).ravel()
    gaps = (left + right) / 2
    extra = np.concatenate([before, after])
    extra_y = section.values(extra)
    extra_y[abs(extra_y) > TOLERANCES.pole * largest(y)] = np.nan  # far out of every picture
    all_x, all_y = np.concatenate([x, extra, gaps]), np.concatenate([y, extra_y, np.full(len(gaps), np.nan)])
    order = np.argsort(all_x, kind="stable")
    return all_x[order], all_y[order]
