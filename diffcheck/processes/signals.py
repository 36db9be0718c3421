"""Signals that end a command: each becomes an exception, so that what is under way is cleaned up."""

from __future__ import annotations

import signal
from types import FrameType
from typing import NoReturn

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")  # of which Windows lacks some


class StoppedError(BaseException):
    """A signal asked this process to end: no library that catches KeyboardInterrupt keeps us from saying which."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return "interrupted" if self.number == signal.SIGINT else f"stopped by {signal.Signals(self.number).name}"

    @property
    def exit_code(self) -> int:
        """As a shell shows it."""
        return 128 + self.number


def raise_when_stopped() -> None:
    """From now on these signals raise StoppedError, but for those that are ignored already (by `nohup`, in a shell's background)."""
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


def leave_to_the_supervisor() -> None:
    """What a terminal sends to all of its processes is for the supervisor; who means this one says SIGTERM, or SIGKILL."""
    for number in _numbers():
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)


def _numbers() -> list[signal.Signals]:
    return [signal.Signals[name] for name in NAMES if hasattr(signal, name)]


def _raise(number: int, frame: FrameType | None) -> NoReturn:
    for other in _numbers():
        signal.signal(other, signal.SIG_IGN)  # cleaning up is not disturbed
    raise StoppedError(number)
