"""Jacobians and Hessians as matrices: what is proved of each entry, with the worst verdict on it; then each engine in a line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from diffcheck.printable import printable
from diffcheck.results import Header, Outcome, Result, Sample, Verdict, names_of
from diffcheck.views.layout import Cell, Column, show_table
from diffcheck.views.numerals import MARKS, STYLES, enclosure_text, ulps_text

JACOBIAN, HESSIAN = "Jacobian", "Hessian"
MOST = 400  # entries
MOST_ROWS, MOST_COLUMNS = 24, 12
NARROWEST = 13  # characters of a column, with what keeps it apart
WORST = 5  # entries that are shown with all their values
DIGITS = (17, 12, 8, 5)  # of each entry, until the matrix fits
ENGINES = (Column("by"), Column("largest error in ulps", right=True), Column("verdicts"))


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows and columns by their names, and the sample at each place; the Hessian has equal ones twice."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    entries: dict[tuple[str, str], Sample]
    output: str = ""  # whose Hessian it is

    @property
    def samples(self) -> list[Sample]:
        return list({id(sample): sample for sample in self.entries.values()}.values())


def is_entry(sample: Sample) -> bool:
    """Whether a sample may be an entry of a matrix."""
    return sample.order == 2 or bool(sample.output)


def matrices_of(samples: Sequence[Sample], variables: Sequence[str], width: int) -> list[Matrix]:
    """The samples of one point as matrices; none where they are not whole ones, or have more columns than there is room for."""
    if len({sample.order for sample in samples}) != 1 or not is_entry(samples[0]):
        return []
    found = [_jacobian(samples, variables)] if samples[0].order == 1 else list(_hessians(samples))
    most = min(MOST_COLUMNS, width // NARROWEST - 1)
    fits = all(
        len(each.columns) <= most and len(each.rows) <= MOST_ROWS and len(each.entries) == len(each.rows) * len(each.columns) > 1
        for each in found
    )
    return found if fits else []


def _jacobian(samples: Sequence[Sample], variables: Sequence[str]) -> Matrix:
    """Rows and columns in their order, whatever that of the samples."""
    entries = {(sample.output, sample.wrt): sample for sample in samples}
    rows, columns = (tuple(map(str, dict.fromkeys(names))) for names in zip(*entries, strict=True))
    if set(columns) <= set(variables):
        columns = tuple(name for name in variables if name in columns)
    return Matrix(JACOBIAN, tuple(sorted(rows, key=_by_place)), columns, entries)


def _by_place(output: str) -> list[tuple[int, str]]:
    """[2] comes before [10]."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", output)]


def _hessians(samples: Sequence[Sample]) -> Iterator[Matrix]:
    """One for each output."""
    for output in dict.fromkeys(sample.output for sample in samples):
        entries: dict[tuple[str, str], Sample] = {}
        for sample in samples:
            if sample.output == output:
                first, *rest = names_of(sample.wrt)
                second = rest[0] if rest else first
                entries[first, second] = entries[second, first] = sample
        names = tuple(dict.fromkeys(name for name, _ in entries))
        yield Matrix(HESSIAN, names, names, entries, output)


def show_matrix(console: Console, header: Header, matrix: Matrix) -> None:
    """The matrix, and what each engine made of it."""
    title = f"Hessian of {header.name}{matrix.output}" if matrix.title == HESSIAN else matrix.title
    columns = [Column(printable(title)), *(Column(printable(f"d/d{name}"), right=True) for name in matrix.columns)]
    show_table(console, columns, lambda digits: [[_row(header, matrix, row, digits) for row in matrix.rows]], DIGITS)
    console.print()
    titles = dict.fromkeys(result.title for sample in matrix.samples for result in (*sample.results, *sample.beside))
    show_table(console, ENGINES, lambda _: [[_engine(matrix, title) for title in titles]], (None,))


def _row(header: Header, matrix: Matrix, row: str, digits: int) -> list[Cell]:
    name = f"d{header.name}{row}" if matrix.title == JACOBIAN else f"d/d{row}"
    return [printable(name), *(_entry(matrix.entries[row, column], digits) for column in matrix.columns)]


def _entry(sample: Sample, digits: int) -> Text:
    """What is proved, with the mark of the worst value; and its verdict where that is not a pass."""
    worst = max(sample.counted, key=lambda result: (result.outcome.severity, result.ulps or 0.0))
    proved = sample.status.value if sample.enclosure is None else enclosure_text(sample.enclosure, digits, radius=False)
    said = "" if worst.outcome is Outcome.PASS or worst.verdict.value == proved else f" {worst.verdict.value}"
    return Text(f"{proved} {MARKS[worst.outcome]}{said}", STYLES[worst.outcome])


def _engine(matrix: Matrix, title: str) -> list[Cell]:
    results = [result for sample in matrix.samples for result in (*sample.results, *sample.beside) if result.title == title]
    errors = [result.ulps for result in results if result.ulps is not None]
    return [title, ulps_text(max(errors, default=None)), _verdicts(results)]


def _verdicts(results: Sequence[Result]) -> Text:
    """2 exact, 1 agrees; the gravest first."""
    worst = Outcome.worst(result.outcome for result in results)
    counts: Counter[Verdict] = Counter(result.verdict for result in sorted(results, key=lambda result: -result.outcome.severity))
    return Text(f"{MARKS[worst]} {', '.join(f'{count:,} {verdict.value}' for verdict, count in counts.items())}", STYLES[worst])


def worst(samples: Sequence[Sample]) -> list[Sample]:
    """The entries that are not right, the worst of them if they are many."""
    bad = [sample for sample in samples if sample.outcome is not Outcome.PASS]
    return sorted(bad, key=lambda sample: sample.badness, reverse=True)[:WORST]
