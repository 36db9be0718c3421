"""A command under supervision: a child does the work, and this process, which imports no engine, sees what becomes of it.

The child is forked before any engine is there, so that this costs next to nothing. Where Python calls the command, in a
process that has loaded engines or catches what is printed, the work is done here, without limits: a fork of a process that
runs JAX may hang, and a child cannot print into its parent's memory.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NoReturn, TextIO, TypeVar

import typer

from diffcheck.cli.exits import ending
from diffcheck.errors import LostError
from diffcheck.results import Stage
from diffcheck.suites.limits import EXIT_MEMORY, Clock, Death, Limits, Lost, leave_for_want_of_memory, limit_memory

DONE = "done"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Watch:
    """What the work tells its supervisor, and which engines did not come back from an earlier try."""

    on_stage: Callable[[Stage], object] = lambda stage: None
    lost: Lost = field(default_factory=dict)
    running: Callable[[], AbstractContextManager[None]] = nullcontext  # while the clock runs

    def timed(self, make: Callable[[], T]) -> T:
        """What it makes, while the clock runs."""
        with self.running():
            return make()

    def over(self, items: Iterator[T]) -> Iterator[T]:
        """The same items; the clock runs while each is made, and not while it is written.

        The first is made at once: as long as another try may follow, nothing has been shown.
        """
        first = self.timed(lambda: list(islice(items, 1)))
        return chain(first, iter(lambda: self.timed(lambda: next(items, None)), None))


UNWATCHED = Watch()


def supervised(work: Callable[[Watch], int], limits: Limits, stream: TextIO | None = None) -> int:
    """The exit code that the work comes to within the limits; where SymPy or JAX did not come back, without it.

    `stream` is what it writes to; nothing is left in it that only the child knows.

    Raises LostError where something else did not, and typer.Exit where the work has said itself what was wrong.
    """
    if "jax" in sys.modules or not _is_real(sys.stdout):
        return work(UNWATCHED)
    lost: Lost = {}
    while True:
        ended = _tried(work, limits, lost, stream)
        if not isinstance(ended, Death):
            return ended
        again = ended.lost_after(lost)
        if again is None:
            raise LostError(ended.kind.value, f"{ended}\nGive it more with --timeout or --max-memory.")
        lost = again


def _is_real(stream: TextIO | None) -> bool:
    """Whether a child can write to it."""
    try:
        return stream is None or stream.fileno() >= 0
    except OSError:
        return False


def _tried(work: Callable[[Watch], int], limits: Limits, lost: Lost, stream: TextIO | None) -> int | Death:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        _work(work, limits, lost, stream, writer)
    os.close(writer)
    try:
        with open(reader) as pipe:
            told = [line.strip() for line in pipe]
        _, status = os.waitpid(child, 0)
    except BaseException:  # Ctrl-C above all: the child would hear of it only when FLINT returns
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
    code = os.waitstatus_to_exitcode(status)
    if told[-1:] == [DONE]:
        return code
    if 0 <= code != EXIT_MEMORY:
        raise typer.Exit(code)
    return Death(code, Stage(told[-1]) if told else None, limits)


def _work(work: Callable[[Watch], int], limits: Limits, lost: Lost, stream: TextIO | None, writer: int) -> NoReturn:
    """The life of the child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _keep_stderr_for_messages()
    limit_memory(limits.megabytes)
    stages = list[Stage]()

    def tell(stage: Stage) -> None:
        if stage not in stages:
            stages.append(stage)
            os.write(writer, f"{stage.value}\n".encode())

    def within_memory() -> int:
        try:
            return work(Watch(tell, lost, Clock(limits.seconds).running))
        except MemoryError:
            leave_for_want_of_memory()

    def to_the_end() -> int:
        code = within_memory()
        if stream is not None:
            stream.flush()
        os.write(writer, f"{DONE}\n".encode())
        return code

    os._exit(ending(to_the_end))


def _keep_stderr_for_messages() -> None:
    """What a library writes there when it aborts says nothing that the supervisor does not say."""
    if sys.stderr is not None:
        sys.stderr = open(os.dup(2), "w", buffering=1)  # noqa: SIM115  (for as long as the process lives)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
