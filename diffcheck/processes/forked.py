"""A command under supervision: a child does the work, and this process, which imports no engine, sees what becomes of it.

The child is forked before any engine is there, so that this costs next to nothing. Where Python calls the command, in a
process that has loaded engines or catches what is printed, the work is done here, without limits: a fork of a process that
runs JAX may hang, and a child cannot print into its parent's memory.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import NoReturn, TextIO, TypeVar

from diffcheck.errors import UnsupportedError
from diffcheck.processes.deaths import Death, Lost, outlasted
from diffcheck.processes.descendants import adopt_orphans, end_descendants
from diffcheck.processes.lifeline import hold_on, let_go, lifeline
from diffcheck.processes.limits import Limits, leave_for_want_of_memory, limit_memory, require_posix
from diffcheck.processes.listening import NEVER, Ear
from diffcheck.processes.signals import leave_to_the_supervisor

DONE, REFUSED = "done", "refused"  # the last word: the work came to its end, or said itself why not
SIGNALLED_SECONDS = 0.2  # in which a signal that was sent to both processes has reached this one, too
T = TypeVar("T")


class RefusedError(Exception):
    """The work has said itself what was wrong."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Watch:
    """What the work tells its supervisor, and which engines did not come back from an earlier try."""

    on_stage: Callable[[str], object] = lambda stage: None
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


class SharedClock:
    """Seconds that are spent while the child lets the clock run; the supervisor sees, in memory that both have, when they end."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._shared = mmap.mmap(-1, 8)
        self._end_at(NEVER)

    def _end_at(self, deadline: float) -> None:
        struct.pack_into("d", self._shared, 0, deadline)

    def deadline(self) -> float:
        (found,) = struct.unpack_from("d", self._shared)
        return float(found)

    @contextmanager
    def running(self) -> Iterator[None]:
        start, process = time.monotonic(), os.getpid()
        self._end_at(start + self._left)
        try:
            yield
        finally:
            if os.getpid() != process:  # code of a user's has forked, and both come back: the report is for one of them to write
                os._exit(0)
            self._end_at(NEVER)
            self._left -= time.monotonic() - start


class Child:
    """A forked process, with what `subprocess.Popen` has for others."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        return self._ended(os.WNOHANG)

    def wait(self) -> int:
        code = self._ended(0)
        assert code is not None
        return code

    def _ended(self, options: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, options)
            self._code = os.waitstatus_to_exitcode(status) if pid else None
        return self._code

    def kill(self) -> None:
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Supervised:
    """Work that a forked process does, within limits.

    `ending` says what went wrong with the work, and makes an exit code of it. `stream` is what the work writes to; nothing is left in it
    that only the child knows. `runs_code`: the work executes a user's code, which may start processes too.
    """

    work: Callable[[Watch], int]
    limits: Limits
    ending: Callable[[Callable[[], int]], int]
    stream: TextIO | None = None
    runs_code: bool = False

    def run(self) -> int:
        """The exit code that the work comes to; where SymPy or JAX did not come back, without it.

        Raises LostError where something else did not come back, and RefusedError after `ending` had to speak.
        """
        if "jax" in sys.modules or not _is_real(sys.stdout):
            return self.work(UNWATCHED)
        require_posix()
        limits = self.limits.possible
        return outlasted(lambda lost: self._tried(limits, lost))

    def _tried(self, limits: Limits, lost: Lost) -> int | Death:
        reader, writer = os.pipe()
        clock = SharedClock(limits.seconds)
        end, own = lifeline()
        if self.runs_code:
            adopt_orphans()
        try:
            pid = os.fork()
        except OSError as error:
            raise UnsupportedError(f"no process can be started for the work: {error.strerror}") from error
        if pid == 0:
            self._live(limits, lost, writer, clock, end)
        child = Child(pid)
        try:
            os.close(writer)
            os.close(end)
            return _followed(child, Ear(reader, child), clock, limits)
        finally:
            child.kill()  # it would hear of Ctrl-C only when FLINT returns
            child.wait()
            if self.runs_code:
                end_descendants()
            os.close(reader)
            let_go(own)

    def _live(self, limits: Limits, lost: Lost, writer: int, clock: SharedClock, end: int) -> NoReturn:
        """The life of the child."""
        leave_to_the_supervisor()
        hold_on(end)
        _keep_stderr_for_messages()
        limit_memory(limits.megabytes)
        stages, last = list[str](), [REFUSED]

        def tell(word: str) -> None:
            os.write(writer, f"{word}\n".encode())

        def on_stage(stage: str) -> None:
            if stage not in stages:
                stages.append(stage)
                tell(stage)

        def to_the_end() -> int:
            try:
                code = self.work(Watch(on_stage, lost, clock.running))
            except MemoryError:
                leave_for_want_of_memory()
            if self.stream is not None:
                self.stream.flush()
            last[:] = [DONE]
            return code

        code = self.ending(to_the_end)
        tell(*last)
        os._exit(code)


def _is_real(stream: TextIO | None) -> bool:
    """Whether a child can write to it."""
    try:
        return stream is None or stream.fileno() >= 0
    except OSError:
        return False


def _followed(child: Child, ear: Ear, clock: SharedClock, limits: Limits) -> int | Death:
    stage = None
    while (line := ear.line(clock.deadline)) is not None:
        if line == DONE:
            return child.wait()
        if line == REFUSED:
            raise RefusedError(child.wait())
        stage = line
    code = child.wait()
    if code == -signal.SIGTERM:
        time.sleep(SIGNALLED_SECONDS)
    return Death(code, stage, limits, ear.timed_out)


def _keep_stderr_for_messages() -> None:
    """What a library writes there when it aborts says nothing that the supervisor does not say."""
    if sys.stderr is not None:
        sys.stderr = open(os.dup(2), "w", buffering=1)  # noqa: SIM115  (for as long as the process lives)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
