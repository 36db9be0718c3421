"""JAX's settings while diffcheck works, whatever the environment or the host program says: JAX_DEBUG_NANS, JAX_DISABLE_JIT and others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import jax

from diffcheck.engines.jax.lacking import first_line
from diffcheck.errors import InputError


@contextmanager
def settings(wide: bool) -> Iterator[None]:
    """For this thread: 64-bit types or not, NaN and infinity as values, programs compiled, arrays from the host as they come.

    Raises InputError where JAX does not start.
    """
    _require_start()
    with jax.enable_x64(wide), jax.debug_nans(False), jax.debug_infs(False), jax.disable_jit(False), jax.transfer_guard("allow"):
        yield


@cache
def _require_start() -> None:
    try:
        jax.devices()
    except Exception as error:  # of whatever kind the platform's plugin raises
        platforms: str | None = jax.config.jax_platforms  # type: ignore[attr-defined]
        reason = first_line(error) or f"it has no platform {platforms!r}"
        raise InputError(f"JAX does not start: {reason}", "Unset JAX_PLATFORMS, or set it to cpu.") from error
