"""What JAX refuses to do: `unsupported`, unless the fault is diffcheck's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import jax

from diffcheck.engines.faults import raise_if_ours
from diffcheck.errors import DiffcheckError, UnsupportedError

LONGEST = 160  # characters of JAX's message


@contextmanager
def lacking(what: str = "JAX") -> Iterator[None]:
    """An exception of JAX, or of code that it runs, becomes an UnsupportedError; a fault of diffcheck's own an InternalError."""
    with whole_tracebacks():
        try:
            yield
        except DiffcheckError:
            raise
        except Exception as error:  # JAX raises TypeError, ValueError, NotImplementedError and others for missing rules
            raise_if_ours(error)
            raise UnsupportedError(f"{what}: {type(error).__name__}: {first_line(error)[:LONGEST]}") from error


def first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@contextmanager
def whole_tracebacks() -> Iterator[None]:
    """Makes JAX keep its own frames in tracebacks, which show who raised an exception."""
    update: Callable[[str, object], None] = jax.config.update
    filtering = jax.config.jax_traceback_filtering  # type: ignore[attr-defined]
    update("jax_traceback_filtering", "off")
    try:
        yield
    finally:
        update("jax_traceback_filtering", filtering)
