"""Derivatives as SymPy writes them by itself: each one formula of the whole function, and the same after `sympy.cse`.

The chained form (`chain.py`) never grows like this; here it is shown what it saves. The work has a bound in operations, not in seconds: the
size of the derivative is found first, by the rules of `plain.py`, which look at a part that occurs a thousand times once, and stop at
`MAX_OPERATIONS`. Only within them SymPy's own `diff` runs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from diffcheck.engines.faults import raise_if_ours
from diffcheck.engines.symbolic.counting import Counting
from diffcheck.engines.symbolic.heads import ToSympy
from diffcheck.engines.symbolic.nodes import FromSympy
from diffcheck.engines.symbolic.plain import derivative
from diffcheck.engines.symbolic.segments import SEGMENT_SIZE, Segments
from diffcheck.errors import UnsupportedError
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Apply, Call, Graph, GraphBuilder, evaluate_nodes, subgraph
from diffcheck.graph.sizes import characters, size
from diffcheck.graph.text import expanded_sizes

MAX_OPERATIONS = 250_000  # of all derivatives together as they are written out: SymPy takes a second
MAX_PASSES = 5_000  # operations of the function times variables: SymPy goes through it once for each, some seconds in all
READABLE = 10**12  # what is larger is a power of ten
REFUSALS = (ArithmeticError, ValueError, TypeError, AttributeError, NotImplementedError, RecursionError)  # of SymPy


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """Derivatives as graphs, the operations of their formulas as SymPy's count_ops counts them, by its names, and how long they are."""

    graphs: tuple[Graph, ...]
    operations: Counter[str]
    characters: int


class ClosedForms:
    """The derivatives of a graph by some of its variables. Raises UnsupportedError where SymPy has none within the bound."""

    def __init__(self, graph: Graph, wrt: Sequence[str]) -> None:
        self._graph = graph
        _require_plain(graph)
        self._require_few(expanded_sizes(graph)[graph.output])  # the function itself, written out
        _require_few_passes(graph, len(wrt))
        self._counting = Counting()
        try:
            values = evaluate_nodes(graph, _Opaque(), {name: sympy.Symbol(name, real=True) for name in graph.variables})
            self.places = {value: i for i, value in enumerate(values) if getattr(value, "is_Symbol", False)}
            self._whole = values[graph.output]
            self._symbols = [sympy.Symbol(name, real=True) for name in wrt]
            self.formulas = [derivative(self._whole, symbol, self._watch) for symbol in self._symbols]
            self._require_few(sum(self._counting.of(formula).total() for formula in self.formulas))
        except REFUSALS as error:
            raise _lacking(error) from error

    def _watch(self, part: Any) -> None:
        self._require_few(self._counting.of(part).total())

    @staticmethod
    def _require_few(operations: int) -> None:
        if operations > MAX_OPERATIONS:
            raise UnsupportedError(f"it would have {_how_many(operations)} operations or more; the budget is {MAX_OPERATIONS:,}")

    def differentiate(self) -> object:
        """What a user of SymPy would call: `sympy.diff` by each variable. For its time: the formulas are known."""
        try:
            return [self._whole.diff(symbol) for symbol in self._symbols]
        except REFUSALS as error:
            raise _lacking(error) from error

    def written(self) -> WrittenOut:
        """The formulas as they are."""
        total = sum((self._counting.of(formula) for formula in self.formulas), Counter[str]())
        graphs = self._graphs({}, self.formulas)
        return WrittenOut(graphs, total, sum(map(characters, graphs)))

    def shared(self) -> WrittenOut:
        """The formulas after `sympy.cse`: a name for everything that occurs twice."""
        try:
            named, formulas = sympy.cse(self.formulas, symbols=sympy.numbered_symbols(exclude=self.places, real=True))
        except REFUSALS as error:
            raise _lacking(error) from error
        total = sum((self._counting.of(formula) for formula in [*(each for _, each in named), *formulas]), Counter[str]())
        lines = [*(f"{name} = {formula}" for name, formula in named), *map(str, formulas)]
        return WrittenOut(self._graphs(dict(named), formulas), total, sum(map(len, lines)))

    def _graphs(self, named: Mapping[Any, Any], formulas: Sequence[Any]) -> tuple[Graph, ...]:
        """SymPy's formulas as graphs, with what had no meaning to SymPy put back."""
        builder = GraphBuilder()
        places = {symbol: builder.graft(subgraph(self._graph, i)) for symbol, i in self.places.items()}
        for symbol, formula in named.items():
            places[symbol] = FromSympy(builder, places).convert(formula)
        converter = FromSympy(builder, places)
        return tuple(builder.graph(converter.convert(formula)) for formula in formulas)


class _Opaque(ToSympy):
    """SymPy expressions in which constants that SymPy would evaluate (factorial(10^7)) are symbols."""

    def __init__(self) -> None:
        self._constants: set[Any] = set()  # SymPy's free_symbols would walk through all that is written out

    def constant(self, value: Fraction) -> Any:
        return self._kept(super().constant(value))

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        if function.gives_condition or not self._constants.issuperset(arguments):
            return super().apply(function, arguments)
        if Segments.is_plain(function.name, arguments):
            return self._kept(super().apply(function, arguments))
        return self._kept(sympy.Symbol(f"constant {len(self._constants)}", real=True))

    def _kept(self, constant: Any) -> Any:
        self._constants.add(constant)
        return constant


def _require_plain(graph: Graph) -> None:
    """Raises UnsupportedError for what SymPy may think about for hours: it wants to know of u in |u| whether it is real."""
    applied = [node for node in graph.nodes if isinstance(node, Apply)]
    if any(isinstance(node, Call) for node in graph.nodes):
        raise UnsupportedError("the function contains a derivative, f', of another")
    choices = sorted({node.function for node in applied if FUNCTIONS[node.function].orders or node.function == "where"})
    written = expanded_sizes(graph)[graph.output]
    if choices and written > SEGMENT_SIZE:
        raise UnsupportedError(f"SymPy is given {choices[0]} in formulas of up to {SEGMENT_SIZE} operations, and this one has {written:,}")


def _how_many(operations: int) -> str:
    return f"{operations:,}" if operations < READABLE else f"10^{int(operations.bit_length() * math.log10(2))}"


def _require_few_passes(graph: Graph, variables: int) -> None:
    operations = size(graph).total
    if operations * variables > MAX_PASSES:
        work = f"{operations:,} operations of f, differentiated by {variables:,} variables"
        raise UnsupportedError(f"{work}, are {operations * variables:,}; the budget is {MAX_PASSES:,}")


def _lacking(error: Exception) -> UnsupportedError:
    raise_if_ours(error)
    if isinstance(error, RecursionError):
        return UnsupportedError("the formula is nested too deeply for SymPy, which recurses")
    return UnsupportedError(f"SymPy: {type(error).__name__}: {str(error)[:160]}")
