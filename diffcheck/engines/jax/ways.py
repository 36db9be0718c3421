"""The programs by which JAX gives derivatives, each with the function's value, as one writes them by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from diffcheck.engines.jax.values import algebra
from diffcheck.graph.graph import Graph, evaluate_nodes, join

Function = Callable[..., Any]  # of arrays, to an array
Derived = Callable[..., Any]  # of the same arrays


def computed(graphs: Sequence[Graph], variables: Sequence[str], dtype: str, mode: str = "jax") -> Function:
    """The values of graphs as a function of numbers; what they share is computed once. `mode` is a column of the table."""
    graph, outputs = join(graphs)

    def values(*coordinates: Any) -> list[Any]:
        found = evaluate_nodes(graph, algebra(mode, dtype), dict(zip(variables, coordinates, strict=True)))
        return [jnp.asarray(found[output], dtype) for output in outputs]

    return values


def forward(function: Function) -> Derived:
    """f and its derivative by the first entry of the first argument, by jax.jvp."""

    def derived(first: Any, *others: Any) -> Any:
        direction = np.zeros(jnp.shape(first), jnp.result_type(first))
        direction.flat[0] = 1
        return jax.jvp(lambda moving: function(moving, *others), (first,), (direction,))

    return derived


def forward_all(function: Function) -> Derived:
    """f and its derivatives by all entries, by jax.jvp along each: what jax.jacfwd does."""

    def derived(*leaves: Any) -> Any:
        def pushforward(*directions: Any) -> Any:
            return jax.jvp(function, leaves, directions)

        return jax.vmap(pushforward, out_axes=(None, 0))(*_basis(leaves))

    return derived


def _basis(leaves: Sequence[Any]) -> list[Any]:
    """The directions of all entries, an array for each leaf whose first axis numbers them."""
    every = np.eye(sum(jnp.size(leaf) for leaf in leaves))
    ends = np.cumsum([jnp.size(leaf) for leaf in leaves])
    parts = np.split(every, ends[:-1], axis=1)
    return [part.reshape(-1, *jnp.shape(leaf)).astype(jnp.result_type(leaf)) for part, leaf in zip(parts, leaves, strict=True)]


def reverse(function: Function) -> Derived:
    """f and, by one pullback, the derivatives of its value; of several values those of their sum."""

    def derived(*leaves: Any) -> Any:
        value, pullback = jax.vjp(function, *leaves)
        return value, pullback(jnp.ones_like(value))

    return derived


def hessian(function: Function) -> Derived:
    """All second derivatives, forward over reverse: the gradient's jax.jvp along each entry, what jax.hessian does."""

    def derived(*leaves: Any) -> Any:
        gradient = jax.grad(function, tuple(range(len(leaves))))
        return jax.vmap(lambda *directions: jax.jvp(gradient, leaves, directions)[1])(*_basis(leaves))

    return derived
