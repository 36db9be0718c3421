"""Derivatives from values alone: the claims are honest, and what they are used for says no more than they do."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import pytest
from planted_slopes import KINDS, Planted, planted

from diffcheck.checks.numerical import GOOD_ENOUGH, LABEL, judge_by_evidence
from diffcheck.engines.differences import Estimate, estimate
from diffcheck.results import Outcome, Verdict

UNIT_ROUNDOFF = 2.0**-53
OUT_OF_REACH = {"float32 within", "fast", "tiny beside large"}  # whose values hold too little of the slope, often
SMOOTH: dict[str, tuple[Callable[[float], float], str]] = {
    "exp": (math.exp, "exp(x)"),
    "log": (lambda x: math.log(x) if x > 0 else math.nan, "log(x)"),
    "sqrt": (lambda x: math.sqrt(x) if x >= 0 else math.nan, "sqrt(x)"),
    "sin 100x": (lambda x: math.sin(100 * x), "sin(100*x)"),
    "tiny": (lambda x: 1e-7 * math.exp(x), "1e-7*exp(x)"),
    "tanh": (math.tanh, "tanh(x)"),
    "cancelling": (lambda x: (x + 1e8) - 1e8, "x"),
    "reciprocal": (lambda x: 1 / x if x else math.nan, "1/x"),
    "noisy": (lambda x: sum(math.sin(x + k) for k in range(100)), "nsum(lambda k: sin(x + k), [0, 99])"),
}


@pytest.mark.parametrize("x", [1e-6, 1e-3, 0.3, 1.0, 7.5])
@pytest.mark.parametrize("name", SMOOTH)
def test_the_derivative_lies_within_the_claim(name: str, x: float) -> None:
    f, text = SMOOTH[name]
    with mpmath.workdps(50):
        exact = mpmath.diff(lambda t: eval(text, {**vars(mpmath), "x": t}), mpmath.mpf(x))  # a text of this file
        found = estimate(f, x, UNIT_ROUNDOFF)
        assert found.reason or abs(mpmath.mpf(found.slope) - exact) <= found.claim


@pytest.mark.parametrize("name", ["exp", "sin 100x", "tiny", "tanh", "noisy"])
def test_the_claim_is_good_enough_where_the_function_is_smooth(name: str) -> None:
    found = estimate(SMOOTH[name][0], 0.3, UNIT_ROUNDOFF)
    assert found.claim <= 1e-6 * abs(found.slope)


@pytest.mark.parametrize(
    "f",
    [
        abs,
        lambda x: max(x, 0.0),
        lambda x: float(x > 0),
        lambda x: float(x == 0),
        lambda x: x * math.floor(x + 1),
        lambda x: 1e6 + math.sqrt(abs(x)),
        lambda x: 1e6 + math.cbrt(x),
        lambda x: 1e6 + (x * math.log(abs(x)) if x else 0.0),
    ],
)
def test_at_a_corner_or_a_jump_nothing_is_decided(f: Callable[[float], float]) -> None:
    evidence = estimate(f, 0.0, UNIT_ROUNDOFF)
    assert {verdict(value, evidence, scale=1.0) for value in (-1.0, 0.0, 0.5, 1.0, math.nan)} == {Verdict.UNDECIDED}


@pytest.mark.parametrize(("x", "to", "slope"), [(0.0, "right", 1.0), (2.0, "left", -math.exp(-2))])
def test_at_an_end_of_the_domain_the_slope_inside_counts(x: float, to: str, slope: float) -> None:
    sign = 1.0 if to == "right" else -1.0
    found = estimate(lambda t: math.exp(sign * t) if sign * (t - x) >= 0 else math.nan, x, UNIT_ROUNDOFF)
    assert (found.side, found.slope) == (to, pytest.approx(slope, abs=found.claim))
    assert found.claim < 1e-8


def test_a_smooth_even_extremum_is_no_corner() -> None:
    for f in (math.cos, lambda t: (3 - math.sqrt(1 + t * t)) / 2, lambda t: math.sqrt(6 + t * t), lambda t: t * t):
        found = estimate(f, 0.0, UNIT_ROUNDOFF)
        assert (found.reason, verdict(0.0, found, scale=0.0)) == ("", Verdict.CONSISTENT)


def test_steps_that_are_periods_do_not_fool_it() -> None:
    for periods in range(1, 9):
        w = 2 * math.pi * 2.0**periods * 29
        found = estimate(lambda t, w=w: math.sin(w * t), 0.0, UNIT_ROUNDOFF)  # type: ignore[misc]
        assert found.reason or abs(found.slope - w) <= found.claim


@pytest.mark.parametrize("fine", [1e-3, 1e-6, 1e-8])
def test_large_steps_do_not_overrule_small_ones(fine: float) -> None:
    found = estimate(lambda x: x + fine * math.sin(x / fine), 0.0, UNIT_ROUNDOFF)
    assert found.reason or abs(found.slope - 2) <= found.claim
    assert verdict(2.0, found, scale=1.0) is not Verdict.CONTRADICTED
    assert verdict(1.0, found, scale=1.0) is not Verdict.CONSISTENT


def judged_of(case: Planted) -> tuple[Verdict | None, set[Verdict]]:
    """What is said of the true slope, and of all that is not."""
    evidence = estimate(case.f, case.x, UNIT_ROUNDOFF)
    if case.slope is None:
        return None, {verdict(value, evidence, case.scale) for value in (0.0, 0.3, math.nan)}
    wrong = {verdict(value, evidence, case.scale) for value in case.wrong(max(case.scale, evidence.size))}
    return verdict(case.slope, evidence, case.scale), wrong


def test_no_right_slope_is_contradicted_and_no_wrong_one_consistent() -> None:
    found = [(case, *judged_of(case)) for case in planted(seed=12, number=1600)]
    assert [case for case, right, _ in found if right is Verdict.CONTRADICTED] == []
    assert [case for case, _, wrong in found if Verdict.CONSISTENT in wrong] == []
    assert {seen for case, _, wrong in found if case.slope is None for seen in wrong} == {Verdict.UNDECIDED}
    reached = [(right, wrong) for case, right, wrong in found if case.slope is not None and case.kind not in OUT_OF_REACH]
    assert sum(right is Verdict.UNDECIDED for right, _ in reached) <= 0.01 * len(reached)
    assert sum(Verdict.UNDECIDED in wrong for _, wrong in reached) <= 0.01 * len(reached)
    assert {case.kind for case, _, _ in found} == set(KINDS)


def verdict(value: float, evidence: Estimate, scale: float) -> Verdict:
    return judge_by_evidence(value, evidence, scale, UNIT_ROUNDOFF).verdict


def test_where_there_are_no_values_nothing_is_claimed() -> None:
    assert "no finite values" in estimate(lambda x: math.nan, 1.0, UNIT_ROUNDOFF).reason


@pytest.mark.parametrize(
    ("value", "evidence", "scale", "expected"),
    [
        (2.0, Estimate(2.0, 1e-9), 1.0, Verdict.CONSISTENT),
        (2.0 + 0.9e-9, Estimate(2.0, 1e-9), 1.0, Verdict.CONSISTENT),
        (2.0 + 1.5e-9, Estimate(2.0, 1e-9), 1.0, Verdict.UNDECIDED),
        (2.0 + 2.5e-9, Estimate(2.0, 1e-9), 1.0, Verdict.CONTRADICTED),
        (2.0 + 2.5e-9, Estimate(2.0, 1e-9, corner=1e-9), 1.0, Verdict.UNDECIDED),
        (2.0, Estimate(2.0, 3 * GOOD_ENOUGH), 1.0, Verdict.UNDECIDED),
        (2.0, Estimate(2.0, 1e-9), 1e4, Verdict.CONSISTENT),
        (2.0, Estimate(2.0, 1e-9), 1e9, Verdict.UNDECIDED),  # rounding in the row is more than the slope's digits
        (0.0, Estimate(1e-9, 1e-7), 1.0, Verdict.UNDECIDED),
        (0.0, Estimate(1e-9, 1e-7), 100.0, Verdict.CONSISTENT),
        (0.0, Estimate(1e-9, 1e-7, size=100.0), 0.0, Verdict.CONSISTENT),
        (1e-14, Estimate(0.0, 1e-13), 1.0, Verdict.CONSISTENT),
        (-1e-9, Estimate(1e-9, 1e-8), 10.0, Verdict.UNDECIDED),  # small, but larger than what rounding makes of a zero
        (0.0, Estimate(0.0, 0.0), 0.0, Verdict.CONSISTENT),
        (0.0, Estimate(1e-3, 1e-9), 1.0, Verdict.CONTRADICTED),
        (math.nan, Estimate(2.0, 1e-9), 1.0, Verdict.CONTRADICTED),
        (math.nan, Estimate(0.0, 1e-3), 0.0, Verdict.CONTRADICTED),
        (-math.inf, Estimate(0.0, 1e-3), 0.0, Verdict.CONTRADICTED),
        (1.0, Estimate(1.0, 1e-9, side="right"), 1.0, Verdict.CONSISTENT),
        (2.0, Estimate(1.0, 1e-9, side="right"), 1.0, Verdict.UNDECIDED),
        (math.nan, Estimate(1.0, 1e-9, side="left"), 1.0, Verdict.UNDECIDED),
        (1.0, Estimate(math.nan, math.inf, "a corner"), 1.0, Verdict.UNDECIDED),
    ],
)
def test_evidence_decides_no_more_than_it_claims(value: float, evidence: Estimate, scale: float, expected: Verdict) -> None:
    judged = judge_by_evidence(value, evidence, scale, UNIT_ROUNDOFF)
    assert judged.verdict is expected
    assert LABEL in judged.reason
    outcomes = {Verdict.CONSISTENT: Outcome.PASS, Verdict.CONTRADICTED: Outcome.FAIL, Verdict.UNDECIDED: Outcome.UNDECIDED}
    assert judged.outcome is outcomes[expected]
