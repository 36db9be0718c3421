"""The programs by which JAX gives derivatives, each with the function's value, as one writes them by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from diffcheck.engines.jax.program import algebra
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
    """f and its derivatives by all entries, by jax.jvp along each."""

    def derived(*leaves: Any) -> Any:
        def twice(*moving: Any) -> Any:
            value = function(*moving)
            return value, value

        return jax.jacfwd(twice, tuple(range(len(leaves))), has_aux=True)(*leaves)[::-1]

    return derived


def reverse(function: Function) -> Derived:
    """f and, by one pullback, the derivatives of its value; of several values those of their sum."""

    def derived(*leaves: Any) -> Any:
        value, pullback = jax.vjp(function, *leaves)
        return value, pullback(jnp.ones_like(value))

    return derived


def hessian(function: Function) -> Derived:
    """All second derivatives, forward over reverse."""

    def derived(*leaves: Any) -> Any:
        every = tuple(range(len(leaves)))
        return jax.jacfwd(jax.grad(function, every), every)(*leaves)

    return derived
