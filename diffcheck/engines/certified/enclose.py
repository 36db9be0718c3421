"""From a graph and a point to a certificate: the status of the function there and enclosures of f and its derivatives.

One two-sided power series settles a smooth point. Where it meets a tie or the edge of a domain, the value at the point and
one series for each side take its place. Precision is doubled until the enclosures are narrow, up to a cap.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import takewhile

from flint import arb, arb_series, ctx

from diffcheck.engines.certified.line import Kind, Line, Mode, Series, Trouble, Value, is_finite
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Graph, evaluate
from diffcheck.results import EXACT, Enclosure, Status

PRECISIONS = (64, 128, 256, 512, 1024, 2048, 4096, 8192)
DEADLINE_SECONDS = 10.0
ACCURACY_BITS = 70  # relative, or
NEGLIGIBLE = -1200  # an absolute radius of 2^-1200: below every float
MAX_SCALE = 10**15  # decimal exponents beyond this are enclosed by [0 ± tiny] or [0 ± ∞]
ONE_SIDED_TERMS = 8  # one-sided series lose terms where powers of t cancel


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is proved at a point. `left` and `right` enclose the one-sided derivatives, `derivative` their common value."""

    status: Status
    reason: str = ""
    value: Enclosure | None = None
    derivative: Enclosure | None = None
    left: Enclosure | None = None
    right: Enclosure | None = None
    next_derivative: Enclosure | None = None  # of one order more: for the condition number


@contextmanager
def scope(precision_bits: int, terms: int) -> Iterator[None]:
    """flint's precision and series length are global: they are left as found."""
    precision, cap = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = precision_bits, terms
    try:
        yield
    finally:
        ctx.prec, ctx.cap = precision, cap


def certify(graph: Graph, point: Mapping[str, float], wrt: str, order: int = 1) -> Certificate:
    """The certificate of ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ at a point of floats, each taken as the exact number it is."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    certificate = Certificate(Status.UNDECIDED, "no precision was tried")
    for precision_bits in takewhile(lambda _: time.monotonic() < deadline, PRECISIONS):
        with scope(precision_bits, max(order + 2, ONE_SIDED_TERMS)):
            certificate, narrow = _attempt(graph, point, wrt, order)
        if narrow:
            return certificate
    if certificate.status is Status.UNDECIDED:
        return replace(certificate, reason=f"not proved within {PRECISIONS[-1]:,} bits and {DEADLINE_SECONDS:.0f} s: {certificate.reason}")
    return certificate


def _attempt(graph: Graph, point: Mapping[str, float], wrt: str, order: int) -> tuple[Certificate, bool]:
    """A certificate at the present precision, and whether more precision could not improve it."""
    f = _follow(graph, point, wrt, Line(Mode.BOTH_SIDES, order + 2), 1)
    if isinstance(f, Trouble):
        if f.kind is Kind.SINGULAR:
            return _sides(graph, point, wrt, order)
        return _in_trouble(f)
    coefficients = _derivatives(f, order + 2)
    if coefficients is None:
        return Certificate(Status.UNDECIDED, "terms of the power series were lost"), False
    value, derivative, following = coefficients[0], coefficients[order], coefficients[order + 1]
    certificate = Certificate(Status.SMOOTH, "", enclosure(value), enclosure(derivative), None, None, enclosure(following))
    return certificate, _narrow(value) and _narrow(derivative)


def _in_trouble(trouble: Trouble) -> tuple[Certificate, bool]:
    status = Status.UNDEFINED if trouble.kind is Kind.UNDEFINED else Status.UNDECIDED
    return Certificate(status, trouble.reason), trouble.kind is not Kind.UNPROVED


def _follow(graph: Graph, point: Mapping[str, float], wrt: str, line: Line, direction: int) -> Value:
    """f along the line through the point in the direction ±wrt."""
    values: dict[str, Value] = {name: arb(coordinate) for name, coordinate in point.items()}
    if line.mode is not Mode.POINT:
        values[wrt] = arb_series([arb(point[wrt]), direction], prec=line.terms)
    return evaluate(graph, line, values)


def _derivatives(f: Value, count: int) -> list[arb] | None:
    """f, f', f'', … at t = 0; None where a coefficient is not known (beyond the end of a series, flint reads exact zeros)."""
    assert isinstance(f, (arb, arb_series))
    if isinstance(f, arb):
        return [f] + [arb(0)] * (count - 1)
    if f.prec < count:
        return None
    derivatives, factorial = [], 1
    for k in range(count):
        factorial *= max(k, 1)
        derivatives.append(f[k] * factorial)
    return derivatives


def _sides(graph: Graph, point: Mapping[str, float], wrt: str, order: int) -> tuple[Certificate, bool]:
    """The value at the point and a one-sided series on each side, put together."""
    at_point = _follow(graph, point, wrt, Line(Mode.POINT, 1), 0)
    line = Line(Mode.ONE_SIDE, ONE_SIDED_TERMS)
    left, right = (_follow(graph, point, wrt, line, direction) for direction in (-1, 1))
    values = [u for u in (left, right) if not isinstance(u, Trouble)]
    continuous = not any(FUNCTIONS[name].jumps for name in graph.functions)
    if isinstance(at_point, Trouble):
        if at_point.kind is Kind.UNDEFINED and len(values) == 2:
            return _hole(at_point, left, right)
        return _in_trouble(at_point)
    if len(values) == 2:
        return _join(at_point, left, right, order, continuous)
    return _one_side(at_point, left, right, order)


def _hole(at_point: Trouble, left: Value, right: Value) -> tuple[Certificate, bool]:
    limits = [_derivatives(side, 1) for side in (left, right)]
    if limits[0] is None or limits[1] is None:
        return Certificate(Status.UNDEFINED, at_point.reason), True
    if not limits[0][0].overlaps(limits[1][0]):
        return Certificate(Status.UNDEFINED, f"{at_point.reason}; the limits from the two sides differ"), True
    return Certificate(Status.HOLE, f"{at_point.reason}, where the function has a finite limit", enclosure(limits[0][0])), True


def _one_side(at_point: Value, left: Value, right: Value, order: int) -> tuple[Certificate, bool]:
    """At least one side is in trouble: the edge of the domain, or something that has no power series."""
    assert isinstance(at_point, arb)
    troubles = {name: side for name, side in (("left", left), ("right", right)) if isinstance(side, Trouble)}
    for trouble in troubles.values():
        if trouble.kind is Kind.UNPROVED:
            return Certificate(Status.UNDECIDED, trouble.reason), False
    beyond = [name for name, trouble in troubles.items() if trouble.kind is Kind.UNDEFINED]
    if not beyond:
        return Certificate(Status.UNDECIDED, next(iter(troubles.values())).reason, enclosure(at_point)), True
    if len(beyond) == 2:
        return Certificate(Status.BOUNDARY, "f is defined at this point only", enclosure(at_point)), True
    inside = right if beyond == ["left"] else left
    slopes = None if isinstance(inside, Trouble) else _derivatives(inside, order + 1)
    one_sided = enclosure(slopes[order] * (-1 if inside is left else 1) ** order) if slopes else None
    reason = f"f is not defined on the {beyond[0]} of this point"
    sides = {"right" if inside is right else "left": one_sided}
    return Certificate(Status.BOUNDARY, reason, enclosure(at_point), None, **sides), True


def _join(at_point: Value, left: Value, right: Value, order: int, continuous: bool) -> tuple[Certificate, bool]:
    assert isinstance(at_point, arb)
    from_left, from_right = _derivatives(left, order + 1), _derivatives(right, order + 1)
    if from_left is None or from_right is None:
        return Certificate(Status.UNDECIDED, "a fractional power of zero: the slope may be infinite", enclosure(at_point)), True
    from_left = [c * (-1) ** k for k, c in enumerate(from_left)]
    for limit, side in ((from_left[0], "left"), (from_right[0], "right")):
        if not limit.overlaps(at_point):
            return Certificate(Status.JUMP, f"the limit from the {side} is not the value", enclosure(at_point)), True
    # two balls that overlap prove nothing: only exact numbers are equal
    certain = [continuous or _equal(at_point, c) for c in (from_left[0], from_right[0])]
    certain += [_equal(a, b) for a, b in zip(from_left[1:order], from_right[1:order], strict=True)]
    slopes = from_left[order], from_right[order]
    if not all(certain):
        return Certificate(Status.UNDECIDED, "continuity at the tie is not proved", enclosure(at_point)), False
    if not slopes[0].overlaps(slopes[1]):
        certificate = Certificate(Status.KINK, "", enclosure(at_point), None, enclosure(slopes[0]), enclosure(slopes[1]))
        return certificate, all(_narrow(slope) for slope in slopes)
    if not _equal(*slopes):
        return Certificate(Status.UNDECIDED, "the one-sided slopes are not proved equal or different", enclosure(at_point)), False
    return Certificate(Status.SMOOTH, "", enclosure(at_point), enclosure(slopes[0])), True


def _equal(a: arb, b: arb) -> bool:
    return bool(a.is_exact() and b.is_exact() and (a - b).is_zero())


def _narrow(u: arb) -> bool:
    if u.is_exact() or u.rel_accuracy_bits() >= ACCURACY_BITS:
        return True
    return bool(u.contains(0) and u.abs_upper() < arb(2) ** NEGLIGIBLE)


def enclose_value(graph: Graph, point: Mapping[str, float]) -> Enclosure | None:
    """An enclosure of a graph's own value (a derivative program in exact arithmetic); None where none is proved."""
    line = Line(Mode.POINT, 1)
    best: Series | None = None
    for precision_bits in PRECISIONS:
        with scope(precision_bits, ONE_SIDED_TERMS):
            value = evaluate(graph, line, {name: arb(coordinate) for name, coordinate in point.items()})
        if isinstance(value, arb) and is_finite(value):
            best = value
            if _narrow(value):
                break
        elif not (isinstance(value, Trouble) and value.kind is Kind.UNPROVED):
            return None
    return enclosure(best) if isinstance(best, arb) else None


def enclosure(ball: arb) -> Enclosure:
    """The ball as decimal midpoint and radius, rounded outward; its exponent may be far beyond every float."""
    midpoint, radius, exponent = ball.mid_rad_10exp(40)
    scale = int(exponent)
    if abs(scale) < MAX_SCALE:
        return Enclosure(EXACT.scaleb(Decimal(int(midpoint)), scale), EXACT.scaleb(Decimal(int(radius)), scale))
    return Enclosure(Decimal(0), EXACT.scaleb(Decimal(1), -MAX_SCALE) if scale < 0 else Decimal("Infinity"))
