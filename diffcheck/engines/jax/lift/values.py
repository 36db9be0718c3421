"""What stands for an array while a program is followed: of complex numbers a pair, of known ones the array itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jax import dtypes
from jax import numpy as jnp
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class ComplexPair:
    """An array of complex numbers, as whoever follows a program holds its real and imaginary parts."""

    real: Any
    imag: Any


@dataclass(frozen=True, slots=True, eq=False)
class KnownArray:
    """An array that does not depend on the input: NumPy's, or JAX's where it holds keys of random numbers."""

    value: Any


def together(function: Callable[[Sequence[Any]], Any], values: Sequence[Any]) -> Any:
    """A function of arrays; of pairs, part by part, and of keys, which are known."""
    if any(isinstance(value, KnownArray) for value in values):
        return KnownArray(function([value.value for value in values]))
    if not any(isinstance(value, ComplexPair) for value in values):
        return function(values)
    return ComplexPair(function([value.real for value in values]), function([value.imag for value in values]))


def row_of(value: Any, index: int) -> Any:
    return together(lambda arrays: as_array(arrays[0][index]), [value])


def stacked(arrays: Sequence[Any]) -> Any:
    """Arrays along a new first axis."""
    return (np if all(isinstance(array, np.ndarray) for array in arrays) else jnp).stack(arrays)


def parts(value: Any) -> tuple[Any, Any]:
    """Real and imaginary part of a pair, or of an array of complex numbers that is known."""
    if not isinstance(value, ComplexPair) and value.dtype.kind != "c":
        raise TypeError(f"an array of the type {value.dtype} does not hold complex numbers")
    return value.real, value.imag


def literal(atom: Any) -> NDArray[Any]:
    """The number that stands in a program."""
    return np.asarray(atom.val, atom.aval.dtype)


def as_array(value: Any) -> Any:
    """A known array as NumPy's; keys of random numbers stay JAX's."""
    return value if jnp.issubdtype(jnp.result_type(value), dtypes.extended) else np.asarray(value)
