"""A large Jacobian looked through in floats: which entries differ most from the function without its rules."""

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


def deviations(given: NDArray[Any], plain: NDArray[Any]) -> NDArray[Any]:
    """|given - plain| relative to each entry, and for very small ones to the largest; NaN counts as infinite."""
    with np.errstate(all="ignore"):
        scale = np.maximum(abs(plain), 1e-6 * np.nanmax(np.where(np.isfinite(plain), abs(plain), 0.0)))
        found = abs(given - plain) / np.where(scale > 0, scale, 1.0)
    same = (given == plain) | (np.isnan(given) & np.isnan(plain))
    return np.where(same, 0.0, np.where(np.isfinite(found), found, np.inf))
