"""The Jacobian of a function at a point in floats, as both modes of JAX give it, and which of its entries are worth judging."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.at_once import AtOnce, Plan
from diffcheck.checks.loading import raised_by_jax, users_code
from diffcheck.checks.screening import Screening, deviations, evenly
from diffcheck.engines.derivation import Inapplicable
from diffcheck.engines.jax.equations import CustomRule
from diffcheck.engines.jax.function import NO_FORWARD_MODE, JaxFunction
from diffcheck.errors import UnsupportedError, UserCodeError
from diffcheck.formats import Format
from diffcheck.graph.graph import Graph
from diffcheck.judgement.judge import Value
from diffcheck.judgement.verdict import rules_of

CERTIFIED_ENTRIES = 400  # of a larger Jacobian those that look worst are judged, and an even sample
SUSPECTS = 10
SAMPLED = 6
CUSTOM_VJP = "a jax.custom_vjp has none (jax.jvp and jax.jacfwd refuse it); where it is wanted, write the rule as a jax.custom_jvp"
Matrix = NDArray[Any] | UnsupportedError


class NoForwardMode(Inapplicable):
    """Forward mode does not exist for this function; nothing is wrong with it."""


class Matrices:
    """What both modes of JAX give; where it lacks the derivative by one argument, the others are taken alone.

    `plan` is how a large Jacobian is gone through, and `may_be_at_once` whether it may be proved on whole arrays.
    """

    def __init__(self, function: JaxFunction, name: str, fmt: Format, plan: Plan, may_be_at_once: bool = False) -> None:
        self.function = function
        self.name = name
        self.format = fmt
        self._plan = plan
        self._may_be_at_once = may_be_at_once
        self.rows, self.columns = len(function.outputs), len(function.variables)
        self._leaves: dict[str, Matrices] = {}
        self._lifted: dict[tuple[str, int], Mapping[int, Graph] | UnsupportedError] = {}

    @property
    def rules(self) -> Format:
        """The format in whose digits its rules must be right."""
        return rules_of(str(self.function.vector.dtype))

    # Which entries are judged

    @property
    def _shown(self) -> int:
        """How many entries of a large Jacobian are shown one by one, beside the worst."""
        return self._plan.entries or SAMPLED

    @cached_property
    def is_small(self) -> bool:
        return self.rows * self.columns <= CERTIFIED_ENTRIES

    @cached_property
    def at_once(self) -> AtOnce | UnsupportedError:
        """A large Jacobian proved on whole arrays, or why it is not."""
        if self.is_small or not self._may_be_at_once or not np.isfinite(self.function.vector).all():
            return UnsupportedError("it is judged entry by entry")
        try:
            with users_code(self.name):
                return AtOnce(self.function, self.format, self._plan)
        except UnsupportedError as unsupported:
            return unsupported

    @cached_property
    def watched_rows(self) -> list[int]:
        """The rows that reverse mode computes: all, or an even sample of very many."""
        if isinstance(self.at_once, AtOnce):
            return self.at_once.chosen_rows
        return evenly(self.rows, CERTIFIED_ENTRIES)

    @cached_property
    def _deviations(self) -> Matrix:
        """How far JAX's values in the watched rows are from those of the function without its rules, or why that is not known."""
        rules = frozenset(self.function.custom_rules)
        if not rules:
            return np.zeros((len(self.watched_rows), self.columns))
        own, given = self._watched(rules), self._watched(frozenset())
        if isinstance(own, UnsupportedError):
            return own
        return given if isinstance(given, UnsupportedError) else deviations(given, own)

    def _watched(self, without: frozenset[CustomRule]) -> Matrix:
        """The watched rows by reverse mode; by forward mode if JAX has no other, and the columns are not too many."""
        rows = self.reverse if not without else _matrix(self.name, lambda: self.function.reverse(self.watched_rows, without))
        if not isinstance(rows, UnsupportedError) or self.columns > CERTIFIED_ENTRIES:
            return rows
        columns = _matrix(self.name, lambda: self.function.forward(range(self.columns), without))
        return rows if isinstance(columns, UnsupportedError) else columns[self.watched_rows]

    @cached_property
    def chosen(self) -> list[tuple[int, int]]:
        """(row, column) of the entries that are judged."""
        if self.is_small:
            return [(row, column) for row in range(self.rows) for column in range(self.columns)]
        if isinstance(self.at_once, AtOnce):
            return self.at_once.chosen
        worst: list[int] = []
        if not isinstance(self._deviations, UnsupportedError):
            worst = np.argsort(-self._deviations, axis=None, kind="stable")[:SUSPECTS].tolist()
        even = evenly(len(self.watched_rows) * self.columns, self._shown)
        places = [divmod(k, self.columns) for k in dict.fromkeys([*worst, *even])]
        return [(self.watched_rows[row], column) for row, column in places]

    @property
    def screening(self) -> Screening | UnsupportedError | None:
        """How the entries that are not judged one by one were compared, or why they were not; None if all are judged."""
        if self.is_small or isinstance(self.at_once, AtOnce):
            return None
        if isinstance(self._deviations, UnsupportedError):
            return self._deviations
        row, column = divmod(int(self._deviations.argmax()), self.columns)
        where = self.label(self.watched_rows[row], column)
        return Screening(self._deviations.size, len(self.chosen), float(self._deviations.max()), where)

    def label(self, row: int, column: int) -> str:
        return f"d{self.name}{self.function.outputs[row]}/d{self.function.variables[column]}"

    # JAX's values

    @cached_property
    def reverse(self) -> Matrix:
        """The watched rows."""
        return _matrix(self.name, lambda: self.function.reverse(self.watched_rows))

    @cached_property
    def forward(self) -> Matrix:
        """The columns of the chosen entries."""
        return _matrix(self.name, lambda: self.function.forward(self._forward_columns))

    @cached_property
    def _forward_columns(self) -> list[int]:
        return sorted({column for _, column in self.chosen})

    def value(self, mode: str, row: int, column: int) -> Value:
        """What a mode of JAX gives for an entry; by itself, where JAX lacks the derivative by another argument."""
        owner, place = self.owner(mode, column)
        matrix = owner.forward if mode == "forward" else owner.reverse
        if isinstance(matrix, UnsupportedError):
            return matrix
        if mode == "forward":
            return float(matrix[row, owner._forward_columns.index(place)])
        return float(matrix[owner.watched_rows.index(row), place])

    def owner(self, mode: str, column: int) -> tuple[Matrices, int]:
        """This, or where JAX lacks the derivative by another argument those of this column's leaf alone; and the column there."""
        whole = self.forward if mode == "forward" else self.reverse
        if len(self.function.point) == 1 or isinstance(whole, NoForwardMode) or not isinstance(whole, UnsupportedError):
            return self, column
        starts = np.cumsum([0, *(leaf.size for leaf in self.function.point.values())])
        number = int(np.searchsorted(starts, column, side="right")) - 1
        name = list(self.function.point)[number]
        if name not in self._leaves:
            self._leaves[name] = self._leaf(name, int(starts[number]))
        return self._leaves[name], column - int(starts[number])

    def _leaf(self, name: str, start: int) -> Matrices:
        """Those of one leaf, whose columns begin here: what is judged of it is what is judged of the whole."""
        leaf = Matrices(self.function.only(name), self.name, self.format, self._plan)
        leaf.watched_rows = self.watched_rows
        leaf.chosen = [(row, column - start) for row, column in self.chosen if start <= column < start + leaf.columns]
        return leaf

    def lifted(self, mode: str, row: int, column: int) -> Graph:
        """JAX's own program for an entry. Raises UnsupportedError."""
        owner, place = self.owner(mode, column)
        moving, fixed = (row, place) if mode == "forward" else (place, row)
        key = mode, fixed
        if key not in owner._lifted:
            owner._lifted[key] = owner._lift(*key)
        found = owner._lifted[key]
        if isinstance(found, UnsupportedError):
            raise found
        return found[moving]

    def _lift(self, mode: str, fixed: int) -> Mapping[int, Graph] | UnsupportedError:
        """The programs of a column by forward mode, or of a row by reverse mode."""
        try:
            if mode == "forward":
                return dict(enumerate(self.function.forward_graphs(fixed)))
            return self.function.reverse_graphs(fixed, tuple(column for row, column in self.chosen if row == fixed))
        except UnsupportedError as unsupported:
            return unsupported


def _matrix(name: str, compute: Callable[[], NDArray[Any]]) -> Matrix:
    """The matrix from one JAX mode, or why JAX has none; exceptions in user code become UserCodeErrors."""
    try:
        with users_code(name):
            return compute()
    except UnsupportedError as unsupported:
        return unsupported
    except UserCodeError as error:
        if NO_FORWARD_MODE in error.message:
            return NoForwardMode(CUSTOM_VJP)
        if raised_by_jax(error):
            return UnsupportedError(error.message.replace(f"{name} raised", "JAX:", 1))
        raise
