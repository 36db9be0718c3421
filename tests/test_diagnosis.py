"""The reason why: the cause in words, the operation underlined, and a remedy that was tried."""

from __future__ import annotations

import math

import pytest

from diffcheck import Outcome, Verdict, check
from diffcheck.checks.expression import Check, Claim
from diffcheck.checks.points import from_texts
from diffcheck.registry import JET
from diffcheck.results import Result, Status


def found(text: str, at: str, engine: str = "automatic", **options: object) -> Result:
    """The last result of an engine: of JAX, that of reverse mode."""
    (sample,) = check(text, at=at, **options).samples  # type: ignore[arg-type]
    return [result for result in sample.results if result.engine == engine][-1]


def underlined(result: Result) -> str:
    assert result.blame is not None
    return result.blame.text[result.blame.start : result.blame.end]


@pytest.mark.parametrize(
    ("text", "at", "words", "blamed", "remedy"),
    [
        ("where(x < 1, x, sqrt(x))", "0", "has no finite slope in `sqrt(x)`", "sqrt(x)", "`x` as `where(x < 1, 1, x)`"),
        ("where(x == 0, 1, sin(x)/x)", "0", "divides by zero in `sin(x)/x`", "sin(x)/x", "`x` as `where(x == 0, 1, x)`"),
        ("where(x > 1, x*log(x - 1), 0) + x", "1e-3", "has no finite slope in `log(x - 1)`", "log(x - 1)", "where(x > 1, x - 1, 1)"),
        ("3*where(abs(x) > 1, sqrt(x^2 - 1), 0) + x", "1e-300", "no finite slope", "sqrt(x^2 - 1)", "where(abs(x) > 1, x^2 - 1, 1)"),
        ("where(x < 1, x, where(x < 2, x^2, sqrt(x)))", "0", "has no finite slope in `sqrt(x)`", "sqrt(x)", "inside the branch gives 1"),
    ],
)
def test_a_dead_branch_is_named_and_its_remedy_was_tried(text: str, at: str, words: str, blamed: str, remedy: str) -> None:
    result = found(text, at)
    assert result.verdict is Verdict.NONFINITE
    assert words in result.reason
    assert remedy in result.reason
    assert underlined(result) == blamed


def test_the_remedy_gives_the_derivative() -> None:
    safe = found("where(x == 0, 1, sin(where(x == 0, 1, x))/where(x == 0, 1, x))", "0")
    assert (found("where(x == 0, 1, sin(x)/x)", "0").verdict, safe.verdict) == (Verdict.NONFINITE, Verdict.EXACT)


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("1/(1 + exp(-x))", "-800", "e+347 on the way, larger than every float64"),
        ("1/(1 + exp(-x))", "-80", None),
        ("atan2(x, 1e-200)", "1e-200", "which becomes 0 in float64"),
        ("exp2(x)", "1024.0000000000002", "larger than every float64"),
    ],
)
def test_what_overflows_on_the_way_is_named(text: str, at: str, words: str | None) -> None:
    reasons = [result.reason for sample in check(text, at=at).samples for result in sample.results]
    assert any(words in reason for reason in reasons) if words else not any("on the way" in reason for reason in reasons)


@pytest.mark.parametrize(
    ("text", "at", "claim"),
    [
        ("x*zeta(1/2, x)", "3", "zeta(1/2, x) - x*zeta(3/2, x)/2"),
        ("zeta(-1/2, x)", "2.5", "zeta(1/2, x)/2"),
        ("x^2", "1", "2x + zeta(1/2, x) - zeta(1/2, x)"),
        ("abs(x)*zeta(1/2, 3)", "0", "zeta(1/2, 3)/2"),
    ],
)
def test_a_formula_is_right_though_jax_has_no_value_of_a_function_in_it(text: str, at: str, claim: str) -> None:
    result = found(text, at, "claim", claim=claim)
    assert (result.verdict, result.outcome) == (Verdict.INACCURATE, Outcome.WARN)
    assert result.value is not None
    assert math.isnan(result.value)
    assert "is nan in JAX; with the exact value there the formula gives" in result.reason
    assert underlined(result).startswith("zeta(1/2")


@pytest.mark.parametrize(
    ("text", "at", "claim", "verdict"),
    [
        ("x*zeta(1/2, x)", "3", "zeta(1/2, x) + x*zeta(3/2, x)/2", Verdict.WRONG),
        ("abs(x)*zeta(1/2, 3)", "0", "2*zeta(1/2, 3)", Verdict.OUTSIDE),
        ("exp(x)/(1 + exp(x))", "800", "exp(x)/(1 + exp(x))^2 + 1", Verdict.WRONG),
        ("exp(x)/(1 + exp(x))", "800", "exp(x)/(1 + exp(x))^2", Verdict.NONFINITE),  # the formula is to blame: it overflows
        ("x", "1e17", "((x + 1) - x)*zeta(1/2, 3)/zeta(1/2, 3)", Verdict.UNSTABLE),
    ],
)
def test_a_function_without_a_value_in_jax_excuses_nothing_else(text: str, at: str, claim: str, verdict: Verdict) -> None:
    result = found(text, at, "claim", claim=claim)
    assert (result.verdict, result.outcome) == (verdict, Outcome.FAIL)


def test_a_formula_without_a_value_says_where_it_has_none() -> None:
    result = found("x^y", "x=0,y=1", "symbolic", wrt=["y"])
    assert result.verdict is Verdict.NONFINITE
    assert "`log(x)` has no value there" in result.reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("relu(x) - relu(-x)", "`relu(x)` and `relu(-x)` have corners here"),
        ("abs(x)*sign(x)", "`abs(x)` and `sign(x)` have corners here"),
        ("where(x == 0, 0, x)", "`x == 0` is decided for this point alone"),
    ],
)
def test_the_pieces_that_meet_at_a_tie_are_named(text: str, words: str) -> None:
    result = found(text, "0")
    assert result.verdict is Verdict.WRONG
    assert words in result.reason


@pytest.mark.parametrize(
    ("text", "at", "words", "blamed"),
    [
        ("gamma(x)*1e-300", "180", "`exp(lgamma(x))` is 1.12e+327 on the way", "gamma(x)"),
        ("gamma(x)/gamma(x + 1)", "175", "`exp(lgamma(x))` is 6.43e+315 on the way", "gamma(x)"),
        ("exp(x)*exp(-x)*factorial(x/100)", "800", "`exp(x)` is 2.73e+347 on the way", "exp(x)"),
        ("binomial(x, 3)", "400", "`exp(lgamma(x + 1))` is 6.40e+868 on the way", "binomial(x, 3)"),
        ("exp(x)*exp(-x)*x + where(x > 0, 1, sqrt(-x))", "800", "`exp(x)` is 2.73e+347 on the way", "exp(x)"),
        ("exp(x)*exp(-x)*x + where(x > 0, 1, log(-x))", "800", "`exp(x)` is 2.73e+347 on the way", "exp(x)"),
        ("where(x > 0, 1, asin(1 - x)) + exp(x)*exp(-x)*x", "800", "`exp(x)` is 2.73e+347 on the way", "exp(x)"),
        ("where(x > 900, exp(x^2), x) + cosh(x)/exp(x)", "800", "on the way, larger than every float64", None),
        ("exp(exp(x))/exp(exp(x)) + x", "50", "is more than 10^(10^15) on the way", "exp(exp(x))"),
    ],
)
@pytest.mark.parametrize("mode", [1, 2])  # forward, reverse
def test_only_what_matters_is_to_blame(text: str, at: str, words: str, blamed: str | None, mode: int) -> None:
    (sample,) = check(text, at=at).samples
    result = sample.results[mode]
    assert result.verdict is Verdict.NONFINITE
    assert words in result.reason
    assert blamed is None or underlined(result) == blamed


def test_two_dead_branches_are_guarded_together() -> None:
    result = found("where(x < 1, x, sqrt(x)) + where(x < 1, x, cbrt(x))", "0")
    assert "has no finite slope in `sqrt(x)`" in result.reason
    assert "`x` as `where(x < 1, 1, x)` and the argument `x` as `where(x < 1, 1, x)` inside the branch gives 2" in result.reason


def test_a_corner_in_a_branch_that_is_not_taken_is_not_named() -> None:
    assert found("where(x > -1, relu(x), abs(x))", "0").reason.startswith("kink of `relu(x)`:")


def test_a_zero_tangent_that_meets_nan_is_a_reason() -> None:
    job = Check("x^y", wrt=["x", "y"], compiled=False)
    sample = next(iter(job.samples(from_texts(["x=-2,y=2"], ("x", "y"), job.format))))
    (forward,) = [result for result in sample.results if result.mode == "forward"]
    assert forward.verdict is Verdict.NONFINITE
    assert "has no value there (log is not defined there" in forward.reason


@pytest.mark.parametrize("engine", ["symbolic", "claim", "automatic"])
def test_cancellation_is_traced_to_the_rounding_that_it_magnifies(engine: str) -> None:
    result = found("(1 - cos(x))/x^2", "1e-8", engine, claim="sin(x)/x^2 - 2*(1 - cos(x))/x^3")
    assert result.verdict is Verdict.UNSTABLE
    assert "the rounding of `cos(x)`" in result.reason
    assert "magnifies 2e+16 times" in result.reason


def test_a_claim_is_underlined_in_its_own_text() -> None:
    result = found("(1 - cos(x))/x^2", "1e-8", "claim", claim="sin(x)/x^2 - 2*(1 - cos(x))/x^3")
    assert result.blame is not None
    assert result.blame.text == "sin(x)/x^2 - 2*(1 - cos(x))/x^3"
    assert underlined(result) == "cos(x)"


def test_jax_s_operations_are_underlined_in_the_user_s_text() -> None:
    assert underlined(found("x + (1 - cos(x))/x^2", "1e-8")) == "cos(x)"


def test_an_inaccurate_function_is_named_with_its_value_and_the_right_one() -> None:
    result = found("2 + digamma(x)", "-9.5")
    assert result.verdict is Verdict.INACCURATE
    assert "`polygamma(1, x)` is -2.85429e+12 in JAX, and 9.769687445 exactly" in result.reason
    assert underlined(result) == "digamma(x)"


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("abs(x)", "0", "kink of `abs(x)`: 1, the right slope, is the choice made in the Clarke interval [-1, 1]"),
        ("max(x, 0)", "0", "kink of `max(x, 0)`: 0.5, the mean of both slopes, is the choice made"),
        ("x + abs(x - 1) + max(x, 1)", "1", "kink of `abs(x - 1)` and `max(x, 1)`"),
    ],
)
def test_a_kink_is_named_with_the_convention_that_was_chosen(text: str, at: str, words: str) -> None:
    assert words in found(text, at).reason


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("abs(x - pi)", repr(math.pi)),
        ("where(0.3 < x, x^2, x^3)", "0.3"),
        ("floor(10*x)*x", "0.3"),
        ("max(x, 0)", "1e-310"),
        ("mod(x, 0.1)", "0.3"),
    ],
)
def test_a_condition_within_rounding_of_a_tie_accuses_nobody(text: str, at: str) -> None:
    (sample,) = check(text, at=at).samples
    assert {result.verdict for result in sample.results} <= {Verdict.EXACT, Verdict.AGREES, Verdict.ILL_CONDITIONED}


def layer(ties: int) -> str:
    """A sum of conditions at their ties at 0.1, which floats decide one way and mathematics the other."""
    return " + ".join(f"where({2**k}x > {2**k}/10, x, 3x)" for k in range(ties))


@pytest.mark.parametrize("ties", [1, 2, 8, 9, 13, 40])
def test_any_number_of_conditions_within_rounding_of_a_tie_accuses_nobody(ties: int) -> None:
    (sample,) = check(layer(ties), at="0.1", claim=f"{3 * ties}").samples
    assert sample.status is Status.SMOOTH
    assert {result.verdict for result in sample.results} <= {Verdict.EXACT, Verdict.ILL_CONDITIONED}
    (sample,) = check(layer(ties), at="0.1", claim=f"{3 * ties} + 1").samples
    assert sample.results[-1].verdict is Verdict.WRONG


def test_a_tie_within_a_tie_is_followed_too() -> None:
    (sample,) = check("where(x > 0.1, x, where(2x > 0.2, 5x, 3x))", at="0.1", claim="3").samples
    assert sample.results[-1].outcome is Outcome.PASS


def test_hundreds_of_ties_are_counted_and_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcheck.engines.certified.bounds.ties.MOST_TIES", 5)
    results = [result for sample in check(layer(6), at="0.1", claim="6").samples for result in sample.results]
    assert {result.verdict for result in results} == {Verdict.UNDECIDED, Verdict.EXACT}
    assert any("6 conditions are within rounding of a tie" in result.reason for result in results)


@pytest.mark.parametrize(
    ("text", "at", "claim"),
    [
        ("sin(min(1/3, x))", "0.3333333333333333", "sin(min(1/3, x))*where(1/3 < x, 0, 1)"),
        ("sin(max(1/3, x))", "0.3333333333333333", "cos(1/3)/2"),
        ("abs(x - pi)", repr(math.pi), "0"),
        ("where(0.3 < x, x^2, x^3)", "0.3", "0.5"),
        ("relu(max(1, x)) - abs(x*x)", "-1e-300", "2x"),
        ("mod(x, 0.1)", "0.3", "1/2"),
    ],
)
def test_a_formula_between_the_slopes_of_a_tie_is_wrong(text: str, at: str, claim: str) -> None:
    assert found(text, at, "claim", claim=claim).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("text", "at", "claim"),
    [
        ("sin(min(1/3, x))", "0.3333333333333333", "cos(x)*where(1/3 < x, 0, 1)"),
        ("sin(min(1/3, x))", "0.3333333333333333", "0"),
        ("abs(x - pi)", repr(math.pi), "1"),
        ("abs(x - pi)", repr(math.pi), "-1"),
        ("where(0.3 < x, x^2, x^3)", "0.3", "where(0.3 <= x, 2x, 3x^2)"),
    ],
)
def test_a_formula_that_is_right_on_a_side_of_a_tie_passes(text: str, at: str, claim: str) -> None:
    assert found(text, at, "claim", claim=claim).outcome is Outcome.PASS


def test_beyond_rounding_of_a_tie_the_other_side_s_slope_is_wrong() -> None:
    assert found("abs(x - pi)", "3.1415926535", "claim", claim="1").verdict is Verdict.WRONG


# Derivatives of higher order


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("wrt", "expected"), [("x", 12.0), ("x x", 32.0), ("x x x", 48.0), ("x x x x", 24.0)])
def test_derivatives_of_any_order_are_taken_by_every_engine(wrt: str, expected: float, compiled: bool) -> None:
    job = Check("x^4 - 8*x^2 + 12*x", wrt=[wrt], compiled=compiled)
    (sample,) = job.samples(from_texts(["2"], ("x",), job.format))
    rounded = [result for result in sample.results if result.mode == JET]  # its factorials are exponentials of logarithms
    others = [result for result in sample.results if result not in rounded]
    assert [result.value for result in others] == [expected] * len(others)
    assert {result.verdict for result in others} == {Verdict.EXACT}
    assert [result.value for result in rounded] == [pytest.approx(expected, rel=1e-14)] * len(rounded)


def test_a_wrong_second_derivative_is_caught() -> None:
    result = found("lgamma(x)", "-14.5", wrt=["x x"])
    assert result.verdict is Verdict.INACCURATE
    assert result.value == pytest.approx(-0.0666, abs=1e-3)


def test_claims_of_any_order_stand_beside_the_engines() -> None:
    (sample,) = check("sin(x)", at="1", wrt=["x x"], claim=["-sin(x)"]).samples
    assert (sample.order, [result.engine for result in sample.results]) == (2, ["symbolic", *["automatic"] * 4, "claim"])
    (sample, _) = check("sin(x)", at="1", wrt=["x x"], claim=[Claim("x", 2, "-sin(x)"), Claim("x", 3, "-cos(x)")]).samples
    assert sample.results[-1].verdict is Verdict.EXACT
