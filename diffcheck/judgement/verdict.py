"""The verdict on one derivative value: pure, rule by rule in the order of docs/verdicts.md.

Every decision is made with the whole enclosure; where it is too wide to tell, the verdict is `undecided`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal  # operators round to the thread's context: here every operation names its own

from diffcheck.enclosure import DOWN, UP, Enclosure
from diffcheck.formats import FORMATS, Format, format_named
from diffcheck.judgement.distances import CONDITION_FACTOR, Range, conditioning, distance, gap, harmless_error, ulps_of
from diffcheck.judgement.wording import NOTHING, digits_right, shown, told_apart
from diffcheck.results import Certificate, Outcome, Status, Verdict

AGREES_ULPS = 4.0
NEGLIGIBLE = Decimal("1e-11")  # relative: a rule may be exact for a function that the code approximates as well as this
RULES = FORMATS["float32"]  # a value of fewer digits does not tell a right rule from a wrong one
WITHIN_ROUNDING_OF_A_TIE = "a condition is within rounding of a tie here: the slopes of both of its sides, and those between, are accepted"
RIGHT_ON_A_SIDE = "a condition is within rounding of a tie here, and in exact arithmetic the formula is right on one of its sides"
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


@dataclass(frozen=True, slots=True)
class Rule:
    """The derivative program that computed a value, in exact arithmetic; its parts are computed when they are needed.

    `bound` is how far rounding may carry the program from its exact value. A formula is mathematics: its exact value
    is right or wrong. The literals of JAX's programs are rounded, so even their exact value may be off by as much;
    `literals` is the part of the bound that is theirs, 0 of a formula.
    """

    name: str  # "the formula", "JAX's rule"
    exact: Callable[[], Enclosure | None]
    bound: Callable[[], Decimal | None]
    is_formula: bool
    literals: Callable[[], Decimal | None] = lambda: Decimal(0)


@dataclass(frozen=True, slots=True)
class Turned:
    """The derivatives of the functions that rounding may turn f into: each tie turned alone, and all of them together.

    `sides` are those on which a formula may be right, because rounding carries floats across the tie. `too_many` is the number of
    ties if they are too many to follow, else 0.
    """

    each: Sequence[Enclosure] = ()
    together: Sequence[Enclosure] = ()
    sides: Sequence[Enclosure] = ()
    too_many: int = 0


def judge(
    y: float,
    x: float,
    truth: Certificate,
    fmt: Format,
    rule: Callable[[], Rule | None] = lambda: None,
    turned: Callable[[], Turned] = Turned,
    rules: Format = RULES,
) -> Judgement:
    """The verdict on a number as the derivative of f at a point.

    Args:
        y: The number, a float of the format or NaN or infinite.
        x: The coordinate of the point along which f is differentiated.
        truth: What is proved of f there.
        fmt: The format, which says what an ulp and a unit roundoff u are.
        rule: Returns the program that computed y in exact arithmetic, or None if it is not known as a graph. It is called only if
            the error is large.
        turned: Returns the slopes that f has if conditions within rounding of a tie are decided the other way.
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
        return _beside_the_interval(y, judged, truth, fmt, rule()) or judged if is_beside else judged
    if truth.derivative is None:
        return Judgement(Verdict.UNDECIDED, UNDECIDED, None, truth.reason)
    judged = _judge_smooth(y, x, truth, truth.derivative, fmt, rule, rules)
    if judged.outcome is FAIL and math.isfinite(y):
        return _near_ties(y, judged, truth, truth.derivative, turned(), fmt, rule, rules) or judged
    return judged


def _near_ties(
    y: float,
    judged: Judgement,
    truth: Certificate,
    derivative: Enclosure,
    turned: Turned,
    fmt: Format,
    known: Callable[[], Rule | None],
    rules: Format,
) -> Judgement | None:
    """The judgement that excuses a value if floats may decide a condition either way; None if nothing does.

    The value must lie between the slopes of the sides. A formula must also be right on one of the sides, by its exact value; where
    the format has few digits, the exact value of a program must lie between the slopes, too.
    """
    if turned.too_many:
        reason = f"{turned.too_many} conditions are within rounding of a tie here, too many to compare the slopes on all their sides"
        return Judgement(Verdict.UNDECIDED, UNDECIDED, judged.ulps, reason)
    hull = _hull(derivative, turned) if turned.each else derivative
    if not turned.each or not _lies_between(Enclosure(Decimal(y), Decimal(0)), hull, fmt):
        return None
    rule = known()
    if rule is None or not rule.is_formula:
        excused = Judgement(Verdict.ILL_CONDITIONED, PASS, judged.ulps, WITHIN_ROUNDING_OF_A_TIE)
        return excused if _has_digits_of(fmt, rules) else _excused_rule(excused, hull, rule, rules)
    exact, allowed = rule.exact(), conditioning(truth, derivative, fmt)
    if exact is None or not any(_is_right_on(side, exact, allowed, fmt) for side in (derivative, *turned.sides)):
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
    exact, literals = _in_exact_arithmetic(rule)
    if exact is None or literals is None:
        return _of_few_digits(excused, rule)
    return excused if _lies_between(exact, hull, rules, literals) else None


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
    exact = rule.exact() if rule is not None else None
    if rule is None or exact is None:
        return None
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


def _judge_smooth(
    y: float, x: float, truth: Certificate, derivative: Enclosure, fmt: Format, known: Callable[[], Rule | None], rules: Format
) -> Judgement:
    nearest = fmt.round(derivative.lower)
    if nearest != fmt.round(derivative.upper):
        nearest = math.nan  # the enclosure holds a tie, or is wide
    out_of_range = _judge_range(y, derivative, nearest, fmt)
    if out_of_range is not None:
        return out_of_range
    if not math.isfinite(y):
        return _judge_nonfinite(y, truth, derivative, fmt, known())
    error = distance(y, derivative)
    least_ulps, ulps = ulps_of(error, derivative, fmt)
    allowed = conditioning(truth, derivative, fmt)
    judged = _judge_small_error(y == nearest, error, ulps, allowed, derivative)
    if judged is None and (least_ulps <= AGREES_ULPS or error.least <= allowed.most):
        return _too_wide(ulps, truth)
    if judged is None:
        judged = _judge_large_error(error, ulps, truth, allowed, harmless_error(x, truth, derivative, fmt), known())
    if judged.outcome in (PASS, WARN) and not _has_digits_of(fmt, rules):
        return _judge_rule(y, judged, truth, derivative, known(), fmt, rules)
    return judged


def _judge_small_error(is_nearest: bool, error: Range, ulps: float, allowed: Range, derivative: Enclosure) -> Judgement | None:
    if is_nearest:
        return Judgement(Verdict.EXACT, PASS, ulps, "the nearest float")
    if ulps <= AGREES_ULPS:
        return Judgement(Verdict.AGREES, PASS, ulps, f"within {AGREES_ULPS:.0f} ulps")
    if error.most <= allowed.least:
        reason = f"{digits_right(error.most, derivative)}; the condition number of the derivative explains the rest"
        return Judgement(Verdict.ILL_CONDITIONED, PASS, ulps, reason)
    return None


def _has_digits_of(fmt: Format, rules: Format) -> bool:
    """Whether values of a format tell a right rule from a wrong one, to the digits that rules must have."""
    return fmt.precision_bits >= rules.precision_bits


def _in_exact_arithmetic(rule: Rule | None) -> tuple[Enclosure | None, Decimal | None]:
    """The value of a rule, and how far its rounded literals may carry that; None for what is not known."""
    return (None, None) if rule is None else (rule.exact(), rule.literals())


def _judge_rule(
    y: float, passed: Judgement, truth: Certificate, derivative: Enclosure, rule: Rule | None, fmt: Format, rules: Format
) -> Judgement:
    """Few digits agree with many rules: where a value has no more, the rule must be right in exact arithmetic as well."""
    exact, literals = _in_exact_arithmetic(rule)
    allowed = conditioning(truth, derivative, rules)
    if rule is None or exact is None:
        has_more = y != fmt.round(Decimal(y)) and distance(y, derivative).most <= allowed.least  # a claim by a function of Python's floats
        return passed if has_more else _of_few_digits(passed, rule)
    away = gap(exact, derivative)
    if away.most <= allowed.least:
        return passed
    if literals is None:
        return _of_few_digits(passed, rule)
    if away.least > UP.add(allowed.most, literals):
        return Judgement(Verdict.WRONG, FAIL, passed.ulps, _another_number(rule, exact, derivative))
    return passed


def _of_few_digits(judged: Judgement, rule: Rule | None) -> Judgement:
    why = "what computed it is not known" if rule is None else f"{rule.name} could not be evaluated in exact arithmetic"
    reason = f"the value has too few digits to tell a right rule from a wrong one, and {why}"
    return Judgement(Verdict.UNDECIDED, UNDECIDED, judged.ulps, reason)


def _judge_nonfinite(y: float, truth: Certificate, derivative: Enclosure, fmt: Format, rule: Rule | None) -> Judgement:
    """The judgement on a value that is not finite: a formula whose exact value is not the derivative is wrong as well."""
    exact = rule.exact() if rule is not None and rule.is_formula else None
    if rule is not None and exact is not None and gap(exact, derivative).least > conditioning(truth, derivative, fmt).most:
        return Judgement(Verdict.WRONG, FAIL, None, f"the value is {y}, and {_another_number(rule, exact, derivative)}")
    return Judgement(Verdict.NONFINITE, FAIL, None, f"the value is {y}; the derivative is {shown(derivative)}")


def _another_number(rule: Rule, exact: Enclosure, derivative: Enclosure) -> str:
    given, right = told_apart(exact, derivative)
    return f"in exact arithmetic {rule.name} gives {given} instead of {right}"


def _too_wide(ulps: float, truth: Certificate) -> Judgement:
    return Judgement(Verdict.UNDECIDED, UNDECIDED, ulps, f"the enclosure is too wide to tell: {truth.reason or 'precision ran out'}")


def _judge_range(y: float, derivative: Enclosure, nearest: float, fmt: Format) -> Judgement | None:
    """Beyond the largest float the right answer is infinity; below the smallest normal one XLA flushes to zero."""
    if math.isinf(nearest):
        if y == nearest or y == math.copysign(fmt.largest, nearest):
            return Judgement(Verdict.OVERFLOW, PASS, None, "the derivative is larger than every float")
        return None
    if math.isinf(y) and (math.isinf(fmt.round(derivative.lower)) or math.isinf(fmt.round(derivative.upper))):
        return Judgement(Verdict.UNDECIDED, UNDECIDED, None, "the enclosure is too wide to tell whether the derivative is out of range")
    tiny = derivative.magnitude < Decimal(fmt.smallest_normal)
    if tiny and y == 0 and nearest != 0:
        return Judgement(Verdict.UNDERFLOW, PASS, None, "the derivative is smaller than every normal float, and was flushed to zero")
    return None


def _judge_large_error(error: Range, ulps: float, truth: Certificate, allowed: Range, harmless: Range, rule: Rule | None) -> Judgement:
    derivative = truth.derivative
    assert derivative is not None
    outcome = _harm(error, harmless)
    digits = digits_right(error.most, derivative)
    if rule is None:
        reason = f"{digits}: the derivative is {shown(derivative)}; its program is not known, so rule and rounding are not told apart"
        return _too_wide(ulps, truth) if outcome is UNDECIDED else Judgement(Verdict.INACCURATE, outcome, ulps, reason)
    exact = rule.exact()
    if exact is None:
        return Judgement(Verdict.UNDECIDED, UNDECIDED, ulps, f"{digits}, and {rule.name} could not be evaluated in exact arithmetic")
    away = gap(exact, derivative)
    bound = rule.bound() if away.most > allowed.least or outcome is not WARN else None
    literals = bound if bound is not None and not rule.is_formula else Decimal(0)
    if away.least > UP.add(allowed.most, literals):
        is_negligible = not rule.is_formula and outcome is WARN and away.most <= DOWN.multiply(NEGLIGIBLE, derivative.least_magnitude)
        return Judgement(Verdict.WRONG, WARN if is_negligible else FAIL, ulps, _another_number(rule, exact, derivative))
    if away.most > max(DOWN.add(allowed.least, literals), NOTHING) or outcome is UNDECIDED:
        return _too_wide(ulps, truth)
    if bound is not None and error.most > bound:
        return Judgement(Verdict.INACCURATE, outcome, ulps, f"{digits}, though {rule.name} is right in exact arithmetic")
    return Judgement(Verdict.UNSTABLE, outcome, ulps, f"{digits}: {rule.name} is right, but rounding spoils the value")


def _harm(error: Range, harmless: Range) -> Outcome:
    """The outcome of an error that no condition number excuses."""
    if error.most <= harmless.least:
        return WARN
    return FAIL if error.least > harmless.most else UNDECIDED
