"""What is counted of an expression without running anything: for suites, and the same in every run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diffcheck.costs.routes import Routes
from diffcheck.costs.subject import of_problem
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import Problem
from diffcheck.measures import IN_JAX, Way
from diffcheck.records import OperationCounts

COORDINATE = 0.5  # of the numbers that programs are traced for


def counted(problem: Problem, wrt: Sequence[str] = ()) -> OperationCounts:
    """All counts of each way, with the ratio of its operations to those of f, or of f as JAX runs it; ways that lack are left out."""
    subject = of_problem(problem, "", dict.fromkeys(problem.variables, COORDINATE), wrt)
    counts = {way: route.counts for way, route in Routes(subject).each() if not isinstance(route, UnsupportedError)}
    return {way.value: dict(_with_ratio(counts, way)) for way in counts}


def _with_ratio(counts: dict[Way, dict[str, int]], way: Way) -> Iterator[tuple[str, float]]:
    yield from counts[way].items()
    base = counts.get(Way.IN_JAX, counts.get(Way.F)) if way in IN_JAX else counts.get(Way.F)
    if base and base["operations"] and way is not Way.F:
        yield "ratio", counts[way]["operations"] / base["operations"]
