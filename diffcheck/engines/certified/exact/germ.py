"""Germs: what a function of t is for all small t > 0, as Σ c·tᵉ·Lᵏ + remainder, with L = log(1/t), rational e and integer k.

The remainder of order E is smaller than t^(E-ε) for every ε > 0: so is tᴱ·Lᵏ. Laurent and Puiseux series are germs, and so are
x·log x, bounded oscillations (x·sin(1/x) has no known term and a remainder of order 1) and flat functions such as exp(-1/x). Gruntz 1996
finds limits from the leading terms of more general series.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol, TypeAlias

from diffcheck.engines.certified.exact.field import Field

Power: TypeAlias = tuple[Fraction | int, int]  # e and k of tᵉ·Lᵏ
ONE: Power = (Fraction(0), 0)
PRODUCT = 4  # the work of a product besides its terms


class Ring(Protocol):
    """What germs are added and multiplied in: their coefficients, where they are cut off, and what their work may cost."""

    field: Field
    zero: Any

    def spend(self, work: int) -> None: ...

    def constant(self, c: Any) -> Germ: ...

    def cut_off(self, terms: Mapping[Power, Any], order: Fraction | None, is_rough: bool = False, side: int = 0) -> Germ: ...


@dataclass(frozen=True, slots=True, eq=False)
class Germ:
    """The known terms, and the order of the remainder, None if there is none. Coefficients may turn out to be zero.

    The derivatives of a rough remainder need not be as small as it is; a germ that swings has no limit. `side` is the sign, if it is
    known without a term.
    """

    terms: Mapping[Power, Any]
    order: Fraction | None
    germs: Ring
    is_rough: bool = False
    side: int = 0
    swings: bool = False

    def __add__(self, other: Germ) -> Germ:
        if self.is_zero or other.is_zero:
            return other if self.is_zero else self
        zero = self.germs.zero
        sums = {p: self.terms.get(p, zero) + other.terms.get(p, zero) for p in {**self.terms, **other.terms}}
        total = self.germs.cut_off(sums, least(self.order, other.order), self.is_rough or other.is_rough)
        swings = (self.swings and other.has_limit) or (other.swings and self.has_limit)
        return replace(total, swings=True) if swings else total

    def __neg__(self) -> Germ:
        return replace(self, terms={p: -c for p, c in self.terms.items()}, side=-self.side)

    def __sub__(self, other: Germ) -> Germ:
        return self + -other

    def __mul__(self, other: Germ) -> Germ:
        if self.is_zero or other.is_zero:
            return self.germs.constant(self.germs.zero)
        self.germs.spend(len(self.terms) * len(other.terms) + PRODUCT)
        order = least(_product_order(self, other), _product_order(other, self))
        terms: dict[Power, Any] = {}
        for (e, k), c in self.terms.items():
            for (f, l), d in other.terms.items():
                if order is None or e + f < order:
                    at = e + f, k + l
                    terms[at] = terms[at] + c * d if at in terms else c * d
        product = self.germs.cut_off(terms, order, self.is_rough or other.is_rough, self.side * other.side)
        swings = (self.swings and other.does_not_vanish) or (other.swings and self.does_not_vanish)
        return replace(product, swings=True) if swings else product

    @property
    def is_zero(self) -> bool:
        """Whether it is seen to be exactly zero."""
        return not self.terms and self.order is None

    @property
    def has_limit(self) -> bool:
        """Whether it is seen to have a finite limit."""
        return (self.order is None or self.order > 0) and all(in_order(p) >= in_order(ONE) for p in self.terms)

    @property
    def does_not_vanish(self) -> bool:
        """Whether it is seen to have a limit that is not zero."""
        return self.has_limit and ONE in self.terms and self.germs.field.sign(self.terms[ONE]) != 0

    @property
    def lowest(self) -> Fraction | None:
        """The exponent of a power of t, logarithms aside, than which no term and no remainder is larger."""
        return least(self.order, min((e for e, _ in self.terms), default=None))

    def at(self, power: Power) -> Any:
        return self.terms.get(power, self.germs.zero)

    def part(self, is_in: Callable[[Power], bool]) -> dict[Power, Any]:
        return {p: c for p, c in self.terms.items() if is_in(p)}


def least(*orders: Any) -> Fraction | None:
    found: Fraction | None = min((order for order in orders if order is not None), default=None)
    return found


def _product_order(a: Germ, b: Germ) -> Fraction | None:
    """The order of a's remainder times b."""
    return None if a.order is None or b.lowest is None else a.order + b.lowest


def in_order(p: Power) -> tuple[Fraction | int, int]:
    """The larger terms first."""
    return p[0], -p[1]


@dataclass(frozen=True, slots=True)
class Huge:
    """A function that grows faster than every power of 1/t: 1/f is flat."""

    sign: int
    is_rough: bool = False
