"""What is proved of each node of a graph at a point, for the diagnosis of wrong values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flint import arb

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import enclosure, scope
from diffcheck.engines.certified.exact.certify import nodes_exactly
from diffcheck.engines.certified.exact.field import CHANGES_SIGN
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.values import TIE, Trouble, TroubleKind, Value, is_finite
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Apply, Graph, Node, arguments_of, evaluate_nodes

PRECISION_BITS = 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """A node in trouble whose arguments are not. A singular one may have a value, but has no two-sided power series.

    It `matters` if the output is in trouble because of it; a node in a branch that is not taken does not matter.
    """

    node: int
    reason: str
    is_singular: bool
    is_tie: bool
    matters: bool


def origins(graph: Graph, point: Mapping[str, float], wrt: str | None = None) -> list[Origin]:
    """The nodes at which a proved failure starts: at the point, or in a power series around it along a variable."""
    with scope(PRECISION_BITS):
        values = values_at(graph, point, wrt)
    troubled = [isinstance(value, Trouble) for value in values]
    mattering = reaching(graph, values, troubled)
    return [
        Origin(i, value.reason, value.kind is TroubleKind.SINGULAR, value.reason in (TIE, CHANGES_SIGN), i in mattering)
        for i, value in enumerate(values)
        if isinstance(value, Trouble)
        and value.kind is not TroubleKind.UNPROVED
        and not any(troubled[j] for j in arguments_of(graph.nodes[i]))
    ]


def reaching(graph: Graph, conditions: Sequence[object], marked: Sequence[bool]) -> set[int]:
    """The marked nodes that reach the output through marked nodes only, and not through a branch that is known not to be taken.

    `conditions` has a bool for each node that is a decided condition, and anything else for the others.
    """
    found, waiting = set[int](), [graph.output]
    while waiting:
        i = waiting.pop()
        if marked[i] and i not in found:
            found.add(i)
            waiting += live_arguments(graph.nodes[i], conditions)
    return found


def live_arguments(node: Node, conditions: Sequence[object]) -> tuple[int, ...]:
    """The arguments of a node; of a decided `where`, only the condition and the branch taken."""
    arguments = arguments_of(node)
    if not isinstance(node, Apply) or node.function != "where" or not isinstance(conditions[arguments[0]], bool):
        return arguments
    return arguments[0], arguments[1 if conditions[arguments[0]] else 2]


def enclose_nodes(graph: Graph, point: Mapping[str, float]) -> list[Enclosure | None]:
    """Enclosures of all nodes; None for conditions and for values that are not proved finite."""
    with scope(PRECISION_BITS):
        return [_enclosed(value) for value in values_at(graph, point, None)]


def conditions(graph: Graph, point: Mapping[str, float]) -> list[bool | None]:
    """Whether each condition holds; None for other nodes, and for conditions that are not decided."""
    with scope(PRECISION_BITS):
        return [value if isinstance(value, bool) else None for value in values_at(graph, point, None)]


def applied(function: Function, arguments: list[float]) -> Enclosure | None:
    """An enclosure of one function of floats; None if none is proved."""
    with scope(PRECISION_BITS):
        return _enclosed(POINT.apply(function, [arb(x) for x in arguments]))


def values_at(graph: Graph, point: Mapping[str, float], wrt: str | None) -> list[Value]:
    """The values of all nodes at the present precision; with `wrt`, their power series of two terms along that variable."""
    line = POINT if wrt is None else Line(2)
    values: dict[str, Value] = {name: arb(x) for name, x in point.items()}
    if wrt is not None:
        values[wrt] = line.variable(arb(point[wrt]), 1)
    found = evaluate_nodes(graph, line, values)
    if not any(map(_is_unproved, found)):
        return found
    exact = nodes_exactly(graph, point, wrt, PRECISION_BITS)
    return [other if _is_unproved(value) else value for value, other in zip(found, exact, strict=True)]


def _is_unproved(value: Value) -> bool:
    return isinstance(value, Trouble) and value.kind is TroubleKind.UNPROVED


def _enclosed(value: Value) -> Enclosure | None:
    if isinstance(value, (Trouble, bool)):
        return None
    ball = arb(value)
    return enclosure(ball) if is_finite(ball) else None
