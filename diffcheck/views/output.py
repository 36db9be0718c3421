"""Where results go: standard output, or a file that appears whole or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from diffcheck.errors import OutputError

UNWRITABLE = "backslashreplace"  # letters that the encoding lacks, half a surrogate pair among them


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
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=UNWRITABLE)
    return sys.stdout


@contextmanager
def _written_in_place(path: Path) -> Iterator[TextIO]:
    try:
        with path.open("w", encoding="utf-8", errors=UNWRITABLE) as stream:
            yield stream
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(_opened_beside(path, temporary), "w", encoding="utf-8", errors=UNWRITABLE) as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            if not temporary.exists():
                # given a directory, Python follows the link to the file that has no name
                os.link(f"/proc/self/fd/{stream.fileno()}", temporary, src_dir_fd=stream.fileno())
        temporary.replace(path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise OutputError(f"cannot write {path}: {error.strerror}") from error
        raise


def _opened_beside(path: Path, temporary: Path) -> int:
    """A file that has no name yet: nothing is left of it when a process is killed. Not every system has such files."""
    with suppress(OSError):
        return os.open(path.parent, os.O_WRONLY | getattr(os, "O_TMPFILE", 0), 0o666)
    return os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
