"""What rows are called, and how operations are written with these names: in the user's own words where they have written them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Call, CodeSpan, Constant, Graph, Node, Variable, arguments_of
from diffcheck.graph.text import Infix, Latex, Short, Text
from diffcheck.language.syntax import Span

PREFIXES = ("v", "w", "u", "t", "node")
IN_BRACKETS = re.compile(r"(?<![\w)'])\((\w+)\)")  # of a single name, and not of a call
NOWHERE = Span(-1, -1)
AROUND = re.compile(r"\([^()]*\)")
LONGEST = 60  # letters of an operation in the user's words: a longer one is written anew


@dataclass(frozen=True)
class Labels:
    """The names of the nodes of a graph. Literals and constants such as pi have none: they are written where they are used."""

    graph: Graph
    text: str  # into which the spans of the graph point; "" where definitions are inlined: their parameters have other names
    taken: frozenset[str] = frozenset()  # names that mean something else

    @cached_property
    def names(self) -> dict[int, str]:
        """The name of each node that is a row."""
        rows = computed(self.graph)
        taken = {*self.graph.variables, *self.taken}
        prefix = next(each for each in PREFIXES if not any(re.fullmatch(rf"{each}\d+", name) for name in taken))
        found, count = dict[int, str](), 0
        for i, node in enumerate(self.graph.nodes):
            if isinstance(node, Variable):
                found[i] = node.name
            elif i in rows:
                count += 1
                found[i] = f"{prefix}{count}"
        return found

    def operation(self, i: int) -> str:
        """What a node does, with names for its operands."""
        return self._as_typed(i) or self.mathematics(i)

    def mathematics(self, i: int, notation: Infix | None = None) -> str:
        """The same in a notation, by default diffcheck's own language."""
        notation = notation or Short()
        return _applied(self.graph.nodes[i], [self.operand(j, notation) for j in arguments_of(self.graph.nodes[i])], notation).text

    def operand(self, j: int, notation: Infix) -> Text:
        """An operand: its name, or a literal or a constant itself."""
        node = self.graph.nodes[j]
        if j in self.names:
            return notation.variable(self.names[j])
        if isinstance(node, Constant):
            return notation.constant(node.value)
        return _applied(node, [self.operand(k, notation) for k in arguments_of(node)], notation)

    def _as_typed(self, i: int) -> str:
        """The piece of the user's text, its operands replaced by their names; "" where they are not all written there."""
        span = self._span(i)
        if span is None or not self.text:
            return ""
        pieces, end = list[str](), span.start
        operands = dict.fromkeys(arguments_of(self.graph.nodes[i]))
        named = [j for j in operands if j in self.names and not isinstance(self.graph.nodes[j], Variable)]
        for place, j in sorted(((self._span(j) or NOWHERE, j) for j in named), key=lambda pair: pair[0].start):
            if not (end <= place.start and place.end <= span.end) or place == span:
                return ""
            pieces += [self.text[end : place.start], self.names[j]]
            end = place.end
        words = IN_BRACKETS.sub(r"\1", " ".join("".join([*pieces, self.text[end : span.end]]).split()))
        words = words[1:-1] if AROUND.fullmatch(words) else words
        return words if len(words) <= LONGEST and self._is_whole(i, words) else ""

    def _is_whole(self, i: int, words: str) -> bool:
        """Whether each operand with a name stands there as often as it is used, and no other name does."""
        used = [self.names[j] for j in arguments_of(self.graph.nodes[i]) if j in self.names]
        others = set(self.names.values()) - set(used)
        found = re.findall(r"[^\W\d]\w*", words)
        return all(found.count(name) == used.count(name) for name in used) and not others.intersection(found)

    def _span(self, i: int) -> Span | None:
        span = self.graph.spans[i] if self.graph.spans else None
        return None if span is None or isinstance(span, CodeSpan) or self._operations_at[span] > 1 else span

    @cached_property
    def _operations_at(self) -> Counter[Span | None]:
        """How many operations stand at each place: of sin^2(x) there are two, and neither has the text to itself."""
        return Counter(span for node, span in self.graph.placed_nodes if arguments_of(node))


def computed(graph: Graph) -> frozenset[int]:
    """The nodes that are rows of their own: they do something with other numbers. -2 and -pi are written where they are used."""
    found = set[int]()
    for i, node in enumerate(graph.nodes):
        is_sign = isinstance(node, Apply) and node.function == "negate" and not isinstance(graph.nodes[node.arguments[0]], Variable)
        if arguments_of(node) and not (is_sign and found.isdisjoint(arguments_of(node))):
            found.add(i)
    return frozenset(found | {graph.output} if arguments_of(graph.nodes[graph.output]) else found)


class RowLatex(Latex):
    """LaTeX in which rows have an index: v_{12}."""

    def variable(self, name: str) -> Text:
        row = re.fullmatch(r"([a-zȳ]+)(\d+)", name)
        return Text(f"{row[1]}_{{{row[2]}}}") if row else Text(r"\bar{y}") if name == "ȳ" else super().variable(name)


def _applied(node: Node, operands: Sequence[Text], notation: Infix) -> Text:
    if isinstance(node, Call):
        return notation.call(node.definition, node.order, operands)
    assert isinstance(node, Apply)
    return notation.apply(FUNCTIONS[node.function], operands)
