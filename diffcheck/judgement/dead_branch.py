"""NaN from a branch of `where` that is not taken, and the rewriting that helps: tried before it is recommended.

`where` computes both of its branches, and reverse mode multiplies the slope of the one that is not taken by zero: 0·∞ is NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import chain, product

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import conditions, origins
from diffcheck.engines.derivation import Cause
from diffcheck.graph.build import expanded
from diffcheck.graph.functions import MEANT
from diffcheck.graph.graph import Apply, Graph, GraphBuilder, ancestors
from diffcheck.judgement.evidence import Evidence, Written, blame_of, listed, named
from diffcheck.judgement.verdict import AGREES_ULPS

SAFE = (Fraction(1), Fraction(2), Fraction(-1))  # arguments at which most functions are smooth
MOST_BRANCHES = 4  # that are guarded together


def dead_branch(evidence: Evidence) -> Cause | None:
    """`where` computes both of its branches, and reverse mode multiplies the slope of the other one by zero: 0·∞ is NaN.

    A branch is blamed only if guarding it changes the value. If several are in trouble, they are guarded one after another.
    """
    if evidence.program is not None and not any(origin.matters for origin in origins(evidence.program.graph, evidence.point)):
        return None  # the program has a value in exact arithmetic
    source = Written(expanded(evidence.function.graph, lambda row: row.column("ball") is MEANT), evidence.function.text)
    found = _offenders(evidence, source)
    if not found:
        return None
    cause, before, rewritings = _blamed(source, found[0]), evidence.rerun(source.graph), list[str]()
    for _ in range(MOST_BRANCHES):
        trial = _best_trial(evidence, source, found[0])
        rewritings.append(trial.rewriting)
        if trial.value is not None and _is_right(trial.value, evidence):
            return replace(cause, remedy=f"Rewriting {listed(rewritings)} inside the branch gives {trial.value:.17g}")
        if repr(trial.value) != repr(before):
            return cause
        source = Written(trial.graph, source.text)
        found = _offenders(evidence, source)
        if not found:
            return None
    return None


@dataclass(frozen=True, slots=True)
class _Guard:
    """A node in the dead branch (argument `position` of a `where`) whose argument is to be held away from trouble."""

    where: int
    position: int
    offender: int
    reason: str


def _offenders(evidence: Evidence, source: Written) -> list[_Guard]:
    """The first node in trouble of each branch that is not taken."""
    graph = source.graph
    holds = conditions(graph, evidence.point)
    troubles = {origin.node: origin.reason for origin in origins(graph, evidence.point, evidence.wrt)}
    found = []
    for i, node in enumerate(graph.nodes):
        if isinstance(node, Apply) and node.function == "where" and holds[node.arguments[0]] is not None:
            position = 2 if holds[node.arguments[0]] else 1
            dead = ancestors(graph, node.arguments[position])
            found += [_Guard(i, position, j, troubles[j]) for j in dead if j in troubles][:1]
    return found


def _blamed(source: Written, guard: _Guard) -> Cause:
    text = named(source, guard.offender)
    if "division by zero" in guard.reason:
        trouble = f"divides by zero in {text}"
    else:
        trouble = f"has no finite slope in {text}" + (f" ({guard.reason})" if "not defined" in guard.reason else "")
    return Cause(f"the branch of `where` that is not taken {trouble}", blame_of(source, guard.offender))


@dataclass(frozen=True, slots=True)
class _Trial:
    """The function with one argument guarded, the rewriting in words, and the value that the same mode of JAX then gives."""

    graph: Graph
    rewriting: str
    value: float | None


def _best_trial(evidence: Evidence, source: Written, guard: _Guard) -> _Trial:
    """The first rewriting of the offender's arguments that gives the derivative, else the first of all."""
    offender = source.graph.nodes[guard.offender]
    assert isinstance(offender, Apply)
    trials = (_tried(evidence, source, guard, k, safe) for k, safe in product(reversed(range(len(offender.arguments))), SAFE))
    first = next(trials)
    return next((trial for trial in chain((first,), trials) if trial.value is not None and _is_right(trial.value, evidence)), first)


def _tried(evidence: Evidence, source: Written, guard: _Guard, k: int, safe: Fraction) -> _Trial:
    offender = source.graph.nodes[guard.offender]
    assert isinstance(offender, Apply)
    rewritten, guarded = _rewritten(source.graph, guard, k, safe)
    argument, replacement = named(source, offender.arguments[k]), named(Written(guarded, source.text), guarded.output)
    return _Trial(rewritten, f"the argument {argument} as {replacement}", evidence.rerun(rewritten))


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
