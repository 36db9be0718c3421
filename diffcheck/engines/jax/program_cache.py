"""JAX's compiled programs, kept from one command to the next. A library leaves JAX's settings alone: this is for commands."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import count
from pathlib import Path

import jax
import jax.monitoring

from diffcheck import caches

LIMIT_BYTES = 64 << 20  # some ten thousand programs
WRITTEN = "/jax/compilation_cache/cache_misses"  # what JAX says before it writes one
WRITES_A_LOOK = 500
TROUBLE = r"Error (reading|writing) persistent compilation cache entry"


def use_persistent_cache() -> None:
    """Keep compiled programs in the private cache directory; where there is none, keep nothing.

    A program that is damaged is compiled again, and one that finds no room on the disk is not kept: neither is worth a warning.
    """
    directory = caches.directory("jax")
    if directory is None:
        return
    update: Callable[[str, object], None] = jax.config.update
    update("jax_compilation_cache_dir", str(directory))
    update("jax_persistent_cache_min_compile_time_secs", 0.0)
    update("jax_persistent_cache_min_entry_size_bytes", -1)
    warnings.filterwarnings("ignore", TROUBLE, UserWarning)
    _keep_within_limit(directory)


def _keep_within_limit(directory: Path) -> None:
    """Look after the size with the first program that this process writes, and then now and again.

    JAX's own `jax_compilation_cache_max_size` needs one library more, and a lock and a second file for each program that is read.
    """
    written = count()

    def listener(event: str, **details: str | int) -> None:
        if event == WRITTEN and next(written) % WRITES_A_LOOK == 0:
            caches.trim(directory, LIMIT_BYTES)

    jax.monitoring.register_event_listener(listener)
