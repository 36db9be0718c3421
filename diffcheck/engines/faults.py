"""Whose fault an exception is: a library or the user's code may refuse something; if diffcheck's own line fails, that is a bug."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from traceback import walk_tb
from typing import Any

from diffcheck.errors import InternalError

OURS = str(Path(__file__).parents[1])
XLA_STATUS = re.compile(r"[A-Z]+(_[A-Z]+)*: ")  # XLA is not Python: the last line in the traceback is the one that called it
NOBODYS = (ArithmeticError, MemoryError, RecursionError)  # numbers and sizes can make any line raise these


def call(function: Callable[..., Any], arguments: Iterable[Any], keywords: Mapping[str, Any] = {}) -> Any:  # noqa: B006
    """Calls a function of the user's. What this line raises (a wrong number of arguments, for one) is the user's fault, not ours."""
    return function(*arguments, **keywords)


def raise_if_ours(error: BaseException) -> None:
    """Raises InternalError if the line that failed is diffcheck's own. JAX's tracebacks must be whole (`whole_tracebacks`)."""
    code = next((frame.f_code for frame, _ in deque(walk_tb(error.__traceback__), 1)), None)
    if code is None or code is call.__code__ or isinstance(error, NOBODYS) or XLA_STATUS.match(str(error)):
        return
    if code.co_filename.startswith(OURS):
        raise InternalError(f"{type(error).__name__}: {error}") from error
