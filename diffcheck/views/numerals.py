"""Numbers, enclosures and outcomes as text, the same in every report for people."""

from __future__ import annotations

import re
from decimal import Decimal

from diffcheck.enclosure import EXACT, FARTHEST, Enclosure, bound_text
from diffcheck.results import Outcome

STYLES = {Outcome.PASS: "green", Outcome.WARN: "yellow", Outcome.FAIL: "bold red", Outcome.UNDECIDED: "magenta"}
MARKS = {Outcome.PASS: "✓", Outcome.WARN: "!", Outcome.FAIL: "✗", Outcome.UNDECIDED: "?"}


def number_text(value: float | None) -> str:
    if value is None:
        return "—"
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def ulps_text(ulps: float | None) -> str:
    if ulps is None:
        return "—"
    return f"{ulps:.2f}" if ulps < 100 else f"{ulps:.3g}"


def enclosure_text(enclosure: Enclosure, digits: int = 20, radius: bool = True) -> str:
    """midpoint ± radius, true as they are shown; the radius may be left out where it is no more than one unit of the last digit."""
    if enclosure.is_beyond:
        return f"beyond {_decimal(FARTHEST.copy_sign(enclosure.midpoint), 1)}"
    if enclosure.radius and enclosure.contains(Decimal(0)):
        return f"0 ± {bound_text(enclosure.magnitude)}"
    shown = enclosure.rounded(digits)
    middle = _decimal(shown.midpoint, digits)
    unit = Decimal((0, (1,), enclosure.midpoint.adjusted() - digits + 1))
    return middle if shown.radius <= (0 if radius else unit) else f"{middle} ± {bound_text(shown.radius)}"


def _decimal(number: Decimal, digits: int) -> str:
    if number == 0:
        return "0"
    rounded = EXACT.normalize(Decimal(f"{number:.{digits}g}"))
    exponent = rounded.adjusted()
    return f"{rounded:f}" if -5 <= exponent <= digits else re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", f"{rounded:e}")
