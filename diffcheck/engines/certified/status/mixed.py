"""Mixed derivatives at smooth points, by polarisation from derivatives along lines.

    n! ∂ⁿf/∂x₁…∂xₙ = Σ (-1)ⁿ⁻ˢ · Dⁿf[Σ_S eᵢ]   over the subsets S of {1, …, n} that are not empty, of size s

where Dⁿf[d] is the n-th derivative of f(x + t·d) at t = 0 (Griewank & Walther 2008, §13.3). The lines of one entry are those of
others, too: all entries of a Hessian in n variables come from n(n + 1)/2 lines, each of which is followed, and confirmed, once.
If no operation along a line is in trouble, each is analytic at its arguments, and f is analytic in all variables together. If one
is, the exact algebra takes derivatives of derivatives.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations

from flint import arb, ctx

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import Jet, enclosure, scope
from diffcheck.engines.certified.disc.confirm import confirms
from diffcheck.engines.certified.exact.certify import certify_mixed_exactly
from diffcheck.engines.certified.status.enclose import jet_along, settled
from diffcheck.engines.certified.status.interaction import interact
from diffcheck.engines.certified.values import Trouble
from diffcheck.engines.certified.work import PRECISIONS
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Status

Point = Mapping[str, float]
Frozen = tuple[tuple[str, float], ...]  # a point, or a direction, as a key
ROUGH_BITS = 20  # relative accuracy that a condition number needs
LINES = 4096  # that are kept: those of all second derivatives in 60 variables at two precisions
MIXED_ONLY = "a mixed derivative is certified where both orders of differentiation agree"


def certify_mixed(graph: Graph, point: Point, names: Sequence[str]) -> Certificate:
    """The certificate of ∂ⁿf/∂names at a point of floats; undecided where the orders of differentiation differ."""
    frozen = tuple(point.items())

    def along() -> Jet | Trouble:
        return _polarised(graph, frozen, names)

    def exactly() -> Certificate:
        found = certify_mixed_exactly(graph, point, names)
        return replace(found, reason=f"{MIXED_ONLY}: {found.reason}") if found.status is Status.UNDECIDED else found

    found = settled(along, exactly, graph, (len(names) + 2) * 2 ** len(names), 0.0)
    if isinstance(found, Certificate):
        return found
    certificate = replace(found.certificate(), next_derivative=None, confirmed=_is_confirmed(graph, frozen, names))
    return replace(certificate, sensitivity=_sensitivity(graph, frozen, names))


def _lines(names: Sequence[str]) -> dict[Frozen, int]:
    """The lines of the formula with their factors. A direction k·d is d, with the factor kⁿ."""
    order, factors = len(names), dict[Frozen, int]()
    for size in range(1, order + 1):
        for chosen in combinations(names, size):
            speeds = {name: chosen.count(name) for name in sorted(set(chosen))}
            common = math.gcd(*speeds.values())
            line = tuple((name, speed // common) for name, speed in speeds.items())
            factors[line] = factors.get(line, 0) + (-1) ** (order - size) * common**order
    return {line: factor for line, factor in factors.items() if factor}


def _polarised(graph: Graph, point: Frozen, names: Sequence[str]) -> Jet | Trouble:
    """f and its mixed derivative at the present precision."""
    total, value = arb(0), arb(0)
    for line, factor in _lines(names).items():
        jet = _jet(graph, point, line, len(names), ctx.prec)
        if isinstance(jet, Trouble):
            return jet
        value = jet.value
        total += jet.derivative * factor
    if not all(interact(graph, a, b) for a, b in combinations(sorted(set(names)), 2)):
        total = arb(0)  # a sum of terms that cancel, and no precision would show it
    return Jet(value, total / math.factorial(len(names)), arb(0))


@lru_cache(maxsize=LINES)
def _jet(graph: Graph, point: Frozen, line: Frozen, order: int, precision_bits: int) -> Jet | Trouble:
    """f along a line at a precision, which is the present one."""
    return jet_along(graph, dict(point), {name: int(speed) for name, speed in line}, order)


@lru_cache(maxsize=LINES)
def _confirms(graph: Graph, point: Frozen, line: Frozen, order: int) -> bool:
    """Whether values of f alone confirm the derivative along a line."""
    with scope(PRECISIONS[1]):
        jet = _jet(graph, point, line, order, PRECISIONS[1])
    return isinstance(jet, Jet) and confirms(graph, dict(point), {name: int(speed) for name, speed in line}, order, jet)


def _is_confirmed(graph: Graph, point: Frozen, names: Sequence[str]) -> bool:
    """Whether values of f alone confirm the derivative along every line."""
    return all(_confirms(graph, point, line, len(names)) for line in _lines(names))


def _sensitivity(graph: Graph, point: Frozen, names: Sequence[str]) -> Enclosure | None:
    """Σ|xᵢ·∂D/∂xᵢ| of the mixed derivative D over its variables."""
    total, coordinates = arb(0), dict(point)
    for precision_bits in PRECISIONS[:4]:
        with scope(precision_bits):
            jets = {name: _polarised(graph, point, (*names, name)) for name in dict.fromkeys(names)}
            slopes = [abs(jet.derivative * arb(coordinates[name])) for name, jet in jets.items() if isinstance(jet, Jet)]
            total = sum(slopes, arb(0))
            if len(slopes) < len(jets):
                return None
            if total.rel_accuracy_bits() > ROUGH_BITS or total.is_exact():
                break
    return enclosure(total)
