"""A certified verdict against mpmath.diff at 50 digits, at every point and variable of the corpora in tests/."""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mpmath

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from judging import judge_number, nearest_float  # noqa: E402
from mp import Mp  # noqa: E402

from diffcheck.engines.certified import certify  # noqa: E402
from diffcheck.errors import ExpressionError  # noqa: E402
from diffcheck.graph.build import Problem, read  # noqa: E402
from diffcheck.graph.graph import Graph, evaluate  # noqa: E402
from diffcheck.results import Certificate, Status  # noqa: E402

WARM = 200  # points run first, which do not count


@dataclass(frozen=True)
class Job:
    """One point of one case, and the variable to differentiate with respect to."""

    case: str
    graph: Graph
    point: dict[str, float]
    wrt: str

    def certified(self) -> Certificate:
        """A proved derivative, both routes, and the verdict on the nearest float."""
        proof = certify(self.graph, self.point, self.wrt)
        judge_number(nearest_float(proof), proof, self.point[self.wrt])
        return proof

    def by_mpmath(self) -> mpmath.mpf:
        variables = {name: mpmath.mpf(coordinate) for name, coordinate in self.point.items()}
        return mpmath.diff(lambda t: evaluate(self.graph, Mp(), {**variables, self.wrt: t}), variables[self.wrt])


def jobs() -> Iterator[Job]:
    for file in sorted((TESTS / "corpora").glob("*.jsonl")):
        for case in map(json.loads, file.read_text().splitlines()):
            problem = _read(case.get("expr", ""))
            for record in case["points"] if problem else ():
                if set(problem.variables) <= set(record["at"]):
                    point = {name: record["at"][name] for name in problem.variables}
                    yield from (Job(case["id"], problem.target.flat, point, wrt) for wrt in problem.variables)


def _read(text: str) -> Problem | None:
    try:
        return read(text)
    except ExpressionError:
        return None


def cpu_milliseconds(run: Callable[[], object]) -> float:
    """The processor time of one run: what else the machine does is left out."""
    start = time.process_time()
    run()
    return 1000 * (time.process_time() - start)


def theirs(job: Job) -> float | None:
    """The time that mpmath.diff takes; None where mpmath cannot do it."""
    try:
        with mpmath.workdps(50):
            return cpu_milliseconds(job.by_mpmath)
    except (ArithmeticError, NotImplementedError, TypeError, ValueError):
        return None


def bench(report: Callable[[str, float, float, str], None]) -> None:
    everything = list(jobs())
    for job in everything[:: len(everything) // WARM]:
        job.certified()
    both = [(cpu_milliseconds(job.certified), theirs(job)) for job in everything]  # in turn: the machine may change its pace
    ours = [certified for certified, _ in both]
    _distribution("certified verdict", ours)
    proofs = [job.certified() for job in everything]
    smooth = [proof for proof in proofs if proof.status is Status.SMOOTH]
    print(f"{len(proofs)} points and variables, {len(smooth)} of them smooth, {sum(proof.confirmed for proof in smooth)} confirmed")
    pairs = [(certified, by_mpmath) for certified, by_mpmath in both if by_mpmath is not None]
    print(f"mpmath.diff does {len(pairs)} of them; these only, on both sides:")
    for name, average in (("mean", statistics.mean), ("median", statistics.median)):
        report(f"certified, {name}", *(average(times) for times in zip(*pairs, strict=True)), "ms")
    slowest = dict[str, float]()
    for taken, job in zip(ours, everything, strict=True):
        slowest[job.case] = max(taken, slowest.get(job.case, 0.0))
    for case in sorted(slowest, key=slowest.__getitem__, reverse=True)[:10]:
        print(f"{slowest[case]:10.2f} ms  {case}")


def _distribution(name: str, times: list[float]) -> None:
    ranked = sorted(times)
    mean, median, slow = statistics.mean(times), statistics.median(times), ranked[len(times) * 99 // 100]
    print(f"{name}: mean {mean:.3f} ms, median {median:.3f} ms, 99 in 100 within {slow:.2f} ms")
