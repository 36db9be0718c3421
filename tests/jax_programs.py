"""What tests of lifted JAX programs share: the exact value of every entry that a program returns, beside JAX's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.certified import enclose_value
from diffcheck.engines.jax.lift import lift_arrays

Arrays = tuple[NDArray[Any], ...]


def exact_values(program: Callable[..., Any], *arguments: Any) -> list[NDArray[Any]]:
    """The program's outputs, lifted and evaluated in balls at the arguments; NaN where no value is proved."""
    arrays = {f"x{i}": np.asarray(argument, float) for i, argument in enumerate(arguments)}
    point = {name: value for key, array in arrays.items() for name, value in _entries(key, array)}

    def value(graph: Any) -> float:
        exact = enclose_value(graph, point)
        return float("nan") if exact is None else float(exact.midpoint)

    return [np.vectorize(value, otypes=[float])(graphs) if graphs.size else graphs for graphs in lift_arrays(program, arrays)]


def assert_lifts(program: Callable[..., Any], *arguments: Any) -> None:
    """The exact values are those that JAX computes, but for rounding."""
    with jax.enable_x64(True):
        computed = jax.tree.leaves(jax.jit(program)(*(np.asarray(argument, float) for argument in arguments)))
    exact = exact_values(program, *arguments)
    assert len(exact) == len(computed)
    for mine, jax_s in zip(exact, computed, strict=True):
        np.testing.assert_allclose(mine.astype(float), np.asarray(jax_s, float), rtol=1e-12, atol=1e-14, strict=True)


def _entries(name: str, array: NDArray[Any]) -> Iterator[tuple[str, float]]:
    for place in np.ndindex(array.shape):
        yield f"{name}[{','.join(map(str, place))}]" if place else name, float(array[place])
