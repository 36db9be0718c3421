"""What is looked at where there is too much: an even sample, and the entries of a large Jacobian that differ most in floats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Screening:
    """All entries of the Jacobian against the derivative of the undecorated function, in floats."""

    entries: int
    judged: int
    largest: float  # relative deviation
    where: str


def evenly(total: int, count: int) -> list[int]:
    """At most `count` of the numbers 0, 1, … below `total`, evenly spread, with both ends."""
    chosen: list[int] = np.unique(np.linspace(0, total - 1, min(total, count)).round().astype(int)).tolist()
    return chosen


def deviations(given: NDArray[Any], plain: NDArray[Any]) -> NDArray[Any]:
    """|given - plain| relative to each entry, and for very small ones to the largest; NaN counts as infinite."""
    with np.errstate(all="ignore"):
        scale = np.maximum(abs(plain), 1e-6 * np.nanmax(np.where(np.isfinite(plain), abs(plain), 0.0)))
        found = abs(given - plain) / np.where(scale > 0, scale, 1.0)
    same = (given == plain) | (np.isnan(given) & np.isnan(plain))
    return np.where(same, 0.0, np.where(np.isfinite(found), found, np.inf))
