"""A trace as tables in documents: Markdown, LaTeX, CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from typing import TextIO, TypeVar

from diffcheck.enclosure import Enclosure, bound_text
from diffcheck.graph.text import latex_name
from diffcheck.printable import printable
from diffcheck.views.traces.tables import BLANK, HEAVIEST, HOLDS, NONE, SAVED, CellNotation, PassTable, TraceOptions, wide
from diffcheck.workings import Row, TracedNumber, TraceRecord

CSV_DIGITS = 25
T = TypeVar("T")
IN_LATEX = {
    BLANK: r"\underline{\qquad}",
    "__": r"\square ",
    NONE: r"\text{---}",
    SAVED: r"\bullet",
    HEAVIEST: r"\triangleleft",
    "·": r"\cdot ",
    "|": r"\mid ",
}
WORDS = re.compile(r"[A-Za-z][a-z]+(?: [a-z]+)*|[A-Z]{2,}|from \d+ rows")


# Markdown


def write_markdown(trace: TraceRecord, options: TraceOptions, stream: TextIO) -> None:
    """Tables with a pipe between the cells."""
    notation = CellNotation(name=_code, operation=lambda row: _code(row.operation), slope=lambda name, below: f"d{name}/d{below}")
    stream.write(f"`{printable(trace.read_as)}` at {_point(trace)}\n")
    for table in _with_solution(trace, options, notation):
        stream.write(f"\n**{table.heading}**\n\n{_markdown(table)}")
        stream.write("".join(f"\n{_escaped(note)}\n" for note in table.notes))


def _point(trace: TraceRecord) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in trace.point.items())


def _code(text: str) -> str:
    return f"`{printable(text)}`" if text else ""


def _markdown(table: PassTable) -> str:
    header, *rows = ([_escaped(cell) for cell in row] for row in (table.columns, *table.rows))
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("__", "\\_\\_")


def _with_solution(trace: TraceRecord, options: TraceOptions, notation: CellNotation) -> Iterator[PassTable]:
    """The tables; of an exercise those of the solution after them."""
    yield from wide(trace, options, notation)
    if options.solution is not None:
        for table in wide(trace, options.solution, notation):
            yield PassTable(f"solution: {table.heading}", table.columns, table.rows, table.notes)


# LaTeX


def write_latex(trace: TraceRecord, options: TraceOptions, stream: TextIO) -> None:
    """Arrays for a mathematics environment, one for each pass."""
    for table in _with_solution(trace, options, _latex_notation()):
        stream.write(f"% {table.heading}\n{_latex(table)}\n")


def _latex_notation() -> CellNotation:
    return CellNotation(_latex_label, lambda row: row.latex, _latex_number, _latex_slope)


def _latex_label(name: str) -> str:
    row = re.fullmatch(r"([a-z]+)(\d+)", name)
    return f"{latex_name(row[1])}_{{{row[2]}}}" if row else r"\bar{y}" if name == "ȳ" else latex_name(name)


def _latex_slope(name: str, below: str) -> str:
    return rf"\partial {name}/\partial {_latex_label(below)}"


def _latex_number(text: str) -> str:
    return re.sub(r"e([+-]?)0*(\d+)", lambda found: rf"\cdot 10^{{{found[1].replace('+', '')}{found[2]}}}", text)


def _latex(table: PassTable) -> str:
    head = " & ".join(rf"\text{{{column}}}" if column.isalpha() else column for column in table.columns)
    rows = "".join(f"  {' & '.join(map(_latex_cell, row))} \\\\\n" for row in table.rows)
    return f"\\begin{{array}}{{ll{'r' * (len(table.columns) - 2)}}}\n  {head} \\\\ \\hline\n{rows}\\end{{array}}"


def _latex_cell(cell: str) -> str:
    if WORDS.fullmatch(cell):
        return rf"\text{{{cell}}}"
    for sign, command in IN_LATEX.items():
        cell = cell.replace(sign, command)
    return cell


# CSV


def write_csv(trace: TraceRecord, stream: TextIO) -> None:
    """A line for each row, all of them, with a column for each number and for its error."""
    names = ["row", "kind", "operation", "holds", *_numbers("value"), *(c for x in trace.wrt for c in _numbers(f"d/d{x}"))]
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*names, *_numbers("adjoint"), "saved", "saves", "note"])
    for row in (*trace.rows, *trace.pullback, *trace.pushforward):
        writer.writerow(_csv_row(row, len(trace.wrt)))


def _numbers(name: str) -> list[str]:
    return [name, f"{name} radius", f"{name} JAX", f"{name} ulps"]


def _csv_row(row: Row, tangents: int) -> list[str]:
    found = [row.value, *row.tangents, *[None] * (tangents - len(row.tangents)), row.adjoint]
    cells = [cell for number in found for cell in _csv_number(number)]
    holds = HOLDS[row.holds] if row.holds is not None else ""
    return [row.name, row.kind.value, row.operation, holds, *cells, str(int(row.is_saved)), "; ".join(row.saves), row.note]


def _csv_number(number: TracedNumber | None) -> list[str]:
    if number is None:
        return [""] * 4
    if number.sides is not None:
        return [" | ".join(map(_midpoint, number.sides)), "", _optional(number.computed, repr), ""]
    given = _optional(number.computed, repr), _optional(number.ulps, lambda ulps: f"{ulps:.3g}")
    radius = _optional(number.proved, lambda proved: bound_text(proved.rounded(CSV_DIGITS).radius))
    return [_optional(number.proved, _midpoint), radius, *given]


def _midpoint(enclosure: Enclosure) -> str:
    return str(enclosure.rounded(CSV_DIGITS).midpoint)


def _optional(value: T | None, write: Callable[[T], str]) -> str:
    return "" if value is None else write(value)
