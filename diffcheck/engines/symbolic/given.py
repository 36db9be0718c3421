"""A SymPy expression that a user gives, written in diffcheck's own language: node by node, never through SymPy's text."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy

from diffcheck.engines.symbolic.nodes import FromSympy, shown_part
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.graph.functions import CONSTANT_NAMES, lookup
from diffcheck.graph.graph import GraphBuilder, evaluate
from diffcheck.graph.text import Infix, Text, expanded_sizes
from diffcheck.language.lexer import MAXIMUM_NODES
from diffcheck.printable import quoted

# SymPy's names for rows that its own derivatives do not contain
NAMES = {"ceiling": "ceil", "Mod": "mod", "floor": "floor", "frac": ""}


class _Given(FromSympy):
    def _node(self, part: Any, arguments: list[int]) -> int:
        if isinstance(part, sympy.Symbol):
            raise AssertionError("every symbol has its node already")
        if part.is_Float:
            return self._builder.constant(_exactly(part))
        if part in (sympy.nan, sympy.zoo) or part.is_number and part.is_real is False:
            raise UnsupportedError(f"{shown_part(part)} is not a real number")
        return super()._node(part, arguments)

    def _function(self, part: Any, arguments: list[int]) -> int:
        name = type(part).__name__
        row = lookup(NAMES.get(name, ""), len(arguments))
        return self._builder.apply(row, arguments) if row else super()._function(part, arguments)


def _exactly(number: Any) -> Fraction:
    """The rational that a Float holds."""
    sign, mantissa, exponent, _ = number._mpf_
    return Fraction((-1) ** sign * int(mantissa)) * Fraction(2) ** int(exponent)


def text_of(expression: Any) -> str:
    """The expression in diffcheck's language; its symbols are variables of the same names. Raises InputError."""
    symbols = sorted(expression.free_symbols, key=str)
    names = [str(symbol) for symbol in symbols]
    for name in names:
        if not name.isidentifier() or name in CONSTANT_NAMES:
            raise InputError(f"the symbol {quoted(name)} cannot be a variable", "Rename it: a letter, then letters, digits and _.")
        if names.count(name) > 1:
            raise InputError(f"there are two symbols {quoted(name)}, with different assumptions", "Use one of them.")
    builder = GraphBuilder()
    try:
        output = _Given(builder, {symbol: builder.variable(name) for symbol, name in zip(symbols, names, strict=True)}).convert(expression)
    except UnsupportedError as lacking:
        reason = lacking.reason.replace("SymPy's derivative contains", "the SymPy expression contains")
        raise InputError(reason, "`diffcheck functions` lists what can be checked.") from None
    graph = builder.graph(output)
    if expanded_sizes(graph)[graph.output] > MAXIMUM_NODES // 2:
        raise InputError("the SymPy expression is too large", "Give a part of it, or write it with definitions: f(x) = …")
    return evaluate(graph, Infix(), {name: Text(name) for name in names}).text


def named(at: Any) -> Any:
    """Points with the names of SymPy's symbols instead of these."""
    if isinstance(at, Mapping):
        return {str(name): value for name, value in at.items()}
    return [named(point) for point in at] if isinstance(at, list) else at


def name_of(names: Any) -> Any:
    return names if isinstance(names, str) else str(names) if isinstance(names, sympy.Basic) else tuple(map(str, names))


def as_text(claim: Any) -> Any:
    if isinstance(claim, list | tuple):
        return [as_text(each) for each in claim]
    return text_of(claim) if isinstance(claim, sympy.Basic) else claim
