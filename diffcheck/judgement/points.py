"""Points: `2`, `x=1,y=2`, `linspace(-4,4,100)`. A point is a float: its decimal text is rounded once."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from diffcheck.errors import PointError
from diffcheck.floats import exactly
from diffcheck.judgement.formats import Format
from diffcheck.printable import quoted, shown
from diffcheck.results import counted

MAX_POINTS = 100_000_000
MAX_LETTERS = 40  # of what is quoted in a message
MAX_NAMES = 10  # that a message lists
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?")
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]+(\.[0-9a-fA-F]*)?([pP][+-]?\d{1,4})?")
_INFINITE = re.compile(r"([+-]?)inf(inity)?", re.IGNORECASE)
_LINSPACE = re.compile(r"linspace\(([^()]*)\)")

FORMS = "A point is a decimal number such as 2, -0.5 or 1e-3, or x=1,y=2, or linspace(-4,4,100)."

Columns = dict[str, NDArray[Any]]


def read_number(text: str, fmt: Format) -> float:
    """One coordinate, rounded once to the format, or infinite where it is written so; raises PointError."""
    text = text.strip().replace("−", "-")
    if infinite := _INFINITE.fullmatch(text):
        return -math.inf if infinite[1] == "-" else math.inf
    if _HEX.fullmatch(text):
        number = fmt.round(Decimal(_from_hex(text)))
    elif _DECIMAL.fullmatch(text) and len(text) <= 1000:
        number = fmt.round(Decimal(text))
    else:
        raise PointError(f"{_short(text)} is not a number", FORMS)
    if math.isinf(number):
        raise PointError(f"{_short(text)} is out of the range of {fmt.name}", "")
    return number


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


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
        return _broadcast({name: _numbers(point[name], fmt) for name in variables}, str(dict(point)))
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
    return [part.partition("=")[0].strip() for part in _split(text) if "=" in part]


def _from_text(text: str, variables: Sequence[str], fmt: Format) -> Columns:
    parts = _split(text)
    if len(parts) == 1 and "=" not in parts[0]:
        if len(variables) != 1:
            raise _unnamed(text, variables)
        return {variables[0]: _range(parts[0], fmt)}
    given: dict[str, NDArray[Any]] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals:
            fix = "Write one name=value for each variable; each further point has an --at of its own."
            raise PointError(f"{_short(part)} in {_short(text)} has no variable", fix)
        if name.strip() in given:
            raise PointError(f"{shown(name.strip(), MAX_LETTERS)} is given twice in {_short(text)}", "")
        given[name.strip()] = _range(value, fmt)
    require(given, variables)
    return _broadcast({name: given[name] for name in variables}, text)


def _unnamed(text: str, variables: Sequence[str]) -> PointError:
    wanted = ",".join(f"{shown(name)}=1" for name in variables[:MAX_NAMES]) + ",…" * (len(variables) > MAX_NAMES)
    problem = f"{_short(text)} does not say which variable it is for: there are {len(variables)} ({listed(variables)})"
    return PointError(problem, f"Write {wanted}.")


def _split(text: str) -> list[str]:
    """Split at commas outside brackets."""
    return re.split(r",(?![^()]*\))", text)


def _range(text: str, fmt: Format) -> NDArray[Any]:
    spaced = _LINSPACE.fullmatch(text.strip())
    if spaced is None:
        return np.array([read_number(text, fmt)], fmt.name)
    ends = spaced[1].split(",")
    count = ends[2].strip() if len(ends) == 3 else ""
    if not re.fullmatch(r"\d{1,9}", count) or not 1 <= int(count) <= MAX_POINTS:
        raise PointError(f"{_short(text)} is not a range", f"Write linspace(first, last, count) with a count of 1 to {MAX_POINTS:,}.")
    first, last = (read_number(end, fmt) for end in ends[:2])
    if not math.isfinite(last - first):
        raise PointError(f"{_short(text)} is too long for equal steps", "")
    return np.linspace(first, last, int(count), dtype=fmt.name)


def _broadcast(columns: Columns, text: str) -> Columns:
    length = max((len(column) for column in columns.values()), default=1)
    if any(len(column) not in (1, length) for column in columns.values()):
        raise PointError(f"the ranges in {_short(text)} have different lengths", "Give every linspace the same count.")
    return {name: np.broadcast_to(column, (length,)) for name, column in columns.items()}


def require(given: Mapping[str, object], variables: Sequence[str]) -> None:
    """Raises PointError unless a value is given for each variable and for nothing else."""
    known = set(variables)
    missing = [name for name in variables if name not in given]
    unknown = [repr(name) for name in given if name not in known]
    if missing:
        raise PointError(f"no value for {listed(missing)}", f"A point needs {listed(variables)}.")
    if unknown:
        raise PointError(f"the expression has no variable {listed(unknown)}", f"Its variables: {listed(variables) or 'none'}.")


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
