"""No process outlives its supervisor: a pipe that only the supervisor holds closes when it ends, however it ends.

The kernel then kills the process itself. A signal handler or a thread of Python would wait until FLINT returns, which may be never.
"""

from __future__ import annotations

import os
import select
import signal
import threading

_held = set[int]()  # the ends of this process


def lifeline() -> tuple[int, int]:
    """The ends of a pipe: one for a single process to hold on to, and that of its supervisor, this process.

    The kernel tells of a pipe's end one process only, the last that has asked: each needs its own.
    """
    end, own = os.pipe()
    _held.add(own)
    return end, own


def let_go(own: int) -> None:
    """Close the supervisor's end."""
    if own in _held:  # else it is closed already, in this process or in a fork of it
        _held.remove(own)
        os.close(own)


def _hold_nobody() -> None:
    """A fork of a supervisor is none: what the supervisor has started must not wait for the fork to end, too."""
    while _held:
        os.close(_held.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_hold_nobody)


def hold_on(end: int) -> None:
    """Kill this process when the other end is closed."""
    import fcntl

    if hasattr(fcntl, "F_SETSIG"):
        fcntl.fcntl(end, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(end, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(end, fcntl.F_SETFL, fcntl.fcntl(end, fcntl.F_GETFL) | os.O_ASYNC)
    threading.Thread(target=_wait_for_the_end_of, args=(end,), daemon=True).start()


def _wait_for_the_end_of(end: int) -> None:
    """Where the kernel does not watch (macOS), or it closed before the kernel was asked to."""
    waiting = select.poll()
    waiting.register(end, 0)  # only its end
    waiting.poll()
    os.kill(os.getpid(), signal.SIGKILL)
