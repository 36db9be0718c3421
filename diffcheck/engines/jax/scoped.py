"""Graphs whose operations JAX names by their places in the user's text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from diffcheck.engines.jax.lift import scope
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Algebra, Definition, Graph, Variable


class Scoped:
    """An algebra whose operations JAX names by their place in the user's text: the lifted program knows it from there."""

    def __init__(self, algebra: Algebra[Any], graph: Graph) -> None:
        self._algebra = algebra
        self._spans = iter([span for node, span in graph.placed_nodes if not isinstance(node, Variable)])

    def constant(self, value: Fraction) -> Any:
        next(self._spans)
        return self._algebra.constant(value)

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        with scope(next(self._spans)):
            return self._algebra.apply(function, arguments)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        with scope(next(self._spans)):
            return self._algebra.call(definition, order, arguments)
