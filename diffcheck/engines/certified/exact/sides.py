"""A function at a point, from its value there and its germs on both sides; in any field, so that derivatives can be nested.

A Laurent series that holds on both sides is taken if there is one; otherwise each side is followed alone, and both are compared exactly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from diffcheck.engines.certified.exact.field import Field, NoValueError, not_defined
from diffcheck.engines.certified.exact.germ import ONE, Germ, Huge, in_order
from diffcheck.engines.certified.exact.germs import OSCILLATES, Germs
from diffcheck.engines.certified.exact.pointwise import Infinite, Pointwise
from diffcheck.engines.certified.values import Trouble, TroubleKind
from diffcheck.graph.graph import Graph, evaluate
from diffcheck.results import Status

LEFT, RIGHT = -1, 1
IS_INFINITE = "f is infinite there"
SPARE_ORDERS = 2  # of the next derivative, and of the remainder


@dataclass(frozen=True, slots=True)
class Side:
    """f on one side: its limit, f', f'', … as far as they are known and finite; then the sign of the next one if that is infinite."""

    derivatives: list[Any]
    infinite: int = 0
    unknown: Trouble | None = None  # why the next one is not known
    swings: bool = False  # there is no limit, because f oscillates


@dataclass(frozen=True, slots=True)
class Joint:
    """What a function is at a point; the numbers are elements of the field. `trouble` says why no more is known."""

    status: Status
    reason: str = ""
    value: Any = None
    derivative: Any = None
    following: tuple[Any, ...] = ()  # the derivatives of one order more, on the left and on the right
    left: Any = None
    right: Any = None
    trouble: Trouble | None = None


def undecided(trouble: Trouble, value: Any = None) -> Joint:
    return Joint(Status.UNDECIDED, trouble.reason, value, trouble=trouble)


Function: TypeAlias = Callable[[Field, Mapping[str, Any]], Any]  # the value in any field, or a Trouble


def algebra(field: Field, cut: int) -> Pointwise:
    """What evaluates graphs in a field; `cut` is the number of terms that derivatives carry beyond those wanted."""

    def nested(field: Field, inner: Graph, values: Mapping[str, Any], name: str, order: int) -> Any:
        return element(joint(field, of_graph(inner, cut), values, name, order, cut - 1))

    return Pointwise(field, nested)


def of_graph(graph: Graph, cut: int) -> Function:
    """A graph as a function in every field."""
    return lambda field, values: evaluate(graph, algebra(field, cut), values)


def derivative(f: Function, name: str, order: int, cut: int) -> Function:
    """A derivative of a function as a function."""

    def function(field: Field, values: Mapping[str, Any]) -> Any:
        try:
            return element(joint(field, f, values, name, order, cut - 1))  # the next derivative is not asked for
        except NoValueError as no_value:
            return no_value.trouble

    return function


def element(found: Joint) -> Any:
    """The derivative. Raises NoValueError if there is none, or none is proved."""
    if found.status is Status.SMOOTH:
        return found.derivative
    if found.trouble is not None:
        raise NoValueError(found.trouble)
    raise not_defined("the derivative does not exist there")


def joint(field: Field, f: Function, values: Mapping[str, Any], name: str, order: int, cut: int) -> Joint:
    """The derivative of a function by a variable at elements of a field."""

    def follow(direction: int, is_two_sided: bool = False) -> tuple[Side | Trouble, bool]:
        germs = Germs(field, order + SPARE_ORDERS + cut, is_two_sided)
        moved = {other: germs.constant(u) for other, u in values.items()} | {name: germs.variable(values[name], direction)}
        found = f(germs, moved)
        if isinstance(found, (Infinite, Huge)):
            return Side([], found.sign), False
        return (found if isinstance(found, Trouble) else _read(germs, found, order, direction)), germs.is_regular

    around, is_regular = follow(RIGHT, is_two_sided=True)
    is_followed = isinstance(around, Side) and len(around.derivatives) > order
    if isinstance(around, Side) and is_followed and is_regular:
        return _smooth(around.derivatives[0], around, around, order)
    at_point = f(field, values)
    if isinstance(at_point, Infinite):
        at_point = Trouble(TroubleKind.UNDEFINED, IS_INFINITE)
    if isinstance(at_point, Trouble) and at_point.kind is not TroubleKind.UNDEFINED:
        return undecided(at_point)
    left, right = (around, around) if is_followed else (follow(direction)[0] for direction in (LEFT, RIGHT))
    if isinstance(at_point, Trouble):
        return _without_value(field, at_point, left, right)
    if isinstance(left, Side) and isinstance(right, Side):
        return _join(field, at_point, left, right, order)
    return _one_side(field, at_point, left, right, order)


def _smooth(value: Any, left: Side, right: Side, order: int) -> Joint:
    following = [side.derivatives[order + 1 :][:1] for side in ((right,) if left is right else (left, right))]
    return Joint(Status.SMOOTH, "", value, right.derivatives[order], tuple(sum(following, [])) if all(following) else ())


# Reading a germ


def _read(germs: Germs, f: Germ, order: int, direction: int) -> Side | Trouble:
    """The one-sided derivatives at t = 0, up to one order more than asked for."""
    side = Side([])
    for n in range(order + 2):
        try:
            side = _next(germs, f, n, direction, side)
        except NoValueError as no_value:
            side = replace(side, unknown=no_value.trouble)
        if side.infinite or side.swings or side.unknown is not None:
            break
    return side.unknown if side.unknown is not None and not side.derivatives else side


def _next(germs: Germs, f: Germ, n: int, direction: int, side: Side) -> Side:
    """The side with its n-th derivative added, or with what is known instead: terms larger than tⁿ make it infinite."""
    if f.is_rough and n > 1:
        return replace(side, unknown=Trouble(TroubleKind.TRUNCATED, "a remainder whose derivatives are not known"))
    seen = {(i, 0) for i in range(n)}
    for p in sorted((p for p in f.terms if p not in seen and in_order(p) < in_order((n, 0))), key=in_order):
        if sign := germs.field.sign(f.terms[p]):
            return replace(side, infinite=sign * direction**n)
    if f.swings and not n:
        return replace(side, swings=True)
    if f.order is not None and f.order <= n:
        return replace(side, unknown=Trouble(TroubleKind.TRUNCATED, OSCILLATES if f.is_rough else "the power series was too short"))
    scale = germs.field.rational(math.factorial(n) * direction**n)
    return replace(side, derivatives=[*side.derivatives, f.at((ONE[0] + n, 0)) * scale])


# Without a value


def _without_value(field: Field, at_point: Trouble, left: Side | Trouble, right: Side | Trouble) -> Joint:
    """f is not defined at the point: does it have a limit?"""
    sides = (left, right)
    if any(isinstance(side, Trouble) and side.kind is TroubleKind.UNDEFINED for side in sides):
        return Joint(Status.UNDEFINED, at_point.reason)
    for side in sides:
        if isinstance(side, Side) and not side.derivatives:
            return Joint(Status.UNDEFINED, f"{at_point.reason}; {_missing(side)}")
    trouble = next((side for side in sides if isinstance(side, Trouble)), None)
    if trouble is not None:
        return Joint(Status.LIMIT_UNKNOWN, f"{at_point.reason}; {trouble.reason}", trouble=trouble)
    assert isinstance(left, Side)
    assert isinstance(right, Side)
    a, b = left.derivatives[0], right.derivatives[0]
    try:
        if a is not b and not field.is_zero(a - b):
            return Joint(Status.UNDEFINED, f"{at_point.reason}; the limits from the two sides differ")
    except NoValueError as no_value:
        return Joint(Status.LIMIT_UNKNOWN, f"{at_point.reason}; the limits are not proved equal or different", trouble=no_value.trouble)
    return Joint(Status.HOLE, f"{at_point.reason}, where the function has a finite limit", a)


# With a value


def _join(field: Field, at_point: Any, left: Side, right: Side, order: int) -> Joint:
    for name, side in (("left", left), ("right", right)):
        if (different := _is_jump(field, at_point, side, name)) is not None:
            return different
    for n in range(1, order + 1):
        if n < min(len(left.derivatives), len(right.derivatives)):
            found = _compared(field, at_point, left.derivatives[n], right.derivatives[n], n, order)
            if found is not None:
                return found
            continue
        for side in (left, right):
            if n >= len(side.derivatives) and side.unknown is not None:
                return undecided(side.unknown, at_point)
        return Joint(Status.VERTICAL, _steepness(left, right, n), at_point)
    return _smooth(at_point, left, right, order)


def _is_jump(field: Field, at_point: Any, side: Side, name: str) -> Joint | None:
    """A jump on one side, or an undecided result if continuity is not known; None if f is continuous there."""
    if not side.derivatives:
        return Joint(Status.JUMP, f"on the {name} {_missing(side)}", at_point)
    try:
        is_same = side.derivatives[0] is at_point or field.is_zero(side.derivatives[0] - at_point)
    except NoValueError as no_value:
        return Joint(Status.UNDECIDED, "continuity at the tie is not proved", at_point, trouble=_final(no_value.trouble))
    return None if is_same else Joint(Status.JUMP, f"the limit from the {name} is not the value", at_point)


def _compared(field: Field, at_point: Any, a: Any, b: Any, n: int, order: int) -> Joint | None:
    """The result if the derivatives of order n from both sides differ, or may differ; None if they are equal."""
    try:
        if a is b or field.is_zero(a - b):
            return None
    except NoValueError as no_value:
        reason = "the one-sided slopes are not proved equal or different"
        return Joint(Status.UNDECIDED, reason, at_point, left=a, right=b, trouble=_final(no_value.trouble))
    if n < order:
        return Joint(Status.JUMP, f"the derivative of order {n} jumps here", at_point)
    return Joint(Status.KINK, "", at_point, left=a, right=b)


def _final(trouble: Trouble) -> Trouble:
    """The trouble as one that more terms do not help: numbers that agree to every order computed are mostly equal."""
    return replace(trouble, kind=TroubleKind.UNPROVED)


def _one_side(field: Field, at_point: Any, left: Side | Trouble, right: Side | Trouble, order: int) -> Joint:
    """The result if at least one side is in trouble: at the edge of the domain, or where f has no known expansion."""
    troubles = {name: side for name, side in (("left", left), ("right", right)) if isinstance(side, Trouble)}
    beyond = [name for name, trouble in troubles.items() if trouble.kind is TroubleKind.UNDEFINED]
    if not beyond:
        for name, side in (("left", left), ("right", right)):
            if isinstance(side, Side) and (found := _is_jump(field, at_point, side, name)) is not None and found.status is Status.JUMP:
                return found
        return undecided(next(iter(troubles.values())), at_point)
    if len(beyond) == 2:
        return Joint(Status.BOUNDARY, "f is defined at this point only", at_point)
    return _boundary(field, at_point, beyond[0], right if beyond == ["left"] else left, order)


def _boundary(field: Field, at_point: Any, beyond: str, inside: Side | Trouble, order: int) -> Joint:
    reason = f"f is not defined on the {beyond} of this point"
    if isinstance(inside, Trouble):
        return Joint(Status.BOUNDARY, f"{reason}, and its limit from the other side is not known", at_point)
    jump = _is_jump(field, at_point, inside, "other")
    if jump is not None and jump.status is Status.JUMP:
        return Joint(Status.JUMP, f"{reason}, and its limit from the other side is not the value", at_point)
    if jump is not None:
        return jump
    if order < len(inside.derivatives):
        slope = inside.derivatives[order]
        return Joint(Status.BOUNDARY, reason, at_point, left=None if beyond == "left" else slope, right=slope if beyond == "left" else None)
    return Joint(Status.BOUNDARY, f"{reason}; on the other side the slope is {_sign(inside)}" if inside.infinite else reason, at_point)


def _missing(side: Side) -> str:
    return "there is no limit: it oscillates" if side.swings else "the limit is infinite"


def _steepness(left: Side, right: Side, n: int) -> str:
    name = "slope" if n == 1 else f"derivative of order {n}"
    slopes = [_sign(side) if n >= len(side.derivatives) else _shown(side.derivatives[n]) for side in (left, right)]
    if slopes[0] == slopes[1]:
        return f"the {name} is {slopes[0]}"
    return f"the {name} is {slopes[0]} on the left and {slopes[1]} on the right"


def _sign(side: Side) -> str:
    return "+∞" if side.infinite > 0 else "-∞"


def _shown(u: Any) -> str:
    return f"{float(u.ball(64).mid()):.6g}" if hasattr(u, "ball") else "finite"


def cuts() -> Iterator[int]:
    """How many terms are carried beyond those wanted, in turn: zeros of high order that cancel need more."""
    yield from (0, 2, 6, 20, 45)
