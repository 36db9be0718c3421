"""Rational constants stay exact while they are short: the exponent 1/3 is known to be 1/3, not a ball around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import fmpq

from diffcheck.graph.functions import Function

MAX_BITS = 2048  # of numerator or denominator; longer ones become balls


def exactly(function: Function, arguments: Sequence[Any]) -> fmpq | bool | None:
    """A function of rationals as a rational or a truth value; None where it is neither, or too long."""
    result = None if function.exactly is None else function.exactly(*arguments)
    if result is None or isinstance(result, bool):
        return result
    rational = fmpq(result)
    return rational if rational.height_bits() <= MAX_BITS else None
