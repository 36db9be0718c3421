"""A suite's report as one page that needs nothing else: the counts, a table of cases to sort, every value, pictures of the worst."""

from __future__ import annotations

import base64
import heapq
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from html import escape
from importlib.resources import files
from string import Template
from typing import TextIO

from diffcheck.printable import printable, shown
from diffcheck.records import CaseResult, Record, Summary, explained, is_unreadable, largest_error, place, reason, worst_outcome
from diffcheck.results import PROVED, Outcome, Result, RuleCheck, Sample, counted, leibniz
from diffcheck.versions import versions
from diffcheck.views.console import coordinates
from diffcheck.views.layout import NOTHING
from diffcheck.views.numerals import MARKS, number_text, ulps_text
from diffcheck.views.suite import in_words

MAX_ROWS = 5_000  # the worst cases: a browser sorts so many at once
MAX_SAMPLES = 100  # of a case whose values are shown, the first ones
MAX_LETTERS = 300  # of an expression
DIGITS = 20  # of a proved value
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
    parts = {
        "title": escape(": ".join(filter(None, ["Comparison of derivatives", ", ".join(map(shown, summary.by_file))]))),
        "summary": escape(in_words(summary)),
        "facts": escape(_facts(worst)),
        "shown": "All of them, the worst first." if summary.cases <= len(worst) else f"The worst {len(worst):,} of {summary.cases:,}.",
        "headings": "".join(f'<th data-kind="{kind}"><button>{name}</button></th>' for name, kind in HEADINGS),
        "rows": "\n".join(map(_row, worst)),
        "pictures": "\n".join(_figure(result) for result in worst if result.picture),
    }
    stream.write(page.substitute(parts))


def badness(result: CaseResult) -> tuple[int, float, int]:
    """A larger one is worse; of equal ones the first."""
    return worst_outcome(result.records).severity, largest_error(result.records) or 0.0, -result.number


def _facts(results: Iterable[CaseResult]) -> str:
    """When and with what: a date that SOURCE_DATE_EPOCH may set, versions, and what random points were drawn with."""
    moment = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or time.time()))
    seeds = sorted({result.seed for result in results if result.seed is not None})
    used = [f"random points with seed {', '.join(map(str, seeds))}"] if seeds else []
    installed = [f"{name} {version}" for name, version in versions().items()]
    return ", ".join([time.strftime("%Y-%m-%d %H:%M UTC", moment), *installed, *used])


def _row(result: CaseResult) -> str:
    record, outcome = result.records[0], worst_outcome(result.records)
    name = escape(shown(record.id))
    link = f'<br><a href="#picture-{result.number}">picture</a>' if result.picture else ""
    return (
        f'<tbody id="case-{result.number}"><tr><td class="case">{name}{link}</td><td>{escape(place(record))}</td>'
        f"<td><code>{escape(shown(result.text, MAX_LETTERS))}</code></td>"
        f'<td class="{outcome.value}" data-key="{outcome.severity}">{MARKS[outcome]} {outcome.value}</td>'
        f"{_error_cell(largest_error(result.records))}<td>{_said(result)}</td></tr>\n"
        f'<tr class="values"><td colspan="{len(HEADINGS)}">{_values(result)}</td></tr></tbody>'
    )


def _error_cell(error: float | None) -> str:
    """Where none was measured, it is sorted below the smallest."""
    if error is None:
        return '<td class="number" data-key="-1"></td>'
    return f'<td class="number" data-key="{min(error, sys.float_info.max)!r}">{0 if error <= NOTHING else error:.3g}</td>'


def _said(result: CaseResult) -> str:
    """Why the case did not pass; what could not be read with its carets."""
    outcome = worst_outcome(result.records)
    if outcome is Outcome.PASS:
        return ""
    record = next(record for record in result.records if record.outcome is outcome)
    return f"<pre>{escape(explained(record))}</pre>" if is_unreadable(record) else _prose(reason(record))


def _prose(text: str) -> str:
    """A sentence of diffcheck's, its formulas in the type of formulas."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def _values(result: CaseResult) -> str:
    """Every value of the case, a click away."""
    pairs = [(record, line) for record, line in zip(result.records, result.lines, strict=True) if record.sample is not None]
    rules = "".join(_rule_row(record.check) for record in result.records if record.check is not None)
    if not pairs:
        return ""
    left_out = f"<p>The first {MAX_SAMPLES:,}; <code>--format jsonl</code> has all.</p>" if len(pairs) > MAX_SAMPLES else ""
    headings = "".join(f"<th>{name}</th>" for name in ("at", "derivative", "by", "value", "error in ulps", "verdict", "why"))
    rows = "".join(row for record, line in pairs[:MAX_SAMPLES] for row in _sample_rows(record, line))
    return (
        f"<details><summary>{counted(len(pairs), 'derivative')}, every value</summary>{left_out}"
        f'<div class="wide"><table><thead><tr>{headings}</tr></thead>{rows}{rules}</table></div></details>'
    )


def _sample_rows(record: Record, line: str) -> Iterator[str]:
    sample = record.sample
    assert sample is not None
    symbol = leibniz(f"f{sample.output}", sample.wrt, sample.order)
    first = coordinates(sample.point), symbol, PROVED, _proved(line), "", sample.status.value, sample.status_reason
    yield "<tr>" + "".join(f"<td>{escape(printable(text))}</td>" for text in first) + "</tr>"
    yield from (_result_row(sample, result) for result in (*sample.results, *sample.beside))


def _result_row(sample: Sample, result: Result) -> str:
    cells = result.title, "—" if result.value is None else number_text(result.value), ulps_text(result.ulps)
    mark = f'<td class="{result.outcome.value}">{MARKS[result.outcome]} {escape(result.verdict.value)}</td>'
    written = "".join(f"<td>{escape(printable(text))}</td>" for text in cells)
    return f"<tr><td></td><td></td>{written}{mark}<td>{_prose(printable(result.reason))}</td></tr>"


def _rule_row(check: RuleCheck) -> str:
    outcome = check.outcome
    mark = "<td>–</td>" if outcome is None else f'<td class="{outcome.value}">{MARKS[outcome]} {outcome.value}</td>'
    name, detail = escape(printable(check.name)), _prose(printable(check.detail))
    return f'<tr><td></td><td></td><td colspan="3">{name}</td>{mark}<td>{detail}</td></tr>'


def _proved(line: str) -> str:
    """The certified value of a record, or the one-sided ones, as its line of JSON has them: with all their digits."""
    fields = json.loads(line)
    if fields["clarke"]:
        return ", ".join(f"{side} {_shortened(each)}" for side, each in zip(("left", "right"), fields["clarke"], strict=True))
    return _shortened(fields["enclosure"]) if fields["enclosure"] else "—"


def _shortened(enclosure: dict[str, str]) -> str:
    """The digits that both ends have in common are too many to read: 20 of them, or both ends where they differ before."""
    lower, upper = (f"{Decimal(enclosure[end]):.{DIGITS}g}" for end in ("lower", "upper"))
    return lower if Decimal(lower) == Decimal(upper) else f"{lower} to {upper}"


def _figure(result: CaseResult) -> str:
    data = base64.b64encode(result.picture).decode()
    name = escape(shown(result.records[0].id))
    return (
        f'<figure id="picture-{result.number}"><img alt="{name}" src="data:image/svg+xml;base64,{data}">'
        f'<figcaption><a href="#case-{result.number}"><b>{name}</b></a>: {_said(result)}</figcaption></figure>'
    )
