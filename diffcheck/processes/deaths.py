"""How a process ends that does not answer, and what is tried again then."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from diffcheck.errors import LostError
from diffcheck.processes.limits import EXIT_MEMORY, Limits
from diffcheck.registry import named
from diffcheck.results import Verdict

Lost = Mapping[str, LostError]  # the names of engines that did not come back, and why
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended instead of answering, and what it was doing."""

    code: int  # as subprocess has it: minus the signal's number
    stage: str | None  # the name of an engine
    limits: Limits
    timed_out: bool = False  # its supervisor ended it

    def __str__(self) -> str:
        stage = f" in the {self.stage} stage" if self.stage is not None else ""
        return f"timed out after {self.limits.seconds:g} s{stage}" if self.timed_out else f"crashed{stage}: {self._cause()}"

    def _cause(self) -> str:
        if self.code == EXIT_MEMORY:
            return f"it needs more than {self.limits.megabytes:,} MB"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"exit code {self.code}"

    @property
    def _remedy(self) -> str:
        if self.timed_out:
            return "Give it more with --timeout."
        if self.code == EXIT_MEMORY:
            return "Give it more with --max-memory."
        if self.code < 0:
            return "Its own code, a library or the system sent this signal; if memory ran out, give it more with --max-memory."
        return "Its own code, or a library, ended the process."

    @property
    def error(self) -> LostError:
        """What is raised, and told of an engine that is lost."""
        return LostError((Verdict.TIMED_OUT if self.timed_out else Verdict.CRASHED).value, str(self), self._remedy)


def outlasted(attempt: Callable[[Lost], T | Death], tries: int = 1) -> T:
    """What an attempt comes to: where it died in an engine under test, without that engine; where it crashed, after so many `tries`.

    Raises LostError where nothing else can be tried.
    """
    lost: Lost = {}
    deaths = 0
    while True:
        ended = attempt(lost)
        if not isinstance(ended, Death):
            return ended
        deaths += 1
        if not ended.timed_out and deaths < tries:
            continue
        if ended.stage is None or ended.stage in lost or not named(ended.stage).derivations:
            raise ended.error  # no other engine would answer then
        lost, deaths = {**lost, ended.stage: ended.error}, 0
