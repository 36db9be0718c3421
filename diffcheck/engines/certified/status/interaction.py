"""Which variables of a graph interact: where two do not, their mixed derivatives are 0 wherever f is smooth.

f is a sum of terms; if no term depends on both, ∂²f/∂a∂b = 0 exactly. Balls only give a small number for it, of any precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product

from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Definition, Graph, evaluate

LINEAR = frozenset(("add", "subtract", "negate"))
Pair = frozenset[str]


@dataclass(frozen=True, slots=True)
class Dependence:
    """The variables of a node, and the pairs of them by which its mixed derivative may not vanish."""

    variables: frozenset[str] = frozenset()
    pairs: frozenset[Pair] = frozenset()


def _joined(parts: Sequence[Dependence]) -> Dependence:
    """Of a sum."""
    return Dependence(frozenset().union(*(part.variables for part in parts)), frozenset().union(*(part.pairs for part in parts)))


def _mingled(parts: Sequence[Dependence]) -> Dependence:
    """Of any function of the parts."""
    variables = _joined(parts).variables
    return Dependence(variables, frozenset(map(frozenset, combinations(sorted(variables), 2))))


class _Interaction:
    """The algebra. Branches of `where` count with their own pairs: its condition does not change around a smooth point."""

    def constant(self, value: Fraction) -> Dependence:
        return Dependence()

    def apply(self, function: Function, arguments: Sequence[Dependence]) -> Dependence:
        if function.name in LINEAR:
            return _joined(arguments)
        if function.name == "where":
            return _joined(arguments[1:])
        if function.name == "multiply":
            first, second = arguments
            found = _joined(arguments)
            across = frozenset(frozenset(pair) for pair in product(first.variables, second.variables))
            return Dependence(found.variables, found.pairs | across)
        if function.name == "divide" and not arguments[1].variables:
            return arguments[0]
        return _mingled(arguments)

    def call(self, definition: Definition, order: int, arguments: Sequence[Dependence]) -> Dependence:
        return _mingled(arguments)


@lru_cache(maxsize=64)
def _of(graph: Graph) -> frozenset[Pair]:
    return evaluate(graph, _Interaction(), {name: Dependence(frozenset((name,))) for name in graph.variables}).pairs


def interact(graph: Graph, a: str, b: str) -> bool:
    """Whether ∂²f/∂a∂b may be other than 0 where every operation is analytic at its arguments."""
    return frozenset((a, b)) in _of(graph)
