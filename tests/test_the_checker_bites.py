"""Planted wrong derivatives are caught, each; correct ones at hard points are not accused."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from strategies import with_long_literals

from diffcheck.checks.expression import Check, Claim
from diffcheck.checks.points import from_texts
from diffcheck.results import Outcome, Result, Status, Verdict


def results(text: str, at: str, claim: str, dtype: str = "float64") -> list[list[Result]]:
    """The results at each point; the claim's is the last."""
    job = Check(text, wrt=["x"], claims=[Claim("x", 1, claim)], dtype=dtype, compiled=False)
    return [list(sample.results) for sample in job.samples(from_texts([at], job.problem.variables, job.format))]


def claimed(text: str, at: str, claim: str, dtype: str = "float64") -> list[Result]:
    return [found[-1] for found in results(text, at, claim, dtype)]


PLANTED = {
    "a sign": ("sin(x)*x^2", "1.3", "-(cos(x)*x^2 + 2*x*sin(x))"),
    "one sign of two": ("sin(x)*x^2", "1.3", "2*x*sin(x) - cos(x)*x^2"),
    "a factor 2": ("exp(3*x)", "0.7", "6*exp(3*x)"),
    "a missing chain term": ("sin(x^3)", "1.2", "cos(x^3)"),
    "a missing inner derivative": ("log(1 + x^2)", "0.8", "1/(1 + x^2)"),
    "a missing product term": ("x*exp(x)", "1", "exp(x)"),
    "a quotient upside down": ("sin(x)/x", "2", "(sin(x) - x*cos(x))/x^2"),
    "an exponent that is off by one": ("x^7", "1.1", "7*x^7"),
    "1e-6 relative": ("exp(sin(x))", "0.4", "cos(x)*exp(sin(x))*(1 + 1e-6)"),
    "1e-9 relative": ("exp(sin(x))", "0.4", "cos(x)*exp(sin(x))*(1 + 1e-9)"),
    "1e-12 relative": ("exp(sin(x))", "0.4", "cos(x)*exp(sin(x))*(1 + 1e-12)"),
    "a constant that is a rounded one": ("log10(x)", "2.5", "0.43429448/x"),
    "a constant that went through float32": ("sin(x/3)", "2", "0.3333333432674407958984375*cos(x/3)"),
    "zero for a tiny function": ("1e-7*exp(x)", "1", "0"),
    "twice a tiny derivative": ("1e-200*exp(x)", "1", "2e-200*exp(x)"),
    "wrong in one branch": ("where(x > 0, x^2, x^3)", "linspace(-2, 2, 5)", "where(x > 0, 2*x, 2*x^2)"),
    "wrong above 20 only": ("x^3", "linspace(-25, 25, 11)", "where(abs(x) > 20, 2*x^2, 3*x^2)"),
    "right at one point only": ("x^2", "linspace(0, 1, 5)", "1"),
    "right where two curves cross": ("sin(x)", "linspace(0, 1, 5)", "1 - x^2/2"),
    "the derivative of another branch of a root": ("cbrt(x)", "-8", "x^(-2/3)/3 + 1"),
    "outside the Clarke interval": ("abs(x)", "0", "1.5"),
    "a number where f is not defined": ("log(x)", "-1", "1/x"),
    "zero where where() has a hidden slope": ("where(x == 0, 0, x)", "0", "0"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_caught(name: str) -> None:
    text, at, claim = PLANTED[name]
    assert any(result.outcome is Outcome.FAIL for result in claimed(text, at, claim))


@pytest.mark.parametrize("size", ["1e-300", "1e-30", "1e-7", "1", "1e7", "1e30", "1e300"])
@pytest.mark.parametrize("wrong", ["-({})", "2*({})", "({})*(1 + 1e-9)", "({0}) + ({0})*x"])
def test_a_wrong_claim_is_caught_at_every_size(size: str, wrong: str) -> None:
    claim = wrong.format(f"{size}*cos(x)*exp(sin(x))")
    assert [result.verdict for result in claimed(f"{size}*exp(sin(x))", "0.7", claim)] == [Verdict.WRONG]


@pytest.mark.parametrize("wrong", ["-({})", "2*({})", "({})*(1 + 1e-5)"])
def test_a_wrong_claim_is_caught_in_single_precision(wrong: str) -> None:
    found = claimed("exp(sin(x))", "0.7", wrong.format("cos(x)*exp(sin(x))"), "float32")
    assert [result.outcome for result in found] == [Outcome.FAIL]


def test_a_claim_that_is_wrong_at_one_point_of_many_is_caught_there_and_nowhere_else() -> None:
    found = claimed("x^2", "linspace(0, 10, 11)", "where(x == 7, 15, 2*x)")
    assert [result.outcome is Outcome.FAIL for result in found] == [x == 7 for x in range(11)]


def test_a_wrong_row_of_a_gradient_is_caught_and_the_other_rows_are_not_accused() -> None:
    job = Check("x*y^2 + z*sin(x*y)", claims=["y^2 + y*z*cos(x*y)", "x*y + x*z*cos(x*y)", "sin(x*y)"], compiled=False)
    samples = job.samples(from_texts(["x=1,y=2,z=3"], job.problem.variables, job.format))
    assert [sample.results[-1].outcome is Outcome.FAIL for sample in samples] == [False, True, False]


def test_an_error_in_the_rule_is_caught_where_its_float_happens_to_be_right() -> None:
    """At x = 0 the two agree; a checker that looks at one point only sees nothing. The report speaks of the points given."""
    assert claimed("sin(x)", "0", "1")[0].outcome is Outcome.PASS
    assert claimed("sin(x)", "1e-3", "1")[0].outcome is Outcome.FAIL


LOGISTIC = "f(x) = 4*x*(1 - x); f@10(x)"
LOGISTIC_SLOPE = "g(x) = 4*x*(1 - x); (4 - 8*x)*" + "*".join(f"(4 - 8*g@{k}(x))" for k in range(1, 10))

HARD = {  # name -> (expression, points, a correct derivative)
    "log close to 0": ("log(x)", "1e-3", "1/x"),
    "log at 1e-300": ("log(x)", "1e-300", "1/x"),
    "a fast sine": ("sin(100*x)", "linspace(0.1, 3, 30)", "100*cos(100*x)"),
    "a square root close to 0": ("sqrt(x)", "1e-6", "1/(2*sqrt(x))"),
    "the tenth logistic iterate": (LOGISTIC, "linspace(0.01, 0.99, 30)", LOGISTIC_SLOPE),
    "logsumexp of large arguments": ("logaddexp(x, 2*x)", "300", "(1 + 2*exp(x))/(1 + exp(x))"),
    "a sigmoid far out": ("sigmoid(x)", "linspace(-30, 30, 13)", "exp(-x)/(1 + exp(-x))^2"),
    "softplus far out": ("softplus(x)", "linspace(-700, 700, 15)", "1/(1 + exp(-x))"),
    "tanh at 20": ("tanh(x)", "20", "1/cosh(x)^2"),
    "sin² + cos²": ("sin(x)^2 + cos(x)^2", "1.1", "0"),
    "a steep tangent": ("tan(x)", "1.57", "1/cos(x)^2"),
    "a high power": ("x^99", "0.99", "99*x^98"),
    "a wide polynomial": ("(x - 1)^7", "1.0001", "7*(x - 1)^6"),
    "Runge's function": ("1/(1 + 25*x^2)", "linspace(-1, 1, 21)", "-50*x/(1 + 25*x^2)^2"),
    "a tiny Gaussian": ("exp(-x^2)", "26", "-2*x*exp(-x^2)"),
    "a large exponential": ("exp(x)", "709", "exp(x)"),
    "a huge argument of sin": ("sin(x)", "1e22", "cos(x)"),
    "a cube root of a negative number": ("cbrt(x)", "-1e-9", "1/(3*cbrt(x)^2)"),
    "gamma at a large argument": ("gamma(x)", "150", "gamma(x)*digamma(x)"),
    "asin close to its end": ("asin(x)", "0.999999", "1/sqrt(1 - x^2)"),
    "a nested where": ("where(x < 0, -x, where(x < 1, x^2, 2*x - 1))", "linspace(-2, 2, 9)", "where(x < 0, -1, where(x < 1, 2*x, 2))"),
    "relu away from 0": ("relu(x)", "linspace(-2, 2, 4)", "where(x > 0, 1, 0)"),
    "a kink": ("abs(x)", "0", "sign(x)"),
}


@pytest.mark.parametrize("name", HARD)
def test_a_correct_derivative_at_a_hard_point_is_not_accused(name: str) -> None:
    text, at, claim = HARD[name]
    accused = [result for found in results(text, at, claim) for result in found if result.outcome is Outcome.FAIL]
    assert not accused


@pytest.mark.parametrize("name", HARD)
def test_a_correct_derivative_at_a_hard_point_is_decided(name: str) -> None:
    text, at, claim = HARD[name]
    assert all(result.outcome is not Outcome.UNDECIDED for found in results(text, at, claim) for result in found)


def test_it_accuses_what_is_really_lost() -> None:
    """(1 - cos x)/x² at 1e-8: SymPy's and JAX's formulas are right, their values 1e8 for -8e-10."""
    found = results("(1 - cos(x))/x^2", "1e-8", "sin(x)/x^2 - 2*(1 - cos(x))/x^3")[0]
    assert {result.verdict for result in found} == {Verdict.UNSTABLE}
    assert {result.outcome for result in found} == {Outcome.FAIL}


def test_jax_on_digamma_between_its_poles_is_accused() -> None:
    job = Check("digamma(x)", compiled=False)
    (sample,) = job.samples(from_texts(["-9.5"], ("x",), job.format))
    assert sample.status is Status.SMOOTH
    assert {result.outcome for result in sample.results} == {Outcome.FAIL}


CANCELLING_LITERALS = {
    "with the argument": ("(x - 1.630049)*erf(x)", "1.6584976774253302"),
    "with each other": ("x*(5.206386 - 6.869350 + x)", "0.8565652700203931"),
    "in a logarithm": ("x*log(7.634944 - 6.519714)", "1.5"),
    "at a multiple of pi": ("x*abs(sin(9.273005))", "0.5281228579524683"),
    "in an exponent of an exponent": ("x*softplus(exp(exp(exp(log(9.371692 - 2.832628)))))", "1.1292705000676668"),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CANCELLING_LITERALS)
def test_literals_that_were_rounded_do_not_make_a_rule_wrong(name: str, dtype: str) -> None:
    text, at = CANCELLING_LITERALS[name]
    job = Check(text, dtype=dtype, compiled=False)
    for sample in job.samples(from_texts([at], ("x",), job.format)):
        assert Verdict.WRONG not in {result.verdict for result in sample.results}


@pytest.mark.parametrize("seed", range(10))
def test_no_rule_is_called_wrong_in_expressions_with_long_literals(seed: int) -> None:
    random = Random(seed)
    for _ in range(15):
        text = f"x*({with_long_literals(random, random.randint(2, 7))}) + y"
        job = Check(text, compiled=False)
        point = {name: np.array([random.uniform(0.1, 3.0)]) for name in job.problem.variables}
        for sample in job.samples(point):
            wrong = [result for result in sample.results if result.verdict is Verdict.WRONG]
            assert not wrong, (text, point, wrong)
