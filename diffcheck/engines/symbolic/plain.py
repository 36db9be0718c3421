"""SymPy's derivative of an expression with respect to one symbol, without what `Expr.diff` does beside it.

`Expr.diff` asks of the derivative of every subexpression whether it is zero, which SymPy's assumptions take long to answer for a real
symbol, and walks through it for derivatives that were left open. Neither changes the derivative by one symbol; without
them it takes half the time. SymPy's rules call `diff` on the parts, so it is replaced while they run.
"""

from __future__ import annotations

from collections.abc import Iterator
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
    found = self._eval_derivative_n_times(symbol, _ONE)
    return _diff(self, symbol) if found is None else found
