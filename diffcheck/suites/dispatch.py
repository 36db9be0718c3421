"""Hands units to an executor and takes their records as they come, a few units at a time, whatever the number of cases.

An executor is what `concurrent.futures` calls so: threads here, each with a worker process of its own, or a Dask cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import islice

from diffcheck.processes.descendants import ended_with_us
from diffcheck.processes.limits import Limits
from diffcheck.processes.workers import WORKERS
from diffcheck.records import CaseResult
from diffcheck.suites.remote import check_units
from diffcheck.suites.units import Unit, as_line
from diffcheck.views.json_ import case_result


@dataclass(frozen=True, slots=True)
class Hands:
    """Who does the work: `chunk` units are handed over at a time, and at most `window` chunks are under way."""

    executor: Executor
    chunk: int
    window: int


@contextmanager
def local_hands(workers: int, runs_code: bool = False) -> Iterator[Hands]:
    """Worker processes on this machine, with one case in flight each; a user's code may start others, which end with them."""
    executor = ThreadPoolExecutor(workers)
    with ended_with_us() if runs_code else nullcontext():
        try:
            yield Hands(executor, chunk=1, window=2 * workers)
        finally:
            with WORKERS.stopped():  # a thread that waits for its worker would keep us waiting too
                executor.shutdown(cancel_futures=True)


def check_all(units: Iterable[Unit], limits: Limits, hands: Hands) -> Iterator[CaseResult]:
    """The records of every unit, in the order in which cases end."""
    waiting = iter(units)
    under_way: dict[Future[list[list[str]]], list[int]] = {}
    while True:
        while len(under_way) < hands.window and (chunk := list(islice(waiting, hands.chunk))):
            future = hands.executor.submit(check_units, [as_line(unit) for unit in chunk], limits)
            under_way[future] = [unit.number for unit in chunk]
        if not under_way:
            return
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        for future in sorted(done, key=under_way.__getitem__):
            yield from map(case_result, under_way.pop(future), future.result())
