"""SymPy's derivative of an expression with respect to one symbol, without what `Expr.diff` does beside it.

`Expr.diff` asks of the derivative of every subexpression whether it is zero, which SymPy's assumptions take long to answer for a real
symbol, and walks through it for derivatives that were left open. SymPy's rules for products and powers build terms with a
factor zero, for which they ask whether the other factors are finite, and that for x a function of cases. None of this changes the
derivative by one symbol; without it it takes less than half the time. SymPy's rules call `diff` on the parts, so it is
replaced while they run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sympy
from sympy.core.expr import Expr

_ONE = sympy.Integer(1)
_diff = Expr.diff


def derivative(expression: Any, symbol: sympy.Symbol) -> Any:
    """What `expression.diff(symbol)` returns."""
    with _plain():
        return expression.diff(symbol)


@contextmanager
def _plain() -> Iterator[None]:
    Expr.diff = _plain_diff
    try:
        yield
    finally:
        Expr.diff = _diff


def _plain_diff(self: Any, *symbols: Any, **assumptions: Any) -> Any:
    symbol, count = symbols[0] if len(symbols) == 1 and isinstance(symbols[0], tuple) else (symbols[0], 1)
    if len(symbols) > 1 or assumptions or not isinstance(symbol, sympy.Symbol) or count not in (0, 1):
        return _diff(self, *symbols, **assumptions)
    if count == 0:
        return self
    if symbol not in self.free_symbols:
        return sympy.S.Zero
    if self == symbol:
        return _ONE
    rule = _RULES.get(type(self), _by_sympy)
    return rule(self, symbol)


def _of_product(product: sympy.Mul, symbol: sympy.Symbol) -> Any:
    factors = product.args
    slopes = [factor.diff(symbol) for factor in factors]
    terms = [(*factors[:i], slope, *factors[i + 1 :]) for i, slope in enumerate(slopes) if slope is not sympy.S.Zero]
    return sympy.Add(*(sympy.Mul(*term) for term in terms))


def _of_power(power: sympy.Pow, symbol: sympy.Symbol) -> Any:
    base, exponent = power.args
    if symbol in exponent.free_symbols:
        return _by_sympy(power, symbol)
    return power * (base.diff(symbol) * exponent / base)


def _by_sympy(expression: Any, symbol: sympy.Symbol) -> Any:
    found = expression._eval_derivative_n_times(symbol, _ONE)
    return _diff(expression, symbol) if found is None else found


_RULES: dict[type, Callable[[Any, sympy.Symbol], Any]] = {sympy.Mul: _of_product, sympy.Pow: _of_power}
