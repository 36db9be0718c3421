"""What is proved of every node of a graph at a point: for the search of causes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flint import arb

from diffcheck.engines.certified.certificate import enclosure, scope
from diffcheck.engines.certified.exact.certify import nodes_exactly
from diffcheck.engines.certified.exact.field import CHANGES_SIGN
from diffcheck.engines.certified.line import POINT, TIE, Kind, Line, Trouble, Value, is_finite
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Apply, Graph, Node, arguments_of, evaluate_nodes
from diffcheck.results import Enclosure

PRECISION_BITS = 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """A node that is in trouble though what it uses is not; a singular one has a value, but no two-sided power series.

    It `matters` where the output is in trouble because of it: not in a branch that is not taken.
    """

    node: int
    reason: str
    is_singular: bool
    is_tie: bool
    matters: bool


def origins(graph: Graph, point: Mapping[str, float], wrt: str | None = None) -> list[Origin]:
    """Where troubles begin that are proved: at the point, or in a power series around it along a variable."""
    with scope(PRECISION_BITS):
        values = _values(graph, point, wrt)
    troubled = [isinstance(value, Trouble) for value in values]
    mattering = reaching(graph, values, troubled)
    return [
        Origin(i, value.reason, value.kind is Kind.SINGULAR, value.reason in (TIE, CHANGES_SIGN), i in mattering)
        for i, value in enumerate(values)
        if isinstance(value, Trouble) and value.kind is not Kind.UNPROVED and not any(troubled[j] for j in arguments_of(graph.nodes[i]))
    ]


def reaching(graph: Graph, conditions: Sequence[object], marked: Sequence[bool]) -> set[int]:
    """The marked nodes from which the output is reached by way of marked nodes, and of branches that are taken or may be.

    `conditions` holds the truth of the nodes that are decided conditions, and anything else for the others.
    """
    found, waiting = set[int](), [graph.output]
    while waiting:
        i = waiting.pop()
        if marked[i] and i not in found:
            found.add(i)
            waiting += live_arguments(graph.nodes[i], conditions)
    return found


def live_arguments(node: Node, conditions: Sequence[object]) -> tuple[int, ...]:
    """What a node uses; of a choice that is decided, the condition and the branch taken."""
    arguments = arguments_of(node)
    if not isinstance(node, Apply) or node.function != "where" or not isinstance(conditions[arguments[0]], bool):
        return arguments
    return arguments[0], arguments[1 if conditions[arguments[0]] else 2]


def enclose_nodes(graph: Graph, point: Mapping[str, float]) -> list[Enclosure | None]:
    """The values of all nodes; None for conditions and for what is not proved finite."""
    with scope(PRECISION_BITS):
        return [_enclosed(value) for value in _values(graph, point, None)]


def conditions(graph: Graph, point: Mapping[str, float]) -> list[bool | None]:
    """The truth of all nodes that are conditions; None for the others, and where it is not decided."""
    with scope(PRECISION_BITS):
        return [value if isinstance(value, bool) else None for value in _values(graph, point, None)]


def applied(function: Function, arguments: list[float]) -> Enclosure | None:
    """The value of one function of floats; None where none is proved."""
    with scope(PRECISION_BITS):
        return _enclosed(POINT.apply(function, [arb(x) for x in arguments]))


def _values(graph: Graph, point: Mapping[str, float], wrt: str | None) -> list[Value]:
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
    return isinstance(value, Trouble) and value.kind is Kind.UNPROVED


def _enclosed(value: Value) -> Enclosure | None:
    if isinstance(value, (Trouble, bool)):
        return None
    ball = arb(value)
    return enclosure(ball) if is_finite(ball) else None
