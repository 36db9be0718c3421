"""Text in the width of a terminal: sentences wrap at words, tables give way in steps, and nothing is ever cut off.

A pipe has no width: whoever reads it gets a line for a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from textwrap import wrap
from typing import TextIO, TypeVar

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from diffcheck.printable import printable

NOTHING = 1e-20  # ulps: what is less is the radius of the enclosure, and the error 0
PIPED = 1_000_000  # columns
WIDE, NARROW = 3, 2  # blanks between columns
T = TypeVar("T")
Cell = str | Text
Sections = Sequence[Sequence[Sequence[Cell]]]  # of rows


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; `wraps`: its cells may break between words; numbers stand on the `right`."""

    name: str
    wraps: bool = False
    right: bool = False


class _Console(Console):
    """Rich's own turns a broken pipe into the exit code 1, which means something else here."""

    def on_broken_pipe(self) -> None:
        raise  # noqa: PLE0704  (rich calls this where it has caught it)


def console_for(stream: TextIO, color: str) -> Console:
    """A console on a stream: colour only on a terminal unless `color` is always or never; a pipe is as wide as its lines."""
    forced = {"always": True, "never": False}.get(color)  # None: as the stream, NO_COLOR and TERM say
    colorless = None if forced is None else not forced
    width = None if stream.isatty() else PIPED
    return _Console(
        file=stream,
        force_terminal=forced,
        force_jupyter=False,
        no_color=colorless,
        highlight=False,
        width=width,
        color_system="standard" if forced else "auto",
    )


def line(console: Console, text: str, style: str = "") -> None:
    """Text in its own lines: no markup, no wrapping inside an expression."""
    console.print(Text(printable(text, keep="\n"), style), soft_wrap=True)


def paragraph(console: Console, text: str, style: str = "") -> None:
    """A sentence that wraps at words, its further lines indented; what follows it in lines of its own stays as it is."""
    sentence, separator, rest = text.partition("\n")
    line(console, "\n".join(_wrapped(sentence, console.width)) + separator + rest, style)


def show_prose(console: Console, text: str) -> None:
    """Paragraphs that fill a terminal, between them lists and indented examples as they are; a pipe gets the lines as they stand."""
    if console.width == PIPED:
        line(console, text.rstrip("\n"))
        return
    for is_prose, group in groupby(text.splitlines(), key=lambda each: bool(each) and each[0] not in " |-"):
        lines = list(group)
        if is_prose:
            paragraph(console, " ".join(lines))
        else:
            line(console, "\n".join(lines))


def _wrapped(text: str, width: int) -> list[str]:
    if len(text) <= width:
        return [text]
    indentation = " " * (len(text) - len(text.lstrip()) + 2)
    return wrap(text, width, subsequent_indent=indentation, break_long_words=False, break_on_hyphens=False)


def show_table(console: Console, columns: Sequence[Column], sections: Callable[[T], Sections], details: Sequence[T]) -> None:
    """A table as wide as the console: with the first of the `details` that fits, else closer, wrapped, and at last a line for each cell."""
    width, gaps = console.width, len(columns) - 1
    for found in map(sections, details):
        natural = _widths(columns, found)
        if sum(natural) + WIDE * gaps <= width:
            _draw(console, columns, found, natural, WIDE)
            return
    for found in map(sections, details):
        narrowed = _narrowed(columns, found, width - NARROW * gaps)
        if narrowed:
            _draw(console, columns, found, narrowed, NARROW)
            return
    _stack(console, columns, sections, details)


def _narrowed(columns: Sequence[Column], sections: Sections, width: int) -> list[int]:
    """Widths that come to `width` at most, with no word broken; none where that cannot be. Headings may wrap in any column."""
    most, least = _widths(columns, sections), _widths(columns, sections, narrow=True)
    free, wanted = width - sum(least), sum(most) - sum(least)
    if free < 0 or wanted > 4 * width:  # cells of many lines are read more easily one below the other
        return []
    share = min(1.0, free / wanted) if wanted else 0.0
    return [short + int((long - short) * share) for short, long in zip(least, most, strict=True)]


def _widths(columns: Sequence[Column], sections: Sections, narrow: bool = False) -> list[int]:
    """The width of the longest line in every column; of the longest word where text may wrap, if it has to be narrow."""
    rows = list(chain.from_iterable(sections))
    cells = ([_length(row[i], narrow and column.wraps) for row in rows] for i, column in enumerate(columns))
    return [max([_length(column.name, narrow), *lengths]) for column, lengths in zip(columns, cells, strict=True)]


def _length(cell: Cell, of_words: bool) -> int:
    parts = _plain(cell).split() if of_words else _plain(cell).split("\n")
    return max(map(cell_len, parts), default=0)


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell.plain


def _draw(console: Console, columns: Sequence[Column], sections: Sections, widths: Sequence[int], gap: int) -> None:
    headings = [Column(column.name, wraps=True, right=column.right) for column in columns]
    _draw_row(console, headings, [Text(column.name, "bold") for column in columns], widths, gap)
    console.print(Text("─" * (sum(widths) + gap * (len(widths) - 1))), soft_wrap=True)
    for i, rows in enumerate(sections):
        if i:
            console.print()
        for row in rows:
            _draw_row(console, columns, row, widths, gap)


def _draw_row(console: Console, columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int], gap: int) -> None:
    """A row in as many lines as its longest cell has, without blanks at their ends."""
    cells = [_lines(cell, width if column.wraps else PIPED) for column, cell, width in zip(columns, row, widths, strict=True)]
    for i in range(max(map(len, cells))):
        drawn = Text()
        for column, cell, width in zip(columns, cells, widths, strict=True):
            text = cell[i] if i < len(cell) else Text()
            blanks = " " * (width - text.cell_len)
            drawn.append_text(Text.assemble(blanks, text) if column.right else Text.assemble(text, blanks)).append(" " * gap)
        drawn.rstrip()
        console.print(drawn, soft_wrap=True)


def _lines(cell: Cell, width: int) -> list[Text]:
    style = "" if isinstance(cell, str) else cell.style
    parts = (wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""] for text in _plain(cell).split("\n"))
    return [Text(part, style) for part in chain.from_iterable(parts)]


def _stack(console: Console, columns: Sequence[Column], sections: Callable[[T], Sections], details: Sequence[T]) -> None:
    """Each row as lines of their own, a name and a cell, with the first of the details that leaves every cell whole."""
    label = max(cell_len(column.name) for column in columns)
    room = console.width - label - NARROW
    versions = [sections(detail) for detail in details]
    found = next((each for each in versions if max(_widths(columns, each)) <= room), versions[-1])
    pair = Column(""), Column("", wraps=True)
    for i, row in enumerate(chain.from_iterable(found)):
        if i:
            console.print()
        for name, cell in _named(columns, row):
            _draw_row(console, pair, (name, cell), (label, max(room, 1)), NARROW)


def _named(columns: Sequence[Column], row: Sequence[Cell]) -> Iterator[tuple[str, Cell]]:
    return ((column.name, cell) for column, cell in zip(columns, row, strict=True) if _plain(cell))
