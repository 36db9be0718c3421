"""The algebra of the certified engine: a function followed along a line x0 + t·d, as a power series of balls in t.

A value is an `arb` (does not change along the line), an `arb_series` in t, a rational that is known exactly, a condition
(bool), or a `Trouble` that says why there is no value. Troubles are values, not exceptions, because a branch that is not
taken may be in trouble.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from flint import arb, arb_series, fmpq

from diffcheck.engines.certified.domains import Condition, conditions
from diffcheck.engines.certified.rationals import exactly
from diffcheck.graph.build import meaning
from diffcheck.graph.domains import Domain
from diffcheck.graph.functions import ABSENT, FUNCTIONS, Function
from diffcheck.graph.graph import Definition, Graph, evaluate


class Kind(Enum):
    """What is wrong with a value, the most final first."""

    UNDEFINED = "undefined"  # proved: the function has no value here
    UNSUPPORTED = "unsupported"  # the engine cannot do this
    NO_SERIES = "no series"  # it may have a value, but no expansion of it is known
    SINGULAR = "singular"  # no two-sided power series is known: the exact algebra looks closer
    UNPROVED = "unproved"  # the balls are too wide: more precision may help
    TRUNCATED = "truncated"  # the series is too short: more terms may help


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no value."""

    kind: Kind
    reason: str


Series: TypeAlias = arb | arb_series
Value: TypeAlias = arb | arb_series | fmpq | bool | Trouble
_SEVERITY = {kind: rank for rank, kind in enumerate(Kind)}


def undefined(reason: str) -> Trouble:
    return Trouble(Kind.UNDEFINED, reason)


def unproved(reason: str) -> Trouble:
    return Trouble(Kind.UNPROVED, reason)


def worst(troubles: Sequence[Trouble]) -> Trouble:
    """The trouble that decides when several arguments are in trouble."""
    return min(troubles, key=lambda trouble: _SEVERITY[trouble.kind])


def constant_term(u: Series) -> arb:
    """u at t = 0."""
    return u[0] if isinstance(u, arb_series) else u


def is_finite(u: Series) -> bool:
    """Whether every known coefficient is a finite ball. Test this before any predicate: a NaN ball contains everything."""
    return bool(u.is_finite()) if isinstance(u, arb) else all(map(arb.is_finite, u.coeffs()))


def balls(arguments: Sequence[Any]) -> list[Any]:
    """The arguments with rationals as balls."""
    return [arb(u) if isinstance(u, fmpq) else u for u in arguments]


def composed(f: arb_series, u: arb_series) -> arb_series:
    """f(u - u(0)) for a series f about u(0). flint wants an exact zero, and not the zero series."""
    step = arb_series([arb(0), *u.coeffs()[1:]], prec=u.prec)
    return f(step) if step.length() else arb_series([f[0]], prec=min(u.prec, f.prec))


@dataclass(frozen=True, slots=True)
class Line:
    """Evaluates a graph along a line; series carry `terms` Taylor coefficients."""

    terms: int

    def variable(self, start: Any, speed: int) -> Value:
        """A variable that moves along the line."""
        return arb_series([start, speed], prec=self.terms)

    def follow(self, graph: Graph, point: Mapping[str, float], directions: Mapping[str, int]) -> Series | Trouble:
        """f along the line through a point on which each variable in `directions` moves at its own speed."""
        values: dict[str, Value] = {name: arb(coordinate) for name, coordinate in point.items()}
        for name, speed in directions.items():
            values[name] = self.variable(values[name], speed)
        (f,) = balls([evaluate(graph, self, values)])
        assert not isinstance(f, (bool, fmpq))
        return f if isinstance(f, Trouble) or is_finite(f) else undefined("f is infinite there")

    def constant(self, value: Fraction) -> Value:
        return fmpq(value.numerator, value.denominator)

    def apply(self, function: Function, arguments: Sequence[Value]) -> Value:
        implementation = _implementation(function.name)
        if function.name in LAZY:
            return implementation(self, *arguments)
        kinds = {type(u) for u in arguments}
        if Trouble in kinds:
            return worst([u for u in arguments if isinstance(u, Trouble)])
        if fmpq in kinds:
            exact = exactly(function.name, arguments) if len(kinds) == 1 else None
            if exact is not None:
                return exact
        if function.domain or function.demands:
            trouble = self._outside(function, arguments)
            if trouble is not None:
                return trouble
        if fmpq in kinds and function.name not in _TAKES_RATIONALS:
            arguments = balls(arguments)
        result = implementation(self, *arguments)
        if isinstance(result, (bool, Trouble, fmpq)) or function.name in _MAY_BE_INFINITE:
            return result
        known = constant_term(result) if function.name in _KEEPS_FINITE else result
        return result if is_finite(known) else unproved(f"{function.name} is not bounded on the ball around its argument")

    def call(self, definition: Definition, order: int, arguments: Sequence[Value]) -> Value:
        """∂ᵒʳᵈᵉʳf/∂uᵒʳᵈᵉʳ(u, …): the Taylor series of f at u(0), differentiated, then composed with u(t) - u(0)."""
        troubles = [u for u in arguments if isinstance(u, Trouble)]
        if troubles:
            return worst(troubles)
        u, *others = balls(arguments)
        if any(isinstance(other, arb_series) for other in others):
            return Trouble(Kind.UNSUPPORTED, f"the certified engine lacks mixed derivatives of {definition.name}")
        assert isinstance(u, (arb, arb_series))
        center = constant_term(u)
        inner = Line(self.terms + order)
        values = [inner.variable(center, 1), *others]
        f = evaluate(definition.flat, inner, dict(zip(definition.parameters, values, strict=True)))
        if isinstance(f, Trouble):
            return f
        if not isinstance(f, arb_series):
            return arb(0)
        for _ in range(order):
            f = f.derivative()
        return composed(f, u) if isinstance(u, arb_series) else f[0]

    def sign(self, u: Series) -> int | Trouble:
        """The sign of u at the point and, if u moves, around it."""
        first = constant_term(u)
        if not first.is_finite():
            return unproved("a comparison with an unbounded ball")
        if first > 0:
            return 1
        if first < 0:
            return -1
        if not first.is_zero():
            return unproved("a comparison whose two sides cannot be told apart")
        return 0 if isinstance(u, arb) else Trouble(Kind.SINGULAR, TIE)

    def _outside(self, function: Function, arguments: Sequence[Value]) -> Trouble | None:
        """The trouble of arguments that are not provably inside the function's domain."""
        poles = ((u, domain) for u, domain in zip(arguments, function.domain, strict=False) if domain.pole is not None)
        found = [self._at_pole(domain, u, function) for u, domain in poles]
        found += [self._beyond_end(condition, function) for condition in conditions(function, arguments, self)]
        troubles = [trouble for trouble in found if trouble is not None]
        return worst(troubles) if troubles else None

    def _beyond_end(self, condition: Condition[Value], function: Function) -> Trouble | None:
        """The trouble of arguments at this signed distance from an end of the domain."""
        (distance,) = balls([condition.distance])
        if isinstance(distance, Trouble):
            return distance
        side = self.sign(distance)
        if side == -1 or (side == 0 and not condition.closed):
            assert not isinstance(condition.doubt, (bool, fmpq, arb, arb_series))
            return condition.doubt or undefined(f"{function.name} is not defined there: {condition.words}")
        return side if isinstance(side, Trouble) else None

    def _at_pole(self, domain: Domain, argument: Value, function: Function) -> Trouble | None:
        assert domain.pole is not None
        (u,) = balls([argument])
        distance = constant_term(u) - domain.pole
        if not distance.contains(0) and (not domain.poles_go_on or distance > 0 or not distance.contains_integer()):
            return None
        if not distance.is_integer():
            return unproved(f"{function.name} close to a pole")
        reason = f"{function.name} has a pole there"
        return undefined(reason) if isinstance(u, arb) else Trouble(Kind.SINGULAR, reason)


POINT = Line(1)  # evaluates a graph at a point, where nothing moves
TIE = "a tie"
LAZY = ("where", "and", "or")
_MAY_BE_INFINITE = ("inf", "negate")  # as a bound: everything else is infinite only where it is not defined, or not proved
_KEEPS_FINITE = ("add", "subtract", "multiply")  # only a bound that is infinite spoils the result, and shows in its constant term
_TAKES_RATIONALS = ("power", "hyp2f1")  # an exact exponent or parameter makes a difference
_Implementation = Callable[..., Value]


@cache
def _implementation(name: str) -> _Implementation:
    row = FUNCTIONS[name]
    column = row.column("ball")
    if column == ABSENT:
        return lambda line, *_: Trouble(Kind.UNSUPPORTED, f"the certified engine lacks {name}")
    if column is None:
        graph, names = meaning(name), row.names
        return lambda line, *arguments: evaluate(graph, line, dict(zip(names, arguments, strict=True)))
    source, _, attribute = column.rpartition(":")
    if source == "values":
        return _module("special").from_values(attribute)  # type: ignore[no-any-return]
    if source == "rule":
        name = attribute_of(column)
        return getattr(_module("rules"), name, None) or getattr(_module("composed"), name)  # type: ignore[no-any-return]
    return _native(attribute)


def attribute_of(column: str) -> str:
    """The name in a module of the function that a column names."""
    name = column.rpartition(":")[2]
    return name + "_" if name in _KEYWORDS else name


_KEYWORDS = ("and", "or", "not", "abs", "e", "pi", "inf")


def _module(name: str) -> Any:
    return importlib.import_module(f"diffcheck.engines.certified.{name}")


def _native(method: str) -> _Implementation:
    """A method of arb_series; what does not depend on t is a series of one term."""

    def apply(line: Line, u: Series) -> Value:
        if isinstance(u, arb):
            return getattr(arb_series([u], prec=1), method)()[0]
        return getattr(u, method)()

    return apply
