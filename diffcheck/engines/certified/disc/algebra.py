"""The algebra of the second route: values of a function on a disc around the point, and no derivative of anything.

What depends on the variable is carried as values: a box around all its values on the disc, then its values at points of a
circle within it. Every choice (a piece, a branch, the end of a domain) is made for the whole box, or not at all: what comes out is
analytic on the disc and agrees with f on its real diameter.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from itertools import repeat, starmap
from typing import Any, TypeAlias

from flint import acb, arb, fmpq

from diffcheck.engines.certified.cauchy import Circle
from diffcheck.engines.certified.domains import Condition, conditions
from diffcheck.engines.certified.functions import continued, special
from diffcheck.engines.certified.functions.implementations import Implementation, implementation
from diffcheck.engines.certified.line.algebra import POINT
from diffcheck.engines.certified.values import Trouble, Value, balls, unproved, worst
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import FUNCTIONS, LACKS, MEANT, Function
from diffcheck.graph.graph import Definition, Graph, evaluate


@dataclass(frozen=True, slots=True)
class Moving:
    """A function of t: a box around its values on the disc, then its values at the points."""

    values: tuple[acb, ...]

    @property
    def box(self) -> acb:
        return self.values[0]

    def __sub__(self, other: Moving | arb) -> Moving:
        return combined(operator.sub, self, other)

    def __rsub__(self, other: arb) -> Moving:
        return combined(operator.sub, other, self)


OnDisc: TypeAlias = Moving | Value


def each(function: Callable[..., acb], *arguments: Moving | arb) -> Moving:
    """A function of the box and of every point; where it refuses the box, it is not asked again."""
    rows = zip(*(u.values if isinstance(u, Moving) else repeat(acb(u)) for u in arguments), strict=False)
    box = function(*next(rows))
    if not box.is_finite():
        return Moving((box,))
    return Moving((box, *starmap(function, rows)))


def combined(operation: Callable[[Any, Any], acb], a: Moving | arb | fmpq, b: Moving | arb | fmpq) -> Moving:
    """A sum, difference, product or quotient."""
    if not isinstance(a, Moving):
        assert isinstance(b, Moving)
        return Moving(tuple([operation(a, w) for w in b.values]))
    if not isinstance(b, Moving):
        return Moving(tuple([operation(z, b) for z in a.values]))
    return Moving(tuple(map(operation, a.values, b.values)))


@dataclass(frozen=True, slots=True)
class Disc:
    """Evaluates a graph on a disc |t| ≤ R and at the points of a circle in it; what does not move is evaluated by `line`."""

    circle: Circle

    def follow(self, graph: Graph, point: Mapping[str, float], directions: Mapping[str, int]) -> OnDisc:
        """f at x0 + t·directions for complex t."""
        values: dict[str, OnDisc] = {name: arb(coordinate) for name, coordinate in point.items()}
        for name, speed in directions.items():
            if speed:
                values[name] = Moving(tuple(acb(point[name]) + speed * t for t in (self.circle.box, *self.circle.points())))
        return evaluate(graph, self, values)

    def constant(self, value: Fraction) -> OnDisc:
        return POINT.constant(value)

    def apply(self, function: Function, arguments: Sequence[OnDisc]) -> OnDisc:
        kinds = {type(u) for u in arguments}
        if Moving not in kinds:
            return POINT.apply(function, arguments)
        if not function.is_lazy:
            if Trouble in kinds:
                return worst([u for u in arguments if isinstance(u, Trouble)])
            if (function.domain or function.demands) and not self._is_inside(function, arguments):
                return unproved(f"{function.name} close to the end of its domain")
        result = _implementation(function.name)(self, *arguments)
        if isinstance(result, Moving) and not result.box.is_finite():
            return unproved(f"{function.name} is not provably analytic on the disc")
        return result

    def call(self, definition: Definition, order: int, arguments: Sequence[OnDisc]) -> OnDisc:
        return unproved(f"{definition.name}{chr(39) * order} on a disc")

    def sign(self, u: Moving) -> int | Trouble:
        """The sign of u on the real diameter of the disc."""
        real = u.box.real
        return 1 if real > 0 else -1 if real < 0 else unproved("a tie within the disc")

    def _is_inside(self, function: Function, arguments: Sequence[OnDisc]) -> bool:
        """Whether all of the disc lies inside the function's domain: the cuts of the functions that have one lie outside."""
        boxes = [Moving((u.box,)) if isinstance(u, Moving) else u for u in arguments]
        return all(map(_is_met, conditions(function, boxes, self)))


def _is_met(condition: Condition[OnDisc]) -> bool:
    """Whether the real part of a box lies inside an end of a domain; what does not move may lie at a closed one."""
    distance = condition.distance
    if isinstance(distance, Moving):
        return bool(distance.box.real > 0)
    if isinstance(distance, (Trouble, bool)):
        return False
    return bool(distance > 0 or (condition.closed and arb(distance).is_zero()))


_Implementation = Callable[..., OnDisc]


@cache
def _implementation(name: str) -> _Implementation:
    row = FUNCTIONS[name]
    column = row.column("ball")
    if column is LACKS:
        return lambda disc, *_: unproved(f"the certified engine lacks {name}")
    if column is MEANT:
        graph, names = meaning(name), row.names
        return lambda disc, *arguments: evaluate(graph, disc, dict(zip(names, arguments, strict=True)))
    found = implementation(name)
    if row.gives_condition or row.is_lazy:
        return found.on_line
    return OWN.get(name) or partial(_at_each, found)


def _at_each(found: Implementation, disc: Disc, *arguments: Moving | arb | fmpq) -> OnDisc:
    function = found.of_boxes(arguments)
    return each(special.bounded(function) if found.is_values else function, *balls(arguments))


def _power(disc: Disc, base: Moving | arb | fmpq, exponent: Moving | arb | fmpq) -> OnDisc:
    """An integer as exponent leaves the function analytic whatever the base."""
    if isinstance(exponent, Moving) or not arb(exponent).is_integer():
        if isinstance(exponent, Moving) and not isinstance(base, Moving) and base == 0:
            return fmpq(0) if exponent.box.real > 0 else unproved("zero to a power that may not be positive")
        return each(continued.power, *balls((base, exponent)))
    n = int(arb(exponent).unique_fmpz())
    return each(lambda z: z**n if n >= 0 else 1 / z**-n, base)


def _combining(operation: Callable[[Any, Any], acb]) -> _Implementation:
    return lambda disc, a, b: combined(operation, a, b)


OWN: dict[str, _Implementation] = {
    "add": _combining(operator.add),
    "subtract": _combining(operator.sub),
    "multiply": _combining(operator.mul),
    "divide": _combining(operator.truediv),
    "power": _power,
    "integer_power": _power,
}
