"""SymPy's derivative of an expression with respect to one symbol, without what else `Expr.diff` does.

`Expr.diff` asks of the derivative of every subexpression whether it is zero, which SymPy's assumptions take long to answer for a real
symbol, and walks through it for derivatives that were left open. SymPy's rules for products and powers build terms with a
factor zero, for which they ask whether the other factors are finite, and that for x a function of cases. None of this changes the
derivative by one symbol; without it it takes less than half the time.

SymPy's rules call `diff` on the parts. So those that join the derivatives of the parts are written down here, each next to the
method of SymPy that it stands for; what the derivative of a function is, `fdiff`, SymPy says. A class with any other rule is left
to SymPy. Nothing of SymPy's is changed: other threads use it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy.core.expr import AtomicExpr
from sympy.core.function import ArgumentIndexError, Function
from sympy.functions.elementary.miscellaneous import MinMaxBase
from sympy.functions.special.hyper import TupleParametersBase

_ONE = sympy.Integer(1)
_ZERO = sympy.Integer(0)


def derivative(expression: Any, symbol: sympy.Symbol, watch: Callable[[Any], object] = lambda part: None) -> Any:
    """What `expression.diff(symbol)` returns; `watch` is shown the derivative of every part, and may raise to end the work."""
    return _Derivatives(symbol, watch).of(expression)


class _Derivatives:
    """The derivatives of an expression's parts; each is found once."""

    def __init__(self, symbol: sympy.Symbol, watch: Callable[[Any], object]) -> None:
        self.symbol = symbol
        self._watch = watch
        self._found: dict[Any, Any] = {symbol: _ONE}

    def of(self, expression: Any) -> Any:
        found = self._found.get(expression)
        if found is None:
            rule = _RULES.get(getattr(type(expression), "_eval_derivative", None), _by_sympy)
            found = self._found[expression] = rule(expression, self)
            self._watch(found)
        return found


def _of_product(product: sympy.Mul, parts: _Derivatives) -> Any:
    factors = product.args
    slopes = [parts.of(factor) for factor in factors]
    terms = [(*factors[:i], slope, *factors[i + 1 :]) for i, slope in enumerate(slopes) if slope is not _ZERO]
    return sympy.Add(*(sympy.Mul(*term) for term in terms))


def _of_power(power: sympy.Pow, parts: _Derivatives) -> Any:
    base, exponent = power.args
    of_base, of_exponent = parts.of(base), parts.of(exponent)
    if of_exponent is not _ZERO:
        return power * (of_exponent * sympy.log(base) + of_base * exponent / base)
    return _ZERO if of_base is _ZERO else power * (of_base * exponent / base)


def _of_function(function: Any, parts: _Derivatives) -> Any:
    slopes = [parts.of(argument) for argument in function.args]
    return sympy.Add(*(_partial(function, i) * slope for i, slope in enumerate(slopes, 1) if slope is not _ZERO))


def _partial(function: Any, place: int) -> Any:
    try:
        return function.fdiff(place)
    except ArgumentIndexError:  # SymPy knows no rule, and leaves it open
        return Function.fdiff(function, place)


def _of_absolute(absolute: sympy.Abs, parts: _Derivatives) -> Any:
    (inner,) = absolute.args
    return parts.of(inner) * sympy.sign(inner) if inner.is_extended_real else _by_sympy(absolute, parts)


def _of_cases(cases: sympy.Piecewise, parts: _Derivatives) -> Any:
    return sympy.Piecewise(*((parts.of(expression), condition) for expression, condition in cases.args))


def _of_series(series: Any, parts: _Derivatives) -> Any:
    *parameters, argument = series.args
    if any(parts.symbol in parameter.free_symbols for parameter in parameters):
        return _by_sympy(series, parts)
    slope = parts.of(argument)
    return _ZERO if slope is _ZERO else series.fdiff(3) * slope


def _by_sympy(expression: Any, parts: _Derivatives) -> Any:
    return expression.diff(parts.symbol)


_RULES: dict[object, Callable[[Any, _Derivatives], Any]] = {
    AtomicExpr._eval_derivative: lambda _, parts: _ZERO,
    sympy.Add._eval_derivative: lambda total, parts: sympy.Add(*map(parts.of, total.args)),
    sympy.Mul._eval_derivative: _of_product,
    sympy.Pow._eval_derivative: _of_power,
    Function._eval_derivative: _of_function,
    MinMaxBase._eval_derivative: _of_function,
    sympy.Abs._eval_derivative: _of_absolute,
    sympy.Piecewise._eval_derivative: _of_cases,
    TupleParametersBase._eval_derivative: _of_series,
}
