"""Whose fault an exception is: a library's or the user's code's, which are theirs to refuse something, or diffcheck's own."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from traceback import walk_tb
from typing import Any

from diffcheck.errors import InternalError

OURS = str(Path(__file__).parents[1])
XLA_STATUS = re.compile(r"[A-Z]+(_[A-Z]+)*: ")  # XLA is no Python: the line that called it is the last one in the traceback
NOBODYS = (ArithmeticError, MemoryError, RecursionError)  # what numbers and sizes do to any line


def call(function: Callable[..., Any], arguments: Iterable[Any]) -> Any:
    """A function of the user's, called: what is raised here, of a wrong number of arguments for one, is theirs."""
    return function(*arguments)


def raise_if_ours(error: BaseException) -> None:
    """Raises InternalError where the line that failed is diffcheck's own. JAX's tracebacks must be whole (`lacking`)."""
    code = next((frame.f_code for frame, _ in deque(walk_tb(error.__traceback__), 1)), None)
    if code is None or code is call.__code__ or isinstance(error, NOBODYS) or XLA_STATUS.match(str(error)):
        return
    if code.co_filename.startswith(OURS):
        raise InternalError(f"{type(error).__name__}: {error}") from error
