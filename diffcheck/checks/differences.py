"""Finite differences of a JAX function around a point: evidence for the entries of its Jacobian."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.loading import users_code
from diffcheck.engines.differences import Estimate, estimate
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.names import CALLBACK_LOGGER
from diffcheck.errors import UserCodeError


class Differences:
    """Evidence for entries of a Jacobian; every value of the function serves all rows."""

    def __init__(self, function: JaxFunction, name: str, unit_roundoff: float) -> None:
        self._function = function
        self._name = name
        self._unit_roundoff = unit_roundoff
        self._values: dict[tuple[int, float], NDArray[np.float64]] = {}
        self._found: dict[tuple[int, int], Estimate] = {}

    def of(self, row: int, column: int) -> Estimate:
        """The derivative of one entry of the result by one coordinate, from values."""
        if (row, column) not in self._found:
            x = float(self._function.vector[column])
            self._found[row, column] = estimate(lambda moved: float(self._value(column, moved)[row]), x, self._unit_roundoff)
        return self._found[row, column]

    def scale(self, row: int, column: int, beside: Sequence[int]) -> float:
        """How large the slopes of this row are, per size of this coordinate: by |f|, and by the slopes of the columns `beside`."""
        slopes = {other: evidence.slope for other in beside if not (evidence := self.of(row, other)).reason}
        moves = [abs(float(self._function.primal[row])), *(abs(slope) * self._size(other) for other, slope in slopes.items())]
        return max(filter(math.isfinite, moves), default=0.0) / self._size(column)

    def _size(self, column: int) -> float:
        return max(1.0, abs(float(self._function.vector[column])))

    def _value(self, column: int, x: float) -> NDArray[np.float64]:
        """The result with one coordinate moved; NaN if the function raises an exception."""
        if (column, x) not in self._values:
            moved = self._function.vector.copy()
            moved[column] = x
            try:
                with users_code(self._name), _silenced():
                    self._values[column, x] = np.asarray(self._function.compiled(moved), np.float64)
            except UserCodeError:
                self._values[column, x] = np.full(len(self._function.outputs), math.nan)
        return self._values[column, x]


@contextmanager
def _silenced() -> Iterator[None]:
    logger = logging.getLogger(CALLBACK_LOGGER)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
