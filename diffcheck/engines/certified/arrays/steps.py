"""The linear steps that the derivative of a program over arrays is made of, each with its transpose.

Moves and sums are transposes of each other; a product with partial derivatives, entry by entry, is its own; that of matrices has
products of matrices. A tangent or cotangent is an array, or None for zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np

from diffcheck.engines.certified.arrays.balls import (
    Entries,
    Places,
    arrayed,
    collected,
    floats_of,
    gathered,
    plus,
    product,
    times,
    transposed,
)

Change = Entries | None
Weigh = Callable[[Entries], Entries]  # the weights themselves, or their sizes as floats
TERMS = 10  # of a product of matrices cost as much as one operation on balls


class Step(Protocol):
    """From some variables to another one."""

    @property
    def sources(self) -> tuple[int, ...]: ...

    @property
    def work(self) -> int:
        """How many operations on balls it takes."""

    def push(self, tangents: Sequence[Change], weigh: Weigh) -> Change:
        """The tangent of the result."""

    def pull(self, cotangent: Entries, weigh: Weigh) -> Sequence[Change]:
        """What each source's cotangent grows by."""


def itself(weights: Entries) -> Entries:
    return weights


def sizes(weights: Entries) -> Entries:
    """|w| as floats, for sums of sizes."""
    return arrayed(abs(floats_of(weights)))


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """Entries of several arrays, one after the other, moved to other places; `starts[k]` is where source k begins."""

    sources: tuple[int, ...]
    starts: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    places: Places

    @property
    def work(self) -> int:
        return self.places.size

    def push(self, tangents: Sequence[Change], weigh: Weigh) -> Change:
        result: Change = None
        for start, shape, tangent in zip(self.starts, self.shapes, tangents, strict=True):
            if tangent is not None:
                here = gathered(tangent.ravel(), self._within(start, shape))
                result = here if result is None else plus(result, here)
        return result

    def pull(self, cotangent: Entries, weigh: Weigh) -> Sequence[Change]:
        return [
            collected(cotangent, self._within(start, shape), int(np.prod(shape))).reshape(shape)
            for start, shape in zip(self.starts, self.shapes, strict=True)
        ]

    def _within(self, start: int, shape: tuple[int, ...]) -> Places:
        """The places in one source; NOWHERE for those in others."""
        moved = self.places - start
        return np.where((moved >= 0) & (moved < np.prod(shape)), moved, -1)


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Each entry of an array is added to one place of the result."""

    sources: tuple[int]
    places: Places
    shape: tuple[int, ...]

    @property
    def work(self) -> int:
        return self.places.size

    def push(self, tangents: Sequence[Change], weigh: Weigh) -> Change:
        (tangent,) = tangents
        return None if tangent is None else collected(tangent, self.places, int(np.prod(self.shape))).reshape(self.shape)

    def pull(self, cotangent: Entries, weigh: Weigh) -> Sequence[Change]:
        return [gathered(cotangent.ravel(), self.places)]


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Entry by entry: Σ partial·tangent. A partial is an array, or a whole number for all entries."""

    sources: tuple[int, ...]
    partials: tuple[Entries | int, ...]

    @property
    def work(self) -> int:
        return sum(1 if isinstance(partial, int) else partial.size for partial in self.partials)

    def push(self, tangents: Sequence[Change], weigh: Weigh) -> Change:
        pairs = zip(self._weighed(weigh), tangents, strict=True)
        parts = [_times(partial, tangent) for partial, tangent in pairs if tangent is not None]
        return reduce(plus, parts) if parts else None

    def pull(self, cotangent: Entries, weigh: Weigh) -> Sequence[Change]:
        return [_times(partial, cotangent) for partial in self._weighed(weigh)]

    def _weighed(self, weigh: Weigh) -> list[Entries | int]:
        return [(abs(p) if weigh is sizes else p) if isinstance(p, int) else weigh(p) for p in self.partials]


def _times(partial: Entries | int, change: Entries) -> Entries:
    if isinstance(partial, int):
        return change if partial == 1 else arrayed(-change if partial == -1 else change * partial)
    return times(partial, change)


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Products of matrices, batch by batch, of which one side or both depend on the input."""

    left: Entries
    right: Entries
    variables: tuple[int | None, int | None]

    @property
    def sources(self) -> tuple[int, ...]:
        return tuple(variable for variable in self.variables if variable is not None)

    @property
    def work(self) -> int:
        terms = self.left.size * int(self.right.shape[2]) // TERMS
        return len(self.sources) * (terms + self.left.size + self.right.size)

    def push(self, tangents: Sequence[Change], weigh: Weigh) -> Change:
        left, right = self._sides(tangents)
        parts = [
            None if left is None else product(left, weigh(self.right)),
            None if right is None else product(weigh(self.left), right),
        ]
        here = [part for part in parts if part is not None]
        return reduce(plus, here) if here else None

    def pull(self, cotangent: Entries, weigh: Weigh) -> Sequence[Change]:
        left, right = self.variables
        found: list[Change] = []
        if left is not None:
            found.append(product(cotangent, transposed(weigh(self.right))))
        if right is not None:
            found.append(product(transposed(weigh(self.left)), cotangent))
        return found

    def _sides(self, tangents: Sequence[Change]) -> Sequence[Change]:
        rest = iter(tangents)
        return [None if variable is None else next(rest) for variable in self.variables]
