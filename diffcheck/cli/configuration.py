"""Defaults of a project: the table [tool.diffcheck] of the nearest pyproject.toml that has one.

The current directory comes first, then those above it, and the search ends at the first such table, as ruff's does. The directory may
be a stranger's, so only what is in SETTINGS can be set: nothing that executes code, names a file or reaches another machine.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from diffcheck.cli.arguments import MOST_WORKERS, Color, Dtype, Notation, OutputFormat, TableFormat, TraceFormat
from diffcheck.errors import InputError
from diffcheck.printable import did_you_mean, quoted, shown
from diffcheck.processes.limits import LEAST_MEGABYTES, LEAST_SECONDS, MOST_MEGABYTES, MOST_SECONDS
from diffcheck.reading import content

FILE = "pyproject.toml"
TABLE = ("tool", "diffcheck")
MAX_BYTES = 4_000_000
SECONDS = 1.0  # for a regular file
ISOLATED = "Correct it, or leave it aside with --isolated."


class Bounded(NamedTuple):
    """A number within bounds; whole ones are floats too, but not the other way round."""

    kind: type[int] | type[float]
    least: float = 1
    most: float = MOST_MEGABYTES


Kind = type[bool] | type[StrEnum] | Bounded
EVERY: Mapping[str, Kind] = {  # where a command has such an option
    "dtype": Dtype,
    "timeout": Bounded(float, LEAST_SECONDS, MOST_SECONDS),
    "max-memory": Bounded(int, LEAST_MEGABYTES, MOST_MEGABYTES),
    "strict": bool,
    "color": Color,
}
OWN: Mapping[str, Mapping[str, Kind]] = {  # what means something else, or nothing, to other commands
    "check": {"format": OutputFormat, "latex": bool, "samples": Bounded(int, 2)},
    "check-jax": {"format": OutputFormat, "latex": bool, "samples": Bounded(int, 2), "lint": bool},
    "derive": {"format": Notation},
    "trace": {"format": TraceFormat},
    "cost": {"format": TableFormat, "times": bool, "many": Bounded(int, 1)},
    "plot": {"samples": Bounded(int, 2)},
    "run": {"format": OutputFormat, "workers": Bounded(int, 1, MOST_WORKERS)},
    "functions": {},
}
Options = Mapping[str, frozenset[str]]  # of each command, without the dashes
Fault = tuple[int, str]  # a line, and what is wrong there


def settable(command: str, options: Options) -> dict[str, Kind]:
    """What a project may set for a command."""
    return {name: kind for name, kind in {**EVERY, **OWN.get(command, {})}.items() if name in options[command]}


def defaults(command: str, options: Options) -> dict[str, Any]:
    """What the project has set for a command: its own table goes before the one of all. Raises InputError with file and line."""
    free = settable(command, options)
    for path in _files() if free else ():
        text = _content(path)
        if b"diffcheck" not in text:  # most files: whatever is wrong with them is no matter of ours
            continue
        found, lines = _tables(text, path)
        if found is not None:
            _refuse(found, options, lines, path)
            own = {**found, **found.get(command, {})}
            return {name.replace("-", "_"): own[name] for name in free if name in own}
    return {}


def _files() -> Iterator[Path]:
    try:
        here = Path.cwd()
    except OSError:  # it has been deleted
        return
    for directory in (here, *here.parents):
        path = directory / FILE
        try:
            found = path.stat()
        except OSError:
            continue
        if stat.S_ISREG(found.st_mode):
            yield path


def _content(path: Path) -> bytes:
    try:
        return content(path, MAX_BYTES, SECONDS)
    except OSError as error:
        raise InputError(f"cannot read {shown(path)}: {error.strerror}", "Leave it aside with --isolated.") from error


def _tables(text: bytes, path: Path) -> tuple[Mapping[str, Any] | None, Any]:
    """The table of the file, if it has one, and the lines of its keys."""
    from diffcheck.suites.toml_places import parsed

    try:
        found, places = parsed(text.removeprefix(b"\xef\xbb\xbf"), path, InputError)
    except InputError as error:
        raise InputError(error.message, ISOLATED) from error
    for name in TABLE:
        found = found.get(name, {}) if isinstance(found, dict) else {}
        if not found:
            return None, places
    if not isinstance(found, dict):
        raise InputError(f"{shown(path)}:{places.line(TABLE)}: [tool.diffcheck] is a table", ISOLATED)
    return found, places


def _refuse(found: Mapping[str, Any], options: Options, places: Any, path: Path) -> None:
    """Raise InputError where a key is unknown, or its value is of no use: all of them at once, each with its line."""
    faults = [(places.line((*TABLE, *place)), said) for place, said in _faults(found, options)]
    if faults:
        raise InputError("\n".join(f"{shown(path)}:{line}: {said}" for line, said in sorted(faults)), ISOLATED)


def _faults(found: Mapping[str, Any], options: Options) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in found.items():
        if name not in OWN:
            yield from (((name,), said) for said in _wrong(name, value, EVERY, options, [*EVERY, *OWN]))
        elif not isinstance(value, dict):
            yield (name,), f"'{name}' is a table: [tool.diffcheck.{name}]"
        else:
            known = settable(name, options)
            for key, each in value.items():
                yield from (((name, key), said) for said in _wrong(key, each, known, {name: options[name]}, list(known)))


def _wrong(name: str, value: object, known: Mapping[str, Kind], options: Options, names: Sequence[str]) -> Iterator[str]:
    """What is wrong with a key and its value, if something is."""
    if name in known:
        wanted = _wanted(value, known[name])
        if wanted:
            yield f"'{name}': {wanted}"
        return
    tables = [f"[tool.diffcheck.{command}]" for command, own in OWN.items() if name in own and known is EVERY]
    if tables:
        yield f"'{name}' belongs to {', '.join(tables)}"
    elif any(name in each for each in options.values()):
        yield f"'{name}' is for the command line only"
    else:
        what = "is not for this command" if name in EVERY else "is unknown"
        yield f"{quoted(name, 40)} {what}. {did_you_mean(name, names) or 'Known: ' + ', '.join(names) + '.'}"


def _wanted(value: object, kind: Kind) -> str:
    """What is wanted instead of a value; '' for what will do."""
    if kind is bool:
        return "" if isinstance(value, bool) else "true or false is wanted"
    if isinstance(kind, Bounded):
        fits = isinstance(value, (int, kind.kind)) and not isinstance(value, bool) and kind.least <= value <= kind.most
        what = "a whole number" if kind.kind is int else "a number"
        return "" if fits else f"{what} from {kind.least:,} to {kind.most:,} is wanted"
    *others, last = choices = [str(member) for member in kind]
    if value in choices:
        return ""
    if hint := did_you_mean(value, choices):
        return f"{quoted(value, 40)} is unknown. {hint}"
    return f"{', '.join(map(repr, others))} or {last!r} is wanted"
