"""What a process has started and left behind is ended with it (on Linux): code of a user's may fork, too."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # /usr/include/linux/prctl.h


def adopt_orphans() -> None:
    """Become the parent of what our children leave behind."""
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@contextmanager
def ended_with_us() -> Iterator[None]:
    """What is started inside, by whatever is started inside, is killed at the end, in its own group or session too."""
    adopt_orphans()
    others = set(_children())
    try:
        yield
    finally:
        end_descendants(others)


def end_descendants(spared: Collection[int] = ()) -> None:
    """Kill the children of this process but those to be spared, and those that they leave to us, until there are none."""
    while children := [pid for pid in _children() if pid not in spared]:
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> list[int]:
    """The processes whose parent is this one: proc(5)."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError, ValueError):
            if int(place.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(place.parent.name))
    return found
