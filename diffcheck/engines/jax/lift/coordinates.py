"""Sparse matrices by coordinates (jax.experimental.sparse.BCOO), as programs of dense ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax.numpy as jnp
from jax import lax

from diffcheck.engines.jax.lift.scalars import NotLifted

Program = Callable[..., Any]


def _dense(data: Any, indices: Any, shape: Sequence[int]) -> Any:
    """What is beyond the matrix is padding."""
    if data.ndim != 1 or indices.ndim != 2 or indices.shape[1] != len(shape):
        raise NotLifted("a sparse matrix with axes that are dense, or of a batch,")
    return jnp.zeros(shape, data.dtype).at[tuple(indices.T)].add(data, mode="drop")


def _entries(dense: Any, indices: Any) -> Any:
    if indices.ndim != 2 or indices.shape[1] != dense.ndim:
        raise NotLifted("a sparse matrix with axes that are dense, or of a batch,")
    return dense.at[tuple(indices.T)].get(mode="fill", fill_value=0)


def _to_dense(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    return lambda data, indices: _dense(data, indices, params["spinfo"].shape)


def _from_dense(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    return lambda indices, dense: _entries(dense, indices)


def _product(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    shape, numbers = params["lhs_spinfo"].shape, params["dimension_numbers"]
    return lambda data, indices, dense: lax.dot_general(_dense(data, indices, shape), dense, numbers)


def _product_at(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    return lambda left, right, indices: _entries(lax.dot_general(left, right, params["dimension_numbers"]), indices)


SPARSE: dict[str, Callable[[dict[str, Any], Sequence[Any]], Program]] = {
    "bcoo_todense": _to_dense,
    "bcoo_extract": _from_dense,
    "bcoo_dot_general": _product,
    "bcoo_dot_general_sampled": _product_at,
}
