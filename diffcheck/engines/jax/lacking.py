"""What JAX refuses to do: `unsupported`, unless the fault is diffcheck's own."""

from __future__ import annotations

import threading
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
    _filtering.turn_off()
    try:
        yield
    finally:
        _filtering.restore()


class _Filtering:
    """JAX's setting is one for all threads: the first that wants it off notes what it was, and the last puts it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._before: object = None

    def turn_off(self) -> None:
        with self._lock:
            if self._users == 0:
                self._before = jax.config.jax_traceback_filtering  # type: ignore[attr-defined]
                self._update("off")
            self._users += 1

    def restore(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._update(self._before)

    @staticmethod
    def _update(value: object) -> None:
        update: Callable[[str, object], None] = jax.config.update
        update("jax_traceback_filtering", value)


_filtering = _Filtering()
