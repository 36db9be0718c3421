"""The algebra of the certified engine: a function followed along a line x0 + t·d, as a power series of balls in t."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_series, fmpq

from diffcheck.engines.certified.domains import Condition, conditions
from diffcheck.engines.certified.functions.implementations import implementation
from diffcheck.engines.certified.line.rationals import exactly
from diffcheck.engines.certified.values import (
    TIE,
    Series,
    Trouble,
    TroubleKind,
    Value,
    balls,
    composed,
    constant_term,
    is_finite,
    undefined,
    unproved,
    worst,
)
from diffcheck.graph.domains import Domain
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Definition, Graph, evaluate


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
        found = implementation(function.name)
        if function.is_lazy:
            return found.on_line(self, *arguments)
        kinds = {type(u) for u in arguments}
        if Trouble in kinds:
            return worst([u for u in arguments if isinstance(u, Trouble)])
        if fmpq in kinds:
            exact = exactly(function, arguments) if len(kinds) == 1 else None
            if exact is not None:
                return exact
        if function.domain or function.demands:
            trouble = self._outside(function, arguments)
            if trouble is not None:
                return trouble
        if fmpq in kinds and not found.takes_rationals:
            arguments = balls(arguments)
        result = found.on_line(self, *arguments)
        if isinstance(result, (bool, Trouble, fmpq)) or function.may_be_infinite:
            return result
        known = constant_term(result) if function.is_polynomial else result  # only an infinite bound spoils it, and shows there
        return result if is_finite(known) else unproved(f"{function.name} is not bounded on the ball around its argument")

    def call(self, definition: Definition, order: int, arguments: Sequence[Value]) -> Value:
        """∂ᵒʳᵈᵉʳf/∂uᵒʳᵈᵉʳ(u, …): the Taylor series of f at u(0), differentiated, then composed with u(t) - u(0)."""
        troubles = [u for u in arguments if isinstance(u, Trouble)]
        if troubles:
            return worst(troubles)
        u, *others = balls(arguments)
        if any(isinstance(other, arb_series) for other in others):
            return Trouble(TroubleKind.UNSUPPORTED, f"the certified engine lacks mixed derivatives of {definition.name}")
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
        return 0 if isinstance(u, arb) else Trouble(TroubleKind.SINGULAR, TIE)

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
        return undefined(reason) if isinstance(u, arb) else Trouble(TroubleKind.SINGULAR, reason)


POINT = Line(1)  # evaluates a graph at a point, where nothing moves
