"""Programs of JAX as people write them: rules, ties, loops, arrays; what is folded, and what is not lifted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax_programs import assert_lifts, exact_values

from diffcheck.engines.jax.lift import control, lift, lift_arrays, scalars
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Apply, Constant, Variable
from diffcheck.graph.limits import MAX_NODES

V = jax.Array
VECTOR = [0.3, -1.2, 2.5]


@pytest.mark.parametrize(
    "program",
    [
        jax.grad(jax.nn.logsumexp),
        jax.jacrev(jax.nn.log_softmax),
        jax.jacfwd(jax.nn.softmax),
        jax.grad(jnp.linalg.norm),
        jax.grad(jnp.prod),
        jax.grad(lambda x: jnp.linalg.det(jnp.outer(x, x) + jnp.diag(x))),
        jax.jacrev(lambda x: lax.associative_scan(jnp.multiply, x)),
        jax.hessian(lambda x: jnp.sum(jnp.tanh(x) ** 2) * x[0]),
        jax.grad(lambda x: jnp.sum(jnp.where(x > 0, x, jnp.exp(x) - 1) @ jnp.outer(x, x))),
        jax.grad(lambda x: lax.fori_loop(0, 5, lambda i, total: total * x[i % 3] + i, x[1])),
        jax.grad(lambda x: jnp.polyval(jnp.array([2.0, -1.0, 0.5]), x[0]) * x[jnp.array([2, 1])].sum()),
        lambda x: jax.jvp(lambda x: lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1], (x,), (x,)),
        jax.vmap(jax.grad(lambda x: lax.cond(x > 0, jnp.sin, jnp.cos, x))),
    ],
)
def test_derivatives_on_arrays_have_the_values_of_jax(program: Callable[..., Any]) -> None:
    assert_lifts(program, VECTOR)


# Rules


@jax.custom_vjp
def twice(x: V) -> V:
    """2x, with a rule that says 3."""
    return 2 * x


twice.defvjp(lambda x: (2 * x, None), lambda _, cotangent: (3 * cotangent,))


def test_a_custom_rule_is_what_is_lifted_not_its_primal() -> None:
    (slope,) = exact_values(jax.grad(twice), 0.7)
    assert slope == 3


def test_a_custom_rule_that_is_not_differentiated_is_its_primal() -> None:
    (value,) = exact_values(lambda x: jax.checkpoint(jax.jit(twice))(x), 0.7)
    assert value == 1.4


# Ties: JAX shares the slope of a maximum among the arguments that reach it


@pytest.mark.parametrize(
    ("f", "point", "slopes"),
    [
        (jnp.maximum, (1, 2), (0, 1)),
        (jnp.maximum, (2, 2), (0.5, 0.5)),
        (jnp.minimum, (1, 2), (1, 0)),
        (jnp.minimum, (2, 2), (0.5, 0.5)),
        (lambda x, a: jnp.clip(x, a, 3.0), (2, 2), (0.5, 0.5)),
        (lambda x, a: lax.clamp(a, x, 3.0), (2, 2), (0, 0)),
        (lambda x, y: jnp.max(jnp.stack([x, y, x])), (2, 2), (2 / 3, 1 / 3)),
        (lambda x, y: jnp.max(jnp.stack([x, y, x])), (3, 2), (1, 0)),
    ],
)
def test_a_tie_gives_what_jax_gives(f: Callable[..., V], point: tuple[float, ...], slopes: tuple[float, ...]) -> None:
    program = jax.grad(f, (0, 1))
    assert exact_values(program, *point) == pytest.approx(slopes, rel=1e-15)
    assert_lifts(program, *point)


# What is known while lifting


def test_counters_and_coefficients_leave_no_operations_behind() -> None:
    def f(x: V) -> V:
        return lax.fori_loop(0, 4, lambda i, total: total + (2 * i + 1) % 3 * x, 0.0)

    graph = lift(f, ["x"], "float64")
    coefficients = {node.value for node in graph.nodes if isinstance(node, Constant)}
    assert coefficients == {0, 1, 2}
    assert {node.function for node in graph.nodes if isinstance(node, Apply)} == {"add", "multiply"}


def test_a_sum_that_would_be_rounded_is_not_folded() -> None:
    graph = lift(lambda x: x * ((1.0 + lax.stop_gradient(2.0**-60)) - 1.0), ["x"], "float64")
    assert exact_values(lambda x: x * ((jnp.float64(1.0) + 2.0**-60) - 1.0), 2.0)[0] == 2.0**-59
    assert "multiply" in graph.functions


def test_an_integer_is_held_as_its_type_holds_it() -> None:
    (value,) = exact_values(lambda x: x * (jnp.uint8(200) + jnp.uint8(100)), 1.0)
    assert value == 44


def test_dead_code_is_no_obstacle() -> None:
    def f(x: V) -> V:
        key = jax.random.key(0)
        return x + 0 * lax.cond(True, lambda: x, lambda: jax.random.uniform(key, dtype=x.dtype))

    assert_lifts(f, 0.7)


# What is not lifted


def _until_small(x: V) -> V:
    return lax.while_loop(lambda y: y > 1, lambda y: y / 2, x)


@pytest.mark.parametrize(
    ("program", "what"),
    [
        (_until_small, "a loop whose end depends on the input"),
        (lambda x: jnp.arange(9000.0)[x.astype(int)], "an index that depends on the input"),
        (lambda x: lax.bitcast_convert_type(x, "int64") & 1, "the primitive bitcast_convert_type|the primitive and"),
        (lambda x: jax.pure_callback(np.sin, jax.ShapeDtypeStruct((), "float64"), x), "the primitive pure_callback"),
        (lambda x: jnp.linalg.eigvalsh(jnp.diag(jnp.stack([x, 2 * x])))[0], "the primitive eigh"),
        (lambda x: jax.scipy.linalg.sqrtm(jnp.eye(2) * x).real[0, 0], "the primitive schur"),
        (lambda x: lax.linalg.qr(jnp.eye(2) * x, pivoting=True)[1][0, 0], "the primitive qr, with pivots,"),
    ],
)
def test_what_is_not_lifted_is_named(program: Callable[[V], V], what: str) -> None:
    with pytest.raises(UnsupportedError, match=f"JAX's derivative uses ({what}).*, which is not lifted"):
        lift(program, ["x"], "float64")


@pytest.mark.parametrize(
    "program",
    [
        lambda x: lax.fori_loop(0, MAX_NODES, lambda i, y: y * x, x),
        lambda x: lax.while_loop(lambda state: state[0] >= 0, lambda state: (state[0] + 1, state[1] * x), (0, x))[1],
        lambda x: lax.while_loop(lambda state: state[0] >= 0, lambda state: state, (0, x))[1],
        lambda x: jnp.sum(jnp.outer(jnp.full(60, x), jnp.arange(60.0))),
    ],
)
def test_a_program_that_is_too_long_is_refused_in_words(program: Callable[[V], V], monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (scalars, control):
        monkeypatch.setattr(module, "MAX_NODES", 1000)
    with pytest.raises(UnsupportedError, match="operations once its loops are unrolled, which is too many to lift"):
        lift(program, ["x"], "float64")


# Arguments and results that are arrays


def test_entries_of_arrays_are_variables_and_every_result_has_its_graph() -> None:
    arguments = {"w": np.zeros((2, 2)), "b": np.zeros(()), "p": {"u": np.zeros(2)}}
    product, total = lift_arrays(lambda w, b, p: (w @ p["u"] + b, jnp.sum(w)), arguments)
    assert (product.shape, total.shape) == ((2,), ())
    assert product[1].variables == ("w[1,0]", "w[1,1]", "b", "p['u'][0]", "p['u'][1]")
    assert total.item().variables == ("w[0,0]", "w[0,1]", "w[1,0]", "w[1,1]")


def test_a_constant_derivative_is_a_constant() -> None:
    (slopes,) = lift_arrays(jax.grad(lambda x: x[0] + 0.5 * x[1]), {"x": np.zeros(2)})
    assert [graph.nodes for graph in slopes] == [(Constant(1),), (Constant(0.5),)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_literals_are_those_of_the_format(dtype: str) -> None:
    graph = lift(lambda x: x * 0.1, ["x"], dtype)
    (literal,) = (float(node.value) for node in graph.nodes if isinstance(node, Constant))
    assert literal == float(jnp.asarray(0.1, dtype)) != 0.1
    assert Variable("x") in graph.nodes
