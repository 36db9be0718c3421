"""Where the keys of a TOML file are, which tomllib does not tell, and whether it is one that tomllib reads quickly.

One pass over the file, before tomllib sees it: that takes time quadratic in the dots of a key, and recursion in the brackets.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from diffcheck.errors import InputError
from diffcheck.printable import shown

MAX_PARTS = 32  # of a key: a.b.c has three
MAX_DEPTH = 100  # of brackets
Place = tuple[str | int, ...]  # ("case", 2, "wrt") is the key of the third case

# a text without an end goes to the end of its line, or of the file; tomllib says what is wrong with it
_TOKEN = re.compile(
    r"""
      (?P<blank> [ \t\r]++ | \#[^\n]*+ )
    | (?P<name> \"{3} (?: [^"\\]++ | \\(?:.|\Z) | "(?!"") )*+ (?: "{3,5} | \Z )
              | '{3} (?: [^']++ | '(?!'') )*+ (?: '{3,5} | \Z )
              | " (?: [^"\\\n]++ | \\[^\n] )*+ "?
              | ' [^'\n]*+ '?
              | [^\s\#"'.=,\[\]{}]++ )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)


class TooDeepError(ValueError):
    """A file has a key of too many parts, or brackets in too many brackets."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Places:
    """The lines of a file's tables and keys, from 1. Raises TooDeepError."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Place, int] = {(): 1}
        self._tables: dict[Place, int] = {}  # of each array of tables the last number
        place: Place = ()
        for line, brackets, names in _statements(text):
            if brackets:
                place = self._table(names, brackets > 1)
            self._note(place if brackets else (*place, *names), line)

    def line(self, place: Place) -> int:
        """Where a place is, or what it belongs to, if that is written in one piece."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def _table(self, names: list[str], is_one_of_many: bool) -> Place:
        """The place that a header such as [case.sample] names: in the last table of each array."""
        place: Place = ()
        for k, name in enumerate(names, 1):
            place = (*place, name)
            if is_one_of_many and k == len(names):
                self._tables[place] = self._tables.get(place, -1) + 1
            if place in self._tables:
                place = (*place, self._tables[place])
        return place

    def _note(self, place: Place, line: int) -> None:
        while place not in self._lines:
            self._lines[place] = line
            place = place[:-1]


def parsed(
    content: bytes, path: Path, refused: type[InputError], parse_float: Callable[[str], object] = float
) -> tuple[dict[str, Any], Places]:
    """The tables of a file, and where they are; raises `refused` with file and line for what is not TOML."""
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise refused(f"{shown(path)}: not a text in UTF-8: {error.reason} at byte {error.start}") from error
    try:
        places = Places(text)
    except TooDeepError as error:
        raise refused(f"{shown(path)}:{error.line}: {error}", "The file cannot be read as TOML.") from error
    try:
        return tomllib.loads(text, parse_float=parse_float), places
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        line = place[1] if place and place[1] else len(text.splitlines())
        said = shown(str(error)[: place.start()] if place else error)
        raise refused(f"{shown(path)}:{line}: {said}", f"The file is not valid TOML.{_without_quotes(text, int(line))}") from error
    except ValueError as error:  # an integer of 5,000 digits
        raise refused(f"{shown(path)}: {error}", "The file cannot be read as TOML.") from error


def _without_quotes(text: str, line: int) -> str:
    """A hint, where the value of a line begins like a formula."""
    written = re.fullmatch(r"\s*(\w+)\s*=\s*((?:[^\W\d]|\d+\s*[^\W\d])[^'#\[{]*)", (text.splitlines() or [""])[line - 1])
    return f' Put quotes around a formula: {shown(written[1])} = "{shown(written[2].strip(), 60)}".' if written else ""


def _statements(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """The line of each key and header, the number of brackets before it, and its parts."""
    line, depth, parts, brackets = 1, 0, 1, 0
    names: list[str] | None = []  # of the key that is being read; None behind it
    for token in _TOKEN.finditer(text):
        found = token[0]
        match found if token["mark"] else "":
            case "[" | "{":
                depth += 1
                brackets += names == []
            case "]" | "}":
                depth = max(0, depth - 1)
            case ".":
                parts += 1
            case "=" if names is not None:
                yield line, 0, names
                names = None
            case "\n" if depth == 0:
                if names and brackets:
                    yield line, brackets, names
                names, brackets = [], 0
        if token["name"] and names is not None and len(names) < MAX_PARTS:  # what has more is not a key, as tomllib will say
            names.append(found[1:-1] if found[0] in "\"'" else found)
        if token["mark"] and found != ".":
            parts = 1
        if depth > MAX_DEPTH:
            raise TooDeepError(line, f"brackets are nested deeper than {MAX_DEPTH}")
        if parts > MAX_PARTS:
            raise TooDeepError(line, f"a key has more than {MAX_PARTS} parts")
        line += found.count("\n")
    if names and brackets:
        yield line, brackets, names
