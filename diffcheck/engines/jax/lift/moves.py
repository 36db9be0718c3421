"""Primitives that move entries, on whole arrays: the rules for nodes, run on the numbers of the entries' places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.jax.lift.array_algebra import ArrayAlgebra
from diffcheck.engines.jax.lift.arrays import ARRAY_RULES, IDENTITIES

ALL = slice(None)
MOVES: dict[str, slice] = {  # which operands' entries move; the others are indices
    **dict.fromkeys(IDENTITIES, ALL),
    **dict.fromkeys(("reshape", "squeeze", "broadcast_in_dim", "transpose", "rev", "slice", "concatenate", "stack", "unstack"), ALL),
    **dict.fromkeys(("tile", "split", "pad", "copy_p"), ALL),
    **dict.fromkeys(("dynamic_slice", "gather"), slice(1)),
    "dynamic_update_slice": slice(2),
    "scatter": slice(0, 3, 2),
}


class _Places:
    """Numbers of places instead of nodes: a constant gets a place behind all others."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.constants: list[Any] = []

    def constant(self, value: Any) -> int:
        self.constants.append(value)
        return self._count + len(self.constants) - 1

    def integers(self, indices: NDArray[Any]) -> NDArray[Any]:
        return indices


def moved(arrays: ArrayAlgebra, equation: Any, arguments: Sequence[Any]) -> list[Any]:
    """The results of an equation that moves entries."""
    name = equation.primitive.name
    if name in IDENTITIES:
        return list(arguments)
    operands = list(arguments[MOVES[name]])
    starts = np.cumsum([0, *(int(np.prod(operand.shape)) for operand in operands)])
    numbered = [np.arange(start, start + np.prod(o.shape, dtype=int)).reshape(o.shape) for start, o in zip(starts, operands, strict=False)]
    here = dict(zip(range(len(arguments))[MOVES[name]], numbered, strict=True))
    places = _Places(int(starts[-1]))
    rule: Any = ARRAY_RULES[name]
    results = rule(places, equation, *(here[k] if k in here else arrays.integers(a) for k, a in enumerate(arguments)))
    sources = [*operands, *(np.asarray(value, equation.invars[0].aval.dtype) for value in places.constants)]
    return [arrays.moved(sources, result) for result in ([results] if isinstance(results, np.ndarray) else results)]


class _OfKnown:
    """Arrays of NumPy, of which nothing but their entries is known."""

    def moved(self, operands: Sequence[Any], places: NDArray[Any]) -> Any:
        return np.asarray(np.concatenate([operand.ravel() for operand in operands])[places])

    def integers(self, value: NDArray[Any]) -> NDArray[Any]:
        return value


def known_moved(equation: Any, arguments: Sequence[NDArray[Any]]) -> list[Any]:
    """The results of an equation that moves the entries of known arrays: JAX would compile a program for each shape."""
    return moved(_OfKnown(), equation, arguments)  # type: ignore[arg-type]
