"""Roots, tangents and inverse sines of series of any length: FLINT 3.6 aborts the process on long ones ("unable to allocate memory").

Its Newton iteration is to blame, which starts at about 30 terms; series that short are left to it.
"""

from __future__ import annotations

from flint import arb, arb_series

from diffcheck.engines.certified.values import Series

SHORT = 24  # terms


def _is_short(u: Series) -> bool:
    return isinstance(u, arb) or u.prec <= SHORT


def sqrt(u: Series) -> Series:
    """√u for u(0) > 0, from (Σ rₖtᵏ)² = u term by term."""
    if _is_short(u):
        return u.sqrt()
    roots, filled = [u[0].sqrt()], list[int]()
    for n in range(1, u.prec):
        cross = sum((roots[k] * roots[n - k] for k in filled), arb(0))
        roots.append((u[n] - cross) / (2 * roots[0]))
        if not roots[n].is_zero():
            filled.append(n)
    return arb_series(roots, prec=u.prec)


def tan(u: Series) -> Series:
    return u.tan() if _is_short(u) else u.sin() / u.cos()


def asin(u: Series) -> Series:
    return u.asin() if _is_short(u) else _slope_of_asin(u).integral() + u[0].asin()


def acos(u: Series) -> Series:
    return u.acos() if _is_short(u) else u[0].acos() - _slope_of_asin(u).integral()


def _slope_of_asin(u: arb_series) -> arb_series:
    return u.derivative() / sqrt(1 - u * u)
