"""Where a program loses its value: the operation at which floats stop being finite.

An operation that does not reach the result, such as one in a branch that is not taken, is never blamed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import conditions, enclose_nodes, live_arguments, origins, reaching
from diffcheck.engines.derivation import Cause
from diffcheck.graph.graph import Graph, ancestors, arguments_of
from diffcheck.judgement.evidence import Evidence, Written, blame_of, named
from diffcheck.judgement.wording import shown

Floats = Sequence[float | None]


def lost(evidence: Evidence) -> Cause | None:
    """The first operation on the way to the result that has finite arguments and no finite float; overflow is named before other causes."""
    if evidence.program is None:
        return None
    run = _Run.of(evidence, evidence.program)
    sources = list(run.sources())
    for kind in (run.overflow, run.undefined, run.underflow, run.rounding):
        found = next((cause for cause in map(kind, sources) if cause is not None), None)
        if found is not None:
            return found
    return None


def out_of_range(evidence: Evidence) -> Cause | None:
    """The first operation on the way to the result whose exact value is out of range: too large, or so small that it becomes zero."""
    if evidence.program is None:
        return None
    graph = evidence.program.graph
    exact, holds = enclose_nodes(graph, evidence.point), conditions(graph, evidence.point)
    used = reaching(graph, holds, [True] * len(graph.nodes))
    causes = (beyond(evidence, evidence.program, i, exact[i]) for i in sorted(used) for beyond in (_too_large, _too_small))
    return next((cause for cause in causes if cause is not None), None)


def undefined_operation(evidence: Evidence) -> Cause | None:
    """The program has no value in exact arithmetic either: where that begins."""
    if evidence.program is None:
        return None
    mattering = (origin for origin in origins(evidence.program.graph, evidence.point) if origin.matters)
    first = next(mattering, None)
    return None if first is None else _without_value(evidence.program, first.node, first.reason)


def _without_value(program: Written, node: int, reason: str) -> Cause:
    text = named(program, node)
    words = f"it divides by zero in {text}" if reason == "division by zero" else f"{text} has no value there ({reason})"
    return Cause(words, blame_of(program, node))


def _too_large(evidence: Evidence, program: Written, node: int, value: Enclosure | None) -> Cause | None:
    if value is None or value.least_magnitude <= Decimal(evidence.format.largest):
        return None
    return _on_the_way(program, node, value, f"larger than every {evidence.format.name}")


def _too_small(evidence: Evidence, program: Written, node: int, value: Enclosure | None) -> Cause | None:
    if value is None or not Decimal(0) < value.least_magnitude < Decimal(evidence.format.smallest_normal):
        return None
    return _on_the_way(program, node, value, f"which becomes 0 in {evidence.format.name}")


def _on_the_way(program: Written, node: int, value: Enclosure, meaning: str) -> Cause:
    written = shown(value) if value.is_beyond else f"{value.midpoint:.2e}"
    return Cause(f"{named(program, node)} is {written} on the way, {meaning}", blame_of(program, node))


@dataclass(frozen=True, slots=True)
class _Run:
    """A program run in floats, operation by operation, with its exact values next to it."""

    evidence: Evidence
    program: Written
    floats: Floats
    exact: Sequence[Enclosure | None]
    holds: Sequence[bool | None]
    troubles: Mapping[int, str]

    @classmethod
    def of(cls, evidence: Evidence, program: Written) -> _Run:
        graph, point = program.graph, evidence.point
        troubles = {origin.node: origin.reason for origin in origins(graph, point)}
        return cls(evidence, program, evidence.run_nodes(graph), enclose_nodes(graph, point), conditions(graph, point), troubles)

    @property
    def graph(self) -> Graph:
        return self.program.graph

    def sources(self) -> Iterator[int]:
        """The nodes that turn finite floats into others, which reach the result."""
        infinite = [value is not None and not math.isfinite(value) for value in self.floats]
        for i in sorted(reaching(self.graph, self.holds, infinite)):
            used = live_arguments(self.graph.nodes[i], self.holds)
            if used and not any(infinite[j] for j in used):
                yield i

    def overflow(self, node: int) -> Cause | None:
        return _too_large(self.evidence, self.program, node, self.exact[node])

    def undefined(self, node: int) -> Cause | None:
        return _without_value(self.program, node, self.troubles[node]) if node in self.troubles else None

    def underflow(self, node: int) -> Cause | None:
        """A number before this one that became zero."""
        before = (i for i in ancestors(self.graph, node) if self.floats[i] == 0)
        causes = (_too_small(self.evidence, self.program, i, self.exact[i]) for i in before)
        return next((cause for cause in causes if cause is not None), None)

    def rounding(self, node: int) -> Cause | None:
        given = [self.floats[j] for j in arguments_of(self.graph.nodes[node])]
        if any(x is None for x in given):
            return None
        at, plural = ", ".join(f"{x:.17g}" for x in given), "s" * (len(given) > 1)
        words = f"{named(self.program, node)} is {self.floats[node]} in {self.evidence.format.name}: its argument{plural} came out as {at}"
        return Cause(words, blame_of(self.program, node))
