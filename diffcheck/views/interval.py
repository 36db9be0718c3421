"""An interval for people: its pieces, the worst error of every derivative on it, and what that comes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console
from rich.text import Text

from diffcheck.results import PROVED, Finding, IntervalReport, Piece, Status, counted
from diffcheck.views.console import LINES, notes, proved_text, show_conclusion, show_header, symbol
from diffcheck.views.layout import Cell, Column, Sections, paragraph, show_table
from diffcheck.views.numerals import MARKS, STYLES, number_text, ulps_text

DETAILS = ((12, False), (9, False))  # of the proved derivative: with all digits the table would be wider than a page


def show(console: Console, report: IntervalReport, latex: bool) -> None:
    """The whole report."""
    show_header(console, report.header, latex)
    _show_pieces(console, report)
    _show_worst(console, report)
    console.print()
    paragraph(console, _smoothness(report))
    show_conclusion(console, report.tally)


def _show_pieces(console: Console, report: IntervalReport) -> None:
    console.print()
    paragraph(console, f"on {interval_text(report)}:", "bold")
    pieces: Sections = [
        [(number_text(piece.lower), number_text(piece.upper), piece_text(piece, report.variable)) for piece in report.pieces[:LINES]]
    ]
    columns = Column("from"), Column("to"), Column(report.header.name, wraps=True)
    show_table(console, columns, lambda _: pieces, (None,))
    if len(report.pieces) > LINES:
        paragraph(console, f"… and {len(report.pieces) - LINES:,} more pieces (--format json gives all)")


def interval_text(report: IntervalReport) -> str:
    return f"[{number_text(report.lower)}, {number_text(report.upper)}]"


def piece_text(piece: Piece, variable: str) -> str:
    """What a piece is, or what it holds."""
    place = "" if piece.point is None else f" at {variable} = {number_text(piece.point)}"
    return f"{piece.status.value}{place}" + (f": {piece.reason}" if piece.reason else "")


def _show_worst(console: Console, report: IntervalReport) -> None:
    """A table for every derivative."""
    for name, group in groupby(report.worst, key=lambda finding: symbol(report.header, finding.sample)):
        console.print()
        paragraph(console, f"{name}, the worst at {counted(report.points, 'point')} sampled:", "bold")
        _show_findings(console, report, list(group))
    for note in notes((finding.result for finding in report.worst), console.width):
        paragraph(console, note)


def _show_findings(console: Console, report: IntervalReport, findings: Sequence[Finding]) -> None:
    columns = [Column(name, right=name == "error in ulps") for name in
               ("by", "error in ulps", f"at {report.variable}", "value", PROVED, "verdict")]  # fmt: skip
    show_table(console, columns, lambda detail: [[list(_row(report, finding, *detail)) for finding in findings]], DETAILS)


def _row(report: IntervalReport, finding: Finding, digits: int, radius: bool) -> Iterator[Cell]:
    sample, result = finding.sample, finding.result
    yield result.title
    yield ulps_text(result.ulps)
    yield number_text(sample.point[report.variable])
    yield number_text(result.value)
    yield proved_text(sample, digits, radius)
    yield Text(f"{MARKS[result.outcome]} {result.verdict.value}", STYLES[result.outcome])


def _smoothness(report: IntervalReport) -> str:
    name, interval, count = report.header.name, interval_text(report), len(report.pieces)
    others = sum(piece.status is not Status.SMOOTH for piece in report.pieces)
    if others == count:
        return f"{name} is not proved to be smooth on any part of {interval}."
    exception = f" but for {others:,} of {count:,} pieces" if others else ""
    return f"{name} is proved to be defined and smooth on {interval}{exception}."
