"""A report for people: what was read, the closed form, a table a point, one line of conclusion."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from textwrap import indent

from rich.console import Console
from rich.text import Text

from diffcheck import registry
from diffcheck.excerpts import excerpt
from diffcheck.printable import printable, shown
from diffcheck.results import (
    NOT_DEFINED,
    PROVED,
    Blame,
    Derivative,
    Findings,
    Header,
    Outcome,
    Result,
    RuleCheck,
    Sample,
    Status,
    Tally,
    Verdict,
    counted,
    leibniz,
)
from diffcheck.views import matrices
from diffcheck.views.layout import PIPED, Cell, Column, Sections, console_for, line, paragraph, show_table
from diffcheck.views.numerals import MARKS, STYLES, enclosure_text, number_text, ulps_text

__all__ = ["console_for", "line", "show_report"]

IN_FULL = 5  # points shown with a table each; more get a line each
LINES = 20  # of still more derivatives the worst are shown
COLUMNS_OF_FORMULAS = 80  # by which lines of formulas are counted
NAMED = 3  # derivatives before a reason that is theirs
MIN_EXCERPT, MAX_EXCERPT = 20, 76  # letters of an expression, around what is underlined
COORDINATES = 6  # of a point that have a column each, or stand in a sentence
MANY_COORDINATES = 100  # of a point that are shown on a page
# how much of a proved number is shown, until a table fits: so many digits, and then whether its radius is given too
DETAILS = ((20, True), (20, False), (17, False), (15, False), (12, False))
BRIEF = ((15, False), (12, False), (9, False))
SILENT = (Verdict.EXACT, Verdict.AGREES, Verdict.UNSAMPLED)  # their reasons say nothing new


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is shown of what may be long."""

    reading: int = 400  # letters of a function as it was read
    formula: int = 200  # letters of a closed form or a definition
    formulas: int = 16  # lines of closed forms
    definitions: int = 8  # of a derivative
    coordinates: int = 16  # of a point
    derivatives: int = 8  # at a point that have a table each; more have a line each


USUAL, ALL = Extent(), Extent(*[sys.maxsize] * 6)


def show_report(console: Console, report: Findings, latex: bool, extent: Extent = USUAL) -> None:
    """A whole report."""
    show_header(console, report.header, latex, extent)
    show_samples(console, report.header, report.samples, extent)
    show_checks(console, report.checks)
    show_conclusion(console, report.tally)


def show_header(console: Console, header: Header, latex: bool, extent: Extent = USUAL) -> None:
    """What was read and the closed forms."""
    line(console, f"read as: {_cut(header.read_as, extent.reading)}")
    _show_formulas(console, header, latex, extent)
    for text in filter(None, (header.program, header.note)):
        paragraph(console, text, "dim")


def _show_formulas(console: Console, header: Header, latex: bool, extent: Extent) -> None:
    """The closed forms, as many as there is room for; the first one in any case."""
    room = extent.formulas
    for k, derivative in enumerate(header.derivatives):
        lines = list(_formula(header.name, derivative, extent))
        room -= sum(1 + len(text) // COLUMNS_OF_FORMULAS for text in lines)
        if k and room < 0:
            line(console, f"… {counted(len(header.derivatives) - k, 'more derivative')} (--format json gives all)")
            return
        line(console, "\n".join(lines))
        if latex and derivative.latex and not derivative.chained:
            line(console, f"LaTeX: {derivative.latex}")


def _formula(name: str, derivative: Derivative, extent: Extent) -> Iterator[str]:
    symbol = leibniz(name + derivative.output, derivative.wrt, derivative.order)
    if derivative.chained:
        yield f"{symbol}, as chained definitions:"
        yield from (f"  {_cut(text, extent.formula)}" for text in _elided(derivative.text.splitlines(), extent.definitions))
    elif not derivative.latex:
        yield f"{symbol}: no symbolic derivative: {derivative.text}"
    else:
        yield f"{symbol} = {_cut(derivative.text, extent.formula)}"


def _elided(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    left_out = f"… {len(lines) - most + 1:,} more definitions (--format json gives all)"
    return [*lines[: most // 2], left_out, *lines[-most // 2 + 1 :]]


def _cut(text: str, most: int) -> str:
    """A text of so many letters at most, cut after a word where it is longer."""
    if len(text) <= most:
        return text
    left_out = f" … ({len(text):,} characters; --format json gives all)"
    kept = text[: most - len(left_out)]
    return (kept.rpartition(" ")[0] or kept) + left_out


def show_samples(console: Console, header: Header, samples: Iterable[Sample], extent: Extent = USUAL) -> Tally:
    """A table or a matrix for every point, or a line for each derivative (the worst ones of many); returns the counts of all."""
    tally, shown = Tally(), list[Sample]()
    lines = room = max(LINES, IN_FULL * len(header.variables))
    for sample in samples:
        tally.add(sample)
        shown.append(sample)
        if matrices.is_entry(sample):
            lines, room = LINES, IN_FULL * matrices.MOST
        if len(shown) > 2 * room:
            shown = _most_remarkable(shown, room)
    shown = _most_remarkable(shown, room)
    points = [list(group) for _, group in groupby(shown, key=lambda sample: sorted(sample.point.items()))]
    are_short = len(points) == 1 or all(_is_short(point, header, console.width, extent) for point in points)
    if len(points) <= IN_FULL and len(shown) == tally.samples and are_short:
        for point in points:
            _show_point(console, header, point, extent)
    else:
        _show_lines(console, header, _most_remarkable(shown, lines), tally.samples)
    return tally


def _is_short(point: Sequence[Sample], header: Header, width: int, extent: Extent) -> bool:
    """Whether what was found at a point is a table each, or a matrix."""
    return len(point) <= extent.derivatives or bool(matrices.matrices_of(point, header.variables, width))


def _show_lines(console: Console, header: Header, samples: Sequence[Sample], total: int) -> None:
    """One line a derivative, at its point."""
    if len(samples) < total:
        console.print()
        paragraph(console, f"{total:,} derivatives; the {len(samples)} with the largest errors (--format jsonl gives all):")
    numbers = _numbered(samples) if len(header.variables) > COORDINATES else None
    places = ["point"] if numbers else list(map(printable, header.variables))
    console.print()
    _show_errors(console, header, samples, places, [_at(header, sample, numbers) for sample in samples])
    for point, number in (numbers or {}).items():
        paragraph(console, f"  point {number}: {coordinates(dict(point), USUAL.coordinates)}")
    _show_notes(console, samples)


def _show_errors(console: Console, header: Header, samples: Sequence[Sample], places: Sequence[str], at: Sequence[Sequence[str]]) -> None:
    """One line a derivative: what is proved, and the error of each in ulps, or its verdict."""
    engines = list(dict.fromkeys(result.title for sample in samples for result in (*sample.results, *sample.beside)))

    def rows(detail: tuple[int, bool]) -> Sections:
        return [[[*where, symbol(header, sample), proved_text(sample, *detail), *_cells(sample, engines)]
                 for where, sample in zip(at, samples, strict=True)]]  # fmt: skip

    show_table(console, [Column(name) for name in (*places, "derivative", PROVED, *engines)], rows, BRIEF)
    paragraph(console, "The numbers are errors in ulps.", "dim")


def _show_worst_errors(console: Console, header: Header, samples: list[Sample]) -> None:
    """One line for each of the derivatives at a point, of many for those with the largest errors."""
    worst = _most_remarkable(samples, LINES)
    _show_errors(console, header, worst, [], [[]] * len(worst))
    told = set(map(id, worst))
    rest = [sample for sample in samples if id(sample) not in told]
    if rest:
        are_right = all(sample.outcome is Outcome.PASS for sample in rest)
        largest = max(sample.badness[1] for sample in rest)
        said = f"{' are right' * are_right}, with errors of at most {ulps_text(largest)} ulps"
        paragraph(console, f"{counted(len(rest), 'more derivative')}{said} (--format json gives all).")


def _numbered(samples: Sequence[Sample]) -> dict[tuple[tuple[str, float], ...], int]:
    """Points of many coordinates have a number in a table, and their coordinates below it."""
    return {point: number for number, point in enumerate(dict.fromkeys(tuple(sample.point.items()) for sample in samples), 1)}


def _at(header: Header, sample: Sample, numbers: Mapping[tuple[tuple[str, float], ...], int] | None) -> list[str]:
    """The cells that say where a sample is."""
    if numbers:
        return [str(numbers[tuple(sample.point.items())])]
    return [number_text(sample.point[name]) for name in header.variables]


def _cells(sample: Sample, engines: Sequence[str]) -> list[Text]:
    """What is said of each engine's value; an engine that has none here leaves its cell empty."""
    said = {result.title: _cell(sample, result) for result in (*sample.results, *sample.beside)}
    return [said.get(engine, Text()) for engine in engines]


def symbol(header: Header, sample: Sample) -> str:
    return printable(leibniz(header.name + sample.output, sample.wrt, sample.order))


def _cell(sample: Sample, result: Result) -> Text:
    return _marked(sample, result, result.verdict.value if result.ulps is None else ulps_text(result.ulps))


def _marked(sample: Sample, result: Result, words: str) -> Text:
    """A verdict with the mark of its outcome; one that does not count is dimmed."""
    is_counted = any(result is each for each in sample.counted)
    return Text(f"{MARKS[result.outcome]} {words}", STYLES[result.outcome]) if is_counted else Text(f"– {words}", "dim")


def place(sample: Sample) -> str:
    """The point of a sample, its first coordinates."""
    return coordinates(sample.point, COORDINATES)


def coordinates(point: Mapping[str, float], limit: int = MANY_COORDINATES) -> str:
    """All of them, or the first few of more than `limit`."""
    most = limit if len(point) <= limit else COORDINATES
    shown = [f"{name} = {number_text(value)}" for name, value in islice(point.items(), most)]
    left_out = len(point) - len(shown)
    return ", ".join(shown) + (f", … ({left_out:,} more; --format json gives all)" if left_out else "")


def _show_notes(console: Console, samples: Sequence[Sample], symbols: Mapping[int, str] = {}) -> None:  # noqa: B006  (read only)
    """Why, for every verdict that does not speak for itself; the same reason, and the same line of a file, only once.

    `symbols` are what the derivatives are called, by the identity of their samples, where a reason does not stand below its table.
    """
    told: dict[str, list[str]] = {}
    for sample in samples:
        for note in notes((*sample.results, *sample.beside), console.width):
            told.setdefault(note, []).append(symbols.get(id(sample), ""))
    shown = set[str]()
    for note, owners in islice(told.items(), LINES):
        note = f"  {_names(owners)}: {note.lstrip()}" if owners[0] else note
        reason, _, operation = note.partition("\n")
        paragraph(console, reason if operation in shown else note)
        if operation.count("\n") == 2:  # a line of a file, below its name
            shown.add(operation)
    if len(told) > LINES:
        line(console, f"  … and {len(told) - LINES} more reasons")


def _names(owners: Sequence[str]) -> str:
    """The first few of them."""
    more = len(owners) - NAMED
    return ", ".join(owners[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _most_remarkable(samples: list[Sample], count: int) -> list[Sample]:
    """The most remarkable samples, in their order; of equal ones the first."""
    if len(samples) <= count:
        return samples
    best = sorted(range(len(samples)), key=lambda i: _remarkable(samples[i]), reverse=True)[:count]  # stable: the first ones stay
    return [samples[i] for i in sorted(best)]


def _remarkable(sample: Sample) -> tuple[int, float]:
    severity, error = sample.badness
    return -1 if sample.status is Status.UNSAMPLED else severity, error


COLUMNS = (Column("derivative"), Column("by"), Column("value"), Column("error in ulps", right=True), Column("verdict"))


def _show_point(console: Console, header: Header, samples: list[Sample], extent: Extent) -> None:
    """One point: a section for each variable, the certified value first, then why; of many variables for those that are not right."""
    outputs = {sample.output: _function_value(sample) for sample in samples}
    values = ", ".join(f"{header.name}{output} = {value}" for output, value in sorted(outputs.items()))
    console.print()
    paragraph(console, f"at {coordinates(samples[0].point, extent.coordinates)}: {values}", "bold")
    found = matrices.matrices_of(samples, header.variables, console.width)
    for k, matrix in enumerate(found):
        if k:
            console.print()
        matrices.show_matrix(console, header, matrix)
    is_brief = len(samples) > extent.derivatives and not found
    if is_brief:
        _show_worst_errors(console, header, samples)
    worst = matrices.worst(samples) if found or is_brief else samples
    if (found or is_brief) and worst:
        console.print()
    if worst:
        show_table(console, COLUMNS, lambda detail: [list(_rows(header, sample, *detail)) for sample in worst], DETAILS)
    _show_notes(console, samples, {id(sample): symbol(header, sample) for sample in samples} if is_brief else {})


def _function_value(sample: Sample) -> str:
    if sample.status is Status.HOLE and sample.value is not None:
        return f"not defined (the limit is {enclosure_text(sample.value)})"
    if sample.value is not None:
        return enclosure_text(sample.value)
    if sample.status in NOT_DEFINED:
        return "not defined"
    return "?" if sample.primal is None else f"{number_text(sample.primal)} (not proved)"


def _rows(header: Header, sample: Sample, digits: int, radius: bool) -> Iterator[Sequence[Cell]]:
    yield symbol(header, sample), PROVED, _proved(sample, digits, radius), "", sample.status.value
    for result in (*sample.results, *sample.beside):
        mark = _marked(sample, result, result.verdict.value)
        yield "", result.title, number_text(result.value), ulps_text(result.ulps), mark


def notes(results: Iterable[Result], width: int = PIPED) -> Iterator[str]:
    """Why, for every verdict that does not speak for itself: once for each reason."""
    told = [result for result in results if result.verdict not in SILENT]
    for reason, group in groupby(sorted(told, key=lambda result: result.reason), key=lambda result: result.reason):
        results = list(group)
        engines = ", ".join(registry.joined(result.title for result in results))
        yield f"  {engines}: {reason}{underlined(results[0].blame, width)}"


def underlined(blame: Blame | None, width: int = PIPED) -> str:
    """The operation to blame, in lines of their own: of a Python file with its name and the number of the line."""
    if blame is None:
        return ""
    place = f"\n    {shown(Path(blame.file).name)}:{blame.line}" if blame.file else ""
    indentation = len(blame.text) - len(blame.text.lstrip()) if blame.file else 0
    room = max(MIN_EXCERPT, min(MAX_EXCERPT, width - 6))  # beside the indentation and what stands for the rest
    piece = excerpt(blame.text[indentation:], blame.start - indentation, blame.end - indentation, room)
    return place + ("\n" + indent(piece, "  ") if blame.text else "")


def _proved(sample: Sample, digits: int, radius: bool) -> str:
    if sample.clarke is not None:
        left, right = (enclosure_text(each, min(digits, 10), radius) for each in sample.clarke)
        return f"left {left}, right {right}" if radius else f"left {left}\nright {right}"
    return enclosure_text(sample.enclosure, digits, radius) if sample.enclosure is not None else "—"


def proved_text(sample: Sample, digits: int, radius: bool) -> str:
    """The derivative, or the status of a point that has none."""
    return enclosure_text(sample.enclosure, digits, radius) if sample.enclosure else sample.status.value


def show_checks(console: Console, checks: Sequence[RuleCheck]) -> None:
    """What was found of a function's rules, a line a check."""
    if checks:
        console.print(Text("\nthe rules of the function", "bold"))
    for check in checks:
        mark = "–" if check.outcome is None else MARKS[check.outcome]
        paragraph(console, f"  {mark} {check.name:10} {check.detail}", "dim" if check.outcome is None else STYLES[check.outcome])


def show_conclusion(console: Console, tally: Tally) -> None:
    """One line: what was found."""
    console.print()
    paragraph(console, *_conclusion(tally))


def _conclusion(tally: Tally) -> tuple[str, str]:
    """What was found, and the style of the worst of it."""
    worst = Outcome.worst(tally.found, default=Outcome.PASS)
    text = f"{MARKS[worst]} {_found(tally.outcomes, 'derivative value')}"
    if tally.checks:
        text += f" {_found(tally.checks, 'check', ' of the rules')}"
    if tally.unsampled:
        text += f" An even sample of {tally.samples - tally.unsampled:,} of {tally.samples:,} was certified;"
        text += " elsewhere f and its reverse derivative were evaluated, no more."
    return text, STYLES[worst]


def _found(outcomes: Counter[Outcome], one: str, of: str = "") -> str:
    parts = [f"{outcomes[outcome]:,} {word}" for outcome, word in _WORDS.items() if outcomes[outcome]]
    return f"{counted(outcomes.total(), one)}{of}: {', '.join(parts) or 'none'}."


_WORDS = {Outcome.PASS: "right", Outcome.WARN: "with a warning", Outcome.FAIL: "wrong", Outcome.UNDECIDED: "undecided"}
