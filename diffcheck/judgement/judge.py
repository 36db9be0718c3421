"""One scalar function at one point: its derivative certified, and every value that is given for it judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, partial

import jax
import numpy as np

from diffcheck.engines.automatic import Names, Program, key_of, run_nodes
from diffcheck.engines.certified import Arithmetic, certify, certify_mixed, enclose_value, rounding_bound, ties_within_rounding
from diffcheck.errors import LostError, UnsupportedError
from diffcheck.graph.graph import Graph
from diffcheck.judgement.accuracy.table import roundings
from diffcheck.judgement.diagnosis import corners, why
from diffcheck.judgement.evidence import Cause, Evidence, Source
from diffcheck.judgement.formats import Format
from diffcheck.judgement.missing import missing_part
from diffcheck.judgement.resemblance import of_value
from diffcheck.judgement.routines import despite_failing_routines, mended
from diffcheck.judgement.verdict import Judgement, Rule, Turned, judge
from diffcheck.results import NOT_DEFINED, Blame, Certificate, Enclosure, Outcome, Result, Sample, Status, Verdict, wrt_and_order

Point = Mapping[str, float]
Values = Mapping[str, float | UnsupportedError]


@dataclass(frozen=True, slots=True)
class Entry:
    """A derivative under test: who made it, where JAX's values of it are found, and its graph where that is known."""

    engine: str
    mode: str | None
    key: str
    graph: Graph | None = None
    missing: UnsupportedError | None = None  # why there is none
    text: str = ""  # of a claim


@dataclass(frozen=True, slots=True)
class _Place:
    """A derivative at a point, what is proved of it, and the slopes with ties turned that are within rounding."""

    point: Point
    names: Names
    proved: Certificate
    turned: Callable[[], Turned]


class Judge:
    """Judges the derivatives of one function.

    `graph_of` is the program that computed an entry's values, where it is known; `cause_in_code` looks in a function's own code for
    why an entry has got this verdict and value, where that is the right one.
    """

    def __init__(
        self,
        function: Source,
        fmt: Format,
        graph_of: Callable[[Entry], Graph | None],
        cause_in_code: Callable[[Entry, Verdict, float, float], Cause | None] = lambda entry, verdict, value, right: None,
    ) -> None:
        self._cause_in_code = cause_in_code
        self._function = function
        self._format = fmt
        self._arithmetic = Arithmetic(fmt.unit_roundoff, fmt.smallest_normal, roundings(jax.__version__, fmt.name))
        self._graph_of = graph_of

    def sample(self, point: Point, names: Names, entries: Sequence[Entry], values: Values) -> Sample:
        """What is proved of a derivative at a point, and what each entry's value is worth."""
        proved = self._proved(point, names)
        place = _Place(point, names, proved, cache(partial(self._turned, point, names)))
        results = tuple(self._judged(entry, values[entry.key], place) for entry in entries)
        clarke = (proved.left, proved.right) if proved.status is Status.KINK and proved.left and proved.right else None
        primal = number(values["primal"])
        return Sample(
            point,
            *wrt_and_order(names),
            proved.status,
            proved.reason,
            primal,
            proved.value,
            proved.derivative,
            clarke,
            results,
            proved.confirmed,
        )

    def _proved(self, point: Point, names: Names) -> Certificate:
        if not all(map(math.isfinite, point.values())):
            return Certificate(Status.UNDECIDED, "nothing is proved at infinity")
        proved = _certified(self._function.graph, point, names)
        pieces = corners(self._function, point, names[0]) if proved.status is Status.KINK else ""
        return replace(proved, reason=f"kink of {pieces}") if pieces else proved

    def _judged(self, entry: Entry, value: float | UnsupportedError, place: _Place) -> Result:
        note = ""
        if isinstance(value, UnsupportedError) and entry.graph is not None:
            note = f" ({value.reason}: evaluated in exact arithmetic and rounded)"
            exact = enclose_value(entry.graph, place.point)
            value = self._format.round(exact.midpoint) if exact is not None else math.nan if place.proved.status in NOT_DEFINED else value
        if isinstance(value, UnsupportedError):
            missing = entry.missing or value
            verdict = Verdict(missing.verdict) if isinstance(missing, LostError) else Verdict.UNSUPPORTED
            return Result(entry.engine, entry.mode, None, None, verdict, Outcome.UNDECIDED, missing.reason)
        judged, blame = self._verdict(entry, value, place)
        return Result(entry.engine, entry.mode, value, judged.ulps, judged.verdict, judged.outcome, judged.reason + note, blame)

    def _verdict(self, entry: Entry, value: float, place: _Place) -> tuple[Judgement, Blame | None]:
        """The judgement on a value with its cause, and the operation to blame."""
        x, rule = place.point[place.names[0]], partial(self._rule, entry, place.point)
        judgement_on = partial(judge, x=x, truth=place.proved, fmt=self._format, rule=rule, turned=place.turned)
        judged = judgement_on(value)
        if judged.outcome is Outcome.FAIL and not math.isfinite(value) and entry.graph is not None:
            found = mended(Source(entry.graph, entry.text or self._function.text), place.point, self._format)
            if found is not None:
                return despite_failing_routines(value, found, judgement_on(found.value)), found.blame
        reason, blame = why(judged, lambda: self._evidence(entry, judged.verdict, value, place))
        if entry.text and judged.verdict is Verdict.WRONG and place.proved.derivative is not None:
            right = float(place.proved.derivative)
            relation = of_value(value, right) or missing_part(self._function, place.point, place.names, value, right)
            reason = ". ".join(filter(None, (reason, relation)))
        return replace(judged, reason=reason), blame

    def _rule(self, entry: Entry, point: Point) -> Rule | None:
        """What computed an entry's values, in exact arithmetic."""
        graph, arithmetic = self._graph_of(entry), self._arithmetic_of(entry)
        if graph is None:
            return None

        def exact() -> Enclosure | None:
            return enclose_value(graph, point)

        def bound() -> Decimal | None:
            return rounding_bound(graph, point, arithmetic)

        name = "JAX's rule" if entry.engine == "automatic" else "the formula"
        return Rule(name, exact, bound, is_formula=entry.engine != "automatic")

    def _arithmetic_of(self, entry: Entry) -> Arithmetic:
        return replace(self._arithmetic, literals_are_rounded=entry.engine == "automatic")

    def _turned(self, point: Point, names: Names) -> Turned:
        """The derivatives of the functions that rounding may turn this one into."""
        ties = ties_within_rounding(self._function.graph, point, self._arithmetic)
        if ties.are_too_many:
            return Turned(too_many=ties.count)
        found = {turn: _certified(turn.graph, point, names).derivative for turn in (*ties.each, *ties.together)}
        slopes = {turn: slope for turn, slope in found.items() if slope is not None}
        each, together = ([slopes[turn] for turn in turns if turn in slopes] for turns in (ties.each, ties.together))
        return Turned(each, together, [slope for turn, slope in slopes.items() if turn.crossed])

    def _evidence(self, entry: Entry, verdict: Verdict, value: float, place: _Place) -> Evidence:
        graph, point, derivative = self._graph_of(entry), place.point, place.proved.derivative
        return Evidence(
            function=self._function,
            program=None if graph is None else Source(graph, entry.text or self._function.text),
            point=point,
            wrt=place.names[0],
            format=self._format,
            arithmetic=self._arithmetic_of(entry),
            derivative=derivative,
            rerun=lambda other: self._rerun(other, entry, point, place.names),
            run_nodes=lambda program: run_nodes(program, point, self._format.name),
            in_the_code=lambda: None if derivative is None else self._cause_in_code(entry, verdict, value, float(derivative)),
        )

    def _rerun(self, graph: Graph, entry: Entry, point: Point, names: Names) -> float | None:
        """The value that the same mode of JAX gives for another function."""
        if entry.mode is None:
            return None
        program = Program(graph, tuple(point), [names], {}, self._format.name, False, (entry.mode,))
        found = program.run({name: np.array([x]) for name, x in point.items()})[key_of(entry.mode, names)]
        return None if isinstance(found, UnsupportedError) else float(found[0])


def _certified(graph: Graph, point: Point, names: Names) -> Certificate:
    return certify(graph, point, names[0], len(names)) if len(set(names)) == 1 else certify_mixed(graph, point, names)


def number(value: float | UnsupportedError) -> float | None:
    """A value that may be missing."""
    return None if isinstance(value, UnsupportedError) else value
