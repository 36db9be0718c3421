"""How large a graph is: its operations by kind, its depth, and the length of its text, which is never written out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from diffcheck.graph.build import meaning
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Apply, Call, Graph, Node, arguments_of
from diffcheck.graph.text import Infix, Text, node_text

KINDS = {"multiply": "multiplications", "divide": "divisions"}
ALGEBRAIC = ("cbrt", "where", "mod")  # beside what is exact or correctly rounded
FIRST_PLACEHOLDER = 0xE000  # letters of Unicode's private use: no notation writes them


@dataclass(frozen=True, slots=True)
class Size:
    """Operations in all, those of some kinds, and the longest chain of them."""

    total: int
    by_kind: Counter[str]
    depth: int


def size(graph: Graph, outputs: Sequence[int] = ()) -> Size:
    """The operations of a graph, each node once: variables and constants are none. `outputs`: if there are several."""
    depths: list[int] = []
    kinds: Counter[str] = Counter()
    for node in graph.nodes:
        is_operation = isinstance(node, (Apply, Call)) and bool(arguments_of(node))
        depths.append(is_operation + max((depths[i] for i in arguments_of(node)), default=0))
        if is_operation:
            kinds[_kind(node)] += 1
    return Size(kinds.total(), kinds, max(depths[i] for i in outputs or (graph.output,)))


def _kind(node: Node) -> str:
    if not isinstance(node, Apply):
        return "transcendental" if isinstance(node, Call) else ""
    return KINDS.get(node.function) or ("" if _is_algebraic(FUNCTIONS[node.function]) else "transcendental")


def _is_algebraic(row: Function) -> bool:
    """Whether a function is arithmetic, roots and choices: by itself, or in what it means."""
    if row.exactly is not None or row.is_correctly_rounded or row.gives_condition or row.name in ALGEBRAIC:
        return True
    return bool(row.meaning) and all(_kind(node) != "transcendental" for node in meaning(row.name).nodes if arguments_of(node))


def characters(graph: Graph) -> int:
    """How long the formula of a graph is when all that it shares is written out each time; no such text is made."""
    notation, lengths, precedences = Infix(), list[int](), list[int]()
    for node in graph.nodes:
        places = arguments_of(node)
        letters = [chr(FIRST_PLACEHOLDER + k) for k in range(len(places))]
        written = node_text(node, [Text(letter, precedences[i]) for letter, i in zip(letters, places, strict=True)], notation)
        lengths.append(len(written.text) + sum(written.text.count(x) * (lengths[i] - 1) for x, i in zip(letters, places, strict=True)))
        precedences.append(written.precedence)
    return lengths[graph.output]
