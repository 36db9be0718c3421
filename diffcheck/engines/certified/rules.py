"""What the certified engine does where a method of arb_series does not do it: operators, pieces, and functions built from others.

Every function takes the line and values without trouble (those of `where`, `and` and `or` may be in trouble) and returns a value.
"""

from __future__ import annotations

import math
from functools import reduce

from flint import arb, arb_series

from diffcheck.engines.certified.line import (
    VANISHES,
    Kind,
    Line,
    Mode,
    Series,
    Trouble,
    Value,
    constant_term,
    undefined,
    unproved,
    worst,
)

# Operators


def add(line: Line, a: Series, b: Series) -> Value:
    return a + b


def subtract(line: Line, a: Series, b: Series) -> Value:
    return a - b


def negate(line: Line, a: Series) -> Value:
    return -a


def multiply(line: Line, a: Series, b: Series) -> Value:
    return a * b


def divide(line: Line, a: Series, b: Series) -> Value:
    first = constant_term(b)
    if not first.contains(0):
        return a / b
    if not first.is_zero():
        return unproved("a division by a ball that contains zero")
    if isinstance(b, arb) or line.mode is Mode.POINT:
        return undefined("division by zero")
    if line.mode is Mode.BOTH_SIDES:
        return Trouble(Kind.SINGULAR, "division by zero at the point itself")
    return _quotient_of_zeros(line, a, b)


def _quotient_of_zeros(line: Line, a: Series, b: arb_series) -> Value:
    """a/b for t > 0 where b(0) = 0: the common power of t cancels."""
    side = line.sign(b)
    if isinstance(side, Trouble):
        return side
    if isinstance(a, arb):
        a = arb_series([a], prec=line.terms)
    if a.valuation() < b.valuation():
        return Trouble(Kind.NO_SERIES, "division by zero: a pole")
    return a / b


def integer_power(line: Line, base: Series, exponent: arb) -> Value:
    n = int(exponent.unique_fmpz())
    if n < 0:
        return divide(line, arb(1), base ** (-n))
    return base**n


def power(line: Line, base: Series, exponent: Series) -> Value:
    if isinstance(exponent, arb) and exponent.is_integer():
        return integer_power(line, base, exponent)
    first = constant_term(base)
    if first > 0:
        if isinstance(exponent, arb) and (exponent * 2).is_integer():
            return _sqrt_series(base) ** int((exponent * 2).unique_fmpz())
        return _exp(exponent * _log(base))
    if first < 0:
        return undefined("a power of a negative number with an exponent that is not an integer")
    if not first.is_zero():
        return unproved("a power of a ball that contains zero")
    return _power_of_zero(line, base, exponent)


def _power_of_zero(line: Line, base: Series, exponent: Series) -> Value:
    if not isinstance(exponent, arb):
        return Trouble(Kind.NO_SERIES if line.mode is Mode.ONE_SIDE else Kind.SINGULAR, "a power of zero whose exponent moves")
    if not exponent > 0:
        return undefined("zero to a negative power") if exponent < 0 else unproved("zero to the power of a ball around zero")
    if isinstance(base, arb):
        return arb(0)
    if line.mode is Mode.BOTH_SIDES:
        return Trouble(Kind.SINGULAR, "a power of zero")
    side = line.sign(base)
    if side == -1:
        return undefined("a power of a negative number with an exponent that is not an integer")
    if isinstance(side, Trouble):
        return side
    # base = c·tᵛ(1 + …), so the power is c'·t^(v·exponent): zero up to the integers below that exponent
    known = math.ceil(float((exponent * base.valuation()).lower()))
    if known < 2:
        return Trouble(Kind.NO_SERIES, "a fractional power of zero: the slope is infinite")
    return arb_series([0], prec=min(known, line.terms))


def less(line: Line, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (-1,))


def less_equal(line: Line, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (-1, 0))


def greater(line: Line, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (1,))


def greater_equal(line: Line, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (1, 0))


def equal(line: Line, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (0,))


def not_equal(line: Line, a: Series, b: Series) -> Value:
    return _sign_in(line, a, b, (-1, 1))


def _sign_in(line: Line, a: Series, b: Series, signs: tuple[int, ...]) -> Value:
    infinite = _infinite_sign(a) - _infinite_sign(b)
    side = (1 if infinite > 0 else -1) if infinite else line.sign(a - b)
    return side if isinstance(side, Trouble) else side in signs


def _infinite_sign(u: Series) -> int:
    if isinstance(u, arb) and not u.is_finite() and not u.is_nan():
        return 1 if u > 0 else -1 if u < 0 else 0
    return 0


def and_(line: Line, a: Value, b: Value) -> Value:
    return _decided(a, b, False)


def or_(line: Line, a: Value, b: Value) -> Value:
    return _decided(a, b, True)


def _decided(a: Value, b: Value, decisive: bool) -> Value:
    """`and` and `or` over three values: one decisive operand settles the matter."""
    if a is decisive or b is decisive:
        return decisive
    troubles = [u for u in (a, b) if isinstance(u, Trouble)]
    return worst(troubles) if troubles else not decisive


def not_(line: Line, a: bool) -> Value:
    return not a


# Constants


def pi_(line: Line) -> Value:
    return arb.pi()


def e_(line: Line) -> Value:
    return arb.const_e()


def inf_(line: Line) -> Value:
    return arb.pos_inf()


# Pieces


def where(line: Line, condition: Value, a: Value, b: Value) -> Value:
    if isinstance(condition, Trouble):
        return a if a is b else condition
    return a if condition else b


def _sign_or_tie(line: Line, u: Series) -> int | Trouble:
    """The sign of u, where a difference that vanishes to every order computed counts as zero: |0 + O(tⁿ)| is 0 + O(tⁿ)."""
    side = line.sign(u)
    return 0 if isinstance(side, Trouble) and side.reason is VANISHES else side


def abs_(line: Line, u: Series) -> Value:
    side = _sign_or_tie(line, u)
    return side if isinstance(side, Trouble) else -u if side < 0 else u


def maximum(line: Line, *arguments: Series) -> Value:
    return _extreme(line, arguments, 1)


def minimum(line: Line, *arguments: Series) -> Value:
    return _extreme(line, arguments, -1)


def _extreme(line: Line, arguments: tuple[Series, ...], direction: int) -> Value:
    def larger(a: Value, b: Value) -> Value:
        assert isinstance(b, (arb, arb_series))
        if isinstance(a, (Trouble, bool)) or a is b:
            return a
        if _infinite_sign(a) or _infinite_sign(b):
            return a if (_infinite_sign(a) - _infinite_sign(b)) * direction > 0 else b
        side = _sign_or_tie(line, a - b)
        return side if isinstance(side, Trouble) else a if side * direction >= 0 else b

    return reduce(larger, arguments)


def sign(line: Line, u: Series) -> Value:
    side = line.sign(u)
    return side if isinstance(side, Trouble) else arb(side)


def heaviside(line: Line, u: Series, at_zero: Series) -> Value:
    side = line.sign(u)
    return side if isinstance(side, Trouble) else at_zero if side == 0 else arb(1 if side > 0 else 0)


def floor(line: Line, u: Series) -> Value:
    first = constant_term(u)
    if first.is_integer():
        side = line.sign(u - first)
        return side if isinstance(side, Trouble) else first - 1 if side < 0 else first
    whole = first.floor()
    return whole if whole.is_exact() else unproved("floor of a ball that contains an integer")


def ceil(line: Line, u: Series) -> Value:
    below = floor(line, -u)
    return below if isinstance(below, (Trouble, bool)) else -below


def mod(line: Line, a: Series, b: Series) -> Value:
    quotient = divide(line, a, b)
    if isinstance(quotient, (Trouble, bool)):
        return quotient
    whole = floor(line, quotient)
    return whole if isinstance(whole, (Trouble, bool)) else a - b * whole


# Functions made of others


def _exp(u: Series) -> Series:
    return u.exp()


def _log(u: Series) -> Series:
    return u.log()


def _sqrt_series(u: Series) -> Series:
    return u.sqrt()


def sqrt(line: Line, u: Series) -> Value:
    first = constant_term(u)
    if first > 0 or isinstance(u, arb):
        return u.sqrt() if first > 0 or first.is_zero() else unproved("the square root of a ball that contains zero")
    if not first.is_zero():
        return unproved("the square root of a ball that contains zero")
    v = u.valuation()
    if line.mode is Mode.ONE_SIDE and v % 2 == 0 and 0 < v < u.prec:
        return arb_series([0] * (v // 2) + [1], prec=line.terms) * (u / arb_series([0] * v + [1], prec=line.terms)).sqrt()
    return _power_of_zero(line, u, arb(0.5))


def cbrt(line: Line, u: Series) -> Value:
    first = constant_term(u)
    third = arb(1) / 3
    if first > 0:
        return _exp(_log(u) * third)
    if first < 0:
        return -_exp(_log(-u) * third)
    if not first.is_zero():
        return unproved("the cube root of a ball that contains zero")
    if isinstance(u, arb) or line.mode is not Mode.ONE_SIDE:
        return _power_of_zero(line, u, third)
    side = line.sign(u)
    return side if isinstance(side, Trouble) else _power_of_zero(line, u * side, third)


def sinh(line: Line, u: Series) -> Value:
    if isinstance(u, arb):
        return u.sinh()
    return (_exp(u) - _exp(-u)) / 2


def cosh(line: Line, u: Series) -> Value:
    return (_exp(u) + _exp(-u)) / 2


def tanh(line: Line, u: Series) -> Value:
    if isinstance(u, arb):
        return u.tanh()
    if u[0] < 0:
        return 2 / (1 + _exp(-2 * u)) - 1 if u[0] > -1 else _exp_tanh(u)
    return -_exp_tanh(-u)


def _exp_tanh(u: arb_series) -> arb_series:
    """tanh for u < 0, where exp(2u) does not overflow: (E - 1)/(E + 1)."""
    grown = _exp(2 * u)
    return (grown - 1) / (grown + 1)


def asinh(line: Line, u: Series) -> Value:
    if isinstance(u, arb):
        return u.asinh()
    if u[0] < 0:
        return -_log(-u + (u * u + 1).sqrt())  # u + sqrt(u² + 1) would cancel
    return _log(u + (u * u + 1).sqrt())


def acosh(line: Line, u: Series) -> Value:
    if isinstance(u, arb):
        return u.acosh()
    root = sqrt(line, u * u - 1)
    return root if isinstance(root, (Trouble, bool)) else _log(u + root)


def atanh(line: Line, u: Series) -> Value:
    if isinstance(u, arb):
        return u.atanh()
    return _log((1 + u) / (1 - u)) / 2


def log1p(line: Line, u: Series) -> Value:
    return u.log1p() if isinstance(u, arb) else _log(1 + u)


def atan2(line: Line, y: Series, x: Series) -> Value:
    """atan(y/x) turned by half turns where x(0) ≠ 0, else a quarter turn less atan(x/y); the cut y = 0 > x is a jump."""
    if not constant_term(x).contains(0):
        if constant_term(x) > 0:
            return _atan(y / x)
        above = line.sign(y)
        return above if isinstance(above, Trouble) else _atan(y / x) + (arb.pi() if above >= 0 else -arb.pi())
    if not constant_term(y).contains(0):
        quarter = arb.pi() / 2 if constant_term(y) > 0 else -arb.pi() / 2
        return quarter - _atan(x / y)
    if not (constant_term(x).is_zero() and constant_term(y).is_zero()):
        return unproved("atan2 of a ball that contains the origin")
    right = line.sign(x)
    if isinstance(right, Trouble) or right == 0 or isinstance(y, arb_series):
        at_origin = line.mode is Mode.POINT or (isinstance(x, arb) and isinstance(y, arb))
        return undefined("atan2(0, 0)") if at_origin else Trouble(Kind.SINGULAR, "atan2 at the origin")
    return arb(0) if right > 0 else arb.pi()


def _atan(u: Series) -> Series:
    return u.atan()


def lgamma(line: Line, u: Series) -> Value:
    first = constant_term(u)
    if first > 0:
        return u.lgamma()
    gamma = arb_series([u], prec=1).gamma() if isinstance(u, arb) else u.gamma()
    if constant_term(gamma).contains(0) or not constant_term(gamma).is_finite():
        return unproved("lgamma close to a pole")
    value = _log(gamma if constant_term(gamma) > 0 else -gamma)
    return value[0] if isinstance(u, arb) else value


def erfinv(line: Line, u: Series) -> Value:
    """Solved term by term from y' = (√π/2)·exp(y²)·u'."""
    first = constant_term(u).erfinv()
    if isinstance(u, arb) or not first.is_finite():
        return first
    y = arb_series([first], prec=u.prec)
    half_root = arb.pi().sqrt() / 2
    for _ in range(u.prec):
        y = (half_root * _exp(y * y) * u.derivative()).integral() + first
    return y


def lambertw(line: Line, u: Series) -> Value:
    edge = constant_term(u) + (-arb(1)).exp()
    if edge < 0:
        return undefined("lambertw is real from -1/e on")
    if not edge > 0:
        return unproved("lambertw close to -1/e")
    return arb_series([u], prec=1).lambertw()[0] if isinstance(u, arb) else u.lambertw()


def unsinc(line: Line, u: Series) -> Value:
    """sin(u)/u, from the entire series at u = 0 when u(0) is zero."""
    first = constant_term(u)
    if not first.contains(0):
        return u.sin() / u
    if isinstance(u, arb):
        return u.sinc()
    if not first.is_zero():
        return unproved("sinc of a ball that contains zero")
    coefficients = [arb((-1) ** (k // 2)) / math.factorial(k + 1) if k % 2 == 0 else arb(0) for k in range(u.prec)]
    return arb_series(coefficients, prec=u.prec)(u)


def sinc(line: Line, u: Series) -> Value:
    return unsinc(line, u * arb.pi())
