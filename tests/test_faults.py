"""A fault of diffcheck's own is an internal error wherever it happens; what JAX, SymPy or the user's code raises is theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from wrapped_rules import with_forward_rule, with_reverse_rule

import diffcheck
from diffcheck import UserCodeError
from diffcheck.engines.faults import OURS
from diffcheck.engines.jax.values import run_nodes
from diffcheck.errors import InternalError
from diffcheck.graph.build import read

LINE = "def broken(*arguments, **options):\n    raise AttributeError('planted')\n"
X = np.linspace(1.0, 2.0, 3)


def broken() -> Callable[..., Any]:
    """A function of diffcheck's that fails: its line is in a file of the package."""
    names: dict[str, Any] = {}
    exec(compile(LINE, str(Path(OURS) / "engines" / "planted.py"), "exec"), names)  # noqa: S102
    found: Callable[..., Any] = names["broken"]
    return found


def of_an_expression() -> object:
    return diffcheck.check("x*sin(x)", at=1.0)


def of_every_node() -> object:
    return run_nodes(read("sin(x)").target.flat, {"x": 1.0}, "float64")


def of_a_function(is_wrong: bool, lint: bool | None) -> object:
    return diffcheck.check(with_reverse_rule(is_wrong), X, lint=lint)


PLACES: dict[str, tuple[str, Callable[[], object]]] = {
    "JAX's values of an expression": ("diffcheck.engines.jax.program.evaluate", of_an_expression),
    "all nodes": ("diffcheck.engines.jax.values._attribute", of_every_node),
    "SymPy's derivative": ("diffcheck.engines.symbolic.chain.derivative", of_an_expression),
    "a rule taken off": ("diffcheck.engines.jax.function.undecorated", lambda: of_a_function(is_wrong=True, lint=False)),
    "the second derivative": ("diffcheck.checks.rules.checks.RulesAtPoint.pull", lambda: of_a_function(is_wrong=False, lint=True)),
    "the Hessian": ("diffcheck.checks.rules.hessian.undecorated", lambda: of_a_function(is_wrong=False, lint=True)),
    "beside a call of the function": ("diffcheck.engines.jax.function.rules", lambda: of_a_function(is_wrong=False, lint=None)),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_of_ours_is_an_internal_error(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    target, run = PLACES[place]
    monkeypatch.setattr(target, broken())
    with pytest.raises(InternalError, match="AttributeError: planted") as caught:
        run()
    assert isinstance(caught.value.__cause__, AttributeError)


def test_what_the_function_raises_is_the_users() -> None:
    def f(x: jax.Array) -> jax.Array:
        raise AttributeError("mine")

    with pytest.raises(UserCodeError, match="AttributeError: mine"):
        diffcheck.check(f, 1.0)


def test_a_claim_that_takes_another_number_of_arguments_is_the_users() -> None:
    with pytest.raises(UserCodeError, match="the claim raised TypeError"):
        diffcheck.check(jnp.sin, 1.0, claim=lambda x, y: x)


def test_what_jax_lacks_is_jaxs() -> None:
    report = diffcheck.check(lambda x: jax.lax.while_loop(lambda c: c < 100.0, lambda c: 2 * c, x), 1.3)
    reasons = [result.reason for sample in report.samples for result in sample.results if result.mode == "reverse"]
    assert all(reason.startswith("JAX: ValueError: Reverse-mode differentiation does not work") for reason in reasons)


def test_what_the_rule_raises_is_no_fault_of_ours() -> None:
    def broken_rule(primals: object, tangents: object) -> object:
        raise TypeError("mine")

    square = with_forward_rule(False)
    square.defjvp(broken_rule)  # type: ignore[attr-defined]
    with pytest.raises(UserCodeError, match="TypeError: mine"):
        diffcheck.check(square, X, lint=False)
