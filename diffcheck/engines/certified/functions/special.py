"""Functions of which only values are known: the Taylor coefficients of F(u₁(t), …, uₙ(t)) follow from Cauchy's integral formula.

Each function refuses (NaN) a box on which it might not be analytic.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from flint import acb, arb, arb_series, ctx, fmpq

from diffcheck.engines.certified.cauchy import Circle
from diffcheck.engines.certified.values import Follower, Series, Value, balls, unproved

NOT_ANALYTIC = acb(arb.nan())
LARGEST = arb(2) ** 60  # FLINT converts some arguments to machine integers, and aborts the process where they do not fit
HALF = arb(0.5)
UNIT = arb(0.5, 0.5)  # [0, 1]
LEAST_POINTS = 4
LEAST_SHRINK = 8
SPARE_BITS = 128  # a bound on a box may be far above the values
GUARD_BITS = 32
MOST_STEPS = 1000  # of a recurrence or a sum
EDGES = 8  # pieces of an edge of a square
RADII = 20  # radii tried, each an eighth of the one before


Boxes = Callable[..., acb]  # a function of complex balls
Choose = Callable[[Sequence[Any]], Boxes]  # the function for these arguments, which may say what a ball cannot


def from_values(name: str, choose: Choose) -> Callable[..., Value]:
    """The function along a line that is known by its values."""

    def implementation(line: Follower, *arguments: Value) -> Value:
        function = bounded(choose(arguments))
        series = tuple(balls(arguments))
        lengths = [u.prec for u in series if isinstance(u, arb_series)]
        if lengths:
            return _taylor(function, series, min(lengths), name)
        value = function(*(acb(u) for u in series))
        return value.real if value.is_finite() else unproved(f"{name} is not bounded on the ball around its argument")

    return implementation


def bounded(function: Boxes) -> Boxes:
    """A function of complex balls that refuses huge ones."""
    return lambda *boxes: function(*boxes) if all(z.abs_upper() < LARGEST for z in boxes) else NOT_ANALYTIC


def _differences(a: Any, b: Any, c: Any) -> tuple[acb, acb, acb]:
    """c - a, c - b and c - a - b: exact between rationals, which balls of thirds are not. NaN where one of the three moves."""
    if not all(isinstance(u, (fmpq, arb)) for u in (a, b, c)):
        return NOT_ANALYTIC, NOT_ANALYTIC, NOT_ANALYTIC
    return acb(arb(c - a)), acb(arb(c - b)), acb(arb(c - a - b))


def _taylor(function: Boxes, arguments: tuple[Series, ...], terms: int, name: str) -> Value:
    """The first `terms` Taylor coefficients of h(t) = function(arguments(t)): h on a disc, its values on a circle within, Cauchy's formula.

    With `points` values on a circle of radius R/2^shrink the formula leaves an error of M·q/(1 - q) with q = 2^(-shrink·points), and
    shrink is the least with q ≤ 2^-(precision + SPARE_BITS). Division by (R/2^shrink)ᵏ costs coefficient k as many as shrink·k bits,
    so there are shrink·terms guard bits, and GUARD_BITS for the sums.
    """
    points = max(LEAST_POINTS, terms + terms % 2)  # with fewer than terms, coefficient k would be mixed up with coefficient k - points
    shrink = max(LEAST_SHRINK, -(-(ctx.prec + SPARE_BITS) // points))
    h = _along(function, arguments)
    with ctx.workprec(ctx.prec + shrink * terms + GUARD_BITS):
        disc = _disc_of(h, _first_radius(arguments))
        if disc is None:
            return unproved(f"{name} is not provably analytic near its argument")
        radius, bound = disc
        circle = Circle(radius, shrink, points)
        values = list(map(h, circle.points()))
        if not all(value.is_finite() for value in values):
            return unproved(f"{name} is not bounded near its argument")
        return arb_series([circle.coefficient(k, values, bound) for k in range(terms)], prec=terms)


def _along(function: Boxes, arguments: tuple[Series, ...]) -> Callable[[acb], acb]:
    """function(arguments(t)) of a complex t, the arguments as polynomials."""
    polynomials = [list(reversed(u.coeffs())) if isinstance(u, arb_series) else [u] for u in arguments]
    return lambda t: function(*(_horner(coefficients, t) for coefficients in polynomials))


def _horner(coefficients: Sequence[arb], t: acb) -> acb:
    """The polynomial with these coefficients, the highest first, at t."""
    value = acb(0)
    for coefficient in coefficients:
        value = value * t + coefficient
    return value


def _first_radius(arguments: tuple[Series, ...]) -> arb:
    """A power of two that is well inside |u(0)| for every argument that moves, so that none reaches zero; at most a quarter."""
    starts = [abs(u[0]).mid() for u in arguments if isinstance(u, arb_series) and not u[0].contains(0)]
    mantissa, exponent = min(starts, default=arb(1)).man_exp()
    return arb(2) ** min(-2, int(mantissa).bit_length() + int(exponent) - 3)


def _disc_of(h: Callable[[acb], acb], radius: arb) -> tuple[arb, arb] | None:
    """A radius R and a bound M of |h| on |t| ≤ R: the first of RADII radii on whose square h is bounded."""
    for _ in range(RADII):
        side = arb(0, radius)
        value = h(acb(side, side))
        if value.is_finite():
            return radius, value.abs_upper()
        radius = radius / 8
    return None


def guarded(value: Callable[[], acb], *positive: acb) -> acb:
    """value() where the real parts are certified positive, else NaN: the box may touch a cut. Exact zeros are ends of a domain."""
    return value() if all(z.real > 0 or z.is_zero() for z in positive) else NOT_ANALYTIC


def _is_whole(n: acb) -> bool:
    return bool(n.imag.is_zero() and n.real.is_integer())


def _is_natural(n: acb) -> bool:
    return _is_whole(n) and bool(n.real >= 0)


def _around_integer(entire: Callable[[acb], acb], n: acb, x: acb) -> acb:
    """A function of x that is entire in n where x > 0, also where FLINT refuses a box around an integer.

    A bound on the edges of a square around the box is one within it. At x = 0 there may be a pole.
    """
    value = entire(n)
    if value.is_finite() or n.is_exact() or not (n.real.contains_integer() and x.real > 0):
        return value
    side = 2 * arb(n.rad()).abs_upper()
    along = [side * arb(2 * j + 1) / EDGES + arb(0, side / EDGES) for j in range(-EDGES // 2, EDGES // 2)]
    edges = [n.mid() + z for t in along for z in (acb(t, side), acb(t, -side), acb(side, t), acb(-side, t))]
    bounds = [entire(z).abs_upper() for z in edges]
    bound = max(bounds) if all(b.is_finite() for b in bounds) else arb.nan()
    return acb(arb(0, bound), arb(0, bound)) if bound.is_finite() else NOT_ANALYTIC


def unsinc(x: acb) -> acb:
    return x.sinc()


def sinhc(x: acb) -> acb:
    return (acb(0, 1) * x).sinc()


def digamma(x: acb) -> acb:
    # reflected: FLINT's own values on the negative axis are NaN for boxes that are wide
    return x.digamma() if x.real > 0 else (1 - x).digamma() - acb.pi() * x.cot_pi()


def polygamma(n: acb, x: acb) -> acb:
    return x.polygamma(n) if _is_natural(n) else guarded(lambda: x.polygamma(n), x)


def uppergamma(a: acb, x: acb) -> acb:
    entire = _is_natural(a) and a.real > 0
    return x.gamma_upper(a) if entire else guarded(lambda: _around_integer(x.gamma_upper, a, x), x)


def lowergamma(a: acb, x: acb) -> acb:
    return guarded(lambda: x.gamma_lower(a), a, x)


def gammainc(a: acb, x: acb) -> acb:
    return guarded(lambda: x.gamma_lower(a, regularized=1), a, x)


def gammaincc(a: acb, x: acb) -> acb:
    return guarded(lambda: x.gamma_upper(a, regularized=1), a, x)


def betainc(a: acb, b: acb, x: acb) -> acb:
    return guarded(lambda: x.beta_lower(a, b, regularized=1), a, b, x, 1 - x)


def besselj(n: acb, x: acb) -> acb:
    return x.bessel_j(n) if _is_whole(n) else guarded(lambda: _from_above(x.bessel_j, n, x, -1), x)


def besseli(n: acb, x: acb) -> acb:
    return x.bessel_i(n) if _is_whole(n) else guarded(lambda: _from_above(x.bessel_i, n, x, 1), x)


def _from_above(bessel: Callable[[acb], acb], n: acb, x: acb, sign: int) -> acb:
    """J or I by recurrence from positive orders: FLINT refuses boxes that hold a negative integer."""
    if n.real > 0 or not n.real.contains_integer():
        return bessel(n)
    raised = 1 + int((-n.real).upper().ceil().unique_fmpz())
    if raised > MOST_STEPS:
        return NOT_ANALYTIC
    above, here = bessel(n + raised + 1), bessel(n + raised)
    for k in range(raised, 0, -1):
        above, here = here, 2 * (n + k) / x * here + sign * above
    return here


def bessely(n: acb, x: acb) -> acb:
    return guarded(lambda: x.bessel_y(n), x)


def besselk(n: acb, x: acb) -> acb:
    return guarded(lambda: x.bessel_k(n), x)


def zeta(s: acb, a: acb) -> acb:
    if (a - 1).is_zero():
        return s.zeta()
    return s.zeta(a) if _is_whole(s) else guarded(lambda: s.zeta(a), a)  # then powers of a, a + 1, … have no cut


def expint(n: acb, x: acb) -> acb:
    elementary = _is_natural(-n)  # exp(-x) times a polynomial in 1/x
    return x.expint(n) if elementary else guarded(lambda: _around_integer(x.expint, n, x), x)


def polylog(s: acb, x: acb) -> acb:
    if s.is_zero():
        return x / (1 - x)
    if _is_natural(-s) and x.real > 1:  # a rational function: its values at x and 1/x differ by a sign
        return (1 / x).polylog(s) * (-1) ** (1 - int(s.real.unique_fmpz()))
    return guarded(lambda: x.polylog(s), 1 - x)


def choose_hyp2f1(arguments: Sequence[Any]) -> Boxes:
    return partial(hyp2f1, differences=_differences(*arguments[:3]))


def hyp2f1(a: acb, b: acb, c: acb, x: acb, differences: tuple[acb, acb, acb]) -> acb:
    c_a, c_b, excess = differences
    if _is_natural(-a) or _is_natural(-b):  # a polynomial in x
        return x.hypgeom_2f1(a, b, c) if c.real > 0 else _polynomial(a, b, c, x)
    if _is_whole(excess) and (_is_natural(-c_a) or _is_natural(-c_b)):  # a polynomial with a factor, by Euler's transformation
        return (1 - x) ** int(excess.real.unique_fmpz()) * x.hypgeom_2f1(c_a, c_b, c)
    if (1 - x).is_zero():  # Gauss's theorem
        return guarded(lambda: c.gamma() * (c - a - b).gamma() * (c - a).rgamma() * (c - b).rgamma(), c - a - b)
    # close to x = 1 2F1 has another formula if the excess is an integer, which a ball cannot tell
    return guarded(lambda: x.hypgeom_2f1(a, b, c, abc=_is_whole(excess)), 1 - x)


def _polynomial(a: acb, b: acb, c: acb, x: acb) -> acb:
    """2F1 where a or b is 0, -1, -2, …: the sum up to the degree, also where c is one of them (DLMF 15.2.5), which FLINT may refuse."""
    degree = min(-int(u.real.unique_fmpz()) for u in (a, b) if _is_natural(-u))
    if degree > MOST_STEPS:
        return NOT_ANALYTIC
    term = total = acb(1)
    for k in range(degree):
        term = term * (a + k) * (b + k) / ((c + k) * (k + 1)) * x
        total += term
    return total


def legendre(n: acb, x: acb) -> acb:
    if _is_whole(n):  # a polynomial: that of n and that of -1 - n are the same
        return x.legendre_p(n if _is_natural(n) else -1 - n)
    return guarded(lambda: x.legendre_p(n), 1 + x)


def hyp1f1(a: acb, b: acb, x: acb) -> acb:
    return x.hypgeom_1f1(a, b)


def chebyshev_t(n: acb, x: acb) -> acb:
    return x.chebyshev_t(n) if _is_whole(n) else guarded(lambda: x.chebyshev_t(n), 1 + x)


def chebyshev_u(n: acb, x: acb) -> acb:
    return x.chebyshev_u(n) if _is_whole(n) else guarded(lambda: x.chebyshev_u(n), 1 + x)


def hermite(n: acb, x: acb) -> acb:
    return x.hermite_h(n)


def laguerre(n: acb, x: acb) -> acb:
    return x.laguerre_l(n) if _is_natural(n) else x.hypgeom_1f1(-n, 1)


def erfcx(x: acb) -> acb:
    """e^(x²)·erfc(x), which is U(½, ½, x²)/√π right of the origin (DLMF 7.11.5): there the factors are of very different size."""
    if x.real > 1 and abs(x.imag) < x.real:
        return (x * x).hypgeom_u(HALF, HALF) / acb.pi().sqrt()
    return (x * x).exp() * x.erfc()


def owens_t(h: acb, a: acb) -> acb:
    """a·e^(-h²/2)/(2π)·∫ e^(-(has)²/2)/(1 + (as)²) ds from 0 to 1.

    D. B. Owen, "Tables for computing bivariate normal probabilities", 1956, of which the other formulas for T are, too.
    """
    if (1 + a * a * UNIT).contains(0):  # a pole on the way
        return NOT_ANALYTIC

    def integrand(s: acb, _: bool) -> acb:
        squared = (a * s) ** 2
        return (-h * h * squared / 2).exp() / (1 + squared)

    return a * (-h * h / 2).exp() / (2 * acb.pi()) * acb.integral(integrand, 0, 1)


def elliptic_k(m: acb) -> acb:
    return guarded(m.elliptic_k, 1 - m)


def elliptic_e(m: acb) -> acb:
    return guarded(m.elliptic_e, 1 - m)


def _on_the_way(phi: acb, *parameters: acb) -> list[acb]:
    """1 - m·sin² on the way from 0 to phi, where it is least: at the end, or at a quarter turn if the way leads there."""
    least = [1 - m * phi.sin() ** 2 for m in parameters]
    return least if abs(phi.real) < arb.pi() / 2 else [*least, *(1 - m for m in parameters)]


def elliptic_f(phi: acb, m: acb) -> acb:
    return guarded(lambda: acb.elliptic_f(phi, m), *_on_the_way(phi, m))


def elliptic_einc(phi: acb, m: acb) -> acb:
    return guarded(lambda: acb.elliptic_e_inc(phi, m), *_on_the_way(phi, m))


def elliptic_pi(n: acb, m: acb) -> acb:
    return guarded(lambda: acb.elliptic_pi(n, m), 1 - n, 1 - m)


def elliptic_piinc(n: acb, phi: acb, m: acb) -> acb:
    return guarded(lambda: acb.elliptic_pi_inc(n, phi, m), *_on_the_way(phi, n, m))
