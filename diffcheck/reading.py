"""Files from anywhere, read within bounds: so many bytes, and so much patience.

A pipe that nobody writes to and a device without an end are opened so that they cannot hang, and what comes out of them is
kept in a file without a name, so that it can be read twice. Whatever goes wrong is an OSError whose `strerror` says what.
"""

from __future__ import annotations

import errno
import io
import math
import os
import select
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE_SECONDS = 60.0  # for what is not a regular file
MAX_BYTES = 4_000_000_000  # of a file that is read piece by piece
MAX_KEPT = 1_000_000_000  # bytes of what is not a regular file
_PIECE = 1 << 16


class OpenFile:
    """The bytes of a file that is open; each stream begins at their beginning."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.size = os.fstat(descriptor).st_size  # what is appended later is not read

    def __enter__(self) -> OpenFile:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()

    def close(self) -> None:
        os.close(self._descriptor)

    def stream(self) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._descriptor, self.size), _PIECE)


class _Stream(io.RawIOBase):
    """A place in a file; other streams have their own."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor, self._size, self._place = descriptor, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._place = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence])
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = os.pread(self._descriptor, max(0, min(len(buffer), self._size - self._place)), self._place)
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)


def opened(path: Path, most: int = MAX_BYTES, seconds: float = PATIENCE_SECONDS) -> OpenFile:
    """A file to read; raises OSError where it cannot be, has more than `most` bytes, or keeps us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(found.st_mode) or found.st_size == 0:  # files of /proc tell no size
            return _kept(_pieces(descriptor, min(most, MAX_KEPT), seconds))
        if found.st_size > most:
            raise _too_long(most)
        return OpenFile(os.dup(descriptor))
    finally:
        os.close(descriptor)


def content(path: Path, most: int, seconds: float = PATIENCE_SECONDS) -> bytes:
    """All bytes of a file; raises OSError as `opened` does."""
    with opened(path, most, seconds) as source:
        return source.stream().read()


def standard_input(most: int, seconds: float = PATIENCE_SECONDS) -> bytes:
    """All bytes of standard input; raises OSError as `opened` does. Whoever types may take their time."""
    if sys.stdin is None:
        return b""
    try:
        descriptor = sys.stdin.fileno()
    except io.UnsupportedOperation:  # a caller in Python has put something else in its place
        found = sys.stdin.buffer.read(most + 1)
        if len(found) > most:
            raise _too_long(most) from None
        return found
    waits = os.isatty(descriptor) or stat.S_ISREG(os.fstat(descriptor).st_mode)
    return b"".join(_pieces(descriptor, most, math.inf if waits else seconds))


def _kept(pieces: Iterator[bytes]) -> OpenFile:
    with tempfile.TemporaryFile() as file:
        file.writelines(pieces)
        file.flush()
        return OpenFile(os.dup(file.fileno()))


def _pieces(descriptor: int, most: int, seconds: float) -> Iterator[bytes]:
    deadline, length = time.monotonic() + seconds, 0
    while piece := _next_piece(descriptor, deadline):
        length += len(piece)
        if length > most:
            raise _too_long(most)
        yield piece
    if piece is None:
        raise TimeoutError(errno.ETIMEDOUT, f"it has not come to an end within {seconds:g} s")


def _next_piece(descriptor: int, deadline: float) -> bytes | None:
    """The next bytes, none at the end; None when the time is over."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while (left := deadline - time.monotonic()) > 0:
        if poll.poll(min(left, 60) * 1000):
            try:
                return os.read(descriptor, _PIECE)
            except BlockingIOError:  # somebody else was quicker
                continue
    return None


def _too_long(most: int) -> OSError:
    return OSError(errno.EFBIG, f"it is longer than the limit of {_size(most)}")


def _size(count: int) -> str:
    return f"{count // 1_000_000:,} MB" if count >= 1_000_000 else f"{count // 1024} KiB"
