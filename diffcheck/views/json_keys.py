"""The keys of JSON objects, a row each: from the rows come what is written, what is read back, and the schema.

A number that a float can hold is a JSON number of up to 17 digits; an enclosure's float midpoint and radius contain the decimal ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import GenericAlias
from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic reads typing's only from Python 3.12 on

from diffcheck.enclosure import UP, Enclosure

SMALLEST_NORMAL = 2.0**-1022
Number = float | str  # a text where JSON has no such number: "nan", "inf", "-inf", or out of the range of floats
encode = json.JSONEncoder(allow_nan=False).encode
text = json.encoder.encode_basestring_ascii  # ASCII: a lone surrogate in an id can be written too
_typed_dict: Any = TypedDict


@dataclass(frozen=True, slots=True)
class Key:
    """A key that tells of the attribute `of`, by default that of its own name.

    `read` makes the attribute of what JSON holds, None if that is left out; without it, another key tells as much. An optional
    one is left out where the attribute is empty.
    """

    name: str
    type: Any  # in the schema
    write: Callable[[Any], str]
    read: Callable[[Any], Any] | None = None
    of: str = ""
    is_optional: bool = False


class Keys:
    """Keys that stand side by side.

    Their writer and their reader are compiled to one expression each, as dataclasses compile theirs: a million samples pass through
    here, and json.dumps of a dictionary takes three times as long.
    """

    def __init__(self, *rows: Key, make: Callable[..., Any] = dict) -> None:
        self._rows = rows
        writers = {f"write_{row.name}": _with_name(row) if row.is_optional else row.write for row in rows}
        written = [("%s" if row.is_optional else f', "{row.name}": %s') % f"{{write_{row.name}(of.{row.of or row.name})}}" for row in rows]
        self.written: Callable[[Any], str] = eval(f"lambda of: f'{''.join(written).removeprefix(', ')}'", writers)
        """The keys and values of a thing, without the braces around them."""
        readers = {f"read_{row.name}": row.read for row in rows} | {"make": make}
        read = [f"{row.of or row.name}={_reading(row)}" for row in rows if row.read is not None]
        self.read: Callable[[Mapping[str, Any]], Any] = eval(f"lambda found: make({', '.join(read)})", readers)
        """What `make` makes of the attributes that JSON tells of, by name."""

    @property
    def types(self) -> dict[str, Any]:
        """For the schema."""
        return {row.name: NotRequired[row.type] if row.is_optional else row.type for row in self._rows}

    def object(self, of: Any) -> str:
        return f"{{{self.written(of)}}}"

    def array(self, of: Iterable[Any]) -> str:
        return f"[{', '.join(map(self.object, of))}]"


def _with_name(row: Key) -> Callable[[Any], str]:
    """Writes an optional key and its value, or nothing."""
    return lambda value: f', "{row.name}": {row.write(value)}' if value or value is False else ""


def _reading(row: Key) -> str:
    found = f"found.get('{row.name}')" if row.is_optional else f"found['{row.name}']"
    return found if row.read is as_it_is else f"read_{row.name}({found})"


def form(name: str, types: Mapping[str, Any], meaning: str = "") -> Any:
    """The TypedDict of objects with keys of these types, of which the schema is made."""
    found = _typed_dict(name, types)
    found.__doc__ = meaning or None
    return found


def list_of(kind: Any) -> Any:
    """The type of a list of such things, where `kind` is such a form."""
    return GenericAlias(list, (kind,))


def as_it_is(value: Any) -> Any:
    return value


def or_empty(value: str | None) -> str:
    return value or ""


def in_the_text(_: object) -> None:
    """Stays in the line of JSON, which holds all digits."""


def or_null(write: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda value: "null" if value is None else write(value)


def truth(value: bool) -> str:
    return "true" if value else "false"


def member(value: Enum) -> str:
    return f'"{value._value_}"'


def hexadecimal(value: float | None) -> str:
    return "null" if value is None else f'"{value.hex()}"'


def by_name(write: Callable[[Any], str]) -> Callable[[Mapping[str, Any]], str]:
    return lambda values: f"{{{', '.join([f'{text(name)}: {write(value)}' for name, value in values.items()])}}}"


def number_json(value: float | None) -> str:
    """A number, as a text where JSON has no such number."""
    if value is None:
        return "null"
    return repr(value) if math.isfinite(value) else f'"{value}"'


def read_number(value: Number | None) -> float | None:
    return None if value is None else float(value)


def enclosure_json(enclosure: Enclosure | None) -> str:
    """An enclosure, with floats and with all its digits."""
    if enclosure is None:
        return "null"
    midpoint, radius = _float_interval(enclosure)
    lower, upper = _decimal(enclosure.lower), _decimal(enclosure.upper)
    return f'{{"midpoint": {midpoint}, "radius": {radius}, "lower": {lower}, "upper": {upper}}}'


def _float_interval(enclosure: Enclosure) -> tuple[str, str]:
    """Floats whose interval contains the decimal one; the decimals themselves as texts where floats lack the range."""
    midpoint = float(enclosure.midpoint)
    if math.isfinite(midpoint) and (abs(midpoint) >= SMALLEST_NORMAL or not enclosure.midpoint):
        low, high = sorted((enclosure.midpoint, Decimal(midpoint)))
        exact = UP.add(enclosure.radius, UP.subtract(high, low))
        radius = float(exact)
        if math.isfinite(radius):
            return repr(midpoint), repr(radius if Decimal(radius) >= exact else math.nextafter(radius, math.inf))
    return _decimal(enclosure.midpoint), _decimal(enclosure.radius)


def _decimal(number: Decimal) -> str:
    return f'"{number}"' if number.is_finite() else f'"{float(number)}"'
