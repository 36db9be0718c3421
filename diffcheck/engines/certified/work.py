"""How much may be spent on one question: counted in work, which is the same on every machine, never in seconds."""

from __future__ import annotations

from collections.abc import Iterator

from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Call, Graph

PRECISIONS = (128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)
BUDGET = 2_000_000_000  # node terms times bits: some seconds
OF_SERIES = 20  # times an operation: a function with a series of its own
OF_VALUES = 2_000  # a function whose coefficients follow from values on a circle


def precisions(graph: Graph, terms: int) -> Iterator[int]:
    """The precisions at which a graph may be followed, in bits: the first two always, then as far as the budget goes."""
    yield from PRECISIONS[:2]
    weight = terms * sum(map(_weight, _functions(graph))) + len(graph.nodes)
    affordable = BUDGET // max(weight, 1)
    yield from (bits for bits in PRECISIONS[2:] if 2 * bits <= affordable)  # all before it cost as much again


def _functions(graph: Graph) -> Iterator[str]:
    for node in graph.nodes:
        if isinstance(node, Apply):
            yield node.function
        elif isinstance(node, Call):
            yield from _functions(node.definition.flat)


def _weight(function: str) -> int:
    column = FUNCTIONS[function].column("ball")
    if column is None:
        return OF_SERIES * 2
    source, _, name = column.rpartition(":")
    return OF_VALUES if source == "values" else 1 if name in _OPERATIONS else OF_SERIES


_OPERATIONS = ("add", "subtract", "multiply", "divide", "negate", "integer_power", "where", "max", "min", "abs", "less", "greater")
