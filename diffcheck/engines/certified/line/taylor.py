"""Taylor coefficients at smooth points."""

from __future__ import annotations

from collections.abc import Mapping

from flint import arb, arb_series

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import enclosure, narrow, scope
from diffcheck.engines.certified.line.algebra import Line
from diffcheck.engines.certified.values import Trouble, TroubleKind
from diffcheck.engines.certified.work import precisions
from diffcheck.graph.graph import Graph


def taylor_coefficients(graph: Graph, point: Mapping[str, float], wrt: str, order: int) -> list[Enclosure] | None:
    """Enclosures of ∂ᵏf/∂wrtᵏ/k! for k = 0 … order at a point of floats; None where no two-sided power series is proved."""
    for precision_bits in precisions(graph, order + 1):
        with scope(precision_bits):
            f = Line(order + 1).follow(graph, point, {wrt: 1})
            if isinstance(f, Trouble) and f.kind is not TroubleKind.UNPROVED:
                return None
            coefficients = _coefficients(f, order)
            if coefficients and all(map(narrow, coefficients)):
                return [enclosure(each) for each in coefficients]
    return None


def _coefficients(f: arb | arb_series | Trouble, order: int) -> list[arb]:
    """The coefficients, none where terms of the series were lost."""
    if isinstance(f, arb):
        return [f, *[arb(0)] * order]
    return [f[k] for k in range(order + 1)] if isinstance(f, arb_series) and f.prec > order else []
