"""Where diffcheck may keep files from one command to the next: in the user's cache directory, if nobody else can write there.

What is kept is executed: compiled programs by JAX, the grammar's tables by unpickling. So every directory on the way, those behind
links included, must belong to the user or to root and be closed to others, or else nothing is kept.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

LINKS = 40  # as many as Linux follows


class _UnsafeError(Exception):
    """Others could put files there."""


class Root(NamedTuple):
    """The directory that holds all that is kept; without one, what makes it unsafe, or "" where there simply is none."""

    path: Path | None
    problem: str = ""


def directory(name: str = "") -> Path | None:
    """The private directory for one purpose, or the one above them; None where there is no safe place."""
    top = root().path
    if top is None or not name:
        return top
    try:
        _enter(top / name)
    except (OSError, _UnsafeError):
        return None
    return top / name


def file(name: str) -> Path | None:
    """A file in the private directory, which is there only if it is the user's own; None where there is no safe place."""
    top = directory()
    if top is None:
        return None
    path = top / name
    try:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode) or not _is_ours(status) or _is_open_to_others(status):
            path.unlink()
    except FileNotFoundError:
        return path
    except OSError:
        return None
    return path


def trim(path: Path, limit_bytes: int) -> None:
    """Where the files of a directory take more room than the limit, remove the oldest until they take half of it."""
    with suppress(OSError):  # another process is at it
        with os.scandir(path) as entries:
            statuses = [(entry.stat(follow_symlinks=False), entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
        total = sum(status.st_size for status, _ in statuses)
        if total <= limit_bytes:
            return
        for status, entry in sorted(statuses, key=lambda each: each[0].st_mtime):
            if total <= limit_bytes // 2:
                return
            os.unlink(entry)
            total -= status.st_size


@cache
def root() -> Root:
    """`diffcheck` in XDG_CACHE_HOME or ~/.cache. It is made where it is not there, but not a home."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(_home(), ".cache")
    if not os.path.isabs(base):
        return Root(None)
    try:
        path = Path(base, "diffcheck")
        _enter(path)
    except OSError:
        return Root(None)
    except _UnsafeError as unsafe:
        return Root(None, str(unsafe))
    return Root(path)


def _home() -> str:
    home = os.path.expanduser("~")
    return home if os.environ.get("HOME") != "" and os.path.isdir(home) else ""


def _enter(path: Path) -> None:
    """Make the directory with what is missing above it. Raises _UnsafeError where others can write on the way."""
    if not hasattr(os, "getuid"):  # a profile of Windows is private
        path.mkdir(parents=True, exist_ok=True)
        return
    current, rest, links = Path("/"), list(reversed(path.parts[1:])), 0
    _require_closed(current, os.lstat(current), is_last=False)
    while rest:
        part = rest.pop()
        if part == "..":
            current = current.parent
            continue
        target = current / part
        status = _made(target)
        if stat.S_ISLNK(status.st_mode):
            _require_ours(target, status)
            links += 1
            if links > LINKS:
                raise OSError(f"too many links: {path}")
            pointed = Path(os.readlink(target))
            rest.extend(reversed(pointed.parts[1:] if pointed.is_absolute() else pointed.parts))
            current = Path("/") if pointed.is_absolute() else current
        else:
            _require_closed(target, status, is_last=not rest)
            current = target


def _made(path: Path) -> os.stat_result:
    """What there is at a path, if need be a new directory for the user alone."""
    with suppress(FileNotFoundError):
        return os.lstat(path)
    with suppress(FileExistsError):  # another command was quicker
        os.mkdir(path, 0o700)
        os.chmod(path, 0o700)  # whatever the umask has taken away
    return os.lstat(path)


def _require_closed(path: Path, status: os.stat_result, is_last: bool) -> None:
    """A directory of the user's or of root's where others cannot write; on the way to the last, one such as /tmp will do, too."""
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError(str(path))
    _require_ours(path, status)
    if _is_open_to_others(status) and (is_last or not status.st_mode & stat.S_ISVTX):
        raise _UnsafeError(f"{path} can be written by others")
    if is_last and stat.S_IMODE(status.st_mode) & 0o077:
        os.chmod(path, 0o700)


def _require_ours(path: Path, status: os.stat_result) -> None:
    if not _is_ours(status):
        raise _UnsafeError(f"{path} belongs to somebody else")


def _is_ours(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or status.st_uid in (os.geteuid(), 0)


def _is_open_to_others(status: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):
        return False
    return bool(status.st_mode & 0o002 or (status.st_mode & 0o020 and not _is_own_group(status.st_gid)))


def _is_own_group(group: int) -> bool:
    """Whether it is the group that many systems make for each user, with the user's name and nobody else in it."""
    import grp
    import pwd

    try:
        user, found = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return found.gr_gid == user.pw_gid and found.gr_name == user.pw_name and set(found.gr_mem) <= {user.pw_name}
