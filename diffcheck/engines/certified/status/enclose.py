"""From a graph and a point to a certificate: the status of the function there and enclosures of f and its derivatives.

One two-sided power series of balls settles a smooth point, and values of f alone confirm it. If balls are too wide, their
precision is doubled; if no ball can decide (a tie, the end of a domain, a division by zero), the exact algebra does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from flint import arb, arb_series

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import Jet, enclosure, jet_of, narrow, scope, sensitivity
from diffcheck.engines.certified.disc.confirm import confirms
from diffcheck.engines.certified.exact.certify import certify_exactly, value_exactly
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.values import Trouble, TroubleKind, is_finite
from diffcheck.engines.certified.work import precisions
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Status

Point = Mapping[str, float]
ENOUGH_BITS = 256  # if balls of this precision decide nothing, exact numbers are tried


def certify(graph: Graph, point: Point, wrt: str, order: int = 1) -> Certificate:
    """What is proved of ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ at a point.

    Args:
        graph: The user's function f, as it was written.
        point: Floats by variable, each taken as the exact rational number that it is.
        wrt: The variable of the derivative.
        order: The order of the derivative, at least 1.

    Returns:
        The status of f; at a smooth point enclosures of f and of the derivative, to a relative accuracy of 70 bits where the budget
        allows it; at a kink those of both one-sided slopes. `confirmed` says that the second route agrees.

    Raises:
        InternalError: The enclosures of the two routes do not overlap.

    Source:
        Power series of balls (Johansson 2017), exact numbers and germs where balls cannot decide, and Cauchy's integral formula on a
        circle as the second route (Bornemann 2011): docs/numerics.md, "Enclosures".
    """

    def along() -> Jet | Trouble:
        return jet_along(graph, point, {wrt: 1}, order)

    found = settled(along, lambda: certify_exactly(graph, point, wrt, order), graph, order + 2, abs(point[wrt]))
    if isinstance(found, Jet):
        certificate = replace(found.certificate(), confirmed=confirms(graph, point, {wrt: 1}, order, found))
    else:
        certificate = found
    following = certificate.next_derivative
    return certificate if following is None else replace(certificate, sensitivity=sensitivity(following, point[wrt]))


def settled(
    along: Callable[[], Jet | Trouble], exactly: Callable[[], Certificate], graph: Graph, terms: int, coordinate: float
) -> Jet | Certificate:
    """The jet from series of balls, of as many bits as it takes; else what the exact algebra finds."""
    by_balls: Jet | Trouble = Trouble(TroubleKind.UNPROVED, "no precision was tried")
    exact: Certificate | None = None
    for precision_bits in precisions(graph, terms):
        with scope(precision_bits):
            by_balls = along()
            if isinstance(by_balls, Jet) and by_balls.is_narrow(coordinate):
                return by_balls
        if isinstance(by_balls, Jet):
            continue
        if by_balls.kind is TroubleKind.UNDEFINED:
            return in_trouble(by_balls)
        if exact is None and (precision_bits >= ENOUGH_BITS or by_balls.kind is not TroubleKind.UNPROVED):
            exact = exactly()
        if exact is not None and (exact.status is not Status.UNDECIDED or by_balls.kind is not TroubleKind.UNPROVED):
            return exact
    return by_balls if isinstance(by_balls, Jet) else exact or in_trouble(by_balls)


def in_trouble(trouble: Trouble) -> Certificate:
    """The certificate where all that is known is the trouble of f itself."""
    return Certificate(Status.UNDEFINED if trouble.kind is TroubleKind.UNDEFINED else Status.UNDECIDED, trouble.reason)


def jet_along(graph: Graph, point: Point, directions: Mapping[str, int], order: int) -> Jet | Trouble:
    """f and its derivatives along a line, at the present precision."""
    f = Line(order + 2).follow(graph, point, directions)
    if isinstance(f, Trouble):
        return f
    if isinstance(f, arb_series) and f.prec < order + 2:  # beyond the end of a series, flint reads exact zeros
        return Trouble(TroubleKind.UNPROVED, "terms of the power series were lost")
    return jet_of(f, order)


def enclose_value(graph: Graph, point: Point) -> Enclosure | None:
    """An enclosure of a graph's own value (a derivative program in exact arithmetic); None where none is proved."""
    best: arb | None = None
    exact: Enclosure | Trouble | None = None
    for precision_bits in precisions(graph, 1):
        with scope(precision_bits):
            value = POINT.follow(graph, point, {})
        if isinstance(value, arb):
            best = value
            if narrow(value):
                break
            continue
        assert isinstance(value, Trouble)
        if value.kind is not TroubleKind.UNPROVED:
            return None
        if exact is None and precision_bits >= ENOUGH_BITS:
            exact = value_exactly(graph, point)
            if isinstance(exact, Enclosure):
                return exact
    return enclosure(best) if best is not None and is_finite(best) else None
