"""Rules that are not meant to be the derivative of the code: the verdict stays, and the reason says what may be meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array, lax

import diffcheck
from diffcheck import Outcome
from diffcheck.checks.by_design import step_function
from diffcheck.graph.build import read


def _bisected(y: Array) -> Array:
    """The cube root of a number below 512."""

    def halved(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        lower, upper = ends
        middle = (lower + upper) / 2
        return jnp.where(middle**3 > y, lower, middle), jnp.where(middle**3 > y, middle, upper)

    lower, upper = lax.fori_loop(0, 60, halved, (jnp.zeros_like(y), jnp.full_like(y, 8)))
    return (lower + upper) / 2


cube_root = jax.custom_vjp(_bisected)
cube_root.defvjp(lambda y: (_bisected(y),) * 2, lambda root, cotangent: (cotangent / (3 * root**2),))


def _with_identity(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    decorated = jax.custom_jvp(function)
    decorated.defjvp(lambda primals, tangents: (function(*primals), tangents[0]))
    return decorated


STEP, EQUAL = "The code is a step function of ", "If sorted entries are equal"
MEANT: dict[str, tuple[Callable[..., Array], Any, str]] = {
    "bisection": (cube_root, 2.0, STEP + "y"),
    "bisection beside a smooth argument": (lambda a, y: a * cube_root(y), (3.0, 2.0), STEP + "y"),
    "rounding": (_with_identity(lambda x: jnp.round(x)), 1.3, STEP + "x"),
    "a sign": (_with_identity(lambda x: jnp.sign(x)), 1.3, STEP + "x"),
    "integers": (_with_identity(lambda x: x.astype(int) * 2.0), 1.3, STEP + "x"),
    "a straight-through estimator": (
        lambda x: x + lax.stop_gradient(jnp.round(x) - x), 1.3,
        "The code treats a part of itself as a constant, by jax.lax.stop_gradient (test_by_design.py:",
    ),
    "random.gamma": (lambda a: jax.random.gamma(jax.random.key(0), a), 1.3, "JAX's rule for random.gamma is implicit by design"),
    "the second of three": (lambda x: jnp.sort(x)[1], np.full(3, 2.0), EQUAL),
    "the second largest": (lambda x: lax.top_k(x, 2)[0][1], np.full(3, 2.0), EQUAL),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_the_reason_says_what_may_be_meant(name: str) -> None:
    function, at, said = MEANT[name]
    report = diffcheck.check(function, at, lint=False)
    reasons = [result.reason for sample in report.samples for result in sample.results if result.outcome is Outcome.FAIL]
    assert reasons
    assert all(f". {said}" in reason for reason in reasons)


def test_by_the_function_that_is_meant_the_rule_is_right() -> None:
    assert diffcheck.check(cube_root, 2.0, against="y^(1/3)", lint=False).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("expression", "is_step"),
    [
        ("floor(x)*y", True), ("where(x > y, y, 2y)", True), ("sin(ceil(x) + sign(x - y))", True), ("heaviside(x)", True),
        ("x*floor(x)", False), ("where(x > y, x, 2y)", False), ("mod(x, 1)", False), ("y", False), ("max(x, y)", False),
    ],
)  # fmt: skip
def test_a_step_function_acts_through_conditions_and_rounding_alone(expression: str, is_step: bool) -> None:
    assert bool(step_function(read(expression).target.flat, "x")) is is_step


def test_a_wrong_zero_of_a_smooth_function_is_no_step() -> None:
    report = diffcheck.check(_with_identity(lambda x: (x - 1) ** 2), 1.0, lint=False)
    reasons = [result.reason for sample in report.samples for result in sample.results]
    assert all(STEP not in reason for reason in reasons)


def test_gradients_that_jax_stops_itself_are_not_mentioned() -> None:
    report = diffcheck.check(_with_identity(lambda x: jax.nn.softmax(x)), np.array([1.0, 2.0]), lint=False)
    reasons = [result.reason for sample in report.samples for result in sample.results]
    assert any("to blame" in reason for reason in reasons)
    assert all("stop_gradient" not in reason for reason in reasons)
