"""Keeps worker processes, one for each thread that asks: a worker that dies costs its own case one more try, and nobody else's.

`check_units` is what an executor runs, here in a thread or on another machine: lines in, lines out.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import diffcheck
from diffcheck.errors import InternalError
from diffcheck.records import FaultKind
from diffcheck.results import Stage
from diffcheck.suites.cases import Unreadable
from diffcheck.suites.limits import Death, Limits
from diffcheck.suites.units import Unit, as_line, faulty, from_line
from diffcheck.suites.worker import DONE, READY
from diffcheck.views.json_ import record_as_line

PROGRAM = "diffcheck.suites.worker"
TRIES = 2  # of a case whose worker died
STARTS = 100  # in a row that may fail: somebody may be killing workers, but a machine that has no memory left will not recover


def environment() -> dict[str, str]:
    """Where a new process finds this diffcheck."""
    paths = [str(Path(diffcheck.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


class Worker:
    """One process and its pipes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.complaints = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the process)
        self.process = subprocess.Popen(
            [sys.executable, "-m", PROGRAM, str(limits.seconds), str(limits.megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.complaints,
            env=environment(),
            process_group=0,  # a terminal's Ctrl-C is for whoever supervises
        )

    def is_ready(self) -> bool:
        """Whether it came up; waits until it has."""
        return self._line() == f"{READY}\n"

    def ask(self, unit: Unit) -> list[str] | Death:
        """The records of a case, a line each, or how the process ended over it."""
        stage, records = None, list[str]()
        with suppress(BrokenPipeError):
            assert self.process.stdin is not None
            self.process.stdin.write(as_line(unit).encode() + b"\n")
            self.process.stdin.flush()
            while (line := self._line()).endswith("\n"):
                if line.startswith("{"):
                    records.append(line.removesuffix("\n"))
                elif line == f"{DONE}\n":
                    return records
                else:
                    stage = Stage(line.removesuffix("\n"))
        return Death(self.process.wait(), stage, self.limits)

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode()

    def last_words(self) -> str:
        """The last line that it wrote to its standard error."""
        self.complaints.seek(0)
        lines = self.complaints.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.process.wait()}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


class Workers:
    """The workers of this process: each thread's own, started when it is first needed."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._all: set[Worker] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def ask(self, unit: Unit, limits: Limits) -> list[str] | Death:
        worker = self._ready(limits)
        answer = worker.ask(unit)
        if isinstance(answer, Death):
            self._forget(worker)
        return answer

    def _ready(self, limits: Limits) -> Worker:
        worker: Worker | None = getattr(self._own, "worker", None)
        if worker is not None and worker.limits == limits:
            return worker
        for _ in range(STARTS):
            self._own.worker = worker = self._started(limits)
            if worker.is_ready():
                return worker
            code, words = worker.process.wait(), worker.last_words()
            self._forget(worker)
            if code >= 0:
                break
        raise InternalError(f"no worker process can be started: {words}")

    def _started(self, limits: Limits) -> Worker:
        with self._lock:
            if self._stopped:
                raise InternalError("the run was stopped")
            worker = Worker(limits)
            self._all.add(worker)
        return worker

    def _forget(self, worker: Worker) -> None:
        worker.kill()
        self._own.worker = None
        with self._lock:
            self._all.discard(worker)

    def stop(self) -> None:
        """Kill all of them, whatever they are doing, and start no more."""
        with self._lock:
            self._stopped = True
            for worker in self._all:
                worker.process.kill()


_workers = Workers()


def start_afresh() -> None:
    """Allow workers again, after `stop`."""
    global _workers
    _workers = Workers()


def stop() -> None:
    """Kill this process's workers."""
    _workers.stop()


def check_units(units: Sequence[str], limits: Limits) -> list[list[str]]:
    """The records of each unit, a line each."""
    return [_checked(from_line(unit), limits) for unit in units]


def _checked(unit: Unit, limits: Limits) -> list[str]:
    if isinstance(unit.case, Unreadable):
        return [record_as_line(faulty(unit.case, unit.number, FaultKind.INPUT, unit.case.message))]
    deaths = 0
    while True:
        answer = _workers.ask(unit, limits)
        if isinstance(answer, list):
            return answer
        deaths += 1
        if answer.timed_out or deaths >= TRIES:
            lost = answer.lost_after(unit.lost)
            if lost is None:
                return [record_as_line(faulty(unit.case, unit.number, answer.kind, str(answer)))]
            unit, deaths = replace(unit, lost=lost), 0
