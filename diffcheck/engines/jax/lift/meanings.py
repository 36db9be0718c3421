"""Primitives whose meaning is a program of simpler ones: a JAX function a row, traced and followed in place of the primitive.

Sizes are known when a program is traced, so loops over rows and columns are unrolled in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from inspect import signature
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from diffcheck.engines.jax.lift import factorisations as linear
from diffcheck.engines.jax.lift.array_algebra import NOWHERE, Places
from diffcheck.engines.jax.lift.coordinates import SPARSE
from diffcheck.engines.jax.lift.scalars import NotLifted
from diffcheck.engines.jax.lift.windows import windows_of
from diffcheck.engines.jax.names import ClosedJaxpr, interpreted_kernel
from diffcheck.engines.jax.settings import settings

Program = Callable[..., Any]  # of arrays, a result or a sequence of results
Row = Callable[[dict[str, Any], Sequence[Any]], Program]  # the parameters of an equation, and its arguments' shapes and types


def meaning(equation: Any) -> ClosedJaxpr | None:
    """The program that an equation's primitive stands for; None where it is one of its own. Raises NotLifted for variants without one."""
    return _traced(equation) if equation.primitive.name in MEANINGS else None


@lru_cache(maxsize=1024)  # equations of loops come back at each step
def _traced(equation: Any) -> ClosedJaxpr:
    avals = [variable.aval for variable in equation.invars]
    arguments = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in avals]  # type: ignore[no-untyped-call]
    program = MEANINGS[equation.primitive.name](equation.params, arguments)

    def flat(*values: Any) -> list[Any]:
        results = program(*values)
        return list(results) if isinstance(results, (tuple, list)) else [results]

    with settings(True):
        return jax.make_jaxpr(flat)(*arguments)


def _batched(program: Program, dimensions: int) -> Program:
    """A program of matrices (or vectors), on the last axes of arrays; the axes before them are the batch."""

    def run(*arrays: Any) -> Any:
        over = program
        for _ in range(arrays[0].ndim - dimensions):
            over = jax.vmap(over)
        return over(*arrays)

    return run


def _of_matrices(program: Program) -> Row:
    return lambda params, arguments: _batched(program, 2)


def _qr(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    if params.get("pivoting"):
        raise NotLifted("the primitive qr, with pivots,")
    return _batched(partial(linear.qr, full_matrices=params["full_matrices"]), 2)


def _triangular_solve(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    names = ("left_side", "lower", "transpose_a", "unit_diagonal")
    return _batched(partial(linear.triangular_solve, **{name: params[name] for name in names}), 2)


def _permutation(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    return _batched(partial(linear.permutation_of_pivots, size=params["permutation_size"]), 1)


def _over_axes(combine: Callable[..., Any]) -> Row:
    """A collective over axes of an array; one over the axis of a mesh has a single device there."""

    def row(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
        if params.get("axis_index_groups") is not None:
            raise NotLifted("a collective over groups of devices")
        axes = tuple(axis for axis in params["axes"] if isinstance(axis, int))
        return lambda *arrays: [combine(array, axes) if axes else array for array in arrays]

    return row


def _exchanged(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    """A single device sends to itself, or nothing arrives."""
    arrives = tuple(params["perm"]) == ((0, 0),)
    return lambda *arrays: [array if arrives else jnp.zeros_like(array) for array in arrays]


def _index_of_device(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    return lambda: jnp.int32(0)


def _sort(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    """Batcher's network of odd and even merges; what comes with the keys is exchanged with them, and equal keys stay as they stand."""
    dimension, keys = params["dimension"], params["num_keys"]

    def run(*arrays: Any) -> list[Any]:
        count = arrays[0].shape[dimension]
        columns = [[lax.index_in_dim(array, i, dimension, keepdims=False) for array in arrays] for i in range(count)]
        if len(arrays) > 1:
            columns = [[*column, jnp.full_like(column[0], i, jnp.int32)] for i, column in enumerate(columns)]
        for i, j in _comparators(count):
            columns[i], columns[j] = _in_order(columns[i], columns[j], keys)
        return [jnp.stack([column[k] for column in columns], dimension) if columns else array for k, array in enumerate(arrays)]

    return run


def _in_order(first: Sequence[Any], second: Sequence[Any], keys: int) -> tuple[list[Any], list[Any]]:
    """Two columns, the smaller key first; with several arrays, the last one tells how the columns stood."""
    if len(first) == 1:
        return [lax.min(first[0], second[0])], [lax.max(first[0], second[0])]
    is_later = first[-1] > second[-1]
    for k in reversed(range(keys)):
        is_later = (first[k] > second[k]) | ((first[k] == second[k]) & is_later)
    swapped = [(jnp.where(is_later, b, a), jnp.where(is_later, a, b)) for a, b in zip(first, second, strict=True)]
    return [a for a, _ in swapped], [b for _, b in swapped]


def _comparators(count: int) -> list[tuple[int, int]]:
    """Batcher's network for any number of wires (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M)."""
    found, p = [], 1 << max(0, (count - 1).bit_length() - 1)
    top = p
    while p > 0:
        q, r, d = top, 0, p
        while d > 0:
            found += [(i, i + d) for i in range(count - d) if i & p == r]
            d, q, r = q - p, q // 2, p
        p //= 2
    return found


def _top(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    """The largest entries of each row, and where they stand: the first of equal ones."""
    count, axis = params["k"], params["axis"]
    if jnp.issubdtype(arguments[0].dtype, jnp.unsignedinteger):
        raise NotLifted("the primitive top_k of unsigned integers")

    def run(operand: Any) -> tuple[Any, Any]:
        places = lax.broadcasted_iota(jnp.int32, operand.shape, axis)
        order = lax.sort((-operand, places), dimension=axis, num_keys=1)[1]
        largest = -lax.sort(-operand, dimension=axis)
        return lax.slice_in_dim(largest, 0, count, axis=axis), lax.slice_in_dim(order, 0, count, axis=axis)

    return run


def _selected(params: dict[str, Any], shape: Sequence[int]) -> tuple[Places, Callable[[Any], Any]]:
    """The places that each window sees, a row for each window, and which of them hold its first largest (or smallest) entry."""
    seen, _ = windows_of(params, shape)
    is_largest = params["select_prim"].name == "ge"
    outside = jnp.inf if not is_largest else -jnp.inf

    def is_selected(operand: Any) -> Any:
        rows = jnp.where(seen == NOWHERE, outside, _at(operand, seen))
        first = (jnp.argmax if is_largest else jnp.argmin)(rows, -1)
        return first[:, None] == np.arange(seen.shape[1])

    return seen, is_selected


def _at(operand: Any, places: Places) -> Any:
    return operand.ravel().at[np.maximum(places, 0)].get(mode="promise_in_bounds", wrap_negative_indices=False)


def _scatter_to_selected(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    """Each number of the source is added to the place that its window selects."""
    seen, is_selected = _selected(params, arguments[1].shape)

    def run(source: Any, operand: Any) -> Any:
        parts = jnp.where(is_selected(operand), source.reshape(-1, 1), 0.0)
        flat = jnp.zeros(operand.size, source.dtype).at[np.where(seen == NOWHERE, operand.size, seen)].add(parts, mode="drop")
        return flat.reshape(operand.shape)

    return run


def _gather_selected(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    seen, is_selected = _selected(params, arguments[1].shape)

    def run(source: Any, operand: Any) -> Any:
        return jnp.where(is_selected(operand), _at(source, seen), 0.0).sum(1).reshape(windows_of(params, operand.shape)[1])

    return run


COLLECTIVES: dict[str, Row] = {
    **dict.fromkeys(("psum", "psum_invariant"), _over_axes(jnp.sum)),
    "pmax": _over_axes(jnp.max),
    "pmin": _over_axes(jnp.min),
    "ppermute": _exchanged,
    "axis_index": _index_of_device,
}


def _kernel(params: dict[str, Any], arguments: Sequence[Any]) -> Program:
    """A Pallas kernel in interpret mode: a loop over its grid, with references as arrays."""
    if not params["interpret"]:
        raise NotLifted("a Pallas kernel that is not interpreted")
    run = interpreted_kernel()
    wanted = signature(run).parameters
    return partial(run, **{name: value for name, value in params.items() if name in wanted})


MEANINGS: dict[str, Row] = {
    "pallas_call": _kernel,
    "cholesky": _of_matrices(linear.cholesky),
    "lu": _of_matrices(linear.lu),
    "lu_pivots_to_permutation": _permutation,
    "qr": _qr,
    "householder_product": _of_matrices(linear.householder_product),
    "triangular_solve": _triangular_solve,
    "tridiagonal_solve": lambda params, arguments: _batched(linear.tridiagonal_solve, 1),
    "cholesky_update": _of_matrices(linear.cholesky_update),
    "sort": _sort,
    "top_k": _top,
    "select_and_scatter_add": _scatter_to_selected,
    "select_and_gather_add": _gather_selected,
    **COLLECTIVES,
    **SPARSE,
}
