"""Arrays of balls: NumPy's arrays of objects, whose moves cost as little as those of numbers, and products of matrices by FLINT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

BITS = 128  # more would not fit into a ball itself, and take twice the memory
NOWHERE = -1  # the place of an entry that comes from nowhere: 0
ZERO, ONE, NAN = arb(0), arb(1), arb("nan")
Entries: TypeAlias = NDArray[Any]  # of arb; or of floats, where only the size of what is added up is asked for
Places: TypeAlias = NDArray[np.int64]


class Undecided(Exception):  # noqa: N818  (a verdict of its own)
    """Balls cannot decide something that the program needs to know; the message says what."""


@dataclass(frozen=True, slots=True, eq=False)
class Balls:
    """An array of balls. `variable` is its number on the tape; None where it does not depend on the input.

    An entry without a value is a NaN ball. Entries that are the same object are the same function of the input.
    """

    entries: Entries
    variable: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.entries.shape


def array_of(entries: Iterable[Any], shape: Sequence[int]) -> Entries:
    """An array of objects, from its entries in the order of C."""
    listed = list(entries)
    result = np.empty(len(listed), object)
    result[:] = listed
    return result.reshape(shape)


def arrayed(result: Any) -> Entries:
    """What NumPy makes of an operation on arrays: of arrays without axes it is a bare entry."""
    return result if isinstance(result, np.ndarray) else np.asarray(result, object if isinstance(result, arb) else None)


def plus(a: Entries, b: Entries) -> Entries:
    return arrayed(a + b)


def times(a: Entries, b: Entries) -> Entries:
    return arrayed(a * b)


def balls_of(numbers: NDArray[Any]) -> Entries:
    """Floats, integers or conditions as the exact numbers that they are."""
    exact = numbers.astype(np.float64) if numbers.dtype.kind not in "iub" else numbers
    return array_of(map(arb, exact.ravel().tolist()), numbers.shape)


def floats_of(entries: Entries) -> NDArray[np.float64]:
    """The midpoints as floats."""
    return np.array(list(map(float, entries.ravel().tolist())), np.float64).reshape(entries.shape)


def radii_of(entries: Entries) -> NDArray[np.float64]:
    """Upper bounds of the radii as floats; infinite for NaN balls."""
    radii = [float(ball.rad()) if ball.is_finite() else np.inf for ball in entries.ravel().tolist()]
    return np.nextafter(np.array(radii, np.float64), np.inf).reshape(entries.shape)


def inner(left: Entries, right: Entries) -> arb:
    """The sum of products."""
    total = (left * right).sum()
    return total if left.size else ZERO


def zeros(shape: Sequence[int], like: Entries) -> Entries:
    return np.full(shape, ZERO, object) if like.dtype == object else np.zeros(shape, like.dtype)


# What every move, sum and product of arrays is made of


def gathered(flat: Entries, places: Places) -> Entries:
    """The entries at some places, 0 from NOWHERE."""
    result = arrayed(flat[np.maximum(places, 0)]) if flat.size else zeros(places.shape, flat)
    if places.size and places.min() < 0:
        result[places < 0] = ZERO if flat.dtype == object else 0
    return result


def collected(entries: Entries, places: Places, size: int) -> Entries:
    """An array of this size: at each place the sum of what goes there. The transpose of `gathered`."""
    flat, where = entries.ravel(), places.ravel()
    if where.size and where.min() < 0:
        flat, where = flat[where >= 0], where[where >= 0]
    result = zeros((size,), entries)
    if flat.dtype != object:
        np.add.at(result, where, flat)
        return result
    order = np.argsort(where, kind="stable")
    targets, starts = np.unique(where[order], return_index=True)
    if len(targets) == len(where):
        result[where] = flat
    elif len(targets):
        result[targets] = np.add.reduceat(flat[order], starts)
    return result


def product(left: Entries, right: Entries) -> Entries:
    """Products of matrices, batch by batch: (b, n, k) times (b, k, m)."""
    if left.dtype != object:
        return arrayed(left @ right)
    if not left.size or not right.size:
        return zeros((*left.shape[:2], right.shape[2]), left)
    parts = [_matrix(a) * _matrix(b) for a, b in zip(left, right, strict=True)]
    return array_of((ball for part in parts for ball in part.entries()), (*left.shape[:2], right.shape[2]))


def _matrix(entries: Entries) -> arb_mat:
    return arb_mat(*entries.shape, entries.ravel().tolist())


def transposed(matrices: Entries) -> Entries:
    return matrices.transpose(0, 2, 1)
