"""How much may be spent on one question, counted in work instead of seconds: it is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from diffcheck.engines.certified.functions.implementations import implementation
from diffcheck.graph.build import meaning
from diffcheck.graph.graph import Apply, Call, Graph, Node

PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
BUDGET = 1_000_000  # operations on short numbers, for one point: some seconds
LONG_BITS = 2048  # an operation on numbers of so many bits, in all terms of a series, takes twice the time of one on short numbers


def precisions(graph: Graph, terms: int) -> Iterator[int]:
    """The precisions at which a graph may be followed, in bits: the first two always, then as far as the budget goes."""
    yield from PRECISIONS[:2]
    yield from (bits for bits in PRECISIONS[2:] if 2 * cost(graph, terms, bits) <= BUDGET)  # all before it cost as much again


def cost(graph: Graph, terms: int, precision_bits: int) -> float:
    """The work of following a graph once, in operations on short numbers."""
    steps, weight = _size(graph)
    return steps + weight * terms * precision_bits / LONG_BITS


@lru_cache(maxsize=256)
def _size(graph: Graph) -> tuple[int, int]:
    """How many steps a graph takes, and how much they weigh when numbers are long."""
    sizes = list(map(_size_of, graph.nodes))
    return sum(steps for steps, _ in sizes), sum(weight for _, weight in sizes)


def _size_of(node: Node) -> tuple[int, int]:
    if isinstance(node, Call):
        return _size(node.definition.flat)
    if not isinstance(node, Apply):
        return 1, 0
    weight = implementation(node.function).weight
    return (1, weight) if weight else _size(meaning(node.function))
