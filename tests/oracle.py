"""What a function is at a point, seen from its values close by, of which mp_values.py says how they are computed.

Slopes are difference quotients at three tiny steps on each side. What these do not show clearly is `Unclear`: the oracle abstains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

import mpmath
from mp_values import CLEAR, Unclear, Value, Values

from diffcheck.graph.graph import Graph, evaluate
from diffcheck.results import Status

STEPS = tuple(Fraction(1, 10**k) for k in (30, 60, 90))
NEAR_STEPS = tuple(Fraction(1, 10**k) for k in (10, 15, 20))  # special functions of many digits take minutes
FAR_STEPS = tuple(Fraction(1, 10**k) for k in (1000, 1200, 1400))


@dataclass(frozen=True, slots=True)
class Limit:
    """What values tend to, and how far off it may be; `number` is ±inf where they grow without bound."""

    number: mpmath.mpf
    error: mpmath.mpf = mpmath.mpf(0)

    @property
    def is_finite(self) -> bool:
        return bool(mpmath.isfinite(self.number))


@dataclass(frozen=True, slots=True)
class Seen:
    """A status, and the numbers that belong to it: a derivative, two one-sided ones, or a limit."""

    status: Status
    derivative: Limit | None = None
    left: Limit | None = None
    right: Limit | None = None
    limit: Limit | None = None


def trend(values: Values, found: Sequence[Value]) -> Limit | None:
    """What three values at smaller and smaller steps tend to; None where all are undefined."""
    if all(value is None for value in found):
        return None
    if any(value is None for value in found):
        raise Unclear("defined at some of the steps")
    with mpmath.workdps(values.digits[1]):
        a, b, c = (values.pair(value)[1] for value in found)
        first, second = abs(b - a), abs(c - b)
        if second <= max(first / 1000, abs(c) * CLEAR):
            return Limit(c, 10 * second + abs(c) * CLEAR)
        if abs(a) < abs(b) < abs(c) and b * c > 0 and second >= first / 2 and first >= 1:
            return Limit(mpmath.sign(c) * mpmath.inf)
    raise Unclear("the values do not tend to anything clearly")


def are_equal(a: Limit, b: Limit) -> bool:
    """Whether two finite limits are one number: raises Unclear where they are neither equal nor far from it."""
    distance, error = abs(a.number - b.number), a.error + b.error
    if distance <= 10 * error:
        return True
    if distance <= 1000 * error:
        raise Unclear("two limits are close to each other")
    return False


@dataclass(frozen=True)
class Observer:
    """Looks at a graph around a point."""

    graph: Graph
    point: Mapping[str, float]
    values: Values
    steps: Sequence[Fraction] = STEPS
    known: dict[tuple[Fraction, ...], Value] = field(default_factory=dict)  # values that differences have in common

    def at(self, **offsets: Fraction) -> Value:
        place = tuple(Fraction(x) + offsets.get(name, 0) for name, x in self.point.items())
        if place not in self.known:
            self.known[place] = evaluate(self.graph, self.values, dict(zip(self.point, place, strict=True)))
        return self.known[place]

    def derivative(self, wrt: str, order: int = 1) -> Seen:
        """What ∂ᵒʳᵈᵉʳf/∂wrtᵒʳᵈᵉʳ is here."""
        here = self.at()
        left, right = (self._side(lambda t: self.at(**{wrt: t}), 0, side, first=Fraction(1)) for side in (-1, 1))
        if here is None:
            return _nowhere(left, right)
        value = Limit(self.values.pair(here)[1])  # type: ignore[arg-type]
        inside = [side for side in (left, right) if side is not None]
        if any(not side.is_finite or not are_equal(side, value) for side in inside):
            return Seen(Status.JUMP)
        return self._slopes(wrt, order) if len(inside) == 2 else Seen(Status.BOUNDARY)

    def _slopes(self, wrt: str, order: int) -> Seen:
        for n in range(1, order + 1):
            left, right = (self._side(lambda t: self.at(**{wrt: t}), n, side) for side in (-1, 1))  # noqa: B023
            if left is None or right is None:
                raise Unclear("not defined at multiples of a step")
            if not (left.is_finite and right.is_finite):
                return Seen(Status.VERTICAL)
            if not are_equal(left, right):
                return Seen(Status.KINK, left=left, right=right) if n == order else Seen(Status.JUMP)
        return Seen(Status.SMOOTH, derivative=right)

    def _side(self, along: Callable[[Fraction], Value], order: int, side: int, first: Fraction = Fraction(0)) -> Limit | None:
        return trend(self.values, [self.values.difference(along, order, side * step, first) for step in self.steps])

    def mixed(self, names: Sequence[str]) -> Seen:
        """What ∂ⁿf/∂names is: differences into all directions must tend to one number."""
        if self.at() is None:
            return Seen(Status.UNDEFINED)
        found = [trend(self.values, [self._mixed_difference(names, scales, step) for step in self.steps]) for scales in _directions(names)]
        if any(one is None or not one.is_finite or not are_equal(one, found[0]) for one in found):
            raise Unclear("no mixed derivative")
        return Seen(Status.SMOOTH, derivative=found[0])

    def _mixed_difference(self, names: Sequence[str], scales: Mapping[str, Fraction], step: Fraction) -> Value:
        def along(left: Sequence[str], offsets: Mapping[str, Fraction]) -> Value:
            if not left:
                return self.at(**offsets)
            name, order = left[0], names.count(left[0])
            return self.values.difference(lambda t: along(left[1:], {**offsets, name: t}), order, scales[name] * step)

        return along(list(scales), {})


def _directions(names: Sequence[str]) -> Iterator[dict[str, Fraction]]:
    """Signed lengths of the steps along each variable: to all sides, and not only along the diagonals."""
    first, *others = dict.fromkeys(names)
    for length, *sides in product((-3, -1, 1, 3), *[(-1, 1)] * len(others)):
        yield dict(zip((first, *others), map(Fraction, (length, *sides)), strict=True))


def _nowhere(left: Limit | None, right: Limit | None) -> Seen:
    """f is not defined at the point."""
    if left is None or right is None or not (left.is_finite and right.is_finite) or not are_equal(left, right):
        return Seen(Status.UNDEFINED)
    return Seen(Status.HOLE, limit=right)


def seen(graph: Graph, point: Mapping[str, float], names: Sequence[str], values: Values, steps: Sequence[Fraction] = STEPS) -> Seen:
    """What the derivative of f by `names` is at a point; raises Unclear."""
    observer = Observer(graph, point, values, steps)
    try:
        return observer.derivative(names[0], len(names)) if len(set(names)) == 1 else observer.mixed(names)
    except (OverflowError, MemoryError, mpmath.libmp.NoConvergence) as error:
        raise Unclear(str(error)) from error
