"""bfloat16 and float16 are formats like any other, and few digits do not excuse a wrong rule."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import diffcheck
from diffcheck.formats import FORMATS
from diffcheck.results import Outcome, Verdict

SHORT = ("bfloat16", "float16")


@pytest.mark.parametrize("dtype", SHORT)
def test_every_number_between_two_neighbours_is_rounded_as_numpy_rounds_it(dtype: str) -> None:
    every = np.arange(2**16, dtype=np.uint16).view(jnp.dtype(dtype))
    with np.errstate(invalid="ignore"):
        numbers = np.unique(every[np.isfinite(every)].astype(np.float64))
    lower, upper = numbers[:-1:7], numbers[1::7]
    for part in (0, 1, 2, 3):
        between = lower + (upper - lower) * part / 4
        rounded = between.astype(np.float32).astype(jnp.dtype(dtype)).astype(np.float64)  # quarters are exact in float32
        assert [FORMATS[dtype].round(Fraction(x)) for x in between.tolist()] == rounded.tolist()


@pytest.mark.parametrize("dtype", SHORT)
def test_a_tie_is_broken_by_what_a_double_does_not_hold(dtype: str) -> None:
    fmt = FORMATS[dtype]
    tie, little = Fraction(1) + Fraction(fmt.unit_roundoff), Fraction(1, 10**30)
    assert fmt.round(tie) == 1.0
    assert fmt.round(tie + little) == 1 + 2 * fmt.unit_roundoff
    assert fmt.round(tie - little) == 1.0


@pytest.mark.parametrize("dtype", SHORT)
def test_the_range_is_that_of_jax(dtype: str) -> None:
    fmt, of_jax = FORMATS[dtype], jnp.finfo(dtype)
    assert (fmt.largest, fmt.smallest_normal, 2 * fmt.unit_roundoff) == (float(of_jax.max), float(of_jax.tiny), float(of_jax.eps))
    assert fmt.round(Fraction(fmt.largest) * 2) == math.inf


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize("text", ["x^2 + sin(x)/3", "exp(x)*log(x)", "tanh(x)^5 - 0.1", "gelu(x)", "gamma(x)", "f(x) = x^2 + 1/3; f@3(x)"])
def test_a_right_derivative_passes(text: str, dtype: str) -> None:
    report = diffcheck.check(text, at=[0.7, 1.3], dtype=dtype)
    assert report.header.dtype == dtype
    assert report.outcome is Outcome.PASS, report


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize("claim", ["2.001*x", "2*x + 1e-4", "1.9999x"])
def test_a_wrong_claim_that_rounds_to_the_right_float_is_wrong(claim: str, dtype: str) -> None:
    report = diffcheck.check("x^2", at=[1.5], dtype=dtype, claim=[claim])
    (result,) = [result for result in report.samples[0].results if result.engine == "claim"]
    assert result.value == pytest.approx(3, abs=4 * FORMATS[dtype].ulp(3))
    assert result.verdict is Verdict.WRONG
    assert "in exact arithmetic" in result.reason


@pytest.mark.parametrize("dtype", SHORT)
def test_a_claim_with_a_long_decimal_is_judged_to_the_digits_of_single_precision(dtype: str) -> None:
    assert diffcheck.check("x^2/3", at=[1.5], dtype=dtype, claim=["0.66666668*x"]).outcome is Outcome.PASS
    assert diffcheck.check("x^2/3", at=[1.5], dtype=dtype, claim=["0.6667*x"]).outcome is Outcome.FAIL


@jax.custom_jvp
def elsewhere(x: Any) -> Any:
    """A function that JAX does not see."""
    return jax.pure_callback(lambda y: np.sin(np.asarray(y)), jax.ShapeDtypeStruct(x.shape, x.dtype), x, vmap_method="sequential")


elsewhere.defjvp(lambda primals, tangents: (elsewhere(*primals), jnp.cos(primals[0]) * tangents[0]))


@pytest.mark.parametrize("dtype", SHORT)
def test_where_nothing_is_proved_few_digits_decide_nothing(dtype: str) -> None:
    report = diffcheck.check(elsewhere, 0.7, dtype=dtype)
    assert report.outcome is Outcome.UNDECIDED
    assert "too few digits for differences" in report.samples[0].results[0].reason


def scaled_by(factor: float, extract: Any) -> Any:
    """Σ x² through jnp.unique, with a rule that is right times a factor; `extract` is what the rule does to x."""

    @jax.custom_vjp
    def f(x: Any) -> Any:
        return jnp.sum(jnp.unique(x, size=x.size) ** 2)

    f.defvjp(lambda x: (f(x), x), lambda x, g: (g * 2 * extract(x) * jnp.asarray(factor, x.dtype),))
    return f


def unseen(x: Any) -> Any:
    return jax.pure_callback(np.asarray, jax.ShapeDtypeStruct(x.shape, x.dtype), x)


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize(
    ("factor", "extract", "outcome"),
    [
        (1.0, jnp.asarray, Outcome.PASS),
        (1.01, jnp.asarray, Outcome.FAIL),
        (1.01, unseen, Outcome.UNDECIDED),
        (1.0, unseen, Outcome.UNDECIDED),
    ],
)
def test_a_value_passes_only_if_its_rule_is_known_to_be_right(factor: float, extract: Any, outcome: Outcome, dtype: str) -> None:
    """Sorting has ties within rounding: they excuse values, and no rules."""
    report = diffcheck.check(scaled_by(factor, extract), jnp.asarray([1, 2, 3], dtype), lint=False)
    assert report.outcome is outcome, report


@pytest.mark.parametrize("dtype", SHORT)
@pytest.mark.parametrize(("factor", "outcome"), [(2.0, Outcome.PASS), (2.01, Outcome.UNDECIDED)])
def test_a_claim_by_a_function_of_python_must_be_right_in_its_own_digits(factor: float, outcome: Outcome, dtype: str) -> None:
    report = diffcheck.check("x^3/3", at=0.7, dtype=dtype, claim=lambda x: factor / 2 * x**2)
    (result,) = [result for result in report.samples[0].results if result.engine == "claim"]
    assert result.outcome is outcome


@pytest.mark.parametrize("dtype", SHORT)
def test_jax_has_no_complex_numbers_of_two_short_ones(dtype: str) -> None:
    with pytest.raises(diffcheck.InputError, match=f"z is complex, and JAX has no complex numbers of two {dtype}"):
        diffcheck.check(lambda z: jnp.abs(z), 1 + 2j, dtype=dtype)


@pytest.mark.parametrize("dtype", SHORT)
def test_a_rounded_literal_of_few_digits_is_no_wrong_rule(dtype: str) -> None:
    """JAX's rule of erf has 2/√π as a literal, 1.125 in bfloat16."""
    report = diffcheck.check(jax.lax.erf, jnp.asarray(0.3, dtype))
    assert (report.header.dtype, report.outcome) == (dtype, Outcome.PASS)


@pytest.mark.parametrize("orders", [{}, {"hessian": True}])
def test_the_constants_of_a_rule_may_be_rounded_to_the_format_in_which_it_runs(orders: dict[str, Any]) -> None:
    with jax.enable_x64(True):  # JAX's rule of erf has 2/sqrt(pi), rounded to float32 here
        report = diffcheck.check(lambda x: jax.scipy.special.erf(x.astype(jnp.float32)).astype(x.dtype), np.float64(0.3), **orders)
    assert report.outcome is Outcome.PASS


@pytest.mark.parametrize(("argument", "inner", "wrong"), [(np.float32, jnp.bfloat16, 2.0**-12), (np.float64, np.float32, 2.0**-28)])
def test_a_second_derivative_of_few_digits_whose_rule_is_wrong_in_more_is_found(argument: Any, inner: Any, wrong: float) -> None:
    @jax.custom_jvp
    def f(x: Any) -> Any:
        return (x.astype(inner) ** 3).astype(x.dtype)

    f.defjvp(lambda primals, tangents: (f(*primals), (3 * primals[0] * primals[0] + wrong * primals[0]) * tangents[0]))
    with jax.enable_x64(argument is np.float64):
        report = diffcheck.check(f, argument(1.5), hessian=True)
    assert Verdict.WRONG in {result.verdict for result in report.samples[0].results}
