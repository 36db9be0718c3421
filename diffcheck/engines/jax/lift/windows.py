"""Primitives that slide a window over an array: convolutions as products of matrices, and what pools."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcheck.engines.jax.lift.array_algebra import NOWHERE, ArrayAlgebra, Places
from diffcheck.engines.jax.lift.reductions import fold, numbered
from diffcheck.errors import UnsupportedError

Rule = Callable[..., Any]
Sizes = Sequence[int]


def windows(
    shape: Sizes, window: Sizes, strides: Sizes, padding: Sequence[tuple[int, int]], base_dilation: Sizes, window_dilation: Sizes
) -> Places:
    """The places that each window sees, NOWHERE in the padding: an axis for each axis of the result, then one for each of the window."""
    rank = len(shape)
    result, outside = np.zeros((1,) * (2 * rank), np.int64), np.zeros((1,) * (2 * rank), bool)
    for axis, size in enumerate(shape):
        low, high = padding[axis]
        dilated = max(0, (size - 1) * base_dilation[axis] + 1)
        reach = (window[axis] - 1) * window_dilation[axis] + 1
        count = max(0, (dilated + low + high - reach) // strides[axis] + 1)
        at = np.add.outer(np.arange(count) * strides[axis] - low, np.arange(window[axis]) * window_dilation[axis])
        index = at // base_dilation[axis]
        wrong = (at < 0) | (at >= dilated) | (at % base_dilation[axis] != 0)
        spread = [1] * (2 * rank)
        spread[axis], spread[rank + axis] = at.shape
        result = result * size + np.where(wrong, 0, index).reshape(spread)
        outside = outside | wrong.reshape(spread)
    return np.where(outside, NOWHERE, result)


def _convolution(arrays: ArrayAlgebra, equation: Any, left: Any, right: Any) -> Any:
    """The product of the kernel with what it sees at each place."""
    params = equation.params
    numbers, groups = params["dimension_numbers"], params["feature_group_count"]
    if params["batch_group_count"] != 1:
        raise UnsupportedError("a convolution in groups of batches is not followed on arrays")
    images, kernel = numbered(left.shape).transpose(numbers.lhs_spec), numbered(right.shape).transpose(numbers.rhs_spec)
    batch, channels, *spatial = images.shape
    features, depth, *window = kernel.shape
    seen = windows(spatial, window, params["window_strides"], params["padding"], params["lhs_dilation"], params["rhs_dilation"])
    rank = len(spatial)
    flat = images.reshape(batch, channels, -1)
    patches = np.where(seen == NOWHERE, NOWHERE, flat[:, :, seen])  # batch, channel, result…, window…
    result = patches.shape[2 : 2 + rank]
    rows = patches.reshape(batch, groups, depth, *patches.shape[2:])
    rows = np.moveaxis(rows, 1, 0)  # group, batch, depth, result…, window…
    rows = np.moveaxis(rows, 2, 2 + rank).reshape(groups, batch * int(np.prod(result)), depth * int(np.prod(window)))
    columns = kernel.reshape(groups, features // groups, -1).transpose(0, 2, 1)
    product = arrays.product(arrays.moved([left], rows), arrays.moved([right], columns))
    places = numbered(product.shape).reshape(groups, batch, *result, features // groups)
    places = np.moveaxis(np.moveaxis(places, 0, -2).reshape(batch, *result, features), -1, 1)  # batch, feature, result…
    return arrays.moved([product], places.transpose(np.argsort(numbers.out_spec)))


def _pool(function: str, neutral: float) -> Rule:
    def rule(arrays: ArrayAlgebra, equation: Any, operand: Any) -> Any:
        seen, result = windows_of(equation.params, operand.shape)
        places = np.where(seen == NOWHERE, int(np.prod(operand.shape)), seen)
        rows = arrays.moved([operand, np.asarray(neutral)], places)
        return arrays.moved([found := fold(arrays, function, rows, neutral)], numbered(found.shape).reshape(result))

    return rule


def windows_of(params: dict[str, Any], shape: Sizes) -> tuple[Places, tuple[int, ...]]:
    """A row of places for each window, and the shape of the result."""
    ones = (1,) * len(shape)
    dilations = params.get("base_dilation") or ones, params.get("window_dilation") or ones
    seen = windows(shape, params["window_dimensions"], params["window_strides"], params["padding"], *dilations)
    result = seen.shape[: len(shape)]
    return seen.reshape(int(np.prod(result)), -1), result


WINDOWS: dict[str, Rule] = {
    "conv_general_dilated": _convolution,
    "reduce_window_sum": _pool("add", 0.0),
    "reduce_window_max": _pool("max", -np.inf),
    "reduce_window_min": _pool("min", np.inf),
}
