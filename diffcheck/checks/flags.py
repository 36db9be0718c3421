"""The plain options of public functions: what their annotations say is what they take, and all else is refused by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np

from diffcheck.errors import InputError
from diffcheck.printable import quoted

P = ParamSpec("P")
R = TypeVar("R")
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {  # by the name in an annotation; True is no number here
    "bool": ((bool,), "True or False"),
    "int": ((Integral,), "a whole number"),
    "float": ((Real,), "a number"),
    "str": ((str,), "a text"),
}


def typed(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which raises InputError for a plain option of another type: `hessian="yes"`."""
    options = {name: str(each.annotation).split(" | ") for name, each in inspect.signature(function).parameters.items()}
    plain = {name: kinds for name, kinds in options.items() if all(kind in (*_KINDS, "None") for kind in kinds)}

    @wraps(function)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in plain.keys() & kwargs.keys():
            given: Any = kwargs[name]
            value = kwargs[name] = given.item() if isinstance(given, np.generic) else given
            if not any(_is(value, kind) for kind in plain[name]):
                wanted = [_KINDS[kind][1] for kind in plain[name] if kind in _KINDS]
                raise InputError(f"{name} is {quoted(value)}, and must be {' or '.join(wanted)}")
        return function(*args, **kwargs)

    return checked


def _is(value: object, kind: str) -> bool:
    if kind == "None":
        return value is None
    return isinstance(value, _KINDS[kind][0]) and (kind == "bool" or not isinstance(value, bool))
