"""Limits of a process: seconds, which its supervisor counts, and memory, which the operating system counts."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, replace
from typing import NoReturn

from diffcheck.errors import InputError, UnsupportedError

EXIT_MEMORY = 112  # how a process says that it ran out of memory, where a library has not aborted it before
DEFAULT_SECONDS = 60.0
DEFAULT_MEGABYTES = 4096
LEAST_SECONDS, MOST_SECONDS = 0.01, 1e7  # the longest is four months
LEAST_MEGABYTES, MOST_MEGABYTES = 512, 1_000_000_000  # importing the engines takes half of the least


@dataclass(frozen=True, slots=True)
class Limits:
    """`seconds` for one case, `megabytes` for the process that checks it. Raises InputError for what cannot be kept."""

    seconds: float = DEFAULT_SECONDS
    megabytes: int = DEFAULT_MEGABYTES

    def __post_init__(self) -> None:
        if math.isnan(self.seconds) or not LEAST_SECONDS <= self.seconds <= MOST_SECONDS:
            problem = f"a time limit of {self.seconds:g} s cannot be kept"
            raise InputError(problem, f"Give {LEAST_SECONDS:g} to {MOST_SECONDS:,.0f} seconds.")
        if not LEAST_MEGABYTES <= self.megabytes <= MOST_MEGABYTES:
            problem = f"a memory limit of {self.megabytes:,} MB cannot be kept"
            raise InputError(problem, f"Give {LEAST_MEGABYTES:,} to {MOST_MEGABYTES:,} megabytes.")

    @property
    def possible(self) -> Limits:
        """The same, with no more memory than the system lets this process have. Raises InputError where that is too little."""
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard == resource.RLIM_INFINITY or self.megabytes << 20 <= hard:
            return self
        if hard >> 20 < LEAST_MEGABYTES:
            problem = f"the system gives this process {hard >> 20:,} MB, and diffcheck needs {LEAST_MEGABYTES:,} MB"
            raise InputError(problem, "Raise the limit: ulimit -d unlimited.")
        return replace(self, megabytes=hard >> 20)


def require_posix() -> None:
    """Raises UnsupportedError where there is no means to keep limits."""
    if not hasattr(os, "fork"):
        raise UnsupportedError("diffcheck keeps its limits on Linux and macOS only; on Windows, run it in WSL")


def available_megabytes() -> int | None:
    """What this process may allocate: as it was limited, or what the machine has; None where nobody says."""
    try:
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ImportError, ValueError, OSError):
        return None
    return (installed if soft == resource.RLIM_INFINITY else min(soft, installed)) >> 20


def limit_memory(megabytes: int) -> None:
    """What this process may allocate; an address space is more than that, and JAX needs much of it."""
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (megabytes << 20, megabytes << 20))


def leave_for_want_of_memory() -> NoReturn:
    """End at once: a library that ran out of memory may have left anything half done."""
    os._exit(EXIT_MEMORY)
