"""No process outlives its supervisor: a pipe that only the supervisor holds closes when it ends, however it ends.

The kernel then kills the process itself. A signal handler or a thread of Python would wait until FLINT returns, which may be never.
"""

from __future__ import annotations

import os
import select
import signal
import threading
from functools import cache


@cache
def lifeline() -> tuple[int, int]:
    """The ends of this process's pipe: one for what it starts to hold on to, and its own."""
    return os.pipe()


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
