"""Formulas that have no value because one of JAX's functions fails: zeta(1/2, q) is NaN in JAX, and a number in mathematics.

The formula is evaluated once more with the exact values of such functions, rounded. Their arguments are still floats, so that overflow
and cancellation on the way keep their effect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from diffcheck.engines.certified import applied
from diffcheck.engines.jax.values import run_nodes
from diffcheck.formats import Format
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Graph, arguments_of
from diffcheck.judgement.evidence import Written, blame_of, listed, named
from diffcheck.judgement.verdict import Judgement
from diffcheck.results import Blame, Outcome, Verdict

PASSING = (Outcome.PASS, Outcome.WARN)


@dataclass(frozen=True, slots=True)
class Mended:
    """A formula's value without failing functions, and the failing ones in words."""

    value: float
    failing: str
    blame: Blame | None


def mended(formula: Written, point: Mapping[str, float], fmt: Format) -> Mended | None:
    """A formula's value with exact values for JAX's failing functions; None if none of them fails, or it has no finite value even so."""

    def exactly(function: Function, arguments: Sequence[float]) -> float | None:
        exact = applied(function, list(arguments))
        return None if exact is None else fmt.round(exact.midpoint)

    before = run_nodes(formula.graph, point, fmt.name)
    after = run_nodes(formula.graph, point, fmt.name, exactly)
    value = after[formula.graph.output]
    failing = _failing(formula.graph, before, after)
    if value is None or not math.isfinite(value) or not failing:
        return None
    words = [f"{named(formula, i)} is {before[i]}" for i in failing]
    return Mended(value, f"{listed(words)} in JAX", blame_of(formula, failing[0]))


def despite_failing_routines(given: float, found: Mended, judged: Judgement) -> Judgement:
    """The judgement on a formula whose value was lost in failing functions, from that on its value without them."""
    if judged.outcome not in PASSING:
        return replace(judged, ulps=None, reason=f"{judged.reason} (the value is {given}, because {found.failing})")
    right = f"with the exact value there the formula gives {found.value + 0.0:.17g}, which is right"
    return Judgement(Verdict.INACCURATE, Outcome.WARN, None, f"the value is {given}, because {found.failing}; {right}")


def _failing(graph: Graph, before: Sequence[float | None], after: Sequence[float | None]) -> list[int]:
    """The nodes without a finite value of finite arguments that exact values mend."""
    turned_finite = [i for i in range(len(graph.nodes)) if not _is_finite(before[i]) and _is_finite(after[i])]
    return [i for i in turned_finite if all(_is_finite(before[j]) for j in arguments_of(graph.nodes[i]))]


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
