"""Numbers as people type them: `2`, `1e-3`, `pi/2`, `sqrt(2)`, `0x1p-3`, and several at once: `1,2,3`, `-1:1:0.1`, `linspace(-4,4,100)`.

Each is taken exactly, or proved closely enough, and rounded once to the format under test.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.certified import enclose_value
from diffcheck.errors import ExpressionError, PointError
from diffcheck.formats import Format
from diffcheck.graph.build import read
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.language.written import plain_name, unquoted
from diffcheck.printable import quoted

MAX_POINTS = 100_000_000
MAX_LETTERS = 40  # of what is quoted in a message
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,5})?")
_HEX = re.compile(r"[+-]?0[xX][0-9a-fA-F]+(\.[0-9a-fA-F]*)?([pP][+-]?\d{1,4})?")
_INFINITE = re.compile(r"([+-]?)(?:inf(?:inity)?|∞)", re.IGNORECASE)
_CALL = re.compile(r"(?:np\.|jnp\.|numpy\.|jax\.numpy\.|torch\.)?(\w+)\((.*)\)", re.DOTALL)
_ARRAY = re.compile(r"(?:np|jnp|numpy|torch)\.(?:array|asarray|tensor)\(\s*(\[.*\])\s*\)", re.DOTALL)
MINUS = str.maketrans("−–—‐‑", "-----")
# how other notations put a point: x ∈ [1, 2], x in [1, 2], {"x": 1, "y": 2}, dict(x=1), x: 1, x == 1
_MEMBER = re.compile(r"\s*([^\W\d]\w*)\s*(?:∈|\bin\b)\s*(.*)", re.DOTALL)
_MAPPING = re.compile(r"\s*(?:dict\s*\((.*)\)|\{(.*[:=].*)\})\s*", re.DOTALL)
_COLON = re.compile(r"""(?:^|(?<=,))\s*(["']?)([^\W\d]\w*)\1\s*(?::|->|→)\s*""")
_TOGETHER = re.compile(r"\s*\(?\s*([^\W\d]\w*(?:\s*,\s*[^\W\d]\w*)+)\s*\)?\s*=(.*)", re.DOTALL)  # (x, y) = (1, 2)
_BETWEEN = re.compile(r"\s*(?:;|\band\b|&)\s*(?=[^\W\d]\w*\s*=)")  # x=1; y=2
_DOTS = re.compile(r"(.+?)\s*(?:\.\.+|…|\bto\b)\s*(.+)")

FORMS = "Write a number such as 2, -0.5, 1e-3 or pi/2, a list 1,2,3 or a range -1:1:0.1, or x=1,y=2."


def read_number(text: str, fmt: Format) -> float:
    """One number, rounded once to the format, or infinite where it is written so; raises PointError."""
    text = _plain(text)
    if not text:
        raise PointError("a number is missing", FORMS, text)
    if infinite := _INFINITE.fullmatch(text):
        return -math.inf if infinite[1] == "-" else math.inf
    if _HEX.fullmatch(text):
        number = fmt.round(Decimal(_from_hex(text)))
    elif _DECIMAL.fullmatch(text) and len(text) <= 1000:
        number = fmt.round(Decimal(text))
    else:
        number = _of_expression(text, fmt)
    if math.isinf(number):
        raise PointError(f"{_short(text)} is out of the range of {fmt.name}", "", text)
    return number


def _plain(text: str) -> str:
    """With an ordinary minus, and without quotation marks."""
    return unquoted(text).strip().translate(MINUS)


def _from_hex(text: str) -> float:
    try:
        return float.fromhex(text)
    except OverflowError:
        return math.inf


def _of_expression(text: str, fmt: Format) -> float:
    """The float nearest to an expression without variables, by an enclosure in which all numbers are rounded to it."""
    try:
        problem = read(text)
        graph = problem.number.flat
    except ExpressionError as error:
        refused = PointError(f"{_short(text)} is not a number: {error.message}", error.fix or FORMS, error.text[error.start : error.end])
        refused.mark_in(text)
        raise refused from None
    if problem.variables:
        raise PointError(f"{_short(text)} is not a number", FORMS, text)
    found = enclose_value(graph, {})
    if found is None:
        raise PointError(f"{_short(text)} has no value that is a real number", FORMS, text)
    lower, upper = fmt.round(found.lower), fmt.round(found.upper)
    if lower == upper:
        return lower
    middle = (Fraction(lower) + Fraction(upper)) / 2
    if not _is_equal(graph, middle):
        raise PointError(f"the float nearest to {_short(text)} is not known", "Write it as a decimal number.")
    return fmt.round(middle)


def _is_equal(graph: Graph, number: Fraction) -> bool:
    """Whether this is certainly the value of a constant."""
    builder = GraphBuilder()
    difference = builder.apply("subtract", [builder.graft(graph), builder.constant(number)])
    found = enclose_value(builder.graph(difference), {})
    return found is not None and found.radius == 0 == found.midpoint


def read_numbers(text: str, fmt: Format) -> NDArray[Any]:
    """A number, a list of them, or a range; raises PointError."""
    text = _plain(text)
    array = _ARRAY.fullmatch(text)
    text = array[1] if array else text
    parts = _items(_bare(text))
    return np.concatenate([_range(part.strip(), fmt) for part in parts])


def _is_list(text: str) -> bool:
    """Whether the first bracket is closed by the last one: [1, 2], {1, 2}, and (1, 2) with its comma."""
    depths = list(accumulate({**dict.fromkeys("[({", 1), **dict.fromkeys("])}", -1)}.get(letter, 0) for letter in text))
    is_closed = text[:1] + text[-1:] in ("[]", "{}", "()") and all(depths[:-1])
    return is_closed and (text[0] == "[" or len(_items(text[1:-1])) > 1)


def _items(text: str) -> list[str]:
    """Split at commas, or at semicolons, or at the spaces between numbers."""
    parts = split(text)
    if len(parts) == 1 and ";" in text:
        parts = text.split(";")
    if len(parts) == 1 and len(words := text.split()) > 1 and all(map(_DECIMAL.fullmatch, words)):
        parts = words
    return parts


def _range(text: str, fmt: Format) -> NDArray[Any]:
    if ":" in text:
        return _steps(text, text.split(":"), fmt, is_last_one_in=True)
    if len(text) <= MAX_LETTERS and (dots := _DOTS.fullmatch(text)):
        written = f"{dots[1]}:{dots[2]}"
        raise PointError(f"{_short(text)} is not a number", f"Write {written} for a range of steps of 1, {written}:0.1 of others.", text)
    if (call := _CALL.fullmatch(text)) and call[1] in _RANGES:
        return _RANGES[call[1]](text, split(call[2]), fmt)
    return np.array([read_number(text, fmt)], fmt.name)


def _steps(text: str, parts: list[str], fmt: Format, is_last_one_in: bool) -> NDArray[Any]:
    """first, first + step, … up to last; each is exact before it is rounded."""
    if len(parts) not in (2, 3):
        raise PointError(f"{_short(text)} is not a range", "Write first:last:step, e.g. -1:1:0.1.", text)
    first, last = (_exact(part, fmt) for part in parts[:2])
    step = _exact(parts[2], fmt) if len(parts) == 3 else Fraction(1)
    if step == 0 or (last - first) / step < 0:
        raise PointError(f"{_short(text)} is an empty range", "The step leads from the first number to the last.", text)
    steps = (last - first) / step
    _refuse_step_in_the_middle(parts, first, last, step)
    count = math.floor(steps) + 1 if is_last_one_in else math.ceil(steps)
    if not 1 <= count <= MAX_POINTS:
        raise PointError(f"{_short(text)} is a range of {count:,} numbers", f"It may have 1 to {MAX_POINTS:,}.", text)
    return np.array([fmt.round(first + k * step) for k in range(count)], fmt.name)


def _refuse_step_in_the_middle(parts: list[str], first: Fraction, last: Fraction, step: Fraction) -> None:
    """-1:0.1:1 is a range of Matlab, with the step in the middle: the steps lead to its last number, and not to ours."""
    leads_there = last != 0 and ((step - first) / last).denominator == 1 and (step - first) / last > 1
    if len(parts) == 3 and leads_there and ((last - first) / step).denominator != 1:
        a, b, c = (part.strip() for part in parts)
        text = ":".join(parts)
        raise PointError(f"{_short(text)} can be read in two ways", f"The step comes last: write {a}:{c}:{b}.", text)


def _exact(text: str, fmt: Format) -> Fraction:
    """A decimal number itself; of any other one the float."""
    text = _plain(text)
    if _DECIMAL.fullmatch(text) and len(text) <= MAX_LETTERS and abs(Decimal(text).adjusted()) <= 400:
        return Fraction(text)
    number = read_number(text, fmt)
    if math.isinf(number):
        raise PointError(f"a range cannot end at {_short(text)}", "Write finite numbers.")
    return Fraction(number)


def _arange(text: str, parts: list[str], fmt: Format) -> NDArray[Any]:
    return _steps(text, ["0", *parts] if len(parts) == 1 else parts, fmt, is_last_one_in=False)


def _linspace(text: str, parts: list[str], fmt: Format) -> NDArray[Any]:
    first, last, count = _ends(text, parts, fmt)
    if not math.isfinite(last - first):
        raise PointError(f"{_short(text)} is too long for equal steps", "", text)
    return np.linspace(first, last, count, dtype=fmt.name)


def _logspace(text: str, parts: list[str], fmt: Format) -> NDArray[Any]:
    """Powers of 10, as NumPy has it."""
    first, last, count = _ends(text, parts, fmt)
    with np.errstate(all="ignore"):
        numbers = np.logspace(first, last, count, dtype=fmt.name)
    if not np.isfinite(numbers).all():
        raise PointError(f"{_short(text)} goes beyond the range of {fmt.name}", "The ends are exponents of 10: logspace(-3,3,7).", text)
    return numbers


def _geomspace(text: str, parts: list[str], fmt: Format) -> NDArray[Any]:
    """From one number to another in equal ratios, as NumPy has it."""
    first, last, count = _ends(text, parts, fmt)
    if not (first * last > 0 and math.isfinite(last)):
        raise PointError(f"{_short(text)} has no equal ratios", "The ends have the same sign, and none is 0.", text)
    return np.geomspace(first, last, count, dtype=fmt.name)


def _ends(text: str, parts: list[str], fmt: Format) -> tuple[float, float, int]:
    count = parts[2].replace(" ", "").removeprefix("num=") if len(parts) == 3 else ""
    if not re.fullmatch(r"\d{1,9}", count) or not 1 <= int(count) <= MAX_POINTS:
        name = text.partition("(")[0]
        raise PointError(f"{_short(text)} is not a range", f"Write {name}(first, last, count) with a count of 1 to {MAX_POINTS:,}.", text)
    first, last = (read_number(end, fmt) for end in parts[:2])
    return first, last, int(count)


_RANGES: Mapping[str, Callable[[str, list[str], Format], NDArray[Any]]] = {
    "linspace": _linspace,
    "logspace": _logspace,
    "geomspace": _geomspace,
    "arange": _arange,
    "range": _arange,
}


def assigned(text: str) -> list[tuple[str, str]]:
    """The names and values of `x=1, y=2` or `x=1 y=2`; a value without a name has the name ""."""
    text = _as_assignments(text)
    text = re.sub(r"(?<=[^\s,=])\s+(?=[^\W\d]\w*\s*=)", ",", text.strip())
    pairs = []
    for part in split(text):
        name, equals, value = part.partition("=")
        is_named = equals and "(" not in name
        pairs.append((plain_name(name.strip()) or name.strip(), value.strip()) if is_named else ("", part.strip()))
    return pairs


def _as_assignments(text: str) -> str:
    """x = [1, 2] for x ∈ [1, 2], x = 1, y = 2 for {"x": 1, "y": 2} and x: 1, y: 2."""
    if mapping := _MAPPING.fullmatch(text):
        text = mapping[1] or mapping[2]
    if (together := _TOGETHER.fullmatch(text)) and len(names := split(together[1])) == len(values := split(_bare(together[2]))):
        return ",".join(f"{name.strip()}={value.strip()}" for name, value in zip(names, values, strict=True))
    if member := _MEMBER.fullmatch(text):
        return f"{member[1]}={member[2]}"
    return _BETWEEN.sub(",", _COLON.sub(r"\2=", text).replace("==", "="))


def several(text: str) -> list[str]:
    """The numbers of a list, as they are written."""
    return [item.strip() for item in _items(_bare(text))]


def _bare(text: str) -> str:
    """What a list holds."""
    text = text.strip()
    return text[1:-1] if _is_list(text) else text


def split(text: str) -> list[str]:
    """Split at the commas outside brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += {"[": 1, "(": 1, "{": 1, "]": -1, ")": -1, "}": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def spelled(points: Iterable[object], variables: tuple[str, ...], fmt: Format) -> Iterator[str]:
    """Of coordinates that are written as expressions, which floats they are: `x = 1.5707963267948966 is the float nearest pi/2`."""
    for point in points:
        pairs = assigned(point) if isinstance(point, str) else point.items() if isinstance(point, Mapping) else ()
        for name, value in pairs:
            if isinstance(value, str) and (name or variables):
                for part in _items(_bare(value)):
                    if _is_expression(_plain(part)):
                        yield f"{name or variables[0]} = {read_number(part, fmt)!r} is the float nearest {_plain(part)}"


def _is_expression(text: str) -> bool:
    call = _CALL.fullmatch(text)
    is_range = ":" in text or call is not None and call[1] in _RANGES
    return not (is_range or any(form.fullmatch(text) for form in (_INFINITE, _HEX, _DECIMAL)))


def _short(text: str) -> str:
    return quoted(text, MAX_LETTERS)
