"""THE table: all rows, and what their names mean. ROWS are those of this package, FUNCTIONS has those from outside as well."""

from __future__ import annotations

from diffcheck.graph.functions.activations import ACTIVATIONS
from diffcheck.graph.functions.basic import CONSTANTS, ELEMENTARY, OPERATORS, PIECEWISE
from diffcheck.graph.functions.row import Function
from diffcheck.graph.functions.special import SPECIAL_FUNCTIONS

GROUPS: dict[str, tuple[Function, ...]] = {
    "operators": OPERATORS,
    "constants": CONSTANTS,
    "elementary": ELEMENTARY,
    "piecewise": PIECEWISE,
    "activations and logarithms": ACTIVATIONS,
    "special": SPECIAL_FUNCTIONS,
}
ROWS = tuple(row for rows in GROUPS.values() for row in rows)
FUNCTIONS = {row.name: row for row in ROWS}
CONSTANT_NAMES = {name: row for row in CONSTANTS for name in (row.name, *row.aliases)}


def spellings() -> frozenset[str]:
    """Every name that may stand before a bracket."""
    return frozenset(_SPELLINGS)


def lookup(name: str, count: int) -> Function | None:
    """The row that `name(…)` with `count` arguments means; None when no row takes that many."""
    return next((row for row in _SPELLINGS.get(name, ()) if row.accepts(count)), None)


def rows_named(name: str) -> tuple[Function, ...]:
    """The rows that a name may mean, whatever the number of arguments."""
    return _SPELLINGS.get(name, ())


def taken(name: str) -> bool:
    """Whether a name means something in the table already."""
    return name in FUNCTIONS or name in CONSTANT_NAMES or name in _SPELLINGS


def add(row: Function) -> None:
    """Takes a row from outside into the table; its names must be free."""
    FUNCTIONS[row.name] = row
    GROUPS[REGISTERED] = (*registered(), row)
    _SPELLINGS.update(dict.fromkeys((row.name, *row.aliases), (row,)))


def remove(row: Function) -> None:
    """Takes a row that was added out of the table again."""
    del FUNCTIONS[row.name]
    GROUPS[REGISTERED] = tuple(other for other in registered() if other is not row)
    if not GROUPS[REGISTERED]:
        del GROUPS[REGISTERED]
    for name in (row.name, *row.aliases):
        del _SPELLINGS[name]


def registered() -> tuple[Function, ...]:
    """The rows that came from outside."""
    return GROUPS.get(REGISTERED, ())


REGISTERED = "registered"
_CALLED = tuple(row for group, rows in GROUPS.items() if group not in ("operators", "constants") for row in rows)
_SPELLINGS: dict[str, tuple[Function, ...]] = {
    name: tuple(row for row in _CALLED if name in (row.name, *row.aliases)) for each in _CALLED for name in (each.name, *each.aliases)
}
