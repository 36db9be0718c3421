"""The ten traps of the specification that a checker of derivatives falls into, one after the other; each test is named after its trap."""

from __future__ import annotations

from decimal import Decimal

import mpmath
import pytest
from flint import arb, arb_series, ctx
from measured import within
from proofs import encloses, proof_of

import diffcheck
from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import certify, enclose_value, scope
from diffcheck.engines.certified.functions import longer
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.values import Trouble, TroubleKind
from diffcheck.errors import ExpressionError
from diffcheck.graph.build import read
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.results import Result, Status, Verdict


def test_trap_1_a_truncated_zero_is_not_zero() -> None:
    assert proof_of("sqrt(x^2)").status is Status.KINK
    assert encloses(proof_of("where(x == 0, 1, sin(x)/x)", 0.0, 2).derivative, "-1/3")
    assert proof_of("sin(x)^9/x^9").status is Status.HOLE
    assert proof_of("sin(x)^99/x^99").status is Status.LIMIT_UNKNOWN  # too many terms cancel: that the limit is 1 is not proved
    assert proof_of("0/x^20").status is Status.HOLE


@pytest.mark.parametrize("terms", [2, 3, 20])
def test_trap_1_a_coefficient_beyond_the_end_of_a_series_is_not_read(terms: int) -> None:
    """Special functions are sampled on a circle: with fewer samples than terms, coefficients would be mixed up."""
    with scope(128):
        line = Line(terms)
        series = line.apply(FUNCTIONS["besseli"], (arb(0), line.variable(arb(1), 1)))
        exact = [mpmath.taylor(lambda x: mpmath.besseli(0, x), 1, terms)[k] for k in range(terms)]
        assert series.prec == terms
        assert all(abs(float(series[k]) - float(exact[k])) < 1e-12 for k in range(terms))


def test_trap_2_zero_to_the_zero_is_one_and_zero_to_a_negative_power_is_undefined() -> None:
    assert encloses(proof_of("x^0").value, 1)
    assert proof_of("x^(-1)").status is Status.UNDEFINED
    assert proof_of("x^(-0.5)").status is Status.UNDEFINED
    assert proof_of("0^x", 2.0).status is Status.SMOOTH
    assert proof_of("0^x", -1.0).status is Status.UNDEFINED
    assert proof_of("(sin(x)^2 + cos(x)^2 - 1)^0.5", 1.0).status is Status.UNDECIDED


NAN, ZERO = arb.nan(), arb(0)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("sign", (NAN,)), ("floor", (NAN,)), ("equal", (NAN, ZERO)), ("greater", (NAN, ZERO)), ("max", (NAN, ZERO)), ("add", (NAN, ZERO))],
)
def test_trap_3_a_nan_ball_decides_nothing(name: str, arguments: tuple[arb, ...]) -> None:
    with scope(64):
        found = POINT.apply(FUNCTIONS[name], arguments)
    assert isinstance(found, Trouble)
    assert found.kind is TroubleKind.UNPROVED


@pytest.mark.parametrize("text", ["0*{}", "{}^0", "where({0} == {0}, x, 1)", "1/{}"])
def test_trap_3_what_is_not_bounded_does_not_become_finite_again(text: str) -> None:
    with scope(128):
        found = Line(3).follow(read(text.format("exp(exp(exp(x)))")).target.flat, {"x": 700.0}, {"x": 1})
    assert isinstance(found, Trouble)


@pytest.mark.parametrize(
    ("text", "derivative"), [("0*{}", 0), ("{}^0", 0), ("where({0} == {0}, x, 1)", 1), ("min({}, 3x)", None), ("1/{}", None)]
)
def test_trap_3_what_no_ball_holds_is_still_a_number(text: str, derivative: int | None) -> None:
    """exp has a value everywhere: what is true of every number is proved of one that no ball holds, and nothing else."""
    proof = proof_of(text.format("exp(exp(exp(x)))"), 700.0)
    assert proof.status is (Status.UNDECIDED if derivative is None else Status.SMOOTH)
    assert derivative is None or encloses(proof.derivative, derivative)


def test_trap_4_an_unbounded_ball_does_not_prove_undefined() -> None:
    assert proof_of("exp(exp(exp(x)))", 700.0).status is Status.UNDECIDED
    assert proof_of("log(x)", -1.0).status is Status.UNDEFINED


def test_trap_5_the_global_precision_and_length_are_left_as_found() -> None:
    before = ctx.prec, ctx.cap
    proof_of("gamma(x) + abs(x)", 0.5)
    proof_of("exp(exp(exp(x)))", 700.0)
    enclose_value(read("x + 1").target.flat, {"x": 1.0})
    with pytest.raises(KeyError):
        certify(read("x + y").target.flat, {"x": 1.0}, "x")
    assert (ctx.prec, ctx.cap) == before


def test_trap_6_enormous_exponents_are_cut_off_before_they_are_written_out() -> None:
    with within(2):
        assert encloses_more_than_any_float(proof_of("exp(exp(x))", 20.0).derivative)
        assert encloses_more_than_any_float(proof_of("exp(exp(x))", 700.0).derivative)
        tiny = proof_of("exp(-exp(x))", 700.0).derivative
        assert tiny is not None
        assert tiny.contains(Decimal(0))
        assert tiny.upper < Decimal("1e-1000")


def encloses_more_than_any_float(found: Enclosure | None) -> bool:
    return found is not None and found.lower > Decimal("1e1000")


# FLINT cannot be interrupted, and aborts the process: the series that it aborts on are not given to it

FORTY = [arb(0.6), *(arb(k % 7 - 3) / 8 for k in range(39))]


@pytest.mark.parametrize("name", ["sqrt", "tan", "asin", "acos"])
def test_trap_7_a_long_series_on_which_flint_aborts_is_computed_without_it(name: str) -> None:
    """FLINT aborts the process on long series of these functions; on short ones it may be asked."""
    with scope(200):
        long = getattr(longer, name)(arb_series(FORTY, prec=40))
        short = getattr(arb_series(FORTY[:20], prec=20), name)()
        assert long.prec == 40
        assert all(long[k].overlaps(short[k]) for k in range(20))
        assert all(long[k].rad() < 1e-40 for k in range(40))


def test_trap_7_roots_within_roots_are_followed_on_long_series() -> None:
    assert proof_of("asech(relu6(x)) + asech(x)", 1.0).status is Status.BOUNDARY
    assert proof_of("asin(sqrt(1 - sqrt(x)))").status is Status.BOUNDARY
    assert encloses(proof_of("tan(sqrt(abs(x)))^2").right, 1)


LARGE_ORDERS = ["polylog(1e30*x, 0.1)", "polylog(ndtr(x - 1/2), 1e-5)", "besselj(1e30*x, x)", "zeta(1e30*x, 2)", "legendre(1e30*x, x)"]


@pytest.mark.parametrize("text", LARGE_ORDERS)
def test_trap_7_arguments_that_fit_in_no_machine_integer_are_not_given_to_flint(text: str) -> None:
    assert proof_of(text, 0.5).status in (Status.UNDECIDED, Status.SMOOTH)


def results_of(text: str, x: float) -> list[Result]:
    (sample,) = diffcheck.check(text, x).samples
    return list(sample.results)


@pytest.mark.parametrize(
    ("text", "derivative_is"),
    [("max((1 - cos(x))/x^2, -1)", Verdict.UNSTABLE), ("max(1/4, (1 - cos(x))/x^2)", Verdict.UNSTABLE), ("max(x^2, x)", Verdict.EXACT)],
)
def test_trap_8_the_comparison_in_jaxs_rule_for_max_is_decided(text: str, derivative_is: Verdict) -> None:
    """JAX asks x == max(x, y) of what is the same number by construction: two balls of it would never be proved equal."""
    automatic = [result for result in results_of(text, 1e-8) if result.engine == "automatic"]
    assert [result.verdict for result in automatic] == [derivative_is] * 2


@pytest.mark.parametrize("text", ["1e9999999*x", "1e-9999999*x", "x + 1e999999999999", "x^(9^9^9)", "x*" + "9" * 100_000])
def test_trap_9_enormous_literals_are_refused_before_they_are_computed(text: str) -> None:
    with within(5), pytest.raises(ExpressionError):
        read(text)


@pytest.mark.parametrize(
    ("text", "x", "value"),
    [
        ("floor(x)*x", 1.5, 1.0),  # Derivative(floor(x), x) stays open
        ("sign(x)*x", 1.5, 1.0),  # sign becomes DiracDelta
        ("max(x, 0)^2", 0.0, 0.0),  # Max becomes Heaviside(0) = 1/2
        ("abs(x)^3", -2.0, -12.0),  # a symbol that is not real gives derivatives of re and im
        ("cbrt(x)", -8.0, 1 / 12),  # the cube root of a negative number is complex
    ],
)
def test_trap_10_sympys_derivative_is_real_closed_and_right(text: str, x: float, value: float) -> None:
    (symbolic,) = (result for result in results_of(text, x) if result.engine == "symbolic")
    assert symbolic.value == value
    assert symbolic.verdict is Verdict.EXACT


@pytest.mark.parametrize("text", ["log(x)", "log(x) - log(-x)", "acosh(x)*0", "x - x*log(x)/log(x)"])
def test_trap_10_a_number_where_f_is_undefined_is_not_let_pass(text: str) -> None:
    for result in results_of(text, -1.0):
        nan = result.value != result.value
        assert result.verdict is (Verdict.UNDEFINED if nan else Verdict.SPURIOUS)
