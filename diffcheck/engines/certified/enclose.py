"""From a graph and a point to a certificate: the status of the function there and enclosures of f and its derivatives.

One two-sided power series settles a smooth point, and values of f alone confirm it; `sides` settles the others. Precision is
doubled until the enclosures are narrow, up to a cap.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile

from flint import arb, arb_series

from diffcheck.engines.certified.certificate import Jet, enclosure, jet_of, narrow, scope, sensitivity
from diffcheck.engines.certified.confirm import confirms
from diffcheck.engines.certified.line import Kind, Line, Mode, Trouble, is_finite
from diffcheck.engines.certified.sides import from_both_sides, in_trouble
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Enclosure, Status

PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192)
DEADLINE_SECONDS = 10.0


def certify(graph: Graph, point: Mapping[str, float], wrt: str, order: int = 1) -> Certificate:
    """The certificate of ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ at a point of floats, each taken as the exact number it is.

    Raises InternalError where the two routes contradict each other.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    found: Jet | Certificate = Certificate(Status.UNDECIDED, "no precision was tried")
    for precision_bits in takewhile(lambda _: time.monotonic() < deadline, PRECISIONS):
        with scope(precision_bits):
            found, settled = _attempt(graph, point, wrt, order)
        if settled:
            break
    else:
        found = _given_up(found)
    certificate = replace(found.certificate(), confirmed=confirms(graph, point, wrt, order, found)) if isinstance(found, Jet) else found
    following = certificate.next_derivative
    return certificate if following is None else replace(certificate, sensitivity=sensitivity(following, point[wrt]))


def _given_up(found: Jet | Certificate) -> Jet | Certificate:
    if isinstance(found, Jet) or found.status is not Status.UNDECIDED:
        return found
    return replace(found, reason=f"not proved within {PRECISIONS[-1]:,} bits and {DEADLINE_SECONDS:.0f} s: {found.reason}")


def _attempt(graph: Graph, point: Mapping[str, float], wrt: str, order: int) -> tuple[Jet | Certificate, bool]:
    """What is found at the present precision, and whether more could not improve it."""
    f = Line(Mode.BOTH_SIDES, order + 2).follow(graph, point, wrt, 1)
    if isinstance(f, Trouble):
        return from_both_sides(graph, point, wrt, order) if f.kind is Kind.SINGULAR else in_trouble(f)
    assert isinstance(f, (arb, arb_series))
    if isinstance(f, arb_series) and f.prec < order + 2:  # beyond the end of a series, flint reads exact zeros
        return Certificate(Status.UNDECIDED, "terms of the power series were lost"), False
    jet = jet_of(f, order)
    return jet, jet.is_narrow


def enclose_value(graph: Graph, point: Mapping[str, float]) -> Enclosure | None:
    """An enclosure of a graph's own value (a derivative program in exact arithmetic); None where none is proved."""
    line = Line(Mode.POINT, 1)
    best: arb | None = None
    for precision_bits in PRECISIONS:
        with scope(precision_bits):
            value = line.follow(graph, point, "", 0)
        if isinstance(value, Trouble):
            if value.kind is not Kind.UNPROVED:
                return None
            continue
        assert isinstance(value, arb)
        best = value
        if narrow(value):
            break
    return enclosure(best) if best is not None and is_finite(best) else None
