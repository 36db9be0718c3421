"""Tangents and adjoints claim nothing that is false: at kinks, ties and jumps, in branches not taken, where there is no value."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction

import pytest

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import Linearised, certify, linearised
from diffcheck.graph.build import read
from diffcheck.graph.graph import Graph, GraphBuilder, subgraph
from diffcheck.results import Certificate, Status

LEAVES = ("x", "y", "x", "y", "2", "0.5", "1", "0")
UNARY = ("abs({})", "relu({})", "-({})", "({})^2", "sign({})", "floor({})", "sqrt({})", "({})*0", "sin({})", "log({})", "cbrt({})")
BINARY = ("({})+({})", "({})-({})", "({})*({})", "max({}, {})", "min({}, {})", "where({0} > {1}, {0}, {1})", "({})/({})",
          "where({0} == {1}, {0}^2, {1})", "where({0} >= 0, {1}, {0})", "where({0} > {1} and {0} > 0, {1}, 2*({0}))",
          "heaviside({})*({})", "mod({}, {})", "clip({}, 0, {})", "where(not ({0} < {1}), {0}*{1}, {1})")  # fmt: skip
COORDINATES = (-1.0, 0.0, 0.5, 1.0, 2.0)  # where such expressions are special


def expression(generator: random.Random, depth: int) -> str:
    if depth == 0 or generator.random() < 0.12:
        return generator.choice(LEAVES)
    if generator.random() < 0.45:
        return generator.choice(UNARY).format(expression(generator, depth - 1))
    return generator.choice(BINARY).format(expression(generator, depth - 1), expression(generator, depth - 1))


def graphs(generator: random.Random, count: int) -> Iterator[Graph]:
    while count:
        graph = read(expression(generator, 4)).target.flat
        if set(graph.variables) == {"x", "y"}:
            count -= 1
            yield graph


def freed(graph: Graph, node: int) -> Graph:
    """The same function with the node as a variable of its own."""
    builder, places = GraphBuilder(), list[int]()
    for k, (each, _) in enumerate(graph.placed_nodes):
        places.append(builder.variable("u") if k == node else builder.copy(each, places, None))
    return builder.graph(places[graph.output])


def floating(enclosure: Enclosure | None) -> float | None:
    """The number, if it is known to be a float."""
    if enclosure is None or enclosure.radius or enclosure.is_beyond:
        return None
    exact = Fraction(enclosure.midpoint)
    return float(exact) if Fraction(float(exact)) == exact else None


def is_kept(found: Certificate, claimed: Enclosure) -> bool:
    return found.status is Status.UNDECIDED or found.derivative is not None and found.derivative.overlaps(claimed)


@pytest.mark.parametrize("seed", range(3))
def test_every_adjoint_and_tangent_is_the_certified_derivative(seed: int) -> None:
    generator = random.Random(seed)
    claims = 0
    for graph in graphs(generator, 50):
        point = {name: generator.choice(COORDINATES) for name in "xy"}
        found = linearised(graph, point, ("x", "y"))
        for i in range(len(graph.nodes)):
            if not graph.is_condition(i):
                check_tangents(graph, point, found, i)
                claims += check_adjoint(graph, point, found, i)
    assert claims > 100


def check_tangents(graph: Graph, point: dict[str, float], found: Linearised, i: int) -> None:
    for name in {"x", "y"}.intersection(subgraph(graph, i).variables):
        claimed = found.tangents[name][i]
        assert claimed is None or is_kept(certify(subgraph(graph, i), point, name), claimed), (graph, point, i)


def check_adjoint(graph: Graph, point: dict[str, float], found: Linearised, i: int) -> int:
    """The adjoint of a node is the derivative of the function in which it is free, at the value that it has."""
    claimed, value = found.adjoints[i], floating(found.values[i])
    if claimed is None or value is None or not found.moves[i]:
        return 0
    free = freed(graph, i)
    if "u" in free.variables:
        assert is_kept(certify(free, {**point, "u": value}, "u"), claimed), (graph, point, i)
    else:
        assert claimed.midpoint == 0
    return 1


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("where(floor(x) > 0, 1, 2)", 1.0),  # the condition jumps with floor
        ("where(x == 0, 0, x)", 0.0),  # it holds at the point alone
        ("where(max(x, 0) >= 0, 1, max(x, 0))", -1.0),  # it holds around x, but not around max(x, 0)
        ("log(x)", 0.0),
        ("where(sqrt(x) > -1, 1, 2)", 0.0),
    ],
)
def test_no_adjoint_is_claimed_where_a_node_by_itself_has_none(text: str, x: float) -> None:
    graph = read(text).target.flat
    found = linearised(graph, {"x": x}, ("x",))
    numbers = [i for i in range(graph.output) if found.moves[i] and not graph.is_condition(i)]
    assert any(found.adjoints[i] is None for i in numbers)


def test_a_condition_behind_a_corner_is_settled() -> None:
    """The Huber loss at 0: |x| has a corner there, and the branch stays the same all around."""
    graph = read("where(abs(x) < 1, x^2/2, abs(x) - 1/2)").target.flat
    found = linearised(graph, {"x": 0.0}, ("x",))
    assert all(adjoint is not None for adjoint in found.adjoints)
