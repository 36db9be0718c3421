"""Where a body is cut into segments that SymPy differentiates one by one.

A body is cut at calls, at `where`, and wherever a segment would grow large or deep. Constants that SymPy would evaluate at
construction (factorial(10^7)) reach it as opaque symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import sympy

from diffcheck.engines.symbolic.heads import ToSympy
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Call, Constant, Graph, Variable, arguments_of, depends

SEGMENT_SIZE = 120  # operations, shared ones counted each time: SymPy's diff stays in milliseconds
SEGMENT_DEPTH = 40  # SymPy recurses: a chain of 139 sines is too deep for it


def _ordered(graph: Graph, moves: Sequence[bool]) -> set[int]:
    """The nodes whose sign or order decides: SymPy differentiates |u| cleanly where it knows that u is real.

    It may need gigabytes to find out, so u becomes a symbol that is.
    """
    applied = [(moves[i], node) for i, node in enumerate(graph.nodes) if isinstance(node, Apply)]
    rows = [(FUNCTIONS[node.function], node, moving) for moving, node in applied]
    return {j for row, node, moving in rows if row.orders and (moving or row.gives_condition) for j in node.arguments}


class Segments:
    """Where a body is cut, and the SymPy expression of each segment in symbols for the cuts before it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._moves = depends(graph, graph.variables)
        self._ordered = _ordered(graph, self._moves)
        self._expressions: dict[int, Any] = {}
        self.sources: dict[sympy.Symbol, int] = {}
        self.cuts: list[int] = []
        self._values: list[Any] = []
        self._algebra = ToSympy()
        sizes, depths = [0] * len(graph.nodes), [0] * len(graph.nodes)
        for i, node in enumerate(graph.nodes):
            arguments = arguments_of(node)
            sizes[i] = 1 + sum(sizes[j] for j in arguments)
            depths[i] = 1 + max((depths[j] for j in arguments), default=0)
            value = self._value(i)
            if isinstance(node, Apply) and node.function == "where":
                self.cuts.extend(j for j in node.arguments[1:] if j not in self._expressions)
            if self._is_cut(i, sizes[i], depths[i]) or (i in self._ordered and not (value.is_Symbol or value.is_Rational)):
                self._expressions[i] = value
                self.cuts.append(i)
                value = self._symbol(i)
                sizes[i] = depths[i] = 1
            self._values.append(value)

    def expression(self, cut: int) -> Any:
        """The segment that computes a cut node, or the output."""
        return self._expressions.get(cut, self._values[cut])

    def _value(self, i: int) -> Any:
        node = self.graph.nodes[i]
        match node:
            case Constant(value):
                return self._algebra.constant(value) if _is_short(value) else self._symbol(i)
            case Variable():
                return self._symbol(i)
            case Apply("where") if not self._moves[i]:
                return self._symbol(i)
            case Call() | Apply("where"):
                return None  # always cut: their derivatives are made here
            case Apply(function, arguments):
                values = [self._values[j] for j in arguments]
                opaque = not self._moves[i] and not FUNCTIONS[function].gives_condition
                if opaque and not self.is_plain(function, values):
                    return self._symbol(i)
                return self._algebra.apply(FUNCTIONS[function], values)

    @staticmethod
    def is_plain(function: str, values: Sequence[Any]) -> bool:
        """Constants that SymPy may evaluate: small rational arithmetic, π and e. The others are symbols to it."""
        row = FUNCTIONS[function]
        if not row.parameters:
            return not row.may_be_infinite and not row.meaning
        if not row.is_arithmetic:
            return False
        divides_by_zero = function == "divide" and values[1] == 0
        return all(value.is_Rational and _is_short(value) for value in values) and not divides_by_zero

    def _is_cut(self, i: int, size: int, depth: int) -> bool:
        node = self.graph.nodes[i]
        if isinstance(node, Call):
            return True
        if not isinstance(node, Apply) or not self._moves[i] or FUNCTIONS[node.function].gives_condition:
            return False
        return node.function == "where" or size > SEGMENT_SIZE or depth > SEGMENT_DEPTH

    def _symbol(self, i: int) -> sympy.Symbol:
        node = self.graph.nodes[i]
        symbol = _symbol(node.name if isinstance(node, Variable) else f"v[{i}]")  # brackets: no variable is called so
        self.sources[symbol] = i
        return symbol


@lru_cache(maxsize=1024)
def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)


def _is_short(number: Any) -> bool:
    """Whether a rational is short enough to be folded into others; long decimals stay as they were written."""
    return bool(int(number.numerator).bit_length() + int(number.denominator).bit_length() < 64)
