"""The exact algebra asked for a certificate at a point of floats, each the rational number that it is."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from diffcheck.engines.certified.certificate import enclosure, narrow
from diffcheck.engines.certified.exact.number import Number
from diffcheck.engines.certified.exact.reals import Reals
from diffcheck.engines.certified.exact.sides import Joint, cuts, joint
from diffcheck.engines.certified.line import Kind
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Enclosure, Status

PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192)


def certify_exactly(graph: Graph, point: Mapping[str, float], wrt: str, order: int) -> Certificate:
    """What the function is at a point, and its derivative of this order by one variable, or its one-sided ones."""
    for cut in cuts():
        reals = Reals()
        values = {name: reals.rational(Fraction(x)) for name, x in point.items()}
        found = joint(reals, graph, values, wrt, order, cut)
        if found.trouble is None or found.trouble.kind is not Kind.TRUNCATED:
            break
    return certificate(found)


def certificate(found: Joint) -> Certificate:
    parts = {name: enclosed(getattr(found, name)) for name in ("value", "derivative", "left", "right")}
    if found.status is Status.UNDECIDED:
        parts |= {"derivative": None, "left": None, "right": None}
    return Certificate(found.status, found.reason, **parts, next_derivative=enclosed(found.following))


def enclosed(number: Number | None) -> Enclosure | None:
    """A narrow enclosure of a number."""
    if number is None:
        return None
    for bits in PRECISIONS:
        ball = number.ball(bits)
        if narrow(ball):
            break
    return enclosure(ball)
