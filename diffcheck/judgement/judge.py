"""One scalar function at one point: its derivative certified, and every value that is given for it judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, partial

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import Arithmetic, certify, certify_mixed, enclose_value, rounding_bound, ties_within_rounding
from diffcheck.engines.derivation import Derivation, Names, Wanted
from diffcheck.engines.jax.values import run_nodes
from diffcheck.errors import LostError, UnsupportedError
from diffcheck.formats import Format
from diffcheck.graph.graph import Graph
from diffcheck.judgement.accuracy.table import roundings_here
from diffcheck.judgement.diagnosis import corners, why
from diffcheck.judgement.evidence import Evidence, Written
from diffcheck.judgement.missing import missing_part
from diffcheck.judgement.resemblance import of_value
from diffcheck.judgement.routines import despite_failing_routines, mended
from diffcheck.judgement.verdict import RULES, Judgement, Rule, Turned, judge
from diffcheck.results import NOT_DEFINED, Blame, Certificate, Outcome, Result, Sample, Status, Verdict, wrt_and_order

Point = Mapping[str, float]
Value = float | UnsupportedError


@dataclass(frozen=True, slots=True)
class _Place:
    """A derivative at a point, what is proved of it, and the slopes with ties turned that are within rounding."""

    point: Point
    wanted: Wanted
    proved: Certificate
    turned: Callable[[], Turned]

    @property
    def names(self) -> Names:
        return self.wanted[1]


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
        self._of_literals = self._of_programs  # those of a rule may be rounded to the coarsest format on the way

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        """What is proved of a derivative at a point, and what each value that is given for it is worth."""
        names = wanted[1]
        proved = self._proved(point, names)
        place = _Place(point, wanted, proved, cache(partial(self._turned, point, names)))
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
        x, rule, formula = place.point[place.names[0]], partial(self._rule, derivation, place), derivation.formula(place.wanted)
        judgement_on = partial(judge, x=x, truth=place.proved, fmt=self._format, rule=rule, turned=place.turned, rules=self._rules)
        judged = judgement_on(value)
        if judged.outcome is Outcome.FAIL and not math.isfinite(value) and formula is not None:
            found = mended(Written(formula, derivation.text or self._function.text), place.point, self._format)
            if found is not None:
                return despite_failing_routines(value, found, judgement_on(found.value)), found.blame
        reason, blame = why(judged, lambda: self._evidence(derivation, judged.verdict, value, place))
        if derivation.text and judged.verdict is Verdict.WRONG and place.proved.derivative is not None:
            right = float(place.proved.derivative)
            relation = of_value(value, right) or missing_part(self._function, place.point, place.names, value, right)
            reason = ". ".join(filter(None, (reason, relation)))
        return replace(judged, reason=reason), blame

    def _rule(self, derivation: Derivation, place: _Place) -> Rule | None:
        """What computed the values, in exact arithmetic."""
        graph, arithmetic = derivation.program(place.wanted), self._arithmetic_of(derivation, place.wanted)
        if graph is None:
            return None

        def exact() -> Enclosure | None:
            return enclose_value(graph, place.point)

        def bound() -> Decimal | None:
            return rounding_bound(graph, place.point, arithmetic)

        name = f"{derivation.engine.title}'s rule" if arithmetic.literals_are_rounded else "the formula"
        if not arithmetic.literals_are_rounded:
            return Rule(name, exact, bound, is_formula=True)
        of_literals = replace(self._of_literals, roundings=lambda function: 0.0)
        return Rule(name, exact, bound, is_formula=False, literals=lambda: rounding_bound(graph, place.point, of_literals))

    def _arithmetic_of(self, derivation: Derivation, wanted: Wanted) -> Arithmetic:
        """That of a program, which rounds its literals; a formula's are exact."""
        return self._of_programs if derivation.formula(wanted) is None else self._arithmetic

    def _turned(self, point: Point, names: Names) -> Turned:
        """The derivatives of the functions that rounding may turn this one into."""
        ties = ties_within_rounding(self._function.graph, point, self._arithmetic)
        if ties.are_too_many:
            return Turned(too_many=ties.count)
        found = {turn: _certified(turn.graph, point, names).derivative for turn in (*ties.each, *ties.together)}
        slopes = {turn: slope for turn, slope in found.items() if slope is not None}
        each, together = ([slopes[turn] for turn in turns if turn in slopes] for turns in (ties.each, ties.together))
        return Turned(each, together, [slope for turn, slope in slopes.items() if turn.crossed])

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
