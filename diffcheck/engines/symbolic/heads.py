"""How SymPy builds the functions of the table, and the algebra of SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import ABSENT, FUNCTIONS, Function
from diffcheck.graph.graph import Definition, evaluate


class ToSympy:
    """The algebra of SymPy expressions."""

    def constant(self, value: Fraction) -> Any:
        return sympy.Rational(value.numerator, value.denominator)

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        return head(function.name)(*arguments)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        raise UnsupportedError("a derivative inside the meaning of a function")


@cache
def head(name: str) -> Callable[..., Any]:
    """How SymPy builds a function of the table."""
    row = FUNCTIONS[name]
    column = row.column("sympy")
    if column == ABSENT:
        raise UnsupportedError(f"SymPy lacks {name}")
    if column is None:
        graph, names = meaning(name), row.names
        return lambda *arguments: evaluate(graph, ToSympy(), dict(zip(names, arguments, strict=True)))
    module, _, attribute = column.rpartition(":")
    found: Any = HEADS[attribute] if module else getattr(sympy, attribute)
    return (lambda: found) if not row.parameters else found


class cbrt(sympy.Function):  # type: ignore[misc]  # noqa: N801  (SymPy's own cube root of a negative number is complex)
    """The real cube root."""

    def fdiff(self, argindex: int = 1) -> Any:
        return 1 / (3 * cbrt(self.args[0]) ** 2)


class _Step(sympy.Function):  # type: ignore[misc]
    """Flat between its jumps; SymPy leaves the derivatives of its own floor, ceiling and Mod open."""

    def fdiff(self, argindex: int = 1) -> Any:
        return sympy.S.Zero


class floor(_Step):  # noqa: N801
    """The greatest integer not above the argument."""


class ceil(_Step):  # noqa: N801
    """The least integer not below the argument."""


HEADS: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "power": lambda a, b: a**b,
    "negate": lambda a: -a,
    "less": sympy.Lt,
    "less_equal": sympy.Le,
    "greater": sympy.Gt,
    "greater_equal": sympy.Ge,
    "equal": sympy.Eq,
    "not_equal": sympy.Ne,
    "and": sympy.And,
    "or": sympy.Or,
    "not": sympy.Not,
    "where": lambda condition, a, b: sympy.Piecewise((a, condition), (b, True)),
    "cbrt": cbrt,
    "floor": floor,
    "ceil": ceil,
    "mod": lambda x, y: x - y * floor(x / y),
    "hyp2f1": lambda a, b, c, x: sympy.hyper((a, b), (c,), x),
    "betainc": lambda a, b, x: sympy.betainc_regularized(a, b, 0, x),
    "xlogy": lambda x, y: x * sympy.log(y),
    "xlog1py": lambda x, y: x * sympy.log(1 + y),
    "entr": lambda x: -x * sympy.log(x),
    "rel_entr": lambda x, y: x * sympy.log(x / y),
    "kl_div": lambda x, y: x * sympy.log(x / y) - x + y,
}
