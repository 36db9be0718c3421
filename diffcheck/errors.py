"""What can go wrong, as a tree.

DiffcheckError
├── InputError            what the user gave cannot be used: exit code 2
│   ├── ExpressionError   ... in a text, at a place: shown with a caret
│   ├── PointError        ... in a point, a direction, or a file of points: one that is written is shown with a caret, too
│   ├── SuiteError        ... in a suite file, with file and line
│   └── UserCodeError     ... in a function of the user's, which raised an exception: shown with its traceback
├── UnsupportedError      an engine lacks a function: a verdict of that engine, never "agrees"
│   └── LostError         ... or was stopped at a limit, or died
├── OutputError           a result could not be written: exit code 4
└── InternalError         a promise of diffcheck itself is broken: exit code 4

A wrong derivative is a verdict, not an exception.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from diffcheck.excerpts import excerpt


class DiffcheckError(Exception):
    """The base of everything that diffcheck raises on purpose. It can be pickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _made_again, (type(self), self.args, self.__dict__)


def _made_again(kind: type[DiffcheckError], args: tuple[object, ...], fields: dict[str, object]) -> DiffcheckError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class InputError(DiffcheckError):
    """An argument, expression, point or file cannot be used; `message` says why, `fix` how to mend it."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.fix) if part)


class PlacedError(InputError):
    """What is wrong is a piece of a text."""

    def __init__(self, message: str, fix: str, text: str | None, start: int, end: int) -> None:
        super().__init__(message, fix)
        self.text = text  # None: it is not known
        self.start = start
        self.end = end

    @property
    def line(self) -> int:
        """The line of the fault, counted from 1."""
        return (self.text or "").count("\n", 0, self.start) + 1

    @property
    def column(self) -> int:
        """The column of the fault, counted from 1."""
        return self.start - ((self.text or "").rfind("\n", 0, self.start) + 1) + 1

    def excerpt(self, width: int = 76) -> str:
        """The line of the fault, cut to `width` characters, and the carets under it; "" where the text is not known."""
        return "" if self.text is None else excerpt(self.text, self.start, self.end, width)

    def __str__(self) -> str:
        place = f" (line {self.line}, column {self.column})" if "\n" in (self.text or "") else ""
        return "\n".join(part for part in (self.message + place, self.excerpt(), self.fix) if part)


class ExpressionError(PlacedError):
    """An expression cannot be read; `start` and `end` are offsets into `text`, `line` and `column` are counted from 1."""

    text: str

    def __init__(self, message: str, text: str, start: int, end: int, fix: str = "") -> None:
        super().__init__(message, fix, text, start, end)


class PointError(PlacedError):
    """A point, or a file of points, cannot be used; the `piece` is what is wrong with it, if it was written."""

    def __init__(self, message: str, fix: str = "", piece: str = "") -> None:
        super().__init__(message, fix, None, 0, len(piece))
        self.piece = piece

    def mark_in(self, whole: str) -> None:
        """Show the piece in a text that holds it; all of the text is marked where it has other letters."""
        found = re.search(rf"(?<!\w){re.escape(self.piece)}(?!\w)", whole) if self.piece else None
        place = (0, len(whole)) if found is None else (found.start() + self.start, found.start() + self.end)
        self.text, self.piece, (self.start, self.end) = whole, whole, place


@contextmanager
def shown_in(text: str) -> Iterator[None]:
    """What is wrong with a point that this text holds is marked in it."""
    try:
        yield
    except PointError as error:
        error.mark_in(text)
        raise


class SuiteError(InputError):
    """A suite file cannot be used; the message holds one `file:line: what` a fault."""


class UserCodeError(InputError):
    """A function under test raised an exception; `trace` is its traceback, from the user's first line on."""

    def __init__(self, message: str, trace: str) -> None:
        super().__init__(message)
        self.trace = trace

    def __str__(self) -> str:
        return f"{self.message}\n{self.trace}".rstrip()


class UnsupportedError(DiffcheckError):
    """An engine cannot do this; `reason` is a sentence for the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LostError(UnsupportedError):
    """An engine was stopped at a limit, or took its process down; `verdict` is "timed out" or "crashed", `fix` what may help."""

    def __init__(self, verdict: str, reason: str, fix: str = "") -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.fix = fix


class OutputError(DiffcheckError):
    """A result could not be written."""


class InternalError(DiffcheckError):
    """A promise of diffcheck itself is broken: please report it."""
