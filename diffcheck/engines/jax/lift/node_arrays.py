"""Arrays of nodes as an algebra of arrays: the rules for sliding windows, shared with whoever follows programs on whole arrays."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.jax.lift.array_algebra import NOWHERE, Places
from diffcheck.engines.jax.lift.scalars import Nodes, NotLifted, Scalars
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Definition, Graph, evaluate


class _Applied:
    """Nodes as an algebra: what is known is folded."""

    def __init__(self, scalars: Scalars) -> None:
        self._scalars = scalars

    def constant(self, value: Fraction) -> int:
        return self._scalars.constant(value)

    def apply(self, function: Function, arguments: Sequence[int]) -> int:
        return self._scalars.apply(function.name, *arguments)

    def call(self, definition: Definition, order: int, arguments: Sequence[int]) -> int:
        raise NotLifted(f"a derivative of {definition.name}")


class NodeArrays:
    """An `ArrayAlgebra`. Arrays of floats are known numbers, as in the algebra; all others are nodes."""

    note: Any = None

    def __init__(self, scalars: Scalars) -> None:
        self._scalars = scalars

    def moved(self, operands: Sequence[Any], places: Places) -> Nodes:
        nodes = np.concatenate([self.nodes(operand).ravel() for operand in operands])
        return np.where(places == NOWHERE, self._scalars.constant(0), nodes[places])

    def summed(self, operand: Any, places: Places, shape: Sequence[int]) -> Nodes:
        result = np.full(int(np.prod(shape)), self._scalars.constant(0))
        for place, entry in zip(places.ravel().tolist(), self.nodes(operand).ravel().tolist(), strict=True):
            result[place] = self._scalars.apply("add", int(result[place]), entry)
        return result.reshape(shape)

    def product(self, left: Any, right: Any) -> Nodes:
        a, b = self.nodes(left), self.nodes(right).swapaxes(1, 2)
        pairs = ((row, column) for rows, columns in zip(a.tolist(), b.tolist(), strict=True) for row in rows for column in columns)
        sums = [self._scalars.inner(*pair) for pair in pairs]
        return np.array(sums, np.int64).reshape(a.shape[0], a.shape[1], b.shape[1])

    def evaluated(self, graph: Graph, values: dict[str, Any]) -> Nodes:
        names = list(values)
        arrays = np.broadcast_arrays(*(self.nodes(value) for value in values.values()))
        entries = zip(*(array.ravel().tolist() for array in arrays), strict=True)
        applied = _Applied(self._scalars)
        found = [evaluate(graph, applied, dict(zip(names, entry, strict=True))) for entry in entries]
        return np.array(found, np.int64).reshape(arrays[0].shape)

    def integers(self, value: Any) -> NDArray[Any]:
        return self._scalars.integers(value)

    def floats(self, value: Any) -> NDArray[np.float64]:
        raise NotLifted("a number that depends on the input")

    def first(self, operand: Any, largest: bool) -> NDArray[Any]:
        raise NotLifted("an index that depends on the input")

    def order(self, operand: Any) -> NDArray[Any]:
        raise NotLifted("an order that depends on the input")

    def symmetric_eigen(self, operand: Any, like: Any) -> tuple[Any, Any]:
        raise NotLifted("eigenvalues")

    def eigenvalues(self, real: Any, imag: Any, like: Any) -> tuple[Any, Any]:
        raise NotLifted("eigenvalues")

    def nodes(self, value: Any) -> Nodes:
        return self._scalars.array(value) if np.asarray(value).dtype.kind == "f" else value
