"""The field of germs over a field of coefficients: arithmetic, order, elementary functions and those of the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from math import ceil, comb
from typing import Any

from flint import fmpq

from diffcheck.engines.certified.exact.ends import AT_ENDS
from diffcheck.engines.certified.exact.field import (
    CHANGES_SIGN,
    Field,
    NoValueError,
    no_series,
    not_defined,
    repeated_product,
    singular,
    too_few_terms,
)
from diffcheck.engines.certified.exact.germ import ONE, Germ, Huge, Power, in_order, least

MOST_TERMS = 400  # of a series
MOST_EXACT = 24  # terms of a germ without a remainder; a longer one gets a remainder
INFINITE = "a limit that is infinite"
OSCILLATES = "it oscillates"


class Germs:
    """The germs over a field of coefficients; terms from t^cut on are not computed.

    Two-sided germs are Laurent series around t = 0; an operation whose result differs between t > 0 and t < 0 raises NoValueError
    (singular). While `is_regular` holds, no decision could have another answer at t = 0 itself, and what was computed is analytic there.
    """

    def __init__(self, field: Field, cut: int, is_two_sided: bool = False) -> None:
        self.field, self.cut, self.is_two_sided = field, Fraction(cut), is_two_sided
        self.is_regular = True  # until a decision may have another answer at t = 0 itself
        self.zero, self.one = field.rational(0), field.rational(1)
        self.pi, self.euler = self.constant(field.pi), self.constant(field.euler)

    def spend(self, work: int) -> None:
        self.field.spend(work)

    def constant(self, c: Any) -> Germ:
        return Germ({ONE: c} if self._is_there(c) else {}, None, self)

    def variable(self, start: Any, direction: int) -> Germ:
        """start + direction·t."""
        return self.constant(start) + Germ({(Fraction(1), 0): self.field.rational(direction)}, None, self)

    def rational(self, value: Fraction | fmpq | int) -> Germ:
        return self.constant(self.field.rational(value))

    def remainder(self, order: Fraction, is_rough: bool = False, side: int = 0) -> Germ:
        return Germ({}, order, self, is_rough, side)

    @property
    def oscillation(self) -> Germ:
        """sin or cos of what grows beyond all bounds."""
        return Germ({}, Fraction(0), self, True, 0, True)

    def between(self, a: Germ, b: Germ) -> Germ:
        difference = a - b
        if not all(map(self.field.is_zero, difference.terms.values())):
            raise too_few_terms()
        return self.cut_off(a.terms, least(a.order, difference.order), True)

    def _is_there(self, c: Any) -> bool:
        return bool(c.terms) or getattr(c, "order", None) is not None

    def cut_off(self, terms: Mapping[Power, Any], order: Fraction | None, is_rough: bool = False, side: int = 0) -> Germ:
        """A germ without terms that are zero or of an order that is not kept."""
        kept = {p: c for p, c in terms.items() if self._is_there(c)}
        if order is None and len(kept) > MOST_EXACT and max(e for e, _ in kept) >= self.cut:
            order = self.cut
        if order is not None:
            order = min(order, self.cut)
            kept = {p: c for p, c in kept.items() if p[0] < order}
        return Germ(kept, order, self, is_rough, side)

    # Order

    def leading(self, u: Germ) -> tuple[Power, Any, int] | None:
        """The largest term: its power, coefficient and sign; None for zero. Raises NoValueError if no term is known not to be zero."""
        for p in sorted(u.terms, key=in_order):
            if sign := self.field.sign(u.terms[p]):
                self.is_regular &= p == ONE
                return p, u.terms[p], sign
        if u.order is not None:
            self.is_regular = False
            raise too_few_terms()
        return None

    def sign(self, u: Germ) -> int:
        if u.side:
            return u.side
        leading = self.leading(u)
        if leading is None:
            return 0
        p, _, sign = leading
        self._check_even(p)
        return sign

    def is_zero(self, u: Germ) -> bool:
        return not u.side and self.leading(u) is None

    def _check_even(self, power: Power) -> None:
        """Raises NoValueError if both sides are followed and a power of t differs between them."""
        e, k = power
        if self.is_two_sided and (k or e % 2):
            raise singular(CHANGES_SIGN)

    def as_rational(self, u: Germ) -> fmpq | None:
        if u.order is not None or any(p != ONE for p in u.terms):
            return None
        rational: fmpq | None = self.field.as_rational(u.at(ONE))
        return rational

    def settled(self, u: Germ) -> Germ:
        """The germ without its first terms that are zero."""
        zeros = set()
        for p in sorted(u.terms, key=in_order):
            if self.field.sign(u.terms[p]):
                break
            zeros.add(p)
        return Germ(u.part(lambda p: p not in zeros), u.order, self, u.is_rough, u.side) if zeros else u

    # Arithmetic

    def divide(self, a: Germ, b: Germ) -> Germ:
        is_same = a is b
        b = self.settled(b)
        if self.leading(b) is None:
            raise not_defined("division by zero")
        if is_same or a.is_zero:
            return self.rational(int(is_same))
        if b.order is None and len(b.terms) == 1:
            return a * self.reciprocal(b, Fraction(0))
        ratio = self._ratio(a, b)
        if ratio is not None:
            return self.constant(ratio)
        lowest = a.lowest
        return a * self.reciprocal(b, lowest if lowest is not None else Fraction(0))

    def _ratio(self, a: Germ, b: Germ) -> Any:
        """The constant c with a = c·b, if both germs are exact and it is seen."""
        if a.order is not None or b.order is not None or a.terms.keys() != b.terms.keys():
            return None
        p = min(b.terms, key=in_order)
        try:
            ratio = self.field.divide(a.terms[p], b.terms[p])
            rest = a - b * self.constant(ratio)
            return ratio if all(self.field.is_zero(c) for c in rest.terms.values()) else None
        except NoValueError:
            return None

    def reciprocal(self, u: Germ, times: Fraction) -> Germ:
        """1/u for a germ that is not zero, to be multiplied by one of this order."""
        return self._power_of_lead(u, fmpq(-1), self.cut + max(Fraction(0), -times))

    def _power_of_lead(self, u: Germ, q: fmpq, to: Fraction) -> Germ:
        """u^q = (c·tᵉ·Lᵏ)^q · (1 + w)^q."""
        lead = self.leading(u)
        assert lead is not None
        (e, k), c, _ = lead
        logs = k * Fraction(int(q.p), int(q.q))
        if logs.denominator != 1:
            raise no_series("a root of a logarithm")
        at = e * Fraction(int(q.p), int(q.q)), int(logs)
        if q.q != 1:
            self._check_even((e, k))
            self._check_even(at)
        scale = Germ({at: self.field.power(c, q)}, None, self)
        w = self._relative(u, (e, k), c)
        return scale if w.is_zero else scale * self._binomial(w, q, to - min(at[0], Fraction(0)))

    def _relative(self, u: Germ, lead: Power, c: Any) -> Germ:
        """u/(c·tᵉ·Lᵏ) - 1."""
        e, k = lead
        inverse = self.field.divide(self.one, c)
        terms = {(f - e, l - k): d * inverse for (f, l), d in u.terms.items() if (f, l) != lead and in_order((f, l)) > in_order(lead)}
        return Germ(terms, None if u.order is None else u.order - e, self, u.is_rough)

    def _binomial(self, w: Germ, q: fmpq, to: Fraction) -> Germ:
        coefficient, coefficients = fmpq(1), []
        for j in range(self.terms_of(w, to)):
            coefficients.append(self.field.rational(coefficient))
            coefficient = coefficient * (q - j) / (j + 1)
        return self.series(coefficients, w, to)

    def terms_of(self, w: Germ, to: Fraction) -> int:
        """How many powers of w lie below t^to; w must go to zero like a power of t."""
        lowest = w.lowest
        if lowest is None:
            return 1
        if lowest <= 0:
            raise no_series("a series in the logarithm")
        if to > MOST_TERMS * lowest:
            raise no_series("a series that is too long")
        return max(1, ceil(to / lowest))

    def series(self, coefficients: Sequence[Any], w: Germ, to: Fraction) -> Germ:
        """Σ coefficients[j]·wʲ + O(w^n) by Horner's rule."""
        lowest = w.lowest
        if lowest is None:
            return self.constant(coefficients[0])
        wide = Germs(self.field, ceil(to), self.is_two_sided) if to > self.cut else self
        inner = Germ(w.terms, w.order, wide, w.is_rough)
        total = wide.remainder(Fraction(0))
        for c in reversed(coefficients):
            total = total * inner + wide.constant(c)
        return Germ(total.terms, total.order, self, w.is_rough)

    # Elementary functions

    def split(self, u: Germ) -> tuple[dict[Power, Any], Any, Germ]:
        """The infinite terms of u, its constant term, and the rest, which goes to zero."""
        u = self.settled(u)
        if u.order is not None and u.order <= 0:
            raise no_series(OSCILLATES)
        infinite = u.part(lambda p: in_order(p) < in_order(ONE))
        rest = u.part(lambda p: in_order(p) > in_order(ONE))
        return infinite, u.at(ONE), Germ(rest, u.order, self, u.is_rough)

    def finite(self, u: Germ) -> tuple[Any, Germ]:
        """The limit of u, and u minus its limit."""
        infinite, limit, rest = self.split(u)
        if infinite:
            raise no_series(INFINITE)
        return limit, rest

    def exp(self, u: Germ) -> Germ | Huge:
        infinite, limit, rest = self.split(u)
        factor = self._exp_of_infinite(Germ(infinite, None, self)) if infinite else None
        if isinstance(factor, Huge) or (factor is not None and not factor.terms):
            return replace(factor, is_rough=u.is_rough)
        first = self.field.exp(limit)
        if isinstance(first, Huge):
            raise no_series("a coefficient that grows faster than every power")
        coefficients = [first]
        to = self.cut - (min(min(factor.terms)[0], Fraction(0)) if factor is not None else 0)
        for j in range(1, self.terms_of(rest, to)):
            coefficients.append(coefficients[-1] * self.field.rational(fmpq(1, j)))
        series = self.series(coefficients, rest, to)
        return series if factor is None else factor * series

    def _exp_of_infinite(self, u: Germ) -> Germ | Huge:
        """e^u for an infinite u: a power of t if u is a multiple of L, flat if u goes to -∞ faster than L, huge if to +∞."""
        lead = self.leading(u)
        assert lead is not None
        p, c, _ = lead
        sign = self.sign(u)
        q = self.field.as_rational(c)
        if p == (0, 1) and q is not None:
            return Germ({(-Fraction(int(q.p), int(q.q)), 0): self.one}, None, self)
        if p == (0, 1):
            return self.remainder(self.field.below(-c), side=1)
        if sign > 0:
            return Huge(1)
        return self.remainder(self.cut, side=1)

    def log(self, u: Germ) -> Germ:
        lead = self.leading(u)
        assert lead is not None
        (e, k), c, _ = lead
        if k:
            raise no_series("a logarithm of a logarithm")
        if e and self.is_two_sided:
            raise singular("a logarithm of zero")
        w = self._relative(u, (e, k), c)
        coefficients = [self.zero] + [self.field.rational(fmpq((-1) ** (j + 1), j)) for j in range(1, self.terms_of(w, self.cut))]
        logarithm = Germ({(Fraction(0), 1): self.field.rational(fmpq(-e.numerator, e.denominator))} if e else {}, None, self)
        return logarithm + self.constant(self.field.log(c)) + self.series(coefficients, w, self.cut)

    def power(self, u: Germ, q: fmpq) -> Germ:
        n = int(q.p)
        if u.side and u.order is not None and not u.terms and q > 0:
            if u.side < 0 and q.q > 1:
                raise not_defined("a root of a negative number")
            return self.remainder(u.order * Fraction(n, int(q.q)), u.is_rough, u.side if n % 2 else 1)
        if q.q == 1 and n >= 0 and (u.order is None or n < 4):
            return repeated_product(self.rational(1), u, n)
        u = self.settled(u)
        if u.is_zero:
            return u
        return self._power_of_lead(u, q, self.cut)

    def sin(self, u: Germ) -> Germ:
        return self._on_circle(u, "sin")

    def cos(self, u: Germ) -> Germ:
        return self._on_circle(u, "cos")

    def _on_circle(self, u: Germ, name: str) -> Germ:
        infinite, limit, rest = self.split(u)
        if infinite:
            return self.oscillation
        sine, cosine = self.field.sin(limit), self.field.cos(limit)
        turn = [sine, cosine, -sine, -cosine] if name == "sin" else [cosine, -sine, -cosine, sine]
        coefficients, factorial = [], fmpq(1)
        for j in range(self.terms_of(rest, self.cut)):
            coefficients.append(turn[j % 4] * self.field.rational(1 / factorial))
            factorial *= j + 1
        return self.series(coefficients, rest, self.cut)

    def floor(self, u: Germ) -> Germ:
        infinite, limit, rest = self.split(u)
        if infinite:
            return Germ(infinite, Fraction(0), self, True)
        whole = self.field.floor(limit)
        if self.field.sign(limit - whole) == 0 and self.sign(rest) < 0:
            whole = whole - self.one
        return self.constant(whole)

    def below(self, u: Germ) -> Fraction:
        raise no_series("a power whose exponent moves")

    # Functions of the table

    def function(self, name: str, arguments: Sequence[Germ]) -> Germ:
        at_end = AT_ENDS.get(name)
        value = at_end(self, *arguments) if at_end is not None else None
        return self._regular(name, arguments) if value is None else value

    def _regular(self, name: str, arguments: Sequence[Germ]) -> Germ:
        limits, rests = zip(*map(self.finite, arguments), strict=True)
        moving = [i for i, rest in enumerate(rests) if not rest.is_zero]
        if not moving:
            return self.constant(self.field.function(name, limits))
        if len(moving) > 1:
            raise no_series(f"{name} of several arguments that move")
        i = moving[0]
        rest = rests[i]
        return self.series(self.field.taylor(name, limits, i, self.terms_of(rest, self.cut)), rest, self.cut)

    def taylor(self, name: str, arguments: Sequence[Germ], moving: int, terms: int) -> list[Germ]:
        """F⁽ʲ⁾(u)/j! for a germ u: the series about its limit, differentiated."""
        limits, rests = zip(*map(self.finite, arguments), strict=True)
        if any(not rest.is_zero for i, rest in enumerate(rests) if i != moving):
            raise no_series(f"{name} of several arguments that move")
        more = self.terms_of(rests[moving], self.cut)
        about = self.field.taylor(name, limits, moving, terms + more)
        derivatives = ([about[j + i] * self.field.rational(comb(j + i, j)) for i in range(more)] for j in range(terms))
        return [self.series(coefficients, rests[moving], self.cut) for coefficients in derivatives]


def integrated(field: Field, derivative: Any, value: Any, about: Any, terms: int) -> list[Any]:
    """The Taylor coefficients of a function from its value and its derivative, given as a function of a field and an element."""
    germs = Germs(field, terms)
    try:
        slope = derivative(germs, germs.variable(about, 1))
    except NoValueError as no_value:  # to the right of this element; what is to the left of it may have a value
        raise no_series(f"no power series there: {no_value.trouble.reason}") from None
    if any(k or e < 0 or Fraction(e).denominator > 1 for e, k in slope.terms):
        raise no_series("no power series at the end of a domain")
    if slope.order is not None and slope.order < terms - 1:
        raise too_few_terms()
    return [value, *(slope.at((Fraction(j), 0)) * field.rational(fmpq(1, j + 1)) for j in range(terms - 1))]
