"""What the certified engine does where a method of arb_series does not do it: operators, constants and pieces.

Every function takes the line and values without trouble (those of `where`, `and` and `or` may be in trouble) and returns a value.
"""

from __future__ import annotations

from functools import reduce

from flint import arb, arb_series, fmpq

from diffcheck.engines.certified.functions import longer
from diffcheck.engines.certified.values import (
    Follower,
    Series,
    Trouble,
    TroubleKind,
    Value,
    balls,
    constant_term,
    is_finite,
    undefined,
    unproved,
    worst,
)

NOT_AN_INTEGER = "a power of a negative number with an exponent that is not an integer"

# Operators


def add(line: Follower, a: Series, b: Series) -> Value:
    return a + b


def subtract(line: Follower, a: Series, b: Series) -> Value:
    return arb(0) if a is b and is_finite(a) else a - b


def negate(line: Follower, a: Series) -> Value:
    return -a


def multiply(line: Follower, a: Series, b: Series) -> Value:
    return a * b


def divide(line: Follower, a: Series, b: Series) -> Value:
    first = constant_term(b)
    if not first.contains(0):
        return arb(1) if a is b and is_finite(a) else a / b
    if not first.is_zero():
        return unproved("a division by a ball that contains zero")
    if isinstance(b, arb):
        return undefined("division by zero")
    return Trouble(TroubleKind.SINGULAR, "division by zero at the point itself")


def integer_power(line: Follower, base: Series, exponent: arb) -> Value:
    n = int(exponent.unique_fmpz())
    if n <= 0:
        return divide(line, arb(1), base ** (-n)) if n else arb(1)
    return base**n


def power(line: Follower, base: Value, exponent: Value) -> Value:
    """The base is positive, or zero under a positive exponent, or the exponent is an integer."""
    (base,) = balls([base])
    assert isinstance(base, (arb, arb_series))
    assert isinstance(exponent, (arb, arb_series, fmpq))
    if not isinstance(exponent, arb_series) and arb(exponent).is_integer():
        return integer_power(line, base, arb(exponent))
    first = constant_term(base)
    if first > 0:
        return _power_of_positive(base, exponent)
    if first < 0:
        return _power_of_negative(line, exponent)
    if not first.is_zero():
        return unproved("a power of a ball that contains zero")
    return power_of_zero(line, base, exponent)


def _power_of_positive(base: Series, exponent: Series | fmpq) -> Value:
    if not isinstance(exponent, arb_series) and arb(exponent * 2).is_integer():
        return longer.sqrt(base) ** int(arb(exponent * 2).unique_fmpz())
    (ball,) = balls([exponent])
    assert isinstance(ball, (arb, arb_series))
    return (ball * base.log()).exp()


def _power_of_negative(line: Follower, exponent: Series | fmpq) -> Trouble:
    """A negative base has powers with integer exponents only; a moving exponent may pass through one."""
    (ball,) = balls([exponent])
    first = constant_term(ball)
    moves = isinstance(ball, arb_series) and first.is_integer()
    if first.contains_integer() and not moves:
        return unproved("a power of a negative number whose exponent may be an integer")
    if moves:
        return Trouble(TroubleKind.SINGULAR, "a power of a negative number whose exponent passes through an integer")
    return undefined(NOT_AN_INTEGER)


def power_of_zero(line: Follower, base: Series, exponent: Series | fmpq) -> Value:
    """base^exponent where base(0) is exactly 0, and the exponent is not an integer, or moves."""
    if isinstance(base, arb_series):
        return Trouble(TroubleKind.SINGULAR, "a power of zero")
    (ball,) = balls([exponent])
    side = line.sign(ball)
    return side if isinstance(side, Trouble) else arb(0) if side > 0 else undefined("zero to a negative power")


def less(line: Follower, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (-1,))


def less_equal(line: Follower, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (-1, 0))


def greater(line: Follower, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (1,))


def greater_equal(line: Follower, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (1, 0))


def equal(line: Follower, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (0,))


def not_equal(line: Follower, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (-1, 1))


def _sign_in(line: Follower, a: Series, b: Series, signs: tuple[int, ...]) -> Value:
    if a is b:  # one node on both sides: equal, whatever it is
        return 0 in signs
    infinite = _infinite_sign(a) - _infinite_sign(b)
    side = (1 if infinite > 0 else -1) if infinite else line.sign(a - b)
    return side if isinstance(side, Trouble) else side in signs


def _infinite_sign(u: Series) -> int:
    if isinstance(u, arb) and not u.is_finite() and not u.is_nan():
        return 1 if u > 0 else -1 if u < 0 else 0
    return 0


def and_(line: Follower, a: Value, b: Value) -> Value:
    return _decided(a, b, False)


def or_(line: Follower, a: Value, b: Value) -> Value:
    return _decided(a, b, True)


def _decided(a: Value, b: Value, decisive: bool) -> Value:
    """`and` and `or` over three values: one decisive operand settles the matter."""
    if a is decisive or b is decisive:
        return decisive
    troubles = [u for u in (a, b) if isinstance(u, Trouble)]
    return worst(troubles) if troubles else not decisive


def not_(line: Follower, a: bool) -> Value:
    return not a


# Constants


def pi_(line: Follower) -> Value:
    return arb.pi()


def e_(line: Follower) -> Value:
    return arb.const_e()


def inf_(line: Follower) -> Value:
    return arb.pos_inf()


# Pieces


def where(line: Follower, condition: Value, a: Value, b: Value) -> Value:
    return condition if isinstance(condition, Trouble) else a if condition else b


def abs_(line: Follower, u: Series) -> Value:
    side = line.sign(u)
    return side if isinstance(side, Trouble) else -u if side < 0 else u


def max_(line: Follower, *arguments: Series) -> Value:
    return _extreme(line, arguments, 1)


def min_(line: Follower, *arguments: Series) -> Value:
    return _extreme(line, arguments, -1)


def _extreme(line: Follower, arguments: tuple[Series, ...], direction: int) -> Value:
    def larger(a: Value, b: Value) -> Value:
        assert isinstance(b, (arb, arb_series))
        if isinstance(a, (Trouble, bool)) or a is b:
            return a
        if _infinite_sign(a) or _infinite_sign(b):
            return a if (_infinite_sign(a) - _infinite_sign(b)) * direction > 0 else b
        side = line.sign(a - b)
        return side if isinstance(side, Trouble) else a if side * direction >= 0 else b

    return reduce(larger, arguments)


def sign(line: Follower, u: Series) -> Value:
    side = line.sign(u)
    return side if isinstance(side, Trouble) else arb(side)


def heaviside(line: Follower, u: Series, at_zero: Series) -> Value:
    side = line.sign(u)
    return side if isinstance(side, Trouble) else at_zero if side == 0 else arb(1 if side > 0 else 0)


def floor(line: Follower, u: Series) -> Value:
    first = constant_term(u)
    if first.is_integer():
        side = line.sign(u - first)
        return side if isinstance(side, Trouble) else first - 1 if side < 0 else first
    whole = first.floor()
    return whole if whole.is_exact() else unproved("floor of a ball that contains an integer")


def ceil(line: Follower, u: Series) -> Value:
    below = floor(line, -u)
    return below if isinstance(below, (Trouble, bool)) else -below


def mod(line: Follower, a: Series, b: Series) -> Value:
    quotient = divide(line, a, b)
    if isinstance(quotient, (Trouble, bool)):
        return quotient
    whole = floor(line, quotient)
    return whole if isinstance(whole, (Trouble, bool)) else a - b * whole
