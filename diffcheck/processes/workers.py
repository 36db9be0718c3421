"""Workers: processes that answer requests within limits, one request at a time each; one that dies costs its own request only."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from diffcheck.errors import InternalError, UnsupportedError
from diffcheck.processes.deaths import Death
from diffcheck.processes.lifeline import let_go, lifeline
from diffcheck.processes.limits import Limits, require_posix
from diffcheck.processes.listening import Ear
from diffcheck.processes.search_path import python
from diffcheck.processes.worker import ANSWER, READY

PROGRAM = "diffcheck.processes.worker"
STARTS = 100  # in a row that may fail: somebody may be killing workers, but a machine that has no memory left will not recover


class Worker:
    """One process and its pipes."""

    def __init__(self, megabytes: int) -> None:
        self.megabytes = megabytes
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        end, self._lifeline = lifeline()
        try:
            self.process = subprocess.Popen(
                python(PROGRAM, str(megabytes), str(end)),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.complaints,
                pass_fds=[end],
                process_group=0,  # a terminal's Ctrl-C is for whoever supervises
            )
        except BaseException:
            let_go(self._lifeline)
            raise
        finally:
            os.close(end)
        assert self.process.stdout is not None
        self._ear = Ear(self.process.stdout.fileno(), self.process)

    def is_ready(self) -> bool:
        """Whether it came up; waits until it has."""
        return self._ear.line() == READY

    def ask(self, reference: str, text: str, limits: Limits) -> list[str] | Death:
        """The lines of the answer, or how the process ended instead."""
        end = time.monotonic() + limits.seconds
        stage = None
        self._tell(f"{reference} {text}\n".encode(), end)
        while (line := self._ear.line(lambda: end)) is not None:
            if line.startswith(f"{ANSWER} "):
                lines = [self._ear.line(lambda: end) for _ in range(int(line.removeprefix(ANSWER)))]
                if None not in lines:
                    return [each for each in lines if each is not None]
            else:
                stage = line
        return Death(self.process.wait(), stage, limits, self._ear.timed_out)

    def _tell(self, content: bytes, end: float) -> None:
        """Write a request, as far as the worker takes it in time: what ails it is heard of when its answer is waited for."""
        assert self.process.stdin is not None
        room = select.poll()
        room.register(self.process.stdin, select.POLLOUT)
        rest = memoryview(content)
        with suppress(BrokenPipeError):
            while rest and room.poll(1000 * max(0.0, end - time.monotonic())):
                rest = rest[os.write(self.process.stdin.fileno(), rest[: select.PIPE_BUF]) :]

    def last_words(self) -> str:
        """The last line that it wrote to its standard error."""
        self.complaints.seek(0)
        lines = self.complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.wait()}"

    def end(self) -> None:
        """Kill it, with what it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.kill()  # it may have left its group
        self.process.wait()
        let_go(self._lifeline)
        for pipe in (self.process.stdin, self.process.stdout, self.complaints):
            with suppress(OSError):
                pipe.close()  # type: ignore[union-attr]


class Workers:
    """The workers of this process: as many as are asked at once."""

    def __init__(self) -> None:
        self._start_afresh()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_afresh)  # two processes that talk to one worker get each other's answers

    def _start_afresh(self) -> None:
        self._idle = list[Worker]()
        self._all = set[Worker]()
        self._lock = threading.Lock()
        self._stopped = False

    def ask(self, reference: str, text: str, limits: Limits) -> list[str] | Death:
        """What a function MODULE:FUNCTION of diffcheck answers to a text without line breaks, or how the worker died of it."""
        require_posix()
        limits = limits.possible
        worker = self._ready(limits.megabytes)
        try:
            answer = worker.ask(reference, text, limits)
        except BaseException:  # Ctrl-C: what it answers later does not answer the next request
            self._forget(worker)
            raise
        if isinstance(answer, Death):
            self._forget(worker)
        else:
            with self._lock:
                self._idle.append(worker)
        return answer

    def _ready(self, megabytes: int) -> Worker:
        with self._lock:
            idle, self._idle = self._idle, []
            found = next((worker for worker in idle if worker.megabytes == megabytes), None)
            self._idle = [worker for worker in idle if worker is not found and worker.megabytes == megabytes]
            useless = [worker for worker in idle if worker.megabytes != megabytes]
        for worker in useless:
            self._forget(worker)
        return found or self._new(megabytes)

    def _new(self, megabytes: int) -> Worker:
        for _ in range(STARTS):
            worker = self._started(megabytes)
            if worker.is_ready():
                return worker
            code, words = worker.process.wait(), worker.last_words()
            self._forget(worker)
            if code >= 0:
                break
        raise UnsupportedError(f"no worker process can be started: {words}")

    def _started(self, megabytes: int) -> Worker:
        with self._lock:
            if self._stopped:
                raise InternalError("the run was stopped")
            try:
                worker = Worker(megabytes)
            except OSError as error:
                raise UnsupportedError(f"no worker process can be started: {error.strerror}") from error
            self._all.add(worker)
        return worker

    def _forget(self, worker: Worker) -> None:
        worker.end()
        with self._lock:
            self._all.discard(worker)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """All of them are killed, whatever they are doing, and none is started inside."""
        with self._lock:
            self._stopped = True
            for worker in self._all:
                worker.process.kill()
        try:
            yield
        finally:
            for worker in [*self._all]:
                self._forget(worker)
            with self._lock:
                self._idle.clear()
                self._stopped = False


WORKERS = Workers()
