"""One scalar function at one point: its derivative certified, and every value that is given for it judged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import Arithmetic, certify, certify_mixed, enclose_value, rounding_bound, ties_within_rounding
from diffcheck.engines.derivation import Derivation, Names, Wanted
from diffcheck.engines.jax.values import run_nodes
from diffcheck.errors import LostError, UnsupportedError
from diffcheck.formats import Format
from diffcheck.graph.graph import Graph
from diffcheck.judgement.accuracy.table import roundings_here
from diffcheck.judgement.behind import Behind, Turned
from diffcheck.judgement.diagnosis import corners, why
from diffcheck.judgement.evidence import Evidence, Written
from diffcheck.judgement.missing import missing_part
from diffcheck.judgement.resemblance import of_value
from diffcheck.judgement.routines import despite_failing_routines, mended
from diffcheck.judgement.verdict import RULES, Judgement, judge
from diffcheck.results import NOT_DEFINED, Blame, Certificate, Outcome, Result, Sample, Status, Verdict, wrt_and_order

Point = Mapping[str, float]
Value = float | UnsupportedError


class _Ties:
    """The conditions within rounding of a tie at a point, followed when the first value there asks for them."""

    def __init__(self, graph: Graph, point: Point, names: Names, arithmetic: Arithmetic) -> None:
        self._graph, self._point, self._names, self._arithmetic = graph, point, names, arithmetic

    @cached_property
    def turned(self) -> Turned:
        """The derivatives of the functions that rounding may turn this one into."""
        ties = ties_within_rounding(self._graph, self._point, self._arithmetic)
        if ties.are_too_many:
            return Turned(too_many=ties.count)
        found = {turn: _certified(turn.graph, self._point, self._names).derivative for turn in (*ties.each, *ties.together)}
        slopes = {turn: slope for turn, slope in found.items() if slope is not None}
        each, together = ([slopes[turn] for turn in turns if turn in slopes] for turns in (ties.each, ties.together))
        return Turned(each, together, [slope for turn, slope in slopes.items() if turn.crossed])


@dataclass(frozen=True, slots=True)
class _Place:
    """A derivative at a point, and what is proved of it."""

    point: Point
    wanted: Wanted
    proved: Certificate
    ties: _Ties

    @property
    def names(self) -> Names:
        return self.wanted[1]


class _GraphRule:
    """A derivative program that is known as a graph. `literals` are those that it rounds, and how; None of a formula, which rounds none."""

    def __init__(self, name: str, graph: Graph, point: Point, arithmetic: Arithmetic, literals: Arithmetic | None) -> None:
        self.name, self.is_formula = name, literals is None
        self._graph, self._point, self._arithmetic, self._of_literals = graph, point, arithmetic, literals

    @cached_property
    def exact(self) -> Enclosure | None:
        return enclose_value(self._graph, self._point)

    @cached_property
    def bound(self) -> Decimal | None:
        return rounding_bound(self._graph, self._point, self._arithmetic)

    @cached_property
    def literals(self) -> Decimal | None:
        return Decimal(0) if self._of_literals is None else rounding_bound(self._graph, self._point, self._of_literals)


class _Behind(Behind):
    """What stands behind the value of a derivation."""

    def __init__(self, judge: Judge, derivation: Derivation, place: _Place) -> None:
        self._judge, self._derivation, self._place = judge, derivation, place

    @cached_property
    def rule(self) -> _GraphRule | None:
        return self._judge.rule(self._derivation, self._place)

    @property
    def turned(self) -> Turned:
        return self._place.ties.turned


class Judge:
    """Judges the derivatives of one function of numbers.

    `rules` is the format in whose digits a rule must be right, where the one under test has fewer: that of the program.
    """

    def __init__(self, function: Written, fmt: Format, rules: Format = RULES) -> None:
        self._function = function
        self._format = fmt
        self._rules = rules
        self._arithmetic = arithmetic_of(fmt)
        self._of_programs = replace(self._arithmetic, literals_are_rounded=True)
        self._of_literals = replace(self._of_programs, roundings=lambda function: 0.0)  # rounded to the coarsest format on the way

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        """What is proved of a derivative at a point, and what each value that is given for it is worth."""
        names = wanted[1]
        proved = self._proved(point, names)
        place = _Place(point, wanted, proved, _Ties(self._function.graph, point, names, self._arithmetic))
        results, beside = split({derivation: self._judged(derivation, value, place) for derivation, value in values.items()})
        clarke = (proved.left, proved.right) if proved.status is Status.KINK and proved.left and proved.right else None
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
            beside=beside,
        )

    def _proved(self, point: Point, names: Names) -> Certificate:
        if not all(map(math.isfinite, point.values())):
            return Certificate(Status.UNDECIDED, "nothing is proved at infinity")
        proved = _certified(self._function.graph, point, names)
        pieces = corners(self._function, point, names[0]) if proved.status is Status.KINK else ""
        return replace(proved, reason=f"kink of {pieces}") if pieces else proved

    def _judged(self, derivation: Derivation, value: Value, place: _Place) -> Result:
        note, formula = "", derivation.formula(place.wanted)
        if isinstance(value, UnsupportedError) and formula is not None:
            note = f" ({value.reason}: evaluated in exact arithmetic and rounded)"
            exact = enclose_value(formula, place.point)
            value = self._format.round(exact.midpoint) if exact is not None else math.nan if place.proved.status in NOT_DEFINED else value
        if isinstance(value, UnsupportedError):
            return result_without(derivation, derivation.missing(place.wanted) or value)
        judged, blame = self._verdict(derivation, value, _on_side(place, derivation.side))
        return result_of(derivation, value, replace(judged, reason=judged.reason + note) if note else judged, blame)

    def _verdict(self, derivation: Derivation, value: float, place: _Place) -> tuple[Judgement, Blame | None]:
        """The judgement on a value with its cause, and the operation to blame."""
        formula, behind = derivation.formula(place.wanted), _Behind(self, derivation, place)
        asked = place.point[place.names[0]], place.proved, self._format, behind, self._rules
        judged = judge(value, *asked)
        if judged.outcome is Outcome.FAIL and not math.isfinite(value) and formula is not None:
            found = mended(Written(formula, derivation.text or self._function.text), place.point, self._format)
            if found is not None:
                return despite_failing_routines(value, found, judge(found.value, *asked)), found.blame
        reason, blame = why(judged, lambda: self._evidence(derivation, judged.verdict, value, place))
        if derivation.text and judged.verdict is Verdict.WRONG and place.proved.derivative is not None:
            right = float(place.proved.derivative)
            relation = of_value(value, right) or missing_part(self._function, place.point, place.names, value, right)
            reason = ". ".join(filter(None, (reason, relation)))
        return replace(judged, reason=reason), blame

    def rule(self, derivation: Derivation, place: _Place) -> _GraphRule | None:
        """What computed the values, in exact arithmetic."""
        graph, arithmetic = derivation.program(place.wanted), self._arithmetic_of(derivation, place.wanted)
        if graph is None:
            return None
        if arithmetic.literals_are_rounded:
            return _GraphRule(f"{derivation.engine.title}'s rule", graph, place.point, arithmetic, self._of_literals)
        return _GraphRule("the formula", graph, place.point, arithmetic, None)

    def _arithmetic_of(self, derivation: Derivation, wanted: Wanted) -> Arithmetic:
        """That of a program, which rounds its literals; a formula's are exact."""
        return self._of_programs if derivation.formula(wanted) is None else self._arithmetic

    def _evidence(self, derivation: Derivation, verdict: Verdict, value: float, place: _Place) -> Evidence:
        graph, point, derivative = derivation.program(place.wanted), place.point, place.proved.derivative
        return Evidence(
            function=self._function,
            program=None if graph is None else Written(graph, derivation.text or self._function.text),
            point=point,
            wrt=place.names[0],
            format=self._format,
            arithmetic=self._arithmetic_of(derivation, place.wanted),
            derivative=derivative,
            rerun=lambda other: derivation.again(other, point, place.names),
            run_nodes=lambda program: run_nodes(program, point, self._format.name),
            in_the_code=lambda: None if derivative is None else derivation.cause(place.wanted, verdict, value, float(derivative)),
        )


def _on_side(place: _Place, side: str | None) -> _Place:
    """The place with the slope of one side as the derivative, if it is a kink and a side is meant."""
    proved = place.proved
    slope = {"left": proved.left, "right": proved.right}.get(side or "")
    if proved.status is not Status.KINK or slope is None:
        return place
    return replace(place, proved=replace(proved, status=Status.SMOOTH, derivative=slope, sensitivity=None))


def _certified(graph: Graph, point: Point, names: Names) -> Certificate:
    return certify(graph, point, names[0], len(names)) if len(set(names)) == 1 else certify_mixed(graph, point, names)


def arithmetic_of(fmt: Format) -> Arithmetic:
    """How JAX computes in a format: all that is not exact here is computed by JAX."""
    return Arithmetic(fmt.unit_roundoff, fmt.smallest_normal, roundings_here(fmt.name))


def split(results: Mapping[Derivation, Result]) -> tuple[tuple[Result, ...], tuple[Result, ...]]:
    """Those that decide on the outcome, and those that are shown beside them."""
    decide, beside = (tuple(r for derivation, r in results.items() if derivation.decides is kind) for kind in (True, False))
    return decide, beside


def result_of(derivation: Derivation, value: float | None, judged: Judgement, blame: Blame | None = None) -> Result:
    """What is said of a value."""
    who = derivation.engine.name, derivation.mode
    return Result(*who, value, judged.ulps, judged.verdict, judged.outcome, judged.reason, blame)


def result_without(derivation: Derivation, missing: UnsupportedError) -> Result:
    """What is said where there is no value."""
    verdict = Verdict(missing.verdict) if isinstance(missing, LostError) else Verdict.UNSUPPORTED
    return result_of(derivation, None, Judgement(verdict, Outcome.UNDECIDED, None, missing.reason))
