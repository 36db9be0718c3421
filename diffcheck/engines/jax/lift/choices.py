"""Indices that depend on the input: what each possible index would give, and conditions that choose among it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import product

import numpy as np

from diffcheck.engines.jax.lift.scalars import Nodes, NotLifted, Scalars

NONE = -1  # no node yet
MOST_CASES = 5_000  # entries of all cases together
Values = tuple[int, ...]


class Choices:
    """Rows of indices, some of which are not known; `sizes` are those of the axes that they index, beyond which all are alike."""

    def __init__(self, scalars: Scalars, rows: Nodes, sizes: Sequence[int]) -> None:
        self.scalars = scalars
        self.known = np.zeros(rows.shape, np.int64)
        self._nodes: dict[tuple[int, int], tuple[int, list[int]]] = {}
        for place in np.ndindex(rows.shape):
            value = scalars.known(int(rows[place]))
            if value is None:
                self._nodes[place] = self._candidates(int(rows[place]), sizes[place[1]])
            else:
                self.known[place] = int(value)

    def _candidates(self, node: int, size: int) -> tuple[int, list[int]]:
        """A node that chooses, and the numbers that it may be."""
        possible = self.scalars.possible(node)
        if possible is not None:
            return node, sorted(map(int, possible))
        if self.scalars.is_unusable(node):
            raise NotLifted("an index that depends on the input")
        inside = self.scalars.apply("max", self.scalars.apply("min", node, self.scalars.constant(size)), self.scalars.constant(-1))
        return inside, list(range(-1, size + 1))

    @property
    def columns(self) -> list[int]:
        """The components of indices that are not known everywhere."""
        return sorted({column for _, column in self._nodes})

    def cases(self, entries: int) -> Iterator[tuple[Values, Nodes]]:
        """All indices in each case. Raises NotLifted where they are too many."""
        among = [sorted({k for (_, c), (_, numbers) in self._nodes.items() if c == column for k in numbers}) for column in self.columns]
        if int(np.prod([len(numbers) for numbers in among])) * entries > MOST_CASES:
            raise NotLifted("an index that depends on the input")
        for values in product(*among):
            filled = self.known.copy()
            for row, column in self._nodes:
                filled[row, column] = values[self.columns.index(column)]
            yield values, filled

    def of_row(self, row: int, values: Values) -> list[tuple[int, int]]:
        """The nodes of a row that choose, each with its number in a case."""
        return [(self._nodes[row, c][0], value) for c, value in zip(self.columns, values, strict=True) if (row, c) in self._nodes]

    def happens(self, row: int, values: Values) -> bool:
        """Whether a case is one of this row's; what the row does not choose by is the same in several."""
        pairs = zip(self.columns, values, strict=True)
        return all(value in self._nodes[row, c][1] if (row, c) in self._nodes else value == self._first[c] for c, value in pairs)

    @property
    def _first(self) -> dict[int, int]:
        return {c: min(k for (_, column), (_, numbers) in self._nodes.items() if column == c for k in numbers) for c in self.columns}


def chosen_by_indices(scalars: Scalars, rows: Nodes, sizes: Sequence[int], rule: Callable[[Nodes], Nodes], owners: Nodes) -> Nodes:
    """What a rule of known indices gives, entry by entry by the row of indices that the entry belongs to."""
    with suppress(NotLifted):
        return rule(scalars.integers(rows))
    choices = Choices(scalars, rows, sizes)
    result = np.full(owners.shape, NONE)
    for values, indices in choices.cases(owners.size):
        here = rule(indices)
        for place in np.ndindex(owners.shape):
            row, before = int(owners[place]), int(result[place])
            if choices.happens(row, values):
                result[place] = _where(scalars, choices.of_row(row, values), int(here[place]), before)
    return result


def places_by_indices(
    scalars: Scalars, rows: Nodes, sizes: Sequence[int], rule: Callable[[Nodes], Nodes], owners: Nodes
) -> list[list[tuple[int | None, int]]]:
    """For each entry the places where it may go, each with its condition; None is one that holds always."""
    with suppress(NotLifted):
        return [[(None, place)] for place in rule(scalars.integers(rows)).ravel().tolist()]
    choices = Choices(scalars, rows, sizes)
    found: list[list[tuple[int | None, int]]] = [[] for _ in range(owners.size)]
    for values, indices in choices.cases(owners.size):
        places = rule(indices).ravel().tolist()
        for entry, (row, place) in enumerate(zip(owners.ravel().tolist(), places, strict=True)):
            if choices.happens(row, values):
                found[entry].append((_condition(scalars, choices.of_row(row, values)), place))
    return found


def _condition(scalars: Scalars, numbers: Sequence[tuple[int, int]]) -> int | None:
    conditions = [scalars.apply("equal", node, scalars.constant(number)) for node, number in numbers]
    return scalars.apply("and", *conditions) if len(conditions) > 1 else conditions[0] if conditions else None


def _where(scalars: Scalars, numbers: Sequence[tuple[int, int]], one: int, other: int) -> int:
    condition = _condition(scalars, numbers) if other != NONE else None
    return one if condition is None else scalars.apply("where", condition, one, other)
