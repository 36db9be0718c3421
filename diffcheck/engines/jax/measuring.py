"""What JAX and XLA do with a program, measured: tracing, compiling, XLA's own estimates, and runs in turn."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax

from diffcheck.engines.jax.counting import Work, equations_in, residuals, work_of
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.names import ClosedJaxpr
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError

MAX_EQUATIONS = 5_000  # of a program that XLA compiles here: it takes ten seconds for so many
REPEATS, REPEATED_SECONDS = 3, 0.05  # of traces, and how long one is that is not repeated
LEAST_SECONDS = 2e-3  # of a run that is timed: shorter ones are repeated
Leaves = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A program as XLA made it for some arguments, and the seconds that tracing and compiling took.

    What it runs out of, and whatever else JAX raises, is an UnsupportedError.
    """

    run: Callable[..., Any]
    trace_seconds: float
    compile_seconds: float
    analysis: Mapping[str, float]
    bytes_at_peak: int | None
    wide: bool

    def __call__(self, arguments: Leaves) -> Any:
        """The results, all there."""
        with settings(self.wide), lacking():
            return _awaited(self.run(*arguments))

    def seconds(self, arguments: Leaves, times: int = 1) -> float:
        """The time of one call, from that of some."""
        with settings(self.wide), lacking():  # a compiled program keeps its types, and wants them
            start = time.perf_counter()
            for _ in range(times):
                _awaited(self.run(*arguments))
            return (time.perf_counter() - start) / times

    def repeats(self, arguments: Leaves) -> int:
        """How many calls take long enough to be timed."""
        once = self.seconds(arguments)
        return max(1, int(LEAST_SECONDS / max(once, 1e-7)))


class MeasuredProgram:
    """A JAX program of arrays, counted and compiled. Raises UnsupportedError for what JAX refuses."""

    def __init__(self, function: Callable[..., Any], leaves: Leaves, wide: bool) -> None:
        self.function = function
        self._leaves = leaves
        self._wide = wide

    @cached_property
    def _first(self) -> tuple[ClosedJaxpr, float]:
        return self._traced()

    def _traced(self) -> tuple[ClosedJaxpr, float]:
        with settings(self._wide), lacking():
            start = time.perf_counter()
            program = jax.make_jaxpr(lambda *leaves: self.function(*leaves))(*self._leaves)
            return program, time.perf_counter() - start

    @property
    def work(self) -> Work:
        """The operations of the program as JAX writes it."""
        return work_of(self._first[0])

    def traced_in(self) -> list[float]:
        """What it took to find the work, in seconds; of short times some, the first of which does not count."""
        first = self._first[1]
        return [first] if first > REPEATED_SECONDS else [self._traced()[1] for _ in range(REPEATS)]

    @property
    def results(self) -> int:
        """How many numbers the program returns."""
        return sum(math.prod(each.shape) for each in self._first[0].out_avals)

    def residuals(self) -> tuple[int, int]:
        """What `jax.vjp` of the program keeps: arrays and bytes."""
        with settings(self._wide), lacking():
            return residuals(self.function, self._leaves)

    def require_few(self) -> None:
        """Raises UnsupportedError where XLA would take too long."""
        count = equations_in(self._first[0].jaxpr)
        if count > MAX_EQUATIONS:
            raise UnsupportedError(f"it is not compiled: the program has {count:,} equations, and the budget is {MAX_EQUATIONS:,}")

    def compiled(self, points: Leaves | None = None) -> Compiled:
        """The program for one point, or for many, of which each argument has an axis more."""
        self.require_few()
        function = self.function if points is None else jax.vmap(self.function)
        with settings(self._wide), lacking():
            fresh = jax.jit(lambda *leaves: function(*leaves))  # JAX keeps what it knows of a function that it has seen
            start = time.perf_counter()
            lowered = fresh.trace(*(self._leaves if points is None else points)).lower()
            traced = time.perf_counter()
            made = lowered.compile()
            end = time.perf_counter()
        peak = _peak(made.memory_analysis())
        return Compiled(made, traced - start, end - traced, made.cost_analysis() or {}, peak, self._wide)


_awaited: Callable[[Any], Any] = jax.block_until_ready


def _peak(memory: Any) -> int | None:
    """Arguments, results and temporary arrays, which are all there at once."""
    if memory is None:
        return None
    return int(memory.argument_size_in_bytes + memory.output_size_in_bytes + memory.temp_size_in_bytes - memory.alias_size_in_bytes)
