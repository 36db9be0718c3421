"""Functions that arb_series lacks, or has in the interior of their domain only, made of those that it has.

Every function takes the line and series without trouble, and returns a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import acb, arb, arb_series, fmpq

from diffcheck.engines.certified.functions import longer, special
from diffcheck.engines.certified.functions.rules import divide, power_of_zero, where
from diffcheck.engines.certified.functions.special import from_values
from diffcheck.engines.certified.values import Follower, Series, Trouble, TroubleKind, Value, composed, constant_term, undefined, unproved
from diffcheck.graph.build import in_parameters
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import evaluate

# Roots and what is made of them


def sqrt(line: Follower, u: Series) -> Value:
    return _root(line, u, fmpq(1, 2), longer.sqrt)


def cbrt(line: Follower, u: Series) -> Value:
    third = fmpq(1, 3)
    if constant_term(u) < 0:
        return -_root_of_positive(-u, third)
    return _root(line, u, third, lambda v: _root_of_positive(v, third))


def _root(line: Follower, u: Series, exponent: fmpq, of_positive: Callable[[Series], Series]) -> Value:
    first = constant_term(u)
    if first > 0:
        return of_positive(u)
    return power_of_zero(line, u, exponent) if first.is_zero() else unproved("a root of a ball that contains zero")


def _root_of_positive(u: Series, exponent: fmpq) -> Series:
    return (u.log() * arb(exponent)).exp()


def asin(line: Follower, u: Series) -> Value:
    return _inside(u, longer.asin)


def acos(line: Follower, u: Series) -> Value:
    return _inside(u, longer.acos)


def _inside(u: Series, inverse: Callable[[Series], Series]) -> Value:
    """asin or acos, which have no power series at the ends ±1."""
    distance = 1 - constant_term(u) ** 2
    if isinstance(u, arb) or distance > 0:
        return inverse(u)
    return Trouble(TroubleKind.SINGULAR, "the end of a domain") if distance.is_zero() else unproved("close to the end of a domain")


def acosh(line: Follower, u: Series) -> Value:
    if isinstance(u, arb):
        return u.acosh()
    root = sqrt(line, u * u - 1)
    return (u + root).log() if isinstance(root, (arb, arb_series)) else root


# Exponentials and logarithms


def expm1(line: Follower, u: Series) -> Series:
    """e^u - 1: its constant term by itself, which would cancel where u is small."""
    first = constant_term(u).expm1()
    return first if isinstance(u, arb) else arb_series([first, *u.exp().coeffs()[1:]], prec=u.prec)


def log1p(line: Follower, u: Series) -> Series:
    first = constant_term(u).log1p()
    return first if isinstance(u, arb) else arb_series([first, *(1 + u).log().coeffs()[1:]], prec=u.prec)


def sinh(line: Follower, u: Series) -> Value:
    if isinstance(u, arb):
        return u.sinh()
    return (expm1(line, u) - expm1(line, -u)) / 2


def cosh(line: Follower, u: Series) -> Value:
    return (u.exp() + (-u).exp()) / 2


def tanh(line: Follower, u: Series) -> Value:
    if isinstance(u, arb):
        return u.tanh()
    less = expm1(line, 2 * u if u[0] < 0 else -2 * u)  # of at most about 1: the other sign could overflow
    return divide(line, less, less + 2) if u[0] < 0 else divide(line, -less, less + 2)


def asinh(line: Follower, u: Series) -> Value:
    if isinstance(u, arb):
        return u.asinh()
    if u[0] < 0:
        return -(-u + longer.sqrt(u * u + 1)).log()  # u + sqrt(u² + 1) would cancel
    return (u + longer.sqrt(u * u + 1)).log()


def atanh(line: Follower, u: Series) -> Value:
    if isinstance(u, arb):
        return u.atanh()
    return ((1 + u) / (1 - u)).log() / 2


def gamma(line: Follower, u: Series) -> Value:
    """Γ(u) by reflection on the negative axis, π/(sin(πu)·Γ(1 - u)): FLINT's own values there are NaN for balls that are wide."""
    if constant_term(u) > 0:
        return arb_series([u], prec=1).gamma()[0] if isinstance(u, arb) else u.gamma()
    reflected = gamma(line, 1 - u) if constant_term(1 - u) > 0 else unproved("gamma on both sides of a pole")
    return reflected if isinstance(reflected, Trouble) else divide(line, arb.pi(), (u * arb.pi()).sin() * reflected)


def lgamma(line: Follower, u: Series) -> Value:
    first = constant_term(u)
    if first > 0:
        return u.lgamma()
    value = gamma(line, u)
    if not isinstance(value, (arb, arb_series)) or constant_term(value).contains(0) or not constant_term(value).is_finite():
        return unproved("lgamma close to a pole")
    return (value if constant_term(value) > 0 else -value).log()


def erfinv(line: Follower, u: Series) -> Value:
    """Solved term by term from y' = (√π/2)·exp(y²)·u'."""
    first = constant_term(u).erfinv()
    if isinstance(u, arb) or not first.is_finite():
        return first
    y = arb_series([first], prec=u.prec)
    half_root = arb.pi().sqrt() / 2
    for _ in range(u.prec):
        y = (half_root * (y * y).exp() * u.derivative()).integral() + first
    return y


def lambertw(line: Follower, u: Series) -> Value:
    edge = constant_term(u) + (-arb(1)).exp()
    if not edge > 0:
        return unproved("lambertw close to -1/e")
    return arb_series([u], prec=1).lambertw()[0] if isinstance(u, arb) else u.lambertw()


def xlogy(line: Follower, x: Series, y: Series) -> Value:
    """x·log(y), also through x = 0 where y > 0; the value at x = 0 is 0 whatever y is."""
    if constant_term(y) > 0:
        return x * y.log()
    x_is_zero = line.apply(FUNCTIONS["equal"], (x, arb(0)))
    product = line.apply(FUNCTIONS["multiply"], (x, line.apply(FUNCTIONS["log"], (y,))))
    return where(line, x_is_zero, arb(0), product)


def boxcox(line: Follower, x: Series, lambda_: Series) -> Value:
    """(x^λ - 1)/λ = log(x)·(eᵘ - 1)/u with u = λ·log(x): analytic at λ = 0."""
    if constant_term(x).is_zero():  # where log(x) has no value, and λ is positive
        power = in_parameters("boxcox", "(x^lambda - 1)/lambda")
        side = line.sign(x)
        return side if isinstance(side, Trouble) else evaluate(power, line, {"x": x, "lambda": lambda_})
    u = lambda_ * x.log()
    if not constant_term(u).contains(0):
        return x.log() * ((u.exp() - 1) / u)
    ratio = _entire(u, lambda k: Fraction(1, math.factorial(k + 1)))
    return ratio if isinstance(ratio, Trouble) else x.log() * ratio


def lambertwk(line: Follower, u: Series, k: arb) -> Value:
    if k == 0:
        return lambertw(line, u)
    if not (constant_term(u) + (-arb(1)).exp() > 0 and constant_term(u) < 0):
        return unproved("lambertw close to an end of its domain")
    return arb_series([u], prec=1).lambertw(-1)[0] if isinstance(u, arb) else u.lambertw(-1)


# Of the normal distribution


def erfcx(line: Follower, u: Series) -> Value:
    """y = e^(u²)·erfc(u): the Taylor coefficients at u(0) follow from y' = 2uy - 2/√π."""
    at = constant_term(u)
    y = [special.erfcx(acb(at)).real]
    if isinstance(u, arb):
        return y[0]
    y.append(2 * at * y[0] - 2 / arb.pi().sqrt())
    for k in range(1, u.prec - 1):
        y.append(2 * (at * y[k] + y[k - 1]) / (k + 1))
    return composed(arb_series(y[: u.prec], prec=u.prec), u)


def owens_t(line: Follower, h: Series, a: Series) -> Value:
    """From its value, and ∂T/∂h = -φ(h)·erf(ah/√2)/2, ∂T/∂a = e^(-h²(1 + a²)/2)/(2π(1 + a²))."""
    value = _owens_t(constant_term(h), constant_term(a))
    slopes: list[arb_series] = []
    if isinstance(h, arb_series):
        density = (h * h * arb(-0.5)).exp() / (2 * arb.pi()).sqrt()
        slopes.append(-density * (a * h / arb(2).sqrt()).erf() / 2 * h.derivative())
    if isinstance(a, arb_series):
        widened = a * a + 1
        slopes.append((h * h * widened * arb(-0.5)).exp() / (widened * 2 * arb.pi()) * a.derivative())
    return sum(slopes[1:], slopes[0]).integral() + value if slopes else value


def _owens_t(h: arb, a: arb) -> arb:
    """The value; a beyond 1 is reflected to 1/a, for which the integral is easy."""
    if a < 0:
        return -_owens_t(h, -a)
    if not a > 1:
        return special.owens_t(acb(h), acb(a)).real
    h = abs(h)
    beyond_h, beyond_ah = ((u / arb(2).sqrt()).erfc() / 2 for u in (h, a * h))
    return (beyond_h + beyond_ah) / 2 - beyond_h * beyond_ah - special.owens_t(acb(a * h), acb(1 / a)).real


# Angles and oscillations


def tan(line: Follower, u: Series) -> Value:
    return unproved("tan close to a pole") if constant_term(u).cos().contains(0) else longer.tan(u)


def atan2(line: Follower, y: Series, x: Series) -> Value:
    """atan(y/x) turned by half turns where x(0) ≠ 0, else a quarter turn less atan(x/y); the cut y = 0 > x is a jump."""
    if not constant_term(x).contains(0):
        if constant_term(x) > 0:
            return (y / x).atan()
        above = line.sign(y)
        return above if isinstance(above, Trouble) else (y / x).atan() + (arb.pi() if above >= 0 else -arb.pi())
    if not constant_term(y).contains(0):
        quarter = arb.pi() / 2 if constant_term(y) > 0 else -arb.pi() / 2
        return quarter - (x / y).atan()
    if not (constant_term(x).is_zero() and constant_term(y).is_zero()):
        return unproved("atan2 of a ball that contains the origin")
    moves = isinstance(y, arb_series) or isinstance(x, arb_series)
    return Trouble(TroubleKind.SINGULAR, "atan2 at the origin") if moves else undefined("atan2(0, 0)")


def unsinc(line: Follower, u: Series) -> Value:
    return _over_its_argument(
        "unsinc", line, u, lambda v: v.sin(), lambda k: Fraction((-1) ** (k // 2) * (1 - k % 2), math.factorial(k + 1))
    )


def sinhc(line: Follower, u: Series) -> Value:
    return _over_its_argument("sinhc", line, u, lambda v: sinh(line, v), lambda k: Fraction(1 - k % 2, math.factorial(k + 1)))


def _over_its_argument(
    name: str, line: Follower, u: Series, above: Callable[[Series], Any], coefficient: Callable[[int], Fraction]
) -> Value:
    """above(u)/u, an entire function: from its series where u(0) is zero, from its values on boxes close to it."""
    if not constant_term(u).contains(0):
        return above(u) / u
    if isinstance(u, arb) or not constant_term(u).is_zero():
        return from_values(name, lambda _: getattr(special, name))(line, u)
    return _entire(u, coefficient)


def sinc(line: Follower, u: Series) -> Value:
    return unsinc(line, u * arb.pi())


def _entire(u: Series, coefficient: Callable[[int], Fraction]) -> Series | Trouble:
    """Σ coefficient(k)·uᵏ where u(0) is exactly zero."""
    if not constant_term(u).is_zero():
        return unproved("a removable singularity within the ball around an argument")
    if isinstance(u, arb):
        return arb(coefficient(0).numerator) / coefficient(0).denominator
    terms = [arb(c.numerator) / c.denominator for c in map(coefficient, range(u.prec))]
    return composed(arb_series(terms, prec=u.prec), u)
