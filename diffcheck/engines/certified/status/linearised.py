"""A graph at a point with all its local derivatives enclosed: tangents along each variable, partials, adjoints.

Both accumulations of the chain rule, in balls: forward along a line for each variable, and one sweep back from the output
(Griewank and Walther, Evaluating Derivatives, 2nd ed., sections 3.1 and 3.2). The chain rule is applied to operations that are
proved to be analytic at their operands, and to conditions that are proved to hold, or not to hold, all around the point; where one
is not, what depends on its derivative is None.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flint import arb, arb_series

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.certificate import enclosure, scope
from diffcheck.engines.certified.line.algebra import Line
from diffcheck.engines.certified.status.facts import PRECISION_BITS, values_at
from diffcheck.engines.certified.values import Trouble, Value, is_finite
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Call, Graph, Node, arguments_of, depends

Point = Mapping[str, float]
DECISIVE = {"and": False, "or": True}  # the operand that decides, whatever the other one is


@dataclass(frozen=True, slots=True)
class Linearised:
    """What is proved at a point, a list over the nodes each. None: not proved, or there is no such number.

    Attributes:
        values: The values; of conditions None.
        holds: Whether each condition holds; of other nodes, and of conditions that are not decided, None.
        tangents: By variable, the derivatives of the nodes with respect to it.
        partials: The derivative of node i with respect to its k-th argument, for those that derivatives pass through.
        adjoints: The derivatives of the output with respect to the nodes; zero where it does not depend on one around the point.
        irregular: Which nodes are not proved to be analytic functions of the variables.
        moves: Which nodes depend on a variable.
    """

    values: Sequence[Enclosure | None]
    holds: Sequence[bool | None]
    tangents: Mapping[str, Sequence[Enclosure | None]]
    partials: Mapping[tuple[int, int], Enclosure | None]
    adjoints: Sequence[Enclosure | None]
    irregular: Sequence[bool]
    moves: Sequence[bool]


def linearised(graph: Graph, point: Point, variables: Sequence[str]) -> Linearised:
    """The graph at a point of floats, with its derivatives with respect to these variables."""
    with scope(PRECISION_BITS):
        values = values_at(graph, point, None)
        along = {name: values_at(graph, point, name) for name in variables}
        irregular = [any(isinstance(found[i], Trouble) for found in along.values()) for i in range(len(graph.nodes))]
        moves = depends(graph, variables)
        sweep = _Sweep(graph, values, moves)
        sweep.run()
        return Linearised(
            [_enclosed(value) for value in values],
            [value if isinstance(value, bool) else None for value in values],
            {name: [_enclosed(_slope(value)) for value in found] for name, found in along.items()},
            {key: _enclosed(partial) for key, partial in sweep.partials.items()},
            [_enclosed(adjoint) for adjoint in sweep.adjoints],
            irregular,
            moves,
        )


def _slope(value: Value) -> arb | None:
    """The coefficient of t; None where there is none, or none is known."""
    if isinstance(value, (Trouble, bool)):
        return None
    if not isinstance(value, arb_series):
        return arb(0) if not isinstance(value, arb) or is_finite(value) else None
    return value[1] if value.prec >= 2 else None


def _enclosed(value: Value | None) -> Enclosure | None:
    if value is None or isinstance(value, (Trouble, bool)):
        return None
    ball = arb(value)
    return enclosure(ball) if ball.is_finite() else None


class _Sweep:
    """From the output back to the variables.

    An adjoint is the derivative of the output with respect to a node that moves by itself. So a condition counts as settled only if it
    stays as it is when any node before it moves a little, and not only when the variables do. A node that is not reached has no
    influence around the point: its adjoint is zero.
    """

    def __init__(self, graph: Graph, values: Sequence[Value], moves: Sequence[bool]) -> None:
        self._graph, self._values, self._moves = graph, values, moves
        self._series: dict[tuple[int, int], Value] = {}
        self.partials: dict[tuple[int, int], arb | None] = {}
        self.adjoints: list[arb | None] = [arb(0)] * len(graph.nodes)
        self._reached = {graph.output} if moves[graph.output] else set[int]()
        self._continuous: list[bool] = []

    def run(self) -> None:
        output = self._values[self._graph.output]
        if isinstance(output, (Trouble, bool)) or not is_finite(arb(output)):
            self.adjoints = [None] * len(self._graph.nodes)  # of what has no value there is no derivative, not even zero
            return
        if any(map(self._graph.is_condition, range(len(self._graph.nodes)))):
            for i in range(len(self._graph.nodes)):
                self._continuous.append(self._is_continuous(i))
        self.adjoints[self._graph.output] = arb(1)
        for i in range(self._graph.output, -1, -1):
            if i in self._reached:
                self._hand_on(i)

    def _hand_on(self, i: int) -> None:
        """What a node hands on to each of its arguments; through a branch that is not taken, nothing."""
        node, adjoint = self._graph.nodes[i], self.adjoints[i]
        for k, j in enumerate(arguments_of(node)):
            if not self._moves[j] or self._is_idle(node, k):
                continue
            partial = self._partial(i, k)
            self.partials[i, k] = partial
            self._reached.add(j)
            before = self.adjoints[j]
            is_known = before is not None and adjoint is not None and partial is not None
            self.adjoints[j] = before + adjoint * partial if is_known else None  # type: ignore[operator]

    def _is_idle(self, node: Node, k: int) -> bool:
        """Whether an argument has no influence around the point: a condition, which is settled there, or a branch that is not taken."""
        j = arguments_of(node)[k]
        if self._graph.is_condition(j):
            return self._is_settled(j)
        if not isinstance(node, Apply) or node.function != "where" or not self._is_settled(node.arguments[0]):
            return False
        return (k == 1) is not self._values[node.arguments[0]]

    def _is_settled(self, condition: int) -> bool:
        """Whether a condition holds, or does not, all around the point."""
        return isinstance(self._values[condition], bool) and (self._continuous[condition] or not self._moves[condition])

    def _is_continuous(self, i: int) -> bool:
        """Whether a node changes little, and a condition not at all, when nodes before it change little."""
        node = self._graph.nodes[i]
        if not self._moves[i] or not isinstance(node, (Apply, Call)):
            return True
        if isinstance(self._values[i], Trouble):
            return False
        if isinstance(node, Apply) and node.function in DECISIVE:
            return self._is_decided(node)
        if isinstance(node, Apply) and node.function == "where":
            taken = node.arguments[1 if self._values[node.arguments[0]] else 2]
            return self._is_settled(node.arguments[0]) and self._continuous[taken]
        moving = [(k, j) for k, j in enumerate(node.arguments) if self._moves[j]]
        return all(self._continuous[j] and self._is_steady(i, k) for k, j in moving)

    def _is_decided(self, node: Apply) -> bool:
        """Whether `and` or `or` is: by one condition alone, or by all of them."""
        decisive = DECISIVE[node.function]
        settled = [j for j in node.arguments if self._is_settled(j)]
        return len(settled) == len(node.arguments) or any(self._values[j] is decisive for j in settled)

    def _is_steady(self, i: int, k: int) -> bool:
        """Whether a node is continuous in one argument: analytic, or bounded by how far the argument moves; a condition stays as it is."""
        node = self._graph.nodes[i]
        if isinstance(node, Apply) and len(set(node.arguments)) == 1 and self._graph.is_condition(i):
            return True  # x < x, wherever x goes
        if any(isinstance(self._values[j], Trouble) for j in arguments_of(node)):
            return False
        if self._graph.is_condition(arguments_of(node)[k]):
            return True  # not: it changes where its operand does
        is_bounded = isinstance(node, Apply) and FUNCTIONS[node.function].lipschitz is not None
        return is_bounded or not isinstance(self._moved(i, k), Trouble)

    def _partial(self, i: int, k: int) -> arb | None:
        """The derivative of a node that is analytic, with respect to one argument."""
        node = self._graph.nodes[i]
        if isinstance(node, Apply) and node.function == "where":
            return arb(1) if self._is_settled(node.arguments[0]) else None
        if isinstance(self._values[arguments_of(node)[k]], (Trouble, bool)):
            return None
        return _slope(self._moved(i, k))

    def _moved(self, i: int, k: int) -> Value:
        """A node whose k-th argument alone moves, as a power series of two terms."""
        if (i, k) not in self._series:
            node = self._graph.nodes[i]
            arguments = [self._values[j] for j in arguments_of(node)]
            moved: list[Value] = [arb_series([arb(u), 1], prec=2) if j == k else u for j, u in enumerate(arguments)]
            if isinstance(node, Call):
                self._series[i, k] = Line(2).call(node.definition, node.order, moved)
            else:
                assert isinstance(node, Apply)
                self._series[i, k] = Line(2).apply(FUNCTIONS[node.function], moved)
        return self._series[i, k]
