"""How SymPy builds the functions of the table, and the algebra of SymPy expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import sympy

from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import FUNCTIONS, LACKS, MEANT, SYMPY, Function, Named
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
    if column is LACKS:
        raise UnsupportedError(f"SymPy lacks {name}")
    if column is MEANT:
        graph, names = meaning(name), row.names
        return lambda *arguments: evaluate(graph, ToSympy(), dict(zip(names, arguments, strict=True)))
    found: Any = (column if isinstance(column, Named) else SYMPY(name)).load()
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


def where(condition: Any, a: Any, b: Any) -> Any:
    return sympy.Piecewise((a, condition), (b, True))


def mod(x: Any, y: Any) -> Any:
    return x - y * floor(x / y)


def hyp2f1(a: Any, b: Any, c: Any, x: Any) -> Any:
    return sympy.hyper((a, b), (c,), x)


def hyp1f1(a: Any, b: Any, x: Any) -> Any:
    return sympy.hyper((a,), (b,), x)


def betainc(a: Any, b: Any, x: Any) -> Any:
    return sympy.betainc_regularized(a, b, 0, x)


def xlogy(x: Any, y: Any) -> Any:
    return x * sympy.log(y)


def xlog1py(x: Any, y: Any) -> Any:
    return x * sympy.log(1 + y)


def entr(x: Any) -> Any:
    return -x * sympy.log(x)


def rel_entr(x: Any, y: Any) -> Any:
    return x * sympy.log(x / y)


def kl_div(x: Any, y: Any) -> Any:
    return x * sympy.log(x / y) - x + y
