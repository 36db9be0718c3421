"""The algebra of a graph over an exactly ordered field: every choice is made by a sign, and every sign is proved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, reduce
from typing import Any

from flint import fmpq

from diffcheck.engines.certified.domains import Condition, conditions
from diffcheck.engines.certified.exact import huge
from diffcheck.engines.certified.exact.field import MOST_ROOT, Field, NoValueError, no_series, not_defined, not_known
from diffcheck.engines.certified.exact.germ import Huge
from diffcheck.engines.certified.functions import rules
from diffcheck.engines.certified.values import Trouble, TroubleKind, worst
from diffcheck.graph.build import meaning, read
from diffcheck.graph.domains import Domain
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Definition, Graph, evaluate

# the field computes these itself, though the table has a meaning for them
OF_THE_FIELD = ("rgamma", "gammainc", "gammaincc")
# the field makes these of its own functions, though the table has no meaning for them
MEANINGS = {
    "sinh": "(exp(x) - exp(-x))/2",
    "cosh": "(exp(x) + exp(-x))/2",
    "tanh": "1 - 2/(exp(2*x) + 1)",
    "asinh": "where(x < 0, -log(sqrt(x^2 + 1) - x), log(sqrt(x^2 + 1) + x))",
    "acosh": "log(x + sqrt(x^2 - 1))",
    "atanh": "log((1 + x)/(1 - x))/2",
    "tan": "sin(x)/cos(x)",
    "unsinc": "where(x == 0, 1, sin(x)/x)",
}


@dataclass(frozen=True, slots=True)
class Infinite:
    """±∞ as a bound in comparisons and pieces; it is not a number of the field."""

    sign: int


@dataclass(frozen=True, slots=True)
class Pointwise:
    """Evaluates a graph in a field. A value is an element, a condition, a bound, or a Trouble: a branch not taken may be in trouble.

    `derivative(field, graph, values, name, order)` is the derivative of a definition in the field, by one of its variables.
    """

    field: Field
    derivative: Callable[[Field, Graph, Mapping[str, Any], str, int], Any]

    def constant(self, value: Fraction) -> Any:
        return self.field.rational(value)

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        troubles = [u for u in arguments if isinstance(u, Trouble)]
        if troubles and not function.is_lazy:
            return worst(troubles)
        try:
            return self._applied(function, arguments)
        except NoValueError as no_value:
            return no_value.trouble

    def _applied(self, function: Function, arguments: Sequence[Any]) -> Any:
        if function.domain or function.demands:
            self._check(function, arguments)
        rule = self._rule_of(function, arguments)
        if rule is not None:
            return rule(self, *arguments)
        graph = _meaning_of(function.name)
        if graph is not None:
            return evaluate(graph, self, dict(zip(function.names, arguments, strict=True)))
        return self.field.function(function.name, arguments)

    def _rule_of(self, function: Function, arguments: Sequence[Any]) -> Callable[..., Any] | None:
        unbounded = {type(u) for u in arguments} & {Infinite, Huge}
        if not unbounded or function.name in _TAKE_BOUNDS or _meaning_of(function.name) is not None:
            return _RULES.get(function.name)
        rule = huge.RULES.get(function.name) if Infinite not in unbounded else None
        if rule is None:
            raise NoValueError(Trouble(TroubleKind.UNSUPPORTED, f"{function.name} of infinity"))
        return lambda at, *values: rule(at.field, *values)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        troubles = [u for u in arguments if isinstance(u, Trouble)]
        if troubles:
            return worst(troubles)
        if any(isinstance(u, (Infinite, Huge)) for u in arguments):
            return Trouble(TroubleKind.UNSUPPORTED, f"{definition.name}' of infinity")
        values = dict(zip(definition.parameters, arguments, strict=True))
        try:
            return self.derivative(self.field, definition.flat, values, definition.parameters[0], order)
        except NoValueError as no_value:
            return no_value.trouble

    def _check(self, function: Function, arguments: Sequence[Any]) -> None:
        """Raises NoValueError where the function is not defined."""
        for domain, u in zip(function.domain, arguments, strict=False):
            if domain.pole is not None:
                self._check_pole(domain, u, function)
        for condition in conditions(function, arguments, self):
            self._check_end(condition, function)

    def _check_end(self, condition: Condition[Any], function: Function) -> None:
        if isinstance(condition.distance, Trouble):
            raise NoValueError(condition.distance)
        side = self.compared(condition.distance, self.field.rational(0))
        if side > 0 or (side == 0 and condition.closed):
            return
        if condition.doubt is not None:
            raise NoValueError(condition.doubt)
        raise not_defined(f"{function.name} is not defined there: {condition.words}")

    def _check_pole(self, domain: Domain, u: Any, function: Function) -> None:
        assert domain.pole is not None
        if isinstance(u, (Infinite, Huge)):
            raise NoValueError(Trouble(TroubleKind.UNSUPPORTED, f"{function.name} of infinity"))
        distance = u - self.field.rational(domain.pole)
        goes_on = domain.poles_go_on and not self.field.is_zero(distance) and self.field.sign(distance) < 0
        if self.field.is_zero(distance) or (goes_on and self.field.is_zero(u - self.field.floor(u))):
            raise not_defined(f"{function.name} has a pole there")

    def compared(self, a: Any, b: Any) -> int:
        """The sign of a - b."""
        if a is b:
            return 0
        for kind in (Infinite, Huge):
            if isinstance(a, kind) or isinstance(b, kind):
                larger = (a.sign if isinstance(a, kind) else 0) - (b.sign if isinstance(b, kind) else 0)
                if not larger and kind is Huge:
                    raise no_series("a comparison of functions that grow faster than every power")
                return (larger > 0) - (larger < 0)
        return self.field.sign(a - b)

    def is_equal(self, a: Any, b: Any) -> bool:
        if isinstance(a, (Infinite, Huge)) or isinstance(b, (Infinite, Huge)):
            return self.compared(a, b) == 0
        return a is b or self.field.is_zero(a - b)

    def greater_of(self, a: Any, b: Any, direction: int) -> Any:
        """The greater (direction 1) or smaller (-1) of two numbers; what lies between if they differ by less than all terms computed."""
        try:
            return a if self.compared(a, b) * direction >= 0 else b
        except NoValueError as no_value:
            if no_value.trouble.kind is not TroubleKind.TRUNCATED:
                raise
            return self.field.between(a, b)

    def size(self, u: Any) -> Any:
        """|u|."""
        if isinstance(u, (Infinite, Huge)):
            return replace(u, sign=1)
        return self.greater_of(u, -u, 1)


@cache
def _meaning_of(name: str) -> Graph | None:
    if name in MEANINGS:
        return read(MEANINGS[name]).target.flat
    return meaning(name) if FUNCTIONS[name].meaning and name not in OF_THE_FIELD else None


# Powers


def _power(at: Pointwise, base: Any, exponent: Any) -> Any:
    field = at.field
    q = field.as_rational(exponent)
    if q is not None and q.q == 1:
        return _integer_power(at, base, q)
    side = field.sign(base)
    if side > 0:
        return field.power(base, q) if q is not None and abs(q.q) <= MOST_ROOT else field.exp(exponent * field.log(base))
    above = field.sign(exponent)
    if side == 0:
        if above < 0:
            raise not_defined("zero to a negative power")
        return field.rational(0) if above else field.rational(1)
    if field.sign(exponent - field.floor(exponent)) == 0:
        raise not_known("a power of a negative number whose exponent is an integer, though it is not seen which")
    raise not_defined(rules.NOT_AN_INTEGER)


def _integer_power(at: Pointwise, base: Any, exponent: Any) -> Any:
    field = at.field
    q = exponent if isinstance(exponent, fmpq) else field.as_rational(exponent)
    assert q is not None
    if q == 0:
        return field.rational(1)
    if q < 0 and field.sign(base) == 0:
        raise not_defined("division by zero")
    return field.power(base, q)


def _cbrt(at: Pointwise, u: Any) -> Any:
    third = fmpq(1, 3)
    return -at.field.power(-u, third) if at.field.sign(u) < 0 else at.field.power(u, third)


# Pieces


def _compares(*signs: int) -> Callable[..., bool]:
    return lambda at, a, b: at.compared(a, b) in signs


def _extreme(direction: int) -> Callable[..., Any]:
    return lambda at, *arguments: reduce(lambda a, b: at.greater_of(a, b, direction), arguments)


def _heaviside(at: Pointwise, u: Any, at_zero: Any) -> Any:
    side = at.compared(u, at.field.rational(0))
    return at_zero if side == 0 else at.field.rational(int(side > 0))


def _atan2(at: Pointwise, y: Any, x: Any) -> Any:
    field = at.field
    right, above = field.sign(x), field.sign(y)
    if right == 0:
        if above == 0:
            raise not_defined("atan2(0, 0)")
        return field.pi * field.rational(fmpq(above, 2))
    turned = field.rational(0) if right > 0 else field.pi if above >= 0 else -field.pi
    return turned if above == 0 else field.function("atan", [field.divide(y, x)]) + turned


_TAKE_BOUNDS = ("less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "where", "max", "min", "abs", "sign", "negate")
_RULES: dict[str, Callable[..., Any]] = {
    "add": lambda at, a, b: a + b,
    "subtract": lambda at, a, b: at.field.rational(0) if a is b else a - b,
    "multiply": lambda at, a, b: a * b,
    "divide": lambda at, a, b: at.field.divide(a, b),
    "negate": lambda at, a: replace(a, sign=-a.sign) if isinstance(a, (Infinite, Huge)) else -a,
    "power": _power,
    "integer_power": _integer_power,
    "sqrt": lambda at, u: at.field.power(u, fmpq(1, 2)),
    "cbrt": _cbrt,
    "exp": lambda at, u: at.field.exp(u),
    "log": lambda at, u: at.field.log(u),
    "sin": lambda at, u: at.field.sin(u),
    "cos": lambda at, u: at.field.cos(u),
    "atan2": _atan2,
    "pi": lambda at: at.field.pi,
    "e": lambda at: at.field.exp(at.field.rational(1)),
    "inf": lambda at: Infinite(1),
    "less": _compares(-1),
    "less_equal": _compares(-1, 0),
    "greater": _compares(1),
    "greater_equal": _compares(1, 0),
    "equal": lambda at, a, b: at.is_equal(a, b),
    "not_equal": lambda at, a, b: not at.is_equal(a, b),
    "and": rules.and_,
    "or": rules.or_,
    "not": rules.not_,
    "where": rules.where,
    "abs": lambda at, u: at.size(u),
    "max": _extreme(1),
    "min": _extreme(-1),
    "sign": lambda at, u: at.field.rational(at.compared(u, at.field.rational(0))),
    "heaviside": _heaviside,
    "floor": lambda at, u: at.field.floor(u),
    "ceil": lambda at, u: -at.field.floor(-u),
}
