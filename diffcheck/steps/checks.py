"""Whether a step is right: the derivative of what it starts from, certified at a point, against the value of what it arrives at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import certify, enclose_value
from diffcheck.errors import InternalError, UnsupportedError
from diffcheck.graph.graph import Graph
from diffcheck.results import Status

Point = dict[str, float]
# of each variable, with no special values: what cancels at 0 or 1 would hide a mistake
CANDIDATES = (0.75, 1.375, 2.625, -0.6875, 0.15625, 3.4375, -1.8125, 5.5625, 12.25, -4.375, -11.125, 41.5)
SPREAD = 0.21875  # between the variables


def points(variables: Sequence[str]) -> Iterator[Point]:
    """Points to look at, one after the other."""
    for x in CANDIDATES:
        yield {name: x + SPREAD * k for k, name in enumerate(variables)}
    for shift in range(1, len(CANDIDATES)):
        yield {name: CANDIDATES[(shift * k + shift) % len(CANDIDATES)] for k, name in enumerate(variables)}


def checked(function: Graph, derivative: Graph, wrt: str, variables: Sequence[str], known: Sequence[Point] = ()) -> Point:
    """A point at which the derivative of a function is proved, and agrees with the value of a graph.

    `known` are points to look at first. Raises InternalError where they differ: the step is wrong, and must not be shown; raises
    UnsupportedError where no point is found at which both are proved.
    """
    for point in (*known, *points(variables)):
        exact, found = _slope(function, point, wrt), enclose_value(derivative, point)
        if exact is None or found is None or not (_is_narrow(exact) and _is_narrow(found)):
            continue
        if not exact.overlaps(found):
            raise InternalError(f"a step of a derivation is wrong: at {point} it gives {float(found)} instead of {float(exact)}")
        return point
    raise UnsupportedError("a step cannot be checked: no point was found at which its derivative is proved")


def _slope(function: Graph, point: Mapping[str, float], wrt: str) -> Enclosure | None:
    found = certify(function, point, wrt)
    return found.derivative if found.status is Status.SMOOTH else None


def _is_narrow(enclosure: Enclosure) -> bool:
    """Whether an enclosure tells two numbers apart that differ in the tenth digit."""
    return enclosure.radius <= enclosure.midpoint.copy_abs().scaleb(-10) or enclosure.magnitude.adjusted() < -30
