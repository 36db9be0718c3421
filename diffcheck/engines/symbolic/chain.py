"""The chain rule, as a graph: SymPy's partial derivatives of the segments, joined by forward accumulation."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import sympy

from diffcheck.engines.faults import raise_if_ours
from diffcheck.engines.symbolic.nodes import FromSympy
from diffcheck.engines.symbolic.plain import derivative
from diffcheck.engines.symbolic.segments import Segments
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import Problem, inline
from diffcheck.graph.graph import Apply, Call, Constant, Definition, GraphBuilder, Variable, depends
from diffcheck.graph.limits import MAX_NODES


class Differentiator:
    """The symbolic derivatives of one problem; what was found once is kept."""

    def __init__(self, problem: Problem) -> None:
        self._found: dict[tuple[Definition, str], Definition | UnsupportedError] = {}
        self._segments: dict[Definition, Segments] = {}
        self._problem = problem

    def derivative(self, *wrt: str) -> Definition:
        """∂target/∂wrt as a definition, ∂²target/∂x∂y for two names; raises UnsupportedError where SymPy leaves one open."""
        for definition in self._problem.definitions:  # callees come first, so that nothing recurses deeply
            if definition is self._problem.target:
                break
            for parameter in definition.parameters:
                self._partial(definition, parameter)
        found = self._problem.target
        for name in wrt:
            found = self._raised(self._partial(found, name))
        return found

    @staticmethod
    def _raised(found: Definition | UnsupportedError) -> Definition:
        if isinstance(found, UnsupportedError):
            raise found
        return found

    def _partial(self, definition: Definition, wrt: str) -> Definition | UnsupportedError:
        key = definition, wrt
        if key not in self._found:
            try:
                self._found[key] = self._differentiate(definition, wrt)
            except UnsupportedError as unsupported:
                self._found[key] = unsupported
            except (ArithmeticError, ValueError, TypeError, AttributeError, NotImplementedError, RecursionError) as error:
                raise_if_ours(error)
                self._found[key] = UnsupportedError(f"SymPy: {type(error).__name__}: {str(error)[:160]}")  # mod(x, 0), for one
        return self._found[key]

    def _differentiate(self, definition: Definition, wrt: str) -> Definition:
        builder = GraphBuilder()
        segments = self._segments.get(definition) or self._segments.setdefault(definition, Segments(definition.written))
        chain = _Chain(self, segments, builder, wrt)
        written = builder.graph(chain.derivative(definition.written.output))
        marks = "'" if definition.parameters[: definition.arity] == (wrt,) else f"_{wrt}"
        name = definition.name + marks if definition.name else f"d/d{wrt}"
        flat = inline(written, lambda: UnsupportedError(f"the symbolic derivative has more than {MAX_NODES:,} operations"))
        return Definition(name, definition.parameters, definition.arity, written, flat)

    def called(self, definition: Definition, order: int) -> Definition:
        """What a call node computes: the definition, or its derivative in the first parameter."""
        for _ in range(order):
            definition = self._raised(self._partial(definition, definition.parameters[0]))
        return definition

    def partial_of_call(self, definition: Definition, order: int, parameter: str) -> Definition:
        return self._raised(self._partial(self.called(definition, order), parameter))


class _Chain:
    """Forward accumulation over the cut nodes of one body: dv/dx = Σ ∂v/∂s · ds/dx."""

    def __init__(self, owner: Differentiator, segments: Segments, builder: GraphBuilder, wrt: str) -> None:
        self._owner = owner
        self._graph = segments.graph
        self._builder = builder
        self._primal = self._copy()
        self._moves = depends(self._graph, (wrt,))
        self._segments = segments
        self._derivatives: dict[int, int | None] = {}  # None: zero

    def _copy(self) -> list[int]:
        """The user's nodes in the derivative's builder, f' in their text replaced by SymPy's."""
        places: list[int] = []
        for node, span in self._graph.placed_nodes:
            if isinstance(node, Call):
                node = replace(node, definition=self._owner.called(node.definition, node.order), order=0)
            places.append(self._builder.copy(node, places, span))
        return places

    def derivative(self, output: int) -> int:
        """The node of d(output)/d(wrt)."""
        for cut in (*self._segments.cuts, output):
            if cut not in self._derivatives:
                self._builder.place = self._graph.spans[cut] if self._graph.spans else None
                self._derivatives[cut] = self._of_cut(cut)
        found = self._derivatives[output]
        return self._builder.constant(Fraction(0)) if found is None else found

    def _of_cut(self, cut: int) -> int | None:
        node = self._graph.nodes[cut]
        if not self._moves[cut]:
            return None
        if isinstance(node, Variable):
            return self._builder.constant(Fraction(1))
        if isinstance(node, Apply) and node.function == "where":
            return self._of_where(node)
        partials = self._of_call(node) if isinstance(node, Call) else self._of_segment(cut)
        total: int | None = None
        for source, partial in partials:
            term = self._times(partial, self._derivatives[source] if source in self._derivatives else self._of_cut(source))
            if term is not None:
                total = term if total is None else self._builder.apply("add", (total, term))
        return total

    def _times(self, partial: int | None, inner: int | None) -> int | None:
        if partial is None or inner is None:
            return None
        one = Constant(Fraction(1))
        if self._builder.nodes[inner] == one:
            return partial
        if self._builder.nodes[partial] == one:
            return inner
        match self._builder.nodes[partial]:
            case Apply("divide", (numerator, denominator)) if self._builder.nodes[numerator] == one:
                return self._builder.apply("divide", (inner, denominator))
        return self._builder.apply("multiply", (inner, partial))

    def _of_where(self, node: Apply) -> int:
        """Each branch has its own derivative; no product, or the branch not taken could spoil it with 0·NaN."""
        condition, *branches = node.arguments
        zero = self._builder.constant(Fraction(0))
        slopes = [self._derivatives[b] if b in self._derivatives else self._of_cut(b) for b in branches]
        return self._builder.apply("where", [self._primal[condition], *(zero if slope is None else slope for slope in slopes)])

    def _of_call(self, node: Call) -> list[tuple[int, int | None]]:
        arguments = [self._primal[i] for i in node.arguments]
        partials: list[tuple[int, int | None]] = []
        for parameter, source in zip(node.definition.parameters, node.arguments, strict=True):
            if self._moves[source]:
                partial = self._owner.partial_of_call(node.definition, node.order, parameter)
                partials.append((source, self._builder.call(partial, 0, arguments)))
        return partials

    def _of_segment(self, cut: int) -> list[tuple[int, int | None]]:
        segment = self._segments.expression(cut)
        symbols = sorted(segment.free_symbols, key=lambda symbol: symbol.name)
        sources = {symbol: self._segments.sources[symbol] for symbol in symbols}
        return [(source, self._to_graph(derivative(segment, symbol))) for symbol, source in sources.items() if self._moves[source]]

    def _to_graph(self, expression: sympy.Expr) -> int | None:
        if expression == 0:
            return None
        places = {symbol: self._primal[source] for symbol, source in self._segments.sources.items()}
        return FromSympy(self._builder, places).convert(expression)
