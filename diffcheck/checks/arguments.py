"""The points of a function under test, each a call: from Python values, texts, .npz, .npy and CSV files, or at random."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.arrays import read_npy, read_npz
from diffcheck.checks.calling import UNNAMED, BoundCall, Exactly, Parameters
from diffcheck.checks.csv_points import Table
from diffcheck.checks.leaves import Integers, cast, scalar
from diffcheck.checks.named import tree_of
from diffcheck.checks.numbers import assigned, read_number, split
from diffcheck.checks.points import Columns, from_texts, listed
from diffcheck.errors import PointError, shown_in
from diffcheck.formats import FORMATS, Format
from diffcheck.processes.limits import available_megabytes

MAX_RANDOM = 10_000
WRITTEN = FORMATS["float64"]  # the format of numbers that are written out, unless one is given
ARRAY_FORM = "An array is written x=[1,2,3] or A=[[1,2],[3,4]]."


def names_in(at: Any) -> tuple[str, ...]:
    """What a point calls the arguments: its names, or numbers for a tuple's entries; of a list the first point counts."""
    first = at[0] if isinstance(at, list) and at else at
    match first:
        case str():
            return tuple(name for name, _ in assigned(first) if name)
        case Mapping():
            return tuple(map(str, first))
        case tuple() | Exactly():
            values = first if isinstance(first, tuple) else first.args
            return tuple(f"x{k}" for k in range(len(values)))
    return ()


def from_value(at: Any, parameters: Parameters, fmt: Format | None, integers: Integers = Integers.AS_GIVEN) -> list[BoundCall]:
    """The points that `at=` of the Python API means: one, or a list of them. Without a format, arrays keep their own."""
    points = at if isinstance(at, list) else [at]
    if not points:
        raise PointError("no point is given", "Write at=2, or a list with at least one point.")
    return [call for one in points for call in _from_one(one, parameters, fmt, integers)]


def _from_one(at: Any, parameters: Parameters, fmt: Format | None, integers: Integers) -> list[BoundCall]:
    if isinstance(at, str):
        return from_point_texts([at], parameters, fmt)
    return [_rounded(parameters.meant(at), parameters, fmt, integers)]


def _rounded(call: BoundCall, parameters: Parameters, fmt: Format | None, integers: Integers = Integers.COORDINATES) -> BoundCall:
    """A call with its floats in the format; by default one whose numbers were written by hand, or are all floats."""
    static = call.static if integers is Integers.AS_GIVEN else {name: _plain(value) for name, value in call.static.items()}
    return replace(call, arguments=cast(call.arguments, fmt, parameters.whole, integers), static=static)


def _plain(value: Any) -> Any:
    """What was read as a float, as the Python number that a static argument is: 3 for 3.0."""
    number = scalar(value)
    return int(number) if isinstance(number, float) and number.is_integer() else number


def from_point_texts(texts: Sequence[str], parameters: Parameters, fmt: Format | None) -> list[BoundCall]:
    """The points that `--at` texts name: x=1,y=2, linspace, and arrays in brackets; in float64 unless a format is given."""
    points = list[BoundCall]()
    for text in texts:
        with shown_in(text):
            points += _of_text(text, parameters, fmt or WRITTEN)
    return points


def _of_text(text: str, parameters: Parameters, fmt: Format) -> list[BoundCall]:
    named = [name for name, _ in assigned(text) if name]
    _require_names(text, parameters)
    if "[" in text:
        return [_with_arrays(text, parameters, fmt)]
    return _rows(from_texts([text], tuple(dict.fromkeys(named)) or parameters.unnamed, fmt), parameters, fmt)


def require_alike(direction: BoundCall, point: BoundCall) -> None:
    """Raises PointError unless a direction has a number for each of the point."""
    if missing := [name for name in point.arguments if name not in direction.arguments]:
        raise PointError(f"no value for {listed(missing)}", "A direction has one for each argument that the point has.")
    for name, value in direction.arguments.items():
        if name not in point.arguments:
            raise PointError(f"the direction has {name}, and the point has not", "Leave it out, or give it to the point too.", name)
        theirs, ours = (jax.tree.map(np.shape, each) for each in (value, point.arguments[name]))
        if theirs != ours:
            raise PointError(f"{name} has the shape {theirs} in the direction, and {ours} in the point", "Give both the same shape.", name)


def _require_names(text: str, parameters: Parameters) -> None:
    """Every name in a point is an argument's, once, and numbers side by side have one; raises PointError."""
    parts = split(text)
    named = [part.partition("=")[0].strip() for part in parts if "=" in part]
    unknown = [] if parameters.others else [name for name in named if name not in parameters.known]
    if unknown:
        raise PointError(f"the function has no argument {listed(unknown)}", f"Its arguments: {', '.join(parameters.known)}.", unknown[0])
    if twice := [name for name in dict.fromkeys(named) if named.count(name) > 1]:
        raise PointError(f"{listed(twice)} is given twice", "Write one value for each argument.", twice[0])
    if len(parts) > 1 and not named:
        names = parameters.unnamed
        several = f"Write {','.join(f'{name}=…' for name in names)}. {ARRAY_FORM}"
        fix = several if len(names) > 1 else f'Write --at "{names[0]}=[{text}]" for an array, or one --at for each point.'
        raise PointError(f"{text!r} does not say which argument is which", fix)


def _rows(columns: Columns, parameters: Parameters, fmt: Format) -> list[BoundCall]:
    rows = zip(*columns.values(), strict=True)
    return [_named(dict(zip(columns, row, strict=True)), parameters, fmt) for row in rows]


def _named(values: Mapping[str, Any], parameters: Parameters, fmt: Format) -> BoundCall:
    """Numbers by name; one without is given by position to a function that names none."""
    is_unnamed = tuple(values) == UNNAMED and not parameters.known and bool(parameters.further)
    call = parameters.bound(tuple(values.values()), {}) if is_unnamed else parameters.bound((), values)
    return _rounded(call, parameters, fmt)


def _with_arrays(text: str, parameters: Parameters, fmt: Format) -> BoundCall:
    values: dict[str, Any] = {}
    for part in split(text):
        name, equals, value = part.partition("=")
        if not equals and len(parameters.unnamed) != 1:
            fix = f"{ARRAY_FORM} The arguments: {', '.join(parameters.names)}."
            raise PointError(f"{part!r} does not say which argument it is for", fix, part.strip())
        values[name.strip() if equals else parameters.unnamed[0]] = _array(value if equals else part, fmt)
    return _named(values, parameters, fmt)


def _array(text: str, fmt: Format) -> NDArray[Any]:
    text = text.strip()
    if not text.startswith("["):
        return np.asarray(read_number(text, fmt))
    if not text.endswith("]"):
        raise PointError(f"{text!r} lacks a closing bracket", ARRAY_FORM, text)
    rows = [_array(part, fmt) for part in split(text[1:-1])] if text[1:-1].strip() else []
    if not rows:
        raise PointError(f"{text!r} is an empty array", ARRAY_FORM)
    if len({row.shape for row in rows}) > 1:
        raise PointError(f"the rows of {text!r} have different lengths", ARRAY_FORM, text)
    return np.array(rows, np.float64)


def from_file(path: Path, parameters: Parameters, fmt: Format | None) -> list[BoundCall]:
    """One point of an .npz file (arrays and, by dotted names, trees of them) or an .npy file, or the scalars of a CSV file."""
    if path.suffix in (".npz", ".npy"):
        at = tree_of(read_npz(path)) if path.suffix == ".npz" else read_npy(path)
        return [_rounded(parameters.meant(at), parameters, fmt, Integers.AS_GIVEN)]
    with Table(path) as table:
        return _rows(table.columns(parameters.names, fmt or WRITTEN), parameters, fmt or WRITTEN)


def at_random(
    count: int, seed: int, texts: Iterable[str], shapes: Iterable[str], parameters: Parameters, fmt: Format | None
) -> list[BoundCall]:
    """Points that are uniform in a domain (`--domain -1,1`, `--domain x=0,10`), for arguments of some shapes (`--shape A=3,3`)."""
    if not 1 <= count <= MAX_RANDOM:
        raise PointError(f"{count} is not a number of random points", f"It may be 1 to {MAX_RANDOM:,}.")
    fmt, generator = fmt or WRITTEN, np.random.default_rng(seed)
    domains = {name: _interval(value, fmt) for name, value in _by_name(texts, parameters).items()}
    sizes = {name: _shape(value) for name, value in _by_name(shapes, parameters).items()}

    _require_memory(count, sizes)

    def value(name: str) -> NDArray[Any]:
        lower, upper = domains.get(name, (-1.0, 1.0))
        if name in parameters.whole:
            return np.asarray(generator.integers(int(lower), int(upper), sizes.get(name, ()), endpoint=True))
        return np.asarray(generator.uniform(lower, upper, sizes.get(name, ())))

    return [_named({name: value(name) for name in parameters.names}, parameters, fmt) for _ in range(count)]


def _require_memory(count: int, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Raises PointError where random arrays need more memory than there is."""
    available, needed = available_megabytes(), sum(map(math.prod, shapes.values())) * count * np.float64().itemsize >> 20
    if available is not None and needed > available:
        raise PointError(f"random arrays of these shapes need {needed:,} MB, and there are {available:,} MB", "Give smaller shapes.")


def _by_name(texts: Iterable[str], parameters: Parameters) -> dict[str, str]:
    """`x=…` is for x, a text without a name for every argument."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and name.strip() not in parameters.names:
            known = f"Its arguments: {', '.join(parameters.names)}."
            with shown_in(text):
                raise PointError(f"the function has no argument {name.strip()}", known, name.strip())
        found |= {name.strip(): value} if equals else dict.fromkeys(parameters.names, text)
    return found


def _interval(text: str, fmt: Format) -> tuple[float, float]:
    ends = [read_number(end, fmt) for end in text.split(",")]
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise PointError(f"{text!r} is not an interval", "Write --domain -1,1 or --domain x=0,10.")
    return ends[0], ends[1]


def _shape(text: str) -> tuple[int, ...]:
    sizes = text.split(",")
    if not all(re.fullmatch(r"\s*\d{1,9}\s*", size) for size in sizes):
        raise PointError(f"{text!r} is not a shape", "Write --shape 3 or --shape A=3,3.")
    return tuple(map(int, sizes))
