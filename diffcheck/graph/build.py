"""Syntax tree → graph: names get their meaning here, and everything that is too large is refused before it is built."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from diffcheck.errors import ExpressionError
from diffcheck.graph import limits
from diffcheck.graph.functions import CONSTANT_NAMES, FUNCTIONS, Conditions, Function, lookup, rows_named, spellings
from diffcheck.graph.graph import Apply, Call, Constant, Definition, Graph, GraphBuilder, Node, Variable
from diffcheck.graph.problem import Map
from diffcheck.graph.problem import Problem as Problem
from diffcheck.graph.vectors import (
    FUNCTIONS_OF_VECTORS,
    Items,
    ShapeError,
    entry_of,
    flattened,
    is_vector,
    labels,
    operation,
    shape,
    shaped,
    vector_of,
)
from diffcheck.language import syntax
from diffcheck.language.foreign import HINTS
from diffcheck.language.parser import parse
from diffcheck.language.syntax import Span
from diffcheck.printable import quoted
from diffcheck.results import counted


def read(text: str, of: str | None = None) -> Problem:
    """Parse and build; `of` names the definition meant, default the last. Raises ExpressionError."""
    program = parse(text, spellings())
    if program.claimed is not None:
        span = program.claimed
        fix = "Write the function itself, f(x) = …; a derivative worked out by hand is a claim: --claim '…'."
        raise ExpressionError("this gives a derivative, not a function", text, span.start, span.end, fix)
    return build(program, of)


def read_beside(text: str, problem: Problem) -> Problem:
    """Parse and build a text that may call the definitions of a problem: a claim about it. Raises ExpressionError."""
    known: Known = {each.name: _unplaced(each) for each in problem.named}
    try:
        return build(parse(text, spellings(), {name: each.arity for name, each in known.items()}), known=known)
    except ExpressionError as refused:
        try:
            by_itself = read(text)
        except ExpressionError:
            raise refused from None
        if by_itself.program.definitions:  # it brings some of its own, of the same names
            return by_itself
        raise


def _unplaced(definition: Definition | Map) -> Definition | Map:
    """A definition for use in another text: its places are none there."""
    if isinstance(definition, Map):
        return replace(definition, entries=tuple(_without_spans(each) for each in definition.entries))
    return _without_spans(definition)


def _without_spans(definition: Definition) -> Definition:
    written, flat = (replace(graph, spans=()) for graph in (definition.written, definition.flat))
    return replace(definition, written=written, flat=flat)


Known = dict[str, "Definition | Map"]


def build(program: syntax.Script, of: str | None = None, known: Mapping[str, Definition | Map] | None = None) -> Problem:
    """The graphs of all definitions of a program that are not known already. Raises ExpressionError."""
    found: Known = dict(known or {})
    for definition in program.definitions:
        found[definition.name] = _Builder(program, found, definition.parameters).defined(definition.name, definition.body)
    if program.expression is not None:
        found[""] = _Builder(program, found, ()).defined("", program.expression)
    target = _target(program, found, of)
    definitions = tuple(each for one in found.values() for each in (one.entries if isinstance(one, Map) else (one,)))
    maps = tuple(each for each in found.values() if isinstance(each, Map))
    if isinstance(target, Map):
        return Problem(program, definitions, target.entries[0], target.entries, target.shape, maps)
    return Problem(program, definitions, target, maps=maps)


def _target(program: syntax.Script, known: Known, of: str | None) -> Definition | Map:
    if of is None:
        return known[""] if "" in known else known[program.definitions[-1].name]
    if of not in known or not of:
        names = ", ".join(name for name in known if name)
        fix = f"Defined here: {names}." if names else "The text defines no function: leave --of out, or write f(x) = …"
        raise ExpressionError(f"there is no definition {quoted(of)}", program.text, 0, len(program.text), fix)
    return known[of]


class _Builder:
    """Builds one body. Boolean and real nodes are told apart, so that `sin(x < 1)` is an error with a place."""

    def __init__(self, program: syntax.Script, known: Known, parameters: tuple[str, ...]) -> None:
        self._text = program.text
        self._known = known
        self._parameters = parameters
        self._graph = GraphBuilder()
        self._conditions: set[int] = set()
        self._magnitudes: dict[int, limits.Magnitude] = {}

    def defined(self, name: str, body: syntax.Expression) -> Definition | Map:
        """The definition of a body, or of each of its entries: as it is written, and with all plain calls replaced."""
        items = self._items(body)
        if not is_vector(items):
            return self._definition(name, items, body.span, None)
        written = [self._graph.graph(output) for output in flattened(items)]
        free = dict.fromkeys(variable for graph in written for variable in graph.variables if variable not in self._parameters)
        names = (f"{name}{label}" if name else "" for label in labels(shape(items)))
        entries = [self._definition(one, output, body.span, free) for one, output in zip(names, flattened(items), strict=True)]
        return Map(name, len(self._parameters), shape(items), tuple(entries))

    def _definition(self, name: str, output: int, span: Span, free: Iterable[str] | None) -> Definition:
        if output in self._conditions:
            raise self._error("this is a condition, not a number", span, "A condition has no derivative: use where(condition, a, b).")
        written = self._graph.graph(output)
        flat = inline(written, lambda: self._too_many(span))
        used = (variable for variable in written.variables if variable not in self._parameters)
        return Definition(name, (*self._parameters, *(used if free is None else free)), len(self._parameters), written, flat)

    def graph(self, body: syntax.Expression) -> Graph:
        """A body as it is written, be it a number or a condition."""
        items = self._items(body)
        assert isinstance(items, int)
        return self._graph.graph(items)

    def _items(self, body: syntax.Expression) -> Items:
        places: dict[int, Items] = {}
        for part in syntax.postorder(body):
            try:
                places[id(part)] = self._node(part, [places[id(child)] for child in syntax.children(part)])
            except ShapeError as fault:
                raise self._error(fault.message, part.span, fault.fix) from None
        return places[id(body)]

    def _node(self, part: syntax.Expression, arguments: list[Items]) -> Items:
        match part:
            case syntax.Vector():
                return vector_of(arguments)
            case syntax.Component(place=place):
                return entry_of(arguments[0], place)
            case syntax.Literal(value=value, span=span):
                return self._add(Constant(value), span)
            case syntax.Name(name=name, span=span):
                return self._name(name, span)
            case syntax.Operation(operator="power", operands=operands, span=span):
                return self._power(operands[1], self._numbers(arguments), span)
            case syntax.Operation(operator=operator, span=span):
                return operation(operator, arguments, lambda name, numbers: self._apply(FUNCTIONS[name], numbers, span))
            case syntax.Composition():
                return self._call(part, arguments)

    @staticmethod
    def _numbers(items: Sequence[Items]) -> list[int]:
        """What must not be vectors. Raises ShapeError."""
        if any(map(is_vector, items)):
            raise ShapeError("this is a vector, not a number", "Choose an entry: v[0]; or write norm(v), dot(u, v) or sum(v).")
        return [each for each in items if not is_vector(each)]

    def _name(self, name: str, span: Span) -> Items:
        if name not in self._parameters and name in CONSTANT_NAMES:
            return self._apply(CONSTANT_NAMES[name], [], span)
        if name in self._known and not self._known[name].arity and name not in self._parameters:
            return self._apply_factor(syntax.Factor(name, span), [], span)
        return self._add(Variable(name), span)

    def _power(self, exponent: syntax.Expression, arguments: list[int], span: Span) -> int:
        """A power whose exponent is an integer, perhaps with a minus, has a literal for it: nothing is left to compute."""
        negated = isinstance(exponent, syntax.Operation) and exponent.operator == "negate"
        literal = exponent.operands[0] if isinstance(exponent, syntax.Operation) and negated else exponent
        if not (isinstance(literal, syntax.Literal) and literal.is_integer):
            return self._apply(FUNCTIONS["power"], arguments, span)
        if literal.value > limits.MAX_INTEGER_EXPONENT:
            raise self._error("the exponent is too large", literal.span, f"Integer exponents go to {limits.MAX_INTEGER_EXPONENT:,}.")
        value = -literal.value if negated else literal.value
        return self._apply(FUNCTIONS["integer_power"], [arguments[0], self._add(Constant(value), exponent.span)], span)

    def _call(self, call: syntax.Composition, arguments: list[Items]) -> Items:
        for factor in reversed(call.factors):
            for _ in range(factor.iterations):
                arguments = [self._apply_factor(factor, arguments, call.span)]
        return arguments[0]

    def _apply_factor(self, factor: syntax.Factor, arguments: list[Items], span: Span) -> Items:
        definition = self._known.get(factor.name)
        if definition is None and factor.name in FUNCTIONS_OF_VECTORS and not rows_named(factor.name):
            return FUNCTIONS_OF_VECTORS[factor.name](arguments, lambda name, numbers: self._apply(FUNCTIONS[name], numbers, span))
        if definition is not None and definition.arity > 1 and len(arguments) == 1 and is_vector(arguments[0]):
            arguments = list(arguments[0])  # F(F(x, y)): the entries are the arguments
        if definition is not None and len(arguments) != definition.arity:
            one = definition.entries[0] if isinstance(definition, Map) else definition
            written = f"{factor.name}({', '.join(one.parameters[: definition.arity])})"
            raise self._error(f"{factor.name} does not take {counted(len(arguments), 'argument')}", factor.span, f"Write {written}.")
        numbers = self._numbers(arguments)
        if isinstance(definition, Map):
            return self._apply_map(factor, definition, numbers, span)
        if factor.entry is not None:
            raise self._error(f"{factor.name} is not a vector", factor.span, "Entries are those of F(x, y) = [.., ..].")
        if definition is None:
            row = self._row(factor, len(numbers))
            if not factor.primes:
                return self._apply(row, numbers, span)
            definition = _as_definition(row)
        if factor.primes and len(numbers) != 1:
            raise self._error("a prime needs a function of one variable", factor.span, f"{factor.name} has {len(numbers)} arguments.")
        return self._called(definition, factor.primes, numbers, span)

    def _apply_map(self, factor: syntax.Factor, definition: Map, numbers: list[int], span: Span) -> Items:
        if factor.primes and len(numbers) != 1:
            raise self._error("a prime needs a function of one variable", factor.span, f"{factor.name} has {len(numbers)} arguments.")
        found = shaped([self._called(each, factor.primes, numbers, span) for each in definition.entries], definition.shape)
        return found if factor.entry is None else entry_of(found, factor.entry)

    def _called(self, definition: Definition, order: int, arguments: list[int], span: Span) -> int:
        self._require_numbers(arguments, span)
        handed_on = [self._hand_on(name, definition, span) for name in definition.parameters[definition.arity :]]
        return self._add(Call(definition, (*arguments, *handed_on), order), span)

    def _hand_on(self, name: str, definition: Definition, span: Span) -> int:
        """A variable that the callee uses in addition to its parameters; it must not be captured by a parameter of the same name."""
        if name in self._parameters:
            raise self._error(
                f"{definition.name} uses the variable {name!r}, which is a parameter here",
                span,
                f"Make {name} a parameter of {definition.name}, or rename one of the two.",
            )
        return self._add(Variable(name), span)

    def _row(self, factor: syntax.Factor, count: int) -> Function:
        row = lookup(factor.name, count)
        if row is not None:
            return row
        candidates = rows_named(factor.name)
        if candidates:
            forms = " or ".join(candidate.signature for candidate in candidates)
            fix = HINTS.get(factor.name, f"Write {forms}.")
            raise self._error(f"{factor.name} does not take {counted(count, 'argument')}", factor.span, fix)
        close = difflib.get_close_matches(factor.name, spellings(), n=1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise self._error(f"unknown function {factor.name!r}", factor.span, f"{hint}`diffcheck functions` lists all of them.")

    def _apply(self, row: Function, arguments: Sequence[int], span: Span) -> int:
        arguments = list(arguments)
        if row.defaults and len(arguments) < len(row.names):
            missing = len(row.names) - len(arguments)
            arguments += [self._add(Constant(value), span) for value in row.defaults[-missing:]]
        self._check_kinds(row, arguments, span)
        index = self._add(Apply(row.name, tuple(arguments)), span)
        if row.gives_condition:
            self._conditions.add(index)
        return index

    def _check_kinds(self, row: Function, arguments: list[int], span: Span) -> None:
        conditions = {Conditions.NONE: 0, Conditions.FIRST: 1, Conditions.ALL: len(arguments)}[row.conditions]
        for argument in arguments[:conditions]:
            if argument not in self._conditions:
                place = self._graph.spans[argument] or span
                raise self._error("a condition is needed here", place, "Compare it with something: x > 0.")
        self._require_numbers(arguments[conditions:], span)

    def _require_numbers(self, arguments: Sequence[int], span: Span) -> None:
        for argument in arguments:
            if argument in self._conditions:
                place = self._graph.spans[argument] or span
                raise self._error("this is a condition, not a number", place, "Use where(condition, 1, 0) to make it a number.")

    def _add(self, node: Node, span: Span) -> int:
        if len(self._graph.nodes) >= limits.MAX_NODES:
            raise self._too_many(span)
        index = self._graph.add(node, span)
        self._measure(index, node, span)
        return index

    def _measure(self, index: int, node: Node, span: Span) -> None:
        if isinstance(node, Constant):
            self._magnitudes[index] = limits.of_rational(node.value)
        elif isinstance(node, Apply) and node.arguments and all(i in self._magnitudes for i in node.arguments):
            magnitude = limits.of_application(FUNCTIONS[node.function].growth, [self._magnitudes[i] for i in node.arguments])
            if magnitude is None:
                return
            if magnitude.too_large:
                raise self._error(
                    "this constant is too large to compute",
                    span,
                    f"Constants may reach 10^±{limits.MAX_DECIMAL_EXPONENT:,}; this one is about 10^{magnitude.log10:,.0f}.",
                )
            self._magnitudes[index] = magnitude

    def _too_many(self, span: Span) -> ExpressionError:
        return self._error(
            f"the expression has more than {limits.MAX_NODES:,} operations when written out", span, "Lower the number of compositions."
        )

    def _error(self, message: str, span: Span, fix: str) -> ExpressionError:
        return ExpressionError(message, self._text, span.start, span.end, fix)


class _Inliner(GraphBuilder):
    """Replaces plain calls by the bodies called; derivative calls stay, since each engine has its own derivative."""

    def __init__(self, too_many: Callable[[], Exception]) -> None:
        super().__init__()
        self._too_many = too_many

    def copy(self, node: Node, places: Sequence[int] | Mapping[int, int], span: Span | None) -> int:
        if len(self.nodes) > limits.MAX_NODES:
            raise self._too_many()
        if isinstance(node, Call) and not node.order:
            bound = dict(zip(node.definition.parameters, (places[i] for i in node.arguments), strict=True))
            return self.graft(node.definition.flat, bound)
        return super().copy(node, places, span)


def inline(graph: Graph, too_many: Callable[[], Exception]) -> Graph:
    """The same function without plain calls; `too_many()` makes the exception for a graph that grows too large."""
    if not any(isinstance(node, Call) and not node.order for node in graph.nodes):
        return graph
    inliner = _Inliner(too_many)
    return inliner.graph(inliner.graft(graph))


def _as_definition(row: Function) -> Definition:
    builder = GraphBuilder()
    graph = builder.graph(builder.apply(row, [builder.variable(name) for name in row.names]))
    return Definition(row.name, row.names, len(row.names), graph, graph)


@cache
def meaning(name: str) -> Graph:
    """The graph of a row's meaning, in the row's parameters."""
    return in_parameters(name, FUNCTIONS[name].meaning)


@cache
def in_parameters(name: str, text: str) -> Graph:
    """The graph of a number or a condition that describes a row, in the row's parameters."""
    program = parse(text, spellings())
    assert program.expression is not None
    return _Builder(program, {}, FUNCTIONS[name].names).graph(program.expression)


def expanded(graph: Graph, chosen: Callable[[Function], bool]) -> Graph:
    """The same function with the chosen rows of the table replaced by their meanings, as deep as they go."""
    builder = _Expander(chosen)
    return builder.graph(builder.graft(graph))


class _Expander(GraphBuilder):
    def __init__(self, chosen: Callable[[Function], bool]) -> None:
        super().__init__()
        self._chosen = chosen

    def copy(self, node: Node, places: Sequence[int] | Mapping[int, int], span: Span | None) -> int:
        row = FUNCTIONS[node.function] if isinstance(node, Apply) else None
        if row is None or not row.meaning or not self._chosen(row):
            return super().copy(node, places, span)
        assert isinstance(node, Apply)
        return self.graft(meaning(row.name), dict(zip(row.names, (places[i] for i in node.arguments), strict=True)), span)
