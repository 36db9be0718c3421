"""What a function of the table demands of its arguments, in any algebra: distances from the ends of its domain.

A parameter often decides: besselj(n, x) has values left of 0 if n is an integer. The table writes such demands as expressions,
and each algebra evaluates and compares them itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Generic, TypeVar

from diffcheck.graph.build import in_parameters
from diffcheck.graph.domains import ALWAYS, NEVER, Demand
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Algebra, evaluate

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Condition(Generic[V]):
    """A value that must be positive, or not negative if `closed`; `words` says what that demands of the arguments.

    If the algebra cannot tell whether the condition applies, `doubt` is its answer instead of True or False.
    """

    distance: V
    closed: bool
    words: str
    doubt: V | None = None


@dataclass(frozen=True, slots=True)
class _End:
    """An end of the interval in which one argument must lie."""

    argument: int
    at: Fraction
    is_upper: bool
    closed: bool
    words: str

    def distance(self, u: V, algebra: Algebra[V]) -> V:
        if not self.at and not self.is_upper:
            return u
        operands = (algebra.constant(self.at), u) if self.is_upper else (u, algebra.constant(self.at))
        return algebra.apply(FUNCTIONS["subtract"], operands)


def conditions(function: Function, arguments: Sequence[V], algebra: Algebra[V]) -> tuple[Condition[V], ...]:
    """All that the function demands of these arguments, except that they are not poles."""
    ends = tuple([Condition(end.distance(arguments[end.argument], algebra), end.closed, end.words) for end in _ends(function.name)])
    if not function.demands:
        return ends
    demanded = (_demanded(function, demand, arguments, algebra) for demand in function.demands)
    return (*ends, *(condition for condition in demanded if condition is not None))


def _demanded(function: Function, demand: Demand, arguments: Sequence[V], algebra: Algebra[V]) -> Condition[V] | None:
    """A demand as a condition on these arguments; None if nothing is demanded of them."""
    values = dict(zip(function.names, arguments, strict=True))

    def answer(text: str) -> V | bool:
        return text == ALWAYS if text in (ALWAYS, NEVER) else evaluate(in_parameters(function.name, text), algebra, values)

    unless = answer(demand.unless)
    if unless is True:
        return None
    closed = answer(demand.closed)
    doubt = next((each for each in (unless, closed) if not isinstance(each, bool)), None)
    return Condition(evaluate(in_parameters(function.name, demand.distance), algebra, values), closed is True, demand.words, doubt)


@cache
def _ends(name: str) -> tuple[_End, ...]:
    return tuple(_ends_of(FUNCTIONS[name]))


def _ends_of(row: Function) -> Iterator[_End]:
    for i, domain in enumerate(row.domain):
        subject = "its argument" if len(row.names) == 1 else row.names[i]
        for at, is_upper in ((domain.lower, False), (domain.upper, True)):
            if at is not None:
                yield _End(i, at, is_upper, domain.closed, f"{subject} must lie in {domain}")
