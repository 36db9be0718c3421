"""The table of functions in a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from diffcheck.graph.domains import described
from diffcheck.graph.functions import GROUPS, LACKS, Function
from diffcheck.registry import TABULATED
from diffcheck.views.layout import Cell, Column, Sections, show_table

COLUMNS = (*(Column(name, wraps=True) for name in ("function", "meaning", "domain")), *(Column(engine.title) for engine in TABULATED))

WIDEST = 120  # columns


def show(console: Console) -> None:
    """What there is, what it means, and which engine has it; a pipe gets lines that can be read, too."""
    console.width = min(console.width, WIDEST)
    groups: Sections = [[_title(group), *map(_row, rows)] for group, rows in GROUPS.items()]
    show_table(console, COLUMNS, lambda _: groups, (None,))


def _title(group: str) -> list[Cell]:
    return [Text(group, "bold"), *[""] * (len(COLUMNS) - 1)]


def _row(row: Function) -> list[Cell]:
    return [_spelling(row), row.doc, _domain(row), *("✓" if row.column(engine.column) is not LACKS else "—" for engine in TABULATED)]


def _spelling(row: Function) -> str:
    if row.operator:
        return f" {row.operator} ".join(row.names) if len(row.names) == 2 else f"{row.operator} x"
    return f"{row.signature}, also {', '.join(row.aliases)}" if row.aliases else row.signature


def _domain(row: Function) -> str:
    return ", ".join(described(row.names, row.domain, row.demands)) or "all"
