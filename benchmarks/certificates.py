"""What certificates cost compared with another checkout: `python benchmarks/certificates.py --against ../before`.

Processor time of `certify` at the points of the corpora, by each of their variables. The two checkouts run in turn, each time in a
process of its own, which certifies everything once without counting it. Of each certificate the quickest of all runs counts; the ratio is
of their sums. Cases whose certificates say something else are listed, since they do other work.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
CORPORA = ("fpbench", "feynman")
MOST = 1.2  # times what it cost before
PASSES = 6  # that count, in each process
SHOWN = 8  # cases


@dataclass
class Costs:
    """Of each certificate of a checkout: the seconds of its quickest run, and its status."""

    seconds: dict[str, float] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)

    def add(self, measured: Mapping[str, tuple[float, str]]) -> None:
        for place, (seconds, status) in measured.items():
            self.seconds[place] = min(seconds, self.seconds.get(place, seconds))
            self.statuses[place] = status

    def by_case(self) -> dict[str, float]:
        sums = defaultdict[str, float](float)
        for place, seconds in self.seconds.items():
            sums[place.partition(" ")[0]] += seconds
        return sums

    @property
    def total(self) -> float:
        return sum(self.seconds.values())


# In a process of its own, with the checkout to be timed


def certificates(corpora: Sequence[str]) -> Iterator[tuple[str, object, dict[str, float], str]]:
    """What is certified: where, graph, point, variable."""
    from diffcheck.graph.build import read

    for corpus in corpora:
        for case in map(json.loads, (ROOT / "tests" / "corpora" / f"{corpus}.jsonl").read_text(encoding="utf-8").splitlines()):
            problem = read(case["expr"])
            for k, known in enumerate(case["points"]):
                if set(problem.variables) <= set(known["at"]):
                    point = {name: known["at"][name] for name in problem.variables}
                    yield from ((f"{case['id']} {k} {wrt}", problem.target.flat, point, wrt) for wrt in problem.variables)


def measure(corpora: Sequence[str]) -> dict[str, tuple[float, str]]:
    from diffcheck.engines.certified import certify

    jobs, found = list(certificates(corpora)), Costs()
    for passed in range(PASSES + 1):
        measured = {}
        for place, graph, point, wrt in jobs:
            start = time.process_time()
            proof = certify(graph, point, wrt)  # type: ignore[arg-type]
            measured[place] = (time.process_time() - start, proof.status.value)
        if passed:
            found.add(measured)
    return {place: (seconds, found.statuses[place]) for place, seconds in found.seconds.items()}


# Side by side


def measured_in(checkout: Path, corpora: Sequence[str]) -> dict[str, tuple[float, str]]:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    words = (sys.executable, __file__, "--measure", *corpora)
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True, cwd=checkout)
    source, measured = json.loads(done.stdout)
    if Path(source) != checkout:
        raise SystemExit(f"the package of {source} was imported instead of that of {checkout}")
    return {place: (seconds, status) for place, (seconds, status) in measured.items()}


def show(here: Costs, there: Costs) -> None:
    ours, theirs = here.by_case(), there.by_case()
    for name, costs in (("this checkout", here), ("the other", there)):
        statuses = ", ".join(f"{count:,} {status}" for status, count in Counter(costs.statuses.values()).most_common())
        print(f"{name:<14} {costs.total:8.3f} s, {1000 * costs.total / len(costs.seconds):.3f} ms a certificate; {statuses}")
    changed = {place.partition(" ")[0] for place, status in here.statuses.items() if there.statuses[place] != status}
    print(f"{len(changed)} cases with another status", *sorted(changed))
    for case in sorted(ours, key=lambda case: ours[case] - theirs[case], reverse=True)[:SHOWN]:
        print(f"{1000 * ours[case]:10.2f} ms, {1000 * theirs[case]:10.2f} ms   {case}")
    print(f"ratio {here.total / there.total:.3f}, at most {MOST} is wanted")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, help="the checkout to compare with")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--corpora", nargs="+", default=CORPORA)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        import diffcheck

        print(json.dumps([str(Path(diffcheck.__file__).parent.parent), measure(options.measure)]))
        return 0
    here, there = Costs(), Costs()
    checkouts = ((here, ROOT.resolve()), (there, (options.against or ROOT).resolve()))
    for turn in range(options.turns):
        for costs, checkout in checkouts if turn % 2 else reversed(checkouts):
            costs.add(measured_in(checkout, options.corpora))
    show(here, there)
    return 0 if here.total <= MOST * there.total else 1


if __name__ == "__main__":
    sys.exit(main())
