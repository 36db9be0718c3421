"""The values of arguments, leaf by leaf of their trees: floats are coordinates, rounded to the format; all else stays what it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from numbers import Real
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import keystr, tree_map_with_path
from numpy.typing import NDArray

from diffcheck.engines.jax.names import Tracer
from diffcheck.engines.jax.parts import ARRAYS, is_array
from diffcheck.errors import PointError
from diffcheck.floats import exactly
from diffcheck.formats import FORMATS, Format

OF_TWO = {"float64": "complex128", "float32": "complex64"}  # the complex numbers whose parts are of a format


class Integers(Enum):
    """What Python's integers mean."""

    AS_GIVEN = "static beside a float; coordinates of a point that holds none"
    COORDINATES = "coordinates: written by hand, where nobody writes 2.0"


class Kind(Enum):
    """What a leaf is."""

    FLOAT = "a floating-point number, or an array of such"
    COMPLEX = "a complex number, or an array of such"
    INTEGER = "an integer of Python's, which may be meant as a float"
    OTHER = "static: nothing is differentiated by it"


def cast(values: Mapping[str, Any], fmt: Format | None, whole: frozenset[str], integers: Integers = Integers.AS_GIVEN) -> dict[str, Any]:
    """Arguments by name with their floats rounded to the format; numbers of `whole` ones become integers. Raises PointError.

    Without a format, arrays keep their own, and the widest of these is that of plain numbers.
    """
    values = {name: jax.tree.map(_opened, tree) for name, tree in values.items()}
    widest = fmt or _widest([leaf for tree in values.values() for leaf in jax.tree.leaves(tree)])
    kinds = {_kind(leaf) for name, tree in values.items() if name not in whole for leaf in jax.tree.leaves(tree)}
    floats = {Kind.FLOAT, Kind.COMPLEX}
    if integers is Integers.COORDINATES or not kinds & floats:
        floats.add(Kind.INTEGER)

    def leaf(name: str, path: Any, given: Any) -> Any:
        kind, where = _kind(given), name + keystr(path)
        if name in whole and kind is not Kind.OTHER:
            return _integer(given, where)
        return _rounded(given, kind, where, widest if fmt is not None else _own(given, widest)) if kind in floats else given

    return {name: tree_map_with_path(lambda path, given, name=name: leaf(name, path, given), tree) for name, tree in values.items()}


def _widest(leaves: Sequence[Any]) -> Format:
    """The format of a program: that of its arrays, JAX's before NumPy's, which JAX converts unless 64-bit types are enabled."""
    for types in (jax.Array, np.ndarray):
        found = [FORMATS[leaf.dtype.name] for leaf in leaves if isinstance(leaf, types) and leaf.dtype.name in FORMATS]
        if found:
            return max(found, key=lambda each: each.precision_bits)
    return FORMATS["float64"]


def _own(leaf: Any, widest: Format) -> Format:
    own = FORMATS.get(leaf.dtype.name, widest) if isinstance(leaf, (jax.Array, np.ndarray)) else widest
    return min(own, widest, key=lambda each: each.precision_bits)


def _opened(leaf: Any) -> Any:
    """Another library's array as one of NumPy's. Raises PointError for what JAX is tracing."""
    if isinstance(leaf, Tracer):
        raise PointError("the point holds a value that JAX is tracing", "Call diffcheck outside of jax.jit, jax.grad and jax.vmap.")
    is_array = hasattr(leaf, "__array__") and not isinstance(leaf, (type, *ARRAYS))
    return np.asarray(leaf) if is_array else leaf


def _kind(leaf: Any) -> Kind:
    if isinstance(leaf, ARRAYS) and leaf.dtype != object:
        inexact = {jnp.floating: Kind.FLOAT, jnp.complexfloating: Kind.COMPLEX}
        return next((kind for types, kind in inexact.items() if jnp.issubdtype(leaf.dtype, types)), Kind.OTHER)
    if isinstance(leaf, np.ndarray):  # Decimal, Fraction, integers beyond 64 bits
        return Kind.FLOAT if all(_kind(each) in (Kind.FLOAT, Kind.INTEGER) for each in leaf.flat) else Kind.OTHER
    if isinstance(leaf, (bool, type)):
        return Kind.OTHER
    named = {int: Kind.INTEGER, complex: Kind.COMPLEX, Decimal: Kind.FLOAT, Real: Kind.FLOAT}
    found = next((kind for types, kind in named.items() if isinstance(leaf, types)), None)
    return found or (Kind.FLOAT if hasattr(type(leaf), "__float__") else Kind.OTHER)  # of mpmath and SymPy


def _rounded(leaf: Any, kind: Kind, where: str, fmt: Format) -> NDArray[Any]:
    """The numbers of a leaf, each rounded once to the format; beyond its range they are inf. Raises PointError for NaN."""
    array = np.asarray(leaf)
    if array.dtype == object:
        array = np.array([_number(each, where, fmt) for each in array.flat], fmt.name).reshape(array.shape)
    if kind is Kind.COMPLEX and fmt.name not in OF_TWO:
        raise PointError(f"{where} is complex, and JAX has no complex numbers of two {fmt.name}", "Give its parts, or another --dtype.")
    with np.errstate(all="ignore"):
        array = array.astype(OF_TWO[fmt.name] if kind is Kind.COMPLEX else fmt.name)
    if np.isnan(array).any():
        place = np.argwhere(np.isnan(array))[0]
        entry = f"[{','.join(map(str, place))}]" if place.size else ""
        raise PointError(f"{where}{entry} is NaN", "There is no derivative there: give numbers.")
    return array


def _number(value: object, where: str, fmt: Format) -> float:
    try:
        return fmt.of(value)
    except (TypeError, ValueError) as error:
        raise PointError(f"{where} holds what is not a number: {error}", "Arguments are numbers, arrays, or trees of them.") from None


def _integer(leaf: Any, where: str) -> Any:
    """Python's integer, or an array of integers. Raises PointError where it is none."""
    array = np.asarray(leaf)
    if array.dtype.kind == "c" or not np.all(np.mod(array, 1) == 0):
        raise PointError(f"{where} is an int, and {leaf} is not", "Write a whole number.")
    return array.astype(np.int64) if array.ndim else int(array)


def scalar(value: Any) -> Any:
    """An array without dimensions as a number of Python; all else as it is."""
    return value.item() if is_array(value) and value.ndim == 0 else value


def number_in(value: Any) -> Fraction | None:
    """The finite number that a leaf is, exactly; None for what is no number."""
    number = scalar(value)
    is_number = isinstance(number, Real) and not isinstance(number, bool) and math.isfinite(number)
    return Fraction(exactly(number)) if is_number else None
