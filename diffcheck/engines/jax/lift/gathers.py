"""Where the entries of gathers and scatters come from: JAX's rules for indices, on the numbers of places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import lax
from numpy.typing import NDArray

Places = NDArray[np.int64]
OUTSIDE = -1


def gathered_places(
    shape: Sequence[int], indices: NDArray[Any], numbers: lax.GatherDimensionNumbers, sizes: Sequence[int], mode: lax.GatherScatterMode
) -> Places:
    """The places in the flattened operand that lax.gather reads; OUTSIDE for windows that jut out, unless the mode moves them inside."""
    batch, rank = indices.shape[:-1], len(shape)
    single = (*numbers.collapsed_slice_dims, *numbers.operand_batching_dims)
    window = [axis for axis in range(rank) if axis not in single]
    places = np.zeros((*batch, *(sizes[axis] for axis in window)), np.int64)
    is_outside = np.zeros(batch, bool)
    stride = 1
    for axis in reversed(range(rank)):
        start = _starts(axis, indices, numbers)
        last = shape[axis] - sizes[axis]
        is_outside |= (start < 0) | (start > last)
        here = np.clip(start, 0, max(last, 0)).reshape((*batch, *(1 for _ in window)))
        if axis in window:
            steps = [1] * places.ndim
            steps[len(batch) + window.index(axis)] = sizes[axis]
            here = here + np.arange(sizes[axis]).reshape(steps)
        places = places + here * stride
        stride *= shape[axis]
    if mode == lax.GatherScatterMode.FILL_OR_DROP:
        places = np.where(is_outside.reshape((*batch, *(1 for _ in window))), OUTSIDE, places)
    return _in_order(places, len(batch), numbers.offset_dims)


def _starts(axis: int, indices: NDArray[Any], numbers: lax.GatherDimensionNumbers) -> Places:
    """Where the windows start on an axis of the operand."""
    batch = indices.shape[:-1]
    if axis in numbers.start_index_map:
        return indices[..., numbers.start_index_map.index(axis)].astype(np.int64)
    if axis in numbers.operand_batching_dims:
        along = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(axis)]
        return np.broadcast_to(np.arange(batch[along]).reshape([-1 if k == along else 1 for k in range(len(batch))]), batch)
    return np.zeros(batch, np.int64)


def _in_order(places: Places, batch: int, offset_dims: Sequence[int]) -> Places:
    """The axes of windows at their places among those of the batch."""
    others = [axis for axis in range(places.ndim) if axis not in offset_dims]
    return np.moveaxis(places, range(places.ndim), [*others[:batch], *offset_dims])


def scattered_places(params: dict[str, Any], shape: Sequence[int], indices: NDArray[Any], updates: Sequence[int]) -> Places:
    """Where in the flattened operand each update of a scatter goes: the gather of places that mirrors it.

    Updates outside are dropped, even where the program promises that there are none: XLA moves the windows of gathers alone inside.
    """
    numbers = params["dimension_numbers"]
    mirrored = lax.GatherDimensionNumbers(
        offset_dims=numbers.update_window_dims,
        collapsed_slice_dims=numbers.inserted_window_dims,
        start_index_map=numbers.scatter_dims_to_operand_dims,
        operand_batching_dims=numbers.operand_batching_dims,
        start_indices_batching_dims=numbers.scatter_indices_batching_dims,
    )
    window = iter([updates[axis] for axis in numbers.update_window_dims])
    single = (*numbers.inserted_window_dims, *numbers.operand_batching_dims)
    sizes = [1 if axis in single else next(window) for axis in range(len(shape))]
    mode = params["mode"] if params["mode"] == lax.GatherScatterMode.CLIP else lax.GatherScatterMode.FILL_OR_DROP
    return gathered_places(shape, indices, mirrored, sizes, mode)
