"""A number of a trace: what is proved beside what JAX computes."""

from __future__ import annotations

from diffcheck.enclosure import Enclosure
from diffcheck.formats import Format
from diffcheck.judgement.distances import error_in_ulps
from diffcheck.results import Certificate, Status
from diffcheck.workings import TracedNumber

Sides = tuple[Enclosure, Enclosure]


def traced_number(proved: Enclosure | None, computed: float | None, fmt: Format, sides: Sides | None = None) -> TracedNumber:
    """Both, and the error where both are known."""
    ulps = None if proved is None or computed is None else error_in_ulps(computed, proved, fmt)
    return TracedNumber(proved, computed, ulps, sides)


def sides_of(found: Certificate) -> Sides | None:
    """The left and the right slope at a kink."""
    return (found.left, found.right) if found.status is Status.KINK and found.left is not None and found.right is not None else None
