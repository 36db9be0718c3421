"""Rational constants stay exact while they are short: the exponent 1/3 is known to be 1/3, not a ball around it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from flint import fmpq

MAX_BITS = 2048  # of numerator or denominator; longer ones become balls

_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negate": operator.neg,
    "floor": lambda q: fmpq(q.floor()),
    "less": operator.lt,
    "less_equal": operator.le,
    "greater": operator.gt,
    "greater_equal": operator.ge,
    "equal": operator.eq,
    "not_equal": operator.ne,
}


def exactly(function: str, arguments: Sequence[Any]) -> fmpq | bool | None:
    """A function of rationals as a rational or a truth value; None where it is neither, or too long."""
    operation = _OPERATIONS.get(function)
    if operation is None or (function == "divide" and arguments[1] == 0):
        return None
    result = operation(*arguments)
    return result if isinstance(result, bool) or result.height_bits() <= MAX_BITS else None
