"""A report for people: what was read, the closed form, a table a point, one line of conclusion."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby, islice
from pathlib import Path
from textwrap import indent
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from diffcheck.excerpts import excerpt
from diffcheck.graph.domains import described
from diffcheck.graph.functions import ABSENT, GROUPS, Function
from diffcheck.printable import printable, shown
from diffcheck.results import (
    EXACT,
    FARTHEST,
    NOT_DEFINED,
    Blame,
    Derivative,
    Enclosure,
    Header,
    Outcome,
    Report,
    Result,
    RuleCheck,
    Sample,
    Status,
    Tally,
    Verdict,
    counted,
    leibniz,
)

IN_FULL = 5  # points shown with a table each; more get a line each
LINES = 20  # of still more derivatives the worst are shown
COORDINATES = 6  # of a point that are shown
STYLES = {Outcome.PASS: "green", Outcome.WARN: "yellow", Outcome.FAIL: "bold red", Outcome.UNDECIDED: "magenta"}
MARKS = {Outcome.PASS: "✓", Outcome.WARN: "!", Outcome.FAIL: "✗", Outcome.UNDECIDED: "?"}
SILENT = (Verdict.EXACT, Verdict.AGREES, Verdict.UNSAMPLED)  # their reasons say nothing new


class _Console(Console):
    """Rich's own turns a broken pipe into the exit code 1, which means something else here."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  (rich calls this where it has caught it)


def console_for(stream: TextIO, color: str) -> Console:
    """A console on a stream: colour only on a terminal unless `color` is always or never; never narrower than a number."""
    forced = {"always": True, "never": False}.get(color)  # None: as the stream, NO_COLOR and TERM say
    colorless = None if forced is None else not forced
    width = None if stream.isatty() else 120
    return _Console(file=stream, force_terminal=forced, no_color=colorless, highlight=False, width=width,
                   color_system="standard" if forced else "auto")


def show_report(console: Console, report: Report, latex: bool) -> None:
    """A whole report."""
    show_header(console, report.header, latex)
    show_samples(console, report.header, report.samples)
    show_checks(console, report.checks)
    show_conclusion(console, report.tally)


def show_header(console: Console, header: Header, latex: bool) -> None:
    """What was read and the closed forms."""
    line(console, f"read as: {header.read_as}")
    for derivative in header.derivatives:
        show_derivative(console, header.name, derivative, latex)
    for text in filter(None, (header.program, header.note)):
        line(console, text, "dim")


def show_derivative(console: Console, name: str, derivative: Derivative, latex: bool) -> None:
    symbol = leibniz(name, derivative.wrt, derivative.order)
    if derivative.chained:
        line(console, f"{symbol}, as chained definitions:")
        line(console, _indented(_elided(derivative.text.splitlines())))
    elif not derivative.latex:
        line(console, f"{symbol}: no symbolic derivative: {derivative.text}")
    else:
        line(console, f"{symbol} = {derivative.text}")
        if latex:
            line(console, f"LaTeX: {derivative.latex}")


def line(console: Console, text: str, style: str = "") -> None:
    """Text in its own lines: no markup, no wrapping inside an expression."""
    console.print(Text(printable(text, keep="\n"), style), soft_wrap=True)


def _elided(lines: Sequence[str]) -> list[str]:
    if len(lines) <= LINES:
        return list(lines)
    left_out = f"… {len(lines) - LINES + 1:,} more definitions (`diffcheck derive` prints all)"
    return [*lines[: LINES // 2], left_out, *lines[-LINES // 2 + 1 :]]


def _indented(lines: Iterable[str]) -> str:
    return "\n".join(f"  {text}" for text in lines)


def show_samples(console: Console, header: Header, samples: Iterable[Sample]) -> Tally:
    """A table for every point, or a line for each derivative (the worst ones of many); returns the counts of all."""
    tally, shown = Tally(), list[Sample]()
    for sample in samples:
        tally.add(sample)
        shown.append(sample)
        if len(shown) > max(LINES, IN_FULL * len(header.variables)):
            shown = _without_least(shown)
    points = [list(group) for _, group in groupby(shown, key=lambda sample: sorted(sample.point.items()))]
    if len(points) <= IN_FULL and len(shown) == tally.samples:
        for point in points:
            _show_point(console, header, point)
    else:
        _show_lines(console, header, shown, tally.samples)
    return tally


def _show_lines(console: Console, header: Header, samples: Sequence[Sample], total: int) -> None:
    """One line a derivative: what is proved, and the error of each in ulps, or its verdict."""
    if len(samples) < total:
        line(console, f"\n{total:,} derivatives; the {len(samples)} with the largest errors (--format jsonl gives all):")
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    engines = dict.fromkeys(engine_name(result) for sample in samples for result in sample.results)
    places = header.variables if len(header.variables) <= COORDINATES else ()
    for name in (*places, "derivative", "proved (Arb)", *engines):
        table.add_column(Text(printable(name)), overflow="fold")  # a narrow terminal breaks a number, and never cuts it off
    for sample in samples:
        point = (number_text(sample.point[name]) for name in places)
        results = (_cell(sample, result) for result in sample.results)
        table.add_row(*point, Text(symbol(header, sample)), proved_briefly(sample, 15), *results)
    console.print()
    console.print(table)
    line(console, "The numbers are errors in ulps.", "dim")
    _show_notes(console, samples)


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
    shown = [f"{name} = {number_text(value)}" for name, value in islice(sample.point.items(), COORDINATES)]
    left_out = len(sample.point) - len(shown)
    return ", ".join(shown) + (f", … ({left_out} more)" if left_out else "")


def _show_notes(console: Console, samples: Sequence[Sample]) -> None:
    """Why, for every verdict that does not speak for itself; the same reason, and the same line of a file, only once."""
    told = list(dict.fromkeys(note for sample in samples for note in notes(sample.results)))
    shown = set[str]()
    for note in told[:LINES]:
        reason, _, operation = note.partition("\n")
        line(console, reason if operation in shown else note)
        if operation.count("\n") == 2:  # a line of a file, below its name
            shown.add(operation)
    if len(told) > LINES:
        line(console, f"  … and {len(told) - LINES} more reasons")


def _without_least(samples: list[Sample]) -> list[Sample]:
    """All but the least remarkable sample, in their order."""
    least = min(range(len(samples)), key=lambda i: (_remarkable(samples[i]), -i))
    return samples[:least] + samples[least + 1 :]


def _remarkable(sample: Sample) -> tuple[int, float]:
    severity = [Outcome.PASS, Outcome.WARN, Outcome.UNDECIDED, Outcome.FAIL].index(sample.outcome)
    if sample.status is Status.UNSAMPLED:
        severity = -1
    return severity, max((result.ulps or 0.0 for result in sample.results), default=0.0)


def _show_point(console: Console, header: Header, samples: Sequence[Sample]) -> None:
    """One point: a section for each variable, the certified value first, then why."""
    outputs = {sample.output: _function_value(sample) for sample in samples}
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("derivative", "by", "value", "error in ulps", "verdict"):
        table.add_column(name, no_wrap=True, justify="right" if name == "error in ulps" else "left")
    for sample in samples:
        for row in _rows(header, sample):
            table.add_row(*row)
        table.add_section()
    values = ", ".join(f"{header.name}{output} = {value}" for output, value in sorted(outputs.items()))
    line(console, f"\nat {place(samples[0])}: {values}", "bold")
    console.print(table)
    _show_notes(console, samples)


def _function_value(sample: Sample) -> str:
    if sample.status is Status.HOLE and sample.value is not None:
        return f"not defined (the limit is {enclosure_text(sample.value)})"
    if sample.value is not None:
        return enclosure_text(sample.value)
    if sample.status in NOT_DEFINED:
        return "not defined"
    return "?" if sample.primal is None else f"{number_text(sample.primal)} (not proved)"


def _rows(header: Header, sample: Sample) -> Iterator[tuple[str | Text, ...]]:
    yield Text(symbol(header, sample)), "proved (Arb)", _proved(sample), "", Text(sample.status.value)
    for result in sample.results:
        mark = _marked(sample, result, result.verdict.value)
        yield "", engine_name(result), number_text(result.value), ulps_text(result.ulps), mark


def notes(results: Iterable[Result]) -> Iterator[str]:
    """Why, for every verdict that does not speak for itself: once for each reason."""
    told = [result for result in results if result.verdict not in SILENT]
    for reason, group in groupby(sorted(told, key=lambda result: result.reason), key=lambda result: result.reason):
        results = list(group)
        engines = ", ".join(dict.fromkeys(map(engine_name, results)))
        yield f"  {engines}: {reason}{underlined(results[0].blame)}"


def underlined(blame: Blame | None) -> str:
    """The operation to blame, in lines of their own: of a Python file with its name and the number of the line."""
    if blame is None:
        return ""
    place = f"\n    {shown(Path(blame.file).name)}:{blame.line}" if blame.file else ""
    indentation = len(blame.text) - len(blame.text.lstrip()) if blame.file else 0
    piece = excerpt(blame.text[indentation:], blame.start - indentation, blame.end - indentation)
    return place + ("\n" + indent(piece, "  ") if blame.text else "")


def _proved(sample: Sample) -> str:
    if sample.clarke is not None:
        left, right = sample.clarke
        return f"left {enclosure_text(left, 10)}, right {enclosure_text(right, 10)}"
    return enclosure_text(sample.enclosure) if sample.enclosure is not None else "—"


def proved_briefly(sample: Sample, digits: int) -> str:
    """The derivative without its radius, or the status of a point that has none."""
    return enclosure_text(sample.enclosure, digits).partition(" ±")[0] if sample.enclosure else sample.status.value


def engine_name(result: Result) -> str:
    return {"symbolic": "SymPy", "claim": "claim"}.get(result.engine, f"JAX {result.mode}")


def number_text(value: float | None) -> str:
    if value is None:
        return "—"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def ulps_text(ulps: float | None) -> str:
    if ulps is None:
        return "—"
    return f"{ulps:.2f}" if ulps < 100 else f"{ulps:.3g}"


def enclosure_text(enclosure: Enclosure, digits: int = 20) -> str:
    """midpoint ± radius; a radius below the digits shown is given as a power of ten."""
    if enclosure.is_beyond:
        return f"beyond {_decimal(FARTHEST.copy_sign(enclosure.midpoint), 1)}"
    if enclosure.radius and enclosure.contains(Decimal(0)):
        return f"0 ± {enclosure.magnitude:.0e}"
    middle = _decimal(enclosure.midpoint, digits)
    return middle if enclosure.radius == 0 and len(middle) < digits else f"{middle} ± {enclosure.radius:.0e}"


def _decimal(number: Decimal, digits: int) -> str:
    if number == 0:
        return "0"
    rounded = EXACT.normalize(Decimal(f"{number:.{digits}g}"))
    exponent = rounded.adjusted()
    return f"{rounded:f}" if -5 <= exponent <= digits else re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", f"{rounded:e}")


def show_checks(console: Console, checks: Sequence[RuleCheck]) -> None:
    """What was found of a function's rules, a line a check."""
    if checks:
        console.print(Text("\nthe rules of the function", "bold"))
    for check in checks:
        mark = "–" if check.outcome is None else MARKS[check.outcome]
        line(console, f"  {mark} {check.name:10} {check.detail}", "dim" if check.outcome is None else STYLES[check.outcome])


def show_conclusion(console: Console, tally: Tally) -> None:
    """One line: what was found."""
    console.print()
    console.print(_conclusion(tally), soft_wrap=True)


def _conclusion(tally: Tally) -> Text:
    found = tally.outcomes + tally.checks
    worst = next((outcome for outcome in (Outcome.FAIL, Outcome.UNDECIDED, Outcome.WARN) if found[outcome]), Outcome.PASS)
    text = f"{MARKS[worst]} {_found(tally.outcomes, 'derivative value')}"
    if tally.checks:
        text += f" {_found(tally.checks, 'check', ' of the rules')}"
    if tally.unsampled:
        text += f" An even sample of {tally.samples - tally.unsampled:,} of {tally.samples:,} was certified;"
        text += " elsewhere f and its reverse derivative were evaluated, no more."
    return Text(text, STYLES[worst])


def _found(outcomes: Counter[Outcome], one: str, of: str = "") -> str:
    parts = [f"{outcomes[outcome]:,} {word}" for outcome, word in _WORDS.items() if outcomes[outcome]]
    return f"{counted(outcomes.total(), one)}{of}: {', '.join(parts) or 'none'}."


_WORDS = {Outcome.PASS: "right", Outcome.WARN: "with a warning", Outcome.FAIL: "wrong", Outcome.UNDECIDED: "undecided"}


def functions_table(engines: Iterable[str] = ("sympy", "jax", "ball")) -> Table:
    """The table of functions, as a table."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in ("function", "meaning", "domain", "SymPy", "JAX", "Arb"):
        table.add_column(name, no_wrap=name in ("SymPy", "JAX", "Arb"))
    for group, rows in GROUPS.items():
        table.add_row(Text(group, "bold"))
        for row in rows:
            table.add_row(_spelling(row), row.doc, _domain(row), *("✓" if row.column(engine) != ABSENT else "—" for engine in engines))
        table.add_section()
    return table


def _spelling(row: Function) -> Text:
    if row.operator:
        return Text(f" {row.operator} ".join(row.names) if len(row.names) == 2 else f"{row.operator} x")
    also = f", also {', '.join(row.aliases)}" if row.aliases else ""
    return Text(f"{row.signature}{also}")


def _domain(row: Function) -> str:
    return ", ".join(described(row.names, row.domain, row.demands)) or "all"

