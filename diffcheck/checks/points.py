"""Points: `2`, `x=1,y=2`, `linspace(-4,4,100)`, mappings, rows. A point is a float: what is written is rounded once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.numbers import FORMS, MAX_LETTERS, assigned, read_number, read_numbers, several, spelled
from diffcheck.errors import PointError, shown_in
from diffcheck.floats import exactly
from diffcheck.formats import Format
from diffcheck.language.reading import suggest_product
from diffcheck.printable import quoted, shown
from diffcheck.results import Header, counted

MAX_NAMES = 10  # that a message lists
MAX_NOTES = 4
# names that other programs give to numbers; here they are variables, and science uses them so
NOT_CONSTANTS = {"E": " E is a variable here; Euler's number is e.", "i": " i is a variable here: the language has real numbers only."}

Columns = dict[str, NDArray[Any]]


def from_points(points: object, variables: Sequence[str], fmt: Format) -> Columns:
    """The columns of the points that `at=` of the Python API holds; raises PointError.

    A point is a number of any type, a text as `--at` takes it, a mapping of names to numbers or arrays, or a row with a number for each
    variable. There may be one, or a list or an array of them.
    """
    listed = as_list(points)
    if not listed:
        raise PointError("no point is given", "Write at=2, or a list with at least one point.")
    if len(variables) == 1 and not any(isinstance(point, (str, Mapping)) or _is_row(point) for point in listed):
        return {variables[0]: _numbers(listed, fmt)}
    return _concatenate([_from_point(point, variables, fmt) for point in listed], variables)


def as_list(points: object) -> list[object]:
    """The points of `at=`, one by one; the rows of an array of two dimensions are lists."""
    if not _is_row(points):
        return [points]
    return np.asarray(points).tolist() if hasattr(points, "ndim") else [*points]


def _is_row(value: object) -> TypeGuard[Iterable[object]]:
    """Whether a value holds several others: a list or an array with a dimension, but not a text or a mapping."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)) and getattr(value, "ndim", 1) > 0


def _from_point(point: object, variables: Sequence[str], fmt: Format) -> Columns:
    if isinstance(point, str):
        return _from_text(point, variables, fmt)
    if isinstance(point, Mapping):
        require(point, variables)
        return _broadcast({name: _numbers(point[name], fmt) for name in variables})
    numbers = _numbers(point, fmt)
    if not _is_row(point) and len(variables) > 1:
        raise _unnamed(str(point), variables)
    if len(numbers) != len(variables):
        wanted = counted(len(variables), "variable")
        raise PointError(f"{_represented(point)} holds {len(numbers)} numbers for {wanted}: {listed(variables)}", FORMS)
    return {name: numbers[k : k + 1] for k, name in enumerate(variables)}


def from_texts(texts: Sequence[str], variables: Sequence[str], fmt: Format) -> Columns:
    """The columns of all points that `--at` texts name; raises PointError."""
    return _concatenate([_from_text(text, variables, fmt) for text in texts], variables)


def from_mappings(points: Iterable[Mapping[str, object]], variables: Sequence[str], fmt: Format) -> Columns:
    """The columns of points given as numbers."""
    rows = [{name: _number(value, fmt) for name, value in point.items()} for point in points]
    for row in rows:
        require(row, variables)
    return {name: np.array([row[name] for row in rows], fmt.name) for name in variables}


def _numbers(value: object, fmt: Format) -> NDArray[Any]:
    """A number, or those of a list or an array, each rounded once to the format."""
    return np.array([_number(each, fmt) for each in as_list(value)], fmt.name)


def _number(value: object, fmt: Format) -> float:
    """A coordinate of any type, rounded once to the format; raises PointError."""
    if isinstance(value, str):
        return read_number(value, fmt)
    try:
        number = fmt.of(value)
    except (TypeError, ValueError):
        number = math.nan
    if math.isnan(number):
        raise PointError(f"{_represented(value)} is not a number", "A coordinate is a number.")
    if math.isinf(number) and _is_finite(exactly(value)):
        raise PointError(f"{_represented(value)} is out of the range of {fmt.name}", "")
    return number


def _is_finite(number: Decimal | Fraction) -> bool:
    return isinstance(number, Fraction) or number.is_finite()


def names_in(points: Iterable[object]) -> tuple[str, ...]:
    """The names that points give to their coordinates, as texts or mappings, in their order."""
    parts = ([*point] if isinstance(point, Mapping) else _assigned(point) if isinstance(point, str) else [] for point in points)
    return tuple(dict.fromkeys(name for names in parts for name in names))


def _assigned(text: str) -> list[str]:
    return [name for name, _ in assigned(text) if name]


def _from_text(text: str, variables: Sequence[str], fmt: Format) -> Columns:
    with shown_in(text):
        return _read(text, variables, fmt)


def _read(text: str, variables: Sequence[str], fmt: Format) -> Columns:
    pairs = assigned(text)
    if not any(name for name, _ in pairs):
        if len(variables) != 1:
            raise _unnamed(text, variables)
        return {variables[0]: read_numbers(text, fmt)}
    given: dict[str, NDArray[Any]] = {}
    for name, value in pairs:
        if not name:
            fix = "Write one name=value for each variable; several values of one are x=[1,2,3]."
            raise PointError(f"{_short(value)} has no variable", fix, value)
        if name in given:
            raise PointError(f"{shown(name, MAX_LETTERS)} is given twice", "Write one value for each variable.", name)
        if not value:
            raise PointError(f"{shown(name, MAX_LETTERS)} has no value", FORMS, name)
        given[name] = read_numbers(value, fmt)
    require(given, variables)
    return _broadcast({name: given[name] for name in variables})


def _unnamed(text: str, variables: Sequence[str]) -> PointError:
    given = several(text)
    values = given if len(given) == len(variables) else ["1"] * len(variables)
    assignments = zip(variables[:MAX_NAMES], values, strict=False)
    wanted = ",".join(f"{shown(name)}={shown(value, MAX_LETTERS)}" for name, value in assignments) + ",…" * (len(variables) > MAX_NAMES)
    hint = "".join(NOT_CONSTANTS[name] for name in variables if name in NOT_CONSTANTS)
    problem = f"{_short(text)} does not say which variable it is for: there are {len(variables)} ({listed(variables)})"
    return PointError(problem, f"Write {wanted}.{hint}")


def _broadcast(columns: Columns) -> Columns:
    length = max((len(column) for column in columns.values()), default=1)
    if any(len(column) not in (1, length) for column in columns.values()):
        raise PointError("the ranges have different lengths", "Give each of them as many numbers.")
    return {name: np.broadcast_to(column, (length,)) for name, column in columns.items()}


def noted(header: Header, points: Iterable[object], fmt: Format) -> Header:
    """The same header, which says of the first coordinates that are written as expressions which floats they are."""
    said = islice(dict.fromkeys(spelled(points, header.variables, fmt)), MAX_NOTES)
    return replace(header, note="; ".join(filter(None, [header.note, *said])))


def require(given: Mapping[str, object], variables: Sequence[str]) -> None:
    """Raises PointError unless a value is given for each variable and for nothing else."""
    known = set(variables)
    missing = [name for name in variables if name not in given]
    unknown = [name for name in given if name not in known]
    if missing:
        raise PointError(f"no value for {listed(missing)}", f"Give a value to each variable: {listed(variables)}.{_meant(missing, given)}")
    if unknown:
        fix = f"Its variables: {listed(variables) or 'none'}."
        raise PointError(f"the expression has no variable {listed([*map(repr, unknown)])}", fix, unknown[0])


def _meant(missing: Sequence[str], given: Iterable[str]) -> str:
    """What the names that have no value may be: products of those that have one, or constants of another program."""
    known = [name for name in given if name not in missing]
    products = [f"{name} is one name: for a product write {product}." for name in missing if (product := suggest_product(name, known))]
    return "".join(f" {shown(said, 10 * MAX_LETTERS)}" for said in products[:MAX_NOTES]) + "".join(
        NOT_CONSTANTS[name] for name in missing if name in NOT_CONSTANTS
    )


def _concatenate(parts: Sequence[Columns], variables: Sequence[str]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in variables}


def _short(text: str) -> str:
    return quoted(text, MAX_LETTERS)


def _represented(value: object) -> str:
    return shown(repr(value), MAX_LETTERS)


def listed(names: Sequence[str]) -> str:
    """Names in a message: the first ones, and how many more there are."""
    more = f" and {len(names) - MAX_NAMES:,} more" if len(names) > MAX_NAMES else ""
    return ", ".join(shown(name, MAX_LETTERS) for name in names[:MAX_NAMES]) + more
