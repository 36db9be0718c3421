"""What LAPACK computes for JAX, as JAX programs of simpler operations: the same factors, signs and pivots, in exact arithmetic.

Each function is of one matrix; loops over rows and columns are unrolled, as sizes are known.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Array = jax.Array


def cholesky(a: Array) -> Array:
    """The lower factor of the symmetric matrix whose lower triangle this is; NaN where it is not positive definite."""
    columns, pivots, rest = [], [], a
    for k in range(a.shape[0]):
        column = rest[:, 0] / lax.sqrt(rest[0, 0])
        columns.append(jnp.concatenate([jnp.zeros(k, a.dtype), column]))
        pivots.append(rest[0, 0])
        rest = rest[1:, 1:] - column[1:, None] * column[None, 1:]
    return jnp.where(jnp.all(jnp.stack(pivots) > 0), jnp.stack(columns, 1), jnp.nan) if columns else a


def lu(a: Array) -> tuple[Array, Array, Array]:
    """L below the diagonal, U above it, the rows that are exchanged, and the permutation that they make (LAPACK's getrf)."""
    rows, columns = a.shape
    permutation, pivots = jnp.arange(rows, dtype=jnp.int32), []
    for k in range(min(rows, columns)):
        block = a[k:]
        pivot = jnp.argmax(abs(block[:, k])).astype(jnp.int32)  # among the rows that are left
        order = jnp.stack([pivot, *(jnp.where(pivot == i, 0, i).astype(jnp.int32) for i in range(1, rows - k))])
        block = _rows(block, order)
        permutation = jnp.concatenate([permutation[:k], _rows(permutation[k:], order)])
        pivots.append(pivot + k)
        corner, column = block[0, k], block[1:, k]
        lower = jnp.where(corner == 0, column, column / corner)  # the column is 0 then, and stays
        rest = block[1:, k + 1 :] - lower[:, None] * block[0, None, k + 1 :]
        below = jnp.concatenate([block[1:, :k], lower[:, None], rest], 1)
        a = jnp.concatenate([a[:k], block[:1], below])
    return a, jnp.stack(pivots) if pivots else jnp.zeros(0, jnp.int32), permutation


def _rows(a: Array, order: Array) -> Array:
    return a.at[order].get(mode="promise_in_bounds", wrap_negative_indices=False)


def permutation_of_pivots(pivots: Array, size: int) -> Array:
    """The permutation that exchanges of rows make, one after the other."""
    permutation = jnp.arange(size, dtype=jnp.int32)
    for k in range(pivots.shape[0]):
        here = jnp.arange(size, dtype=jnp.int32)
        order = jnp.where(here == k, pivots[k], jnp.where(here == pivots[k], k, here))
        permutation = _rows(permutation, order)
    return permutation


def triangular_solve(a: Array, b: Array, left_side: bool, lower: bool, transpose_a: bool, unit_diagonal: bool) -> Array:
    """The solution x of a·x = b or, unless `left_side`, of x·a = b, by substitution."""
    if not left_side:
        return triangular_solve(a, b.T, True, lower, not transpose_a, unit_diagonal).T
    if transpose_a:
        a, lower = a.T, not lower
    found: dict[int, Array] = {}
    for i in range(a.shape[0]) if lower else reversed(range(a.shape[0])):
        row = b[0 if lower else -1]
        found[i] = row if unit_diagonal else row / a[i, i]
        b = b[1:] - a[i + 1 :, i, None] * found[i] if lower else b[:-1] - a[:i, i, None] * found[i]
    return jnp.stack([found[i] for i in sorted(found)]) if found else b


def qr(a: Array, full_matrices: bool) -> tuple[Array, Array]:
    """Q and R by Householder's reflections, with LAPACK's signs (geqrf): each is left out where nothing is below the diagonal."""
    rows, columns = a.shape
    kept = rows if full_matrices else min(rows, columns)
    reflections: list[tuple[Array, Array]] = []
    for k in range(min(rows - 1, columns)):
        vector, scale, corner = _reflection(a[k, k], a[k + 1 :, k])
        rest = a[k:, k + 1 :]
        rest = rest - scale * vector[:, None] * (vector[:, None] * rest).sum(0)
        first = jnp.concatenate([corner[None], jnp.zeros(rows - k - 1, a.dtype)])
        a = jnp.concatenate([a[:k], jnp.concatenate([a[k:, :k], first[:, None], rest], 1)])
        reflections.append((vector, scale))
    return _product_of_reflections(reflections, rows, kept, a.dtype), jnp.triu(a[:kept])


def _reflection(corner: Array, below: Array) -> tuple[Array, Array, Array]:
    """v and τ of 1 - τ·v·vᵀ, which turns a column into (β, 0, …), and β."""
    squares = (below * below).sum()
    is_done = squares == 0
    length = lax.sqrt(jnp.where(is_done, 1.0, corner * corner + squares))
    beta = jnp.where(corner >= 0, -length, length)
    scale = jnp.where(is_done, 0.0, (beta - corner) / beta)
    vector = jnp.where(is_done, below, below / jnp.where(is_done, 1.0, corner - beta))
    return jnp.concatenate([jnp.ones(1, below.dtype), vector]), scale, jnp.where(is_done, corner, beta)


def _product_of_reflections(reflections: Sequence[tuple[Array, Array]], rows: int, columns: int, dtype: Any) -> Array:
    result = jnp.eye(rows, columns, dtype=dtype)
    for k, (vector, scale) in reversed(list(enumerate(reflections))):
        part = result[k:]
        part = part - scale * vector[:, None] * (vector[:, None] * part).sum(0)
        result = jnp.concatenate([result[:k], part])
    return result


def householder_product(a: Array, scales: Array) -> Array:
    """The product of the reflections whose vectors stand below the diagonal."""
    rows, columns = a.shape
    vectors = [jnp.concatenate([jnp.ones(1, a.dtype), a[k + 1 :, k]]) for k in range(scales.shape[0])]
    return _product_of_reflections(list(zip(vectors, scales, strict=True)), rows, columns, a.dtype)


def tridiagonal_solve(below: Array, diagonal: Array, above: Array, b: Array) -> Array:
    """The solution of a tridiagonal system, by elimination with pivots of the whole matrix."""
    n = diagonal.shape[0]
    matrix = jnp.diag(diagonal) + (jnp.diag(below[1:], -1) + jnp.diag(above[:-1], 1) if n > 1 else 0)
    return solve(matrix, b)


def solve(a: Array, b: Array) -> Array:
    """The solution x of a·x = b."""
    factors, _, permutation = lu(a)
    half = triangular_solve(factors, _rows(b, permutation), True, True, False, True)
    return triangular_solve(factors, half, True, False, False, False)


def cholesky_update(factor: Array, vector: Array) -> Array:
    """The upper factor R' with R'ᵀR' = RᵀR + w·wᵀ."""
    return cholesky(factor.T @ factor + jnp.outer(vector, vector)).T
