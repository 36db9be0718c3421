"""A suite's report as one page that needs nothing else: the counts, the worst cases with pictures, a table to sort."""

from __future__ import annotations

import base64
import heapq
import sys
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from string import Template
from typing import TextIO

from diffcheck.printable import shown
from diffcheck.records import CaseResult, Summary, largest_error, reason, worst_outcome
from diffcheck.results import SEVERITY, Outcome
from diffcheck.views.console import MARKS
from diffcheck.views.suite import in_words

MAX_ROWS = 5_000  # the worst ones: a browser sorts so many at once
MAX_LETTERS = 300  # of an expression
HEADINGS = (
    ("case", "text"),
    ("place", "text"),
    ("expression", "text"),
    ("outcome", "number"),
    ("largest error in ulps", "number"),
    ("what was found", "text"),
)


def write(results: Iterable[CaseResult], summary: Summary, stream: TextIO, color: str) -> None:
    """The page: of many cases those that are worst."""
    worst = heapq.nlargest(MAX_ROWS, results, key=badness)
    page = Template(files("diffcheck.views").joinpath("page.html").read_text(encoding="utf-8"))
    shown = "All of them, the worst first." if summary.cases <= len(worst) else f"The worst {len(worst):,} of {summary.cases:,}."
    stream.write(
        page.substitute(
            title="Comparison of derivatives",
            summary=escape(in_words(summary)),
            pictures="\n".join(_figure(result) for result in worst if result.picture),
            shown=shown,
            headings="".join(f'<th data-kind="{kind}"><button>{name}</button></th>' for name, kind in HEADINGS),
            rows="\n".join(map(_row, worst)),
        )
    )


def badness(result: CaseResult) -> tuple[int, float, int]:
    """A larger one is worse; of equal ones the first."""
    return SEVERITY[worst_outcome(result.records)], largest_error(result.records) or 0.0, -result.number


def _figure(result: CaseResult) -> str:
    record = result.records[0]
    data = base64.b64encode(result.picture).decode()
    name, said = escape(shown(record.id)), escape(_said(result))
    return f'<figure><img alt="{name}" src="data:image/png;base64,{data}"><figcaption><b>{name}</b>: {said}</figcaption></figure>'


def _row(result: CaseResult) -> str:
    record, outcome = result.records[0], worst_outcome(result.records)
    return (
        f'<tr><td class="case">{escape(shown(record.id))}</td><td>{escape(shown(record.file))}:{record.line}</td>'
        f"<td><code>{escape(shown(result.text, MAX_LETTERS))}</code></td>"
        f'<td class="{outcome.value}" data-key="{SEVERITY[outcome]}">{MARKS[outcome]} {outcome.value}</td>'
        f"{_error_cell(largest_error(result.records))}<td>{escape(_said(result))}</td></tr>"
    )


def _error_cell(error: float | None) -> str:
    """Where none was measured, it is sorted below the smallest."""
    if error is None:
        return '<td class="number" data-key="-1"></td>'
    return f'<td class="number" data-key="{min(error, sys.float_info.max)!r}">{error:.3g}</td>'


def _said(result: CaseResult) -> str:
    outcome = worst_outcome(result.records)
    return "" if outcome is Outcome.PASS else next(reason(record) for record in result.records if record.outcome is outcome)
