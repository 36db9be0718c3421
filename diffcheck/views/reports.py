"""The formats of a suite's report: who writes them, and whether they can be written while cases end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TextIO

from diffcheck.records import CaseResult, Summary
from diffcheck.views import github, html, junit, sarif, suite

Write = Callable[[Iterable[CaseResult], Summary, TextIO, str], None]  # results, their summary, where to, in which colours


@dataclass(frozen=True, slots=True)
class Report:
    """`streams`: it takes results in any order, and needs no summary before them. `illustrated`: it shows pictures."""

    write: Write
    streams: bool = False
    illustrated: bool = False


REPORTS = {
    "text": Report(suite.write_text, streams=True),
    "jsonl": Report(suite.write_lines, streams=True),
    "json": Report(suite.write_array, streams=True),
    "junit": Report(junit.write),
    "github": Report(github.write, streams=True),
    "sarif": Report(sarif.write),
    "html": Report(html.write, illustrated=True),
}
