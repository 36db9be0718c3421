"""Where results go: standard output, or a file that appears whole or not at all.

A file that is there keeps its mode and, where that is allowed, its owner. A link is not followed: in a folder of somebody else's
it may lead anywhere. What lies in /dev and /proc, and pipes, are written as they are.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import TextIOWrapper
from itertools import chain
from pathlib import Path
from typing import TextIO, TypeVar

from diffcheck.errors import OutputError
from diffcheck.printable import shown
from diffcheck.reading import PATIENCE_SECONDS

UNWRITABLE = "backslashreplace"  # letters that the encoding lacks, half a surrogate pair among them
SYSTEM = ("/dev/", "/proc/")  # -o /dev/stdout, which is a link
ATTEMPTS = 100  # at a name that nobody has; one fails only where somebody guessed 64 random bits
T = TypeVar("T")


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """A text stream to write results to: a file opened now and put in place at the end, or standard output for None.

    Raises OutputError where it cannot be opened or written; the file that was there before is then untouched.
    """
    if path is None:
        yield standard_output()
        return
    try:
        with _replaced(path) if is_replaceable(path) and os.open in os.supports_dir_fd else _written_in_place(path) as stream:
            yield stream
    except OSError as error:
        raise OutputError(f"cannot write {shown(path)}: {error.strerror}") from error


def is_replaceable(path: Path) -> bool:
    """Whether a file can be put there: devices, pipes and directories cannot be replaced. Raises OutputError for a link."""
    try:
        found = os.lstat(path)
    except ValueError as error:  # a NUL, half a surrogate pair
        raise OutputError(f"cannot write {shown(path)}: no file can be called so") from error
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return True  # opening the directory says what is wrong, if anything is
        raise OutputError(f"cannot write {shown(path)}: {error.strerror}") from error
    if stat.S_ISLNK(found.st_mode) and not os.path.abspath(path).startswith(SYSTEM):
        fix = "Name the file itself, or remove the link."
        raise OutputError(f"cannot write {shown(path)}: it is a link, to {shown(os.readlink(path))}\n{fix}")
    return stat.S_ISREG(found.st_mode)


def require_writable(path: Path) -> None:
    """Raises OutputError where no file can be put into its directory: before anything else is written there."""
    try:
        with _directory(path.parent) as directory:
            if not os.access(".", os.W_OK | os.X_OK, dir_fd=directory):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise OutputError(f"cannot write {shown(path)}: {error.strerror}") from error


def standard_output() -> TextIO:
    """sys.stdout; raises OutputError when it was closed."""
    if sys.stdout is None:
        raise OutputError("standard output is closed")
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors=UNWRITABLE)
    return sys.stdout


def _as_text(descriptor: int) -> TextIO:
    return open(descriptor, "w", encoding="utf-8", errors=UNWRITABLE)


@contextmanager
def _written_in_place(path: Path) -> Iterator[TextIO]:
    """Into a pipe or a device. A pipe that nobody reads is waited for, as far as patience goes."""
    with _as_text(_descriptor_in_place(path)) as stream:
        yield stream


def _descriptor_in_place(path: Path) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0), 0o666)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise OSError(errno.ENXIO, f"nobody reads it within {PATIENCE_SECONDS:g} s") from None
            time.sleep(0.02)
        else:
            os.set_blocking(descriptor, True)
            return descriptor


@contextmanager
def _replaced(path: Path) -> Iterator[TextIO]:
    with _directory(path.parent) as directory:
        new = _NewFile(directory, path.name)
        try:
            with _as_text(new.descriptor) as stream:
                yield stream
                stream.flush()
                new.finish()
            new.move()
        finally:
            new.remove()


@contextmanager
def _directory(path: Path) -> Iterator[int]:
    """The directory that is there now: what is done in it later is done in this one, wherever its path may lead by then."""
    directory = os.open(path, os.O_DIRECTORY | getattr(os, "O_PATH", os.O_RDONLY))
    try:
        yield directory
    finally:
        os.close(directory)


class _NewFile:
    """A file that is to be called `name`. It has no name until it is whole, where the system has such files: nothing is left of
    it then when the process is killed. Else, and where there is a file to replace, its name is random, and nobody's before.
    """

    def __init__(self, directory: int, name: str) -> None:
        self._directory, self._wanted, self._name = directory, name, ""
        self._old = self._found()
        self._mode = 0o666 if self._old is None else stat.S_IMODE(self._old.st_mode) & 0o777
        self.descriptor = self._unnamed()

    def _found(self) -> os.stat_result | None:
        with suppress(FileNotFoundError):
            return os.stat(self._wanted, dir_fd=self._directory, follow_symlinks=False)
        return None

    def _unnamed(self) -> int:
        with suppress(OSError):
            return os.open(".", os.O_RDWR | getattr(os, "O_TMPFILE", 0), self._mode, dir_fd=self._directory)
        return self._create()

    def _create(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        return self._under_new_name(lambda name: os.open(name, flags, self._mode, dir_fd=self._directory))

    def _under_new_name(self, make: Callable[[str], T], *first: str) -> T:
        """What is made under a name that nobody has: a name that is there is somebody's, whatever it looks like."""
        for name in chain(first, (f".diffcheck-{secrets.token_hex(8)}" for _ in range(ATTEMPTS))):
            with suppress(FileExistsError):
                made = make(name)
                self._name = name
                return made
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    def finish(self) -> None:
        """All is written: the file gets its mode, and a name."""
        self._keep(self.descriptor)
        os.fsync(self.descriptor)
        if self._name:
            return
        # given a directory, Python follows the link to the file that has no name
        link = partial(os.link, f"/proc/self/fd/{self.descriptor}", dst_dir_fd=self._directory)
        try:
            self._under_new_name(link, *[self._wanted] * (self._old is None))
        except OSError:  # there is no /proc, or links are forbidden
            self._copy()

    def _keep(self, descriptor: int) -> None:
        """The mode and, where that is allowed, the owner and the group of the file that is replaced."""
        if self._old is not None:
            for owner, group in ((-1, self._old.st_gid), (self._old.st_uid, -1)):
                with suppress(OSError):
                    os.fchown(descriptor, owner, group)
            os.fchmod(descriptor, self._mode)

    def _copy(self) -> None:
        with open(self._create(), "wb") as copy, open(self.descriptor, "rb", closefd=False) as original:
            original.seek(0)
            shutil.copyfileobj(original, copy)
            self._keep(copy.fileno())
            copy.flush()
            os.fsync(copy.fileno())

    def move(self) -> None:
        """Put the file where it belongs, for good."""
        if self._name != self._wanted:
            os.replace(self._name, self._wanted, src_dir_fd=self._directory, dst_dir_fd=self._directory)
        self._name = ""

    def remove(self) -> None:
        """Leave nothing behind of a file that is not where it belongs."""
        if self._name:
            with suppress(OSError):
                os.unlink(self._name, dir_fd=self._directory)
