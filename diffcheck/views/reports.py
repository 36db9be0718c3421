"""The formats of a suite's report: who writes them, and whether they can be written while cases end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from diffcheck.records import CaseResult, Record, Summary
from diffcheck.results import Outcome, RuleCheck, Sample, Tally
from diffcheck.views import github, html, junit, sarif, suite
from diffcheck.views.json_ import sample_as_line

Write = Callable[[Iterable[CaseResult], Summary, TextIO, str], None]  # results, their summary, where to, in which colours


@dataclass(frozen=True, slots=True)
class Writer:
    """`streams`: it takes results in any order, and needs no summary before them. `illustrated`: it shows pictures."""

    write: Write
    streams: bool = False
    illustrated: bool = False


WRITERS = {
    "text": Writer(suite.write_text, streams=True),
    "jsonl": Writer(suite.write_lines, streams=True),
    "json": Writer(suite.write_array, streams=True),
    "junit": Writer(junit.write),
    "github": Writer(github.write, streams=True),
    "sarif": Writer(sarif.write),
    "html": Writer(html.write, illustrated=True),
}


@dataclass(slots=True)
class Single:
    """A check of one expression or function, as the report of a suite with one case. `id`, `file`, `line`: what it is, and where."""

    id: str
    text: str
    file: str = ""
    line: int = 0
    _tally: Tally = field(default_factory=Tally)

    def write(self, format: str, samples: Iterable[Sample], checks: Sequence[RuleCheck], stream: TextIO, color: str) -> Tally:
        """Returns the counts of all; of very many values that are right, the first stand for the others."""
        kept: list[tuple[Record, str]] = []
        points = set()
        for sample in samples:
            self._tally.add(sample)
            points.add(tuple(sample.point.values()))
            if sample.outcome is not Outcome.PASS or len(kept) < KEPT:
                kept.append((Record(0, self.id, self.line, sample, file=self.file), sample_as_line(sample)))
        for check in checks:
            self._tally.add_check(check)
            kept.append((Record(0, self.id, self.line, None, file=self.file, check=check), ""))
        result = CaseResult(0, tuple(record for record, _ in kept), tuple(line for _, line in kept), self.text)
        summary = Summary()
        summary.add(result.records)
        summary.points = len(points)
        WRITERS[format].write([result], summary, stream, color)
        return self._tally


KEPT = 1_000  # values that are right
