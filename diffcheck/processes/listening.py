"""What a supervisor hears of a process: its next line, or that it has ended, or that its time is over."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from typing import Protocol

NEVER = float("inf")
GLANCE_SECONDS = 0.2  # how often we look whether a process has ended whose pipe somebody else holds open
LAST_GLANCE_SECONDS = 0.01  # the same where it has closed its pipe, which most do by ending


class Process(Protocol):
    """As `subprocess.Popen` is one."""

    def poll(self) -> int | None: ...
    def wait(self) -> int: ...
    def kill(self) -> None: ...


class Ear:
    """Listens to the pipe of a process, which its descendants may keep open beyond its end."""

    def __init__(self, pipe: int, process: Process) -> None:
        self._pipe, self._process = pipe, process
        self._heard = bytearray()
        self._poll = select.poll()
        self._poll.register(pipe, select.POLLIN)
        self._glance = GLANCE_SECONDS
        self.timed_out = False

    def line(self, deadline: Callable[[], float] = lambda: NEVER) -> str | None:
        """The next line, without its end; None when the process has ended, by itself or by us at the deadline (of `time.monotonic`)."""
        start = 0
        while (end := self._heard.find(b"\n", start)) < 0:
            start = len(self._heard)
            if not self._hears_more(deadline):
                return None
        line = self._heard[:end].decode()
        del self._heard[: end + 1]
        return line

    def _hears_more(self, deadline: Callable[[], float]) -> bool:
        while True:
            has_ended = self._process.poll() is not None  # asked before listening: its last words come before its end
            wait = 0.0 if has_ended else max(0.0, min(self._glance, deadline() - time.monotonic()))
            if self._poll.poll(1000 * wait) and self._reads():
                return True
            if has_ended:
                return False
            if time.monotonic() >= deadline():
                self.timed_out = True
                self._process.kill()
                return False

    def _reads(self) -> bool:
        """Whether there was more. Code of a user's may close the pipe and work on: from then on only its end is waited for."""
        more = os.read(self._pipe, 1 << 16)
        self._heard += more
        if not more:
            self._poll.unregister(self._pipe)
            self._glance = LAST_GLANCE_SECONDS
        return bool(more)
