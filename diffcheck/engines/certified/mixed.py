"""Mixed derivatives at smooth points, by polarisation from derivatives along lines that are no coordinate lines.

    ∂ⁿf/∂x₁…∂xₙ = 1/(2ⁿ n!) Σ ε₁…εₙ · Dⁿf[ε₁e₁ + … + εₙeₙ],  εᵢ = ±1

where Dⁿf[d] is the n-th derivative of f(x + t·d) at t = 0. Opposite signs give the same term, so half of them are followed.
A line that meets no trouble meets it in no operation's argument: f is analytic in all variables together there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from itertools import product, takewhile

from flint import arb, arb_series

from diffcheck.engines.certified.certificate import enclosure, narrow, scope
from diffcheck.engines.certified.enclose import DEADLINE_SECONDS, PRECISIONS
from diffcheck.engines.certified.line import Kind, Line, Mode, Trouble
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Status


def certify_mixed(graph: Graph, point: Mapping[str, float], names: Sequence[str]) -> Certificate:
    """The certificate of ∂ⁿf/∂names at a point of floats; undecided where f is not smooth, since one-sided ones have no meaning there."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    certificate = Certificate(Status.UNDECIDED, "no precision was tried")
    for precision_bits in takewhile(lambda _: time.monotonic() < deadline, PRECISIONS):
        with scope(precision_bits):
            found = _polarised(graph, point, names)
            if isinstance(found, Trouble):
                certificate = _in_trouble(found)
                if found.kind is not Kind.UNPROVED:
                    break
                continue
            value, derivative = found
            certificate = Certificate(Status.SMOOTH, "", enclosure(value), enclosure(derivative))
            if narrow(value) and narrow(derivative):
                break
    return certificate


def _in_trouble(trouble: Trouble) -> Certificate:
    if trouble.kind is Kind.UNDEFINED:
        return Certificate(Status.UNDEFINED, trouble.reason)
    return Certificate(Status.UNDECIDED, f"a mixed derivative is certified where f is smooth only: {trouble.reason}")


def _polarised(graph: Graph, point: Mapping[str, float], names: Sequence[str]) -> tuple[arb, arb] | Trouble:
    """f and its mixed derivative at the present precision."""
    order, total, value = len(names), arb(0), arb(0)
    for signs in product((1, -1), repeat=order - 1):
        directions = dict.fromkeys(names, 0)
        for name, sign in zip(names, (1, *signs), strict=True):
            directions[name] += sign
        f = Line(Mode.BOTH_SIDES, order + 1).follow_along(graph, point, directions)
        if isinstance(f, Trouble):
            return f
        assert isinstance(f, (arb, arb_series))
        if isinstance(f, arb):
            return f, arb(0)
        if f.prec <= order:
            return Trouble(Kind.UNPROVED, "terms of the power series were lost")
        value = f[0]
        total += f[order] * math.prod(signs)  # the n-th Taylor coefficient is Dⁿf/n!
    return value, total / 2 ** (order - 1)
