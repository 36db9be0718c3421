"""Values of a graph without a derivative rule, a power series or a ball of FLINT's: for `oracle`.

Rational numbers stay exact. Others are computed by mpmath at two precisions, and what these differ by is their error: a difference
that is nothing but error is 0. What cannot be told is `Unclear`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath
from mp import OWN, Mp

from diffcheck.graph.build import meaning
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Definition, evaluate


class Unclear(Exception):  # noqa: N818  (an answer, not an error)
    """The values do not say what the function is."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A number that is not rational, or too long: at the lower and at the higher precision."""

    low: mpmath.mpf
    high: mpmath.mpf


Number = Fraction | Pair
Value = Number | bool | float | None  # a float is ±inf, a bound; None is undefined

LONGEST = 100_000  # bits of a rational
CLEAR = mpmath.mpf(10) ** -30  # a relative error beyond which a number is in doubt


class Values:
    """The algebra of values, in `digits` decimal digits and half as many again."""

    def __init__(self, digits: int = 600) -> None:
        self.digits = (digits, digits * 3 // 2)
        self.nothing = mpmath.mpf(10) ** (-digits // 2)
        self.inner_steps = (Fraction(1, 10 ** (digits // 5)), Fraction(1, 10 ** (digits // 3)))  # of f' in the text: below the steps of f

    def constant(self, value: Fraction) -> Value:
        return value

    def apply(self, function: Function, arguments: Sequence[Value]) -> Value:
        if function.name == "where":
            return self._where(*arguments)
        if any(argument is None for argument in arguments):
            return None
        if function.name in PIECES:
            return PIECES[function.name](self, *arguments)
        if function.name in OWN or not function.meaning:
            return self.both(lambda *column: Mp().apply(function, column), *arguments)
        return evaluate(meaning(function.name), self, dict(zip(function.names, arguments, strict=True)))

    def call(self, definition: Definition, order: int, arguments: Sequence[Value]) -> Value:
        """A derivative in the text: central differences at two steps, which the two sides must bear out."""
        names, beside = definition.parameters, [Fraction(0) if a is None else a for a in arguments]
        if arguments[0] is None:
            return None

        def along(offset: Fraction) -> Value:
            return evaluate(definition.flat, self, dict(zip(names, [self.plus(beside[0], offset), *beside[1:]], strict=True)))

        sides = [self.difference(along, order, side * self.inner_steps[1]) for side in (-1, 1)]
        central = [self.difference(along, order, step, -Fraction(order, 2)) for step in self.inner_steps]
        if None in (*sides, *central) or not (self.agree(*sides) and self.agree(*central)):
            return None
        (low, _), (_, high) = (self.pair(value) for value in central)
        return self.settled(low, high, below=1000 * self.pair(self.inner_steps[0])[1])

    # Arithmetic

    def pair(self, value: Number) -> tuple[mpmath.mpf, mpmath.mpf]:
        if isinstance(value, Pair):
            return value.low, value.high
        low, high = (self._at(digits, lambda: mpmath.mpf(value.numerator) / value.denominator) for digits in self.digits)
        return low, high

    def _at(self, digits: int, run: Callable[[], Any]) -> Any:
        with mpmath.workdps(digits):
            return run()

    def both(self, operation: Callable[..., Any], *arguments: Value) -> Value:
        """An operation of mpmath's at both precisions; None where it gives no finite real number."""
        if any(isinstance(argument, float) for argument in arguments):
            raise Unclear("arithmetic with infinity")
        columns = list(zip(*map(self.pair, arguments), strict=True)) or [(), ()]
        low, high = (self._at(digits, lambda: _real(operation, column)) for digits, column in zip(self.digits, columns, strict=True))  # noqa: B023
        if (low is None) != (high is None):
            raise Unclear("at the edge of a domain")
        return None if low is None else self.settled(low, high)

    def settled(self, low: mpmath.mpf, high: mpmath.mpf, below: mpmath.mpf | None = None) -> Number:
        """A number from its two values: what is only error, and small, is 0."""
        with mpmath.workdps(self.digits[1]):
            error = abs(high - low)
            if error <= abs(high) * CLEAR:
                return Pair(low, high) if high else Fraction(0)
            if max(abs(low), abs(high)) <= (below or self.nothing):
                return Fraction(0)
        raise Unclear("digits are lost")

    def plus(self, a: Value, b: Value) -> Value:
        return _add(self, a, b)

    def times(self, a: Value, b: Value) -> Value:
        return _multiply(self, a, b)

    def minus(self, a: Value, b: Value) -> Value:
        return self.plus(a, self.times(Fraction(-1), b))

    def sign(self, a: Value) -> int:
        if isinstance(a, Pair):
            return 1 if a.high > 0 else -1
        assert isinstance(a, (Fraction, float))
        return (a > 0) - (a < 0)

    def compare(self, a: Value, b: Value) -> int:
        if isinstance(a, float) or isinstance(b, float):
            return (a == math.inf) - (a == -math.inf) - (b == math.inf) + (b == -math.inf)
        return self.sign(self.minus(a, b))

    def whole(self, a: Value) -> Fraction:
        """The greatest integer not above a number."""
        if isinstance(a, Fraction):
            return Fraction(math.floor(a))
        assert isinstance(a, Pair)
        nearest = Fraction(int(self._at(self.digits[1], lambda: mpmath.nint(a.high))))
        return nearest if self.compare(a, nearest) >= 0 else nearest - 1

    def agree(self, a: Value, b: Value) -> bool:
        (_, x), (_, y) = self.pair(a), self.pair(b)
        return bool(abs(x - y) <= mpmath.mpf(10) ** -20 * (1 + abs(x)))

    def _where(self, condition: Value, a: Value, b: Value) -> Value:
        return None if condition is None else a if condition else b

    # Differences

    def difference(self, along: Callable[[Fraction], Value], order: int, step: Fraction, first: Fraction = Fraction(0)) -> Value:
        """Δⁿf/hⁿ from values at first·h, (first + 1)·h, …; None where one of them is undefined."""
        total: Value = Fraction(0)
        for k in range(order + 1):
            value = along((first + k) * step)
            if value is None:
                return None
            total = self.plus(total, self.times(Fraction((-1) ** (order - k) * math.comb(order, k)), value))
        return self.times(total, 1 / step**order)


def _real(operation: Callable[..., Any], arguments: Sequence[mpmath.mpf]) -> mpmath.mpf | None:
    """A value of mpmath's, None where it is not a finite real number."""
    try:
        value = operation(*arguments)
    except (ValueError, ZeroDivisionError):  # a pole
        return None
    except (ArithmeticError, NotImplementedError, TypeError) as error:
        raise Unclear(str(error)) from error
    return None if isinstance(value, mpmath.mpc) or not mpmath.isfinite(value) else value


def _short(number: Fraction) -> bool:
    return number.numerator.bit_length() + number.denominator.bit_length() < LONGEST


def _add(values: Values, a: Value, b: Value) -> Value:
    if isinstance(a, Fraction) and isinstance(b, Fraction) and _short(a + b):
        return a + b
    return values.both(mpmath.fadd, a, b)


def _multiply(values: Values, a: Value, b: Value) -> Value:
    if isinstance(a, Fraction) and isinstance(b, Fraction) and _short(a * b):
        return a * b
    return Fraction(0) if Fraction(0) in (a, b) else values.both(mpmath.fmul, a, b)


def _divide(values: Values, a: Value, b: Value) -> Value:
    if b == 0:
        return None
    return values.times(a, 1 / b if isinstance(b, Fraction) else values.both(lambda x: 1 / x, b))


def _power(values: Values, base: Value, exponent: Value) -> Value:
    """A positive base, or an integer as exponent."""
    nearest = values.whole(values.plus(exponent, Fraction(1, 2)))
    if values.compare(exponent, nearest) == 0:
        return _integer_power(values, base, nearest)
    if values.sign(base) <= 0:
        return Fraction(0) if values.sign(base) == 0 and values.sign(exponent) > 0 else None
    return values.both(mpmath.power, base, exponent)


def _integer_power(values: Values, base: Value, exponent: Value) -> Value:
    assert isinstance(exponent, Fraction)
    n = int(exponent)
    if base == 0:
        return None if n < 0 else Fraction(n == 0)
    if isinstance(base, Fraction) and abs(n) * (base.numerator.bit_length() + base.denominator.bit_length()) < LONGEST:
        return base**n
    return values.both(lambda x: mpmath.power(x, n), base)


def _mod(values: Values, a: Value, b: Value) -> Value:
    quotient = _divide(values, a, b)
    return None if quotient is None else values.minus(a, values.times(b, values.whole(quotient)))


def _atan2(values: Values, y: Value, x: Value) -> Value:
    return None if y == 0 and x == 0 else values.both(mpmath.atan2, y, x)


def _heaviside(values: Values, x: Value, at_zero: Value) -> Value:
    sign = values.sign(x)
    return at_zero if sign == 0 else Fraction(sign > 0)


def _chosen(sign: int) -> Callable[..., Value]:
    """max or min."""

    def choose(values: Values, *arguments: Value) -> Value:
        best = arguments[0]
        for other in arguments[1:]:
            best = other if values.compare(other, best) == sign else best
        return best

    return choose


def _comparison(holds: Callable[[int], bool]) -> Callable[..., Value]:
    return lambda values, a, b: holds(values.compare(a, b))


PIECES: dict[str, Callable[..., Value]] = {
    "add": Values.plus,
    "subtract": Values.minus,
    "multiply": Values.times,
    "divide": _divide,
    "negate": lambda values, a: -a if isinstance(a, float) else values.times(Fraction(-1), a),
    "power": _power,
    "integer_power": _integer_power,
    "inf": lambda values: math.inf,
    "abs": lambda values, a: values.times(Fraction(values.sign(a) or 1), a),
    "sign": lambda values, a: Fraction(values.sign(a)),
    "floor": Values.whole,
    "ceil": lambda values, a: -values.whole(values.times(Fraction(-1), a)),
    "mod": _mod,
    "max": _chosen(1),
    "min": _chosen(-1),
    "heaviside": _heaviside,
    "atan2": _atan2,
    "less": _comparison(lambda sign: sign < 0),
    "less_equal": _comparison(lambda sign: sign <= 0),
    "greater": _comparison(lambda sign: sign > 0),
    "greater_equal": _comparison(lambda sign: sign >= 0),
    "equal": _comparison(lambda sign: sign == 0),
    "not_equal": _comparison(lambda sign: sign != 0),
    "and": lambda values, *conditions: all(conditions),
    "or": lambda values, *conditions: any(conditions),
    "not": lambda values, condition: not condition,
}
