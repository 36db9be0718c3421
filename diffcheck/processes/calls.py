"""A call of Python in a process that can be stopped: the function goes there with its arguments, what it returns or raises comes back.

Both sides are this program: what is unpickled was pickled by the other side of a pipe.
"""

from __future__ import annotations

import os
import pickle
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from diffcheck.errors import DiffcheckError, InputError, InternalError
from diffcheck.processes.deaths import Death, Lost, outlasted
from diffcheck.processes.limits import Limits
from diffcheck.processes.pickling import pickler_for
from diffcheck.processes.search_path import while_users
from diffcheck.processes.workers import WORKERS


def call(function: Callable[..., Any], arguments: tuple[Any, ...], options: Mapping[str, Any], limits: Limits) -> Any:
    """function(*arguments, **options, on_stage=…, lost=…), within limits.

    Raises what it raises, and LostError where it did not come back.
    """

    def asked(lost: Lost) -> list[str] | Death:
        return WORKERS.ask(f"{__name__}:answer", _sent((function, arguments, {**options, "lost": lost})), limits)

    (answer,) = outlasted(asked)
    returned, value = _received(answer)
    if returned:
        return value
    raise value


def answer(text: str, on_stage: Callable[[str], None]) -> list[str]:
    """What a worker does with a call."""
    path, wanted = text.split(" ")
    with while_users(_received(path)):
        try:
            function, arguments, options = _received(wanted)
            found = True, function(*arguments, **options, on_stage=on_stage)
        except MemoryError:
            raise
        except DiffcheckError as error:
            found = False, error
        except Exception as error:
            found = False, InternalError(f"{type(error).__name__}: {error}")
    return [_encoded(pickle.dumps(found))]


def _sent(value: object) -> str:
    """A function of a module that can be imported goes as its name, any other one as its code."""
    content = BytesIO()
    try:
        pickler_for(content).dump(value)
    except Exception as error:  # what an object of the user's says when it is pickled
        problem = f"timeout= and max_memory= need a process of their own, to which this cannot be sent: {type(error).__name__}: {error}"
        fix = "Leave them out, or check it from the command line: diffcheck check-jax FILE.py:NAME --timeout 60."
        raise InputError(problem, fix) from error
    return f"{_encoded(pickle.dumps([os.path.abspath(entry) for entry in sys.path]))} {_encoded(content.getvalue())}"


def _encoded(content: bytes) -> str:
    return b64encode(content).decode()


def _received(text: str) -> Any:
    return pickle.loads(b64decode(text))
