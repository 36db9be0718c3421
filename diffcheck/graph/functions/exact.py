"""What is rational of rationals, without rounding: for Python's Fraction, FLINT's fmpq, and any other type with their operators."""

from __future__ import annotations

from typing import Any

LARGEST_POWER = 64


def quotient(a: Any, b: Any) -> Any:
    return a / b if b != 0 else None


def integer_power(x: Any, n: Any) -> Any:
    """xⁿ, unless it is long or does not exist."""
    return x ** int(n.numerator) if abs(n) <= LARGEST_POWER and (x != 0 or n >= 0) else None


def square(x: Any) -> Any:
    return x * x


def sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def floor(x: Any) -> int:
    return int(x.numerator) // int(x.denominator)


def ceil(x: Any) -> int:
    return -floor(-x)


def greatest(*arguments: Any) -> Any:
    return max(arguments)


def least(*arguments: Any) -> Any:
    return min(arguments)
