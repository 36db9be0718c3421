"""Primitives that combine the entries of arrays: sums, products of matrices, folds by a function of the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcheck.engines.jax.lift.array_algebra import ArrayAlgebra, Places
from diffcheck.engines.jax.lift.elementwise import graph_of_function
from diffcheck.engines.jax.lift.gathers import OUTSIDE, scattered_places
from diffcheck.engines.jax.lift.scalars import NotLifted

Rule = Callable[..., Any]


def numbered(shape: Sequence[int]) -> Places:
    return np.arange(int(np.prod(shape))).reshape(shape)


def _sum(arrays: ArrayAlgebra, equation: Any, operand: Any) -> Any:
    shape = equation.outvars[0].aval.shape
    kept = [1 if axis in equation.params["axes"] else size for axis, size in enumerate(operand.shape)]
    return arrays.summed(operand, np.broadcast_to(numbered(shape).reshape(kept), operand.shape), shape)


def fold(arrays: ArrayAlgebra, function: str, rows: Any, neutral: float | bool) -> Any:
    """The entries of each row (the last axis) combined by an associative function, halves with halves."""
    graph = graph_of_function(function, 2)
    while rows.shape[-1] > 1:
        places, half = numbered(rows.shape), rows.shape[-1] // 2
        first, second = (arrays.moved([rows], places[..., part]) for part in (slice(half), slice(half, 2 * half)))
        combined = arrays.evaluated(graph, {"x0": first, "x1": second})
        if rows.shape[-1] % 2:
            last = places[..., -1:]
            size = int(np.prod(combined.shape))
            joined = np.concatenate([numbered(combined.shape), size + last], axis=-1)
            rows = arrays.moved([combined, rows], joined)
        else:
            rows = combined
    shape = rows.shape[:-1]
    return arrays.moved([rows], numbered(shape)) if rows.shape[-1] else np.full(shape, neutral)


def _fold(function: str, neutral: float | bool) -> Rule:
    def rule(arrays: ArrayAlgebra, equation: Any, operand: Any) -> Any:
        return fold(arrays, function, as_rows(arrays, operand, equation.params["axes"]), neutral)

    return rule


def as_rows(arrays: ArrayAlgebra, operand: Any, axes: Sequence[int]) -> Any:
    """The entries along some axes as the last axis."""
    others = [axis for axis in range(len(operand.shape)) if axis not in axes]
    kept, length = [operand.shape[axis] for axis in others], int(np.prod([operand.shape[axis] for axis in axes]))
    return arrays.moved([operand], numbered(operand.shape).transpose([*others, *axes]).reshape([*kept, length]))


def _cumulate(function: str) -> Rule:
    """One entry after the other along an axis."""

    def rule(arrays: ArrayAlgebra, equation: Any, operand: Any) -> Any:
        graph, axis = graph_of_function(function, 2), equation.params["axis"]
        places = np.moveaxis(numbered(operand.shape), axis, 0)
        order = range(operand.shape[axis])[:: -1 if equation.params["reverse"] else 1]
        found: dict[int, Any] = {}
        for before, i in zip((None, *order), order, strict=False):
            here = arrays.moved([operand], places[i])
            found[i] = here if before is None else arrays.evaluated(graph, {"x0": found[before], "x1": here})
        stacked = numbered((len(order), *places.shape[1:]))
        return arrays.moved([found[i] for i in sorted(found)], np.moveaxis(stacked, 0, axis)) if found else operand

    return rule


def _first(largest: bool) -> Rule:
    def rule(arrays: ArrayAlgebra, equation: Any, operand: Any) -> Any:
        return arrays.first(as_rows(arrays, operand, equation.params["axes"]), largest).astype(equation.outvars[0].aval.dtype)

    return rule


def _dot(arrays: ArrayAlgebra, equation: Any, left: Any, right: Any) -> Any:
    """Batch axes come first in the result, then those of left, then of right."""
    (contracted_left, contracted_right), (batch_left, batch_right) = equation.params["dimension_numbers"]
    a, b = _matrices(arrays, left, batch_left, contracted_left), _matrices(arrays, right, batch_right, contracted_right)
    turned = arrays.moved([b], numbered(b.shape).transpose(0, 2, 1))
    product = arrays.product(a, turned)
    return arrays.moved([product], numbered(product.shape).reshape(equation.outvars[0].aval.shape))


def _matrices(arrays: ArrayAlgebra, operand: Any, batch: Sequence[int], contracted: Sequence[int]) -> Any:
    """Batch by batch, the rows that are contracted."""
    free = [axis for axis in range(len(operand.shape)) if axis not in (*batch, *contracted)]
    sizes = [int(np.prod([operand.shape[axis] for axis in axes])) for axes in (batch, free, contracted)]
    return arrays.moved([operand], numbered(operand.shape).transpose([*batch, *free, *contracted]).reshape(sizes))


def _scatter_add(arrays: ArrayAlgebra, equation: Any, operand: Any, indices: Any, updates: Any) -> Any:
    """What is there and what comes, each added at its place; what falls outside is dropped."""
    places = scattered_places(equation.params, operand.shape, arrays.integers(indices), updates.shape)
    both = arrays.moved([operand, updates], numbered((int(np.prod(operand.shape)) + int(np.prod(updates.shape)),)))
    return arrays.summed(both, np.concatenate([numbered(operand.shape).ravel(), places.ravel()]), operand.shape)


def _scatter(function: str) -> Rule:
    """What is there combined with what comes, one update of each place after the other."""

    def rule(arrays: ArrayAlgebra, equation: Any, operand: Any, indices: Any, updates: Any) -> Any:
        left = scattered_places(equation.params, operand.shape, arrays.integers(indices), updates.shape).flatten()
        while (left != OUTSIDE).any():
            touched, which = np.unique(left, return_index=True)
            touched, which = touched[touched != OUTSIDE], which[touched != OUTSIDE]
            before, after = arrays.moved([operand], touched), arrays.moved([updates], which)
            combined = arrays.evaluated(graph_of_function(function, 2), {"x0": before, "x1": after})
            result = numbered(operand.shape).ravel()
            result[touched] = len(result) + np.arange(len(touched))
            operand = arrays.moved([operand, combined], result.reshape(operand.shape))
            left[which] = OUTSIDE
        return operand

    return rule


def _sort(arrays: ArrayAlgebra, equation: Any, *operands: Any) -> list[Any]:
    """All operands in the order of the first."""
    if equation.params["num_keys"] != 1:
        raise NotLifted("the primitive sort by several keys")
    places = np.moveaxis(numbered(operands[0].shape), equation.params["dimension"], -1)
    order = arrays.order(arrays.moved([operands[0]], places))
    sorted_places = np.moveaxis(np.take_along_axis(places, order, -1), -1, equation.params["dimension"])
    return [arrays.moved([operand], sorted_places) for operand in operands]


REDUCTIONS: dict[str, Rule] = {
    "reduce_sum": _sum,
    "reduce_prod": _fold("multiply", 1.0),
    "reduce_max": _fold("max", -np.inf),
    "reduce_min": _fold("min", np.inf),
    "reduce_and": _fold("and", True),
    "reduce_or": _fold("or", False),
    "cumsum": _cumulate("add"),
    "cumprod": _cumulate("multiply"),
    "cummax": _cumulate("max"),
    "cummin": _cumulate("min"),
    "cumlogsumexp": _cumulate("logaddexp"),
    "argmax": _first(True),
    "argmin": _first(False),
    "dot_general": _dot,
    "scatter-add": _scatter_add,
    "scatter-mul": _scatter("multiply"),
    "scatter-min": _scatter("min"),
    "scatter-max": _scatter("max"),
    "sort": _sort,
}
