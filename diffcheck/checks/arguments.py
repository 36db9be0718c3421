"""The arguments of a function under test: numbers and arrays from texts, Python values, .npz, .npy and CSV files, or at random."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.arrays import read_npy, read_npz
from diffcheck.checks.csv_points import Table
from diffcheck.checks.numbers import assigned, read_number, split
from diffcheck.checks.points import Columns, from_texts, listed
from diffcheck.errors import InputError, PointError
from diffcheck.formats import Format
from diffcheck.printable import shown

Arguments = dict[str, Any]  # by the function's parameters: arrays, or trees of them
MAX_RANDOM = 10_000
ARRAY_FORM = "An array is written x=[1,2,3] or A=[[1,2],[3,4]]."
WHOLE = ("int", int)


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters that a function must be given; those with a default keep it. `whole` are annotated as int."""

    names: tuple[str, ...]
    whole: frozenset[str] = frozenset()

    @classmethod
    def of(cls, function: Callable[..., Any], given: Sequence[str] = ()) -> Parameters:
        """Those of a function's signature; `given` where it takes any number of arguments, or does not say."""
        try:
            found = inspect.signature(function).parameters.values()
        except (TypeError, ValueError):
            return cls(tuple(given) or ("x",))
        if any(parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty for parameter in found):
            raise InputError("the function has arguments that must be given by keyword", "Wrap it in one whose arguments are positional.")
        needed = [p for p in found if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        if not needed and any(parameter.kind is parameter.VAR_POSITIONAL for parameter in found):
            return cls(tuple(given) or ("x",))
        names = tuple(parameter.name for parameter in needed)
        if not names:
            raise InputError("the function takes no argument", "There is nothing to differentiate by.")
        return cls(names, frozenset(parameter.name for parameter in needed if parameter.annotation in WHOLE))

    def cast(self, values: Mapping[str, Any], fmt: Format) -> Arguments:
        """One point: floats rounded to the format, whole numbers where the function says int. Raises PointError."""
        missing, unknown = [n for n in self.names if n not in values], [n for n in values if n not in self.names]
        if missing or unknown:
            problem = f"no value for {listed(missing)}" if missing else f"the function has no argument {listed(unknown)}"
            raise PointError(problem, f"Its arguments: {listed(self.names)}.")
        return {name: jax.tree.map(lambda leaf, name=name: self._leaf(leaf, name, fmt), values[name]) for name in self.names}

    def _leaf(self, leaf: Any, name: str, fmt: Format) -> NDArray[Any]:
        array = np.asarray(leaf)
        if array.dtype == object:  # Decimal, Fraction, integers beyond 64 bits
            array = _rounded(array, name, fmt)
        if name in self.whole:
            return array.astype(np.int64 if fmt.name == "float64" else np.int32)
        if isinstance(leaf, int) and not isinstance(leaf, bool) or np.issubdtype(array.dtype, np.floating):
            with np.errstate(all="ignore"):  # beyond the range is inf, and said by nobody else
                return array.astype(fmt.name)  # a Python number is a coordinate; an array of integers stays what it is
        if array.dtype.kind not in "biu":
            what = f"{name} holds {shown(array.dtype)}, which is not a number"
            raise PointError(what, "Arguments are numbers, arrays, or trees of them.")
        return array


def _rounded(numbers: NDArray[Any], name: str, fmt: Format) -> NDArray[Any]:
    """Numbers of any type, each rounded once to the format."""
    try:
        return np.array([fmt.of(each) for each in numbers.ravel().tolist()], fmt.name).reshape(numbers.shape)
    except (TypeError, ValueError) as error:
        raise PointError(f"{name} holds what is not a number: {error}", "Arguments are numbers, arrays, or trees of them.") from None


def names_in(at: Any) -> tuple[str, ...]:
    """What a point calls the arguments: its names, or numbers for a tuple's entries; of a list the first point counts."""
    first = at[0] if isinstance(at, list) and at else at
    if isinstance(first, str):
        return tuple(name for name, _ in assigned(first) if name)
    if isinstance(first, Mapping):
        return tuple(map(str, first))
    return tuple(f"x{k}" for k in range(len(first))) if isinstance(first, tuple) else ()


def from_value(at: Any, parameters: Parameters, fmt: Format) -> list[Arguments]:
    """The points that `at=` of the Python API means: one, or a list of them."""
    points = at if isinstance(at, list) else [at]
    if not points:
        raise PointError("no point is given", "Write at=2, or a list with at least one point.")
    return [point for one in points for point in _from_one(one, parameters, fmt)]


def _from_one(at: Any, parameters: Parameters, fmt: Format) -> list[Arguments]:
    names = parameters.names
    if isinstance(at, str):
        return from_point_texts([at], parameters, fmt)
    if isinstance(at, Mapping) and set(at) & set(names):
        return [parameters.cast(at, fmt)]
    if isinstance(at, tuple) and len(at) == len(names):
        return [parameters.cast(dict(zip(names, at, strict=True)), fmt)]
    if len(names) == 1:
        return [parameters.cast({names[0]: at}, fmt)]
    raise PointError(f"the point {at!r} does not say what each argument is", f"Give a tuple or a mapping: {', '.join(names)}.")


def from_point_texts(texts: Sequence[str], parameters: Parameters, fmt: Format) -> list[Arguments]:
    """The points that `--at` texts name: x=1,y=2, linspace, and arrays in brackets."""
    points: list[Arguments] = []
    for text in texts:
        _require_names(text, parameters)
        if "[" in text:
            points.append(_with_arrays(text, parameters, fmt))
        else:
            points += _rows(from_texts([text], parameters.names, fmt), parameters, fmt)
    return points


def _require_names(text: str, parameters: Parameters) -> None:
    """Every name in a point is an argument's, and numbers side by side have one; raises PointError."""
    parts = split(text)
    unknown = [name for part in parts if (name := part.partition("=")[0].strip()) not in parameters.names and "=" in part]
    if unknown:
        raise PointError(f"the function has no argument {listed(unknown)}", f"Its arguments: {', '.join(parameters.names)}.")
    if len(parts) > 1 and not any("=" in part for part in parts):
        names = parameters.names
        several = f"Write {','.join(f'{name}=…' for name in names)}. {ARRAY_FORM}"
        fix = several if len(names) > 1 else f'Write --at "{names[0]}=[{text}]" for an array, or one --at for each point.'
        raise PointError(f"{text!r} does not say which argument is which", fix)


def _rows(columns: Columns, parameters: Parameters, fmt: Format) -> list[Arguments]:
    return [parameters.cast(dict(zip(columns, row, strict=True)), fmt) for row in zip(*columns.values(), strict=True)]


def _with_arrays(text: str, parameters: Parameters, fmt: Format) -> Arguments:
    values: dict[str, Any] = {}
    for part in split(text):
        name, equals, value = part.partition("=")
        if not equals and len(parameters.names) != 1:
            fix = f"{ARRAY_FORM} The arguments: {', '.join(parameters.names)}."
            raise PointError(f"{part!r} does not say which argument it is for", fix)
        values[name.strip() if equals else parameters.names[0]] = _array(value if equals else part, fmt)
    return parameters.cast(values, fmt)


def _array(text: str, fmt: Format) -> NDArray[Any]:
    text = text.strip()
    if not text.startswith("["):
        return np.asarray(read_number(text, fmt))
    if not text.endswith("]"):
        raise PointError(f"{text!r} lacks a closing bracket", ARRAY_FORM)
    rows = [_array(part, fmt) for part in split(text[1:-1])] if text[1:-1].strip() else []
    if len({row.shape for row in rows}) > 1:
        raise PointError(f"the rows of {text!r} have different lengths", ARRAY_FORM)
    return np.array(rows, np.float64)


def from_file(path: Path, parameters: Parameters, fmt: Format) -> list[Arguments]:
    """One point of an .npz file (an array an argument) or an .npy file (one argument), or the scalars of a CSV file."""
    if path.suffix == ".npz":
        return [parameters.cast(read_npz(path), fmt)]
    if path.suffix == ".npy":
        return _from_one(read_npy(path), parameters, fmt)
    with Table(path) as table:
        return _rows(table.columns(parameters.names, fmt), parameters, fmt)


def at_random(count: int, seed: int, texts: Iterable[str], shapes: Iterable[str], parameters: Parameters, fmt: Format) -> list[Arguments]:
    """Points that are uniform in a domain (`--domain -1,1`, `--domain x=0,10`), for arguments of some shapes (`--shape A=3,3`)."""
    if not 1 <= count <= MAX_RANDOM:
        raise PointError(f"{count} is not a number of random points", f"It may be 1 to {MAX_RANDOM:,}.")
    generator = np.random.default_rng(seed)
    domains = {name: _interval(value, fmt) for name, value in _by_name(texts, parameters).items()}
    sizes = {name: _shape(value) for name, value in _by_name(shapes, parameters).items()}

    def value(name: str) -> NDArray[Any]:
        lower, upper = domains.get(name, (-1.0, 1.0))
        if name in parameters.whole:
            return np.asarray(generator.integers(int(lower), int(upper), sizes.get(name, ()), endpoint=True))
        return np.asarray(generator.uniform(lower, upper, sizes.get(name, ())))

    return [parameters.cast({name: value(name) for name in parameters.names}, fmt) for _ in range(count)]


def _by_name(texts: Iterable[str], parameters: Parameters) -> dict[str, str]:
    """`x=…` is for x, a text without a name for every argument."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if equals and name.strip() not in parameters.names:
            raise PointError(f"the function has no argument {name.strip()}", f"Its arguments: {', '.join(parameters.names)}.")
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
