"""A wrong derivative that is the transpose, the negative, a multiple or a part of the right one is called so, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

import diffcheck
from diffcheck import Outcome
from diffcheck.judgement.resemblance import of_jacobian, of_value

A, X = np.array([[2.0, 1.0], [0.5, 3.0]]), np.array([1.0, -2.0])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (-3.0, "the negative of"), (6.0, "twice"), (1.5, "half"), (-6.0, "minus twice"), (-1.5, "minus half"),
        (3.0, ""), (4.0, ""), (0.0, ""), (6.001, ""), (np.nan, ""), (np.inf, ""),
    ],
)  # fmt: skip
def test_one_number(given: float, said: str) -> None:
    assert of_value(given, 3.0) == (f"The value is {said} the derivative" if said else "")


def test_nothing_is_a_multiple_of_zero() -> None:
    assert of_value(1.0, 0.0) == of_value(0.0, 0.0) == ""


@pytest.mark.parametrize(
    ("given", "right", "said"),
    [
        (A.T, A, "The values are the transpose of the Jacobian"),
        (-A, A, "The values are the negative of the Jacobian"),
        (A / 3, A, "The values are 1/3 of the Jacobian"),
        (7 * A, A, "The values are 7 times the Jacobian"),
        (A.T, A - A.T, ""),
        (1.2345 * A, A, ""),
        (np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([[0.0, -1.0], [1.0, 0.0]]),
         "The values are the transpose of and the negative of the Jacobian"),
        (np.array([[2.0, 1.0], [1.0, 4.0]]), np.array([[2.0, 1.0], [1.0, 3.0]]), ""),
        (np.array([[5.0, 0.0], [0.0, 0.0]]), np.array([[1.0, 0.0], [0.0, 0.0]]), ""),
        (np.where(A == 3.0, np.nan, 2 * A), A, ""),
    ],
)  # fmt: skip
def test_a_matrix(given: np.ndarray, right: np.ndarray, said: str) -> None:
    assert of_jacobian(given, right, {"x": (2,)}).get("x", "") == said


def test_a_right_argument_is_not_mentioned() -> None:
    right = np.hstack([A, 2 * A])
    assert list(of_jacobian(np.hstack([A, -2 * A]), right, {"x": (2,), "y": (2,)})) == ["y"]
    assert of_jacobian(right, right, {"x": (2,), "y": (2,)}) == {}


def with_rule(primal: Callable[..., Array], backward: Callable[..., tuple[Array, ...]]) -> Callable[..., Array]:
    function = jax.custom_vjp(primal)
    function.defvjp(lambda *arguments: (primal(*arguments), arguments), backward)
    return function


def product(a: Array, x: Array) -> Array:
    return a @ x


BIG = np.arange(900.0).reshape(30, 30) ** 2
RULES = {
    "a sign": (with_rule(jnp.sin, lambda saved, c: (-c * jnp.cos(saved[0]),)), (0.5,), "The value is the negative of the derivative"),
    "a third": (with_rule(jnp.sin, lambda saved, c: (c * jnp.cos(saved[0]) / 3,)), (X,), "The values are 1/3 of the Jacobian"),
    "transposed": (with_rule(product, lambda saved, c: (jnp.outer(c, saved[1]), saved[0] @ c)), (A, X),
                   "The values are the transpose of the derivatives by x"),
    "an argument transposed": (with_rule(product, lambda saved, c: (jnp.outer(saved[1], c), saved[0].T @ c)), (A, X),
                               "a is transposed: what belongs to a[i,j] stands at a[j,i]"),
    "an argument missing": (with_rule(lambda x, y: x * y**2, lambda saved, c: (c * saved[1] ** 2, 0 * saved[1])), (2.0, 3.0),
                            "The part of y is missing: all its values are zero"),
    "swapped": (with_rule(lambda x, y: x * y**2, lambda saved, c: (c * 2 * saved[0] * saved[1], c * saved[1] ** 2)), (2.0, 3.0),
                "The derivatives by x and y are swapped"),
    "without a proof": (with_rule(
        lambda x: jax.pure_callback(lambda x: np.sin(np.asarray(x)), jax.ShapeDtypeStruct(x.shape, x.dtype), x),
        lambda saved, c: (2 * c * jnp.cos(saved[0]),)), (0.5,), "The value is twice the derivative"),
    "900 entries": (with_rule(lambda x: jnp.asarray(BIG) @ x, lambda saved, c: (jnp.asarray(BIG) @ c,)), (np.linspace(1, 2, 30),),
                    "The values are the transpose of the Jacobian"),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_the_reason_of_a_wrong_rule_says_what_it_gives(name: str) -> None:
    function, at, said = RULES[name]
    report = diffcheck.check(function, at, lint=False)
    reasons = [result.reason for sample in report.samples for result in sample.results if result.outcome is Outcome.FAIL]
    assert reasons
    assert all(reason.endswith(f". {said}") for reason in reasons)


def test_so_does_that_of_a_claim() -> None:
    for subject, claim in (("sin(x)", "2cos(x)"), (jnp.sin, lambda x: 2 * jnp.cos(x))):
        (sample,) = diffcheck.check(subject, at=0.5, claim=claim).samples
        assert sample.results[-1].reason.endswith(". The value is twice the derivative")


@pytest.mark.parametrize(
    ("text", "claim", "sentence"),
    [
        ("x^2 + sin(x)", "2x", "The derivative of `sin(x)` is missing"),
        ("x^3 - exp(x) + 5x", "3x^2 + 5", "The derivative of `exp(x)` is missing"),
        ("x*sin(x)", "sin(x)", "The term of the product rule with the derivative of `sin(x)` is missing"),
        ("exp(x)*cos(x)", "-exp(x)*sin(x)", "The term of the product rule with the derivative of `exp(x)` is missing"),
        ("sin(x^2)", "cos(x^2)", "The factor of the chain rule, the derivative of `x^2`, is missing"),
        ("exp(x) + 5", "x", ""),
    ],
)
def test_a_claim_that_lacks_a_part_is_told_which(text: str, claim: str, sentence: str) -> None:
    (sample,) = diffcheck.check(text, 1.7, claim=claim).samples
    (result,) = (result for result in sample.results if result.engine == "claim")
    assert result.reason.endswith(sentence)
    assert sentence or "missing" not in result.reason
