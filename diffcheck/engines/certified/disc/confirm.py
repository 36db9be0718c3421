"""The second route: the derivative at a smooth point once more, by Cauchy's formula from values of f on a complex disc.

It shares no derivative rule with the first, and must overlap it. The first route only suggests a radius and a precision.
The choice of a radius is that of Fornberg, ACM Trans. Math. Softw. 7 (1981), and Bornemann, Found. Comput. Math. 11 (2011): large
enough for the terms in question to be seen beside the others, small enough for f to be analytic.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from flint import arb

from diffcheck.engines.certified.cauchy import Circle
from diffcheck.engines.certified.certificate import Jet, enclosure, scope
from diffcheck.engines.certified.disc.algebra import Disc, Moving
from diffcheck.engines.certified.values import Trouble
from diffcheck.errors import InternalError
from diffcheck.graph.graph import Definition, Graph
from diffcheck.graph.text import Infix, derivative_text

AGREEMENT_BITS = 30  # of the second enclosure: less would not be much of a check
WANTED_BITS = 48
SPARE_BITS = 10  # f is larger on a disc than at its centre
MOST_SPARE_BITS = 256
MOST_BITS = 2048  # a derivative that is smaller than that part of f is not confirmed


class Question(NamedTuple):
    """Which derivative is asked for: of this order, along a line through a point."""

    graph: Graph
    point: Mapping[str, float]
    directions: Mapping[str, int]
    order: int

    @property
    def coordinate(self) -> float:
        """The largest one that moves."""
        return max((abs(self.point[name]) for name, speed in self.directions.items() if speed), default=0.0)


class Again(NamedTuple):
    """What values on a disc tell: f, its Taylor coefficient of the order asked for, and a bound of |f| there."""

    value: arb
    coefficient: arb
    bound: arb


@dataclass(frozen=True, slots=True)
class Sizes:
    """Powers of two near the Taylor coefficients c₀, cₙ and cₙ₊₁ of the first route, -∞ for one that may be zero.

    They suggest discs and precisions, and prove nothing. A radius R is written as the power of two r.
    """

    value: float
    term: float
    following: float
    order: int

    @classmethod
    def of(cls, jet: Jet, order: int) -> Sizes:
        factorial = math.factorial(order)
        term, following = jet.derivative / factorial, jet.following / (factorial * (order + 1))
        return cls(_exponent(jet.value), _exponent(term), _exponent(following), order)

    def candidate_radii(self, coordinate: float) -> Iterator[int]:
        """Of discs on which f should be analytic, and the later terms not much larger than the one in question.

        The ratio cₙ/cₙ₊₁ estimates the radius of convergence (Cauchy and Hadamard), (c₀/cₙ₊₁)^(1/(n+1)) the distance at which
        f doubles, and |x| the distance to a pole at 0. The middle one of them is tried at 1/4, 1/16 and 1/128, and then,
        for a pole that is nearer, discs from a quarter of the least one downwards.
        """
        ratios = (self.term - self.following, (self.value - self.following) / (self.order + 1))
        guesses = [math.floor(ratio) for ratio in ratios if math.isfinite(ratio)]
        guesses = sorted([*guesses, math.frexp(coordinate)[1]] if coordinate else guesses) or [0]
        least, middle = guesses[0], guesses[len(guesses) // 2]
        yield from (middle - step for step in (2, 4, 7))
        yield from (min(least, middle - 9) - step for step in (2, 4, 8, 13, 19))

    def moving(self, r: int) -> float:
        """The size of max(|cₙ|·Rⁿ, |cₙ₊₁|·Rⁿ⁺¹), which is what the disc has to show; that of f where both may be zero."""
        moving = max(self.term + self.order * r, self.following + (self.order + 1) * r)
        return moving if moving > -math.inf else max(self.value, -r * self.order)

    def cancelled_bits(self, r: int) -> int:
        """How many bits of f say nothing, since its terms of lower order are larger than those in question."""
        return math.ceil(max(0.0, self.value - self.moving(r))) if self.value > -math.inf else 0

    def is_sharp(self, again: Again, r: int) -> bool:
        """Whether an enclosure of cₙ has AGREEMENT_BITS."""
        return _exponent(again.coefficient.rad()) + self.order * r <= self.moving(r) - AGREEMENT_BITS

    def bits_lost(self, again: Again, r: int) -> int:
        """By how many powers of two f is larger on the disc than it was taken for: Cauchy's bound is proportional to it."""
        return math.ceil(_exponent(again.bound) - max(self.moving(r), self.value))


def confirms(graph: Graph, point: Mapping[str, float], directions: Mapping[str, int], order: int, jet: Jet) -> bool:
    """Whether values of f alone give the derivative along a line to AGREEMENT_BITS. Raises InternalError if they give another one.

    Each disc that is too large, or on which f varies too much, costs one evaluation of f; a smaller one, with more bits, follows.
    """
    question, sizes, spare = Question(graph, point, directions, order), Sizes.of(jet, order), SPARE_BITS
    for r in sizes.candidate_radii(question.coordinate):
        bits = WANTED_BITS + spare + sizes.cancelled_bits(r)
        again = _from_values(question, r, bits) if bits <= MOST_BITS else None
        if again is None:
            continue
        _require_overlap(question, jet, again, bits)
        if sizes.is_sharp(again, r):
            return True
        spare = min(max(2 * spare, sizes.bits_lost(again, r)), MOST_SPARE_BITS)
    return False


def _require_overlap(question: Question, jet: Jet, again: Again, bits: int) -> None:
    with scope(bits):  # flint's own precision may be less than what is compared
        derivative = again.coefficient * math.factorial(question.order)
    if not (again.value.overlaps(jet.value) and derivative.overlaps(jet.derivative)):
        raise InternalError(_disagreement(question, jet, Jet(again.value, derivative, jet.following)))


def _from_values(question: Question, r: int, bits: int) -> Again | None:
    """f and its coefficient of the order asked for with errors of about 2^-bits times a bound of f; None where f may not be analytic."""
    count = question.order + 1 + (question.order + 1) % 2
    shrink = -(-bits // count)
    with scope(bits + question.order * shrink + 16):
        circle = Circle(arb(2) ** r, shrink, count)
        f = Disc(circle).follow(question.graph, question.point, question.directions)
        if isinstance(f, Trouble):
            return None
        if not isinstance(f, Moving):
            return Again(arb(f), arb(0), abs(arb(f)))
        bound = f.box.abs_upper()
        return Again(circle.coefficient(0, f.values[1:], bound), circle.coefficient(question.order, f.values[1:], bound), bound)


def _exponent(u: arb) -> float:
    """The power of two above a ball's middle; -∞ where the ball contains zero."""
    if u.contains(0) or not u.is_finite():
        return -math.inf
    mantissa, exponent = u.mid().man_exp()
    return int(mantissa).bit_length() + int(exponent)


def _disagreement(question: Question, first: Jet, second: Jet) -> str:
    graph = question.graph
    text, _ = derivative_text(Definition("f", graph.variables, len(graph.variables), graph, graph), Infix())
    place = ", ".join(f"{name} = {coordinate.hex()}" for name, coordinate in question.point.items())
    lines = [
        "two proofs of one derivative contradict each other; please report this with what follows",
        f"f = {text}",
        f"at {place}, order {question.order} along {dict(question.directions)}",
    ]
    for route, jet in (("power series", first), ("values on a disc", second)):
        value, derivative = enclosure(jet.value), enclosure(jet.derivative)
        lines.append(f"by {route}: f in [{value.lower}, {value.upper}], the derivative in [{derivative.lower}, {derivative.upper}]")
    return "\n".join(lines)
