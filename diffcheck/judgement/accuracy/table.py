"""The measured accuracy of JAX's functions, and what it allows rounding to do.

`accuracy.toml` has a section for each JAX version, platform and number format, and in it a line for each function. It is
written by `python -m diffcheck.judgement.accuracy`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any

from diffcheck.formats import format_named
from diffcheck.graph.functions import ROWS

PLATFORM = "cpu"  # the one that was measured
LIMIT_ULPS = 4096.0  # errors beyond are faults: they are recorded, and do not count; half the bits, in shorter formats
MARGIN = 2.0  # a sample does not hit the largest error of a function
CORRECTLY_ROUNDED = frozenset(row.name for row in ROWS if row.is_correctly_rounded)  # no argument can exceed what was measured
DATA = "accuracy.toml"
PREFACE = "# Written by python -m diffcheck.judgement.accuracy, which measures what it says. Not to be edited.\n"

Place = tuple[float, ...]  # values of a function's parameters, in their order


def limit_of(dtype: str) -> float:
    """The ulps beyond which an error is a fault in this format."""
    return min(LIMIT_ULPS, 2.0 ** (format_named(dtype).precision_bits // 2))


@dataclass(frozen=True, slots=True)
class Faults:
    """Where errors exceed the limit: the worst one (infinite where JAX has no number), and the box around all that were found."""

    worst: float  # ulps
    at: Place
    lower: Place
    upper: Place


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The largest error of a function, in ulps of the true value, among those that are not faults, and where it was found."""

    ulps: float
    at: Place
    faults: Faults | None = None


Measured = dict[str, Accuracy]  # by function
Table = dict[tuple[str, str, str], Measured]  # by JAX version, platform and format


@dataclass(frozen=True, slots=True)
class Roundings:
    """cᵢ: how many units roundoff one call of a function may be off. `note` says why they are not those of the JAX in use."""

    ulps: Mapping[str, float]
    limit: float
    note: str = ""

    def __call__(self, function: str) -> float:
        """An ulp is at most two units roundoff of the result. A function that was not measured is as bad as any."""
        margin = 1.0 if function in CORRECTLY_ROUNDED else MARGIN
        return 2 * margin * self.ulps.get(function, self.limit)


def roundings_here(dtype: str) -> Roundings:
    """The bounds for the JAX that runs here."""
    import jax

    return roundings(jax.__version__, dtype)


@cache
def roundings(version: str, dtype: str) -> Roundings:
    """The bounds for a JAX version and number format, from the data that came with the package."""
    return bounds(shipped(), version, dtype)


def bounds(table: Table, version: str, dtype: str) -> Roundings:
    """The bounds that were measured; where there are none, the widest of all versions, and a note."""
    measured = table.get((version, PLATFORM, dtype))
    if measured is not None:
        return Roundings({function: accuracy.ulps for function, accuracy in measured.items()}, limit_of(dtype))
    widest: dict[str, float] = {}
    for key, others in table.items():
        if key[1:] == (PLATFORM, dtype):
            widest |= {name: max(accuracy.ulps, widest.get(name, 0.0)) for name, accuracy in others.items()}
    return Roundings(widest, limit_of(dtype), f"no accuracy was measured for {dtype} of JAX {version}: the widest known bounds are used")


@cache
def shipped() -> Table:
    """The data that came with the package."""
    return read(resources.files(__package__).joinpath(DATA).read_text(encoding="utf-8"))


def read(text: str) -> Table:
    """A table from its text."""
    return {
        (version, platform, dtype): {function: _accuracy(entry) for function, entry in measured.items()}
        for version, platforms in tomllib.loads(text).items()
        for platform, formats in platforms.items()
        for dtype, measured in formats.items()
    }


def _accuracy(entry: Mapping[str, Any]) -> Accuracy:
    faults = entry.get("faults")
    return Accuracy(entry["ulps"], tuple(entry["at"]), Faults(**{key: _tuple(value) for key, value in faults.items()}) if faults else None)


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def written(table: Table) -> str:
    """The text of a table: a section for each key, a line for each function."""
    return PREFACE + "".join(_section(*key, measured) for key, measured in sorted(table.items()))


def _section(version: str, platform: str, dtype: str, measured: Measured) -> str:
    lines = (f"{function} = {_inline(asdict(accuracy))}\n" for function, accuracy in measured.items())
    return f'\n["{version}".{platform}.{dtype}]\n{"".join(lines)}'


def _inline(entry: Mapping[str, Any]) -> str:
    """A dictionary as an inline table of TOML, without what is missing."""
    return f"{{{', '.join(f'{key} = {_value(value)}' for key, value in entry.items() if value is not None)}}}"


def _value(value: float | Place | Mapping[str, Any]) -> str:
    """Numbers as Python writes them: TOML reads the same floats."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(repr, value))}]"
    return repr(value) if isinstance(value, float) else _inline(value)
