"""The graph and the one walk over it.

A graph is immutable and in topological order; equal nodes are one node (hash-consing), so common subexpressions are shared.
Every use of a graph is an `Algebra` handed to `evaluate`: floats, JAX tracers, SymPy symbols, balls, text. A new use of the
graph is a new algebra, not a new walk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import repeat
from typing import Protocol, TypeVar

from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.language.syntax import Span


@dataclass(frozen=True, slots=True)
class CodeSpan(Span):
    """The characters `start` to `end` of a line of Python code: where a node of a lifted program was written."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Constant:
    """An exact rational, as a literal spells it. Equal values are one node whatever their spelling."""

    value: Fraction

    @property
    def binary_digits(self) -> float:
        """How many a float must have to hold it; infinite where none does."""
        odd = self.value.numerator // (self.value.numerator & -self.value.numerator or 1)
        return odd.bit_length() if self.value.denominator.bit_count() == 1 else math.inf


def written_digits(digits: int) -> int:
    """Binary digits of a constant that carries no error: a literal that was rounded to `digits` has as few once in thousands.

    Of 8 digits, all are needed to tell: there, 1 and 3 with their products by powers of two are taken as written.
    """
    return max(2, min(digits // 2, digits - 12))


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the expression, or a parameter of a definition."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the table applied to earlier nodes."""

    function: str
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A definition applied to earlier nodes; `order` 1 is its derivative f', 2 is f'' (one parameter only)."""

    definition: Definition
    arguments: tuple[int, ...]
    order: int = 0


Node = Constant | Variable | Apply | Call


def arguments_of(node: Node) -> tuple[int, ...]:
    """The earlier nodes that a node uses."""
    return node.arguments if isinstance(node, (Apply, Call)) else ()


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in topological order; `output` is the index of the result. `spans[i]` is where node i was first written."""

    nodes: tuple[Node, ...]  # node i uses only nodes before i
    output: int
    spans: tuple[Span | None, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.output < len(self.nodes):
            raise ValueError(f"output {self.output} is not one of {len(self.nodes)} nodes")
        for i, node in enumerate(self.nodes):
            if any(argument >= i for argument in arguments_of(node)):
                raise ValueError(f"node {i} uses a node that comes after it")

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the variables, in the order of their first use."""
        return tuple(node.name for node in self.nodes if isinstance(node, Variable))

    @property
    def placed_nodes(self) -> Iterator[tuple[Node, Span | None]]:
        """The nodes with their places in the text."""
        return zip(self.nodes, self.spans or repeat(None), strict=False)

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the functions of the table that occur, those inside derivative calls included."""
        own = {node.function for node in self.nodes if isinstance(node, Apply)}
        called = (node.definition.flat.functions for node in self.nodes if isinstance(node, Call))
        return frozenset(own.union(*called))

    def is_condition(self, node: int) -> bool:
        """Whether a node holds or does not, and is no number."""
        found = self.nodes[node]
        return isinstance(found, Apply) and FUNCTIONS[found.function].gives_condition

    @cached_property
    def use_counts(self) -> tuple[int, ...]:
        """How many arguments each node is; the output counts as one use more."""
        counts = [0] * len(self.nodes)
        for node in self.nodes:
            for argument in arguments_of(node):
                counts[argument] += 1
        counts[self.output] += 1
        return tuple(counts)


@dataclass(frozen=True, eq=False)
class Definition:
    """`name(parameters) = written`; `flat` is the same function with all plain calls replaced by the bodies called.

    The first `arity` parameters are written in a call; the others are variables that the body uses in addition (a in
    f(x) = a·x), handed on so that every definition is closed.
    """

    name: str
    parameters: tuple[str, ...]
    arity: int
    written: Graph
    flat: Graph = field(repr=False)


V = TypeVar("V")
V_co = TypeVar("V_co")


class Algebra(Protocol[V]):
    """What the nodes mean for one use of the graph; asked once for each node that is not a variable, in order."""

    def constant(self, value: Fraction) -> V: ...

    def apply(self, function: Function, arguments: Sequence[V]) -> V: ...

    def call(self, definition: Definition, order: int, arguments: Sequence[V]) -> V: ...


def evaluate(graph: Graph, algebra: Algebra[V], variables: Mapping[str, V]) -> V:
    """The value of a graph's output in an algebra; raises KeyError where a variable has no value."""
    return evaluate_nodes(graph, algebra, variables)[graph.output]


def evaluate_nodes(graph: Graph, algebra: Algebra[V], variables: Mapping[str, V]) -> list[V]:
    """The values of all nodes, in their order."""
    values: list[V] = []
    for node in graph.nodes:
        match node:
            case Apply(function, arguments):
                values.append(algebra.apply(FUNCTIONS[function], [values[i] for i in arguments]))
            case Constant(value):
                values.append(algebra.constant(value))
            case Variable(name):
                values.append(variables[name])
            case Call(definition, arguments, order):
                values.append(algebra.call(definition, order, [values[i] for i in arguments]))
    return values


class GraphBuilder:
    """Collects nodes so that equal nodes become one; `place` is where nodes stand in the text that are added without a span."""

    def __init__(self) -> None:
        self.place: Span | None = None
        self.nodes: list[Node] = []
        self.spans: list[Span | None] = []
        self._index: dict[Node, int] = {}

    def add(self, node: Node, span: Span | None = None) -> int:
        """The index of a node, which is made when it is new."""
        index = self._index.setdefault(node, len(self.nodes))
        if index == len(self.nodes):
            self.nodes.append(node)
            self.spans.append(span or self.place)
        return index

    def constant(self, value: Fraction) -> int:
        return self.add(Constant(Fraction(value)))

    def variable(self, name: str) -> int:
        return self.add(Variable(name))

    def apply(self, function: Function | str, arguments: Sequence[int]) -> int:
        name = function if isinstance(function, str) else function.name
        return self.add(Apply(name, tuple(arguments)))

    def call(self, definition: Definition, order: int, arguments: Sequence[int]) -> int:
        return self.add(Call(definition, tuple(arguments), order))

    def graft(self, graph: Graph, variables: Mapping[str, int] | None = None, place: Span | None = None) -> int:
        """Copy a graph in, its variables bound to nodes that are here, or left as they are; returns the index of its output.

        `place` is where it stands in this graph's text, for a graph that was written in another one.
        """
        places: list[int] = []
        variables = {name: self.variable(name) for name in graph.variables} if variables is None else variables
        for node, span in graph.placed_nodes:
            places.append(variables[node.name] if isinstance(node, Variable) else self.copy(node, places, place or span))
        return places[graph.output]

    def copy(self, node: Node, places: Sequence[int] | Mapping[int, int], span: Span | None) -> int:
        """Add a node of another graph whose arguments are already here, at `places`."""
        match node:
            case Apply(function, arguments):
                return self.add(Apply(function, tuple(places[i] for i in arguments)), span)
            case Call(definition, arguments, order):
                return self.add(Call(definition, tuple(places[i] for i in arguments), order), span)
            case _:
                return self.add(node, span)

    def graph(self, output: int) -> Graph:
        """The finished graph of one output, without the nodes that it does not need."""
        return subgraph(Graph(tuple(self.nodes), output, tuple(self.spans)), output)


def depends(graph: Graph, variables: Sequence[str]) -> list[bool]:
    """For every node whether it depends on one of the variables."""
    moves: list[bool] = []
    for node in graph.nodes:
        moves.append(node.name in variables if isinstance(node, Variable) else any(moves[i] for i in arguments_of(node)))
    return moves


def ancestors(graph: Graph, output: int) -> list[int]:
    """The nodes that a node depends on, itself included, in their order."""
    marks = [False] * len(graph.nodes)
    marks[output] = True
    for i in range(output, -1, -1):
        if marks[i]:
            for argument in arguments_of(graph.nodes[i]):
                marks[argument] = True
    return [i for i, marked in enumerate(marks) if marked]


def subgraph(graph: Graph, output: int) -> Graph:
    """What computes one node, and no other nodes."""
    needed = set(ancestors(graph, output))
    if len(needed) == len(graph.nodes) and output == graph.output:
        return graph
    builder, places = GraphBuilder(), dict[int, int]()
    for i, (node, span) in enumerate(graph.placed_nodes):
        if i in needed:
            places[i] = builder.copy(node, places, span)
    return Graph(tuple(builder.nodes), places[output], tuple(builder.spans))


def join(graphs: Sequence[Graph]) -> tuple[Graph, list[int]]:
    """One graph that holds all of them, and the node of each one's output: what they have in common is there once."""
    builder = GraphBuilder()
    outputs = [builder.graft(graph) for graph in graphs]
    return Graph(tuple(builder.nodes), outputs[-1], tuple(builder.spans)), outputs
