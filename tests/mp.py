"""The table's functions in mpmath: it shares nothing with the certified engine, bears it out, and is what it is timed against."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import mpmath

from diffcheck.graph.build import meaning
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Definition, evaluate


def _cbrt(x: mpmath.mpf) -> mpmath.mpf:
    return mpmath.cbrt(x) if x >= 0 else -mpmath.cbrt(-x)


def _balanced_polygamma(n: mpmath.mpf, x: mpmath.mpf) -> mpmath.mpf:
    """Orders that are no natural numbers: O. Espinosa and V. Moll, "A generalized polygamma function", 2004, equation 1.6."""
    return (mpmath.zeta(n + 1, x, 1) + (mpmath.euler + mpmath.psi(0, -n)) * mpmath.zeta(n + 1, x)) / mpmath.gamma(-n)


OWN: dict[str, Callable[..., Any]] = {
    "add": mpmath.fadd,
    "subtract": mpmath.fsub,
    "multiply": mpmath.fmul,
    "divide": mpmath.fdiv,
    "negate": mpmath.fneg,
    "integer_power": mpmath.power,
    "power": mpmath.power,
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
    "and": lambda a, b: a and b,
    "or": lambda a, b: a or b,
    "not": operator.not_,
    "pi": lambda: +mpmath.pi,
    "e": lambda: +mpmath.e,
    "inf": lambda: mpmath.inf,
    "where": lambda condition, a, b: a if condition else b,
    "abs": mpmath.fabs,
    "max": max,
    "min": min,
    "mod": mpmath.fmod,
    "heaviside": lambda x, at_zero: at_zero if x == 0 else mpmath.mpf(x > 0),
    "cbrt": _cbrt,
    "boxcox": lambda x, lambda_: (x**lambda_ - 1) / lambda_ if lambda_ else mpmath.log(x),
    "sinc": mpmath.sincpi,
    "unsinc": mpmath.sinc,
    "lgamma": lambda x: mpmath.log(abs(mpmath.gamma(x))),
    "polygamma": lambda n, x: mpmath.psi(n, x) if n == int(n) and n >= 0 else _balanced_polygamma(n, x),
    "uppergamma": mpmath.gammainc,
    "lowergamma": lambda a, x: mpmath.gammainc(a, 0, x),
    "gammainc": lambda a, x: mpmath.gammainc(a, 0, x, regularized=True),
    "gammaincc": lambda a, x: mpmath.gammainc(a, x, regularized=True),
    "betainc": lambda a, b, x: mpmath.betainc(a, b, 0, x, regularized=True),
    "airyaiprime": lambda x: mpmath.airyai(x, derivative=1),
    "airybiprime": lambda x: mpmath.airybi(x, derivative=1),
    "Si": mpmath.si,
    "Ci": mpmath.ci,
    "Shi": mpmath.shi,
    "Chi": mpmath.chi,
    "Ei": mpmath.ei,
    "chebyshev_t": mpmath.chebyt,
    "chebyshev_u": mpmath.chebyu,
    "laguerre": lambda n, x: mpmath.laguerre(n, 0, x),
    "lambertwk": lambda x, k: mpmath.lambertw(x, int(k)) if k == int(k) else mpmath.nan,
    "owens_t": lambda h, a: mpmath.quad(lambda t: mpmath.exp(-(h**2) * (1 + t**2) / 2) / (1 + t**2), [0, a]) / (2 * mpmath.pi),
    "elliptic_k": mpmath.ellipk,
    "elliptic_f": mpmath.ellipf,
    "elliptic_e": mpmath.ellipe,
    "elliptic_einc": mpmath.ellipe,
    "elliptic_pi": mpmath.ellippi,
    "elliptic_piinc": mpmath.ellippi,
}


class Mp:
    """The algebra of mpmath's numbers, in its current precision."""

    def constant(self, value: Fraction) -> mpmath.mpf:
        return mpmath.mpf(value.numerator) / value.denominator

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        own = OWN.get(function.name) or getattr(mpmath, function.name, None)
        if own is not None:
            return own(*arguments)
        if not FUNCTIONS[function.name].meaning:
            raise NotImplementedError(function.name)
        return evaluate(meaning(function.name), self, dict(zip(function.names, arguments, strict=True)))

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        at, *others = arguments
        names = definition.parameters

        def of(x: mpmath.mpf) -> Any:
            return evaluate(definition.flat, self, dict(zip(names, (x, *others), strict=True)))

        return mpmath.diff(of, at, order)
