"""What a wrong derivative lacks: the derivative of an addend, a term of the product rule, or the factor of the chain rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isclose, isfinite

from diffcheck.engines.certified import certify, enclose_value
from diffcheck.graph.graph import Apply, Graph, subgraph
from diffcheck.judgement.evidence import Written, named
from diffcheck.judgement.resemblance import SAME
from diffcheck.results import Status

MOST_ADDENDS = 20


def missing_part(function: Written, point: Mapping[str, float], names: Sequence[str], given: float, right: float) -> str:
    """What the value of a first derivative lacks, as a sentence; '' if nothing is seen, or more than one thing could be."""
    if len(names) != 1 or not (isfinite(given) and isfinite(right)):
        return ""
    found = list(_lacking(function, point, names[0], given, right))
    return found[0] if len(found) == 1 else ""


def _lacking(function: Written, point: Mapping[str, float], name: str, given: float, right: float) -> Iterator[str]:
    graph = function.graph
    root = graph.nodes[graph.output]
    if not isinstance(root, Apply):
        return
    for node, part, words in _parts(graph, root, point, name):
        if not isclose(part, 0, abs_tol=SAME * abs(right)) and isclose(given, right - part, rel_tol=SAME, abs_tol=SAME * abs(part)):
            yield words.format(named(function, node))
    if len(root.arguments) == 1:
        (inner,) = root.arguments
        slope = _slope(graph, inner, point, name)
        if slope is not None and not isclose(abs(slope), 1, rel_tol=SAME) and isclose(given * slope, right, rel_tol=SAME):
            yield f"The factor of the chain rule, the derivative of {named(function, inner)}, is missing"


def _parts(graph: Graph, root: Apply, point: Mapping[str, float], name: str) -> Iterator[tuple[int, float, str]]:
    """The parts that the derivative of a sum or product adds up: the node differentiated, the part, and the sentence if it is missing."""
    if root.function == "multiply":
        for node, other in (root.arguments, root.arguments[::-1]):
            slope, factor = _slope(graph, node, point, name), enclose_value(subgraph(graph, other), point)
            if slope is not None and factor is not None:
                yield node, slope * float(factor), "The term of the product rule with the derivative of {} is missing"
        return
    addends = list(_addends(graph, graph.output))
    for node, sign in addends if 1 < len(addends) <= MOST_ADDENDS else ():
        slope = _slope(graph, node, point, name)
        if slope is not None:
            yield node, sign * slope, "The derivative of {} is missing"


def _addends(graph: Graph, output: int) -> Iterator[tuple[int, int]]:
    """The nodes that a sum adds up, with their signs."""
    waiting = [(output, 1)]
    while waiting:
        i, sign = waiting.pop()
        node = graph.nodes[i]
        if isinstance(node, Apply) and node.function in _SIGNS:
            signs = _SIGNS[node.function]
            waiting += [(argument, sign * times) for argument, times in zip(node.arguments, signs, strict=True)]
        else:
            yield i, sign


_SIGNS = {"add": (1, 1), "subtract": (1, -1), "negate": (-1,)}


def _slope(graph: Graph, node: int, point: Mapping[str, float], name: str) -> float | None:
    """The derivative of a node; None where it is not proved."""
    found = certify(subgraph(graph, node), point, name)
    return float(found.derivative) if found.status is Status.SMOOTH and found.derivative is not None else None
