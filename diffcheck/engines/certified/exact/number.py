"""Real numbers that are known exactly: polynomials with rational coefficients in atoms such as π, log 2, √3, e^(1/10), tanh(3/10).

Each atom has a ball at every precision, so a number that is not zero shows its sign. A number that is zero has no term left once the
known relations between its atoms are used (roots, inverses, sin² = 1 - cos²). Equal numbers need not be equal polynomials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from flint import arb, fmpq

from diffcheck.engines.certified.certificate import scope

MOST_TERMS = 8  # of a number; a longer one becomes an atom
MOST_BITS = 2**15  # of a coefficient
MOST_EXPANDED = 1500  # terms, where the test for zero multiplies out


class Atom:
    """A real number with a ball at every precision; the other attributes say how it can be simplified."""

    __slots__ = ("balls", "inverse", "log", "log_of", "power", "serial", "stands_for", "uses", "value", "weight")

    def __init__(self, serial: int, value: Callable[..., arb], uses: Sequence[Number], weight: int) -> None:
        self.serial = serial
        self.weight = weight  # the work of a ball of 64 bits
        self.value = value  # of the balls of `uses`, at flint's present precision
        self.uses = tuple(uses)
        self.balls: dict[int, arb] = {}
        self.power: tuple[int, Number] | None = None  # (n, a): its n-th power is a
        self.inverse: Number | None = None  # it is 1/a
        self.log: Number | None = None  # it is positive, and this is its logarithm
        self.log_of: fmpq | None = None  # it is the logarithm of a rational
        self.stands_for: Number | None = None  # a number that was too long


Monomial: TypeAlias = tuple[tuple[Atom, int], ...]  # in the order of the atoms' serial numbers; no exponent is 0
Terms: TypeAlias = Mapping[Monomial, fmpq]


class Number:
    """A polynomial in atoms, which may have negative exponents."""

    __slots__ = ("atoms", "sign", "terms")

    def __init__(self, terms: Terms, atoms: Atoms) -> None:
        self.terms = terms
        self.atoms = atoms
        self.sign: int | None = None  # where it is known

    def __add__(self, other: Number) -> Number:
        if not other.terms:
            return self
        return self.atoms.bounded(_total(self.terms, other.terms.items()))

    def __neg__(self) -> Number:
        return Number({monomial: -c for monomial, c in self.terms.items()}, self.atoms)

    def __sub__(self, other: Number) -> Number:
        return self + -other

    def __mul__(self, other: Number) -> Number:
        return self.atoms.bounded(self.atoms.product(self.terms, other.terms))

    @property
    def rational(self) -> fmpq | None:
        """The number, if it is seen to be rational."""
        if not self.terms:
            return fmpq(0)
        return self.terms.get(()) if len(self.terms) == 1 else None

    @property
    def single(self) -> tuple[Monomial, fmpq] | None:
        """Its only term."""
        return next(iter(self.terms.items())) if len(self.terms) == 1 else None

    @property
    def leading(self) -> tuple[Monomial, fmpq]:
        """A term that numbers with the same monomials choose alike."""
        return max(self.terms.items(), key=lambda term: [(atom.serial, e) for atom, e in term[0]])

    def ratio(self, other: Number) -> fmpq | None:
        """The rational r with self = r·other, if there is one that is seen."""
        if len(self.terms) != len(other.terms) or not self.terms:
            return None
        monomial, c = next(iter(self.terms.items()))
        if monomial not in other.terms:
            return None
        r = c / other.terms[monomial]
        return r if all(other.terms.get(m) == c / r for m, c in self.terms.items()) else None

    def ball(self, bits: int) -> arb:
        """An enclosure from atoms of this precision."""
        with scope(bits):
            for atom in _in_order(self, bits):
                atom.balls[bits] = atom.value(*(_sum(used.terms, bits) for used in atom.uses))
            return _sum(self.terms, bits)


def _in_order(number: Number, bits: int) -> list[Atom]:
    """The atoms whose balls are missing, those that others use first."""
    found: set[Atom] = set()
    waiting = [number]
    while waiting:
        for atom in _atoms(waiting.pop().terms):
            if atom not in found and bits not in atom.balls:
                found.add(atom)
                waiting += atom.uses
    number.atoms.spend(sum(atom.weight for atom in found) * bits // 64)
    return sorted(found, key=lambda atom: atom.serial)


def _atoms(terms: Terms) -> Iterator[Atom]:
    return (atom for monomial in terms for atom, _ in monomial)


def _sum(terms: Terms, bits: int) -> arb:
    total = arb(0)
    for monomial, c in terms.items():
        term = arb(c)
        for atom, e in monomial:
            term *= atom.balls[bits] ** e
        total += term
    return total


def _merged(m: Monomial, n: Monomial) -> tuple[Monomial, fmpq]:
    """The product of two monomials, and the rational factor that roots of rationals leave: √2·√2 = 2."""
    exponents, factor = dict(m), fmpq(1)
    for atom, e in n:
        exponents[atom] = exponents.get(atom, 0) + e
    for atom, e in list(exponents.items()):
        root_of = atom.power[1].rational if atom.power else None
        if atom.power and root_of is not None and not 0 <= e < atom.power[0]:
            times, exponents[atom] = divmod(e, atom.power[0])
            factor *= root_of**times
    return tuple(sorted(((atom, e) for atom, e in exponents.items() if e), key=lambda term: term[0].serial)), factor


class Atoms:
    """All atoms of one question, each once, and the work that may be spent on it."""

    def __init__(self, work: int, exhausted: Callable[[], Exception]) -> None:
        self._index: dict[object, Atom] = {}
        self._products: dict[tuple[Monomial, Monomial], tuple[Monomial, fmpq]] = {}
        self._work = work
        self._exhausted = exhausted
        self._count = 0

    def spend(self, work: int) -> None:
        """Counts work: products of terms, and balls of 64 bits. Raises the exception agreed on when the budget is used up."""
        self._work -= work
        if self._work < 0:
            raise self._exhausted()

    def known(self, key: object) -> Atom | None:
        return self._index.get(key)

    def atom(self, key: object, value: Callable[..., arb], uses: Sequence[Number] = (), weight: int = 1) -> Atom:
        """The atom with this key, made if it is new."""
        atom = self._index.get(key)
        if atom is None:
            self._count += 1
            atom = self._index[key] = Atom(self._count, value, uses, weight)
        return atom

    def number(self, value: fmpq | int) -> Number:
        return Number({(): fmpq(value)} if value else {}, self)

    def product(self, a: Terms, b: Terms) -> Terms:
        """The product of two polynomials."""
        self.spend(len(a) * len(b))
        terms: dict[Monomial, fmpq] = {}
        for m, c in a.items():
            for n, d in b.items():
                monomial, factor = self._merged(m, n) if m and n else (m or n, None)
                sum_ = terms.pop(monomial, 0) + (c * d if factor is None else c * d * factor)
                if sum_:
                    terms[monomial] = sum_
        return terms

    def _merged(self, m: Monomial, n: Monomial) -> tuple[Monomial, fmpq]:
        found = self._products.get((m, n))
        if found is None:
            found = self._products[m, n] = _merged(m, n)
        return found

    def power(self, atom: Atom, exponent: int) -> Number:
        """A power of an atom."""
        return self.term(((atom, exponent),), fmpq(1)) if exponent else self.number(1)

    def term(self, monomial: Monomial, c: fmpq) -> Number:
        """A number of one term."""
        reduced, factor = _merged((), monomial)
        return Number({reduced: c * factor}, self)

    def bounded(self, terms: Terms) -> Number:
        """The number with these terms; where they are too many or too long, an atom of its own."""
        number = Number(terms, self)
        if len(terms) <= MOST_TERMS and all(c.height_bits() <= MOST_BITS for c in terms.values()):
            return number
        atom = self.atom(("long", key_of(number)), lambda *balls: balls[0], (number,))
        atom.stands_for = number
        return self.power(atom, 1)


def key_of(number: Number) -> frozenset[tuple[Monomial, fmpq]]:
    """A key that only equal polynomials share."""
    return frozenset(number.terms.items())


def vanishes(number: Number) -> bool:
    """Whether no term of a number is left once the relations between its atoms are used. If False, it may still be zero."""
    terms: Terms | None = number.terms
    while terms:
        number.atoms.spend(len(terms))
        atom = max(_reducible(terms), key=lambda atom: atom.serial, default=None)
        if atom is None:
            return False
        terms = _without(atom, terms, number.atoms)
    return terms is not None


def _reducible(terms: Terms) -> Iterator[Atom]:
    """The atoms whose relations have not been used up."""
    exponents: dict[Atom, set[int]] = {}
    for monomial in terms:
        for atom, e in monomial:
            exponents.setdefault(atom, set()).add(e)
    for atom, found in exponents.items():
        is_reduced = atom.power is None or (min(found) >= 0 and max(found) < atom.power[0])
        if atom.stands_for is not None or atom.inverse is not None or not is_reduced:
            yield atom


def _without(atom: Atom, terms: Terms, atoms: Atoms) -> Terms | None:
    """The terms, times a power of something that is not zero, with the relation of this atom used once; None if they become too many."""
    split = [(tuple(part for part in monomial if part[0] is not atom), dict(monomial).get(atom, 0), c) for monomial, c in terms.items()]
    lowest, highest = min(e for _, e, _ in split), max(e for _, e, _ in split)
    total: Terms = {}
    for rest, e, c in split:
        term = _replaced(atom, {rest: c}, highest - e if atom.inverse is not None else e - min(lowest, 0), atoms)
        if term is None:
            return None
        total = _total(total, term.items())
    return total if len(total) <= MOST_EXPANDED else None


def _replaced(atom: Atom, term: Terms, times: int, atoms: Atoms) -> Terms | None:
    """The term, times a power of what the atom stands for."""
    stands_for = atom.inverse or atom.stands_for
    if stands_for is not None:
        return _times(term, stands_for.terms, times, atoms)
    assert atom.power is not None
    whole, left = divmod(times, atom.power[0])
    return _times(atoms.product(term, {((atom, left),) if left else (): fmpq(1)}), atom.power[1].terms, whole, atoms)


def _times(terms: Terms, factor: Terms, times: int, atoms: Atoms) -> Terms | None:
    for _ in range(times):
        if len(terms) * len(factor) > MOST_EXPANDED * 10 or times > MOST_EXPANDED:
            return None
        terms = atoms.product(terms, factor)
    return terms


def _total(a: Terms, b: Iterable[tuple[Monomial, fmpq]]) -> Terms:
    total = dict(a)
    for monomial, c in b:
        sum_ = total.pop(monomial, 0) + c
        if sum_:
            total[monomial] = sum_
    return total
