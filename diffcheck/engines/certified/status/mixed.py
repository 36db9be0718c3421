"""Mixed derivatives at smooth points, by polarisation from derivatives along diagonal lines.

    ∂ⁿf/∂x₁…∂xₙ = 1/(2ⁿ n!) Σ ε₁…εₙ · Dⁿf[ε₁e₁ + … + εₙeₙ],  εᵢ = ±1

where Dⁿf[d] is the n-th derivative of f(x + t·d) at t = 0 (Griewank & Walther 2008, §13.3). Opposite signs give the same term, so
half of them are followed.
If no operation along a line is in trouble, each is analytic at its arguments, and f is analytic in all variables together. If one
is, the exact algebra takes derivatives of derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from flint import arb

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import Jet, enclosure, scope
from diffcheck.engines.certified.disc.confirm import confirms
from diffcheck.engines.certified.exact.certify import certify_mixed_exactly
from diffcheck.engines.certified.status.enclose import jet_along, settled
from diffcheck.engines.certified.values import Trouble
from diffcheck.engines.certified.work import PRECISIONS
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Status

Point = Mapping[str, float]
ROUGH_BITS = 20  # relative accuracy that a condition number needs
MIXED_ONLY = "a mixed derivative is certified where both orders of differentiation agree"


def certify_mixed(graph: Graph, point: Point, names: Sequence[str]) -> Certificate:
    """The certificate of ∂ⁿf/∂names at a point of floats; undecided where the orders of differentiation differ."""

    def along() -> Jet | Trouble:
        return _polarised(graph, point, names)

    def exactly() -> Certificate:
        found = certify_mixed_exactly(graph, point, names)
        return replace(found, reason=f"{MIXED_ONLY}: {found.reason}") if found.status is Status.UNDECIDED else found

    found = settled(along, exactly, graph, (len(names) + 2) * 2 ** len(names), 0.0)
    if isinstance(found, Certificate):
        return found
    certificate = replace(found.certificate(), next_derivative=None, confirmed=_is_confirmed(graph, point, names))
    return replace(certificate, sensitivity=_sensitivity(graph, point, names))


def _lines(names: Sequence[str]) -> Iterator[tuple[int, dict[str, int]]]:
    """The lines of the formula, each with its sign."""
    for signs in product((1, -1), repeat=len(names) - 1):
        directions = dict.fromkeys(names, 0)
        for name, sign in zip(names, (1, *signs), strict=True):
            directions[name] += sign
        yield math.prod(signs), directions


def _polarised(graph: Graph, point: Point, names: Sequence[str]) -> Jet | Trouble:
    """f and its mixed derivative at the present precision."""
    order, total, value = len(names), arb(0), arb(0)
    for sign, directions in _lines(names):
        jet = jet_along(graph, point, directions, order)
        if isinstance(jet, Trouble):
            return jet
        value = jet.value
        total += jet.derivative * sign
    return Jet(value, total / (math.factorial(order) * 2 ** (order - 1)), arb(0))


def _is_confirmed(graph: Graph, point: Point, names: Sequence[str]) -> bool:
    """Whether values of f alone confirm the derivative along every line."""
    with scope(PRECISIONS[1]):
        lines = [directions for _, directions in _lines(names)]
        jets = [jet_along(graph, point, line, len(names)) for line in lines]
    return all(isinstance(jet, Jet) and confirms(graph, point, line, len(names), jet) for line, jet in zip(lines, jets, strict=True))


def _sensitivity(graph: Graph, point: Point, names: Sequence[str]) -> Enclosure | None:
    """Σ|xᵢ·∂D/∂xᵢ| of the mixed derivative D over its variables."""
    total = arb(0)
    for precision_bits in PRECISIONS[:4]:
        with scope(precision_bits):
            jets = {name: _polarised(graph, point, (*names, name)) for name in dict.fromkeys(names)}
            slopes = [abs(jet.derivative * arb(point[name])) for name, jet in jets.items() if isinstance(jet, Jet)]
            total = sum(slopes, arb(0))
            if len(slopes) < len(jets):
                return None
            if total.rel_accuracy_bits() > ROUGH_BITS or total.is_exact():
                break
    return enclosure(total)
