"""The algebra of the certified engine: a function followed along a line x0 + t·d, as a power series of balls in t.

A value is an `arb` (does not change along the line), an `arb_series` in t, a condition (bool), or a `Trouble` that says why
there is no such value. Troubles are values, not exceptions, because a branch that is not taken may be in trouble.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import Any, TypeAlias

from flint import arb, arb_series, fmpq

from diffcheck.graph.build import meaning
from diffcheck.graph.functions import ABSENT, FUNCTIONS, Domain, Function
from diffcheck.graph.graph import Definition, evaluate


class Kind(Enum):
    """What is wrong with a value, the most final first."""

    UNDEFINED = "undefined"  # proved: the function has no value here
    UNSUPPORTED = "unsupported"  # the engine cannot do this
    NO_SERIES = "no series"  # it has a value, perhaps, but no power series on this side
    SINGULAR = "singular"  # no two-sided series, or not a decided one: look at each side
    UNPROVED = "unproved"  # the balls are too wide: more precision may help


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no value."""

    kind: Kind
    reason: str


class Mode(Enum):
    """Where the line is followed."""

    BOTH_SIDES = "t around 0"
    POINT = "t = 0"
    ONE_SIDE = "t > 0"


Series: TypeAlias = arb | arb_series
Value: TypeAlias = arb | arb_series | bool | Trouble
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
    if isinstance(u, arb):
        return bool(u.is_finite())
    return all(c.is_finite() for c in u.coeffs())


@dataclass(frozen=True, slots=True)
class Line:
    """Evaluates a graph along a line; `terms` is the number of Taylor coefficients carried."""

    mode: Mode
    terms: int

    def constant(self, value: Fraction) -> Value:
        numerator, denominator = value.numerator, value.denominator
        return arb(numerator) if denominator == 1 else arb(fmpq(numerator, denominator))

    def apply(self, function: Function, arguments: Sequence[Value]) -> Value:
        implementation = _implementation(function.name)
        if function.name in _LAZY:
            return implementation(self, *arguments)
        troubles = [u for u in arguments if isinstance(u, Trouble)]
        if troubles:
            return worst(troubles)
        for argument, domain in zip(arguments, function.domain, strict=False):
            trouble = self._outside(domain, argument, function)
            if trouble is not None:
                return trouble
        result = implementation(self, *arguments)
        if isinstance(result, (bool, Trouble)) or is_finite(result):
            return result
        return unproved(f"{function.name} is not bounded on the ball around its argument")

    def call(self, definition: Definition, order: int, arguments: Sequence[Value]) -> Value:
        """∂ᵒʳᵈᵉʳf/∂uᵒʳᵈᵉʳ(u, …): the Taylor series of f at u(0), differentiated, then composed with u(t) - u(0)."""
        troubles = [u for u in arguments if isinstance(u, Trouble)]
        if troubles:
            return worst(troubles)
        u, *others = arguments
        if any(isinstance(other, arb_series) for other in others):
            return Trouble(Kind.UNSUPPORTED, f"the certified engine lacks mixed derivatives of {definition.name}")
        assert isinstance(u, (arb, arb_series))
        center = constant_term(u)
        inner = Line(Mode.BOTH_SIDES, self.terms + order)
        values = [arb_series([center, 1], prec=inner.terms), *others]
        f = evaluate(definition.flat, inner, dict(zip(definition.parameters, values, strict=True)))
        if isinstance(f, Trouble):
            one_sided = f.kind is Kind.SINGULAR and self.mode is not Mode.BOTH_SIDES
            return Trouble(Kind.NO_SERIES, f"{definition.name}' does not exist there") if one_sided else f
        if not isinstance(f, arb_series):
            return arb(0)
        for _ in range(order):
            f = f.derivative()
        return f(u - center) if isinstance(u, arb_series) else f[0]

    def sign(self, u: Series) -> int | Trouble:
        """The sign of u: at the point, or for all small t > 0, or on both sides of 0."""
        first = constant_term(u)
        if not first.is_finite():
            return unproved("a comparison with an unbounded ball")
        if first > 0:
            return 1
        if first < 0:
            return -1
        if not first.is_zero():
            return unproved("a comparison whose two sides cannot be told apart")
        if isinstance(u, arb):
            return 0
        if self.mode is Mode.BOTH_SIDES:
            return Trouble(Kind.SINGULAR, "a tie")
        for c in u.coeffs()[1:]:
            if c > 0:
                return 1
            if c < 0:
                return -1
            if not c.is_zero():
                return unproved("a tie that a wide ball cannot break")
        return unproved(VANISHES)

    def _outside(self, domain: Domain, u: Value, function: Function) -> Trouble | None:
        """The trouble of an argument that is not provably inside the domain."""
        assert isinstance(u, (arb, arb_series))
        if domain.without_poles:
            return self._at_pole(u, function)
        for end, direction in ((domain.lower, 1), (domain.upper, -1)):
            if end is None:
                continue
            side = self.sign((u - int(end)) * direction)
            if side == -1:
                return undefined(f"{function.name} is not defined there: its argument must lie in {domain}")
            if isinstance(side, Trouble):
                if side.kind is Kind.SINGULAR and function.ball is not None and function.ball.startswith("rule:"):
                    continue  # rules treat the ends of their domain themselves
                return side
            if side == 0 and not domain.closed:
                return undefined(f"{function.name} is not defined at {end}")
        return None

    def _at_pole(self, u: Series, function: Function) -> Trouble | None:
        first = constant_term(u)
        if first > 0 or not first.contains_integer():
            return None
        if not first.is_integer():
            return unproved(f"{function.name} close to a pole")
        if isinstance(u, arb) or self.mode is Mode.POINT:
            return undefined(f"{function.name} has a pole there")
        kind = Kind.SINGULAR if self.mode is Mode.BOTH_SIDES else Kind.NO_SERIES
        return Trouble(kind, f"{function.name} has a pole there")


VANISHES = "a difference that vanishes to every order computed"
_LAZY = ("where", "and", "or")
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
        return getattr(_module("rules"), attribute + "_" if attribute in _KEYWORDS else attribute)  # type: ignore[no-any-return]
    return _native(attribute)


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
