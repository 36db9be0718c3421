"""Certificates of expressions in x, and what they enclose."""

from __future__ import annotations

from fractions import Fraction

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import certify
from diffcheck.graph.build import read
from diffcheck.results import Certificate


def proof_of(text: str, x: float = 0.0, order: int = 1) -> Certificate:
    return certify(read(text).target.flat, {"x": x}, "x", order)


def encloses(found: Enclosure | None, number: Fraction | int | str) -> bool:
    """Whether an enclosure contains a number and proves 20 digits of it."""
    if found is None:
        return False
    exact = Fraction(number)
    return abs(Fraction(found.midpoint) - exact) <= Fraction(found.radius) <= max(abs(exact), 1) * Fraction(1, 10**20)
