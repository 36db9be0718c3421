"""Why a value is not the derivative: a cause in words, and the operation to blame in the user's own text.

A verdict is reached before a cause is looked for, and no cause changes it. Each verdict has its diagnosers, tried in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.engines.certified import applied, culprit, origins
from diffcheck.engines.derivation import Cause
from diffcheck.formats import Format
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Graph
from diffcheck.judgement.dead_branch import dead_branch
from diffcheck.judgement.evidence import Evidence, Written, blame_of, listed, named
from diffcheck.judgement.lost import lost, out_of_range, undefined_operation
from diffcheck.judgement.verdict import Judgement
from diffcheck.judgement.wording import shown
from diffcheck.results import Blame, Verdict

ROUNDED_AWAY = 100  # ulps of one operation beyond which its own inaccuracy is the cause


def why(judgement: Judgement, evidence: Callable[[], Evidence]) -> tuple[str, Blame | None]:
    """The reason of a judgement with its cause, as far as one is found, and the operation to blame."""
    diagnosers = _DIAGNOSERS.get(judgement.verdict)
    if diagnosers is None:
        return judgement.reason, None
    found = (diagnose(evidence()) for diagnose in diagnosers)
    cause = next((cause for cause in found if cause is not None), None)
    if cause is None:
        return judgement.reason, None
    return ". ".join(filter(None, (_sentence(judgement, cause), cause.remedy))), cause.blame


def _sentence(judgement: Judgement, cause: Cause) -> str:
    value, _, truth = judgement.reason.partition("; ")
    if judgement.verdict is Verdict.NONFINITE:
        return f"{value} because {cause.words}; {truth}"
    return f"{judgement.reason}{'; ' if judgement.verdict is Verdict.UNSTABLE else ': '}{cause.words}"


# Functions of the user's


def in_the_code(evidence: Evidence) -> Cause | None:
    """A custom rule that is wrong, or a conversion to a narrower format."""
    return evidence.in_the_code()


# Rules that are wrong at a tie


def met_at_a_tie(evidence: Evidence) -> Cause | None:
    """The pieces of the function that meet at the point: each got a slope of its own, and together they are not the derivative."""
    graph = evidence.function.graph
    ties = [origin.node for origin in origins(graph, evidence.point, evidence.wrt) if origin.is_tie and origin.matters]
    if not ties:
        return None
    pieces, one = listed([named(evidence.function, i) for i in ties]), len(ties) == 1
    if all(FUNCTIONS[node.function].gives_condition for i in ties if isinstance(node := graph.nodes[i], Apply)):
        words = f"{pieces} {'is' if one else 'are'} decided for this point alone, and the branch taken there has another slope"
    else:
        words = f"{pieces} {'has a corner' if one else 'have corners'} here, and the slopes chosen there do not add up to the derivative"
    return Cause(words, blame_of(evidence.function, ties[0]))


def corners(function: Written, point: Mapping[str, float], wrt: str) -> str:
    """The pieces of a function that have a corner at the point, in words; '' where none is found."""
    singular = [origin.node for origin in origins(function.graph, point, wrt) if origin.is_singular and origin.matters]
    return listed([named(function, i) for i in singular])


# Rounding, and library functions that are not accurate


def magnified_rounding(evidence: Evidence) -> Cause | None:
    """The operation whose rounding contributes most to the error bound, and the one that magnifies it."""
    found = culprit(evidence.program.graph, evidence.point, evidence.arithmetic) if evidence.program is not None else None
    if found is None:
        return None
    assert evidence.program is not None
    words = f"most of the error is the rounding of {named(evidence.program, found.node)}"
    if found.magnifier is not None:
        times = f"{found.factor:.0e} times" if math.isfinite(found.factor) else "without bound"
        words += f", which {named(evidence.program, found.magnifier)} magnifies {times}"
    return Cause(words, blame_of(evidence.program, found.node))


def inaccurate_operation(evidence: Evidence) -> Cause | None:
    """The operation of the program whose float is furthest, in ulps, from its exact value at the floats that it was given."""
    if evidence.program is None:
        return None
    floats = evidence.run_nodes(evidence.program.graph)
    worst = max(_local_errors(evidence.program.graph, floats, evidence.format), default=None)
    if worst is None or worst[0] < ROUNDED_AWAY:
        return None
    _, node, exact = worst
    words = f"{named(evidence.program, node)} is {floats[node]:.6g} in JAX, and {shown(exact)} exactly"
    return Cause(words, blame_of(evidence.program, node))


def _local_errors(graph: Graph, floats: list[float | None], fmt: Format) -> Iterator[tuple[float, int, Enclosure]]:
    """(ulps, node, exact value) of the operations that could be compared."""
    for i, node in enumerate(graph.nodes):
        value = floats[i]
        if not isinstance(node, Apply) or value is None or not math.isfinite(value):
            continue
        arguments = [floats[j] for j in node.arguments]
        given = [x for x in arguments if x is not None and math.isfinite(x)]
        exact = applied(FUNCTIONS[node.function], given) if given and len(given) == len(arguments) else None
        if exact is not None:
            error = EXACT.subtract(Decimal(value), exact.midpoint).copy_abs()
            yield float(EXACT.divide(error, Decimal(fmt.ulp(min(abs(float(exact)), fmt.largest))))), i, exact


_DIAGNOSERS: Mapping[Verdict, tuple[Callable[[Evidence], Cause | None], ...]] = {
    Verdict.NONFINITE: (dead_branch, lost, undefined_operation, out_of_range),
    Verdict.WRONG: (in_the_code, met_at_a_tie),
    Verdict.UNSTABLE: (in_the_code, magnified_rounding),
    Verdict.INACCURATE: (in_the_code, out_of_range, inaccurate_operation),
}
