"""The entries of a jaxpr's arrays as nodes of one graph; what is known while lifting is folded where that rounds nothing.

A known number is a Constant node, a known condition one of two nodes, so that an array is an array of node indices whatever
is known of it, and moving entries about is moving indices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import reduce
from itertools import product
from typing import Any, TypeGuard

import numpy as np
from jax import numpy as jnp
from numpy.typing import NDArray

from diffcheck.errors import UnsupportedError
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Apply, Constant, Graph, GraphBuilder, Node, Variable, written_digits
from diffcheck.graph.limits import MAX_NODES

Nodes = NDArray[np.int64]  # the index of a node for each entry of an array
Known = Fraction | bool

EXACT_ON_CHOICES = ("add", "subtract", "multiply", "max", "min")
MOST_CHOICES = 64
TOO_LONG = f"JAX's derivative has more than {MAX_NODES:,} operations once its loops are unrolled, which is too many to lift"


class NotLifted(Exception):  # noqa: N818  (no error until its results are needed)
    """An equation has no counterpart in the graph; the message completes "JAX's derivative uses …"."""


class Scalars:
    """Collects nodes. `builder.place` and `dtype` are those of the equation that is being lifted."""

    def __init__(self) -> None:
        self.dtype: Any = np.dtype(np.float64)
        self.builder = GraphBuilder()
        self._possible: dict[int, frozenset[Known]] = {}
        zero, one = self.constant(0), self.constant(1)
        self._conditions = {True: self._add(Apply("less", (zero, one))), False: self._add(Apply("less", (one, zero)))}
        self._known_conditions = {index: value for value, index in self._conditions.items()}

    def graph(self, output: int) -> Graph:
        """The graph of one node; raises UnsupportedError where it needs what was not lifted."""
        graph = self.builder.graph(output)
        for node in graph.nodes:
            if _is_unusable(node):
                raise UnsupportedError(f"JAX's derivative uses {node.function}, which is not lifted")
        return graph

    def node(self, index: int) -> Node:
        return self.builder.nodes[index]

    def variable(self, name: str) -> int:
        return self._add(Variable(name))

    def unusable(self, what: str, *arguments: int) -> int:
        """A node that no graph may need: `what` is not a function of the table."""
        return self._add(Apply(what, arguments))

    def is_unusable(self, index: int) -> bool:
        return _is_unusable(self.node(index))

    def constant(self, value: Any) -> int:
        """A number or a condition; NaN is 0/0."""
        if isinstance(value, (bool, np.bool_)):
            return self._conditions[bool(value)]
        if isinstance(value, (int, Fraction, np.integer)):
            return self._add(Constant(Fraction(value if isinstance(value, Fraction) else int(value))))
        number = float(value)
        if math.isnan(number):
            return self.apply("divide", self.constant(0), self.constant(0))
        if math.isinf(number):
            infinity = self.apply("inf")
            return infinity if number > 0 else self.apply("negate", infinity)
        return self._add(Constant(Fraction(number)))

    def array(self, value: Any) -> Nodes:
        """The nodes of an array that a jaxpr holds."""
        dtype = jnp.result_type(value)
        if not _is_real(dtype):
            return np.full(np.shape(value), self.unusable(f"a constant of the type {dtype}"))
        array = np.asarray(value)
        return np.array([self.constant(entry) for entry in array.ravel()], np.int64).reshape(array.shape)

    def known(self, index: int) -> Known | None:
        """The value of a node that does not depend on the input."""
        node = self.builder.nodes[index]
        return node.value if isinstance(node, Constant) else self._known_conditions.get(index)

    def integers(self, nodes: Nodes) -> NDArray[np.int64]:
        """Indices, which must be known."""
        values = [self.known(index) for index in nodes.ravel().tolist()]
        if any(value is None for value in values):
            raise NotLifted("an index that depends on the input")
        return np.array([int(value or 0) for value in values], np.int64).reshape(nodes.shape)

    def possible(self, index: int) -> frozenset[Known] | None:
        """The numbers among which conditions choose, and sums and products of such; None where a node is anything else."""
        return self._possible.get(index)

    def apply(self, function: str, *arguments: int) -> int:
        """A function of the table applied to nodes."""
        row = FUNCTIONS.get(function)
        folded = None
        if row is not None:
            folded = self._chosen(function, arguments) if row.is_lazy else self._folded(row, arguments)
        return self._add(Apply(function, arguments)) if folded is None else folded

    def choice(self, which: int, cases: Sequence[tuple[int, int]]) -> int:
        """The case whose number `which` is; the last one where it is none of the others'."""
        result = cases[-1][1]
        for number, case in reversed(cases[:-1]):
            result = self.apply("where", self.apply("equal", which, self.constant(number)), case, result)
        return result

    def _add(self, node: Node) -> int:
        count = len(self.builder.nodes)
        index = self.builder.add(node)
        if index >= MAX_NODES:
            raise UnsupportedError(TOO_LONG)
        if index == count and (possible := self._chosen_among(node)) is not None:
            self._possible[index] = possible
        return index

    def _chosen_among(self, node: Node) -> frozenset[Known] | None:
        match node:
            case Constant(value):
                return frozenset((value,))
            case Apply("where", (_, *cases)):
                sets = [self._possible.get(case) for case in cases]
                found = None if None in sets else frozenset().union(*filter(None, sets))
            case Apply(function, (a, b)) if function in EXACT_ON_CHOICES and a in self._possible and b in self._possible:
                pairs = product(self._possible[a], self._possible[b])
                found = frozenset(FUNCTIONS[function].exactly(*pair) for pair in pairs)  # type: ignore[misc]
            case _:
                return None
        return found if found is not None and len(found) <= MOST_CHOICES else None

    def inner(self, row: Sequence[int], column: Sequence[int]) -> int:
        """The sum of the products of two rows."""
        products = [self.apply("multiply", a, b) for a, b in zip(row, column, strict=True)]
        return reduce(lambda a, b: self.apply("add", a, b), products) if products else self.constant(0)

    def _chosen(self, function: str, arguments: Sequence[int]) -> int | None:
        """The argument that a known condition chooses."""
        if function == "where":
            condition, a, b = arguments
            known = self.known(condition)
            return a if a == b or known is True else b if known is False else None
        decisive = function == "or"  # the value that decides: True for "or", False for "and"
        undecided = [condition for condition in dict.fromkeys(arguments) if self.known(condition) is not (not decisive)]
        if any(self.known(condition) is decisive for condition in undecided):
            return self._conditions[decisive]
        return None if len(undecided) > 1 else undecided[0] if undecided else self._conditions[not decisive]

    def _folded(self, row: Function, arguments: Sequence[int]) -> int | None:
        """The rational that a function of known numbers is, where it is a float of the format again."""
        values = [self.known(index) for index in arguments]
        if row.exactly is None or any(value is None for value in values) or self._may_cancel(row.name, arguments):
            return None
        try:
            exact = row.exactly(*values)
            return None if exact is None else self._represented(exact)
        except OverflowError:
            return None

    def _may_cancel(self, function: str, arguments: Sequence[int]) -> bool:
        """Whether this is a sum of floats that may be rounded literals: what is left of them may be short, yet has their errors."""
        if function not in ("add", "subtract") or not jnp.issubdtype(self.dtype, np.floating):
            return False
        nodes, short = map(self.node, arguments), written_digits(jnp.finfo(self.dtype).nmant + 1)  # type: ignore[no-untyped-call]
        return any(isinstance(node, Constant) and node.binary_digits > short for node in nodes)

    def _represented(self, value: Any) -> int | None:
        """The node of a known result; None where the format of the result would have to round it."""
        if isinstance(value, bool):
            return self._conditions[value]
        if jnp.issubdtype(self.dtype, np.floating) and Fraction(float(self.dtype.type(float(value)))) != value:
            return None
        if jnp.issubdtype(self.dtype, np.integer) and value == int(value):
            value = _wrapped(int(value), self.dtype)
        return self.constant(Fraction(value))


def _is_unusable(node: Node) -> TypeGuard[Apply]:
    return isinstance(node, Apply) and node.function not in FUNCTIONS


def _wrapped(value: int, dtype: Any) -> int:
    """An integer as its type holds it."""
    info = np.iinfo(dtype)
    return (value - int(info.min)) % (int(info.max) - int(info.min) + 1) + int(info.min)


def _is_real(dtype: Any) -> bool:
    return any(jnp.issubdtype(dtype, kind) for kind in (np.bool_, np.integer, np.floating))
