"""What a worker does before it is ready: it imports the engines, which takes a second that no request should pay for."""

from __future__ import annotations

import gc

import diffcheck.checks.expression  # noqa: F401
from diffcheck.engines.jax.program_cache import use_persistent_cache


def prepare() -> None:
    """Keep compiled programs, and do not look for garbage among the million objects that importing has made."""
    use_persistent_cache()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
