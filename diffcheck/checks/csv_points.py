"""Points from a CSV file with a column for each variable: read line by line, within bounds."""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.numbers import MAX_POINTS, read_number
from diffcheck.checks.points import Columns, listed, require
from diffcheck.errors import PointError
from diffcheck.formats import Format
from diffcheck.printable import quoted, shown
from diffcheck.reading import OpenFile, opened

MAX_LINE = 1_000_000  # letters
CSV_FORM = "--points wants a CSV file with a column for each variable."


class Table:
    """A CSV file that is open, for the names of its columns and then for its points, even if it is a pipe."""

    def __init__(self, path: Path) -> None:
        """Raises PointError where it cannot be opened."""
        self._path = path
        try:
            self._source: OpenFile = opened(path)
        except OSError as error:
            raise PointError(f"cannot read {shown(path)}: {error.strerror}", CSV_FORM) from error

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *ended: object) -> None:
        self._source.close()

    def names(self) -> tuple[str, ...]:
        """The names of the columns; none if it has none, or cannot be read."""
        try:
            return tuple(cell.strip() for cell in next(self._rows(), []))
        except (UnicodeDecodeError, csv.Error, PointError):
            return ()

    def columns(self, variables: Sequence[str], fmt: Format) -> Columns:
        """The points. One variable: the first line, which names it, may be missing. Raises PointError."""
        try:
            return self._from_rows(self._rows(), variables, fmt)
        except (UnicodeDecodeError, csv.Error) as error:
            raise PointError(f"{shown(self._path)} is not a CSV file in UTF-8: {error}", CSV_FORM) from error

    def _rows(self) -> Iterator[list[str]]:
        return csv.reader(self._lines())

    def _lines(self) -> Iterator[str]:
        with io.TextIOWrapper(self._source.stream(), encoding="utf-8-sig", newline="") as text:
            number = 0
            while line := text.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise self._error(number, f"the line is longer than {MAX_LINE:,} letters")
                yield line

    def _error(self, line: int, what: str, fix: str = "") -> PointError:
        return PointError(f"{shown(self._path)}:{line}: {what}", fix)

    def _from_rows(self, rows: Iterator[list[str]], variables: Sequence[str], fmt: Format) -> Columns:
        first = next(rows, None)
        if first is None:
            raise PointError(f"{shown(self._path)} is empty", "The first line names the variables, the others hold one point each.")
        places, numbers = self._header(first, variables), array("d")
        if places is None:
            places = {variables[0]: 0}
            numbers.append(self._number(first[0], 1, fmt))
        for line, row in enumerate(rows, 2):
            if row and len(row) != len(places):
                raise self._error(line, f"{len(row):,} cells, but {len(places):,} columns")
            numbers.extend(self._number(cell, line, fmt) for cell in row)
            if len(numbers) > MAX_POINTS * len(places):
                raise self._error(line, f"there are more than {MAX_POINTS:,} points")
        if not numbers:
            raise PointError(f"{shown(self._path)} holds no points", "")
        return _columns(numbers, places, variables, fmt)

    def _header(self, first: Sequence[str], variables: Sequence[str]) -> Mapping[str, int] | None:
        """Where each variable's column is; None where the first line is a number already."""
        names = [cell.strip() for cell in first]
        if len(names) == 1 and ";" in names[0]:
            raise self._error(1, f"no value for {listed(variables)}; the columns are separated by ;", "Separate them by commas.")
        if len(variables) == 1 and len(names) == 1 and names[0] not in variables:
            if names[0].isidentifier():
                fix = f"Name the column {variables[0]}."
                raise self._error(1, f"there is no column {variables[0]}, but one for {shown(names[0])}", fix)
            return None
        places = {name: place for place, name in enumerate(names)}
        try:
            require(places, variables)
        except PointError as error:
            found = f"the columns are {listed(names)}"
            wanted = f"The first line is {','.join(variables)}, the names of the columns with commas between them."
            raise self._error(1, f"{error.message}; {found}", wanted) from None
        if len(places) < len(names):
            twice = next(name for place, name in enumerate(names) if places[name] != place)
            raise self._error(1, f"there are two columns {quoted(twice)}", "Name each variable once.")
        return places

    def _number(self, cell: str, line: int, fmt: Format) -> float:
        try:
            if not cell.strip():
                raise PointError("a cell is empty", "Write a number into each cell.")
            return read_number(cell, fmt)
        except PointError as error:
            raise self._error(line, error.message, error.fix) from None


def _columns(numbers: array[float], places: Mapping[str, int], variables: Sequence[str], fmt: Format) -> Columns:
    table: NDArray[Any] = np.frombuffer(numbers).reshape(-1, len(places)).astype(fmt.name)
    return {name: table[:, places[name]] for name in variables}
