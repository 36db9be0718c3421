"""Predicates within rounding of a tie: in floats, |x - π| may turn either way at the float next to π.

A predicate decides by the sign of a difference d. Where |d| is not larger than the rounding bound of d, the function with that
difference moved to the other side of zero is another one that the program may have computed; its derivative is as good an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from diffcheck.enclosure import EXACT, UP
from diffcheck.engines.certified.bounds.rounding import Arithmetic, rounding_bound
from diffcheck.engines.certified.status.enclose import enclose_value
from diffcheck.graph.build import expanded
from diffcheck.graph.functions import FUNCTIONS, MEANT, DecidesBy
from diffcheck.graph.graph import Apply, Graph, GraphBuilder, subgraph

MOST_TIES = 256  # are followed: each costs one more derivative
LARGEST_STEP = Decimal("1e300")


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """The function with ties turned to their other sides. `crossed` is False where rounding reaches the tie itself, not beyond: a
    subnormal number is flushed to zero, and has lost its sign, but never gets the other one.
    """

    graph: Graph
    crossed: bool


@dataclass(frozen=True, slots=True)
class Ties:
    """The functions that rounding may turn a function into at a point: each tie turned alone, and all of them together.

    `count` is the number of ties; if there are more than MOST_TIES, none is followed.
    """

    count: int
    each: tuple[Turn, ...] = ()
    together: tuple[Turn, ...] = ()  # empty if there is only one tie

    @property
    def are_too_many(self) -> bool:
        return self.count > MOST_TIES


def ties_within_rounding(graph: Graph, point: Mapping[str, float], arithmetic: Arithmetic) -> Ties:
    """The conditions of a function that floats may decide either way at a point."""
    graph = expanded(graph, lambda row: row.may_jump or row.column("ball") is MEANT)
    steps = list(_steps(graph, point, arithmetic))
    if len(steps) > MOST_TIES:
        return Ties(len(steps))
    each = tuple(Turn(_moved(graph, {step.node: step.size}), step.crosses) for step in steps)
    if len(each) < 2:
        return Ties(len(each), each)
    together = Turn(_moved(graph, {step.node: step.size for step in steps}), all(step.crosses for step in steps))
    return Ties(len(each), each, (together,))


@dataclass(frozen=True, slots=True)
class _Turn:
    """What must be added to the first argument of a node that decides by a sign, to turn that sign."""

    node: int
    size: Fraction
    crosses: bool


def _steps(graph: Graph, point: Mapping[str, float], arithmetic: Arithmetic) -> Iterator[_Turn]:
    for i, node in enumerate(graph.nodes):
        if not isinstance(node, Apply) or not FUNCTIONS[node.function].decides_by:
            continue
        difference = _difference(graph, node, point)
        distance = enclose_value(difference, point)
        bound = rounding_bound(difference, point, arithmetic)
        if distance is None or bound is None:
            continue
        reach = UP.add(bound, Decimal(arithmetic.smallest_normal) if distance.midpoint else Decimal(0))  # subnormals are flushed to zero
        if 0 < reach < LARGEST_STEP and distance.magnitude <= reach:
            beyond = UP.multiply(reach, 2)
            yield _Turn(i, Fraction(EXACT.minus(beyond) if distance.midpoint > 0 else beyond), distance.magnitude <= bound)


def _difference(graph: Graph, node: Apply, point: Mapping[str, float]) -> Graph:
    """What a predicate compares with zero, as a graph of its own."""
    builder = GraphBuilder()
    for other in graph.nodes:
        builder.add(other)
    first, decides_by = node.arguments[0], FUNCTIONS[node.function].decides_by
    if decides_by is DecidesBy.SIGN:
        return builder.graph(first)
    second = _nearest_whole(builder, graph, first, point) if decides_by is DecidesBy.WHOLE else node.arguments[-1]
    return builder.graph(builder.apply("subtract", (first, second)))


def _nearest_whole(builder: GraphBuilder, graph: Graph, node: int, point: Mapping[str, float]) -> int:
    value = enclose_value(subgraph(graph, node), point)
    near = value is not None and value.midpoint.copy_abs() < LARGEST_STEP
    return builder.constant(Fraction(value.midpoint.to_integral_value()) if value is not None and near else Fraction(0))


def _moved(graph: Graph, steps: Mapping[int, Fraction]) -> Graph:
    """The graph with a constant added to the first argument of some nodes."""
    builder = GraphBuilder()
    places: list[int] = []
    for i, (node, span) in enumerate(graph.placed_nodes):
        if isinstance(node, Apply) and i in steps:
            arguments: Sequence[int] = [places[j] for j in node.arguments]
            moved = builder.apply("add", (arguments[0], builder.constant(steps[i])))
            places.append(builder.add(Apply(node.function, (moved, *arguments[1:])), span))
        else:
            places.append(builder.copy(node, places, span))
    return builder.graph(places[graph.output])
