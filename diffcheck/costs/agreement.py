"""Whether the ways to a derivative agree with what is proved: nothing is timed that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from diffcheck.checks.screening import evenly
from diffcheck.costs.routes import Route
from diffcheck.costs.subject import Costed
from diffcheck.engines.derivation import Derivation, Names, Wanted
from diffcheck.engines.jax.lift import lift
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Graph
from diffcheck.judgement.evidence import Written
from diffcheck.judgement.judge import Judge
from diffcheck.measures import Way
from diffcheck.registry import Engine
from diffcheck.results import Outcome, Result, Verdict

MOST = 60  # derivatives of one route that are compared; of more an even sample
MODES = {Way.FORWARD: "forward", Way.FORWARD_ALL: "forward", Way.REVERSE: "reverse"}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the values of a route compare with the proved derivatives: the worst verdict, and why it is wrong if it is."""

    verdict: str = ""
    outcome: Outcome = Outcome.UNDECIDED
    problem: str = ""


class _Values(Derivation):
    """What one route gave, for the judge: its formula, or the program that JAX ran."""

    def __init__(self, route: Route, subject: Costed) -> None:
        super().__init__(Engine(route.way.name.lower(), route.way.value))
        self._route = route
        self._subject = subject

    def formula(self, wanted: Wanted) -> Graph | None:
        return self._route.graphs[self._place(wanted)] if self._route.graphs else None

    def program(self, wanted: Wanted) -> Graph | None:
        if self._route.graphs:
            return self.formula(wanted)
        place = self._place(wanted)

        def entry(*leaves: Any) -> Any:
            return self._route.flat(self._route.program.function(*leaves))[place]

        try:
            return lift(entry, self._subject.variables, self._subject.format.name) if self._subject.takes_numbers else None
        except UnsupportedError:
            return None

    def _place(self, wanted: Wanted) -> int:
        return list(self._route.names).index(wanted[1])


def agreements(subject: Costed, found: Mapping[Way, tuple[Route, NDArray[Any]]]) -> dict[Way, Agreement]:
    """For each route with its values at the point, how they compare; a way without an entry was not compared."""
    graph = subject.graph
    if graph is None or subject.report is not None and not subject.variables:
        return _by_report(subject, found)
    judge = Judge(Written(graph, ""), subject.format)
    point = {**subject.point, **subject.rest}
    asked: dict[Names, dict[Derivation, float]] = {}
    ways: dict[Derivation, Way] = {}
    for way, (route, values) in found.items():
        derivation = _Values(route, subject)
        ways[derivation] = way
        for k in evenly(len(values), MOST) if len(values) else ():
            asked.setdefault(tuple(route.names[k]), {})[derivation] = float(values[k])
    results: dict[Way, list[Result]] = {}
    for names, given in asked.items():
        sample = judge.sample(point, (0, names), given, None)
        for asked_of, result in zip(given, sample.results, strict=True):
            results.setdefault(ways[asked_of], []).append(result)
    return {way: _worst(each) for way, each in results.items()}


def _worst(results: Sequence[Result]) -> Agreement:
    worst = max(results, key=lambda result: result.outcome.severity)
    is_wrong = worst.outcome is Outcome.FAIL and worst.verdict is not Verdict.INACCURATE  # a right rule, whatever rounding makes of it
    return Agreement(worst.verdict.value, worst.outcome, worst.reason if is_wrong else "")


def _by_report(subject: Costed, found: Mapping[Way, tuple[Route, NDArray[Any]]]) -> dict[Way, Agreement]:
    """Of a function of the user's: what the check found of each mode."""
    if subject.report is None:
        return {}
    by_mode: dict[str | None, list[Result]] = {}
    for result in (result for sample in subject.report.samples for result in sample.results):
        by_mode.setdefault(result.mode, []).append(result)
    return {way: _worst(by_mode[MODES[way]]) for way in found if way in MODES and MODES[way] in by_mode}
