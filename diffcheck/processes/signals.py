"""Signals that end a command: each becomes an exception, so that what is under way is cleaned up."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

AGAIN_SECONDS = 0.2  # after which an exception is raised again that somebody has swallowed
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
    sys.unraisablehook = _tell_unless_it_stops_us
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)


def leave_to_the_supervisor() -> None:
    """What a terminal sends to all of its processes is for the supervisor; who means this one says SIGTERM, or SIGKILL."""
    for number in _numbers():
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)


def _numbers() -> list[signal.Signals]:
    return [signal.Signals[name] for name in NAMES if hasattr(signal, name)]


def _raise(number: int, frame: FrameType | None) -> None:
    """Raise StoppedError, and again as long as nobody deals with it.

    The interpreter drops what is raised while it compiles a module, calls back for a weak reference or collects garbage, and a
    library's bare `except` does so too.
    """
    for other in _numbers():
        signal.signal(other, signal.SIG_IGN)  # cleaning up is not disturbed
    if _is_under_way(sys.exc_info()[1]):
        return
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda *_: _raise(number, None))
        signal.setitimer(signal.ITIMER_REAL, AGAIN_SECONDS, AGAIN_SECONDS)
    raise StoppedError(number)


def _is_under_way(error: BaseException | None) -> bool:
    """Whether it is StoppedError that makes the code run in which we are: it cleans up."""
    while error is not None and not isinstance(error, StoppedError):
        error = error.__context__
    return error is not None


def is_heard() -> None:
    """Somebody has dealt with StoppedError: it is not raised again."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _tell_unless_it_stops_us(unraisable: Any) -> None:
    if not issubclass(unraisable.exc_type, StoppedError):
        sys.__unraisablehook__(unraisable)
