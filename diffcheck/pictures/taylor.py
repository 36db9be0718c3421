"""Taylor polynomials in pictures, from coefficients that are proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from diffcheck.engines.certified import taylor_coefficients
from diffcheck.errors import InputError
from diffcheck.graph.graph import Graph
from diffcheck.pictures.axis import Floats
from diffcheck.pictures.text import number, short
from diffcheck.results import Sample

MAX_ORDER = 30
POINTS_DRAWN = 400
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
STYLE: dict[str, Any] = {"linewidth": 1.6, "linestyle": "-."}


@dataclass(frozen=True, slots=True)
class Taylor:
    """A Taylor polynomial about `center`: its coefficients, rounded, the constant one first."""

    name: str
    center: float
    coefficients: tuple[float, ...]

    def values(self, x: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.asarray(np.polynomial.polynomial.polyval(x - self.center, self.coefficients), float)


def polynomials(graph: Graph, samples: Sequence[Sample], order: int) -> list[Taylor | None]:
    """The polynomial of an order at each point; None where no power series is proved. Raises InputError for an order that is none."""
    if not 0 <= order <= MAX_ORDER:
        raise InputError(f"{order} is not an order of a Taylor polynomial that can be drawn", f"It may be 1 to {MAX_ORDER}.")
    return [_polynomial(graph, sample, order) if order else None for sample in samples]


def _polynomial(graph: Graph, sample: Sample, order: int) -> Taylor | None:
    found = taylor_coefficients(graph, sample.point, sample.wrt, order)
    name = f"T{str(order).translate(SUBSCRIPTS)}"
    return None if found is None else Taylor(name, sample.point[sample.wrt], tuple(map(float, found)))


def draw_polynomial(axes: Axes, taylor: Taylor, color: str, wrt: str) -> Line2D:
    """The polynomial over all of the picture, and its entry of the legend."""
    x = np.unique([*np.linspace(*axes.get_xlim(), POINTS_DRAWN), taylor.center])
    axes.plot(x, taylor.values(x), color=color, zorder=2.8, scalex=False, scaley=False, **STYLE)
    return polynomial_legend(taylor, color, wrt)


def polynomial_legend(taylor: Taylor, color: str, wrt: str) -> Line2D:
    text = f"{taylor.name} at {short(wrt)} = {number(taylor.center)}: Taylor polynomial, coefficients proved"
    return Line2D([], [], color=color, label=text, **STYLE)
