"""The field of real numbers that are known exactly, with its elementary functions: √25 is 5, log₂ 8 is 3, sin π is 0.

A value that no rule simplifies becomes an atom. Equal arguments of a function give the same atom, wherever they come up.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from flint import arb, fmpq

from diffcheck.engines.certified.exact.ends import DERIVATIVES, VALUES, exact_coefficient
from diffcheck.engines.certified.exact.factors import factors
from diffcheck.engines.certified.exact.field import MOST_ROOT, no_series, not_defined, not_known, repeated_product
from diffcheck.engines.certified.exact.germs import integrated
from diffcheck.engines.certified.exact.number import Atom, Atoms, Monomial, Number, key_of, vanishes
from diffcheck.engines.certified.exact.source import Coefficients

BITS = (64, 192, 640, 2048, 8192, 32768)  # of the balls that tell a sign
SURE = 192  # bits at which a number whose ball still contains zero is tested for being zero
MOST_POWER_BITS = 2**15  # of a power of a rational that is multiplied out
MOST_MULTIPLE = 10_000  # e^(3/10)³ is e^(9/10)
WORK = 400_000  # products of terms, and balls of 64 bits: some seconds
HALF, ONE = fmpq(1, 2), fmpq(1)


class Reals:
    """The exactly known reals of one question. A method raises NoValueError if the number does not exist or is not known."""

    def __init__(self) -> None:
        self._atoms = Atoms(WORK, lambda: not_known("the budget of exact arithmetic ran out"))
        self._logarithms: dict[object, list[tuple[fmpq, Atom]]] = {}  # multiples of a number whose exponentials are atoms
        self._met: dict[object, list[Number]] = {}
        self.pi = self._atoms.power(self._atoms.atom("pi", arb.pi), 1)
        self.euler = self._atoms.power(self._atoms.atom("euler", arb.const_euler), 1)

    def rational(self, value: Fraction | fmpq | int) -> Number:
        return self._atoms.number(fmpq(value.numerator, value.denominator) if isinstance(value, Fraction) else value)

    def spend(self, work: int) -> None:
        self._atoms.spend(work)

    def as_rational(self, u: Number) -> fmpq | None:
        """u as a rational, if it is seen to be one."""
        return u.rational

    def is_same(self, a: Number, b: Number) -> bool:
        """Whether two numbers are seen to be equal."""
        return a is b or (a.ball(64).overlaps(b.ball(64)) and vanishes(a - b))

    def sign(self, u: Number) -> int:
        if u.sign is None:
            u.sign = self._sign(u)
        return u.sign

    def _sign(self, u: Number) -> int:
        if (rational := u.rational) is not None:
            return int(rational > 0) - int(rational < 0)
        for bits in BITS:
            ball = u.ball(bits)
            if ball.is_finite() and not ball.contains(0):
                return 1 if ball > 0 else -1
            if bits == SURE and vanishes(u):
                return 0
        raise not_known("a comparison whose two sides cannot be told apart")

    def is_zero(self, u: Number) -> bool:
        return self.sign(u) == 0

    def between(self, a: Number, b: Number) -> Number:
        raise not_known("two numbers that cannot be told apart")

    def divide(self, a: Number, b: Number) -> Number:
        if self.is_zero(b):
            raise not_defined("division by zero")
        ratio = a.ratio(b)
        return a * self._inverse(b) if ratio is None else self.rational(ratio)

    def _inverse(self, u: Number) -> Number:
        """1/u for a number that is not zero."""
        if u.single is not None:
            monomial, c = u.single
            return self._atoms.term(tuple((atom, -e) for atom, e in monomial), 1 / c)
        scale = u.leading[1]
        monic = u * self.rational(1 / scale)
        atom = self._atoms.atom(("inverse", key_of(monic)), lambda ball: 1 / ball, (monic,))
        atom.inverse = monic
        return self._atoms.power(atom, 1) * self.rational(1 / scale)

    # Powers and logarithms

    def exp(self, u: Number) -> Number:
        """e^u, where multiples of logarithms of rationals in u become powers of these."""
        result, rest = self.rational(1), {}
        for monomial, c in u.terms.items():
            base = _base_of(monomial)
            if base is not None and _is_short(base, c):
                result *= self._rational_power(base, c)
            else:
                rest[monomial] = c
        return result * self._exponential(Number(rest, self._atoms)) if rest else result

    def _exponential(self, u: Number) -> Number:
        """e^(c·a) as an integer power of an atom, an existing one if possible."""
        _, c = u.leading
        a = u * self.rational(1 / c)
        known = self._logarithms.setdefault(key_of(a), [])
        for multiple, atom in known:
            times = c / multiple
            if times.q == 1 and abs(times) <= MOST_MULTIPLE:
                return self._atoms.power(atom, int(times.p))
        multiple = fmpq(1, c.q) if c.q <= MOST_ROOT and abs(c.p) <= MOST_MULTIPLE else abs(c)
        exponent = a * self.rational(multiple)
        atom = self._atoms.atom(("exp", key_of(exponent)), arb.exp, (exponent,))
        atom.log = exponent
        known.append((multiple, atom))
        return self._atoms.power(atom, int((c / multiple).p))

    def log(self, u: Number) -> Number:
        """log u for a positive u."""
        if u.single is None:
            return self._opaque_log(u)
        monomial, c = u.single
        known = [(atom, e) for atom, e in monomial if atom.log is not None]
        left = self._atoms.term(tuple((atom, e) for atom, e in monomial if atom.log is None), fmpq(1 if c > 0 else -1))
        result = self._log_of_rational(abs(c))
        for atom, e in known:
            assert atom.log is not None
            result += atom.log * self.rational(e)
        return result if left.rational == 1 else result + self._opaque_log(left)

    def _opaque_log(self, u: Number) -> Number:
        atom = self._atoms.atom(("log", key_of(u)), arb.log1p, (u - self.rational(1),))  # close to 1, log would lose digits
        atom.log_of = u.rational
        return self._atoms.power(atom, 1)

    def _log_of_rational(self, c: fmpq) -> Number:
        result = self.rational(0)
        for base, times in factors(c):
            logarithm = self._opaque_log(self.rational(base))
            result += logarithm * self.rational(times)
        return result

    def power(self, u: Number, q: fmpq) -> Number:
        """u^q for a positive u, a u that is not zero and an integer q, or zero and a positive q."""
        if q.q == 1:
            return self._integer_power(u, int(q.p))
        if not u.terms:
            return u
        if u.single is None:
            return self._root(u, q)
        monomial, c = u.single
        if not _is_short(abs(c), q):
            return self.exp(self.log(u) * self.rational(q))
        result = self._rational_power(abs(c), q)
        left: list[tuple[Atom, int]] = []
        for atom, e in monomial:
            if atom.log is not None:
                result *= self.exp(atom.log * self.rational(q * e))
            else:
                left.append((atom, e))
        if not left and c < 0:
            raise not_defined("a root of a negative number")
        if not left:
            return result
        return result * self._power_of_monomial(self._atoms.term(tuple(left), fmpq(1 if c > 0 else -1)), q)

    def _power_of_monomial(self, u: Number, q: fmpq) -> Number:
        """u^q for a product of atoms; the root of a perfect power is taken: (π²)^(1/2) is π."""
        assert u.single is not None
        monomial, c = u.single
        degree = int(q.q)
        if all(e % degree == 0 for _, e in monomial) and c > 0:
            root = self._atoms.term(tuple((atom, e // degree) for atom, e in monomial), ONE)
            return self._integer_power(root if self.sign(root) > 0 else -root, int(q.p))
        return self._root(u, q)

    def _integer_power(self, u: Number, n: int) -> Number:
        if n < 0:
            return self.divide(self.rational(1), self._integer_power(u, -n))
        if u.single is not None and _bits(*u.single) * n < MOST_POWER_BITS:
            monomial, c = u.single
            return self._atoms.term(tuple((atom, e * n) for atom, e in monomial), c**n)
        return repeated_product(self.rational(1), u, n)

    def _root(self, u: Number, q: fmpq) -> Number:
        """u^(n/d) as the n-th power of an atom whose d-th power is u."""
        degree = int(q.q)
        if degree > MOST_ROOT:
            return self.exp(self.log(u) * self.rational(q))
        atom = self._atoms.atom(("root", degree, key_of(u)), lambda ball: ball.root(degree), (u,))
        atom.power = (degree, u)
        return self._atoms.power(atom, int(q.p))

    def _rational_power(self, c: fmpq, q: fmpq) -> Number:
        """c^q for a positive c, by its factors: 12^(1/2) is 2·3^(1/2)."""
        result = self.rational(1)
        for base, times in factors(c):
            exponent = times * q
            whole = exponent.floor()
            result *= self._integer_power(self.rational(base), int(whole))
            if exponent != whole:
                result *= self._root_of_integer(base, exponent - whole)
        return result

    def _root_of_integer(self, base: fmpq, q: fmpq) -> Number:
        if q.q > MOST_ROOT:
            return self._exponential(self._opaque_log(self.rational(base)) * self.rational(q))
        power = self._root(self.rational(base), q)
        for atom, _ in power.leading[0]:
            atom.log = self._opaque_log(self.rational(base)) * self.rational(fmpq(1, q.q))
        return power

    # Circles

    def cos(self, u: Number) -> Number:
        return self._on_circle(u, HALF)

    def sin(self, u: Number) -> Number:
        return self._on_circle(u, fmpq(0))

    def _on_circle(self, u: Number, half_turns: fmpq) -> Number:
        """sin(u + π·half_turns), with the multiple of π in u reduced."""
        (pi,) = self.pi.terms
        rest = Number({monomial: c for monomial, c in u.terms.items() if monomial != pi}, self._atoms)
        turns = u.terms.get(pi, fmpq(0)) + half_turns
        if not rest.terms:
            return self._sine_of_turns(turns)
        if rest.leading[1] < 0:
            return -self._on_circle_from(-rest, -turns)
        return self._on_circle_from(rest, turns)

    def _on_circle_from(self, u: Number, turns: fmpq) -> Number:
        """sin(u + π·turns)."""
        quarters = int((2 * turns).floor())
        left = turns - fmpq(quarters, 2)
        angle = u + self.pi * self.rational(left)
        cosine = self._atoms.atom(("cos", key_of(angle)), arb.cos, (angle,))
        sine = self._atoms.atom(("sin", key_of(angle)), arb.sin, (angle,))
        sine.power = (2, self.rational(1) - self._atoms.power(cosine, 2))
        value = self._atoms.power(cosine if quarters % 2 else sine, 1)
        return -value if quarters % 4 >= 2 else value

    def _sine_of_turns(self, turns: fmpq) -> Number:
        """sin(π·turns)."""
        turns -= 2 * (turns / 2).floor()
        if turns >= 1:
            return -self._sine_of_turns(turns - 1)
        turns = min(turns, 1 - turns)
        if turns in _SINES:
            square, scale = _SINES[turns]
            return self.power(self.rational(square), HALF) * self.rational(scale)
        return self._on_circle_from(self.pi * self.rational(turns), fmpq(0))

    # Integers, and functions of the table

    def floor(self, u: Number) -> Number:
        rational = u.rational
        if rational is not None:
            return self.rational(rational.floor())
        for bits in BITS:
            ball = u.ball(bits)
            whole = ball.floor()
            if ball.is_finite() and whole.is_exact():
                return self.rational(whole.unique_fmpz())
            nearest = (ball + HALF).floor().unique_fmpz()
            if bits >= SURE and nearest is not None:
                nearest_number = self.rational(nearest)
                return nearest_number if self.sign(u - nearest_number) >= 0 else self.rational(nearest - 1)
        raise not_known("floor of a number that may be an integer")

    def below(self, u: Number) -> Fraction:
        if self.sign(u) <= 0:
            raise no_series("a pole whose order is not rational")
        scaled = (u.ball(BITS[1]) * 2 ** BITS[0]).lower().floor()
        return Fraction(int(scaled.unique_fmpz()), 2 ** BITS[0])

    def function(self, name: str, arguments: Sequence[Number]) -> Number:
        """A function of the table at one point: a number that is known, or else an atom."""
        known = VALUES.get(name)
        value: Number | None = known(self, *arguments) if known is not None else None
        return self._coefficients(name, arguments, None, 1)[0] if value is None else value

    def taylor(self, name: str, arguments: Sequence[Number], moving: int, terms: int) -> list[Number]:
        if name in DERIVATIVES:
            return integrated(self, DERIVATIVES[name], self.function(name, arguments), arguments[0], terms)
        coefficients = self._coefficients(name, arguments, moving, terms)
        if moving == len(arguments) - 1:
            exact = [exact_coefficient(name, k, [u.rational for u in arguments]) for k in range(terms)]
            coefficients = [c if q is None else self.rational(q) for c, q in zip(coefficients, exact, strict=True)]
        return [self.function(name, arguments), *coefficients[1:]]

    def _coefficients(self, name: str, arguments: Sequence[Number], moving: int | None, terms: int) -> list[Number]:
        arguments = [self._representative((name, i, len(arguments)), u) for i, u in enumerate(arguments)]
        source = Coefficients(name, [u.rational for u in arguments], moving, terms)
        key = (name, moving, tuple(map(key_of, arguments)))
        known = self._atoms.known((*key, terms - 1))
        if known is None:
            self._atoms.spend(source.weight * terms)
            source.prove(arguments)
        return [self._atom_or_rational((*key, k), source, k, arguments) for k in range(terms)]

    def _atom_or_rational(self, key: object, source: Coefficients, k: int, arguments: Sequence[Number]) -> Number:
        atom = self._atoms.atom(key, lambda *balls: source.coefficient(k, balls), arguments, source.weight)
        ball = self._atoms.power(atom, 1).ball(BITS[0])
        if ball.is_exact() and ball.is_finite():
            mantissa, exponent = ball.man_exp()
            if abs(int(exponent)) < 2 * BITS[0]:
                return self.rational(fmpq(mantissa) * fmpq(2) ** int(exponent))
        return self._atoms.power(atom, 1)

    def _representative(self, place: object, u: Number) -> Number:
        """An equal number that was met at this place before, else u itself."""
        met: list[Number] = self._met.setdefault(place, [])
        for other in met:
            if self.is_same(other, u):
                return other
        met.append(u)
        return u


def _bits(monomial: Monomial, c: fmpq) -> int:
    """How long the rationals are that a power of a term multiplies."""
    radicands = (atom.power[1].rational for atom, _ in monomial if atom.power is not None)
    return int(max([c.height_bits(), *(radicand.height_bits() for radicand in radicands if radicand is not None)]))


def _base_of(monomial: Monomial) -> fmpq | None:
    """The rational whose logarithm a monomial is."""
    if len(monomial) != 1 or monomial[0][1] != 1:
        return None
    return monomial[0][0].log_of


def _is_short(base: fmpq, exponent: fmpq) -> bool:
    return bool(exponent.q <= MOST_ROOT and abs(exponent) * base.height_bits() <= MOST_POWER_BITS)


# sin(π·turns) = scale·√square
_SINES = {
    fmpq(0): (1, fmpq(0)),
    fmpq(1, 6): (1, HALF),
    fmpq(1, 4): (2, HALF),
    fmpq(1, 3): (3, HALF),
    HALF: (1, ONE),
}
