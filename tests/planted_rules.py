"""Nine wrong derivative rules that common checkers pass, and fifteen right functions at points that are hard.

The tests demand a verdict on each; benchmarks/checkers.py shows what other checkers make of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

Function = Callable[..., Any]
DIRECTIONS = 300_000
FLIPPED = 123_456  # the direction whose sign is wrong


@dataclass(frozen=True)
class Case:
    """A function and the arguments at which it is checked."""

    name: str
    function: Function
    at: tuple[Any, ...]


def _with_rule(primal: Function, forward: Function, backward: Function) -> Function:
    """The function with a rule of its own for reverse mode."""
    function = jax.custom_vjp(primal)
    function.defvjp(forward, backward)
    return function


def _scalar_rule(primal: Function, slope: Function) -> Function:
    return _with_rule(primal, lambda x: (primal(x), x), lambda x, cotangent: (cotangent * slope(x),))


def _sigmoid_slope(x: Array) -> Array:
    s = jax.nn.sigmoid(x)
    return jnp.where(x < -10, -s * (1 - s), s * (1 - s))


def _narrow_cosine(x: Array) -> Array:
    return jnp.cos(x.astype(jnp.float32)).astype(x.dtype)


def _signs(x: Array) -> Array:
    return jnp.where(jnp.arange(x.size) == FLIPPED, -1.0, 1.0)


def _matvec_backward(saved: tuple[Array, Array], cotangent: Array) -> tuple[Array, Array]:
    matrix, x = saved
    return jnp.outer(cotangent, x), matrix @ cotangent  # the transpose is forgotten


def _frozen_cube_slope(x: Array) -> Array:
    return 3 * lax.stop_gradient(x) ** 2


WRONG = (
    Case("factor 2 on 1e-6·sin", _scalar_rule(lambda x: 1e-6 * jnp.sin(x), lambda x: 2e-6 * jnp.cos(x)), (0.5,)),
    Case("zero rule on 1e-7·exp", _scalar_rule(lambda x: 1e-7 * jnp.exp(x), jnp.zeros_like), (0.5,)),
    Case("sigmoid with a flipped sign at -15", _scalar_rule(jax.nn.sigmoid, _sigmoid_slope), (-15.0,)),
    Case("a rule through float32", _scalar_rule(jnp.sin, _narrow_cosine), (0.7,)),
    Case(
        "wrong sign in one of 300,000 directions",
        _with_rule(
            lambda x: jnp.sum(jnp.sin(x)), lambda x: (jnp.sum(jnp.sin(x)), x), lambda x, cotangent: (cotangent * _signs(x) * jnp.cos(x),)
        ),
        (np.linspace(-1.0, 1.0, DIRECTIONS),),
    ),
    Case(
        "wrong at ties only",
        _with_rule(
            jnp.maximum,
            lambda x, y: (jnp.maximum(x, y), (x, y)),
            lambda saved, cotangent: (cotangent * (saved[0] >= saved[1]), cotangent * (saved[1] >= saved[0])),
        ),
        (1.5, 1.5),
    ),
    Case(
        "missing residual term",
        _with_rule(
            lambda x, y: x * jnp.exp(1e-6 * x * y),
            lambda x, y: (x * jnp.exp(1e-6 * x * y), (x, y)),
            lambda saved, cotangent: (
                cotangent * jnp.exp(1e-6 * saved[0] * saved[1]),
                cotangent * 1e-6 * saved[0] ** 2 * jnp.exp(1e-6 * saved[0] * saved[1]),
            ),
        ),
        (0.5, 0.25),
    ),
    Case(
        "transposed matrix on a symmetric test point",
        _with_rule(lambda a, x: a @ x, lambda a, x: (a @ x, (a, x)), _matvec_backward),
        (np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([0.5, -1.5])),
    ),
    Case("right gradient, wrong second derivative", _scalar_rule(lambda x: x**3, _frozen_cube_slope), (1.5,)),
)


def _logistic(x: Array) -> Array:
    for _ in range(10):
        x = 4 * x * (1 - x)
    return x


def _cross_entropy(logits: Array) -> Array:
    return -jax.nn.log_softmax(logits)[0]


RIGHT = (
    Case("log at 1e-3", jnp.log, (1e-3,)),
    Case("sin(100x)", lambda x: jnp.sin(100 * x), (1.3,)),
    Case("square root at 1e-6", jnp.sqrt, (1e-6,)),
    Case("logistic map, tenfold", _logistic, (0.3,)),
    Case("norm away from 0", jnp.linalg.norm, (np.array([3e-3, -4e-3, 1e-3]),)),
    Case("softmax", jax.nn.softmax, (np.array([1.0, 2.0, 30.0]),)),
    Case("logsumexp of large arguments", jax.nn.logsumexp, (np.array([1000.0, 1001.0, 999.0]),)),
    Case("sigmoid at -40", jax.nn.sigmoid, (-40.0,)),
    Case("softplus at -30", jax.nn.softplus, (-30.0,)),
    Case("tanh at 15", jnp.tanh, (15.0,)),
    Case("exp at 300", jnp.exp, (300.0,)),
    Case("log1p at 1e-12", jnp.log1p, (1e-12,)),
    Case("atan2 near the origin", jnp.arctan2, (1e-7, -2e-7)),
    Case("cross entropy", _cross_entropy, (np.array([-20.0, 5.0, 3.0]),)),
    Case("quadratic form", lambda a, x: x @ a @ x, (np.array([[1.0, 1e6], [-1e6, 1.0]]), np.array([1.0, 1e-3]))),
)
