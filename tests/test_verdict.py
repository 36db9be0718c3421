"""The rules of the verdict, in their order, each with its boundary cases."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proofs import proof_of

from diffcheck import check
from diffcheck.enclosure import Enclosure
from diffcheck.formats import FORMATS, Format
from diffcheck.judgement.behind import Behind, Known, KnownRule, Rule, Turned
from diffcheck.judgement.verdict import Judgement, judge
from diffcheck.pictures.tangents import tangents
from diffcheck.results import Certificate, Outcome, Result, Sample, Status, Verdict

DOUBLE, SINGLE = FORMATS["float64"], FORMATS["float32"]
ULP = 2.0**-52  # of numbers from 1 to 2
PASS, WARN, FAIL, UNDECIDED = Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.UNDECIDED
NAN, INF = math.nan, math.inf
X = 1.0  # where the derivative is taken


def ball(midpoint: str, radius: str = "0") -> Enclosure:
    return Enclosure(Decimal(midpoint), Decimal(radius))


def smooth(derivative: str = "1", radius: str = "0", value: str = "1", following: str = "0") -> Certificate:
    """At a point of size 1, so that the sensitivity is the size of the following derivative."""
    change = ball(following)
    return Certificate(Status.SMOOTH, "", ball(value), ball(derivative, radius), next_derivative=change, sensitivity=change)


def sensitive(change: str, radius: str, derivative: str = "1") -> Certificate:
    return Certificate(Status.SMOOTH, "", ball("1"), ball(derivative), sensitivity=ball(change, radius))


def special(status: Status, left: str | None = None, right: str | None = None) -> Certificate:
    return Certificate(status, "the reason", left=left and ball(left), right=right and ball(right))


def rule(exact: str | None, bound: str = "0", rounded: bool = False) -> Rule:
    return KnownRule("the formula", not rounded, None if exact is None else ball(exact), Decimal(bound))


def verdict(found: Judgement) -> tuple[Verdict, Outcome]:
    return found.verdict, found.outcome


KINK = special(Status.KINK, "-1", "1")
REVERSED_KINK = special(Status.KINK, "2", "1")
STEEP_KINK = special(Status.KINK, "-1e400", "1e400")
HALF_STEEP_KINK = special(Status.KINK, "0", "1e310")
BARELY_FINITE_KINK = special(Status.KINK, "0", "1.797693134862315e308")


@pytest.mark.parametrize(
    ("truth", "y", "expected"),
    [
        (special(Status.UNDEFINED), NAN, (Verdict.UNDEFINED, PASS)),
        (special(Status.UNDEFINED), -INF, (Verdict.UNDEFINED, PASS)),
        (special(Status.UNDEFINED), 0.0, (Verdict.SPURIOUS, FAIL)),
        (special(Status.LIMIT_UNKNOWN), NAN, (Verdict.UNDEFINED, PASS)),
        (special(Status.LIMIT_UNKNOWN), INF, (Verdict.UNDEFINED, PASS)),
        (special(Status.LIMIT_UNKNOWN), 0.0, (Verdict.LIMIT_UNKNOWN, WARN)),
        (KINK, -1.0, (Verdict.SUBGRADIENT, PASS)),
        (KINK, 0.0, (Verdict.SUBGRADIENT, PASS)),
        (KINK, 1.0 + 4 * ULP, (Verdict.SUBGRADIENT, PASS)),
        (KINK, 1.0 + 5 * ULP, (Verdict.OUTSIDE, FAIL)),
        (KINK, -1.0 - 5 * ULP, (Verdict.OUTSIDE, FAIL)),
        (KINK, NAN, (Verdict.OUTSIDE, FAIL)),
        (KINK, INF, (Verdict.OUTSIDE, FAIL)),
        (STEEP_KINK, INF, (Verdict.SUBGRADIENT, PASS)),
        (STEEP_KINK, -INF, (Verdict.SUBGRADIENT, PASS)),
        (STEEP_KINK, 0.0, (Verdict.SUBGRADIENT, PASS)),
        (STEEP_KINK, DOUBLE.largest, (Verdict.SUBGRADIENT, PASS)),
        (STEEP_KINK, NAN, (Verdict.OUTSIDE, FAIL)),
        (HALF_STEEP_KINK, INF, (Verdict.SUBGRADIENT, PASS)),
        (HALF_STEEP_KINK, -INF, (Verdict.OUTSIDE, FAIL)),
        (HALF_STEEP_KINK, -1.0, (Verdict.SUBGRADIENT, PASS)),
        (BARELY_FINITE_KINK, INF, (Verdict.OUTSIDE, FAIL)),
        (REVERSED_KINK, 1.5, (Verdict.SUBGRADIENT, PASS)),
        (REVERSED_KINK, 0.5, (Verdict.OUTSIDE, FAIL)),
        (special(Status.JUMP), 0.0, (Verdict.JUMP, WARN)),
        (special(Status.VERTICAL), INF, (Verdict.VERTICAL, WARN)),
        (special(Status.BOUNDARY), NAN, (Verdict.BOUNDARY, WARN)),
        (special(Status.HOLE), 1.0, (Verdict.HOLE, WARN)),
        (special(Status.UNDECIDED), 1.0, (Verdict.UNDECIDED, UNDECIDED)),
    ],
)
def test_at_points_that_are_not_smooth(truth: Certificate, y: float, expected: tuple[Verdict, Outcome]) -> None:
    assert verdict(judge(y, X, truth, DOUBLE)) == expected


@pytest.mark.parametrize(
    ("y", "exact", "expected"),
    [
        (1 + 1e-12, "1", (Verdict.UNSTABLE, WARN)),
        (1.5, "0.5", (Verdict.UNSTABLE, FAIL)),
        (1 + 1e-12, "1.000000000001", (Verdict.OUTSIDE, FAIL)),
        (1.5, None, (Verdict.OUTSIDE, FAIL)),
        (NAN, "1", (Verdict.OUTSIDE, FAIL)),
    ],
)
def test_rounding_may_carry_a_value_out_of_the_clarke_interval(y: float, exact: str | None, expected: tuple[Verdict, Outcome]) -> None:
    assert verdict(judge(y, X, KINK, DOUBLE, Known(rule(exact)))) == expected


def test_a_value_barely_outside_the_clarke_interval_is_shown_with_digits_that_tell() -> None:
    assert judge(1 + 1e-12, X, KINK, DOUBLE).reason.endswith("1.000000000001 lies outside the Clarke interval [-1, 1]")


def test_a_value_where_a_limit_is_not_known_is_a_warning_in_every_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcheck.judgement.judge.certify", lambda *_: Certificate(Status.LIMIT_UNKNOWN, "division by zero"))
    report = check("sin(x)/x", at=0, claim="0")
    (sample,) = report.samples
    assert [(result.verdict, result.outcome) for result in sample.results][-2:] == [
        (Verdict.UNDEFINED, PASS),
        (Verdict.LIMIT_UNKNOWN, WARN),
    ]
    assert "f = not defined" in str(report)
    assert "undefined, limit not known" in str(report)
    (line,) = json.loads(report.to_json())["samples"]
    assert (line["status"], line["results"][-1]["verdict"]) == ("undefined, limit not known", "limit unknown")


def test_slopes_beyond_singles_round_to_infinity_in_singles() -> None:
    assert judge(INF, X, special(Status.KINK, "-1e39", "1e39"), SINGLE).verdict is Verdict.SUBGRADIENT
    assert judge(INF, X, special(Status.KINK, "-1e39", "1e39"), DOUBLE).verdict is Verdict.OUTSIDE


@pytest.mark.parametrize("text", ["abs(1e200*x)*1e200", "abs(x)*1e310", "relu(x)*1e308*10", "max(-1e200x, 1e200x)*1e150"])
def test_an_infinite_slope_at_a_kink_steeper_than_every_float_is_the_choice_of_a_side(text: str) -> None:
    (sample,) = check(text, at=0).samples
    assert sample.status is Status.KINK
    results = {result.mode: result for result in sample.results}
    assert results["reverse"].verdict is Verdict.SUBGRADIENT
    assert "e+" in results["reverse"].reason


LARGEST = DOUBLE.largest
BEYOND = Certificate(Status.SMOOTH, "", Enclosure.beyond(1), Enclosure.beyond(1), sensitivity=Enclosure.beyond(1))


@pytest.mark.parametrize(("x", "words"), [(20.0, "7.309277302063639968e+210704575"), (50.0, "beyond 1e+1000000000000000")])
def test_a_derivative_of_any_size_is_shown(x: float, words: str) -> None:
    report = check("exp(exp(x))", at=x)
    assert {result.verdict for sample in report.samples for result in sample.results} == {Verdict.OVERFLOW}
    assert words in str(report)


@pytest.mark.parametrize(
    ("truth", "y", "expected"),
    [
        (smooth("1e400"), INF, (Verdict.OVERFLOW, PASS)),
        (smooth("1e400"), LARGEST, (Verdict.OVERFLOW, PASS)),
        (smooth("-1e400"), -INF, (Verdict.OVERFLOW, PASS)),
        (smooth("1e400"), -INF, (Verdict.NONFINITE, FAIL)),
        (smooth("1e400"), NAN, (Verdict.NONFINITE, FAIL)),
        (smooth("1e400"), 1.0, (Verdict.WRONG, FAIL)),
        (smooth("7e210704575"), 1.0, (Verdict.WRONG, FAIL)),
        (smooth("7e210704575"), INF, (Verdict.OVERFLOW, PASS)),
        (BEYOND, INF, (Verdict.OVERFLOW, PASS)),
        (BEYOND, LARGEST, (Verdict.OVERFLOW, PASS)),
        (BEYOND, -INF, (Verdict.NONFINITE, FAIL)),
        (BEYOND, 1.0, (Verdict.UNDECIDED, UNDECIDED)),  # how sensitive f' is there has no known bound
        (smooth("1e-310"), 0.0, (Verdict.UNDERFLOW, PASS)),
        (smooth("-1e-310"), -0.0, (Verdict.UNDERFLOW, PASS)),
        (smooth("1e-310"), 1e-310, (Verdict.EXACT, PASS)),
        (smooth("1e-400"), 0.0, (Verdict.EXACT, PASS)),
        (smooth("-1e-400"), -0.0, (Verdict.EXACT, PASS)),
        (smooth("1e-300"), 0.0, (Verdict.WRONG, FAIL)),
        (smooth("0"), 0.0, (Verdict.EXACT, PASS)),
        (smooth("0", radius="1e400"), INF, (Verdict.UNDECIDED, UNDECIDED)),
        (smooth("1"), NAN, (Verdict.NONFINITE, FAIL)),
        (smooth("1"), INF, (Verdict.NONFINITE, FAIL)),
    ],
)
def test_at_the_ends_of_the_range_of_floats(truth: Certificate, y: float, expected: tuple[Verdict, Outcome]) -> None:
    wrong = rule("12345", "0", rounded=True)
    assert verdict(judge(y, X, truth, DOUBLE, Known(wrong))) == expected


@pytest.mark.parametrize(
    ("truth", "ulps", "expected"),
    [
        (smooth("1"), 0, (Verdict.EXACT, PASS)),
        (smooth("1"), 1, (Verdict.AGREES, PASS)),
        (smooth("1"), 4, (Verdict.AGREES, PASS)),
        (smooth("1"), 5, (Verdict.WRONG, FAIL)),
        (smooth("1", following="10"), 20, (Verdict.ILL_CONDITIONED, PASS)),
        (smooth("1", following="10"), 60, (Verdict.WRONG, FAIL)),
        (smooth("1", radius="1e-15"), 4, (Verdict.UNDECIDED, UNDECIDED)),
        (smooth("1", radius="1e-10"), 100, (Verdict.UNDECIDED, UNDECIDED)),
    ],
)
def test_by_the_size_of_the_error(truth: Certificate, ulps: int, expected: tuple[Verdict, Outcome]) -> None:
    """The rule behind the value is wrong here, so that nothing but a small error can excuse it."""
    wrong = rule("12345", "0")
    assert verdict(judge(1 + ulps * ULP, X, truth, DOUBLE, Known(wrong))) == expected


@pytest.mark.parametrize(
    ("truth", "ulps", "expected"),
    [
        (sensitive("10", "1"), 35, (Verdict.ILL_CONDITIONED, PASS)),  # 40 ulps for κ = 9, 48 for κ = 11
        (sensitive("10", "1"), 44, (Verdict.UNDECIDED, UNDECIDED)),
        (sensitive("10", "1"), 50, (Verdict.WRONG, FAIL)),
        (sensitive("7.7e9", "8.8e10"), 10**9, (Verdict.UNDECIDED, UNDECIDED)),
        (sensitive("0", "Infinity"), 10**9, (Verdict.UNDECIDED, UNDECIDED)),
        (sensitive("0", "Infinity"), 4, (Verdict.AGREES, PASS)),
        (sensitive("0", "0"), 10, (Verdict.WRONG, FAIL)),
    ],
)
def test_a_condition_number_excuses_as_far_as_it_is_proved(truth: Certificate, ulps: int, expected: tuple[Verdict, Outcome]) -> None:
    wrong = rule("12345", "0")
    assert verdict(judge(1 + ulps * ULP, X, truth, DOUBLE, Known(wrong))) == expected


@pytest.mark.parametrize(
    ("text", "x", "change"),
    [
        ("exp(x)", 0.5, "0.82436063535006407"),
        ("x^3", -2.0, "24"),
        ("x^2", 0.0, "0"),
        ("5x", 3.0, "0"),
        ("sin(100x)", 0.01, "84.147098480789650665"),
    ],
)
def test_the_sensitivity_of_a_derivative_is_proved(text: str, x: float, change: str) -> None:
    found = proof_of(text, x).sensitivity
    assert found is not None
    assert float(found) == pytest.approx(float(change), rel=1e-14, abs=0)
    assert found.radius < Decimal("1e-30")


@pytest.mark.parametrize(
    ("text", "x", "claim"),
    [
        ("x + 1e-16*(sin(1e32*x)^2 + cos(1e32*x)^2)", 0.7, 1.000004),
        ("x + 1e-9*(sin(1e25*x)^2 + cos(1e25*x)^2)", 0.7, 1 + 2e-13),
        ("3x + 1e-14*(cosh(1e3*x)^2 - sinh(1e3*x)^2)", 0.3, 3 + 1e-9),
    ],
)
def test_a_second_derivative_that_cancels_excuses_nothing(text: str, x: float, claim: float) -> None:
    assert judge(claim, x, proof_of(text, x), DOUBLE, Known(rule(repr(claim)))).outcome is not PASS


HARMLESS = math.sqrt(DOUBLE.unit_roundoff)


@pytest.mark.parametrize(
    ("error", "behind", "expected"),
    [
        (1e-6, rule("1.000001"), (Verdict.WRONG, FAIL)),
        (1e-9, rule("1.000000001"), (Verdict.WRONG, FAIL)),
        (1e-6, rule("1", bound="1e-5"), (Verdict.UNSTABLE, FAIL)),
        (1e-6, rule("1", bound="1e-7"), (Verdict.INACCURATE, FAIL)),
        (HARMLESS * 0.9, rule("1", bound="1"), (Verdict.UNSTABLE, WARN)),
        (HARMLESS * 1.1, rule("1", bound="1"), (Verdict.UNSTABLE, FAIL)),
        (1e-6, rule(None), (Verdict.UNDECIDED, UNDECIDED)),
        (1e-6, None, (Verdict.INACCURATE, FAIL)),
        (1e-9, None, (Verdict.INACCURATE, WARN)),
        (1e-6, rule("1.000000000001", bound="1e-5", rounded=True), (Verdict.UNSTABLE, FAIL)),
        (1e-6, rule("1.000000000001", bound="1e-14", rounded=True), (Verdict.WRONG, FAIL)),
        (1e-6, rule("1.000000000001", bound="1e-5"), (Verdict.WRONG, FAIL)),
    ],
)
def test_by_who_is_to_blame(error: float, behind: Rule | None, expected: tuple[Verdict, Outcome]) -> None:
    assert verdict(judge(1 + error, X, smooth("1"), DOUBLE, Known(behind))) == expected


@pytest.mark.parametrize(("value", "coordinate", "outcome"), [("0", 1.0, FAIL), ("1", 20.0, WARN), ("1", 1e12, FAIL)])
def test_an_error_is_harmless_beside_the_value_of_the_function(value: str, coordinate: float, outcome: Outcome) -> None:
    """tanh at 20: 0 instead of 1.7e-17 harms nobody, since tanh is 1 there."""
    truth = smooth("1.7e-17", value=value)
    assert verdict(judge(0.0, coordinate, truth, DOUBLE, Known(rule("1.7e-17", bound="1")))) == (Verdict.UNSTABLE, outcome)


@pytest.mark.parametrize(("radius", "expected"), [("0.1", (Verdict.UNSTABLE, WARN)), ("1", (Verdict.UNDECIDED, UNDECIDED))])
def test_an_error_is_harmless_as_far_as_it_is_proved(radius: str, expected: tuple[Verdict, Outcome]) -> None:
    truth = Certificate(Status.SMOOTH, "", ball("1", radius), ball("1e-20"))
    assert verdict(judge(0.5 * HARMLESS, 1.0, truth, DOUBLE, Known(rule("1e-20", bound="1")))) == expected


ONE_TIE = Turned([ball("-1")], sides=[ball("-1")])
THREE_TIES = Turned([ball("3"), ball("3"), ball("0")], [ball("10")], [ball("3"), ball("0"), ball("10")])
FLUSHED = Turned([ball("-1")])


@pytest.mark.parametrize(
    ("turned", "passing", "failing"),
    [
        (ONE_TIE, (-1.0, 0.0), (-1.1, 1.1)),
        (THREE_TIES, (0.0, 5.0, 10.0), (-0.1, 10.1)),
        (Turned([ball("3"), ball("3"), ball("0")]), (0.0, 5.0), (-0.1, 5.1)),
        (Turned([ball("1.5", "0.5")]), (2.0,), (2.1, 0.9)),
    ],
)
def test_between_the_slopes_of_the_sides_of_ties_that_rounding_may_turn_no_float_program_is_accused(
    turned: Turned, passing: tuple[float, ...], failing: tuple[float, ...]
) -> None:
    for y, expected in (*((y, Verdict.ILL_CONDITIONED) for y in passing), *((y, Verdict.WRONG) for y in failing)):
        assert judge(y, X, smooth("1"), DOUBLE, Known(rule(str(y), "0", rounded=True), turned)).verdict is expected


@pytest.mark.parametrize(
    ("exact", "turned", "y", "expected"),
    [
        ("-1", ONE_TIE, -1.0, Verdict.ILL_CONDITIONED),
        ("1", ONE_TIE, -1.0, Verdict.ILL_CONDITIONED),
        ("0.3", ONE_TIE, 0.3, Verdict.WRONG),
        ("-1", FLUSHED, -1.0, Verdict.WRONG),
        ("1", FLUSHED, 0.0, Verdict.ILL_CONDITIONED),
        ("1", FLUSHED, -1.1, Verdict.INACCURATE),
    ],
)
def test_beside_a_tie_a_formula_is_right_on_a_side_or_wrong(exact: str, turned: Turned, y: float, expected: Verdict) -> None:
    assert judge(y, X, smooth("1"), DOUBLE, Known(rule(exact), turned)).verdict is expected


def test_more_ties_than_are_followed_accuse_nobody_and_are_counted() -> None:
    found = judge(3.0, X, smooth("1"), DOUBLE, Known(rule("3"), Turned(too_many=1000)))
    assert verdict(found) == (Verdict.UNDECIDED, UNDECIDED)
    assert "1000 conditions" in found.reason


@pytest.mark.parametrize(
    ("behind", "expected"),
    [
        (rule("2"), (Verdict.WRONG, FAIL)),
        (rule("1"), (Verdict.NONFINITE, FAIL)),
        (rule("1.0000000000000000001"), (Verdict.NONFINITE, FAIL)),
        (rule("2", rounded=True), (Verdict.NONFINITE, FAIL)),
        (rule(None), (Verdict.NONFINITE, FAIL)),
        (None, (Verdict.NONFINITE, FAIL)),
    ],
)
def test_a_formula_without_a_float_is_wrong_where_its_exact_value_is(behind: Rule | None, expected: tuple[Verdict, Outcome]) -> None:
    assert verdict(judge(NAN, X, smooth("1"), DOUBLE, Known(behind))) == expected


def test_the_rule_is_not_computed_when_the_value_is_good() -> None:
    class Expensive(Behind):
        @property
        def rule(self) -> Rule:
            raise AssertionError("the exact value of the program was computed in vain")

    assert judge(1.0, X, smooth("1"), DOUBLE, Expensive()).verdict is Verdict.EXACT


def test_a_single_is_judged_as_a_single() -> None:
    third = smooth("0.33333333333333333333333333333333333")
    nearest_single, nearest_double = SINGLE.round(Decimal("0.33333333333333333333")), 1 / 3
    assert judge(nearest_single, X, third, SINGLE).verdict is Verdict.EXACT
    assert judge(nearest_single, X, third, DOUBLE).outcome is not PASS
    assert judge(nearest_double, X, third, DOUBLE).verdict is Verdict.EXACT


@pytest.mark.parametrize("size", ["1e-320", "1e-200", "1", "1e200", "1e308", "1e5000", "1e999999999999", "Infinity", "-Infinity"])
@pytest.mark.parametrize("y", [0.0, 1.0, -1e308, NAN, INF])
def test_no_size_makes_it_stumble(size: str, y: float) -> None:
    truth = smooth(size, value=size, following=size)
    assert judge(y, X, truth, DOUBLE, Known(rule(size))).outcome in Outcome
    assert judge(y, X, smooth("1", value=size, following=size), DOUBLE, Known(rule("1"))).outcome in Outcome


# Formats


@pytest.mark.parametrize(
    ("number", "fmt", "expected"),
    [
        ("1", DOUBLE, 2.0**-52),
        ("0.99999999999", DOUBLE, 2.0**-53),
        ("2", DOUBLE, 2.0**-51),
        ("-1.5", DOUBLE, 2.0**-52),
        ("1e-310", DOUBLE, 2.0**-1074),
        ("0", DOUBLE, 2.0**-1074),
        ("2.2250738585072014e-308", DOUBLE, 2.0**-1074),
        ("1", SINGLE, 2.0**-23),
        ("0.99", SINGLE, 2.0**-24),
        ("1e-40", SINGLE, 2.0**-149),
    ],
)
def test_units_in_the_last_place(number: str, fmt: Format, expected: float) -> None:
    assert fmt.ulp(float(number)) == expected


JUST_ABOVE_A_TIE = Decimal(1) + Decimal(2) ** -24 + Decimal(2) ** -60
JUST_BELOW_A_TIE = Decimal(1) + Decimal(2) ** -24 - Decimal(2) ** -60


@pytest.mark.parametrize(
    ("number", "fmt", "expected"),
    [
        (JUST_ABOVE_A_TIE, SINGLE, 1 + 2.0**-23),  # by way of a double it would be a tie, and 1
        (JUST_BELOW_A_TIE, SINGLE, 1.0),
        (Decimal(1) + Decimal(2) ** -24, SINGLE, 1.0),  # ties go to even
        (Decimal(1) + 3 * Decimal(2) ** -24, SINGLE, 1 + 2.0**-22),
        (-JUST_ABOVE_A_TIE, SINGLE, -1 - 2.0**-23),
        (Decimal("3.4028236e38"), SINGLE, INF),
        (Decimal("3.4028235e38"), SINGLE, SINGLE.largest),
        (Decimal("-1e39"), SINGLE, -INF),
        (Decimal("1e-46"), SINGLE, 0.0),
        (Decimal("1e-45"), SINGLE, 2.0**-149),
        (Decimal("1e-320"), DOUBLE, 1e-320),
        (Decimal("1.7976931348623157e308"), DOUBLE, DOUBLE.largest),
        (Decimal("1.8e308"), DOUBLE, INF),
        (Decimal("1e-400"), DOUBLE, 0.0),
        (Decimal("1e999999999"), DOUBLE, INF),
    ],
)
def test_a_number_is_rounded_once(number: Decimal, fmt: Format, expected: float) -> None:
    assert fmt.round(number) == expected


@given(st.fractions(min_value=-(10**30), max_value=10**30))
def test_rounding_to_a_single_takes_the_nearest(number: Fraction) -> None:
    decimal = Decimal(number.numerator) / Decimal(number.denominator)
    exact = Fraction(decimal)
    rounded = SINGLE.round(decimal)
    assert abs(Fraction(rounded) - exact) <= Fraction(SINGLE.ulp(rounded)) / 2


# Outcomes


def test_the_worst_outcome_is_the_gravest_whatever_the_order() -> None:
    by_gravity = [PASS, WARN, UNDECIDED, FAIL]
    for k, outcome in enumerate(by_gravity):
        for found in (by_gravity[: k + 1], by_gravity[k::-1]):
            assert Outcome.worst(found) is outcome


def test_nothing_has_not_passed() -> None:
    assert Outcome.worst([]) is UNDECIDED
    assert Outcome.worst([], default=PASS) is PASS


def test_what_is_undecided_or_wrong_is_not_accepted() -> None:
    assert [outcome for outcome in Outcome if outcome.is_accepted] == [PASS, WARN]


def test_a_picture_paints_a_slope_in_the_colour_of_its_gravest_outcome() -> None:
    results = tuple(
        Result(engine, None, 2.0, None, Verdict.WRONG, outcome, "") for engine, outcome in (("symbolic", FAIL), ("claim", UNDECIDED))
    )
    sample = Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", 1.0, ball("1"), ball("1"), None, results)
    assert [tangent.outcome for tangent in tangents(sample)] == [None, FAIL]
