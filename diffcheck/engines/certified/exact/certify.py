"""The exact algebra asked for a certificate at a point of floats, each the rational number that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby

from diffcheck.engines.certified.certificate import enclosure, narrow
from diffcheck.engines.certified.exact.field import NoValue
from diffcheck.engines.certified.exact.number import Number
from diffcheck.engines.certified.exact.pointwise import Infinite
from diffcheck.engines.certified.exact.reals import BITS, Reals
from diffcheck.engines.certified.exact.sides import Function, Joint, cuts, derivative, joint, of_graph, undecided
from diffcheck.engines.certified.line import Kind, Trouble
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Enclosure, Status

Point = Mapping[str, float]


def certify_exactly(graph: Graph, point: Point, wrt: str, order: int) -> Certificate:
    """What the function is at a point, and its derivative of this order by one variable, or its one-sided ones."""
    return _certificate(lambda reals, values, cut: joint(reals, of_graph(graph, cut), values, wrt, order, cut), point)


def certify_mixed_exactly(graph: Graph, point: Point, names: Sequence[str]) -> Certificate:
    """A mixed derivative, as the derivative of a derivative: by the variables in their order, and in the opposite one."""

    def mixed(reals: Reals, values: Mapping[str, Number], cut: int) -> Joint:
        f = of_graph(graph, cut)
        at_point = f(reals, values)
        if isinstance(at_point, (Trouble, Infinite)):
            return joint(reals, f, values, names[0], 1, cut)
        found = [_iterated(reals, f, values, order, cut) for order in (names, names[::-1])]
        return _agreed(reals, at_point, *found)

    return _certificate(mixed, point)


def value_exactly(graph: Graph, point: Point) -> Enclosure | Trouble:
    """The value at a point."""
    reals = Reals()
    found = of_graph(graph, 0)(reals, _exact(reals, point))
    try:
        return Trouble(Kind.UNDEFINED, "f is infinite there") if isinstance(found, Infinite) else found if isinstance(found, Trouble) else enclosed(found)
    except NoValue as no_value:
        return no_value.trouble


def _exact(reals: Reals, point: Point) -> dict[str, Number]:
    return {name: reals.rational(Fraction(x)) for name, x in point.items()}


def _certificate(found_in: Callable[[Reals, Mapping[str, Number], int], Joint], point: Point) -> Certificate:
    """What is found with as many terms as it takes."""
    reals = Reals()
    values = _exact(reals, point)
    found = Joint(Status.UNDECIDED)
    try:
        for cut in cuts():
            found = found_in(reals, values, cut)
            if found.trouble is None or found.trouble.kind is not Kind.TRUNCATED:
                break
        return _enclosed(found)
    except NoValue as no_value:  # the budget
        return _enclosed(undecided(no_value.trouble))


def _iterated(reals: Reals, f: Function, values: Mapping[str, Number], names: Sequence[str], cut: int) -> Joint:
    *inner, (last, times) = [(name, len(list(group))) for name, group in groupby(sorted(names, key=names.index))]
    for name, order in inner:
        f = derivative(f, name, order, cut)
    return joint(reals, f, values, last, times, cut)


def _agreed(reals: Reals, at_point: Number, one: Joint, other: Joint) -> Joint:
    """What both orders of differentiation say, or the only one that says something."""
    for found, beside in ((one, other), (other, one)):
        if found.status is Status.KINK and beside.status is Status.UNDEFINED:
            return Joint(Status.KINK, "", at_point, left=found.left, right=found.right)
    if one.status is other.status is Status.SMOOTH and reals.is_zero(one.derivative - other.derivative):
        return Joint(Status.SMOOTH, "", at_point, one.derivative)
    trouble = one.trouble or other.trouble
    reason = trouble.reason if trouble is not None else "the two orders of differentiation give different results"
    return Joint(Status.UNDECIDED, reason, at_point, trouble=trouble)


def _enclosed(found: Joint) -> Certificate:
    value, following = enclosed(found.value), enclosed(found.following)
    if found.status is Status.UNDECIDED:
        return Certificate(found.status, found.reason, value)
    slopes = (enclosed(number) for number in (found.derivative, found.left, found.right))
    return Certificate(found.status, found.reason, value, *slopes, next_derivative=following)


def enclosed(number: Number | None) -> Enclosure | None:
    """A narrow enclosure of a number."""
    if number is None:
        return None
    ball = number.ball(BITS[0])
    for bits in BITS[1:]:
        if narrow(ball):
            break
        ball = number.ball(bits)
    return enclosure(ball)
