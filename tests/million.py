"""Random expressions over the whole table, each checked at a point: `python tests/million.py --checks 1000000 --seed 1 -j 2 --record FILE`.

Workers check them; what does not come back within 20 s is counted. Each chunk of checks is written into the record as a line
when it is done; the same command goes on where it was stopped. A check fails where the two routes of the certified engine
contradict each other, where the float nearest to the proved derivative is not called exact, or where a number a hundred times
further off than a good program may be passes.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from judging import FLOAT64, judge_number, nearest_float
from strategies import any_coordinate, any_expression

from diffcheck.engines.certified import certify, work
from diffcheck.errors import ExpressionError, InternalError
from diffcheck.graph.build import Problem, read
from diffcheck.judgement.distances import CONDITION_FACTOR
from diffcheck.processes.deaths import Death
from diffcheck.processes.limits import Limits
from diffcheck.processes.workers import WORKERS
from diffcheck.results import Certificate, Outcome, Status, Verdict

CHUNK = 500  # checks
POINTS = 5  # of each expression
PRECISIONS = (128, 256)  # bits: what needs more takes seconds, and is counted as undecided
MOST_FUNCTIONS = 6
FAR = 100  # times what a rounded argument may cost
RIGHT = (Verdict.EXACT, Verdict.OVERFLOW, Verdict.UNDERFLOW)
LIMITS = Limits(seconds=20.0)

Points = Sequence[Mapping[str, float]]
Seen = tuple[str, bool, str]  # a status ("" for none), whether it was confirmed, and what is wrong with it; nothing is


@dataclass
class Found:
    """What a run found."""

    expressions: int = 0
    checks: int = 0
    statuses: Counter[Status] = field(default_factory=Counter)
    confirmed: int = 0
    lost: int = 0  # checks that did not come back
    disagreements: list[str] = field(default_factory=list)

    def count(self, status: str, confirmed: bool, wrong: str) -> None:
        self.checks += 1
        if wrong:
            self.disagreements.append(wrong)
        if status:
            self.statuses[Status(status)] += 1
            self.confirmed += confirmed

    def as_line(self, seed: int) -> str:
        return json.dumps({"seed": seed, **vars(self)}) + "\n"

    @classmethod
    def of_line(cls, line: str) -> tuple[int, Found]:
        fields = json.loads(line)
        statuses = Counter({Status(status): count for status, count in fields.pop("statuses").items()})
        return fields.pop("seed"), cls(statuses=statuses, **fields)

    def add(self, other: Found) -> None:
        self.expressions += other.expressions
        self.checks += other.checks
        self.statuses += other.statuses
        self.confirmed += other.confirmed
        self.lost += other.lost
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


def seen_here(text: str, points: Points) -> list[Seen]:
    """What becomes of the checks of an expression, with respect to every variable at every point."""
    problem = read(text)
    found = [check(text, problem, dict(point), wrt) for point in points for wrt in problem.variables]
    return [(proof.status.value if proof else "", bool(proof and proof.confirmed), wrong) for proof, wrong in found]


def seen_by_a_worker(text: str, points: Points) -> list[Seen] | None:
    """The same; None where it does not come back."""
    answer = WORKERS.ask("million:answer", json.dumps([text, points]), LIMITS)
    return None if isinstance(answer, Death) else [tuple(json.loads(line)) for line in answer]


def answer(wanted: str, on_stage: object) -> list[str]:
    """What a worker answers."""
    _stay_quick()
    return [json.dumps(each) for each in seen_here(*json.loads(wanted))]


def chunk(seed: int, checks: int = CHUNK, seen: Callable[[str, Points], list[Seen] | None] = seen_here) -> Found:
    """The checks that a seed stands for."""
    random, found = Random(seed), Found()
    while found.checks < checks:
        text = any_expression(random, random.randint(1, MOST_FUNCTIONS))
        try:
            problem = read(text)
        except ExpressionError:  # a constant that is too large
            continue
        found.expressions += 1
        points = [{name: any_coordinate(random) for name in problem.variables} for _ in range(POINTS)]
        results = seen(text, points)
        if results is None:
            found.checks += POINTS * len(problem.variables)
            found.lost += POINTS * len(problem.variables)
        for result in results or ():
            found.count(*result)
    return found


def _stay_quick() -> None:
    work.PRECISIONS = PRECISIONS


def run(seeds: Iterable[int], processes: int) -> Iterator[tuple[int, Found]]:
    """The chunks of a run, as they are finished."""
    if processes == 1:
        yield from ((seed, chunk(seed, CHUNK, seen_by_a_worker)) for seed in seeds)
        return
    with ThreadPoolExecutor(processes) as pool:
        waiting = {pool.submit(chunk, seed, CHUNK, seen_by_a_worker): seed for seed in seeds}
        yield from ((waiting[done], done.result()) for done in as_completed(waiting))


def recorded(path: Path | None) -> dict[int, Found]:
    """The chunks that a record holds; a line that was not finished is none."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path is not None and path.exists() else []
    return dict(Found.of_line(line) for line in lines if line.endswith("\n"))


def run_and_record(seeds: range, processes: int, path: Path | None) -> Iterator[Found]:
    """What was recorded of a run, then the rest of it, which is recorded."""
    known = recorded(path)
    if path is not None:
        path.write_text("".join(found.as_line(seed) for seed, found in known.items()), encoding="utf-8")
    yield from (found for seed, found in known.items() if seed in seeds)
    for seed, found in run([seed for seed in seeds if seed not in known], processes):
        if path is not None:
            with path.open("a", encoding="utf-8") as record:
                record.write(found.as_line(seed))
        yield found


def summary(found: Found, seconds: float) -> str:
    smooth, undecided = found.statuses[Status.SMOOTH], found.statuses[Status.UNDECIDED]
    return (
        f"{found.expressions:,} expressions, {found.checks:,} checks: {len(found.disagreements)} disagreements, {smooth:,} smooth "
        f"({found.confirmed:,} by both routes), {undecided:,} undecided, {found.lost:,} not back in time, {seconds:,.0f} s"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checks", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", dest="processes", type=int, default=1)
    parser.add_argument("--record", type=Path, help="a file of finished chunks, one a line")
    options = parser.parse_args()
    total, start = Found(), time.monotonic()
    seeds = range(options.seed * 1_000_000, options.seed * 1_000_000 + math.ceil(options.checks / CHUNK))
    for found in run_and_record(seeds, options.processes, options.record):
        total.add(found)
        for line in found.disagreements:
            print(line, flush=True)
        print(f"\r{summary(total, time.monotonic() - start)}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(summary(total, time.monotonic() - start))
    return 1 if total.disagreements else 0


if __name__ == "__main__":
    sys.exit(main())
