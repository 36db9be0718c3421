"""A worker whose certified engine does at certain points what bugs of libraries do: started instead of the real one."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable
from typing import Any

import flint

from diffcheck.judgement import judge
from diffcheck.processes import worker


def _allocate_without_end() -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 24))


def _fail_once() -> None:
    """Killed as by a machine that was short of memory for a moment."""
    mark = os.environ["DIFFCHECK_TEST_MARK"]
    if not os.path.exists(mark):
        with open(mark, "w"):
            os.kill(os.getpid(), signal.SIGKILL)


FAULTS: dict[float, Callable[[], object]] = {
    101.0: lambda: flint.fmpz(1) << (1 << 36),  # FLINT aborts the process when it gets no memory
    102.0: lambda: ctypes.string_at(0),  # a segmentation fault
    103.0: lambda: os.kill(os.getpid(), signal.SIGKILL),
    104.0: _allocate_without_end,
    105.0: lambda: print("printed by a library"),
    106.0: _fail_once,
}
_certify = judge.certify


def _faulty(graph: Any, point: Any, *rest: Any) -> Any:
    FAULTS.get(point["x"], lambda: None)()
    return _certify(graph, point, *rest)


def main() -> None:
    judge.certify = _faulty
    worker.main()
