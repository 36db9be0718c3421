"""Every primitive that is lifted, in a small program of its family: its exact value is what JAX computes, but for rounding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.extend.core import jaxprs_in_params
from jax.extend.core.primitives import reduce_prod_p
from jax_programs import assert_lifts

from diffcheck.engines.jax.lift.arrays import ARRAY_RULES
from diffcheck.engines.jax.lift.control import CONTROL_RULES
from diffcheck.engines.jax.lift.elementwise import CONDITION_RULES, NUMBER_RULES

V = jax.Array


def arithmetic(x: V, y: V) -> list[V]:
    return [x + y, x - y, x * y, x / y, -x, abs(x), lax.sign(x), lax.max(x, y), lax.min(x, y), lax.clamp(-0.5, x, y), lax.rem(x, y)]


def powers(x: V, y: V) -> list[V]:
    of_both = [lax.pow(y, x), lax.integer_pow(x, 3), lax.integer_pow(x, -2), lax.square(x), lax.cbrt(x)]
    return [*of_both, *(f(y) for f in (lax.sqrt, lax.rsqrt, lax.exp, lax.exp2, lax.expm1, lax.log, lax.log1p, lax.logistic))]


def trigonometry(x: V, y: V) -> list[V]:
    circular = [f(x) for f in (lax.sin, lax.cos, lax.tan, lax.atan)] + [f(x / 4) for f in (lax.asin, lax.acos)]
    hyperbolic = [f(x) for f in (lax.sinh, lax.cosh, lax.tanh, lax.asinh)] + [lax.acosh(1 + y), lax.atanh(x / 4)]
    return [*circular, *hyperbolic, lax.atan2(x, y)]


def special_functions(x: V, y: V) -> list[V]:
    of_one = [f(y) for f in (lax.erf, lax.erfc, lax.lgamma, lax.digamma, lax.bessel_i0e, lax.bessel_i1e)]
    of_two = [lax.polygamma(2.0, y), lax.zeta(3.0, y), lax.igamma(y, abs(x)), lax.igammac(y, abs(x))]
    return [*of_one, *of_two, lax.erf_inv(x / 4), lax.betainc(y, 2.0, abs(x) / 4)]


def comparisons(x: V, y: V) -> list[V]:
    in_order = [compare.bind(x, y) for compare in (lax.lt_to_p, lax.le_to_p, lax.eq_to_p)]
    return [*in_order, x < y, x <= y, x > y, x >= y, x == y, x != y, x == x, lax.is_finite(x)]


def conditions(x: V, y: V) -> list[V]:
    p, q = x < y, x > 0
    both = [p & q, p | q, ~p, p ^ q, p == q, p != q, lax.max(p, q), lax.min(p, q), p & True, p | True, p & False]
    return [*both, lax.select(p, q, ~q), lax.select(p, x, y), jnp.where(p, 2.0, x), p.astype(bool)]


def rounding(x: V, y: V) -> list[V]:
    n = (3 * y).astype(int)
    nearest = [lax.round(2 * x, method) for method in (lax.RoundingMethod.AWAY_FROM_ZERO, lax.RoundingMethod.TO_NEAREST_EVEN)]
    return [
        lax.floor(x),
        lax.ceil(x),
        lax.nextafter(x, y),
        *nearest,
        n,
        lax.div(n, 2),
        lax.rem(n, 2),
        n == 1,
        lax.select_n(n % 3, x, y, x * y),
    ]


def bits_of_the_sign(x: V, y: V) -> list[V]:
    return [jnp.signbit(x), jnp.copysign(y, x)]


def what_changes_nothing(x: V, y: V) -> list[V]:
    same = [lax.stop_gradient(x), jnp.copy(x), lax.reduce_precision(x, 11, 52), checkpoint_name(x, "name"), jax.device_put(x)]
    single = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    return [*same, *lax.optimization_barrier((x, y)), lax.with_sharding_constraint(x, single), x.astype("float32")[:0]]


def moves(x: V, y: V) -> list[V]:
    square = jnp.stack([x, y, x * y])
    reshaped = [square.T, square.reshape(9), x[None], square[1:, ::2], lax.rev(square, (1,)), jnp.tile(x, 2), jnp.repeat(y, 2)]
    padded = [lax.pad(x, 7.0, ((-1, 2, 1),)), lax.pad(square, 0.0, ((1, 0, 0), (0, -1, 2)))]
    return [*reshaped, *padded, *jnp.unstack(square), *lax.split(x, (1, 2)), jnp.concatenate([x, y]), x[0], x * jnp.arange(3)]


def moves_to_known_places(x: V, y: V) -> list[V]:
    at = jnp.array([2, 0, 2])
    square = jnp.outer(x, y)
    read = [x[at], square[at, 1], square[jnp.array([0, 1])], jnp.take(x, jnp.array([1, 5])), lax.dynamic_slice(x, (2,), (2,))]
    changed = [x.at[at].add(y), x.at[at].multiply(y), x.at[at].min(y), x.at[at].max(y), x.at[0].set(5.0), x.at[at[:2]].set(y[:2])]
    rows = [square.at[at].add(x), square.at[:, 1].set(y), x.at[jnp.array([1, 9])].add(1.0)]
    return [*read, *changed, *rows, lax.dynamic_update_slice(square, x[None, :2], (2, 2))]


def reductions(x: V, y: V) -> list[V]:
    cube = jnp.outer(x, y)[None] + jnp.arange(2.0)[:, None, None]
    whole = [jnp.sum(cube, 1), jnp.max(cube, (0, 2)), jnp.min(cube), jnp.prod(x), reduce_prod_p.bind(x, axes=(0,), out_sharding=None)]
    logical = [jnp.all(cube > 0, 0), jnp.any(cube > 0, (0, 1)), jnp.sum(x[:0]), jnp.sum(jnp.zeros((2, 0)), 1)]
    places = [jnp.argmax(x), jnp.argmin(cube, 1), jnp.argmax(x > 0), jnp.argmin(x > 0), jnp.argmax(jnp.ones(3))]
    return [*whole, *logical, *places]


def cumulations(x: V, y: V) -> list[V]:
    square = jnp.outer(x, y)
    along = [f(square, 0) for f in (lax.cumsum, lax.cumprod, lax.cummax, lax.cummin, lax.cumlogsumexp)]
    return [*along, lax.cumsum(square, 1, reverse=True)]


def products_of_matrices(x: V, y: V) -> list[V]:
    a, b = jnp.outer(x, y)[:2], jnp.outer(y, x)
    return [a @ b, x @ y, a @ x, jnp.einsum("ij,kj->ik", a, b), jnp.einsum("bi,bij->bj", b, jnp.stack([b, 2 * b, b])), x[:0] @ y[:0]]


def calls(x: V, y: V) -> list[V]:
    relu = jax.nn.relu  # a custom_jvp
    return [jax.jit(jnp.sin)(x), jax.checkpoint(jnp.exp)(x), relu(x), squared(x), batched(x), jax.jit(jax.jit(jax.checkpoint(relu)))(y)]


@jax.custom_vjp
def squared(x: V) -> V:
    return x * x


squared.defvjp(lambda x: (x * x, x), lambda x, cotangent: (2 * x * cotangent,))


def shards(x: V, y: V) -> list[V]:
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("row",))
    rows = jax.sharding.PartitionSpec("row")
    return [jax.shard_map(lambda x, y: jnp.sin(x) * y, mesh=mesh, in_specs=(rows, jax.sharding.PartitionSpec()), out_specs=rows)(x, y)]


@jax.custom_batching.custom_vmap
def batched(x: V) -> V:
    return jnp.sin(x)


batched.def_vmap(lambda size, are_batched, x: (jnp.sin(x), True))


def linear_solves(x: V, y: V) -> list[V]:
    return [lax.custom_linear_solve(lambda v: y * v, x, solve=lambda matvec, v: v / y, transpose_solve=lambda vecmat, v: v / y)]


def branches(x: V, y: V) -> list[V]:
    functions = [jnp.sin, jnp.cos, jnp.exp]
    by_number = [lax.switch(k, functions, x) for k in (0, 2, 9)]
    index = jnp.floor(y[0]).astype(int)
    return [*by_number, lax.cond(x[0] < y[0], jnp.sin, jnp.cos, x), lax.switch(index, functions, x)]


def loops(x: V, y: V) -> list[V]:
    counted = lax.fori_loop(0, 4, lambda i, total: total * x + i, y)
    doubled = lax.while_loop(lambda state: state[0] < 9.5, lambda state: (2 * state[0], state[1] * x), (1.0, y))
    final, every = lax.scan(lambda carry, entry: (carry * entry, carry + entry), 0.5, x, reverse=True)
    return [counted, *doubled, final, every, lax.map(jnp.sin, x), lax.scan(lambda c, e: (c, e), 1.0, x[:0])[1]]


def derivatives(x: V, y: V) -> list[V]:
    """These bring add_any, memory that nobody reads, and closed calls."""

    def f(x: V) -> V:
        return jnp.sum(x * jnp.sin(x)) + lax.cond(x[0] > 0, jnp.sin, jnp.square, x[0])

    def g(x: V) -> V:
        return lax.scan(lambda carry, entry: (jnp.sin(carry * entry), None), 0.5, x)[0]

    return [jax.grad(f)(x), jax.jvp(f, (x,), (y,))[1], jax.hessian(f)(x), jax.grad(jax.checkpoint(g))(x), lax.empty((0,), float)]


FAMILIES: list[Callable[[V, V], list[V]]] = [
    arithmetic, powers, trigonometry, special_functions, comparisons, conditions, rounding, bits_of_the_sign, what_changes_nothing,
    moves, moves_to_known_places, reductions, cumulations, products_of_matrices, calls, shards, linear_solves, branches, loops, derivatives,
]  # fmt: skip
X, Y = np.array([-0.7, 1.3, 2.5]), np.array([0.4, 1.3, 1.75])


def _floats(family: Callable[[V, V], list[V]]) -> Callable[[V, V], list[V]]:
    return lambda x, y: [jnp.asarray(value, float) for value in family(x, y)]


def _primitives(jaxpr: Any) -> Iterator[tuple[str, bool]]:
    """The primitives of a jaxpr and of those inside, and whether they work on conditions."""
    for equation in jaxpr.eqns:
        yield equation.primitive.name, bool(equation.invars) and equation.invars[0].aval.dtype == np.bool_
        for inner in jaxprs_in_params(equation.params):
            yield from _primitives(inner)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.__name__)
def test_exact_values_are_those_that_jax_computes(family: Callable[[V, V], list[V]]) -> None:
    assert_lifts(_floats(family), X, Y)


def test_every_rule_is_tested_by_a_family() -> None:
    with jax.enable_x64(True):
        used = {found for family in FAMILIES for found in _primitives(jax.make_jaxpr(_floats(family))(X, Y).jaxpr)}
    names = {name for name, _ in used}
    assert set(NUMBER_RULES) - {name for name, of_conditions in used if not of_conditions} == set()
    assert set(CONDITION_RULES) - {name for name, of_conditions in used if of_conditions} == set()
    assert (set(ARRAY_RULES) | set(CONTROL_RULES)) - names == set()
