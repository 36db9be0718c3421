"""How many operations reverse mode takes, times those of f, over all corpora: `python benchmarks/reverse.py`, or with names of corpora.

Griewank's bound is 4 to 5. Each expression above it is listed, with the one of JAX's functions in it whose own ratio is the largest:
for a bound on the whole, each part must keep it.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diffcheck.costs.routes import Routes
from diffcheck.costs.subject import of_problem
from diffcheck.errors import DiffcheckError, UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply
from diffcheck.measures import GRIEWANK, Way

CORPORA = Path(__file__).parent.parent / "tests" / "corpora"


@dataclass(frozen=True, slots=True)
class Ratio:
    """Of one expression: the operations of reverse mode and of f, as JAX runs both."""

    text: str
    reverse: int
    primal: int

    @property
    def value(self) -> float:
        return self.reverse / self.primal


def ratio_of(text: str, wrt: Sequence[str] = ()) -> Ratio | None:
    """The ratio of an expression; None for one that has no variable, or that JAX cannot run. Raises InputError."""
    problem = read(text)
    if not problem.variables:
        return None
    makers = Routes(of_problem(problem, text, dict.fromkeys(problem.variables, 0.5), wrt)).makers
    try:
        primal = makers.get(Way.IN_JAX, makers[Way.F])().counts["operations"]
        reverse = makers[Way.REVERSE]().counts["operations"]
    except UnsupportedError:
        return None
    return Ratio(text, reverse, primal) if primal else None


def functions_by_ratio() -> dict[str, float]:
    """Of each function of the table, the ratio of that function alone, by all arguments, or by the last where JAX has no others."""
    found = {}
    for name, row in FUNCTIONS.items():
        names = [*row.names, "y"] if row.parameters.endswith("…") else row.names
        written = [str(row.tried(each)[-1]) if row.tried(each) else each for each in names]
        text = f"{written[0]} {row.operator} {written[-1]}" if row.operator and len(written) == 2 else f"{name}({', '.join(written)})"
        for wrt in ((), written[-1:]):
            try:
                ratio = ratio_of(text, wrt)
            except DiffcheckError:
                continue
            if ratio is not None:
                found[name] = ratio.value
                break
    return found


def reason(ratio: Ratio, alone: dict[str, float]) -> str:
    """The function to which a ratio is owed."""
    used = {node.function for node in read(ratio.text).target.flat.nodes if isinstance(node, Apply)}
    worst = max(used, key=lambda name: alone.get(name, 0.0), default="")
    return f"{worst}, which alone has {alone.get(worst, 0.0):.1f}"


def expressions(names: list[str]) -> Iterator[tuple[str, str]]:
    for path in sorted(CORPORA.glob("*.jsonl")):
        if not names or path.stem in names:
            for line in path.read_text(encoding="utf-8").splitlines():
                text = json.loads(line).get("expr")
                if text:
                    yield path.stem, text


def main(names: list[str]) -> None:
    alone, beyond = functions_by_ratio(), list[tuple[str, Ratio]]()
    seen, skipped = Counter[str](), Counter[str]()
    for corpus, text in expressions(names):
        try:
            ratio = ratio_of(text)
        except DiffcheckError:
            ratio = None
        (skipped if ratio is None else seen)[corpus] += 1
        if ratio is not None and ratio.value > GRIEWANK[1]:
            beyond.append((corpus, ratio))
    print(f"{seen.total()} expressions; {skipped.total()} left out: no variable, or no program of JAX; {len(beyond)} above {GRIEWANK[1]}:")
    for corpus, ratio in sorted(beyond, key=lambda pair: -pair[1].value):
        text = ratio.text if len(ratio.text) <= 60 else ratio.text[:59] + "…"
        print(f"{corpus:12} {ratio.reverse:5}/{ratio.primal:<5} = {ratio.value:4.1f}  {text:60}  {reason(ratio, alone)}")


if __name__ == "__main__":
    main(sys.argv[1:])
