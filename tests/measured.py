"""Bounds on the time that a test's subject may take, whatever else the machine does."""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Asserts that the body takes its thread no more CPU time than `seconds`.

    What other threads do (XLA compiles in its own) and the garbage that earlier tests left are no part of it.
    Bounds are generous: what they guard against takes minutes.
    """
    gc.disable()
    begun = time.thread_time()
    try:
        yield
        taken = time.thread_time() - begun
    finally:
        gc.enable()
    assert taken < seconds, f"{taken:.1f} s of CPU time"
