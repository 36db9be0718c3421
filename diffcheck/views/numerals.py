"""Numbers, enclosures and outcomes as text, the same in every report for people."""

from __future__ import annotations

import re
from decimal import Decimal

from diffcheck.enclosure import EXACT, FARTHEST, Enclosure
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
    """midpoint ± radius; the radius may be left out where it is below the digits shown."""
    if enclosure.is_beyond:
        return f"beyond {_decimal(FARTHEST.copy_sign(enclosure.midpoint), 1)}"
    if enclosure.radius and enclosure.contains(Decimal(0)):
        return f"0 ± {enclosure.magnitude:.0e}"
    middle = _decimal(enclosure.midpoint, digits)
    is_exact = enclosure.radius == 0 and len(middle) < digits
    is_small = enclosure.radius.adjusted() <= enclosure.midpoint.adjusted() - digits
    return middle if is_exact or is_small and not radius else f"{middle} ± {enclosure.radius:.0e}"


def _decimal(number: Decimal, digits: int) -> str:
    if number == 0:
        return "0"
    rounded = EXACT.normalize(Decimal(f"{number:.{digits}g}"))
    exponent = rounded.adjusted()
    return f"{rounded:f}" if -5 <= exponent <= digits else re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", f"{rounded:e}")
