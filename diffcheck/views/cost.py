"""What derivatives cost, for people: tables on a terminal or in Markdown, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from rich.console import Console

from diffcheck.measures import MEASURES, Cost, Costs, Measure, MeasureGroup, MeasureUnit, Quantity, Swell, Swelling, Way, measures_in
from diffcheck.printable import shown
from diffcheck.views.layout import Column, line, paragraph, show_table

NOTHING = "—"
STOPPED = "stopped"
TIMES = "×"
COMPARED = ("operations", "xla_flops")  # counts that are shown with their ratio to f


@dataclass(frozen=True, slots=True)
class Grid:
    """A heading, names of columns, and rows of texts; the first column is to the left, numbers are to the right."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


# The tables of one function


def tables(costs: Costs, everything: bool) -> list[Grid]:
    """One table of what matters most, or three of everything."""
    if not everything:
        return [_brief(costs)]
    return [table for group in MeasureGroup for table in _group(costs, group)]


def _brief(costs: Costs) -> Grid:
    measures = measures_in(costs.rows, [measure for measure in MEASURES if measure.is_brief])
    columns = ["", *(name for measure in measures for name in _titles(measure))]
    rows = [(str(row.way), *(cell for measure in measures for cell in _cells(row, measure))) for row in costs.rows]
    return Grid("", tuple(columns), tuple(rows))


def _titles(measure: Measure) -> tuple[str, ...]:
    if measure.unit is MeasureUnit.SECONDS:
        return (f"time {TIMES} f",)
    return (measure.title, f"{TIMES} f") if measure.name == "operations" else (measure.title,)


def _cells(row: Cost, measure: Measure) -> tuple[str, ...]:
    quantity = row.quantities.get(measure.name)
    if measure.unit is MeasureUnit.SECONDS:
        return (_ratio(quantity),)
    value = _value(measure.unit, quantity)
    return (value, _ratio(quantity)) if measure.name == "operations" else (value,)


def _group(costs: Costs, group: MeasureGroup) -> Iterator[Grid]:
    measures = measures_in(costs.rows, [measure for measure in MEASURES if measure.group is group])
    if measures:
        rows = [(str(row.way), *(_with_ratio(row, measure) for measure in measures)) for row in costs.rows]
        many = f", many points: {costs.points:,}" if costs.points and group is not MeasureGroup.SIZE else ""
        yield Grid(f"{group} (in brackets: times f{many})", ("", *(measure.title for measure in measures)), tuple(rows))


def _with_ratio(row: Cost, measure: Measure) -> str:
    quantity = row.quantities.get(measure.name)
    value, ratio = _value(measure.unit, quantity), _ratio(quantity)
    if row.way is Way.F or ratio == NOTHING or quantity is None or quantity.ratio is None:
        return value
    if measure.unit is MeasureUnit.SECONDS:
        return f"{value} ({number_text(quantity.ratio.lower)}–{number_text(quantity.ratio.upper)})"
    return f"{value} ({ratio})" if measure.unit is MeasureUnit.BYTES or measure.name in COMPARED else value


def _value(unit: MeasureUnit, quantity: Quantity | None) -> str:
    return NOTHING if quantity is None else _WRITTEN[unit](quantity.value)


def _ratio(quantity: Quantity | None) -> str:
    return NOTHING if quantity is None or quantity.ratio is None else number_text(quantity.ratio.median)


def number_text(number: float) -> str:
    """Two digits of a small number, all of a whole one: 2.3, 14, 2,740."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}" if number >= 0.095 else f"{number:.1g}"


def scaled(number: float, units: Sequence[tuple[float, str]]) -> str:
    """Three digits in the unit that fits: 11.2 ms."""
    scale, unit = next((each for each in units if number >= each[0]), units[-1])
    return f"{number / scale:.3g} {unit}"


def seconds_text(seconds: float) -> str:
    return scaled(seconds, ((1, "s"), (1e-3, "ms"), (1e-6, "µs")))


def bytes_text(number: float) -> str:
    return scaled(number, ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")))


_WRITTEN: dict[MeasureUnit, Callable[[float], str]] = {
    MeasureUnit.COUNT: lambda number: f"{number:,.0f}",
    MeasureUnit.BYTES: bytes_text,
    MeasureUnit.SECONDS: seconds_text,
}


# The tables of a family


def swell_tables(swell: Swell, everything: bool) -> list[Grid]:
    """The operations of each way for each n; with everything also the seconds that it took to find them."""
    found = [_swell_table(swell, "operations", lambda each, n: f"{each.steps[n].operations:,}")]
    if everything:
        found.append(_swell_table(swell, "seconds to differentiate and to trace", lambda each, n: seconds_text(each.steps[n].seconds)))
    return found


def _swell_table(swell: Swell, heading: str, cell: Callable[[Swelling, int], str]) -> Grid:
    def text(each: Swelling, n: int) -> str:
        if n in each.steps:
            return cell(each, n)
        return STOPPED if each.stop is not None and each.stop.n == n else ""

    rows = [(f"{n:,}", *(text(each, n) for each in swell.ways)) for n in swell.numbers]
    return Grid(heading, (swell.index, *(str(each.way) for each in swell.ways)), tuple(rows))


# Where they go


def show(console: Console, found: Costs | Swell, everything: bool) -> None:
    """On a terminal."""
    line(console, f"read as: {shown(found.read_as)}")
    for text in _about(found):
        paragraph(console, text)
    for table in _tables(found, everything):
        console.print()
        if table.heading:
            paragraph(console, f"{table.heading}:", "bold")
        first, *others = table.columns
        columns = [Column(first, right=isinstance(found, Swell)), *(Column(name, wraps=True, right=True) for name in others)]
        rows = [list(row) for row in table.rows]
        show_table(console, columns, lambda _, rows=rows: [rows], (None,))  # type: ignore[misc]
    console.print()
    for text in _below(found, everything):
        paragraph(console, text)


def write_markdown(stream: TextIO, found: Costs | Swell, everything: bool) -> None:
    """As Markdown, to be pasted into a document."""
    stream.write(f"`{shown(found.read_as)}`\n\n" + "".join(f"{text}\n\n" for text in _about(found)))
    for table in _tables(found, everything):
        heading = f"**{table.heading}**\n\n" if table.heading else ""
        rule = ["---", *["---:"] * (len(table.columns) - 1)]
        lines = [table.columns, rule, *table.rows]
        stream.write(heading + "".join(f"| {' | '.join(cells)} |\n" for cells in lines) + "\n")
    stream.write("".join(f"- {text}\n" for text in _below(found, everything)))


def _tables(found: Costs | Swell, everything: bool) -> list[Grid]:
    return tables(found, everything) if isinstance(found, Costs) else swell_tables(found, everything)


def _about(found: Costs | Swell) -> Iterator[str]:
    if isinstance(found, Costs) and found.point:
        coordinates = ", ".join(f"{shown(name)} = {value:.6g}" for name, value in [*found.point.items()][:6])
        yield f"at {coordinates}{', …' * (len(found.point) > 6)} in {found.dtype}"


def _below(found: Costs | Swell, everything: bool) -> Iterator[str]:
    yield from found.sentences()
    yield from found.notes
    if _is_timed(found, everything):
        yield f"Measured on {found.machine}."


def _is_timed(found: Costs | Swell, everything: bool) -> bool:
    """Whether there is a time in what is shown: the rest is the same everywhere."""
    if isinstance(found, Swell):
        return everything
    return any(measure.group is MeasureGroup.TIME and measure.name != "differentiate" for measure in measures_in(found.rows))
