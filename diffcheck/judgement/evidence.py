"""What a cause is looked for in, and how it is put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import Arithmetic
from diffcheck.engines.derivation import Cause
from diffcheck.engines.jax.code_places import source_line
from diffcheck.formats import Format
from diffcheck.graph.graph import CodeSpan, Graph, subgraph
from diffcheck.graph.text import Short, one_line
from diffcheck.language.syntax import Span
from diffcheck.results import Blame

LONGEST = 60  # characters of an expression within a sentence


@dataclass(frozen=True, slots=True)
class Written:
    """A graph, and the text into which its spans point."""

    graph: Graph
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a cause is looked for: the function, the program that computed the value (if it is known), and the point.

    `rerun` is the value of the same derivative, by the same engine and mode, for another function; `run_nodes` gives the floats
    that JAX computes for every node of a graph; `in_the_code` is a cause that only the code of a function shows, not its graph.
    """

    function: Written
    program: Written | None
    point: Mapping[str, float]
    wrt: str
    format: Format
    arithmetic: Arithmetic
    derivative: Enclosure | None
    rerun: Callable[[Graph], float | None]
    run_nodes: Callable[[Graph], list[float | None]]
    in_the_code: Callable[[], Cause | None]


def named(source: Written, node: int) -> str:
    """A node as mathematics; where that is long, the piece of the user's text that it comes from."""
    written = one_line(subgraph(source.graph, node), Short())
    if written is not None and len(written) <= LONGEST:
        return f"`{written}`"
    span = source.graph.spans[node] if source.graph.spans else None
    if span is None:
        return "an operation"
    text = _text_of(source, span)[span.start : span.end]
    return f"an operation of `{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"


def blame_of(source: Written, node: int) -> Blame | None:
    """Where a node stands in the user's text."""
    span = source.graph.spans[node] if source.graph.spans else None
    if span is None:
        return None
    place = (span.file, span.line) if isinstance(span, CodeSpan) else ()
    return Blame(_text_of(source, span), span.start, span.end, *place)


def _text_of(source: Written, span: Span) -> str:
    return source_line(span.file, span.line) if isinstance(span, CodeSpan) else source.text


def listed(items: list[str]) -> str:
    """Items as a sentence lists them: a, b and c."""
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
