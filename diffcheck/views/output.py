"""Where results go: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from diffcheck.errors import OutputError


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """A text stream to write results to: a file opened now and put in place at the end, or standard output for None.

    Raises OutputError where it cannot be opened or written; the file that was there before is then untouched.
    """
    if path is None:
        yield standard_output()
    else:
        with _replaced(path) if is_replaceable(path) else _written_in_place(path) as stream:
            yield stream


def is_replaceable(path: Path) -> bool:
    """Whether a file can be put there: devices and pipes cannot be replaced."""
    return not path.exists() or stat.S_ISREG(path.stat().st_mode)


def standard_output() -> TextIO:
    """sys.stdout; raises OutputError when it was closed."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    return sys.stdout


@contextmanager
def _written_in_place(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("w", encoding="utf-8") as stream:
            yield stream
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    temporary = Path()
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.", encoding="utf-8", delete=False) as stream:
            temporary = Path(stream.name)
            yield stream  # type: ignore[misc]
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            if temporary != Path():
                temporary.unlink()
        if isinstance(error, OSError):
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
