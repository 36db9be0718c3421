"""What the undecided parts of an interval hold: the status at the floats in them, which is proved, or else a guess that is called one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified.status.enclose import certify
from diffcheck.engines.certified.status.floats import at_ordinal, ordinal, simplest
from diffcheck.engines.certified.status.interval import parts
from diffcheck.graph.graph import Graph
from diffcheck.results import NOT_DEFINED, Certificate, Piece, Status

NARROW = 256  # floats: a wider part holds many places, or none
FEW = 6  # floats: each of so few is looked at
POLE_DISTANCE = 64  # |f/f'| is the distance to a pole divided by its order: in lengths of the part
BEYOND = 4  # times the step that the slopes explain, or the change of slope that f'' explains
SINGULAR = 0.1  # of the slope: what it changes by between neighbouring floats where f is not smooth


def pieces(graph: Graph, variable: str, lower: float, upper: float) -> tuple[Piece, ...]:
    """The interval [lower, upper] of floats in pieces: smooth, undefined, and the places between with what is proved of them."""
    return tuple(
        _described(graph, variable, part) if part.status is Status.UNDECIDED else part for part in parts(graph, variable, lower, upper)
    )


def _described(graph: Graph, variable: str, part: Piece) -> Piece:
    around = {x: certify(graph, {variable: x}, variable) for x in _candidates(part.lower, part.upper)}
    within = {x: found for x, found in around.items() if part.lower <= x <= part.upper}
    x = next((x for x, found in within.items() if found.status in _TELLING), None)
    if ordinal(part.upper) - ordinal(part.lower) > NARROW:
        return part if x is None else replace(part, reason=f"{part.reason}; {within[x].status.value} at {variable} = {x}")
    if x is not None:
        return replace(part, status=within[x].status, point=x, reason=_reason(within[x]))
    return _undefined(part, within, around) or replace(part, reason=_guess(part, within))


_TELLING = (Status.KINK, Status.JUMP, Status.VERTICAL, Status.BOUNDARY, Status.HOLE)


def _candidates(lower: float, upper: float) -> list[float]:
    """The floats to look at: those in the part, or the ends and the simplest one, and those next to it."""
    first, last = ordinal(lower), ordinal(upper)
    inside = [at_ordinal(n) for n in range(first, last + 1)] if last - first < FEW else [simplest(lower, upper), lower, upper]
    beside = [math.nextafter(lower, -math.inf), *inside, math.nextafter(upper, math.inf)]
    return [x for x in dict.fromkeys(beside) if math.isfinite(x)]


def _reason(found: Certificate) -> str:
    if found.left is None or found.right is None or found.status is not Status.KINK:
        return found.reason
    return f"the slope is {float(found.left):.6g} on the left and {float(found.right):.6g} on the right"


def _undefined(part: Piece, within: Mapping[float, Certificate], around: Mapping[float, Certificate]) -> Piece | None:
    """A point at which f is not defined, or the end of its domain; None where f is defined throughout, as far as is known."""
    x = next((x for x, found in within.items() if found.status in NOT_DEFINED), None)
    if x is None:
        return None
    ends = [around[end].status in NOT_DEFINED for end in (min(around), max(around))]
    if any(ends):
        is_end = not all(ends) and any(found.status is Status.SMOOTH for found in within.values())
        return replace(part, status=Status.BOUNDARY, reason=f"the domain ends here; {within[x].reason}") if is_end else None
    pole = _is_like_a_pole(around[min(around)], around[max(around)], part.upper - part.lower)
    looks = ": it looks like a pole" if pole and "pole" not in within[x].reason else ""
    return replace(part, status=within[x].status, point=x, reason=within[x].reason + looks)


def _guess(part: Piece, within: Mapping[float, Certificate]) -> str:
    """What the values and slopes at the ends look like; nothing of it is proved."""
    left, right, width = within[part.lower], within[part.upper], part.upper - part.lower
    if any(found.status is not Status.SMOOTH for found in within.values()):
        return part.reason
    f, slopes, bends = ([_number(getattr(found, name)) for found in (left, right)] for name in ("value", "derivative", "next_derivative"))
    steepest, change = max(map(abs, slopes)), abs(slopes[1] - slopes[0])
    looks = {
        "a pole": _is_like_a_pole(left, right, width),
        "a jump": abs(f[1] - f[0]) > BEYOND * width * steepest,
        "a kink": change > BEYOND * width * max(map(abs, bends)),
        "a singular point": width * abs(bends[1] - bends[0]) > SINGULAR * steepest,
    }
    seen = next((f"it looks like {name}" for name, is_like in looks.items() if is_like), "f is smooth at the floats in it")
    return f"{seen}, but nothing more is proved: {part.reason}"


def _is_like_a_pole(left: Certificate, right: Certificate, width: float) -> bool:
    """Whether |f| grows towards the part from both sides, fast enough for a pole within."""
    for found, side in ((left, 1), (right, -1)):
        f, slope = _number(found.value), _number(found.derivative) * side
        if not (f * slope > 0 or math.isinf(f)) or abs(f) > POLE_DISTANCE * width * abs(slope):
            return False
    return True


def _number(enclosure: Enclosure | None) -> float:
    return math.nan if enclosure is None else float(enclosure)
