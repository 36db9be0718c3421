"""NaN from a branch of `where` that is not taken, and the rewriting that helps: tried before it is recommended.

`where` computes both of its branches, and reverse mode multiplies the slope of the one that is not taken by zero: 0·∞ is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product

from diffcheck.engines.certified import conditions, origins
from diffcheck.graph.build import expanded
from diffcheck.graph.graph import Apply, Graph, GraphBuilder, ancestors
from diffcheck.judgement.evidence import Cause, Evidence, Source, blame_of, named
from diffcheck.judgement.verdict import AGREES_ULPS
from diffcheck.results import Enclosure

SAFE = (Fraction(1), Fraction(2), Fraction(-1))  # arguments at which most functions are smooth


def dead_branch(evidence: Evidence) -> Cause | None:
    """`where` computes both of its branches, and reverse mode multiplies the slope of the other one by zero: 0·∞ is NaN."""
    if evidence.program is not None and not origins(evidence.program.graph, evidence.point):
        return None  # the program has a value in exact arithmetic
    graph = expanded(evidence.function.graph, lambda row: row.column("ball") is None)
    source = Source(graph, evidence.function.text)
    holds = conditions(graph, evidence.point)
    troubles = {origin.node: origin.reason for origin in origins(graph, evidence.point, evidence.wrt)}
    for i, node in enumerate(graph.nodes):
        if not isinstance(node, Apply) or node.function != "where" or holds[node.arguments[0]] is None:
            continue
        position = 2 if holds[node.arguments[0]] else 1
        dead = ancestors(graph, node.arguments[position])
        offender = next((j for j in dead if j in troubles), None)
        if offender is not None:
            words = f"the branch of `where` that is not taken {_in_trouble(source, offender, troubles[offender])}"
            return Cause(words, blame_of(source, offender), _remedy(evidence, source, _Guard(i, position, offender)))
    return None


def _in_trouble(source: Source, node: int, reason: str) -> str:
    text = named(source, node)
    if "division by zero" in reason:
        return f"divides by zero in {text}"
    return f"has no finite slope in {text}" + (f" ({reason})" if "not defined" in reason else "")


@dataclass(frozen=True, slots=True)
class _Guard:
    """A node in the dead branch (argument `position` of a `where`) whose argument is to be held away from trouble."""

    where: int
    position: int
    offender: int


def _remedy(evidence: Evidence, source: Source, guard: _Guard) -> str:
    """A rewriting of the offender's argument that was tried and gives the derivative."""
    offender = source.graph.nodes[guard.offender]
    assert isinstance(offender, Apply)
    for k, safe in product(reversed(range(len(offender.arguments))), SAFE):
        rewritten, guarded = _rewritten(source.graph, guard, k, safe)
        value = evidence.rerun(rewritten)
        if value is not None and _is_right(value, evidence):
            argument = named(source, offender.arguments[k])
            replacement = named(Source(guarded, source.text), guarded.output)
            return f"Rewriting the argument {argument} as {replacement} inside the branch gives {value:.17g}"
    return ""


def _is_right(value: float, evidence: Evidence) -> bool:
    truth = evidence.derivative
    if truth is None or not math.isfinite(value):
        return False
    _, error = truth.distance(Enclosure(Decimal(value), Decimal(0)))
    return error <= Decimal(AGREES_ULPS * evidence.format.ulp(min(abs(float(truth)), evidence.format.largest)))


def _rewritten(graph: Graph, guard: _Guard, k: int, safe: Fraction) -> tuple[Graph, Graph]:
    """The function with argument k of the offender guarded inside the dead branch; and the guarded argument alone."""
    builder = GraphBuilder()
    places: list[int] = []
    guarded = 0
    for i, (node, span) in enumerate(graph.placed_nodes):
        if i == guard.where:
            assert isinstance(node, Apply)
            guarded, branch = _guarded_branch(graph, guard, builder, places, k, safe)
            arguments = [places[j] for j in node.arguments]
            arguments[guard.position] = branch
            places.append(builder.apply("where", arguments))
        else:
            places.append(builder.copy(node, places, span))
    return builder.graph(places[graph.output]), builder.graph(guarded)


def _guarded_branch(graph: Graph, guard: _Guard, builder: GraphBuilder, places: list[int], k: int, safe: Fraction) -> tuple[int, int]:
    choice = graph.nodes[guard.where]
    assert isinstance(choice, Apply)
    inside = dict(enumerate(places))
    guarded = 0
    for j in ancestors(graph, choice.arguments[guard.position]):
        node = graph.nodes[j]
        if j == guard.offender:
            assert isinstance(node, Apply)
            arguments = [inside[a] for a in node.arguments]
            branches = (arguments[k], builder.constant(safe)) if guard.position == 1 else (builder.constant(safe), arguments[k])
            guarded = arguments[k] = builder.apply("where", (places[choice.arguments[0]], *branches))
            inside[j] = builder.apply(node.function, arguments)
        else:
            inside[j] = builder.copy(node, inside, None)
    return guarded, inside[choice.arguments[guard.position]]
