"""An interval for people: its pieces, the worst error of every derivative on it, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from diffcheck.results import Finding, IntervalReport, Piece, Status, counted
from diffcheck.views.console import (
    LINES,
    MARKS,
    STYLES,
    engine_name,
    line,
    notes,
    number_text,
    proved_briefly,
    show_conclusion,
    show_header,
    symbol,
    ulps_text,
)

DIGITS = 12  # of the proved derivative: with all of them the table would be wider than a page


def show(console: Console, report: IntervalReport, latex: bool) -> None:
    """The whole report."""
    show_header(console, report.header, latex)
    _show_pieces(console, report)
    _show_worst(console, report)
    line(console, f"\n{_smoothness(report)}")
    show_conclusion(console, report.tally)


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold", justify="right" if name == "error in ulps" else "left")
    return table


def _show_pieces(console: Console, report: IntervalReport) -> None:
    line(console, f"\non {interval_text(report)}:", "bold")
    table = _table("from", "to", report.header.name)
    for piece in report.pieces[:LINES]:
        table.add_row(number_text(piece.lower), number_text(piece.upper), Text(piece_text(piece, report.variable)))
    console.print(table)
    if len(report.pieces) > LINES:
        line(console, f"… and {len(report.pieces) - LINES:,} more pieces (--format json gives all)")


def interval_text(report: IntervalReport) -> str:
    return f"[{number_text(report.lower)}, {number_text(report.upper)}]"


def piece_text(piece: Piece, variable: str) -> str:
    """What a piece is, or what it holds."""
    place = "" if piece.point is None else f" at {variable} = {number_text(piece.point)}"
    return f"{piece.status.value}{place}" + (f": {piece.reason}" if piece.reason else "")


def _show_worst(console: Console, report: IntervalReport) -> None:
    """A table for every derivative."""
    for name, group in groupby(report.worst, key=lambda finding: symbol(report.header, finding.sample)):
        line(console, f"\n{name}, the worst at {counted(report.points, 'point')} sampled:", "bold")
        table = _table("by", "error in ulps", f"at {report.variable}", "value", "proved (Arb)", "verdict")
        for finding in group:
            table.add_row(*_row(report, finding))
        console.print(table)
    for note in notes(finding.result for finding in report.worst):
        line(console, note)


def _row(report: IntervalReport, finding: Finding) -> Iterator[str | Text]:
    sample, result = finding.sample, finding.result
    yield engine_name(result)
    yield ulps_text(result.ulps)
    yield number_text(sample.point[report.variable])
    yield number_text(result.value)
    yield proved_briefly(sample, DIGITS)
    yield Text(f"{MARKS[result.outcome]} {result.verdict.value}", STYLES[result.outcome])


def _smoothness(report: IntervalReport) -> str:
    name, interval, count = report.header.name, interval_text(report), len(report.pieces)
    others = sum(piece.status is not Status.SMOOTH for piece in report.pieces)
    if others == count:
        return f"{name} is not proved to be smooth on any part of {interval}."
    exception = f" but for {others:,} of {count:,} pieces" if others else ""
    return f"{name} is proved to be defined and smooth on {interval}{exception}."
