"""Limits of a process that the operating system keeps: a clock that ends it, and so much memory.

A handler of a signal in Python waits until FLINT returns, which may be never; SIGALRM without a handler ends the process at once.
"""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from diffcheck.errors import LostError
from diffcheck.records import FaultKind
from diffcheck.results import Stage, Verdict

EXIT_MEMORY = 112  # how a process says that it ran out of memory, where a library has not aborted it before
DEFAULT_SECONDS = 60.0
DEFAULT_MEGABYTES = 4096
LEAST_MEGABYTES = 512  # importing the engines takes half of it

Lost = Mapping[Stage, LostError]  # engines that did not come back, and why


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for one case, `megabytes` for the process that checks it."""

    seconds: float = DEFAULT_SECONDS
    megabytes: int = DEFAULT_MEGABYTES


class Clock:
    """A budget of seconds that is spent while it runs; when it is empty, SIGALRM ends the process."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        signal.signal(signal.SIGALRM, signal.SIG_DFL)

    @contextmanager
    def running(self) -> Iterator[None]:
        signal.setitimer(signal.ITIMER_REAL, max(self._left, 1e-6))
        try:
            yield
        finally:
            self._left, _ = signal.setitimer(signal.ITIMER_REAL, 0)


def limit_memory(megabytes: int) -> None:
    """What this process may allocate; an address space is more than that, and JAX needs much of it."""
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))


def leave_for_want_of_memory() -> NoReturn:
    """End at once: a library that ran out of memory may have left anything half done."""
    os._exit(EXIT_MEMORY)


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended over a case instead of answering, and what it was doing."""

    code: int  # as subprocess has it: minus the signal's number
    stage: Stage | None
    limits: Limits

    @property
    def timed_out(self) -> bool:
        return self.code == -signal.SIGALRM

    @property
    def kind(self) -> FaultKind:
        return FaultKind.TIMED_OUT if self.timed_out else FaultKind.CRASHED

    def __str__(self) -> str:
        stage = f" in the {self.stage.value} stage" if self.stage is not None else ""
        return f"timed out after {self.limits.seconds:g} s{stage}" if self.timed_out else f"crashed{stage}: {self._cause()}"

    def _cause(self) -> str:
        if self.code == EXIT_MEMORY:
            return f"it needs more than {self.limits.megabytes:,} MB"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"exit code {self.code}"

    def lost_after(self, lost: Lost) -> Lost | None:
        """The engines to do without when the case is tried again; None where no other engine would answer then."""
        if self.stage not in (Stage.SYMBOLIC, Stage.AUTOMATIC) or self.stage in lost:
            return None
        return {**lost, self.stage: LostError(Verdict(self.kind.value), str(self))}
