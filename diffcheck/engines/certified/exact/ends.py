"""What is known of functions of the table beyond their balls: exact values, derivatives, expansions at poles and ends of domains.

Four tables by function name, each optional: DERIVATIVES, VALUES and COEFFICIENTS at points, AT_ENDS for germs. The rules take the
field that their arguments belong to, and return None where they do not apply.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq

from diffcheck.engines.certified.exact.field import Field, no_series
from diffcheck.engines.certified.exact.germ import Huge

HALF = fmpq(1, 2)


def _two_over_root_pi(field: Field) -> Any:
    return field.divide(field.rational(2), field.power(field.pi, HALF))


# F' if it is made of simpler functions: then the coefficients of F are exact wherever those of F' are

DERIVATIVES: dict[str, Callable[[Any, Any], Any]] = {
    "atan": lambda f, u: f.divide(f.rational(1), f.rational(1) + u * u),
    "asin": lambda f, u: f.power(f.rational(1) - u * u, -HALF),
    "acos": lambda f, u: -f.power(f.rational(1) - u * u, -HALF),
    "erf": lambda f, u: _two_over_root_pi(f) * f.exp(-(u * u)),
    "erfc": lambda f, u: -(_two_over_root_pi(f) * f.exp(-(u * u))),
    "erfi": lambda f, u: _two_over_root_pi(f) * f.exp(u * u),
    "Si": lambda f, u: f.divide(f.sin(u), u),
    "Ci": lambda f, u: f.divide(f.cos(u), u),
    "Ei": lambda f, u: f.divide(f.exp(u), u),
    "Shi": lambda f, u: f.divide(f.exp(u) - f.exp(-u), u * f.rational(2)),
    "Chi": lambda f, u: f.divide(f.exp(u) + f.exp(-u), u * f.rational(2)),
    "fresnels": lambda f, u: f.sin(f.pi * u * u * f.rational(HALF)),
    "fresnelc": lambda f, u: f.cos(f.pi * u * u * f.rational(HALF)),
}


# Values at single points


def _turned(turns: dict[fmpq, fmpq]) -> Callable[..., Any]:
    """A multiple of π at some rationals."""

    def value(field: Field, u: Any) -> Any:
        rational = field.as_rational(u)
        known = turns.get(rational) if rational is not None else None
        return None if known is None else field.pi * field.rational(known)

    return value


def _gamma(field: Field, u: Any) -> Any:
    """At integers, and halfway between them: Γ(n + ½) = (2n)!/(4ⁿ n!)·√π."""
    rational = field.as_rational(u)
    if rational is None or rational.q > 2 or not 0 < rational < MOST_FACTORIAL:
        return None
    n = int(rational.floor())
    if rational.q == 1:
        return field.rational(math.factorial(n - 1))
    return field.power(field.pi, HALF) * field.rational(fmpq(math.factorial(2 * n), 4**n * math.factorial(n)))


def _rgamma(field: Field, u: Any) -> Any:
    rational = field.as_rational(u)
    if rational is not None and rational.q == 1 and rational <= 0:
        return field.rational(0)
    value = _gamma(field, u)
    return None if value is None else field.divide(field.rational(1), value)


def _lambertw(field: Any, u: Any) -> Any:
    """W(-1/e) = -1, W(0) = 0, W(e) = 1."""
    e = field.exp(field.rational(1))
    values = ((-field.divide(field.rational(1), e), -1), (field.rational(0), 0), (e, 1))
    return next((field.rational(value) for at, value in values if field.is_same(u, at)), None)


def _lambertwk(field: Any, u: Any, k: Any) -> Any:
    branch = field.as_rational(k)
    if branch == 0:
        return _lambertw(field, u)
    return field.rational(-1) if field.is_same(u, -field.exp(field.rational(-1))) else None


def _chebyshev_t(field: Any, n: Any, u: Any) -> Any:
    """T(-1) = cos(πn), T(1) = 1."""
    at = field.as_rational(u)
    return field.rational(1) if at == 1 else field.cos(field.pi * n) if at == -1 else None


MOST_FACTORIAL = 300
_TURNS_OF_SINE = {fmpq(0): fmpq(0), HALF: fmpq(1, 6), fmpq(1): HALF}
VALUES: dict[str, Callable[..., Any]] = {
    "atan": _turned({fmpq(n): fmpq(n, 4) for n in (-1, 0, 1)}),
    "asin": _turned({sign * x: sign * turns for x, turns in _TURNS_OF_SINE.items() for sign in (1, -1)}),
    "acos": _turned({sign * x: HALF - sign * turns for x, turns in _TURNS_OF_SINE.items() for sign in (1, -1)}),
    "gamma": _gamma,
    "rgamma": _rgamma,
    "lambertw": _lambertw,
    "lambertwk": _lambertwk,
    "chebyshev_t": _chebyshev_t,
}


# Coefficients at single points


def _of_bessel(sign: int) -> Callable[..., Any]:
    """Jₙ and Iₙ at 0: Σ (±1)ᵐ/(m!(n + m)!)·(x/2)^(2m + n) for whole n."""

    def coefficient(k: int, order: fmpq | None, x: fmpq | None) -> fmpq | None:
        if order is None or order.q != 1 or abs(order) > MOST_FACTORIAL or x != 0:
            return None
        n = abs(int(order.p))
        m, odd = divmod(k - n, 2)
        if odd or m < 0:
            return fmpq(0)
        reflected = (-1) ** n if order < 0 and sign < 0 else 1
        return fmpq(reflected * sign**m, math.factorial(m) * math.factorial(n + m) * 2**k)

    return coefficient


def _of_rgamma(k: int, x: fmpq | None) -> fmpq | None:
    if k != 1 or x is None or x.q != 1 or not -MOST_FACTORIAL < x <= 0:
        return None
    n = -int(x.p)
    return fmpq((-1) ** n * math.factorial(n))


COEFFICIENTS: dict[str, Callable[..., fmpq | None]] = {
    "besselj": _of_bessel(-1),
    "besseli": _of_bessel(1),
    "rgamma": _of_rgamma,
    "erfinv": lambda k, x: fmpq(0) if x == 0 and k % 2 == 0 else None,
}


# Germs at infinity, at poles and at the ends of domains; None elsewhere


def _atan(germs: Any, u: Any) -> Any:
    infinite, _, _ = germs.split(u)
    if not infinite:
        return None
    quarter = germs.pi * germs.rational(fmpq(germs.sign(u), 2))
    return quarter - germs.function("atan", [germs.divide(germs.rational(1), u)])


def _to_limits(left: int, right: int) -> Callable[..., Any]:
    """A function that approaches its limits at ±∞ faster than every power of 1/u."""

    def rule(germs: Any, u: Any) -> Any:
        infinite, _, _ = germs.split(u)
        if not infinite:
            return None
        return germs.rational(right if germs.sign(u) > 0 else left) + germs.remainder(germs.cut, u.is_rough)

    return rule


def _asin(germs: Any, u: Any) -> Any:
    """π/2 - 2·asin(√((1 - u)/2)) at 1: the distance from the end is what is small."""
    end = _end(germs, u)
    if not end:
        return None
    half = germs.power((germs.rational(1) - u * germs.rational(end)) * germs.rational(HALF), HALF)
    return (germs.pi * germs.rational(HALF) - germs.function("asin", [half]) * germs.rational(2)) * germs.rational(end)


def _acos(germs: Any, u: Any) -> Any:
    asin = _asin(germs, u)
    return None if asin is None else germs.pi * germs.rational(HALF) - asin


def _end(germs: Any, u: Any) -> int:
    """±1 if that is the limit of a germ that moves, else 0."""
    limit, rest = germs.finite(u)
    rational = germs.field.as_rational(limit)
    return int(rational.p) if not rest.is_zero and rational is not None and abs(rational) == 1 else 0


def _is_at_pole(germs: Any, u: Any) -> bool:
    limit, rest = germs.finite(u)
    return not rest.is_zero and germs.field.sign(limit) <= 0 and germs.field.sign(limit - germs.field.floor(limit)) == 0


def _lgamma_at_pole(germs: Any, u: Any) -> Any:
    if not _is_at_pole(germs, u):
        return None
    inverse = germs.function("rgamma", [u])
    return -germs.log(inverse * germs.rational(germs.sign(inverse)))


def _digamma_at_pole(germs: Any, u: Any) -> Any:
    if not _is_at_pole(germs, u):
        return None
    inverse, slope = germs.taylor("rgamma", [u], 0, 2)
    return -germs.divide(slope, inverse)


def _logarithmic(coefficient: Callable[[int], fmpq], sign: int = 1) -> Callable[..., Any]:
    """±(γ + log|u|) + Σ coefficient(k)·uᵏ at 0."""

    def rule(germs: Any, u: Any) -> Any:
        limit, rest = germs.finite(u)
        if germs.field.sign(limit) or rest.is_zero:
            return None
        singular = germs.euler + germs.log(rest * germs.rational(germs.sign(rest)))
        coefficients = [germs.field.rational(coefficient(k) if k else 0) for k in range(germs.terms_of(rest, germs.cut) + 1)]
        return singular * germs.rational(sign) + germs.series(coefficients, rest, germs.cut)

    return rule


def _zeta_at_pole(germs: Any, s: Any, a: Any) -> Any:
    """1/(s - 1) - ψ(a) + O(s - 1), and 1/(a + m)ˢ + O(1)."""
    order = germs.as_rational(s)
    if order is not None and order.q == 1 and order > 1 and _is_at_pole(germs, a):
        return germs.power(germs.finite(a)[1], -order) + germs.remainder(Fraction(0))
    limit, rest = germs.finite(s)
    if rest.is_zero or germs.field.as_rational(limit) != 1:
        return None
    if _is_at_pole(germs, a):
        raise no_series("zeta at two poles at once")
    return germs.divide(germs.rational(1), rest) - germs.function("digamma", [a]) + germs.remainder(rest.lowest)


def _polygamma_at_pole(germs: Any, n: Any, x: Any) -> Any:
    """(-1)ⁿ⁺¹·n!/(x + m)ⁿ⁺¹ + O(1)."""
    order = germs.as_rational(n)
    if order is None or order.q != 1 or order < 1 or not _is_at_pole(germs, x):
        return None
    scale = fmpq((-1) ** (int(order.p) + 1) * math.factorial(int(order.p)))
    return germs.rational(scale) * germs.power(germs.finite(x)[1], -order - 1) + germs.remainder(Fraction(0))


def _expint(germs: Any, n: Any, x: Any) -> Any:
    """E₁ by its logarithm; of orders -m ≤ 0 an elementary function, m!·e⁻ˣ/xᵐ⁺¹·Σ xᵏ/k!."""
    order = germs.as_rational(n)
    if order == 1:
        return _logarithmic(lambda k: -((-1) ** k) * _over(k), -1)(germs, x)
    if order is None or order.q != 1 or not -MOST_FACTORIAL < order <= 0:
        return None
    m = -int(order.p)
    total = germs.rational(0)
    for k in reversed(range(m + 1)):
        total = total * x + germs.rational(fmpq(math.factorial(m), math.factorial(k)))
    grown = germs.exp(-x)
    if isinstance(grown, Huge):
        raise no_series("a function that grows faster than every power")
    return germs.divide(total * grown, germs.power(x, fmpq(m + 1)))


def _lambertw_beside_end(germs: Any, u: Any, side: int) -> Any:
    """-1 ± p + O(p²) with p = √(2(e·u + 1)) at -1/e: DLMF 4.13.6."""
    distance = u * germs.exp(germs.rational(1)) + germs.rational(1)
    limit, rest = germs.finite(distance)
    if rest.is_zero or germs.field.sign(limit):
        return None
    p = germs.power(distance * germs.rational(2), HALF)
    return p * germs.rational(side) - germs.rational(1) + germs.remainder(2 * p.lowest)


def _chebyshev_t_at_end(germs: Any, n: Any, u: Any) -> Any:
    """cos(n·acos(u)) at -1."""
    return germs.cos(n * _acos(germs, u)) if _end(germs, u) == -1 else None


def _over(k: int) -> fmpq:
    return fmpq(1, k * math.factorial(k))


AT_ENDS: dict[str, Callable[..., Any]] = {
    "atan": _atan,
    "erf": _to_limits(-1, 1),
    "erfc": _to_limits(2, 0),
    "asin": _asin,
    "acos": _acos,
    "gamma": lambda germs, u: germs.divide(germs.rational(1), germs.function("rgamma", [u])) if _is_at_pole(germs, u) else None,
    "lgamma": _lgamma_at_pole,
    "digamma": _digamma_at_pole,
    "polygamma": _polygamma_at_pole,
    "zeta": _zeta_at_pole,
    "Ei": _logarithmic(_over),
    "expint": _expint,
    "lambertw": lambda germs, u: _lambertw_beside_end(germs, u, 1),
    "lambertwk": lambda germs, u, k: _lambertw_beside_end(germs, u, 1 if germs.as_rational(k) == 0 else -1),
    "chebyshev_t": _chebyshev_t_at_end,
    "Ci": _logarithmic(lambda k: fmpq(0) if k % 2 else (-1) ** (k // 2) * _over(k)),
    "Chi": _logarithmic(lambda k: fmpq(0) if k % 2 else _over(k)),
}


def exact_coefficient(name: str, k: int, rationals: Sequence[fmpq | None]) -> fmpq | None:
    """A Taylor coefficient by the last argument, if a rule gives it exactly; `rationals` are the arguments, None if not rational."""
    rule = COEFFICIENTS.get(name)
    return rule(k, *rationals) if rule is not None else None
