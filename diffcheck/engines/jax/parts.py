"""The leaves of arguments and results as real arrays: floats as they are, complex numbers as two parts; what is neither has none."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import keystr, tree_leaves_with_path

ARRAYS = (np.ndarray, np.generic, jax.Array)
NO_NUMBERS = "OSUMm"  # kinds of NumPy's: objects, texts, times


def is_array(leaf: Any) -> bool:
    """Whether a leaf is an array of numbers, which a typed PRNG key is not."""
    return isinstance(leaf, ARRAYS) and not _is(leaf, jax.dtypes.extended) and leaf.dtype.kind not in NO_NUMBERS


def is_float(leaf: Any) -> bool:
    """Whether a leaf is an array of floating-point numbers."""
    return is_array(leaf) and _is(leaf, jnp.floating)


def is_wide(leaf: Any) -> bool:
    """Whether a leaf is an array of numbers of 64 bits, or of complex ones with such parts."""
    return is_array(leaf) and leaf.dtype in (np.float64, np.complex128)


def is_complex(leaf: Any) -> bool:
    """Whether a leaf is an array of complex numbers."""
    return is_array(leaf) and _is(leaf, jnp.complexfloating)


def _is(leaf: Any, types: Any) -> bool:
    return bool(jnp.issubdtype(leaf.dtype, types))


def named_leaves(name: str, tree: Any) -> list[tuple[str, Any]]:
    """The leaves of a tree with their paths: w, w['bias'], w[0].kernel."""
    return [(name + keystr(path), leaf) for path, leaf in tree_leaves_with_path(tree)]


def parts_of(name: str, leaf: Any) -> tuple[str, ...]:
    """What the real arrays of a leaf are called."""
    return (name,) if is_float(leaf) else (f"{name}.real", f"{name}.imag") if is_complex(leaf) else ()


def split(leaf: Any) -> Sequence[Any]:
    """The real arrays of a leaf."""
    return (leaf.real, leaf.imag) if is_complex(leaf) else (leaf,) if is_float(leaf) else ()


def joined(parts: Sequence[Any]) -> Any:
    """The leaf that has these parts."""
    return parts[0] if len(parts) == 1 else jax.lax.complex(*map(jnp.asarray, parts))


def results(tree: Any) -> Iterator[tuple[str, Any]]:
    """The real arrays among a function's results, by the paths of their leaves."""
    for name, leaf in named_leaves("", tree):
        found = jnp.asarray(leaf) if is_array(leaf) or isinstance(leaf, (float, complex)) else leaf
        yield from zip(parts_of(name, found), split(found), strict=True)


def identity(leaf: Any) -> Hashable:
    """What tells one leaf that is not differentiated from another."""
    if isinstance(leaf, jax.Array) and _is(leaf, jax.dtypes.extended):
        return str(leaf.dtype), identity(jax.random.key_data(leaf))
    if is_array(leaf):
        return leaf.dtype.name, leaf.shape, np.asarray(leaf).tobytes()
    return (type(leaf), repr(leaf)) if isinstance(leaf, (bool, int, float, complex, str)) else id(leaf)
