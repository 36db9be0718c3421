"""Each check of the rule linter bites on a rule that breaks it, and on nothing else of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array, core

import diffcheck
from diffcheck import Outcome
from diffcheck.checks.rules.linter import CHECKS, Requirement

Function = Callable[..., Any]


def square_with(forward: Function | None = None, backward: Function | None = None, primal: Function = jnp.square) -> Function:
    """x² with a rule that is right but for the part given."""

    @jax.custom_vjp
    def square(x: Array) -> Array:
        return primal(x)

    square.defvjp(forward or (lambda x: (x**2, x)), backward or (lambda x, g: (g * 2 * x,)))
    return square


def _other_transpose(x: Array) -> Array:
    def times(residual: Array, tangent: Array) -> Array:
        return residual * tangent

    def twice(residual: Array, cotangent: Array) -> Array:
        return 2 * residual * cotangent

    @jax.custom_jvp
    def square(x: Array) -> Array:
        return x**2

    linear_call = jax.custom_derivatives.linear_call
    square.defjvp(lambda primals, tangents: (square(*primals), linear_call(times, twice, 2 * primals[0], tangents[0])))
    return square(x)


def _traced_otherwise(x: Array) -> Array:
    return square_with()(x) if isinstance(x, core.Tracer) else square_with()(x) + 1


@jax.custom_batching.custom_vmap
def _batched_otherwise(x: Array) -> Array:
    return x**2


@_batched_otherwise.def_vmap
def _rule_for_batches(size: int, batched: list[bool], x: Array) -> tuple[Array, bool]:
    return x**2 + 1, True


@jax.custom_jvp
def _scaled(x: Array, n: Array) -> Array:
    return x * n


# an integer has no tangent
_scaled.defjvp(lambda primals, tangents: (_scaled(*primals), tangents[0] * primals[1] + primals[0] * tangents[1]))

BROKEN: dict[str, tuple[Function, tuple[Any, ...]]] = {
    "primal": (square_with(forward=lambda x: (x**2 + 1e-6, x)), (1.5,)),
    "linear": (square_with(backward=lambda x, g: (abs(g) * 2 * x,)), (1.5,)),
    "zero": (square_with(backward=lambda x, g: (g * 2 * x + 1e-9,)), (1.5,)),
    "types": (square_with(backward=lambda x, g: ((g * 2 * x).astype(jnp.float32),)), (1.5,)),
    "arguments": (_scaled, (1.5, np.array(3))),
    "format": (square_with(backward=lambda x, g: ((g * 2 * x).astype(jnp.bfloat16).astype(x.dtype),)), (1.5,)),
    "adjoint": (_other_transpose, (1.5,)),
    "jit": (_traced_otherwise, (1.5,)),
    "vmap": (square_with(primal=_batched_otherwise), (1.5,)),
    "second": (square_with(backward=lambda x, g: (g * 2 * jax.lax.stop_gradient(x),)), (1.5,)),
}


def outcomes(function: Function, at: tuple[Any, ...]) -> dict[str, Outcome | None]:
    return {check.name: check.outcome for check in diffcheck.check(function, at, lint=True).checks}


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_bites_on_a_rule_that_breaks_it(name: str) -> None:
    assert outcomes(*BROKEN[name])[name] is Outcome.FAIL


def test_a_rule_that_is_right_passes_every_check_that_applies() -> None:
    found = outcomes(square_with(), (1.5,))
    assert list(found) == [check.name for check in CHECKS if check.run is not None]
    assert [name for name, outcome in found.items() if outcome is None] == ["arguments", "forward", "adjoint"]
    assert {outcome for outcome in found.values() if outcome is not None} == {Outcome.PASS}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_example_of_a_check_breaks_it(check: Requirement) -> None:
    """A forward mode that is absent is no fault."""
    names: dict[str, Any] = {}
    exec(check.example, names)
    found = outcomes(names["f"], names["at"] if isinstance(names["at"], tuple) else (names["at"],))
    assert found[check.name] is (None if check.name == "forward" else Outcome.FAIL)


@pytest.mark.parametrize("cotangent", [lambda n, g: None, lambda n, g: g])
def test_a_rule_may_return_anything_for_an_integer(cotangent: Function) -> None:
    """None is right, and JAX ignores what else is returned."""

    @jax.custom_vjp
    def scaled(x: Array, n: Array) -> Array:
        return x * n

    scaled.defvjp(lambda x, n: (x * n, n), lambda n, g: (g * n, cotangent(n, g)))
    assert outcomes(scaled, (1.5, np.array(3)))["arguments"] is Outcome.PASS


def test_a_rule_of_the_wrong_form_fails_and_says_what_jax_says() -> None:
    report = diffcheck.check(square_with(backward=lambda x, g: (g, g)), 1.5)
    (types,) = (check for check in report.checks if check.name == "types")
    assert types.outcome is Outcome.FAIL
    assert "bwd" in types.detail


def test_that_a_custom_vjp_has_no_forward_mode_counts_for_nothing() -> None:
    report = diffcheck.check(square_with(), 1.5)
    assert report.outcome is Outcome.PASS
    assert [result.mode for sample in report.samples for result in sample.results] == ["reverse"]
    assert "jax.custom_jvp" in next(check.detail for check in report.checks if check.name == "forward")


@pytest.mark.parametrize("function", [jnp.maximum, jnp.minimum, lambda x, y: abs(x) + jax.nn.relu(y), lambda x, y: jnp.hypot(x, y)])
def test_the_slopes_that_jax_chooses_at_kinks_belong_together(function: Function) -> None:
    assert outcomes(function, (0.0, 0.0))["ties"] in (Outcome.PASS, None)


def test_a_wrong_sum_of_slopes_is_seen_from_every_tie() -> None:
    @jax.custom_vjp
    def largest(x: Array) -> Array:
        return jnp.max(x)

    largest.defvjp(lambda x: (jnp.max(x), x), lambda x, g: (g * (x == jnp.max(x)),))
    assert outcomes(largest, (np.array([2.0, 1.0, 2.0]),))["ties"] is Outcome.FAIL
    assert outcomes(largest, (np.array([2.0, 1.0, 3.0]),))["ties"] is Outcome.PASS


def sines(x: Array) -> Array:
    return jnp.sum(jnp.sin(x) * x) + x[3] * x[7] * x[20] + 1e3 * x[0] ** 2


def with_gradient(changed: Function) -> Function:
    """`sines` of fifty numbers, whose rule returns a gradient that is right, and changed only where it is differentiated again."""
    function = jax.custom_vjp(sines)
    function.defvjp(lambda x: (sines(x), x), lambda x, g: (g * changed(jax.grad(sines)(x), x),))
    return function


def _without_one(gradient: Array, x: Array) -> Array:
    return gradient.at[31].set(jax.lax.stop_gradient(gradient[31]))


def _not_symmetric(gradient: Array, x: Array) -> Array:
    """A billionth, which no line can see: it adds vᵢvⱼ - vⱼvᵢ."""
    move = 1e-9 * (x - jax.lax.stop_gradient(x))
    return gradient.at[7].add(move[20]).at[20].add(-move[7])


@pytest.mark.parametrize(
    ("changed", "said"), [(_without_one, "d^2sines/dx[31]^2 is 0, wrong"), (_not_symmetric, "d^2sines/dx[7]dx[20] is 0.1734693888, wrong")]
)
def test_one_wrong_second_derivative_in_fifty_variables_is_found(changed: Function, said: str) -> None:
    report = diffcheck.check(with_gradient(changed), np.linspace(0.1, 1.3, 50))
    assert {sample.outcome for sample in report.samples} == {Outcome.PASS}
    (second,) = (check for check in report.checks if check.name == "second")
    assert second.outcome is Outcome.FAIL
    assert second.detail.startswith(said)


def test_what_was_compared_of_the_second_derivatives_is_said() -> None:
    report = diffcheck.check(with_gradient(lambda gradient, x: gradient), np.linspace(0.1, 1.3, 50))
    (second,) = (check for check in report.checks if check.name == "second")
    assert second.outcome is Outcome.PASS
    assert "all 2,500 entries of the Hessian were compared" in second.detail


frozen_quartic = jax.custom_vjp(lambda x: x**4)  # its rule takes the slope for a constant
frozen_quartic.defvjp(lambda x: (x**4, x), lambda x, cotangent: (4 * jax.lax.stop_gradient(x) ** 3 * cotangent,))


def _second_of(function: Function, at: object) -> str:
    (second,) = (check for check in diffcheck.check(function, at).checks if check.name == "second")
    return second.detail


def test_the_second_derivative_of_one_argument_is_itself() -> None:
    detail = _second_of(lambda x: frozen_quartic(x), 3.0)
    assert detail.startswith("d^2f/dx^2 is 0, wrong")
    assert detail.endswith(" 108")


def test_of_several_the_line_and_the_weights_are_said() -> None:
    at = np.array([1.0, 2.0])
    assert _second_of(lambda x: jnp.sum(frozen_quartic(x)), at).startswith("d^2f/dx[")
    right = jax.custom_jvp(lambda x: x * x)
    right.defjvp(lambda primals, tangents: (right(*primals), 2 * primals[0] * tangents[0]))
    said = "along the line in the direction (-1 x[0], -2 x[1]) the second derivative of (2*f[0] - f[1]) is -4, exact"
    assert _second_of(lambda x: right(x), at).startswith(said)


@pytest.mark.parametrize("lint", [False, True])
def test_what_rounding_leaves_of_a_residual_makes_no_rule_wrong(lint: bool) -> None:
    """|Ax - b|² of a square matrix is 0: its floats and their slopes are 1e-31, and differ in each mode and under jax.jit."""
    report = diffcheck.check(lambda a, b: jnp.linalg.lstsq(a, b)[1], (np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])), lint=lint)
    assert report.outcome is Outcome.UNDECIDED, report
    assert not [each for each in report.checks if each.outcome is Outcome.FAIL]
    assert not any("one of them is wrong" in result.reason for sample in report.samples for result in sample.results)
