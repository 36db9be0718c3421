"""Rationals as products of powers of integers."""

from __future__ import annotations

from flint import fmpq, fmpz

PRIMES = [n for n in range(2, 200) if all(n % d for d in range(2, n))]
FACTORED_BITS = 80  # an integer this short is factored at once


def factors(c: fmpq) -> list[tuple[fmpq, int]]:
    """A positive rational as a product of powers of integers, primes where they are found."""
    powers: dict[int, int] = {}
    for number, sign in ((c.p, 1), (c.q, -1)):
        for base, times in _factored(number):
            powers[base] = powers.get(base, 0) + sign * times
    return [(fmpq(base), times) for base, times in sorted(powers.items()) if times]


def _factored(n: fmpz) -> list[tuple[int, int]]:
    if n.bit_length() <= FACTORED_BITS:
        return [(int(p), int(e)) for p, e in n.factor()]
    found = []
    for p in PRIMES:
        times = 0
        while n % p == 0:
            n, times = n // p, times + 1
        found += [(p, times)] if times else []
    for degree in PRIMES[:8]:
        root = n.root(degree)
        if root**degree == n and n > 1:
            return found + [(base, times * degree) for base, times in _factored(root)]
    return found + ([(int(n), 1)] if n > 1 else [])
