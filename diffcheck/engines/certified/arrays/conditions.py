"""Conditions on arrays: decided where the balls tell, else one of two states that say why they are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any, TypeAlias

import numpy as np
from flint import arb
from numpy.typing import NDArray

from diffcheck.engines.certified.arrays.balls import Balls, Undecided

Conditions: TypeAlias = NDArray[np.int8]  # their states
NO, YES = 0, 1
EITHER = 2  # an exact tie of what depends on the input: each side holds somewhere near
UNKNOWN = 3  # the balls overlap
TIE, OVERLAP = 2, 3  # how two numbers may also compare, beside -1, 0 and 1


@dataclass(frozen=True, slots=True, eq=False)
class Doubtful:
    """Conditions of which some are not decided. Those that are, all of them, are an array of NumPy."""

    states: Conditions

    @property
    def shape(self) -> tuple[int, ...]:
        return self.states.shape


def settled(conditions: Conditions) -> NDArray[Any] | Doubtful:
    return Doubtful(conditions) if (conditions > YES).any() else conditions.astype(bool)


def states(value: Any) -> Conditions:
    """The states of conditions; those that JAX has computed are decided."""
    found: Conditions = value.states if isinstance(value, Doubtful) else value.astype(bool).astype(np.int8)
    return found


def compared(a: Balls, b: Balls) -> NDArray[np.int8]:
    """-1, 0 or 1 for a < b, a = b or a > b near the point; TIE where they are equal at the point alone, as far as is known."""
    moves = a.variable is not None or b.variable is not None
    pairs = zip(a.entries.ravel().tolist(), np.broadcast_to(b.entries, a.shape).ravel().tolist(), strict=True)
    return np.array([_side(x, y, moves) for x, y in pairs], np.int8).reshape(a.shape)


def _side(x: arb, y: arb, moves: bool) -> int:
    if x is y:
        return OVERLAP if x.is_nan() else 0
    if x > y:
        return 1
    if x < y:
        return -1
    if not (x.is_exact() and y.is_exact() and x == y):
        return OVERLAP
    return TIE if moves and x.is_finite() else 0


def leading(row: Sequence[arb], direction: int, moves: bool) -> int:
    """The index of the first largest (or with direction -1, smallest) of some balls; raises Undecided."""
    best = 0
    for k in range(1, len(row)):
        if _told(row[k], row[best], moves) * direction > 0:
            best = k
    return best


def ordered(row: Sequence[arb], moves: bool) -> list[int]:
    """The indices of some balls, the smallest first, equal ones as they stand; raises Undecided."""

    def before(i: int, j: int) -> int:
        return _told(row[i], row[j], moves)

    return sorted(range(len(row)), key=cmp_to_key(before))


def _told(x: arb, y: arb, moves: bool) -> int:
    side = _side(x, y, moves)
    if side in (TIE, OVERLAP):
        raise Undecided("which of two entries is larger: they are equal" if side == TIE else "which of two entries is larger")
    return side


def comparison(signs: tuple[int, ...]) -> Callable[[Balls, Balls], Conditions]:
    """The condition that a - b has one of these signs."""

    def condition(a: Balls, b: Balls) -> Conditions:
        sides = compared(a, b)
        decided = np.isin(sides, signs).astype(np.int8)
        return np.where(sides == TIE, EITHER, np.where(sides == OVERLAP, UNKNOWN, decided)).astype(np.int8)

    return condition


def both(a: Conditions, b: Conditions) -> Conditions:
    """`and` of four states: one that does not hold decides."""
    return np.where((a == NO) | (b == NO), NO, np.maximum(a, b)).astype(np.int8)


def any_of(a: Conditions, b: Conditions) -> Conditions:
    return np.where((a == YES) | (b == YES), YES, np.maximum(a, b)).astype(np.int8)


def negated(a: Conditions) -> Conditions:
    return np.where(a <= YES, YES - a, a).astype(np.int8)


COMPARISONS = {
    "less": comparison((-1,)),
    "less_equal": comparison((-1, 0)),
    "greater": comparison((1,)),
    "greater_equal": comparison((1, 0)),
    "equal": comparison((0,)),
    "not_equal": comparison((-1, 1)),
}
