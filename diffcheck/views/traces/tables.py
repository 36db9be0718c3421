"""The tables of a trace, whatever they are drawn with: a pass each, its rows in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from diffcheck.enclosure import Enclosure
from diffcheck.views.layout import NOTHING
from diffcheck.views.numerals import enclosure_text, number_text, ulps_text
from diffcheck.workings import Pass, Row, RowKind, TracedNumber, TraceRecord

MOST_ROWS = 2_000  # that are shown unless all are asked for
HEAD = TAIL = 20  # rows of a longer trace
FACTOR_DIGITS = 4  # of a derivative in a sum
USERS = 3  # of a row that are written out in a sum
SAVED, HEAVIEST, BLANK, NONE = "●", "◀", "_" * 8, "—"
HOLDS = {True: "holds", False: "does not hold", None: "not decided"}


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """What of a trace is shown: which passes, numbers or blanks for an exercise, all rows of a long one; and with how many digits.

    `solved` says of an exercise whether its solution follows.
    """

    passes: tuple[Pass, ...] = tuple(Pass)
    blanks: bool = False
    all_rows: bool = False
    digits: int = 17
    solved: bool = True

    @property
    def solution(self) -> TraceOptions | None:
        """What is shown after the blanks of an exercise, if its solution is."""
        return replace(self, blanks=False) if self.blanks and self.solved else None


@dataclass(frozen=True, slots=True)
class PassTable:
    """A heading, the names of the columns, the rows of cells, and what is said below. Columns in `code` hold names and operations."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    code: tuple[int, ...] = (0, 1)


@dataclass(frozen=True, slots=True)
class CellNotation:
    """How a kind of output writes the parts of a cell."""

    name: Callable[[str], str] = str
    operation: Callable[[Row], str] = lambda row: row.operation
    number: Callable[[str], str] = str
    slope: Callable[[str, str], str] = "d{}/d{}".format


def narrow(trace: TraceRecord, options: TraceOptions) -> list[PassTable]:
    """A line for each number of a row: what a terminal has room for."""
    tables = []
    if Pass.FORWARD in options.passes:
        lines = [line for row in selected(trace.rows, options) for line in _lines(trace, row, options)]
        columns = ("row", "operation", "proved", "JAX", "ulps")
        tables.append(_table("forward pass", columns, lines, _forward_notes(trace, options), options))
        tables += _pushforward(trace, options, CellNotation())
    if Pass.REVERSE in options.passes:
        tables.append(_reverse(trace, options, CellNotation()))
    return tables


def wide(trace: TraceRecord, options: TraceOptions, notation: CellNotation) -> list[PassTable]:
    """A line for each row, as textbooks have it: the value, then the tangents."""
    tables = []
    if Pass.FORWARD in options.passes:
        slopes = [] if trace.pullback else [notation.slope("", name) for name in trace.wrt]
        columns = ("row", "operation", "value", "JAX", "ulps", *(column for slope in slopes for column in (slope, "ulps")))
        lines = [_line(trace, row, options, notation, len(slopes)) for row in selected(trace.rows, options)]
        tables.append(_table("forward pass", columns, lines, _forward_notes(trace, options), options))
        tables += _pushforward(trace, options, notation)
    if Pass.REVERSE in options.passes:
        tables.append(_reverse(trace, options, notation))
    return tables


def _table(
    heading: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], notes: Sequence[str], options: TraceOptions
) -> PassTable:
    """Without JAX's floats and the errors where there are blanks to fill in."""
    if not options.blanks:
        return PassTable(heading, columns, tuple(rows), tuple(notes))
    kept = [k for k, column in enumerate(columns) if column not in ("JAX", "ulps")]
    return PassTable(heading, tuple(columns[k] for k in kept), tuple(tuple(row[k] for k in kept) for row in rows))


def selected(rows: Sequence[Row], options: TraceOptions) -> list[Row | None]:
    """All rows, or the first and the last ones of very many, and None between them."""
    if options.all_rows or len(rows) <= MOST_ROWS:
        return list(rows)
    return [*rows[:HEAD], None, *rows[-TAIL:]]


def left_out(rows: Sequence[Row]) -> str:
    return f"… {len(rows) - HEAD - TAIL:,} more (--all)"


def _lines(trace: TraceRecord, row: Row | None, options: TraceOptions) -> Iterator[tuple[str, ...]]:
    if row is None:
        yield "…", left_out(trace.rows), "", "", ""
        return
    label = row.name + f" {SAVED}" * (row.is_saved and not options.blanks)
    if row.kind is RowKind.CONDITION:
        yield label, row.operation, BLANK if options.blanks else HOLDS[row.holds], "", ""
        return
    mark = _mark(trace, row, Pass.FORWARD)
    yield label, row.operation, *_cells(row.value, options, row.kind is RowKind.INPUT, mark(row.value))
    if row.kind is not RowKind.INPUT:
        for name, tangent in zip(trace.wrt, row.tangents, strict=False):
            yield "", f"d/d{name}", *_cells(tangent, options, mark=mark(tangent))


def _line(trace: TraceRecord, row: Row | None, options: TraceOptions, notation: CellNotation, slopes: int) -> tuple[str, ...]:
    if row is None:
        return "…", left_out(trace.rows), *[""] * (3 + 2 * slopes)
    label = notation.name(row.name) + f" {SAVED}" * (row.is_saved and not options.blanks)
    operation = notation.operation(row) if row.kind is not RowKind.INPUT else row.operation
    if row.kind is RowKind.CONDITION:
        return label, operation, BLANK if options.blanks else HOLDS[row.holds], *[""] * (2 + 2 * slopes)
    is_input = row.kind is RowKind.INPUT
    mark = _mark(trace, row, Pass.FORWARD)
    cells = list(_cells(row.value, options, is_input, mark(row.value), notation))
    for tangent in row.tangents[:slopes]:
        proved, _, ulps = _cells(tangent, options, is_input, mark(tangent), notation)
        cells += [proved, ulps]
    return label, operation, *cells, *[""] * (3 + 2 * slopes - len(cells))


def _mark(trace: TraceRecord, row: Row, direction: Pass) -> Callable[[TracedNumber], str]:
    """The mark of the row in which most digits are lost, at the number that has lost most of them."""
    numbers = [row.value, *row.tangents] if direction is Pass.FORWARD else [row.adjoint]
    worst = max((number.ulps for number in numbers if number is not None and number.ulps is not None), default=None)
    return lambda number: f" {HEAVIEST}" * (trace.is_heaviest(row, direction) and number.ulps == worst)


def _cells(
    number: TracedNumber, options: TraceOptions, is_given: bool = False, mark: str = "", notation: CellNotation = CellNotation()
) -> tuple[str, str, str]:
    """What is proved, JAX's float, and its error. What is given is neither computed nor left out."""
    if is_given:
        return notation.number(number_text(number.computed)), "", ""
    if options.blanks:
        return BLANK, "", ""
    proved = notation.number(proved_text(number, options.digits))
    ulps = f"{number.ulps:.2g}" if number.ulps is not None and number.ulps < 0.01 else ulps_text(number.ulps)
    return (
        proved,
        notation.number(number_text(number.computed)),
        ("0" if number.ulps is not None and number.ulps <= NOTHING else ulps) + mark,
    )


def proved_text(number: TracedNumber, digits: int) -> str:
    """The proved number; at a kink, both slopes."""
    if number.sides is not None:
        return " | ".join(short(side) for side in number.sides)
    return NONE if number.proved is None else enclosure_text(number.proved, digits, radius=False)


def short(enclosure: Enclosure | None, digits: int = 6) -> str:
    return NONE if enclosure is None else enclosure_text(enclosure, digits, radius=False)


def _forward_notes(trace: TraceRecord, options: TraceOptions) -> list[str]:
    notes = [f"{row.name}: {row.note}" for row in trace.rows if row.note]
    if trace.saved:
        notes.append(f"{SAVED} reverse mode saves {', '.join(trace.saved)}")
    return notes + _heaviest_note(trace, Pass.FORWARD)


def _heaviest_note(trace: TraceRecord, direction: Pass) -> list[str]:
    return [f"{HEAVIEST} most digits are lost in {name}" for found, name in trace.heaviest if found is direction]


def _reverse(trace: TraceRecord, options: TraceOptions, notation: CellNotation) -> PassTable:
    if trace.pullback:
        return _pullback(trace, options, notation)
    users = _users(trace)
    rows = [row for row in reversed(trace.rows) if row.kind is not RowKind.CONDITION and row.adjoint is not None]
    inputs = [row for row in trace.rows if row.kind is RowKind.INPUT and row.adjoint is not None]
    ordered = [*(row for row in rows if row.kind is not RowKind.INPUT), *inputs]
    lines = []
    for row in selected(ordered, options):
        if row is None or row.adjoint is None:
            lines.append(("…", left_out(ordered), "", "", ""))
            continue
        source = _source(row, users[row.name], notation, options) if row.name != trace.output else "1"
        cells = _cells(row.adjoint, options, row.name == trace.output, _mark(trace, row, Pass.REVERSE)(row.adjoint), notation)
        lines.append((notation.name(row.name), source, *cells))
    columns = ("row", "adjoint", "proved", "JAX", "ulps")
    return _table("reverse pass", columns, lines, _heaviest_note(trace, Pass.REVERSE), options)


def _users(trace: TraceRecord) -> dict[str, list[tuple[str, Enclosure | None]]]:
    """The rows that use each row, with their derivatives with respect to it; the last ones first, as the pass meets them."""
    users: dict[str, list[tuple[str, Enclosure | None]]] = {row.name: [] for row in trace.rows}
    for row in reversed(trace.rows):
        for operand, partial in row.partials:
            users[operand].append((row.name, partial))
    return users


def _source(row: Row, users: Sequence[tuple[str, Enclosure | None]], notation: CellNotation, options: TraceOptions) -> str:
    """Adjoints of the users times their partial derivatives; where nothing has a value, there is no sum, not even an empty one."""
    if not users:
        return NONE if row.adjoint is not None and row.adjoint.proved is None else "0"
    if len(users) > USERS:
        return f"from {len(users)} rows"
    terms = (f"{notation.name(name)}·{_factor(partial, notation, options)}" for name, partial in users)
    return " + ".join(terms)


def _factor(partial: Enclosure | None, notation: CellNotation, options: TraceOptions) -> str:
    text = "?" if partial is None else "__" if options.blanks else notation.number(short(partial, FACTOR_DIGITS))
    return f"({text})" if text.startswith("-") else text


def _pullback(trace: TraceRecord, options: TraceOptions, notation: CellNotation) -> PassTable:
    """The backward pass of a rule, as it runs; then what it ends in for each variable."""
    adjoints = {row.name: row.adjoint for row in trace.rows if row.adjoint is not None}
    ends = [(name, cotangent, adjoints[name]) for name, cotangent in zip(trace.wrt, trace.cotangents, strict=True)]
    return _of_rule("backward pass, as the rule has it", trace, trace.pullback, ends, options, notation)


def _pushforward(trace: TraceRecord, options: TraceOptions, notation: CellNotation) -> list[PassTable]:
    """What forward mode adds by a rule; none where a rule has no forward mode."""
    if not trace.tangents:
        return []
    return [_of_rule("tangents, as the rule has them", trace, trace.pushforward, trace.tangents, options, notation)]


def _of_rule(
    heading: str,
    trace: TraceRecord,
    rows: Sequence[Row],
    ends: Sequence[tuple[str, str, TracedNumber]],
    options: TraceOptions,
    notation: CellNotation,
) -> PassTable:
    """The rows of a rule, and the rows in which it ends."""
    lines: list[tuple[str, ...]] = []
    for row in selected(rows, options):
        if row is None:
            lines.append(("…", left_out(rows), "", "", ""))
            continue
        operation = row.operation if row.kind is RowKind.INPUT else notation.operation(row)
        cells = _cells(row.value, options, row.kind is RowKind.INPUT, "", notation)
        if row.kind is RowKind.CONDITION:
            cells = (BLANK if options.blanks else HOLDS[row.holds], "", "")
        lines.append((notation.name(row.name), operation, *cells))
    for name, end, number in ends:
        lines.append((notation.slope(trace.name, name), f"= {notation.name(end)}", *_cells(number, options, notation=notation)))
    return _table(heading, ("row", "operation", "proved", "JAX", "ulps"), lines, (), options)
