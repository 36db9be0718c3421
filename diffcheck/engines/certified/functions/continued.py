"""Functions of the table, continued analytically to complex boxes around a real segment: values only, no derivative rule.

A function that is not here is the method of `acb` of the same name. The open domain of a row in the table bounds the real parts of
its arguments before it is called, which keeps log, asin, acosh, … off their cuts; each function here refuses (NaN) a box that
might touch a cut, a tie or a jump of another kind. What has pieces follows the piece that holds on the real part of the box.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from flint import acb, arb

from diffcheck.engines.certified.functions.special import NOT_ANALYTIC, guarded

NEWTON_STEPS = 8
J = acb(0, 1)


def negate(z: acb) -> acb:
    return -z


def _by_sign(z: acb, positive: Callable[[], acb], negative: Callable[[], acb]) -> acb:
    """One of two functions, as the real part of a box says."""
    return positive() if z.real > 0 else negative() if z.real < 0 else NOT_ANALYTIC


# Roots, powers, logarithms


def cbrt(z: acb) -> acb:
    return _by_sign(z, lambda: z.root(3), lambda: -((-z).root(3)))


def power(base: acb, exponent: acb) -> acb:
    return guarded(lambda: base.pow(exponent), base)


def xlogy(x: acb, y: acb) -> acb:
    return guarded(lambda: x * y.log(), y)


def boxcox(x: acb, lambda_: acb) -> acb:
    """(x^λ - 1)/λ = log(x)·exp(u/2)·sinh(u/2)/(u/2) with u = λ·log(x)."""
    if x.is_zero():
        return guarded(lambda: -1 / lambda_, lambda_)
    half = lambda_ * x.log() / 2
    return x.log() * half.exp() * (J * half).sinc()


# Angles and inverse functions


def atan(z: acb) -> acb:
    """The cuts go from ±i along the imaginary axis."""
    return z.atan() if abs(z.imag) < 1 or not z.real.contains(0) else NOT_ANALYTIC


def asinh(z: acb) -> acb:
    return z.asinh() if abs(z.imag) < 1 or not z.real.contains(0) else NOT_ANALYTIC


def atan2(y: acb, x: acb) -> acb:
    if x.real > 0:
        return atan(y / x)
    if not y.real.contains(0):
        return (acb.pi() / 2 if y.real > 0 else -acb.pi() / 2) - atan(x / y)
    return NOT_ANALYTIC


def lambertw(z: acb) -> acb:
    """The cut goes from -1/e to the left."""
    return guarded(z.lambertw, z + (-acb(1)).exp())


def lambertwk(z: acb, k: acb) -> acb:
    """W₋₁ is real between -1/e and 0 only; `middle` puts its cuts outside."""
    if k == 0:
        return lambertw(z)
    return guarded(lambda: z.lambertw(-1, middle=True), z + (-acb(1)).exp(), -z)


def erfinv(z: acb) -> acb:
    """The w with erf(w) = z: Newton's method finds one, Krawczyk's operator (1969) proves that a square around it holds one for each z."""
    w, middle = acb(z.real.mid().erfinv()), z.mid()
    for _ in range(NEWTON_STEPS):
        w = (w - (w.erf() - middle) / _slope_of_erf(w)).mid()
    inverse_slope = (1 / _slope_of_erf(w)).mid()
    step = inverse_slope * (w.erf() - z)
    side = arb(0, (2 * step.abs_upper()).upper())
    around = acb(side, side)
    image = (1 - inverse_slope * _slope_of_erf(w + around)) * around - step
    return w + image if around.contains_interior(image) else NOT_ANALYTIC


def _slope_of_erf(w: acb) -> acb:
    return 2 / acb.pi().sqrt() * (-w * w).exp()


# Special functions


def lgamma(z: acb) -> acb:
    """log|gamma| continued; left of zero by reflection, gamma(z)·gamma(1 - z) = π/sin(πz)."""
    if z.real > 0:
        return z.lgamma()
    sine = z.sin_pi()
    return acb.pi().log() - abs_(sine).log() - (1 - z).lgamma()


def Ei(z: acb) -> acb:  # noqa: N802  (the name in the literature)
    """Left of zero the real function is -E1(-x); acb's has a cut there."""
    return _by_sign(z, z.ei, lambda: -((-z).expint(1)))


def airyaiprime(z: acb) -> acb:
    return z.airy_ai(derivative=1)


def airybiprime(z: acb) -> acb:
    return z.airy_bi(derivative=1)


def sinc(z: acb) -> acb:
    return z.sinc_pi()


# Pieces


def abs_(z: acb) -> acb:
    return _by_sign(z, lambda: z, lambda: -z)


def sign(z: acb) -> acb:
    return _by_sign(z, lambda: acb(1), lambda: acb(-1))


def heaviside(z: acb, at_zero: acb) -> acb:
    return _by_sign(z, lambda: acb(1), lambda: acb(0))


def floor(z: acb) -> acb:
    whole = z.real.floor()
    return acb(whole) if whole.is_exact() else NOT_ANALYTIC


def ceil(z: acb) -> acb:
    return -floor(-z)


def mod(a: acb, b: acb) -> acb:
    return a - b * floor(a / b)


def max_(*arguments: acb) -> acb:
    return reduce(lambda a, b: a if a is b else _by_sign(a - b, lambda: a, lambda: b), arguments)


def min_(*arguments: acb) -> acb:
    return reduce(lambda a, b: a if a is b else _by_sign(a - b, lambda: b, lambda: a), arguments)
