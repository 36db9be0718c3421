"""The second route: the derivative at a smooth point once more, by Cauchy's formula from values of f on a complex disc.

It shares no derivative rule with the first, and must overlap it. The first route only suggests a radius and a precision.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flint import arb

from diffcheck.engines.certified.cauchy import Circle
from diffcheck.engines.certified.certificate import Jet, enclosure, scope
from diffcheck.engines.certified.disc import Disc, Moving
from diffcheck.engines.certified.values import Trouble
from diffcheck.errors import InternalError
from diffcheck.graph.graph import Definition, Graph
from diffcheck.graph.text import Infix, derivative_text

AGREEMENT_BITS = 30  # of the second enclosure: less would not be much of a check
WANTED_BITS = 48
SPARE_BITS = 10  # f is larger on a disc than at its centre
MOST_SPARE_BITS = 256
MOST_BITS = 2048  # a derivative that is smaller than that part of f is not confirmed


class Again(NamedTuple):
    """What values on a disc tell: f, its Taylor coefficient of the order asked for, and a bound of |f| there."""

    value: arb
    coefficient: arb
    bound: arb


@dataclass(frozen=True, slots=True)
class Sizes:
    """Powers of two near the Taylor coefficients of order 0, n and n + 1, -∞ for one that may be zero."""

    value: float
    term: float
    following: float
    order: int

    def radii(self, coordinate: float) -> Iterator[int]:
        """Of discs on which the next terms of the series should not be much larger than the one in question, and smaller ones."""
        ratios = (self.term - self.following, (self.value - self.following) / (self.order + 1))
        guesses = [math.floor(ratio) for ratio in ratios if math.isfinite(ratio)]
        guesses = sorted([*guesses, math.frexp(coordinate)[1]] if coordinate else guesses) or [0]
        least, middle = guesses[0], guesses[len(guesses) // 2]
        yield from (middle - step for step in (2, 4, 7))
        yield from (min(least, middle - 9) - step for step in (2, 4, 8, 13, 19))

    def moving(self, radius: int) -> float:
        """Of the terms in question at this distance from the centre; of f where it does not move."""
        moving = max(self.term + self.order * radius, self.following + (self.order + 1) * radius)
        return moving if moving > -math.inf else max(self.value, -radius * self.order)


def confirms(graph: Graph, point: Mapping[str, float], directions: Mapping[str, int], order: int, jet: Jet) -> bool:
    """Whether values of f alone give the derivative along a line to AGREEMENT_BITS. Raises InternalError if they give another one."""
    factorial = math.factorial(order)
    sizes = Sizes(_exponent(jet.value), _exponent(jet.derivative / factorial), _exponent(jet.following / (factorial * (order + 1))), order)
    spare = SPARE_BITS
    for radius in sizes.radii(max((abs(point[name]) for name, speed in directions.items() if speed), default=0.0)):
        moving = sizes.moving(radius)
        bits = WANTED_BITS + spare + max(0, math.ceil(sizes.value - moving) if sizes.value > moving else 0)
        again = _from_values(graph, point, directions, order, radius, bits) if bits <= MOST_BITS else None
        if again is None:
            continue
        with scope(bits):  # flint's own precision may be less than what is compared
            derivative = again.coefficient * factorial
        if not (again.value.overlaps(jet.value) and derivative.overlaps(jet.derivative)):
            raise InternalError(_disagreement(graph, point, directions, order, jet, Jet(again.value, derivative, jet.following)))
        if _exponent(again.coefficient.rad()) + order * radius <= moving - AGREEMENT_BITS:
            return True
        spare = min(max(2 * spare, math.ceil(_exponent(again.bound) - max(moving, sizes.value))), MOST_SPARE_BITS)
    return False


def _from_values(
    graph: Graph, point: Mapping[str, float], directions: Mapping[str, int], order: int, radius: int, bits: int
) -> Again | None:
    """f and its coefficient of this order with errors of about 2^-bits times a bound of f; None where f may not be analytic."""
    count = order + 1 + (order + 1) % 2
    shrink = -(-bits // count)
    with scope(bits + order * shrink + 16):
        circle = Circle(arb(2) ** radius, shrink, count)
        f = Disc(circle).follow(graph, point, directions)
        if isinstance(f, Trouble):
            return None
        if not isinstance(f, Moving):
            return Again(arb(f), arb(0), abs(arb(f)))
        bound = f.box.abs_upper()
        return Again(circle.coefficient(0, f.values[1:], bound), circle.coefficient(order, f.values[1:], bound), bound)


def _exponent(u: arb) -> float:
    """The power of two above a ball's middle; -∞ where the ball contains zero."""
    if u.contains(0) or not u.is_finite():
        return -math.inf
    mantissa, exponent = u.mid().man_exp()
    return int(mantissa).bit_length() + int(exponent)


def _disagreement(graph: Graph, point: Mapping[str, float], directions: Mapping[str, int], order: int, first: Jet, second: Jet) -> str:
    text, _ = derivative_text(Definition("f", graph.variables, len(graph.variables), graph, graph), Infix())
    place = ", ".join(f"{name} = {coordinate.hex()}" for name, coordinate in point.items())
    lines = [
        "two proofs of one derivative contradict each other; please report this with what follows",
        f"f = {text}",
        f"at {place}, order {order} along {dict(directions)}",
    ]
    for route, jet in (("power series", first), ("values on a disc", second)):
        value, derivative = enclosure(jet.value), enclosure(jet.derivative)
        lines.append(f"by {route}: f in [{value.lower}, {value.upper}], the derivative in [{derivative.lower}, {derivative.upper}]")
    return "\n".join(lines)
