"""JAX functions whose derivative nothing proves: values decide what they can, and no more is said."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from diffcheck import Outcome, Verdict, check
from diffcheck.results import Result, Sample, Status, Tally

Function = Callable[[Array], Array]


def opaque(function: Callable[[float], float], slope: Callable[[Array], Any]) -> Function:
    """A function that JAX does not see into, with a rule."""

    @jax.custom_jvp
    def f(x: Array) -> Array:
        found: Array = jax.pure_callback(lambda v: np.asarray(function(float(v))), jax.ShapeDtypeStruct((), x.dtype), x)
        return found

    f.defjvp(lambda primals, tangents: (f(*primals), jnp.asarray(slope(primals[0]), primals[0].dtype) * tangents[0]))
    wrapped: Function = f
    return wrapped


def verdicts(function: Callable[..., Any], at: Any) -> set[Verdict]:
    return {result.verdict for sample in check(function, at, lint=False).samples for result in sample.results}


ZEROS = {
    "square": (lambda x: x * x, lambda x: 2 * x, 0.0),
    "square elsewhere": (lambda x: (x - 1) ** 2, lambda x: 2 * (x - 1), 1.0),
    "cube": (lambda x: x**3, lambda x: 3 * x**2, 0.0),
    "constant": (lambda x: 3.0, lambda x: 0 * x, 0.0),
    "cosine": (math.cos, lambda x: -jnp.sin(x), 0.0),
    "eigenvalue": (lambda x: (3 - math.hypot(1, x)) / 2, lambda x: -x / 2 / jnp.hypot(1.0, x), 0.0),
    "joined parabola": (lambda x: max(x, 0.0) ** 2, lambda x: 2 * jnp.maximum(x, 0), 0.0),
}


@pytest.mark.parametrize("name", ZEROS)
def test_a_slope_of_zero_is_consistent(name: str) -> None:
    function, slope, x = ZEROS[name]
    assert verdicts(opaque(function, slope), x) == {Verdict.CONSISTENT}


@pytest.mark.parametrize("wrong", [math.nan, math.inf, 1e-3, -1.0])
@pytest.mark.parametrize("name", ["constant", "cosine", "eigenvalue"])
def test_what_is_no_zero_is_contradicted_there(name: str, wrong: float) -> None:
    function, _, x = ZEROS[name]
    assert verdicts(opaque(function, lambda x: wrong), x) == {Verdict.CONTRADICTED}


def frobenius(x: Array) -> Array:
    return jnp.sqrt(jnp.sum(jnp.linalg.svd(x, compute_uv=False) ** 2))


def log_determinant(a: Array) -> Array:
    return 2 * jnp.sum(jnp.log(jnp.diag(jnp.linalg.cholesky((a + a.T) / 2))))


def rebuilt(x: Array) -> Array:
    u, s, v = jnp.linalg.svd(x)
    return jnp.sqrt(jnp.sum((u * s @ v) ** 2))


EQUAL = np.diag([1.0, 1.0, 2.0])
LINEAR_ALGEBRA: dict[str, tuple[Callable[..., Any], Any]] = {
    "singular values": (frobenius, EQUAL),
    "Cholesky": (log_determinant, np.diag([2.0, 3.0])),
    "median": (jnp.median, np.array([3.0, 1.0, 2.0])),
    "sort": (jnp.sort, np.array([3.0, 1.0, 2.0])),
    "solve": (jnp.linalg.solve, (np.diag([2.0, 5.0]), np.array([1.0, 0.0]))),
    "power spectrum": (lambda x: jnp.abs(jnp.fft.fft(x)) ** 2, np.array([1.0, 2.0, 3.0, 5.0])),
    "complex exponential": (lambda v, t: jnp.real(v * jnp.exp(1j * t)), (2.0, 0.0)),
}


@pytest.mark.parametrize("name", LINEAR_ALGEBRA)
def test_zeros_beside_other_entries_of_the_row_are_consistent(name: str) -> None:
    function, at = LINEAR_ALGEBRA[name]
    report = check(function, at, lint=False)
    assert report.outcome is Outcome.PASS


def test_nan_is_contradicted_in_every_entry() -> None:
    """JAX divides by the difference of two equal singular values."""
    assert verdicts(rebuilt, EQUAL) == {Verdict.CONTRADICTED}


def test_a_zero_in_a_row_of_tiny_slopes_is_measured_by_them() -> None:
    smallest = opaque(lambda v: v, lambda v: 1.0)

    def f(x: Array) -> Array:
        return smallest(jnp.sort(1e-9 * x)[0])

    report = check(f, np.array([1.0, 2.0]), lint=False)
    assert report.outcome is Outcome.PASS
    assert verdicts(lambda x: f(x) + 1e-12 * jax.lax.stop_gradient(x[1]), np.array([1.0, 2.0])) >= {Verdict.CONTRADICTED}


def raising(below: float) -> Callable[[float], float]:
    def f(x: float) -> float:
        if x < below:
            raise ValueError("too small")
        return math.exp(x)

    return f


def test_an_exception_beside_the_point_is_a_point_without_a_value(capfd: pytest.CaptureFixture[str]) -> None:
    assert verdicts(opaque(raising(0.99), jnp.exp), 1.0) == {Verdict.CONSISTENT}
    assert verdicts(opaque(raising(0.99), lambda x: 2.0), 1.0) == {Verdict.CONTRADICTED}
    assert "too small" not in capfd.readouterr().err


def test_where_values_end_at_the_point_the_slope_inside_is_named() -> None:
    (sample,) = check(opaque(raising(1.0), jnp.exp), 1.0, lint=False).samples
    assert sample.outcome is Outcome.PASS
    assert "to the right, the only side with values of f, give 2.718281828" in sample.results[0].reason
    assert verdicts(opaque(raising(1.0), lambda x: math.nan), 1.0) == {Verdict.UNDECIDED}


def test_without_values_around_the_point_it_says_so() -> None:
    def f(x: float) -> float:
        if x != 1:
            raise ValueError("no value here")
        return x

    (sample,) = check(opaque(f, jnp.ones_like), 1.0, lint=False).samples
    assert "no finite values around the point" in sample.results[0].reason


def with_two_modes(function: Callable[[float], float], forward: float, reverse: float) -> Function:
    """A function whose linear map is not transposed as it should be."""

    def tangent(t: Array) -> Array:
        found: Array = jax.custom_derivatives.linear_call(lambda _, t: forward * t, lambda _, t: reverse * t, (), t)
        return found

    @jax.custom_jvp
    def f(x: Array) -> Array:
        return opaque(function, jnp.zeros_like)(x)

    f.defjvp(lambda primals, tangents: (f(*primals), tangent(tangents[0])))
    wrapped: Function = f
    return wrapped


def test_modes_that_differ_are_said_to_where_values_cannot_tell() -> None:
    report = check(with_two_modes(abs, 0.25, 0.75), 0.0, lint=False)
    assert {result.verdict for result in report.samples[0].results} == {Verdict.UNDECIDED}
    assert all("forward and reverse mode differ, by 0.5: at least one of them is wrong" in r.reason for r in report.samples[0].results)
    (found,) = report.checks
    assert (found.name, found.outcome) == ("modes", Outcome.FAIL)
    assert "is 0.25 by forward mode, and 0.75 by reverse mode" in found.detail
    assert report.outcome is Outcome.FAIL


def test_values_decide_which_of_two_modes_is_right() -> None:
    report = check(with_two_modes(lambda x: 3 * x, 3.0, 2.0), 1.0, lint=False)
    assert [result.verdict for result in report.samples[0].results] == [Verdict.CONSISTENT, Verdict.CONTRADICTED]
    assert [found.name for found in report.checks] == ["modes"]


def test_modes_that_agree_but_for_rounding_are_not_mentioned() -> None:
    assert check(with_two_modes(abs, 0.5, 0.5 + 1e-12), 0.0, lint=False).checks == ()
    assert check(with_two_modes(math.sin, math.nan, math.nan), 0.0, lint=False).checks == ()


def test_modes_differ_where_equal_eigenvalues_have_no_eigenvectors() -> None:
    def projected(x: Array) -> Array:
        vectors = jnp.linalg.eigh(jnp.outer(x, x))[1]
        return vectors[:, :2] @ vectors[:, :2].T @ jnp.array([1.0, 2.0, 4.0])

    report = check(projected, np.array([1.0, 2.0, 3.0]), lint=False)
    assert [found.name for found in report.checks if found.outcome is Outcome.FAIL] == ["modes"]


def result(mode: str | None, verdict: Verdict, outcome: Outcome, engine: str = "automatic") -> Result:
    return Result(engine, mode, None, None, verdict, outcome, "")


def sample(*results: Result) -> Sample:
    return Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", 0.0, None, None, None, results)


LACKING = {mode: result(mode, Verdict.UNSUPPORTED, Outcome.UNDECIDED) for mode in ("forward", "reverse")}
WITHOUT_SYMPY = result(None, Verdict.UNSUPPORTED, Outcome.UNDECIDED, "symbolic")
SYMBOLIC = result(None, Verdict.EXACT, Outcome.PASS, "symbolic")


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ((LACKING["forward"], result("reverse", Verdict.EXACT, Outcome.PASS)), Outcome.PASS),
        ((result("forward", Verdict.WRONG, Outcome.FAIL), LACKING["reverse"]), Outcome.FAIL),
        ((result("forward", Verdict.UNDECIDED, Outcome.UNDECIDED), LACKING["reverse"]), Outcome.UNDECIDED),
        ((LACKING["forward"], LACKING["reverse"]), Outcome.UNDECIDED),
        ((SYMBOLIC, LACKING["forward"], LACKING["reverse"]), Outcome.UNDECIDED),
        ((SYMBOLIC, result("forward", Verdict.EXACT, Outcome.PASS), LACKING["reverse"]), Outcome.PASS),
        ((WITHOUT_SYMPY, result("reverse", Verdict.EXACT, Outcome.PASS)), Outcome.UNDECIDED),
    ],
)
def test_a_mode_that_is_lacking_counts_only_where_no_other_is_judged(results: tuple[Result, ...], outcome: Outcome) -> None:
    tally = Tally()
    tally.add(sample(*results))
    assert sample(*results).outcome is outcome
    assert Outcome.worst(tally.outcomes) is outcome


# Second derivatives


def opaque_in_two(gradient: Callable[[Any, Any], tuple[Any, Any]]) -> Callable[..., Any]:
    """exp(x*y) + x^3 as JAX does not see it, with a rule whose own derivative may be wrong."""

    @jax.custom_jvp
    def f(x: Array, y: Array) -> Array:
        found: Array = jax.pure_callback(lambda a, b: np.exp(a * b) + a**3, jax.ShapeDtypeStruct((), x.dtype), x, y)
        return found

    def rule(primals: Any, tangents: Any) -> Any:
        by_x, by_y = gradient(*primals)
        return f(*primals), by_x * tangents[0] + by_y * tangents[1]

    f.defjvp(rule)
    return f


def gradient(x: Any, y: Any) -> tuple[Any, Any]:
    return y * jnp.exp(x * y) + 3 * x**2, x * jnp.exp(x * y)


def stopped(x: Any, y: Any) -> tuple[Any, Any]:
    return y * jnp.exp(x * y) + 3 * jax.lax.stop_gradient(x) ** 2, x * jnp.exp(x * y)


@pytest.mark.parametrize(("orders", "wrt"), [({"hessian": True}, ["x", "x y", "y"]), ({"hvp": (1.0, 2.0)}, ["x t", "y t"])])
@pytest.mark.parametrize("at", [(0.3, 1.25), (-20.0, 0.001), (0.0, 0.0)])
def test_second_derivatives_are_compared_with_second_differences_of_values(at: Any, orders: dict[str, Any], wrt: list[str]) -> None:
    report = check(opaque_in_two(gradient), at, **orders)
    assert [sample.wrt for sample in report.samples] == wrt
    assert {result.verdict for sample in report.samples for result in sample.results} == {Verdict.CONSISTENT}
    assert all(sample.enclosure is None and "not certified" in sample.status_reason for sample in report.samples)


def test_a_rule_whose_first_derivative_alone_is_right_is_contradicted_by_values() -> None:
    report = check(opaque_in_two(stopped), (0.3, 1.25), hessian=True)
    assert [{result.verdict for result in sample.results} for sample in report.samples] == [
        {Verdict.CONTRADICTED},
        {Verdict.CONSISTENT},
        {Verdict.CONSISTENT},
    ]


def test_the_second_derivative_of_hypot_where_both_are_equal_is_contradicted() -> None:
    def f(x: Array, y: Array) -> Array:  # a callback that adds nothing keeps all of it from being proved
        zero = jax.pure_callback(lambda a: np.zeros_like(a), jax.ShapeDtypeStruct((), x.dtype), jax.lax.stop_gradient(x))
        return jnp.hypot(x, y) + jax.lax.stop_gradient(zero)

    report = check(f, (0.5, 0.5), hessian=True)
    assert {result.verdict for sample in report.samples for result in sample.results} == {Verdict.CONTRADICTED}


@pytest.mark.parametrize(("function", "orders"), [(lambda x: x * abs(x), {"hessian": True}), (lambda x: x**3, {"order": 3})])
def test_what_differences_do_not_tell_stays_undecided(function: Callable[[float], float], orders: dict[str, Any]) -> None:
    report = check(opaque(function, lambda x: 2 * jnp.abs(x)), 0.0, **orders)
    assert {result.verdict for result in report.samples[0].results if result.value is not None} == {Verdict.UNDECIDED}
