"""A report for people: what was read, the closed form, a table a point, one line of conclusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
FORMULAS = 12  # closed forms that are shown
LINES = 20  # of still more derivatives the worst are shown
MIN_EXCERPT, MAX_EXCERPT = 20, 76  # letters of an expression, around what is underlined
COORDINATES = 6  # of a point that have a column each, or stand in a sentence
MANY_COORDINATES = 100  # of a point that are shown at all
# how much of a proved number is shown, until a table fits: so many digits, and then whether its radius is given too
DETAILS = ((20, True), (20, False), (17, False), (15, False), (12, False))
BRIEF = ((15, False), (12, False), (9, False))
SILENT = (Verdict.EXACT, Verdict.AGREES, Verdict.UNSAMPLED)  # their reasons say nothing new


def show_report(console: Console, report: Findings, latex: bool) -> None:
    """A whole report."""
    show_header(console, report.header, latex)
    show_samples(console, report.header, report.samples)
    show_checks(console, report.checks)
    show_conclusion(console, report.tally)


def show_header(console: Console, header: Header, latex: bool) -> None:
    """What was read and the closed forms."""
    line(console, f"read as: {header.read_as}")
    for derivative in header.derivatives[:FORMULAS]:
        show_derivative(console, header.name, derivative, latex)
    if len(header.derivatives) > FORMULAS:
        line(console, f"… {len(header.derivatives) - FORMULAS} more derivatives (`diffcheck derive` prints all)")
    for text in filter(None, (header.program, header.note)):
        paragraph(console, text, "dim")


def show_derivative(console: Console, name: str, derivative: Derivative, latex: bool) -> None:
    symbol = leibniz(name + derivative.output, derivative.wrt, derivative.order)
    if derivative.chained:
        line(console, f"{symbol}, as chained definitions:")
        line(console, _indented(_elided(derivative.text.splitlines())))
    elif not derivative.latex:
        line(console, f"{symbol}: no symbolic derivative: {derivative.text}")
    else:
        line(console, f"{symbol} = {derivative.text}")
        if latex:
            line(console, f"LaTeX: {derivative.latex}")


def _elided(lines: Sequence[str]) -> list[str]:
    if len(lines) <= LINES:
        return list(lines)
    left_out = f"… {len(lines) - LINES + 1:,} more definitions (`diffcheck derive` prints all)"
    return [*lines[: LINES // 2], left_out, *lines[-LINES // 2 + 1 :]]


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {text}" for text in lines)


def show_samples(console: Console, header: Header, samples: Iterable[Sample]) -> Tally:
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
    if len(points) <= IN_FULL and len(shown) == tally.samples and all(_is_readable(point, header, console.width) for point in points):
        for point in points:
            _show_point(console, header, point)
    else:
        _show_lines(console, header, _most_remarkable(shown, lines), tally.samples)
    return tally


def _is_readable(point: Sequence[Sample], header: Header, width: int) -> bool:
    """Whether what was found at a point is shown as tables: of many entries of a matrix only if they are one."""
    return not matrices.is_entry(point[0]) or len(point) <= LINES or bool(matrices.matrices_of(point, header.variables, width))


def _show_lines(console: Console, header: Header, samples: Sequence[Sample], total: int) -> None:
    """One line a derivative: what is proved, and the error of each in ulps, or its verdict."""
    if len(samples) < total:
        console.print()
        paragraph(console, f"{total:,} derivatives; the {len(samples)} with the largest errors (--format jsonl gives all):")
    engines = list(dict.fromkeys(result.title for sample in samples for result in (*sample.results, *sample.beside)))
    numbers = _numbered(samples) if len(header.variables) > COORDINATES else None
    places = ["point"] if numbers else list(map(printable, header.variables))

    def rows(detail: tuple[int, bool]) -> Sections:
        return [[[*_at(header, sample, numbers), symbol(header, sample), proved_text(sample, *detail), *_cells(sample, engines)]
                 for sample in samples]]  # fmt: skip

    console.print()
    show_table(console, [Column(name) for name in (*places, "derivative", PROVED, *engines)], rows, BRIEF)
    paragraph(console, "The numbers are errors in ulps.", "dim")
    for point, number in (numbers or {}).items():
        paragraph(console, f"  point {number}: {coordinates(dict(point))}")
    _show_notes(console, samples)


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
    shown = [f"{name} = {number_text(value)}" for name, value in islice(point.items(), limit)]
    left_out = len(point) - len(shown)
    return ", ".join(shown) + (f", … ({left_out:,} more; --format json gives all)" if left_out else "")


def _show_notes(console: Console, samples: Sequence[Sample]) -> None:
    """Why, for every verdict that does not speak for itself; the same reason, and the same line of a file, only once."""
    told = list(dict.fromkeys(note for sample in samples for note in notes((*sample.results, *sample.beside), console.width)))
    shown = set[str]()
    for note in told[:LINES]:
        reason, _, operation = note.partition("\n")
        paragraph(console, reason if operation in shown else note)
        if operation.count("\n") == 2:  # a line of a file, below its name
            shown.add(operation)
    if len(told) > LINES:
        line(console, f"  … and {len(told) - LINES} more reasons")


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


def _show_point(console: Console, header: Header, samples: Sequence[Sample]) -> None:
    """One point: a section for each variable, the certified value first, then why."""
    outputs = {sample.output: _function_value(sample) for sample in samples}
    values = ", ".join(f"{header.name}{output} = {value}" for output, value in sorted(outputs.items()))
    console.print()
    paragraph(console, f"at {coordinates(samples[0].point)}: {values}", "bold")
    found = matrices.matrices_of(samples, header.variables, console.width)
    for k, matrix in enumerate(found):
        if k:
            console.print()
        matrices.show_matrix(console, header, matrix)
    worst = matrices.worst(samples) if found else samples
    if found and worst:
        console.print()
    if worst:
        show_table(console, COLUMNS, lambda detail: [list(_rows(header, sample, *detail)) for sample in worst], DETAILS)
    _show_notes(console, samples)


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
