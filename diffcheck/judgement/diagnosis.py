"""Why a value is not the derivative: a cause in words, and the operation to blame in the user's own text.

A verdict is reached before a cause is looked for, and no cause changes it. Each verdict has its diagnosers, tried in order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product

from diffcheck.engines.certified import Arithmetic, applied, conditions, culprit, enclose_nodes, origins
from diffcheck.graph.build import expanded
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Graph, GraphBuilder, ancestors, arguments_of, prune
from diffcheck.graph.text import Infix, one_line
from diffcheck.judgement.formats import Format
from diffcheck.judgement.verdict import AGREES_ULPS, Judgement, shown
from diffcheck.results import EXACT, Blame, Enclosure, Verdict

LONGEST = 60  # characters of an expression within a sentence
SAFE = (Fraction(1), Fraction(2), Fraction(-1))  # arguments at which most functions are smooth
ROUNDED_AWAY = 100  # ulps of one operation beyond which its own inaccuracy is the cause


@dataclass(frozen=True, slots=True)
class Source:
    """A graph, and the text into which its spans point."""

    graph: Graph
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a cause is looked for: the function, the program that computed the value (if it is known), and the point.

    `rerun` is the value of the same derivative, by the same engine and mode, for another function; `run_nodes` gives the floats
    that JAX computes for every node of a graph.
    """

    function: Source
    program: Source | None
    point: Mapping[str, float]
    wrt: str
    format: Format
    arithmetic: Arithmetic
    derivative: Enclosure | None
    rerun: Callable[[Graph], float | None]
    run_nodes: Callable[[Graph], list[float | None]]


@dataclass(frozen=True, slots=True)
class Cause:
    """A clause that follows "because" or a colon, what would help, and the piece of text to underline."""

    words: str
    blame: Blame | None = None
    remedy: str = ""


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


# A branch that is not taken


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
            return Cause(words, _blame(source, offender), _remedy(evidence, source, _Guard(i, position, offender)))
    return None


def _in_trouble(source: Source, node: int, reason: str) -> str:
    text = _named(source, node)
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
            argument = _named(source, offender.arguments[k])
            replacement = _named(Source(guarded, source.text), guarded.output)
            return f"Rewriting the argument {argument} as {replacement} inside the branch gives {value:.17g}"
    return ""


def _is_right(value: float, evidence: Evidence) -> bool:
    truth = evidence.derivative
    if truth is None or not math.isfinite(value):
        return False
    error = EXACT.subtract(Decimal(value), truth.midpoint).copy_abs()
    return error <= EXACT.add(truth.radius, Decimal(AGREES_ULPS * evidence.format.ulp(float(truth))))


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
    return builder.graph(places[graph.output]), prune(Graph(tuple(builder.nodes), guarded))


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


# Overflow and underflow on the way


def out_of_range(evidence: Evidence) -> Cause | None:
    """The first operation of the program whose exact value is no float: too large, or so small that it becomes zero."""
    if evidence.program is None:
        return None
    largest, smallest = Decimal(evidence.format.largest), Decimal(evidence.format.smallest_normal)
    for i, value in enumerate(enclose_nodes(evidence.program.graph, evidence.point)):
        if value is None or value.contains(Decimal(0)):
            continue
        size = value.midpoint.copy_abs()
        if size > largest:
            words = f"{_named(evidence.program, i)} is {value.midpoint:.2e} on the way, larger than every {evidence.format.name}"
        elif size < smallest:
            words = f"{_named(evidence.program, i)} is {value.midpoint:.2e} on the way, which becomes 0 in {evidence.format.name}"
        else:
            continue
        return Cause(words, _blame(evidence.program, i))
    return None


def infinite_in_floats(evidence: Evidence) -> Cause | None:
    """The first operation of the program that turns finite floats into an infinite one or NaN: rounding has moved them there."""
    if evidence.program is None:
        return None
    graph = evidence.program.graph
    floats = evidence.run_nodes(graph)
    for i, (node, value) in enumerate(zip(graph.nodes, floats, strict=True)):
        given = [floats[j] for j in arguments_of(node)]
        if value is None or math.isfinite(value) or not given or any(x is None or not math.isfinite(x) for x in given):
            continue
        at = ", ".join(f"{x:.17g}" for x in given)
        words = f"{_named(evidence.program, i)} is {value} in {evidence.format.name}: its argument{'s' * (len(given) > 1)} came out as {at}"
        return Cause(words, _blame(evidence.program, i))
    return None


def undefined_operation(evidence: Evidence) -> Cause | None:
    """The program has no value in exact arithmetic either: where that begins."""
    if evidence.program is None:
        return None
    first = next(iter(origins(evidence.program.graph, evidence.point)), None)
    if first is None:
        return None
    text = _named(evidence.program, first.node)
    words = f"it divides by zero in {text}" if first.reason == "division by zero" else f"{text} has no value there ({first.reason})"
    return Cause(words, _blame(evidence.program, first.node))


# Rules that are wrong at a tie


def met_at_a_tie(evidence: Evidence) -> Cause | None:
    """The pieces of the function that meet at the point: each got a slope of its own, and together they are not the derivative."""
    graph = evidence.function.graph
    ties = [origin.node for origin in origins(graph, evidence.point, evidence.wrt) if origin.is_tie]
    if not ties:
        return None
    named, one = _listed([_named(evidence.function, i) for i in ties]), len(ties) == 1
    if all(FUNCTIONS[node.function].gives_condition for i in ties if isinstance(node := graph.nodes[i], Apply)):
        words = f"{named} {'is' if one else 'are'} decided for this point alone, and the branch taken there has another slope"
    else:
        words = f"{named} {'has a corner' if one else 'have corners'} here, and the slopes chosen there do not add up to the derivative"
    return Cause(words, _blame(evidence.function, ties[0]))


def corners(function: Source, point: Mapping[str, float], wrt: str) -> str:
    """The pieces of a function that have a corner at the point, in words; '' where none is found."""
    singular = [origin.node for origin in origins(function.graph, point, wrt) if origin.is_singular]
    return _listed([_named(function, i) for i in singular])


# Rounding, and library functions that are not accurate


def magnified_rounding(evidence: Evidence) -> Cause | None:
    """The operation whose rounding contributes most to the error bound, and the one that magnifies it."""
    found = culprit(evidence.program.graph, evidence.point, evidence.arithmetic) if evidence.program is not None else None
    if found is None:
        return None
    assert evidence.program is not None
    words = f"most of the error is the rounding of {_named(evidence.program, found.node)}"
    if found.magnifier is not None:
        times = f"{found.factor:.0e} times" if math.isfinite(found.factor) else "without bound"
        words += f", which {_named(evidence.program, found.magnifier)} magnifies {times}"
    return Cause(words, _blame(evidence.program, found.node))


def inaccurate_operation(evidence: Evidence) -> Cause | None:
    """The operation of the program whose float is furthest, in ulps, from its exact value at the floats that it was given."""
    if evidence.program is None:
        return None
    floats = evidence.run_nodes(evidence.program.graph)
    worst = max(_local_errors(evidence.program.graph, floats, evidence.format), default=None)
    if worst is None or worst[0] < ROUNDED_AWAY:
        return None
    _, node, exact = worst
    words = f"{_named(evidence.program, node)} is {floats[node]:.6g} in JAX, and {shown(exact)} exactly"
    return Cause(words, _blame(evidence.program, node))


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


# Words


def _named(source: Source, node: int) -> str:
    """A node as mathematics; where that is long, the piece of the user's text that it comes from."""
    written = one_line(prune(Graph(source.graph.nodes, node)), Infix())
    if written is not None and len(written) <= LONGEST:
        return f"`{written}`"
    span = source.graph.spans[node] if source.graph.spans else None
    if span is None:
        return "an operation"
    text = source.text[span.start : span.end]
    return f"an operation of `{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"


def _blame(source: Source, node: int) -> Blame | None:
    span = source.graph.spans[node] if source.graph.spans else None
    return None if span is None else Blame(source.text, span.start, span.end)


def _listed(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)


_DIAGNOSERS: Mapping[Verdict, tuple[Callable[[Evidence], Cause | None], ...]] = {
    Verdict.NONFINITE: (dead_branch, undefined_operation, out_of_range, infinite_in_floats),
    Verdict.WRONG: (met_at_a_tie,),
    Verdict.UNSTABLE: (magnified_rounding,),
    Verdict.INACCURATE: (out_of_range, inaccurate_operation),
}
