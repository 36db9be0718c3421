"""Random points of the kinds that people ask about: `python tests/families.py --points 2000 --seed 1` counts what is undecided.

Each family draws expressions with the coefficients that people write (0.1, 1/3, 2) and points where they matter. Each certificate is
compared with what `oracle` sees, which knows no rule of derivatives and abstains where values do not speak clearly. The exit code
is 1 if anything disagrees, or if more than one point in a hundred of a family is left open.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random

import mpmath
from mp_values import Unclear, Values
from oracle import STEPS, Limit, Seen, seen
from special_expressions import FAMILIES, Point

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import certify, certify_mixed
from diffcheck.errors import ExpressionError
from diffcheck.graph.build import read
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Status

MOST_OPEN = 0.01  # of the points of a family
LIMIT_UNKNOWN = "undefined, limit not known"


NARROW = 1e-17  # the widest relative radius: beyond it no verdict can be given


@dataclass
class Found:
    """What became of the points of a family."""

    points: int = 0
    open: list[str] = field(default_factory=list)
    abstained: int = 0  # where the oracle says nothing
    statuses: Counter[Status] = field(default_factory=Counter)
    disagreements: list[str] = field(default_factory=list)

    @property
    def share_open(self) -> float:
        return len(self.open) / max(1, self.points)

    def count(self, point: Point, proof: Certificate, looked: Seen | None) -> None:
        self.points += 1
        self.statuses[proof.status] += 1
        self.abstained += looked is None
        if is_open(proof):
            self.open.append(f"{point}: {proof.status.value}: {proof.reason}")
        elif looked is not None and (wrong := disagreement(proof, looked)):
            self.disagreements.append(f"{point}: {wrong}")

    def __str__(self) -> str:
        statuses = ", ".join(f"{count} {status.value}" for status, count in self.statuses.most_common())
        return (
            f"{self.points} points, {len(self.open)} open ({self.share_open:.2%}), {len(self.disagreements)} disagreements, "
            f"{self.abstained} beyond the oracle; {statuses}"
        )


def is_open(proof: Certificate) -> bool:
    """Whether a certificate leaves something to be known: the status, whether there is a limit, or digits."""
    if proof.status is Status.UNDECIDED or proof.status.value == LIMIT_UNKNOWN:
        return True
    return any(_is_wide(number) for number in (proof.derivative, proof.left, proof.right) if number is not None)


def _is_wide(number: Enclosure) -> bool:
    with mpmath.workdps(30):
        return bool(_mpf(number.radius) > max(NARROW * abs(_mpf(number.midpoint)), mpmath.mpf(10) ** -30))


def disagreement(proof: Certificate, looked: Seen) -> str:
    """What a certificate and the values contradict each other in; nothing, where they do not."""
    if proof.status is not looked.status:
        return f"{proof.status.value} is proved, {looked.status.value} is seen"
    pairs = {"derivative": (proof.derivative, looked.derivative), "left": (proof.left, looked.left), "right": (proof.right, looked.right)}
    pairs["limit"] = (proof.value, looked.limit)
    numbers = {name: (found, limit) for name, (found, limit) in pairs.items() if limit is not None}
    wrong = [name for name, (found, limit) in numbers.items() if found is None or not _may_be(found, limit)]
    return "; ".join(f"{name} {numbers[name][0]} is proved, {mpmath.nstr(numbers[name][1].number, 25)} is seen" for name in wrong)


def _may_be(found: Enclosure, limit: Limit) -> bool:
    with mpmath.workdps(80):
        return bool(abs(_mpf(found.midpoint) - limit.number) <= _mpf(found.radius) * (1 + mpmath.mpf(10) ** -30) + 10 * limit.error)


def _mpf(number: object) -> mpmath.mpf:
    return mpmath.mpf(str(number))


CLOSE, CLOSER = (600, STEPS), (2400, tuple(Fraction(1, 10**k) for k in (400, 500, 600)))  # digits and steps


def look(graph: Graph, point: Point) -> Seen | None:
    """What values say; steps are shorter than the distance of the floats around the point."""
    digits, steps = CLOSER if any(0 < abs(x) < 1e-10 for x in point.at.values()) else CLOSE
    try:
        return seen(graph, point.at, point.names, Values(digits), steps)
    except Unclear:
        return None


def examine(name: str, points: int, seed: int) -> Found:
    """The points of a family that a seed stands for."""
    random, found = Random(f"{name} {seed}"), Found()
    while found.points < points:
        point = FAMILIES[name](random)
        try:
            graph = read(point.text).target.flat
        except ExpressionError:  # a constant that is infinite
            continue
        names = point.names
        proof = certify(graph, point.at, names[0], len(names)) if len(set(names)) == 1 else certify_mixed(graph, point.at, names)
        found.count(point, proof, look(graph, point))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", help=f"of {', '.join(FAMILIES)}; by default all")
    parser.add_argument("--points", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=0, help="how many of the open points to print")
    options, failed = parser.parse_args(), False
    for name in options.families or FAMILIES:
        start = time.monotonic()
        found = examine(name, options.points, options.seed)
        failed |= bool(found.disagreements) or found.share_open > MOST_OPEN
        print(f"{name}: {found}; {time.monotonic() - start:.0f} s", flush=True)
        for line in [*found.disagreements, *found.open[: options.show]]:
            print(f"    {line}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
