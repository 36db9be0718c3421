"""Finite differences of a JAX function around a point: evidence for the entries of its Jacobian, and for second derivatives."""

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

Direction = tuple[tuple[int, float], ...]  # the coordinates that move, the first at speed 1


class Differences:
    """Evidence for derivatives; every value of the function serves all rows."""

    def __init__(self, function: JaxFunction, name: str, unit_roundoff: float) -> None:
        self._function = function
        self._name = name
        self._unit_roundoff = unit_roundoff
        self._values: dict[tuple[Direction, float], NDArray[np.float64]] = {}
        self._found: dict[tuple[int, Direction, int], Estimate] = {}

    def of(self, row: int, *columns: int) -> Estimate:
        """The derivative of one entry of the result by one or two coordinates, from values."""
        a, *more = columns
        if all(b == a for b in more):
            return self._along(row, ((a, 1.0),), len(columns))
        (b,) = more
        return self._mixed(row, a, b, self._size(b) / self._size(a))

    def _mixed(self, row: int, a: int, b: int, speed: float) -> Estimate:
        """∂²f/∂a∂b is a quarter of the second derivative along a and b, less that along a and -b."""
        plus, minus = (self._along(row, ((a, 1.0), (b, sign * speed)), 2) for sign in (1, -1))
        reason = plus.reason or minus.reason or ("the function has values on one side of the point only" if plus.side or minus.side else "")
        claim, corner, size = (sum(each) / (4 * speed) for each in zip(*((e.claim, e.corner, e.size) for e in (plus, minus)), strict=True))
        return Estimate((plus.slope - minus.slope) / (4 * speed), claim, reason, corner, size, order=2)

    def _along(self, row: int, direction: Direction, order: int) -> Estimate:
        key = row, direction, order
        if key not in self._found:
            x = float(self._function.vector[direction[0][0]])
            self._found[key] = estimate(lambda moved: float(self._value(direction, moved)[row]), x, self._unit_roundoff, order)
        return self._found[key]

    def scale_of(self, row: int, *columns: int) -> float:
        """How large derivatives by these coordinates are by |f|."""
        size = abs(float(self._function.primal[row]))
        return size / math.prod(map(self._size, columns)) if math.isfinite(size) else 0.0

    def scale(self, row: int, column: int, beside: Sequence[int]) -> float:
        """How large the slopes of this row are, per size of this coordinate: by |f|, and by the slopes of the columns `beside`."""
        slopes = {other: evidence.slope for other in beside if not (evidence := self.of(row, other)).reason}
        moves = [abs(float(self._function.primal[row])), *(abs(slope) * self._size(other) for other, slope in slopes.items())]
        return max(filter(math.isfinite, moves), default=0.0) / self._size(column)

    def _size(self, column: int) -> float:
        return max(1.0, abs(float(self._function.vector[column])))

    def _value(self, direction: Direction, x: float) -> NDArray[np.float64]:
        """The result with the first coordinate of a direction moved to x, the others with it; NaN if the function raises an exception."""
        key = direction, x
        if key not in self._values:
            start, moved = self._function.vector, self._function.vector.copy()
            (first, _), *others = direction
            moved[first] = x
            for column, speed in others:
                moved[column] = float(start[column]) + speed * (x - float(start[first]))
            try:
                with users_code(self._name), _silenced():
                    self._values[key] = np.asarray(self._function.compiled(moved), np.float64)
            except UserCodeError:
                self._values[key] = np.full(len(self._function.outputs), math.nan)
        return self._values[key]


@contextmanager
def _silenced() -> Iterator[None]:
    logger = logging.getLogger(CALLBACK_LOGGER)
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
