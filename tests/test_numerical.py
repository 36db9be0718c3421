"""Derivatives from values alone: the claims are honest, and what they are used for says no more than they do."""

from __future__ import annotations

import math
from collections.abc import Callable

import mpmath
import pytest

from diffcheck.engines.numerical import Evidence, estimate
from diffcheck.judgement.functions.numerical import GOOD_ENOUGH, LABEL, judge_by_evidence
from diffcheck.results import Outcome, Verdict

UNIT_ROUNDOFF = 2.0**-53
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


@pytest.mark.parametrize("f", [abs, lambda x: max(x, 0.0), lambda x: float(x > 0), lambda x: x * math.floor(x + 1)])
def test_at_a_corner_or_a_jump_nothing_is_decided(f: Callable[[float], float]) -> None:
    evidence = estimate(f, 0.0, UNIT_ROUNDOFF)
    assert {judge_by_evidence(value, evidence).verdict for value in (-1.0, 0.0, 0.5, 1.0)} == {Verdict.UNDECIDED}


def test_where_there_are_no_values_nothing_is_claimed() -> None:
    assert "no finite values" in estimate(lambda x: math.nan, 1.0, UNIT_ROUNDOFF).reason


@pytest.mark.parametrize(
    ("value", "evidence", "verdict"),
    [
        (2.0, Evidence(2.0, 1e-9), Verdict.CONSISTENT),
        (2.0 + 0.9e-9, Evidence(2.0, 1e-9), Verdict.CONSISTENT),
        (2.0 + 1.5e-9, Evidence(2.0, 1e-9), Verdict.UNDECIDED),
        (2.0 + 2.5e-9, Evidence(2.0, 1e-9), Verdict.CONTRADICTED),
        (math.nan, Evidence(2.0, 1e-9), Verdict.CONTRADICTED),
        (2.0, Evidence(2.0, 3 * GOOD_ENOUGH), Verdict.UNDECIDED),
        (0.0, Evidence(1e-9, 1e-7), Verdict.UNDECIDED),
        (0.0, Evidence(0.0, 0.0), Verdict.CONSISTENT),
        (1.0, Evidence(math.nan, math.inf, "a corner"), Verdict.UNDECIDED),
    ],
)
def test_evidence_decides_no_more_than_it_claims(value: float, evidence: Evidence, verdict: Verdict) -> None:
    judged = judge_by_evidence(value, evidence)
    assert judged.verdict is verdict
    assert LABEL in judged.reason
    outcomes = {Verdict.CONSISTENT: Outcome.PASS, Verdict.CONTRADICTED: Outcome.FAIL, Verdict.UNDECIDED: Outcome.UNDECIDED}
    assert judged.outcome is outcomes[verdict]
