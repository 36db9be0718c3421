"""The verdict on one derivative value: pure, rule by rule in the order of docs/verdicts.md.

Every decision is made with the whole enclosure; where it is too wide to tell, the verdict is `undecided`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal  # operators round to the thread's context: here every operation names its own
from functools import cached_property

from diffcheck.enclosure import DOWN, UP, Enclosure
from diffcheck.formats import FORMATS, Format, format_named
from diffcheck.judgement.behind import Behind, Rule, Turned
from diffcheck.judgement.distances import CONDITION_FACTOR, Range, conditioning, distance, gap, harmless_error, ulps_of
from diffcheck.judgement.wording import NOTHING, digits_right, shown, told_apart
from diffcheck.results import Certificate, Outcome, Status, Verdict

AGREES_ULPS = 4.0
NEGLIGIBLE = Decimal("1e-11")  # relative: a rule may be exact for a function that the code approximates as well as this
RULES = FORMATS["float32"]  # a value of fewer digits does not tell a right rule from a wrong one
WITHIN_ROUNDING_OF_A_TIE = "a condition is within rounding of a tie here: the slopes of both of its sides, and those between, are accepted"
RIGHT_ON_A_SIDE = "a condition is within rounding of a tie here, and in exact arithmetic the formula is right on one of its sides"
UNKNOWN = Behind()
PASS, WARN, FAIL, UNDECIDED = Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.UNDECIDED


def rules_of(dtype: str) -> Format:
    """The format in whose digits the rules of a program must be right: that of its arguments, or float32 where that is shorter."""
    return max(format_named(dtype), RULES, key=lambda each: each.precision_bits)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with its outcome, the error in ulps where there is one, and the reason in a sentence."""

    verdict: Verdict
    outcome: Outcome
    ulps: float | None
    reason: str


def judge(y: float, x: float, truth: Certificate, fmt: Format, behind: Behind = UNKNOWN, rules: Format = RULES) -> Judgement:
    """The verdict on a number as the derivative of f at a point.

    Args:
        y: The number, a float of the format or NaN or infinite.
        x: The coordinate of the point along which f is differentiated.
        truth: What is proved of f there.
        fmt: The format, which says what an ulp and a unit roundoff u are.
        behind: What computed y, and what f may turn into by rounding.
        rules: The format in whose digits a rule must be right where `fmt` has fewer.

    Returns:
        The verdict of the first rule of docs/verdicts.md that holds for the whole enclosure.

    Source:
        The bound 8u(1 + κ)|f′| is the conditioning of the problem (Higham 2002, §1.6), with room for a few roundings; at a kink
        the Clarke interval (Clarke 1983, §2.1).
    """
    special = _AT_SPECIAL_POINTS.get(truth.status)
    if special is not None:
        judged = special(y, truth, fmt)
        is_beside = judged.verdict is Verdict.OUTSIDE and math.isfinite(y)
        return _beside_the_interval(y, judged, truth, fmt, behind.rule) or judged if is_beside else judged
    if truth.derivative is None:
        return Judgement(Verdict.UNDECIDED, UNDECIDED, None, truth.reason)
    value = _Value(y, x, truth, truth.derivative, fmt, behind, rules)
    judged = _judge_smooth(value)
    if judged.outcome is FAIL and math.isfinite(y):
        return _near_ties(value, judged) or judged
    return judged


class _Value:
    """A number as the derivative where f is smooth: its error, and how large an error is excused."""

    def __init__(self, y: float, x: float, truth: Certificate, derivative: Enclosure, fmt: Format, behind: Behind, rules: Format) -> None:
        self.y, self.x, self.truth, self.derivative, self.format, self.behind, self.rules = y, x, truth, derivative, fmt, behind, rules

    @property
    def has_few_digits(self) -> bool:
        """Whether the format has fewer digits than rules must have: its values do not tell a right rule from a wrong one."""
        return self.format.precision_bits < self.rules.precision_bits

    @cached_property
    def nearest(self) -> float:
        """The float nearest to the derivative; NaN where the enclosure holds a tie, or is wide."""
        nearest = self.format.round(self.derivative.lower)
        return nearest if nearest == self.format.round(self.derivative.upper) else math.nan

    @cached_property
    def error(self) -> Range:
        return distance(self.y, self.derivative)

    @cached_property
    def ulps(self) -> tuple[float, float]:
        """Bounds of the error in units of the last place of the true value."""
        return ulps_of(self.error, self.derivative, self.format)

    @cached_property
    def allowed(self) -> Range:
        """What one rounding of the argument may cost."""
        return conditioning(self.truth, self.derivative, self.format)

    @cached_property
    def harm(self) -> Outcome:
        """The outcome of an error that no condition number excuses."""
        harmless = harmless_error(self.x, self.truth, self.derivative, self.format)
        if self.error.most <= harmless.least:
            return WARN
        return FAIL if self.error.least > harmless.most else UNDECIDED

    def judged(self, verdict: Verdict, outcome: Outcome, reason: str) -> Judgement:
        return Judgement(verdict, outcome, self.ulps[1], reason)

    def too_wide(self) -> Judgement:
        return self.judged(Verdict.UNDECIDED, UNDECIDED, f"the enclosure is too wide to tell: {self.truth.reason or 'precision ran out'}")


def _near_ties(value: _Value, judged: Judgement) -> Judgement | None:
    """The judgement that excuses a value if floats may decide a condition either way; None if nothing does.

    The value must lie between the slopes of the sides. A formula must also be right on one of the sides, by its exact value; where
    the format has few digits, the exact value of a program must lie between the slopes, too.
    """
    turned = value.behind.turned
    if turned.too_many:
        reason = f"{turned.too_many} conditions are within rounding of a tie here, too many to compare the slopes on all their sides"
        return Judgement(Verdict.UNDECIDED, UNDECIDED, judged.ulps, reason)
    hull = _hull(value.derivative, turned) if turned.each else value.derivative
    if not turned.each or not _lies_between(Enclosure(Decimal(value.y), Decimal(0)), hull, value.format):
        return None
    rule = value.behind.rule
    if rule is None or not rule.is_formula:
        excused = Judgement(Verdict.ILL_CONDITIONED, PASS, judged.ulps, WITHIN_ROUNDING_OF_A_TIE)
        return _excused_rule(excused, hull, rule, value.rules) if value.has_few_digits else excused
    exact = rule.exact
    if exact is None or not any(_is_right_on(side, exact, value.allowed, value.format) for side in (value.derivative, *turned.sides)):
        return None
    return Judgement(Verdict.ILL_CONDITIONED, PASS, judged.ulps, RIGHT_ON_A_SIDE)


def _hull(derivative: Enclosure, turned: Turned) -> Enclosure:
    """All slopes that turning any of the ties can give: each tie adds its own change, or does not.

    Nested ties may change more together than each alone.
    """
    lower, upper = derivative.lower, derivative.upper
    for side in turned.each:
        lower = DOWN.add(lower, min(Decimal(0), DOWN.subtract(side.lower, derivative.upper)))
        upper = UP.add(upper, max(Decimal(0), UP.subtract(side.upper, derivative.lower)))
    for side in turned.together:
        lower, upper = min(lower, side.lower), max(upper, side.upper)
    return Enclosure.between(lower, upper)


def _excused_rule(excused: Judgement, hull: Enclosure, rule: Rule | None, rules: Format) -> Judgement | None:
    if rule is None or rule.exact is None or rule.literals is None:
        return _of_few_digits(excused, rule)
    return excused if _lies_between(rule.exact, hull, rules, rule.literals) else None


def _lies_between(y: Enclosure, hull: Enclosure, fmt: Format, literals: Decimal = Decimal(0)) -> bool:
    slack = UP.add(UP.multiply(Decimal(CONDITION_FACTOR * fmt.unit_roundoff), hull.magnitude), literals)
    return DOWN.subtract(hull.lower, slack) <= y.lower and y.upper <= UP.add(hull.upper, slack)


def _is_right_on(side: Enclosure, exact: Enclosure, allowed: Range, fmt: Format) -> bool:
    slack = max(allowed.least, DOWN.multiply(Decimal(CONDITION_FACTOR * fmt.unit_roundoff), side.least_magnitude))
    return gap(exact, side).least <= slack


def _judge_undefined(y: float, truth: Certificate, fmt: Format) -> Judgement:
    if math.isfinite(y):
        return Judgement(Verdict.SPURIOUS, FAIL, None, f"f is not defined here ({truth.reason}), yet the slope is given as {y:.6g}")
    return Judgement(Verdict.UNDEFINED, PASS, None, f"f is not defined here: {truth.reason}")


def _judge_without_known_limit(y: float, truth: Certificate, fmt: Format) -> Judgement:
    if not math.isfinite(y):
        return _judge_undefined(y, truth, fmt)
    reason = f"f is not defined here ({truth.reason}), and whether it has a finite limit is not known; the slope is given as {y:.6g}"
    return Judgement(Verdict.LIMIT_UNKNOWN, WARN, None, reason)


def _judge_kink(y: float, truth: Certificate, fmt: Format) -> Judgement:
    ends = sorted((end for end in (truth.left, truth.right) if end is not None), key=lambda end: end.midpoint)
    interval = f"the Clarke interval [{_short(ends[0])}, {_short(ends[1])}]"
    kink = truth.reason or "kink"
    if _is_a_subgradient(y, ends, fmt):
        return Judgement(Verdict.SUBGRADIENT, PASS, None, f"{kink}: {y:.6g}{_convention(y, truth, fmt)} is the choice made in {interval}")
    if not math.isfinite(y):
        return Judgement(Verdict.OUTSIDE, FAIL, None, f"{kink} with {interval}, and the value is {y}")
    given = f"{y:.6g}"
    if given in {_short(end) for end in ends}:
        given, interval = repr(y), f"the Clarke interval [{shown(ends[0], 17)}, {shown(ends[1], 17)}]"
    return Judgement(Verdict.OUTSIDE, FAIL, None, f"{kink}: {given} lies outside {interval}")


def _beside_the_interval(y: float, judged: Judgement, truth: Certificate, fmt: Format, rule: Rule | None) -> Judgement | None:
    """The judgement on a value outside the Clarke interval that rounding has carried there: in exact arithmetic its rule is within."""
    if rule is None or rule.exact is None:
        return None
    exact = rule.exact
    ends = [end for end in (truth.left, truth.right) if end is not None]
    interval = Enclosure.between(min(end.lower for end in ends), max(end.upper for end in ends))
    if not _lies_between(exact, interval, fmt):
        return None
    error, size = distance(y, interval), DOWN.multiply(Decimal(math.sqrt(fmt.unit_roundoff)), interval.magnitude)
    outcome = WARN if error.least <= size else FAIL
    reason = f"{judged.reason}, by {error.least:.1e}: {rule.name} gives a number within, but rounding spoils the value"
    return Judgement(Verdict.UNSTABLE, outcome, None, reason)


def _is_a_subgradient(y: float, ends: Sequence[Enclosure], fmt: Format) -> bool:
    """Whether y lies in the interval, or is one of its ends rounded: beyond the largest float that is infinity."""
    if not math.isfinite(y):
        return y in {fmt.round(end.midpoint) for end in ends}
    steepest = max(abs(float(end)) for end in ends)
    slack = Decimal(AGREES_ULPS * fmt.ulp(min(steepest, fmt.largest)))
    return DOWN.subtract(ends[0].upper, slack) <= Decimal(y) <= UP.add(ends[1].lower, slack)


def _short(end: Enclosure) -> str:
    """An end of an interval in six digits; beyond the range of floats, by its power of ten."""
    return f"{float(end):.6g}" if math.isfinite(float(end)) else shown(end, 6)


def _convention(y: float, truth: Certificate, fmt: Format) -> str:
    """Which of the usual choices y is."""
    assert truth.left is not None
    assert truth.right is not None
    left, right = fmt.round(truth.left.midpoint), fmt.round(truth.right.midpoint)
    usual = {left / 2 + right / 2: "the mean of both slopes", left: "the left slope", right: "the right slope"}
    return f", {usual[y]}," if y in usual else ""


def _judge_as_status(verdict: Verdict) -> Callable[[float, Certificate, Format], Judgement]:
    def judgement(y: float, truth: Certificate, fmt: Format) -> Judgement:
        return Judgement(verdict, WARN, None, f"{truth.reason}; there is no two-sided derivative, and the value given is {y:.6g}")

    return judgement


def _judge_undecided(y: float, truth: Certificate, fmt: Format) -> Judgement:
    return Judgement(Verdict.UNDECIDED, UNDECIDED, None, truth.reason)


_AT_SPECIAL_POINTS: dict[Status, Callable[[float, Certificate, Format], Judgement]] = {
    Status.UNDEFINED: _judge_undefined,
    Status.LIMIT_UNKNOWN: _judge_without_known_limit,
    Status.KINK: _judge_kink,
    Status.JUMP: _judge_as_status(Verdict.JUMP),
    Status.VERTICAL: _judge_as_status(Verdict.VERTICAL),
    Status.BOUNDARY: _judge_as_status(Verdict.BOUNDARY),
    Status.HOLE: _judge_as_status(Verdict.HOLE),
    Status.UNDECIDED: _judge_undecided,
}


def _judge_smooth(value: _Value) -> Judgement:
    out_of_range = _judge_range(value)
    if out_of_range is not None:
        return out_of_range
    if not math.isfinite(value.y):
        return _judge_nonfinite(value)
    judged = _judge_small_error(value)
    if judged is None and (value.ulps[0] <= AGREES_ULPS or value.error.least <= value.allowed.most):
        return value.too_wide()
    judged = judged or _judge_large_error(value)
    return _judge_rule(judged, value) if value.has_few_digits and judged.outcome in (PASS, WARN) else judged


def _judge_small_error(value: _Value) -> Judgement | None:
    if value.y == value.nearest:
        return value.judged(Verdict.EXACT, PASS, "the nearest float")
    if value.ulps[1] <= AGREES_ULPS:
        return value.judged(Verdict.AGREES, PASS, f"within {AGREES_ULPS:.0f} ulps")
    if value.error.most <= value.allowed.least:
        reason = f"{digits_right(value.error.most, value.derivative)}; the condition number of the derivative explains the rest"
        return value.judged(Verdict.ILL_CONDITIONED, PASS, reason)
    return None


def _judge_rule(judged: Judgement, value: _Value) -> Judgement:
    """Few digits agree with many rules: where a value has no more, the rule must be right in exact arithmetic as well."""
    rule, allowed = value.behind.rule, conditioning(value.truth, value.derivative, value.rules)
    if rule is None or rule.exact is None:
        is_rounded = value.y == value.format.round(Decimal(value.y))  # a claim by a function of Python's floats has more digits
        return _of_few_digits(judged, rule) if is_rounded or value.error.most > allowed.least else judged
    away = gap(rule.exact, value.derivative)
    if away.most <= allowed.least:
        return judged
    if rule.literals is None:
        return _of_few_digits(judged, rule)
    if away.least > UP.add(allowed.most, rule.literals):
        return value.judged(Verdict.WRONG, FAIL, _another_number(rule.name, rule.exact, value.derivative))
    return judged


def _of_few_digits(judged: Judgement, rule: Rule | None) -> Judgement:
    why = "what computed it is not known" if rule is None else f"{rule.name} could not be evaluated in exact arithmetic"
    reason = f"the value has too few digits to tell a right rule from a wrong one, and {why}"
    return Judgement(Verdict.UNDECIDED, UNDECIDED, judged.ulps, reason)


def _judge_nonfinite(value: _Value) -> Judgement:
    """The judgement on a value that is not finite: a formula whose exact value is not the derivative is wrong as well."""
    rule = value.behind.rule
    exact = rule.exact if rule is not None and rule.is_formula else None
    if rule is not None and exact is not None and gap(exact, value.derivative).least > value.allowed.most:
        reason = f"the value is {value.y}, and {_another_number(rule.name, exact, value.derivative)}"
        return Judgement(Verdict.WRONG, FAIL, None, reason)
    return Judgement(Verdict.NONFINITE, FAIL, None, f"the value is {value.y}; the derivative is {shown(value.derivative)}")


def _another_number(name: str, exact: Enclosure, derivative: Enclosure) -> str:
    given, right = told_apart(exact, derivative)
    return f"in exact arithmetic {name} gives {given} instead of {right}"


def _judge_range(value: _Value) -> Judgement | None:
    """Beyond the largest float the right answer is infinity; below the smallest normal one XLA flushes to zero."""
    y, derivative, fmt = value.y, value.derivative, value.format
    if math.isinf(value.nearest):
        if y == value.nearest or y == math.copysign(fmt.largest, value.nearest):
            return Judgement(Verdict.OVERFLOW, PASS, None, "the derivative is larger than every float")
        return None
    if math.isinf(y) and (math.isinf(fmt.round(derivative.lower)) or math.isinf(fmt.round(derivative.upper))):
        return Judgement(Verdict.UNDECIDED, UNDECIDED, None, "the enclosure is too wide to tell whether the derivative is out of range")
    tiny = derivative.magnitude < Decimal(fmt.smallest_normal)
    if tiny and y == 0 and value.nearest != 0:
        return Judgement(Verdict.UNDERFLOW, PASS, None, "the derivative is smaller than every normal float, and was flushed to zero")
    return None


def _judge_large_error(value: _Value) -> Judgement:
    rule, digits = value.behind.rule, digits_right(value.error.most, value.derivative)
    if rule is not None and rule.exact is not None:
        return _judge_by_rule(value, rule, rule.exact, digits)
    if rule is not None:
        return value.judged(Verdict.UNDECIDED, UNDECIDED, f"{digits}, and {rule.name} could not be evaluated in exact arithmetic")
    if value.harm is UNDECIDED:
        return value.too_wide()
    reason = f"{digits}: the derivative is {shown(value.derivative)}; its program is not known, so rule and rounding are not told apart"
    return value.judged(Verdict.INACCURATE, value.harm, reason)


def _judge_by_rule(value: _Value, rule: Rule, exact: Enclosure, digits: str) -> Judgement:
    """Whether a large error is that of the rule, or that of rounding: its value in exact arithmetic tells."""
    away, allowed = gap(exact, value.derivative), value.allowed
    unstable = value.judged(Verdict.UNSTABLE, value.harm, f"{digits}: {rule.name} is right, but rounding spoils the value")
    if away.most <= allowed.least and value.harm is WARN:
        return unstable
    bound = rule.bound
    literals = Decimal(0) if bound is None or rule.is_formula else bound
    if away.least > UP.add(allowed.most, literals):
        is_exact_for_another = not rule.is_formula and away.most <= DOWN.multiply(NEGLIGIBLE, value.derivative.least_magnitude)
        outcome = WARN if is_exact_for_another and value.harm is WARN else FAIL
        return value.judged(Verdict.WRONG, outcome, _another_number(rule.name, exact, value.derivative))
    if away.most > max(DOWN.add(allowed.least, literals), NOTHING) or value.harm is UNDECIDED:
        return value.too_wide()
    if bound is not None and value.error.most > bound:
        return value.judged(Verdict.INACCURATE, value.harm, f"{digits}, though {rule.name} is right in exact arithmetic")
    return unstable
