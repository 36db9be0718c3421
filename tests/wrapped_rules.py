"""The square of a vector with a derivative rule of its own, right or wrong in one row, inside all that JAX wraps around a function."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.extend.core import ClosedJaxpr, Jaxpr, Primitive, jaxpr_as_fun
from jax.interpreters import ad, mlir

Function = Callable[[Array], Array]
FACTOR = 1.5  # of the wrong row


def _weights(x: Array, is_wrong: bool) -> Array:
    return jnp.ones(x.shape).at[x.shape[-1] // 2].set(FACTOR if is_wrong else 1.0)


def with_reverse_rule(is_wrong: bool) -> Function:
    @jax.custom_vjp
    def square(x: Array) -> Array:
        return x * x

    square.defvjp(lambda x: (x * x, x), lambda x, cotangent: (2 * x * cotangent * _weights(x, is_wrong),))
    return square


def with_forward_rule(is_wrong: bool) -> Function:
    @jax.custom_jvp
    def square(x: Array) -> Array:
        return x * x

    @square.defjvp
    def square_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
        (x,), (tangent,) = primals, tangents
        return square(x), 2 * x * tangent * _weights(x, is_wrong)

    return square


# What JAX wraps around it


def _scanned(f: Function) -> Function:
    return lambda x: lax.scan(lambda carry, _: (f(carry), None), x, None, length=1)[0]


def _looped(f: Function) -> Function:
    """A loop that has no reverse mode."""
    return lambda x: lax.while_loop(lambda state: state[0] < 1, lambda state: (state[0] + 1, f(state[1])), (0, x))[1]


def _sharded(f: Function) -> Function:
    rows = jax.sharding.PartitionSpec("row")
    return jax.shard_map(f, mesh=jax.sharding.Mesh(np.array(jax.devices()[:1]), ("row",)), in_specs=rows, out_specs=rows)


def _nested(f: Function) -> Function:
    """In a function that has a rule, too, which is right as it stands."""
    outer = jax.custom_jvp(lambda x: f(x) + 1)
    outer.defjvp(lambda primals, tangents: jax.jvp(lambda x: f(x) + 1, primals, tangents))
    return outer


def _batched(f: Function) -> Function:
    function = jax.custom_batching.custom_vmap(f)
    function.def_vmap(lambda size, are_batched, x: (jax.vmap(f)(x) if are_batched[0] else f(x), are_batched[0]))
    return function


def _solved(f: Function) -> Function:
    """y/f(x) = 1 for each entry: the solution is implicitly differentiated, which is no rule of the user's."""

    def wrapped(x: Array) -> Array:
        return lax.custom_linear_solve(lambda y: y / f(x), jnp.ones_like(x), lambda _, b: b * f(x), lambda _, b: b * f(x))

    return wrapped


# Primitives of other libraries, which hold programs in their own ways


def run_held(*arguments: Array, held: Any, **_: Any) -> Array:
    """The program that a parameter holds, whatever it lies in."""
    while isinstance(held, tuple):
        held = held[-1]
    if isinstance(held, Jaxpr):
        return jax.core.eval_jaxpr(held, arguments[:1], *arguments[1:])[0]
    found = (jaxpr_as_fun(held) if isinstance(held, ClosedJaxpr) else held)(*arguments)
    return found[0] if isinstance(found, list) else found


holder = Primitive("holder")
holder.def_impl(run_held)
holder.def_abstract_eval(lambda *arguments, held: arguments[-1])
mlir.register_lowering(holder, mlir.lower_fun(run_held, multiple_results=False))
ad.primitive_jvps[holder] = lambda primals, tangents, **params: jax.jvp(
    partial(run_held, **params), tuple(primals), tuple(ad.instantiate_zeros(tangent) for tangent in tangents)
)


class Static(NamedTuple):
    name: str
    programs: tuple[ClosedJaxpr, ...]


def _run(x: Array, program: ClosedJaxpr) -> Array:
    return jaxpr_as_fun(program)(x)[0]


def _held_open(f: Function) -> Function:
    """An open program whose constant comes from elsewhere, in a tuple in a tuple."""

    def wrapped(x: Array) -> Array:
        offset = np.linspace(0.0, 1.0, x.size)
        closed = jax.make_jaxpr(lambda x: f(x + jnp.asarray(offset)))(x)
        return holder.bind(closed.consts[0], x, held=((closed.jaxpr,),))

    return wrapped


def _held(put: Callable[[ClosedJaxpr], Any]) -> Callable[[Function], Function]:
    def wrap(f: Function) -> Function:
        return lambda x: holder.bind(x, held=put(jax.make_jaxpr(lambda x: f(x + jnp.asarray(np.linspace(0.0, 1.0, x.size))))(x)))

    return wrap


WRAPPERS: dict[str, Callable[[Function], Function]] = {
    "nothing": lambda f: f,
    "jit": jax.jit,
    "checkpoint": jax.checkpoint,
    "jit of checkpoint": lambda f: jax.jit(jax.checkpoint(f)),
    "scan": _scanned,
    "scan of checkpoint": lambda f: _scanned(jax.checkpoint(f)),
    "checkpoint of scan": lambda f: jax.checkpoint(_scanned(f)),
    "cond": lambda f: lambda x: lax.cond(x[0] > 0, f, lambda x: x, x),
    "switch": lambda f: lambda x: lax.switch(1, [lambda x: x, f], x),
    "map": lambda f: lambda x: lax.map(f, x[None])[0],
    "vmap": lambda f: lambda x: jax.vmap(f)(x[None])[0],
    "shard_map": _sharded,
    "checkpoint of shard_map": lambda f: jax.checkpoint(_sharded(f)),
}
NEED_FORWARD_MODE: dict[str, Callable[[Function], Function]] = {  # of what is inside
    "while": _looped,
    "a function with a rule": _nested,
    "custom_vmap": _batched,
    "custom_linear_solve": _solved,
    "an open program with constants": _held_open,
    "a closed program with constants": _held(lambda closed: closed),
    "a program in a named tuple in a tuple": _held(lambda closed: (Static("name", (closed,)),)),
    "a function of a program": _held(jaxpr_as_fun),
    "a program by keyword": _held(lambda closed: partial(_run, program=closed)),
}
