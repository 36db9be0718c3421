"""What the exact algebra needs of numbers: an ordered field with elementary functions.

Two such fields are used: the real numbers (`reals`), and over any of them the germs of functions at 0+ (`germs`), which are ordered by
their sign at all small t > 0. Germs over germs are functions of two variables, one of them infinitely smaller than the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Protocol, Self, TypeVar

from flint import fmpq

from diffcheck.engines.certified.values import Trouble, TroubleKind, undefined, unproved

VANISHES = "a difference that vanishes to every order computed"
CHANGES_SIGN = "a difference that changes its sign"
MOST_ROOT = 1000  # the degree of a root


class NoValueError(Exception):
    """There is no such number, or it is not known: the trouble says which."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.reason)
        self.trouble = trouble


def not_known(reason: str) -> NoValueError:
    return NoValueError(unproved(reason))


def too_few_terms() -> NoValueError:
    return NoValueError(Trouble(TroubleKind.TRUNCATED, VANISHES))


def no_series(reason: str) -> NoValueError:
    return NoValueError(Trouble(TroubleKind.NO_SERIES, reason))


def singular(reason: str) -> NoValueError:
    return NoValueError(Trouble(TroubleKind.SINGULAR, reason))


def not_defined(reason: str) -> NoValueError:
    return NoValueError(undefined(reason))


class _Multiplied(Protocol):
    def __mul__(self, other: Self, /) -> Self: ...


E = TypeVar("E", bound=_Multiplied)


def repeated_product(one: E, u: E, n: int) -> E:
    """uⁿ for n ≥ 0 by squaring, in any field with this 1."""
    result = one
    for digit in bin(n)[2:]:
        result = result * result * u if digit == "1" else result * result
    return result


class Field(Protocol):
    """Operations on the elements of a field, which have + - * of their own. Each may raise NoValueError."""

    pi: Any
    euler: Any

    def spend(self, work: int) -> None:
        """Counts work that is not counted by the elements themselves."""

    def rational(self, value: Fraction | fmpq | int) -> Any:
        """The element that is this rational number."""

    def as_rational(self, u: Any) -> fmpq | None:
        """The element as a rational, if it is seen to be one."""

    def sign(self, u: Any) -> int: ...

    def is_zero(self, u: Any) -> bool: ...

    def divide(self, a: Any, b: Any) -> Any: ...

    def exp(self, u: Any) -> Any: ...

    def log(self, u: Any) -> Any:
        """For positive u."""

    def power(self, u: Any, q: fmpq) -> Any:
        """u^q for positive u, for u that is not zero and integers q, and for zero and positive q."""

    def sin(self, u: Any) -> Any: ...

    def cos(self, u: Any) -> Any: ...

    def floor(self, u: Any) -> Any: ...

    def below(self, u: Any) -> Fraction:
        """A rational just below a positive u."""

    def function(self, name: str, arguments: Sequence[Any]) -> Any:
        """Any other function of the table that is analytic at its arguments."""

    def taylor(self, name: str, arguments: Sequence[Any], moving: int, terms: int) -> list[Any]:
        """Its Taylor coefficients by one of the arguments."""

    def between(self, a: Any, b: Any) -> Any:
        """An element for all that lies between two others, whose difference is smaller than every term computed."""
