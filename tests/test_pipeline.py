"""Expressions and JAX functions go through one pipeline: what is said of the one is said of the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck import InputError, Outcome, Sample, Verdict, assert_derivative, check
from diffcheck.results import Result

PAIRS: dict[str, tuple[str, Callable[..., Any], Any]] = {
    "smooth": ("x^2*sin(x)", lambda x: x**2 * jnp.sin(x), 1.5),
    "two variables": ("x^2*y", lambda x, y: x**2 * y, {"x": 2.0, "y": 3.0}),
    "a corner": ("abs(x)", jnp.abs, 0.0),
    "undefined": ("log(x)", jnp.log, -1.0),
    "overflow": ("log(1 + exp(x))", lambda x: jnp.log(1 + jnp.exp(x)), 1000.0),
    "a branch that is not taken": ("where(x < 1, x, sqrt(x - 1))", lambda x: jnp.where(x < 1, x, jnp.sqrt(x - 1)), 0.5),
}


def by_engine(sample: Sample) -> dict[tuple[str, str | None], tuple[Verdict, Outcome]]:
    return {(result.engine, result.mode): (result.verdict, result.outcome) for result in (*sample.results, *sample.beside)}


@pytest.mark.parametrize("name", PAIRS)
def test_a_function_gets_the_verdicts_of_its_expression(name: str) -> None:
    text, function, at = PAIRS[name]
    expressions = {sample.wrt: sample for sample in check(text, at).samples}
    functions = {sample.wrt: sample for sample in check(function, at, lint=False).samples}
    assert expressions.keys() == functions.keys()
    for wrt, sample in functions.items():
        assert (sample.status, by_engine(sample)) == (expressions[wrt].status, by_engine(expressions[wrt]))


def symbolic(sample: Sample) -> Result:
    (found,) = (result for result in sample.beside if result.engine == "symbolic")
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sympys_derivative_of_a_small_function_is_judged(dtype: str) -> None:
    (sample,) = check(jax.nn.sigmoid, 0.5, dtype=dtype).samples
    assert symbolic(sample).title == "SymPy"
    assert symbolic(sample).verdict in (Verdict.EXACT, Verdict.AGREES)


def test_no_outcome_depends_on_it() -> None:
    """SymPy's formula of the sigmoid overflows, and the function's own rule does not."""
    report = check(jax.nn.sigmoid, -1000.0, lint=False)
    (sample,) = report.samples
    assert (symbolic(sample).verdict, symbolic(sample).outcome) == (Verdict.NONFINITE, Outcome.FAIL)
    assert (sample.outcome, report.outcome) == (Outcome.PASS, Outcome.PASS)
    assert report.tally.verdicts[Verdict.NONFINITE] == 0
    assert_derivative(jax.nn.sigmoid, -1000.0)


def test_a_function_of_many_numbers_has_none() -> None:
    (sample, *_) = check(lambda x: jnp.sum(x**2), np.arange(5.0), lint=False).samples
    assert sample.beside == ()


def test_it_is_right_where_a_rule_is_wrong() -> None:
    @jax.custom_jvp
    def square(x: jax.Array) -> jax.Array:
        return x * x

    square.defjvp(lambda primals, tangents: (square(*primals), 3 * primals[0] * tangents[0]))
    (sample,) = check(square, 2.0, lint=False).samples
    assert (sample.outcome, symbolic(sample).value, symbolic(sample).verdict) == (Outcome.FAIL, 4.0, Verdict.EXACT)


# Claims


def claims_of(report: Any) -> dict[str, tuple[float | None, Verdict]]:
    found = ((sample.wrt, result) for sample in report.samples for result in sample.results if result.engine == "claim")
    return {wrt: (result.value, result.verdict) for wrt, result in found}


def test_claims_of_a_function_of_numbers_may_be_texts() -> None:
    report = check(lambda x, y: x**2 * y, (2.0, 3.0), claim=["2*x*y", "x"], lint=False)
    assert claims_of(report) == {"x": (12.0, Verdict.EXACT), "y": (2.0, Verdict.WRONG)}
    (reason,) = (result.reason for sample in report.samples for result in sample.results if result.verdict is Verdict.WRONG)
    assert reason.count("half the derivative") == 1


def test_texts_and_numbers_are_the_same_claim() -> None:
    def cube(x: jax.Array) -> jax.Array:
        return x**3

    assert claims_of(check(cube, 2.0, claim="3*x^2")) == claims_of(check(cube, 2.0, claim=12.0))


@pytest.mark.parametrize(
    ("function", "at", "claim"),
    [(jnp.sin, np.ones(2), "cos(x)"), (lambda x, y: x * y, (1.0, 2.0), "y"), (lambda x: (x, x), 1.0, "1"), (jnp.sin, 1.0, "cos(q)")],
)
def test_texts_that_do_not_fit_are_refused(function: Callable[..., Any], at: Any, claim: str) -> None:
    with pytest.raises(InputError):
        check(function, at, claim=claim)
