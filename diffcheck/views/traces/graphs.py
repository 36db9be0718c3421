"""A trace as a graph in text: DOT for Graphviz, and Mermaid for Markdown. A box for each row, an arrow for each operand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from diffcheck.printable import printable
from diffcheck.views.traces.tables import FACTOR_DIGITS, HOLDS, TraceOptions, proved_text, short
from diffcheck.workings import Pass, Row, RowKind, TraceRecord

DIGITS = 6


def box(row: Row, trace: TraceRecord, options: TraceOptions) -> list[str]:
    """The lines in a row's box: what it is, its value, its tangents, its adjoint."""
    lines = [row.name if row.kind is RowKind.INPUT else f"{row.name} = {row.operation}"]
    if row.kind is RowKind.CONDITION:
        return [*lines, HOLDS[row.holds]]
    lines.append(f"= {proved_text(row.value, DIGITS)}")
    if Pass.FORWARD in options.passes and row.kind is not RowKind.INPUT:
        lines += [f"d/d{name} {proved_text(tangent, DIGITS)}" for name, tangent in zip(trace.wrt, row.tangents, strict=False)]
    if Pass.REVERSE in options.passes and row.adjoint is not None:
        lines.append(f"adjoint {proved_text(row.adjoint, DIGITS)}")
    return lines


def edges(trace: TraceRecord) -> Iterator[tuple[str, str, str]]:
    """From an operand to the row that uses it, with the derivative of the one with respect to the other, where there is one."""
    for row in (*trace.rows, *trace.pullback, *trace.pushforward):
        partials: dict[str, list[str]] = {}
        for operand, partial in row.partials:
            partials.setdefault(operand, []).append(short(partial, FACTOR_DIGITS))
        for operand in dict.fromkeys(row.operands):
            yield operand, row.name, " + ".join(partials.get(operand, []))


def write_dot(trace: TraceRecord, options: TraceOptions, stream: TextIO) -> None:
    """A digraph for Graphviz."""
    rows = (*trace.rows, *trace.pullback, *trace.pushforward)
    lines = [f"  {_quoted(row.name)} [label={_label(box(row, trace, options))}{_dot_style(row)}];" for row in rows]
    lines += [f"  {_quoted(start)} -> {_quoted(end)} [label={_quoted(label)}];" for start, end, label in edges(trace)]
    stream.write("\n".join(["digraph trace {", "  rankdir=BT;", "  node [shape=box];", *lines, "}", ""]))


def _dot_style(row: Row) -> str:
    return ", style=bold" if row.is_saved else ", style=rounded" if row.kind is RowKind.INPUT else ""


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _label(lines: list[str]) -> str:
    return '"' + "\\n".join(_quoted(line)[1:-1] for line in lines) + '"'


def write_mermaid(trace: TraceRecord, options: TraceOptions, stream: TextIO) -> None:
    """A flowchart."""
    rows = (*trace.rows, *trace.pullback, *trace.pushforward)
    numbers = {row.name: f"n{k}" for k, row in enumerate(rows)}
    lines = [f'  {numbers[row.name]}["{"<br>".join(map(_mermaid, box(row, trace, options)))}"]' for row in rows]
    lines += [f"  {numbers[start]} -->{f'|{_mermaid(label)}|' if label else ''} {numbers[end]}" for start, end, label in edges(trace)]
    saved = [numbers[row.name] for row in rows if row.is_saved]
    lines += ["  classDef saved stroke-width:3px;", f"  class {','.join(saved)} saved;"] if saved else []
    stream.write("\n".join(["flowchart BT", *lines, ""]))


def _mermaid(text: str) -> str:
    """Letters that Mermaid would take for its own are entities."""
    return "".join(f"#{ord(letter)};" if letter in '"<>&#|;' else letter for letter in printable(text))
