"""Certificates at a point from the exact algebra: each float of the point is taken as the rational number that it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Any

from flint import arb

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import enclosure, narrow
from diffcheck.engines.certified.exact.field import NoValueError, not_known
from diffcheck.engines.certified.exact.germs import Germs
from diffcheck.engines.certified.exact.number import Number
from diffcheck.engines.certified.exact.pointwise import Infinite
from diffcheck.engines.certified.exact.reals import BITS, Reals
from diffcheck.engines.certified.exact.sides import IS_INFINITE, Function, Joint, algebra, cuts, derivative, joint, of_graph, undecided
from diffcheck.engines.certified.values import Trouble, TroubleKind, Value
from diffcheck.graph.graph import Graph, evaluate_nodes
from diffcheck.results import Certificate, Status

Point = Mapping[str, float]
TERMS = 6  # of the series in which the first node in trouble is looked for


def certify_exactly(graph: Graph, point: Point, wrt: str, order: int) -> Certificate:
    """What the function is at a point, and its derivative of this order by one variable, or its one-sided ones."""
    return _certificate(lambda reals, values, cut: joint(reals, of_graph(graph, cut), values, wrt, order, cut), point)


def certify_mixed_exactly(graph: Graph, point: Point, names: Sequence[str]) -> Certificate:
    """A mixed derivative, as the derivative of a derivative: by the variables in their order, and in the opposite one."""

    def mixed(reals: Reals, values: Mapping[str, Number], cut: int) -> Joint:
        f = of_graph(graph, cut)
        at_point = f(reals, values)
        if isinstance(at_point, (Trouble, Infinite)):
            found = joint(reals, f, values, names[0], 1, cut)  # a limit along one axis is none in the plane
            return Joint(Status.LIMIT_UNKNOWN, _reason(at_point)) if found.status is Status.HOLE else found
        return _agreed(reals, at_point, [_iterated(reals, f, values, order, cut) for order in _orders(names)])

    return _certificate(mixed, point)


def value_exactly(graph: Graph, point: Point) -> Enclosure | Trouble:
    """The value at a point."""
    reals = Reals()
    found = of_graph(graph, 0)(reals, _exact(reals, point))
    if isinstance(found, Infinite):
        return Trouble(TroubleKind.UNDEFINED, IS_INFINITE)
    try:
        return found if isinstance(found, Trouble) else enclosed(found)
    except NoValueError as no_value:
        return no_value.trouble


def nodes_exactly(graph: Graph, point: Point, wrt: str | None, bits: int) -> list[Value]:
    """The values of all nodes at a point, numbers as balls; with `wrt`, only which nodes are in trouble in a Laurent series around it."""
    reals = Reals()
    values: dict[str, Any] = _exact(reals, point)
    if wrt is None:
        return [_ball(u, bits) for u in evaluate_nodes(graph, algebra(reals, 0), values)]
    germs = Germs(reals, TERMS, is_two_sided=True)
    moved = {name: germs.constant(u) for name, u in values.items()} | {wrt: germs.variable(values[wrt], 1)}
    return [u if isinstance(u, (Trouble, bool)) else arb.nan() for u in evaluate_nodes(graph, algebra(germs, 0), moved)]


def _ball(u: Any, bits: int) -> Value:
    if isinstance(u, Infinite):
        return arb.pos_inf() * u.sign
    try:
        return u.ball(bits) if isinstance(u, Number) else u
    except NoValueError as no_value:
        return no_value.trouble


def _exact(reals: Reals, point: Point) -> dict[str, Number]:
    return {name: reals.rational(Fraction(x)) for name, x in point.items()}


def _certificate(found_in: Callable[[Reals, Mapping[str, Number], int], Joint], point: Point) -> Certificate:
    """The certificate of what is found, with as many terms as it takes."""
    reals = Reals()
    values = _exact(reals, point)
    found = Joint(Status.UNDECIDED)
    try:
        for cut in cuts():
            found = found_in(reals, values, cut)
            if found.trouble is None or found.trouble.kind is not TroubleKind.TRUNCATED:
                break
        return _enclosed(found)
    except NoValueError as no_value:  # the budget
        return _enclosed(undecided(no_value.trouble))


def _orders(names: Sequence[str]) -> list[tuple[str, ...]]:
    """The orders of differentiation that must agree: as it is written, variable by variable, and both backwards."""
    grouped = sorted(names, key=names.index)
    return list(dict.fromkeys(map(tuple, (names, names[::-1], grouped, grouped[::-1]))))


def _iterated(reals: Reals, f: Function, values: Mapping[str, Number], names: Sequence[str], cut: int) -> Joint:
    *inner, (last, times) = [(name, len(list(group))) for name, group in groupby(names)]
    for name, order in inner:
        f = derivative(f, name, order, cut)
    return joint(reals, f, values, last, times, cut - 1)


def _agreed(reals: Reals, at_point: Number, found: Sequence[Joint]) -> Joint:
    """What all orders of differentiation say, or the only one that says something."""
    smooth = [each for each in found if each.status is Status.SMOOTH]
    kinks = [each for each in found if each.status is Status.KINK]
    if len(kinks) == 1 and all(each.status is Status.UNDEFINED for each in found if each is not kinks[0]):
        return Joint(Status.KINK, "", at_point, left=kinks[0].left, right=kinks[0].right)
    if len(smooth) == len(found) and all(reals.is_zero(each.derivative - smooth[0].derivative) for each in smooth[1:]):
        return Joint(Status.SMOOTH, "", at_point, smooth[0].derivative)
    trouble = next((each.trouble for each in found if each.trouble is not None), None)
    differ = "it exists in one order of differentiation only" if len(smooth) == 1 else "the orders of differentiation differ"
    return Joint(Status.UNDECIDED, differ if trouble is None else trouble.reason, at_point, trouble=trouble)


def _enclosed(found: Joint) -> Certificate:
    parts = ("value",) if found.status is Status.UNDECIDED else ("value", "derivative", "left", "right")
    numbers = {part: getattr(found, part) for part in parts}
    try:
        known: dict[str, Any] = {part: u and enclosed(u) for part, u in numbers.items()}
        return Certificate(found.status, found.reason, **known, next_derivative=_hull(found.following))
    except NoValueError as no_value:  # no ball holds it
        return Certificate(Status.UNDECIDED, no_value.trouble.reason)


def _hull(numbers: Sequence[Number]) -> Enclosure | None:
    """An enclosure of all of them; None if one has no bounded ball."""
    try:
        enclosures = [enclosed(number) for number in numbers]
    except NoValueError:
        return None
    if len(enclosures) < 2:
        return next(iter(enclosures), None)
    return Enclosure.between(min(each.lower for each in enclosures), max(each.upper for each in enclosures))


def _reason(at_point: Trouble | Infinite) -> str:
    return at_point.reason if isinstance(at_point, Trouble) else IS_INFINITE


def enclosed(number: Number) -> Enclosure:
    """A narrow enclosure of a number. Raises NoValueError if none of its balls is bounded."""
    ball = number.ball(BITS[0])
    for bits in BITS[1:]:
        if narrow(ball):
            break
        ball = number.ball(bits)
    if not ball.is_finite():
        raise not_known("a number that is too large")
    return enclosure(ball)
