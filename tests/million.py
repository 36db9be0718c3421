"""Random expressions over the whole table, each checked at a point: `python tests/million.py --checks 1000000 --seed 1 -j 2`.

A check fails where the two routes of the certified engine contradict each other, where the float nearest to the proved derivative
is not called exact, or where a number a hundred times further off than a good program may be passes.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random

from judging import FLOAT64, judge_number, nearest_float
from strategies import any_coordinate, any_expression

from diffcheck.engines.certified import certify, work
from diffcheck.errors import ExpressionError, InternalError
from diffcheck.graph.build import Problem, read
from diffcheck.judgement.verdict import CONDITION_FACTOR
from diffcheck.results import Certificate, Outcome, Status, Verdict

CHUNK = 500  # checks
POINTS = 5  # of each expression
PRECISIONS = (128, 256)  # bits: what needs more takes seconds, and is counted as undecided
MOST_FUNCTIONS = 6
FAR = 100  # times what a rounded argument may cost
RIGHT = (Verdict.EXACT, Verdict.OVERFLOW, Verdict.UNDERFLOW)


@dataclass
class Found:
    """What a run found."""

    expressions: int = 0
    checks: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    confirmed: int = 0
    disagreements: list[str] = field(default_factory=list)

    def count(self, proof: Certificate | None, wrong: str) -> None:
        self.checks += 1
        if wrong:
            self.disagreements.append(wrong)
        if proof is not None:
            self.statuses[proof.status] += 1
            self.confirmed += proof.confirmed

    def add(self, other: Found) -> None:
        self.expressions += other.expressions
        self.checks += other.checks
        self.statuses += other.statuses
        self.confirmed += other.confirmed
        self.disagreements += other.disagreements


def check(text: str, problem: Problem, point: dict[str, float], wrt: str) -> tuple[Certificate | None, str]:
    """The certificate, and what is wrong with it; nothing is."""
    try:
        proof = certify(problem.target.flat, point, wrt)
    except InternalError as error:
        return None, f"{text} at {point}: {error}"
    if proof.status is not Status.SMOOTH:
        return proof, ""
    wrong = wrong_verdict(proof, point[wrt])
    return proof, f"{text} at {point}, d/d{wrt}: {wrong}" if wrong else ""


def wrong_verdict(proof: Certificate, coordinate: float) -> str:
    """What is wrong with the verdicts on the float nearest to the derivative and on one far from it."""
    nearest = nearest_float(proof)
    verdict = judge_number(nearest, proof, coordinate).verdict
    if verdict not in RIGHT and _has_one_nearest(proof):
        return f"the nearest float {nearest!r} is {verdict}"
    far = nearest + FAR * tolerance(proof, nearest)
    if verdict is Verdict.EXACT and math.isfinite(far) and judge_number(far, proof, coordinate).outcome is Outcome.PASS:
        return f"{far!r} passes, and {nearest!r} is right"
    return ""


def _has_one_nearest(proof: Certificate) -> bool:
    """Whether the whole enclosure rounds to one float; it does not around the middle between two."""
    assert proof.derivative is not None
    return FLOAT64.round(proof.derivative.lower) == FLOAT64.round(proof.derivative.upper)


def tolerance(proof: Certificate, slope: float) -> float:
    """4 ulps, or 8u(1 + κ)|f'|: the error of a derivative that passes."""
    change = float(proof.sensitivity.upper) if proof.sensitivity is not None else 0.0
    return max(4 * FLOAT64.ulp(slope), CONDITION_FACTOR * FLOAT64.unit_roundoff * (abs(slope) + change))


def chunk(seed: int, checks: int = CHUNK) -> Found:
    """The checks that a seed stands for."""
    random, found = Random(seed), Found()
    while found.checks < checks:
        text = any_expression(random, random.randint(1, MOST_FUNCTIONS))
        try:
            problem = read(text)
        except ExpressionError:  # a constant that is too large
            continue
        found.expressions += 1
        for _ in range(POINTS):
            point = {name: any_coordinate(random) for name in problem.variables}
            for wrt in problem.variables:
                found.count(*check(text, problem, point, wrt))
    return found


def _stay_quick() -> None:
    work.PRECISIONS = PRECISIONS


def run(checks: int, seed: int, processes: int) -> Iterator[Found]:
    """The chunks of a run, as they are finished."""
    _stay_quick()
    seeds = range(seed * 1_000_000, seed * 1_000_000 + math.ceil(checks / CHUNK))
    if processes == 1:
        yield from map(chunk, seeds)
        return
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _stay_quick) as pool:
        yield from pool.map(chunk, seeds)


def summary(found: Found, seconds: float) -> str:
    smooth, undecided = found.statuses[Status.SMOOTH], found.statuses[Status.UNDECIDED]
    return (
        f"{found.expressions:,} expressions, {found.checks:,} checks: {len(found.disagreements)} disagreements, {smooth:,} smooth "
        f"({found.confirmed:,} by both routes), {undecided:,} undecided, {seconds:,.0f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", dest="processes", type=int, default=1)
    options = parser.parse_args()
    total, start = Found(), time.monotonic()
    for found in run(options.checks, options.seed, options.processes):
        total.add(found)
        for line in found.disagreements:
            print(line, flush=True)
        print(f"\r{summary(total, time.monotonic() - start)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(summary(total, time.monotonic() - start))
    return 1 if total.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
