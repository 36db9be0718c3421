"""Primitives that move entries about, or combine the entries of an array: operations on arrays of node indices."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np
from jax import numpy as jnp

from diffcheck.engines.jax.lift.choices import chosen_by_indices, places_by_indices
from diffcheck.engines.jax.lift.gathers import OUTSIDE, gathered_places, scattered_places
from diffcheck.engines.jax.lift.scalars import Nodes, Scalars

Rule = Callable[..., Nodes | Sequence[Nodes]]  # the scalars, the equation, and the nodes of each argument

# Moves


def _broadcast(scalars: Scalars, equation: Any, operand: Nodes) -> Nodes:
    shape, kept = equation.params["shape"], equation.params["broadcast_dimensions"]
    sizes = dict(zip(kept, operand.shape, strict=True))
    return np.broadcast_to(operand.reshape([sizes.get(axis, 1) for axis in range(len(shape))]), shape)


def _slice(scalars: Scalars, equation: Any, operand: Nodes) -> Nodes:
    starts, limits, strides = (equation.params[name] for name in ("start_indices", "limit_indices", "strides"))
    return operand[tuple(map(slice, starts, limits, strides or [1] * len(starts)))]


def _pad(scalars: Scalars, equation: Any, operand: Nodes, padding: Nodes) -> Nodes:
    """Entry i of an axis goes to low + i·(interior + 1), if that is still inside."""
    result = np.full(equation.outvars[0].aval.shape, padding)
    places, kept = [], []
    for size, old, (low, _, interior) in zip(result.shape, operand.shape, equation.params["padding_config"], strict=True):
        moved = low + np.arange(old) * (interior + 1)
        inside = (moved >= 0) & (moved < size)
        places.append(moved[inside])
        kept.append(np.flatnonzero(inside))
    result[np.ix_(*places)] = operand[np.ix_(*kept)]
    return result


def _iota(scalars: Scalars, equation: Any) -> Nodes:
    shape, dimension = equation.params["shape"], equation.params["dimension"]
    return scalars.array(np.indices(shape)[dimension])


def _empty(scalars: Scalars, equation: Any) -> Nodes:
    """Memory that nobody reads."""
    aval = equation.outvars[0].aval
    return scalars.array(np.zeros(aval.shape, aval.dtype))


# Moves to places that indices say


def _window(starts: Nodes, shape: Sequence[int], sizes: Sequence[int]) -> tuple[slice, ...]:
    """The part of an array of this shape, moved inside where it juts out."""
    inside = [min(max(start, 0), whole - size) for start, whole, size in zip(starts.tolist(), shape, sizes, strict=True)]
    return tuple(slice(start, start + size) for start, size in zip(inside, sizes, strict=True))


def _dynamic_slice(scalars: Scalars, equation: Any, operand: Nodes, *starts: Nodes) -> Nodes:
    sizes = equation.params["slice_sizes"]

    def at(indices: Nodes) -> Nodes:
        return operand[_window(indices[0], operand.shape, sizes)]

    return chosen_by_indices(scalars, _as_row(starts), operand.shape, at, np.zeros(sizes, np.int64))


def _dynamic_update_slice(scalars: Scalars, equation: Any, operand: Nodes, update: Nodes, *starts: Nodes) -> Nodes:
    def at(indices: Nodes) -> Nodes:
        result = operand.copy()
        result[_window(indices[0], operand.shape, update.shape)] = update
        return result

    return chosen_by_indices(scalars, _as_row(starts), operand.shape, at, np.zeros(operand.shape, np.int64))


def _as_row(starts: Sequence[Nodes]) -> Nodes:
    return np.array([[start.item() for start in starts]], np.int64)


def _gather(scalars: Scalars, equation: Any, operand: Nodes, indices: Nodes) -> Nodes:
    """What is outside becomes the value that the equation says."""
    params, numbers = equation.params, equation.params["dimension_numbers"]
    rows = indices.reshape(math.prod(indices.shape[:-1]), indices.shape[-1])
    flat = np.append(operand.ravel(), scalars.constant(_fill_value(equation)))  # the last place is OUTSIDE

    def at(known: Nodes) -> Nodes:
        places = gathered_places(operand.shape, known.reshape(indices.shape), numbers, params["slice_sizes"], params["mode"])
        return np.asarray(flat[places])

    axes = [operand.shape[axis] for axis in numbers.start_index_map]
    return chosen_by_indices(scalars, rows, axes, at, _numbers_of_rows(equation.outvars[0].aval.shape, numbers.offset_dims))


def _fill_value(equation: Any) -> Any:
    """By default NaN, the largest integer of an unsigned type, or the smallest of another one."""
    fill, dtype = equation.params["fill_value"], equation.invars[0].aval.dtype
    if fill is not None:
        return fill
    if dtype == np.bool_:
        return True
    if jnp.issubdtype(dtype, np.integer):
        return np.iinfo(dtype).max if jnp.issubdtype(dtype, np.unsignedinteger) else np.iinfo(dtype).min
    return np.nan


def _numbers_of_rows(shape: Sequence[int], windows: Sequence[int]) -> Nodes:
    """The number of the row of indices that each entry of an array of windows belongs to."""
    rows = [1 if axis in windows else size for axis, size in enumerate(shape)]
    return np.broadcast_to(np.arange(int(np.prod(rows))).reshape(rows), shape)


def _scatter(function: str | None) -> Rule:
    """Updates are combined with what is at their places by a function, or replace it."""

    def rule(scalars: Scalars, equation: Any, operand: Nodes, indices: Nodes, updates: Nodes) -> Nodes:
        numbers = equation.params["dimension_numbers"]

        def at(known: Nodes) -> Nodes:
            return scattered_places(equation.params, operand.shape, known.reshape(indices.shape), updates.shape)

        axes = [operand.shape[axis] for axis in numbers.scatter_dims_to_operand_dims]
        rows = _numbers_of_rows(updates.shape, numbers.update_window_dims)
        places = places_by_indices(scalars, indices.reshape(math.prod(indices.shape[:-1]), indices.shape[-1]), axes, at, rows)
        result = operand.ravel().copy()
        for possible, update in zip(places, updates.ravel().tolist(), strict=True):
            for condition, place in possible:
                if place != OUTSIDE:
                    old = int(result[place])
                    new = scalars.apply(function, old, update) if function else update
                    result[place] = new if condition is None else scalars.apply("where", condition, new, old)
        return result.reshape(operand.shape)

    return rule


# Combinations


def _rows(operand: Nodes, axes: Sequence[int]) -> list[list[int]]:
    """The entries along some axes, a row for each place on the others."""
    others = [axis for axis in range(operand.ndim) if axis not in axes]
    length = int(np.prod([operand.shape[axis] for axis in axes]))
    count = operand.size // length if length else int(np.prod([operand.shape[axis] for axis in others]))
    rows: list[list[int]] = operand.transpose([*others, *axes]).reshape(count, length).tolist()
    return rows


def _shaped(equation: Any, results: Sequence[int]) -> Nodes:
    return np.array(results, np.int64).reshape(equation.outvars[0].aval.shape)


def _reduce(function: str, neutral: float | bool) -> Rule:
    def rule(scalars: Scalars, equation: Any, operand: Nodes) -> Nodes:
        def combined(a: int, b: int) -> int:
            return scalars.apply(function, a, b)

        rows = _rows(operand, equation.params["axes"])
        return _shaped(equation, [reduce(combined, row or [scalars.constant(neutral)]) for row in rows])

    return rule


def _cumulate(function: str) -> Rule:
    def rule(scalars: Scalars, equation: Any, operand: Nodes) -> Nodes:
        axis, step = equation.params["axis"], -1 if equation.params["reverse"] else 1
        rows = (list(accumulate(row[::step], lambda a, b: scalars.apply(function, a, b))) for row in _rows(operand, [axis]))
        moved = np.moveaxis(operand, axis, -1)
        return np.moveaxis(np.array([row[::step] for row in rows], np.int64).reshape(moved.shape), -1, axis)

    return rule


def _first(comparison: str) -> Rule:
    """The index of the first entry that no later one beats."""

    def index(scalars: Scalars, row: Sequence[int]) -> int:
        best, where = row[0], scalars.constant(0)
        for k, entry in enumerate(row[1:], 1):
            better = scalars.apply(comparison, entry, best)
            best, where = scalars.apply("where", better, entry, best), scalars.apply("where", better, scalars.constant(k), where)
        return where

    def rule(scalars: Scalars, equation: Any, operand: Nodes) -> Nodes:
        of_conditions = equation.invars[0].aval.dtype == np.bool_
        find = _first_condition(comparison == "greater") if of_conditions else index
        return _shaped(equation, [find(scalars, row) for row in _rows(operand, equation.params["axes"])])

    return rule


def _first_condition(holds: bool) -> Callable[[Scalars, Sequence[int]], int]:
    """The index of the first condition that holds, or that does not; 0 where there is none."""

    def index(scalars: Scalars, row: Sequence[int]) -> int:
        result = scalars.constant(0)
        for k, condition in reversed(list(enumerate(row))):
            found = condition if holds else scalars.apply("not", condition)
            result = scalars.apply("where", found, scalars.constant(k), result)
        return result

    return index


def _dot(scalars: Scalars, equation: Any, left: Nodes, right: Nodes) -> Nodes:
    """Sums of products along the contracted axes; batch axes come first in the result, then those of left, then of right."""
    (contracted_left, contracted_right), (batch_left, batch_right) = equation.params["dimension_numbers"]
    a, b = _matrices(left, batch_left, contracted_left), _matrices(right, batch_right, contracted_right)
    sums = [scalars.inner(row, column) for rows, columns in zip(a, b, strict=True) for row in rows for column in columns]
    return _shaped(equation, sums)


def _matrices(operand: Nodes, batch: Sequence[int], contracted: Sequence[int]) -> list[list[list[int]]]:
    """Batch by batch, the rows that are contracted."""
    free = [axis for axis in range(operand.ndim) if axis not in (*batch, *contracted)]
    sizes = [int(np.prod([operand.shape[axis] for axis in axes])) for axes in (batch, free, contracted)]
    matrices: list[list[list[int]]] = operand.transpose([*batch, *free, *contracted]).reshape(sizes).tolist()
    return matrices


IDENTITIES = ("copy", "stop_gradient", "optimization_barrier", "reduce_precision", "name", "device_put", "sharding_constraint", "pvary")
ARRAY_RULES: dict[str, Rule] = {
    **dict.fromkeys(IDENTITIES, lambda scalars, equation, *arguments: arguments),
    **dict.fromkeys(("reshape", "squeeze"), lambda scalars, equation, operand: operand.reshape(equation.outvars[0].aval.shape)),
    **dict.fromkeys(("empty", "empty2"), _empty),
    "broadcast_in_dim": _broadcast,
    "transpose": lambda scalars, equation, operand: operand.transpose(equation.params["permutation"]),
    "rev": lambda scalars, equation, operand: np.flip(operand, equation.params["dimensions"]),
    "slice": _slice,
    "concatenate": lambda scalars, equation, *operands: np.concatenate(operands, equation.params["dimension"]),
    "stack": lambda scalars, equation, *operands: np.stack(operands, equation.params["axis"]),
    "unstack": lambda scalars, equation, operand: list(np.moveaxis(operand, equation.params["axis"], 0)),
    "tile": lambda scalars, equation, operand: np.tile(operand, equation.params["reps"]),
    "split": lambda scalars, equation, operand: np.split(operand, np.cumsum(equation.params["sizes"])[:-1], equation.params["axis"]),
    "pad": _pad,
    "iota": _iota,
    "dynamic_slice": _dynamic_slice,
    "dynamic_update_slice": _dynamic_update_slice,
    "gather": _gather,
    "scatter": _scatter(None),
    "scatter-add": _scatter("add"),
    "scatter-mul": _scatter("multiply"),
    "scatter-min": _scatter("min"),
    "scatter-max": _scatter("max"),
    "reduce_sum": _reduce("add", 0),
    "reduce_prod": _reduce("multiply", 1),
    "reduce_max": _reduce("max", -np.inf),
    "reduce_min": _reduce("min", np.inf),
    "reduce_and": _reduce("and", True),
    "reduce_or": _reduce("or", False),
    "argmax": _first("greater"),
    "argmin": _first("less"),
    "cumsum": _cumulate("add"),
    "cumprod": _cumulate("multiply"),
    "cummax": _cumulate("max"),
    "cummin": _cumulate("min"),
    "cumlogsumexp": _cumulate("logaddexp"),
    "dot_general": _dot,
}
