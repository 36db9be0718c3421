"""The symbolic engine: SymPy differentiates, and the chain rule joins what it found as a graph.

SymPy never sees a whole program. A body is cut at calls, at pieces inside other functions, and wherever it would grow large;
SymPy differentiates each segment with respect to the symbols it uses. So size stays linear in the size of the function, and
the constants that SymPy would evaluate at construction (factorial(10^7)) reach it as opaque symbols.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import sympy
from sympy.core.function import AppliedUndef

from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import Problem, inline, meaning
from diffcheck.graph.functions import ABSENT, FUNCTIONS, ROWS, Function
from diffcheck.graph.graph import Apply, Call, Constant, Definition, Graph, GraphBuilder, Variable, arguments_of, evaluate
from diffcheck.graph.limits import MAX_NODES

SEGMENT_SIZE = 120  # operations, shared ones counted each time: SymPy's diff stays in milliseconds
SEGMENT_DEPTH = 40  # SymPy recurses: a chain of 139 sines is too deep for it
REAL_ARGUMENT = ("abs", "sign", "heaviside", "max", "min", "floor", "ceil")


class Differentiator:
    """The symbolic derivatives of one problem; what was found once is kept."""

    def __init__(self, problem: Problem) -> None:
        self._found: dict[tuple[Definition, str], Definition | UnsupportedError] = {}
        self._segments: dict[Definition, _Segments] = {}
        self._problem = problem

    def derivative(self, wrt: str) -> Definition:
        """∂target/∂wrt as a definition; raises UnsupportedError where SymPy leaves a derivative open."""
        for definition in self._problem.definitions:  # callees come first, so that nothing recurses deeply
            if definition is self._problem.target:
                break
            for parameter in definition.parameters:
                self._partial(definition, parameter)
        return self._raised(self._partial(self._problem.target, wrt))

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
        return self._found[key]

    def _differentiate(self, definition: Definition, wrt: str) -> Definition:
        builder = GraphBuilder()
        segments = self._segments.get(definition) or self._segments.setdefault(definition, _Segments(definition.written))
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

    def __init__(self, owner: Differentiator, segments: _Segments, builder: GraphBuilder, wrt: str) -> None:
        self._owner = owner
        self._graph = segments.graph
        self._builder = builder
        self._primal = self._copy()
        self._moves = _depends(self._graph, (wrt,))
        self._segments = segments
        self._derivatives: dict[int, int | None] = {}  # None: zero

    def _copy(self) -> list[int]:
        """The user's nodes in the derivative's builder, f' in their text replaced by SymPy's."""
        places: list[int] = []
        for node in self._graph.nodes:
            match node:
                case Apply(function, arguments):
                    places.append(self._builder.apply(function, [places[i] for i in arguments]))
                case Call(definition, arguments, order):
                    called = self._owner.called(definition, order)
                    places.append(self._builder.call(called, 0, [places[i] for i in arguments]))
                case _:
                    places.append(self._builder.add(node))
        return places

    def derivative(self, output: int) -> int:
        """The node of d(output)/d(wrt)."""
        for cut in (*self._segments.cuts, output):
            if cut not in self._derivatives:
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
        return [(source, self._to_graph(segment.diff(symbol))) for symbol, source in sources.items() if self._moves[source]]

    def _to_graph(self, expression: sympy.Expr) -> int | None:
        if expression == 0:
            return None
        places = {symbol: self._primal[source] for symbol, source in self._segments.sources.items()}
        return _FromSympy(self._builder, places).convert(expression)


def _depends(graph: Graph, variables: Sequence[str]) -> list[bool]:
    """For every node whether it depends on one of the variables."""
    moves: list[bool] = []
    for node in graph.nodes:
        moves.append(node.name in variables if isinstance(node, Variable) else any(moves[i] for i in arguments_of(node)))
    return moves


class _Segments:
    """Where a body is cut, and the SymPy expression of each segment in symbols for the cuts before it."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._moves = _depends(graph, graph.variables)
        self._expressions: dict[int, Any] = {}
        self.sources: dict[sympy.Symbol, int] = {}
        self.cuts: list[int] = []
        self._values: list[Any] = []
        self._algebra = _ToSympy()
        sizes, depths = [0] * len(graph.nodes), [0] * len(graph.nodes)
        for i, node in enumerate(graph.nodes):
            arguments = arguments_of(node)
            sizes[i] = 1 + sum(sizes[j] for j in arguments)
            depths[i] = 1 + max((depths[j] for j in arguments), default=0)
            value = self._value(i)
            if isinstance(node, Apply) and node.function == "where":
                self.cuts.extend(j for j in node.arguments[1:] if j not in self._expressions)
            if self._is_cut(i, sizes[i], depths[i]):
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
            case Call() | Apply("where"):
                return None  # always cut: their derivatives are made here
            case Apply(function, arguments):
                values = [self._values[j] for j in arguments]
                opaque = not self._moves[i] and not FUNCTIONS[function].gives_condition
                if opaque and not self._is_plain(function, values):
                    return self._symbol(i)
                values = [self._real(function, k, j) for k, j in enumerate(arguments)]
                return self._algebra.apply(FUNCTIONS[function], values)

    @staticmethod
    def _is_plain(function: str, values: Sequence[Any]) -> bool:
        """Constants that SymPy may evaluate: small rational arithmetic, π and e. The others are symbols to it."""
        if function in ("pi", "e"):
            return True
        if function not in ("add", "subtract", "multiply", "divide", "negate"):
            return False
        divides_by_zero = function == "divide" and values[1] == 0
        return all(value.is_Rational and _is_short(value) for value in values) and not divides_by_zero

    def _real(self, function: str, position: int, j: int) -> Any:
        """SymPy differentiates |u| cleanly only where it knows that u is real: else u becomes a symbol."""
        value = self._values[j]
        if function not in REAL_ARGUMENT or value.is_extended_real:
            return value
        if j not in self._expressions:
            self._expressions[j] = value
            self.cuts.append(j)
        self._values[j] = self._symbol(j)
        return self._values[j]

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


@cache
def _symbol(name: str) -> sympy.Symbol:
    return sympy.Symbol(name, real=True)


def _is_short(number: Any) -> bool:
    """Whether a rational is short enough to be folded into others; long decimals stay as they were written."""
    return bool(int(number.numerator).bit_length() + int(number.denominator).bit_length() < 64)


class _ToSympy:
    """The algebra of SymPy expressions."""

    def constant(self, value: Fraction) -> Any:
        return sympy.Rational(value.numerator, value.denominator)

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        return _head(function.name)(*arguments)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        raise UnsupportedError("a derivative inside the meaning of a function")


@cache
def _head(name: str) -> Callable[..., Any]:
    """How SymPy builds a function of the table."""
    row = FUNCTIONS[name]
    column = row.column("sympy")
    if column == ABSENT:
        raise UnsupportedError(f"SymPy lacks {name}")
    if column is None:
        graph, names = meaning(name), row.names
        return lambda *arguments: evaluate(graph, _ToSympy(), dict(zip(names, arguments, strict=True)))
    module, _, attribute = column.rpartition(":")
    found: Any = HEADS[attribute] if module else getattr(sympy, attribute)
    return (lambda: found) if not row.parameters else found


class cbrt(sympy.Function):  # type: ignore[misc]  # noqa: N801  (SymPy's own cube root of a negative number is complex)
    """The real cube root."""

    def fdiff(self, argindex: int = 1) -> Any:
        return 1 / (3 * cbrt(self.args[0]) ** 2)


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
    "hyp2f1": lambda a, b, c, x: sympy.hyper((a, b), (c,), x),
    "betainc": lambda a, b, x: sympy.betainc_regularized(a, b, 0, x),
    "xlogy": lambda x, y: x * sympy.log(y),
    "xlog1py": lambda x, y: x * sympy.log(1 + y),
    "entr": lambda x: -x * sympy.log(x),
    "rel_entr": lambda x, y: x * sympy.log(x / y),
    "kl_div": lambda x, y: x * sympy.log(x / y) - x + y,
}


class _FromSympy:
    """SymPy expression → nodes; the inverse of the table's SymPy column, walked with an explicit stack."""

    def __init__(self, builder: GraphBuilder, symbols: dict[sympy.Symbol, int]) -> None:
        self._builder = builder
        self._places: dict[Any, int] = dict(symbols)

    def convert(self, expression: Any) -> int:
        stack = [expression]
        while stack:
            part = stack[-1]
            parts = [] if part in self._places else [p for p in _parts(part) if p not in self._places]
            if parts:
                stack.extend(parts)
                continue
            stack.pop()
            if part not in self._places:
                self._places[part] = self._node(part, [self._places[p] for p in _parts(part)])
        return self._places[expression]

    def _node(self, part: Any, arguments: list[int]) -> int:
        apply = self._builder.apply
        if part.is_Rational:
            return self._rational(part)
        if part in (sympy.pi, sympy.E):
            return apply("pi" if part is sympy.pi else "e", ())
        if part.is_Add:
            return self._sum(part)
        if part.is_Mul:
            return self._product(part)
        if part.is_Pow:
            return self._power(part, arguments)
        rewrite = _REWRITES.get(type(part).__name__)
        if rewrite is not None:
            return rewrite(self._builder, arguments)
        if isinstance(part, sympy.Piecewise):
            return self._pieces(part)
        return self._function(part, arguments)

    def _function(self, part: Any, arguments: list[int]) -> int:
        row = next((row for row in _rows_by_head().get(type(part).__name__, ()) if row.accepts(len(arguments))), None)
        if row is None:
            raise UnsupportedError(f"SymPy's derivative contains {_shown(part)}, which has no row in the table")
        left_out = len(row.names) - len(arguments)
        defaults = row.defaults[-left_out:] if left_out > 0 else ()
        return self._builder.apply(row, [*arguments, *(self._builder.constant(value) for value in defaults)])

    def _pieces(self, pieces: sympy.Piecewise) -> int:
        *others, last = pieces.args
        if last.cond != True:  # noqa: E712  (SymPy's true is not Python's)
            raise UnsupportedError(f"SymPy's derivative {_shown(pieces)} leaves a case open")
        place = self._places[last.expr]
        for pair in reversed(others):
            place = self._builder.apply("where", (self._places[pair.cond], self._places[pair.expr], place))
        return place

    def _rational(self, number: Any) -> int:
        if number.q == 1:
            return self._integer(int(number.p))
        return self._builder.apply("divide", (self._integer(int(number.p)), self._integer(int(number.q))))

    def _integer(self, number: int) -> int:
        place = self._builder.constant(Fraction(abs(number)))
        return place if number >= 0 else self._builder.apply("negate", (place,))

    def _sum(self, total: Any) -> int:
        place: int | None = None
        for term in _terms(total):
            negative = term.could_extract_minus_sign() and (term.is_Rational or term.is_Mul)
            if place is None or not negative:
                node = self._places[term]
                place = node if place is None else self._builder.apply("add", (place, node))
            else:
                place = self._builder.apply("subtract", (place, self.convert(-term)))
        assert place is not None
        return place

    def _product(self, product: Any) -> int:
        coefficient, factors = product.as_coeff_mul()
        if coefficient.is_negative:
            return self._builder.apply("negate", (self.convert(-product),))
        above = [self._places[f] for f in factors if not _is_divisor(f)]
        below = [self.convert(1 / f) for f in factors if _is_divisor(f)]
        if coefficient.p != 1 or not above:
            above.insert(0, self._integer(int(coefficient.p)))
        if coefficient.q != 1:
            below.insert(0, self._integer(int(coefficient.q)))
        place = self._chain(above)
        return self._builder.apply("divide", (place, self._chain(below))) if below else place

    def _chain(self, factors: list[int]) -> int:
        place = factors[0]
        for factor in factors[1:]:
            place = self._builder.apply("multiply", (place, factor))
        return place

    def _power(self, power: Any, arguments: list[int]) -> int:
        base, exponent = power.args
        apply = self._builder.apply
        if base is sympy.E:
            return apply("exp", arguments[1:])
        if exponent.is_Rational and exponent.is_negative:
            return apply("divide", (self._integer(1), self.convert(1 / power)))
        if exponent == sympy.Rational(1, 2):
            return apply("sqrt", arguments[:1])
        return apply("integer_power" if exponent.is_Integer else "power", arguments)


def _is_divisor(factor: Any) -> bool:
    return bool(factor.is_Pow and factor.args[1].is_Rational and factor.args[1].is_negative)


def _terms(total: Any) -> list[Any]:
    """The terms of a sum in reading order: 2x + 3, not 3 + 2x."""
    return sorted(total.args, key=lambda term: bool(term.is_number))


def _parts(part: Any) -> tuple[Any, ...]:
    """The parts that must be converted first."""
    if part.is_Add:
        return tuple(_terms(part))
    if part.is_Mul:
        return tuple(f for f in part.as_coeff_mul()[1] if not _is_divisor(f))
    if isinstance(part, sympy.Piecewise):
        return tuple(p for pair in part.args for p in (pair.expr, pair.cond) if p is not sympy.true)
    if isinstance(part, (sympy.Derivative, sympy.Subs, sympy.Integral, AppliedUndef)):
        raise UnsupportedError(f"SymPy leaves {_shown(part)} unevaluated")
    if isinstance(part, sympy.hyper):
        return (*part.ap, *part.bq, part.argument)
    return tuple(part.args)


def _shown(part: Any) -> str:
    text = str(part)
    return text if len(text) <= 60 else text[:57] + "…"


@cache
def _rows_by_head() -> dict[str, list[Function]]:
    rows: dict[str, list[Function]] = {}
    for row in ROWS:
        head = _head(row.name) if row.column("sympy") and row.parameters else None
        if isinstance(head, type):
            rows.setdefault(head.__name__, []).append(row)
    return rows


def _applied(name: str) -> Callable[[GraphBuilder, list[int]], int]:
    return lambda builder, arguments: builder.apply(name, arguments)


def _joined(name: str) -> Callable[[GraphBuilder, list[int]], int]:
    return lambda builder, arguments: reduce(lambda a, b: builder.apply(name, (a, b)), arguments)


def _polygamma(builder: GraphBuilder, arguments: list[int]) -> int:
    if builder.nodes[arguments[0]] == Constant(Fraction(0)):
        return builder.apply("digamma", arguments[1:])
    return builder.apply("polygamma", arguments)


def _dirac(builder: GraphBuilder, arguments: list[int]) -> int:
    """δ(u): nothing away from u = 0, no finite number there."""
    zero = builder.constant(Fraction(0))
    return builder.apply("where", (builder.apply("equal", (arguments[0], zero)), builder.apply("inf", ()), zero))


_REWRITES: dict[str, Callable[[GraphBuilder, list[int]], int]] = {
    "StrictLessThan": _applied("less"),
    "LessThan": _applied("less_equal"),
    "StrictGreaterThan": _applied("greater"),
    "GreaterThan": _applied("greater_equal"),
    "Equality": _applied("equal"),
    "Unequality": _applied("not_equal"),
    "And": _joined("and"),
    "Or": _joined("or"),
    "Not": _applied("not"),
    "Infinity": _applied("inf"),
    "hyper": _applied("hyp2f1"),
    "polygamma": _polygamma,
    "DiracDelta": _dirac,
}
