"""Points at which there is no two-sided power series: the value at the point and one series for each side take its place.

Where roots of t come up, the line is followed a second time with t⁶⁰ in the place of t: they are power series then, and an
infinite slope shows as a first coefficient between the powers of t⁶⁰.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flint import arb, arb_series

from diffcheck.engines.certified.certificate import Attempt, Jet, enclosure, equal, jet_of, narrow
from diffcheck.engines.certified.line import Kind, Line, Mode, Trouble, Value, unproved
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Enclosure, Status

RAMIFICATIONS = (1, 60)  # 60: square, cube, fourth, fifth and sixth roots, and roots of roots
SPARE_ORDERS = 4  # one-sided series lose terms where powers of t cancel
LEFT, RIGHT = -1, 1


@dataclass(frozen=True, slots=True)
class Side:
    """f on one side: its limit, f', f'', … up to the order asked for; `infinite` is the sign of the next one if that is infinite."""

    derivatives: list[arb]
    infinite: int = 0


def from_both_sides(graph: Graph, point: Mapping[str, float], wrt: str, order: int) -> Attempt:
    """A certificate at a point where the two-sided series met a tie, the edge of a domain or a division by zero."""
    at_point = Line(Mode.POINT, 1).follow(graph, point, wrt, 0)
    continuous = not any(FUNCTIONS[name].jumps for name in graph.functions)
    around = Line(Mode.PUNCTURED, order + SPARE_ORDERS).follow(graph, point, wrt, 1)
    if isinstance(around, arb_series) and around.prec >= order + 2 and not _is_in_doubt(at_point):
        return _fill(at_point, around, order, continuous)
    left, right = (_follow(graph, point, wrt, order, direction) for direction in (LEFT, RIGHT))
    if isinstance(at_point, Trouble):
        if at_point.kind is Kind.UNDEFINED and isinstance(left, Side) and isinstance(right, Side):
            return _hole(at_point, left, right)
        return in_trouble(at_point)
    assert isinstance(at_point, arb)
    if isinstance(left, Side) and isinstance(right, Side):
        return _join(at_point, left, right, order, continuous)
    return _one_side(at_point, left, right, order)


def _is_in_doubt(at_point: Value) -> bool:
    return isinstance(at_point, Trouble) and at_point.kind is not Kind.UNDEFINED


def _fill(at_point: Value, around: arb_series, order: int, continuous: bool) -> Attempt:
    """Both sides are one analytic function: f is that function if it has its value at the point."""
    value, derivative, following = jet_of(around, order)
    if isinstance(at_point, Trouble):
        return Certificate(Status.HOLE, f"{at_point.reason}, where the function has a finite limit", enclosure(value)), narrow(value)
    if not value.overlaps(at_point):
        return Certificate(Status.JUMP, "the limit from both sides is not the value", enclosure(at_point)), True
    if not (continuous or equal(value, at_point)):
        return Certificate(Status.UNDECIDED, "continuity at the tie is not proved", enclosure(at_point)), False
    jet = Jet(at_point, derivative, following)
    return jet.certificate(), jet.is_narrow


def in_trouble(trouble: Trouble) -> Attempt:
    """f itself is in trouble at the point."""
    status = Status.UNDEFINED if trouble.kind is Kind.UNDEFINED else Status.UNDECIDED
    return Certificate(status, trouble.reason), trouble.kind is not Kind.UNPROVED


def _follow(graph: Graph, point: Mapping[str, float], wrt: str, order: int, direction: int) -> Side | Trouble:
    side: Side | Trouble = unproved("no series was tried")
    for ramification in RAMIFICATIONS:
        line = Line(Mode.ONE_SIDE, ramification * (order + SPARE_ORDERS), ramification)
        side = _read(line.follow(graph, point, wrt, direction), order, direction, ramification)
        if isinstance(side, Side) or side.kind is not Kind.NO_SERIES:
            break
    return side


def _read(f: Value, order: int, direction: int, ramification: int) -> Side | Trouble:
    """The one-sided derivatives from the coefficients of tⁿ, where tᵏ is the distance from the point (k the ramification)."""
    if isinstance(f, Trouble):
        return f
    if isinstance(f, arb):
        return Side([f, *[arb(0)] * order])
    assert isinstance(f, arb_series)
    derivatives: list[arb] = []
    factorial = 1
    for n in range(ramification * order + 1):
        if n >= f.prec:  # beyond the end of a series, flint reads exact zeros
            return Trouble(Kind.NO_SERIES, "a fractional power of zero: the slope may be infinite")
        power, between = divmod(n, ramification)
        if not between:
            factorial *= max(power, 1)
            derivatives.append(f[n] * factorial * direction**power)
        elif not f[n].is_zero():
            if f[n].contains(0):
                return unproved("a fractional power whose coefficient may be zero")
            return Side(derivatives, (1 if f[n] > 0 else -1) * direction ** len(derivatives))
    return Side(derivatives)


def _hole(at_point: Trouble, left: Side, right: Side) -> Attempt:
    a, b = left.derivatives[0], right.derivatives[0]
    if not a.overlaps(b):
        return Certificate(Status.UNDEFINED, f"{at_point.reason}; the limits from the two sides differ"), True
    if not equal(a, b):
        return Certificate(Status.UNDEFINED, f"{at_point.reason}; the limits from the two sides are not proved equal"), True
    return Certificate(Status.HOLE, f"{at_point.reason}, where the function has a finite limit", enclosure(a)), True


def _one_side(at_point: arb, left: Side | Trouble, right: Side | Trouble, order: int) -> Attempt:
    """At least one side is in trouble: the edge of the domain, or something that has no power series."""
    troubles = {name: side for name, side in (("left", left), ("right", right)) if isinstance(side, Trouble)}
    for trouble in troubles.values():
        if trouble.kind is Kind.UNPROVED:
            return Certificate(Status.UNDECIDED, trouble.reason), False
    beyond = [name for name, trouble in troubles.items() if trouble.kind is Kind.UNDEFINED]
    if not beyond:
        return Certificate(Status.UNDECIDED, next(iter(troubles.values())).reason, enclosure(at_point)), True
    if len(beyond) == 2:
        return Certificate(Status.BOUNDARY, "f is defined at this point only", enclosure(at_point)), True
    return _boundary(at_point, beyond[0], right if beyond == ["left"] else left, order)


def _boundary(at_point: arb, beyond: str, inside: Side | Trouble, order: int) -> Attempt:
    reason = f"f is not defined on the {beyond} of this point"
    if isinstance(inside, Trouble):
        return Certificate(Status.BOUNDARY, reason, enclosure(at_point)), True
    if not inside.derivatives[0].overlaps(at_point):
        return Certificate(Status.JUMP, f"{reason}, and its limit from the other side is not the value", enclosure(at_point)), True
    slope = _slope(inside, order)
    if not isinstance(slope, Enclosure):
        return Certificate(Status.BOUNDARY, f"{reason}; on the other side the slope is {slope}", enclosure(at_point)), True
    left, right = (None, slope) if beyond == "left" else (slope, None)
    return Certificate(Status.BOUNDARY, reason, enclosure(at_point), None, left, right), narrow(inside.derivatives[order])


def _join(at_point: arb, left: Side, right: Side, order: int, continuous: bool) -> Attempt:
    value = enclosure(at_point)
    for name, limit in (("left", left.derivatives[0]), ("right", right.derivatives[0])):
        if not limit.overlaps(at_point):
            return Certificate(Status.JUMP, f"the limit from the {name} is not the value", value), True
        if not (continuous or equal(limit, at_point)):
            return Certificate(Status.UNDECIDED, "continuity at the tie is not proved", value), False
    for n in range(1, order + 1):
        if n >= min(len(left.derivatives), len(right.derivatives)):
            return Certificate(Status.VERTICAL, _steepness(left, right, n), value), True
        a, b = left.derivatives[n], right.derivatives[n]
        if not a.overlaps(b):
            if n < order:
                return Certificate(Status.JUMP, f"the derivative of order {n} jumps here", value), True
            return Certificate(Status.KINK, "", value, None, enclosure(a), enclosure(b)), narrow(a) and narrow(b)
        if not equal(a, b):
            return Certificate(Status.UNDECIDED, "the one-sided slopes are not proved equal or different", value), False
    return Certificate(Status.SMOOTH, "", value, enclosure(right.derivatives[order])), True


def _steepness(left: Side, right: Side, n: int) -> str:
    name = "slope" if n == 1 else f"derivative of order {n}"
    slopes = [s if isinstance(s, str) else f"{s.midpoint:.6g}" for s in (_slope(left, n), _slope(right, n))]
    if slopes[0] == slopes[1]:
        return f"the {name} is {slopes[0]}"
    return f"the {name} is {slopes[0]} on the left and {slopes[1]} on the right"


def _slope(side: Side, order: int) -> Enclosure | str:
    """The one-sided derivative, or ±∞ as text."""
    if order < len(side.derivatives):
        return enclosure(side.derivatives[order])
    return "+∞" if side.infinite > 0 else "-∞"
