"""What is said of an operation that has no derivative at its operands: which slopes there are, and which one JAX takes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import Linearised, certify
from diffcheck.engines.jax.nodewise import slopes_taken
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Graph, GraphBuilder, arguments_of
from diffcheck.results import Certificate, Status
from diffcheck.traces.labels import Labels

TIE = "a tie here: next to the point it may be decided the other way, and JAX follows the branch that is taken at the point"


def kink_note(graph: Graph, i: int, proved: Linearised, floats: Sequence[float | None], dtype: str, labels: Labels) -> str:
    """A sentence on node i, without a full stop."""
    node = graph.nodes[i]
    if not isinstance(node, Apply):
        return "no derivative is proved here"
    if FUNCTIONS[node.function].gives_condition:
        return TIE
    taken = slopes_taken(graph, i, [floats[j] for j in node.arguments], dtype)
    said = [_said(graph, i, k, proved, slope, labels) for k, slope in enumerate(taken) if _passes(graph, node.arguments[k], labels)]
    return "; ".join(dict.fromkeys(filter(None, said)))


def _passes(graph: Graph, j: int, labels: Labels) -> bool:
    """Whether an argument is a row that is a number."""
    return j in labels.names and not graph.is_condition(j)


def _said(graph: Graph, i: int, k: int, proved: Linearised, taken: float | None, labels: Labels) -> str:
    found = _alone(graph, i, k, proved)
    operand = labels.names[arguments_of(graph.nodes[i])[k]]
    chosen = "" if taken is None else f": JAX takes {_number(taken)}"
    if found is None or found.status is Status.UNDECIDED:
        return f"no derivative in {operand} is proved here{chosen}"
    if found.status is Status.KINK and found.left is not None and found.right is not None:
        return f"a kink in {operand}, the slopes are {_decimal(found.left)} and {_decimal(found.right)}{chosen}"
    if found.status is Status.SMOOTH:
        return f"smooth in {operand}{chosen}"
    return f"{found.status.value} in {operand}{chosen}"


def _alone(graph: Graph, i: int, k: int, proved: Linearised) -> Certificate | None:
    """What is proved of the operation as a function of one operand, where all of them are rational numbers, and this one a float."""
    builder, arguments = GraphBuilder(), arguments_of(graph.nodes[i])
    values = [_rational(proved.values[j]) for j in arguments]
    if any(value is None for value in values):
        return None
    known = [value for value in values if value is not None]
    if Fraction(float(known[k])) != known[k]:
        return None
    node = graph.nodes[i]
    assert isinstance(node, Apply)
    operands = [builder.variable("u") if arguments[m] == arguments[k] else builder.constant(value) for m, value in enumerate(known)]
    return certify(builder.graph(builder.apply(node.function, operands)), {"u": float(known[k])}, "u")


def _rational(enclosure: Enclosure | None) -> Fraction | None:
    """The number itself, where its enclosure holds no other."""
    if enclosure is None or enclosure.radius or enclosure.is_beyond or abs(enclosure.midpoint.adjusted()) > 400:
        return None
    return Fraction(enclosure.midpoint)


def _decimal(enclosure: Enclosure) -> str:
    return _number(float(enclosure.midpoint)) if enclosure.midpoint != Decimal(0) else "0"


def _number(value: float) -> str:
    return f"{value:.6g}"
