"""Balls of a function's Taylor coefficients at one point, at any precision, from the algebra along a line."""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, arb_series, ctx, fmpq

from diffcheck.engines.certified.certificate import scope
from diffcheck.engines.certified.exact.field import no_series
from diffcheck.engines.certified.exact.number import Number
from diffcheck.engines.certified.functions.implementations import implementation
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.values import Trouble
from diffcheck.graph.functions import FUNCTIONS

PRECISIONS = (64, 192, 640, 2048)  # at which a function must show that it is analytic
OPERATIONS = 20  # on short numbers: a unit of the work of the exact algebra


class Coefficients:
    """Balls of a function's Taylor coefficients, by the rules of the table."""

    def __init__(self, name: str, rationals: Sequence[fmpq | None], moving: int | None, terms: int) -> None:
        self._terms = terms
        self._row = FUNCTIONS[name]
        self._rationals = rationals  # what is exact stays exact: an order, or the exponent of a power
        self._moving = moving
        self._found: dict[int, list[arb]] = {}
        self.weight = max(1, implementation(name).weight // OPERATIONS)

    def coefficient(self, k: int, balls: Sequence[arb]) -> arb:
        """The k-th Taylor coefficient, at flint's present precision, or less where that would take minutes."""
        bits = ctx.prec if self.weight == 1 else min(ctx.prec, PRECISIONS[-1])
        if bits not in self._found:
            with ctx.workprec(bits):
                self._found[bits] = self._computed(self._terms, balls)
        return self._found[bits][k]

    def _computed(self, terms: int, balls: Sequence[arb]) -> list[arb]:
        arguments = [ball if rational is None else rational for ball, rational in zip(balls, self._rationals, strict=True)]
        line = POINT
        if self._moving is not None:
            line = Line(terms)
            arguments[self._moving] = line.variable(balls[self._moving], 1)
        value = line.apply(self._row, arguments)
        if isinstance(value, (bool, Trouble)):
            return [arb.nan()] * terms
        if isinstance(value, arb_series):
            return [value[k] if k < value.prec else arb.nan() for k in range(terms)]
        return [arb(value), *[arb(0)] * (terms - 1)]

    def prove(self, arguments: Sequence[Number]) -> None:
        """Raises NoValueError if the function is not proved finite and analytic at its arguments."""
        for bits in PRECISIONS:
            balls = [u.ball(bits) for u in arguments]
            with scope(bits):
                if all(map(arb.is_finite, self._computed(self._terms, balls))):
                    return
        raise no_series(f"{self._row.name} is not proved to have a power series there")
