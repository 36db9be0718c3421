"""Custom rules are taken off wherever JAX holds a program: a wrong one is caught under every wrapper, a right one is not accused."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array, lax
from wrapped_rules import FACTOR, NEED_FORWARD_MODE, WRAPPERS, Function, holder, with_forward_rule, with_reverse_rule

import diffcheck
from diffcheck import Outcome
from diffcheck.engines.jax.equations import rules
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.undecorated import undecorated, without
from diffcheck.errors import UnsupportedError

SMALL, LARGE = 5, 30  # columns and rows: beyond 400 entries the Jacobian is screened by the function without its rules
CASES = [
    *((name, wrap, with_reverse_rule) for name, wrap in WRAPPERS.items()),
    *((name, wrap, with_forward_rule) for name, wrap in {**WRAPPERS, **NEED_FORWARD_MODE}.items()),
]


def case(name: str, wrap: object, rule: object) -> str:
    return f"{name}, {'reverse' if rule is with_reverse_rule else 'forward'}"


parametrized = pytest.mark.parametrize(("name", "wrap", "rule"), CASES, ids=[case(*each) for each in CASES])


@parametrized
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_rule_wrong_in_one_row_is_caught(name: str, wrap, rule, size: int) -> None:
    report = diffcheck.check(wrap(rule(True)), np.linspace(1.0, 2.0, size), lint=False)
    failed = {(sample.output, sample.wrt) for sample in report.samples if sample.outcome is Outcome.FAIL}
    assert failed == {(f"[{size // 2}]", f"x[{size // 2}]")}


@parametrized
@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_right_rule_is_not_accused(name: str, wrap, rule, size: int) -> None:
    report = diffcheck.check(wrap(rule(False)), np.linspace(1.0, 2.0, size), lint=False)
    assert [sample for sample in report.samples if sample.outcome is Outcome.FAIL] == []
    assert all("could not be taken off" not in check.detail for check in report.checks)


@parametrized
def test_none_is_left_and_the_derivative_is_that_of_the_function(name: str, wrap, rule) -> None:
    x = np.linspace(1.0, 2.0, SMALL)
    with jax.enable_x64(True):
        plain = undecorated(lambda x: [wrap(rule(True))(x)])
        assert list(rules(jax.make_jaxpr(plain)(x).jaxpr)) == []
        expected = jax.jacfwd(wrap(lambda x: x * x))(x)
        np.testing.assert_allclose(jax.jacfwd(lambda x: plain(x)[0])(x), expected, rtol=1e-12)
        np.testing.assert_allclose(plain(x)[0], wrap(rule(True))(x), rtol=1e-15)


@pytest.mark.parametrize("name", ["checkpoint", "scan", "an open program with constants"])
def test_of_two_rules_the_wrong_one_is_to_blame(name: str) -> None:
    right, wrong = with_forward_rule(False), with_forward_rule(True)
    report = diffcheck.check({**WRAPPERS, **NEED_FORWARD_MODE}[name](lambda x: right(wrong(x))), np.linspace(1.0, 2.0, SMALL), lint=False)
    (failed,) = [sample for sample in report.samples if sample.outcome is Outcome.FAIL]
    assert "is to blame" in failed.results[0].reason


def test_custom_linear_solve_is_no_custom_rule() -> None:
    function = JaxFunction(jnp.linalg.solve, {"a": np.array([[2.0, 0.5], [0.5, 1.0]]), "b": np.array([1.0, 2.0])}, wide=True)
    assert function.custom_rules == []


# What cannot be taken off is said


def _called(square: Function) -> Function:
    """A function that calls another one: JAX shows neither."""
    return lambda x: holder.bind(x, held=lambda x: square(x) + 0 * x)


@pytest.mark.parametrize("rule", [with_forward_rule, with_reverse_rule])
def test_a_rule_that_cannot_be_taken_off_is_said_and_the_rest_is_undecided(rule) -> None:
    report = diffcheck.check(_called(rule(True)), np.linspace(1.0, 2.0, LARGE), lint=False)
    (check,) = report.checks
    assert (check.name, check.outcome) == ("screening", Outcome.UNDECIDED)
    assert check.detail.endswith("of 900 derivatives were not compared: a custom rule inside holder could not be taken off")
    assert report.outcome is not Outcome.PASS


def test_where_jax_lacks_the_derivative_by_one_argument_a_large_other_one_is_judged() -> None:
    square = with_forward_rule(True)

    def function(x: Array, y: Array) -> Array:
        wrong = square(x[:, None]).sum()  # at each entry
        return wrong + lax.while_loop(lambda state: state[0] < 3, lambda state: (state[0] + 1, state[1] * jnp.cos(y)), (0, y))[1]

    report = diffcheck.check(function, (np.linspace(1.0, 2.0, LARGE**2), np.array(0.5)), lint=False)
    failed = [result for sample in report.samples for result in sample.results if result.outcome is Outcome.FAIL]
    assert {result.mode for result in failed} == {"forward", "reverse"}
    assert all("is to blame" in result.reason for result in failed)


def test_small_jacobians_are_judged_all_the_same() -> None:
    report = diffcheck.check(_called(with_forward_rule(True)), np.linspace(1.0, 2.0, SMALL), lint=False)
    (failed,) = [sample for sample in report.samples if sample.outcome is Outcome.FAIL]
    assert failed.results[0].value == pytest.approx(FACTOR * 2 * 1.5)
    assert report.checks == ()


def test_a_rule_that_can_be_taken_off_is_to_blame_beside_one_that_cannot() -> None:
    wrong, doubled = with_forward_rule(True), jax.custom_jvp(lambda x: 2 * x)
    doubled.defjvp(lambda primals, tangents: (2 * primals[0], 2 * tangents[0]))
    report = diffcheck.check(lambda x: wrong(x) + _called(doubled)(x), np.linspace(1.0, 2.0, SMALL), lint=False)
    (failed,) = [sample for sample in report.samples if sample.outcome is Outcome.FAIL]
    assert "the rule `square_jvp` (wrapped_rules.py:" in failed.results[0].reason
    assert "is to blame" in failed.results[0].reason


def test_a_rule_without_its_function_cannot_be_taken_off() -> None:
    square = with_reverse_rule(False)
    linear = jax.make_jaxpr(lambda x: jax.linearize(square, x)[1](x))(np.ones(3))
    with pytest.raises(UnsupportedError, match="a custom rule inside custom_lin could not be taken off"):
        without(linear)


def test_a_loop_without_reverse_mode_is_screened_by_forward_mode() -> None:
    wrong = NEED_FORWARD_MODE["while"](with_forward_rule(True))
    report = diffcheck.check(wrong, np.linspace(1.0, 2.0, LARGE), lint=False)
    assert "the largest deviation in floats is 5.0e-01" in report.header.program


def test_what_holds_no_rule_stays_the_same_program() -> None:
    def program(x: Array) -> Array:
        return lax.scan(lambda carry, _: (jnp.sin(carry), None), x, None, length=3)[0]

    closed = jax.make_jaxpr(program)(1.0)
    assert without(closed).jaxpr.eqns[-1] is closed.jaxpr.eqns[-1]
