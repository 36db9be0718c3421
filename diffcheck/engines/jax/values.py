"""Graphs as JAX programs: the algebra of JAX's values, with the callables that the table of functions names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.formats import format_named
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import LACKS, MEANT, NUMPY, Function, Named, Way
from diffcheck.graph.graph import Algebra, Definition, Graph, evaluate, evaluate_nodes

Instead = Callable[[Function, Sequence[float]], float | None]


def run_nodes(graph: Graph, point: Mapping[str, float], dtype: str, instead: Instead = lambda *_: None) -> list[float | None]:
    """The floats that JAX computes for each node of a graph, operation by operation; None for conditions, and after a failure.

    `instead` may replace the value of a function that is not finite though its arguments are.
    """
    algebra = _Nodewise(np.dtype(dtype), instead)
    with settings(True), np.errstate(all="ignore"):
        values = evaluate_nodes(graph, algebra, {name: np.asarray(x, dtype) for name, x in point.items()})
    return [None if value is None or value.dtype == np.bool_ else float(value) for value in values]


class JaxValues:
    """The algebra of JAX values: arrays, tracers, and NumPy scalars for constants."""

    def __init__(self, mode: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        self._mode = mode
        self._dtype = dtype
        self._shape = shape  # of constants: () in a compiled program, that of all values in an eager one

    def constant(self, value: Fraction) -> Any:
        return _rounded(value, self._dtype, self._shape)

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        column = function.column(self._mode)
        if column is MEANT:
            return evaluate(meaning(function.name), self, dict(zip(function.names, arguments, strict=True)))
        found = _attribute(column, function.name)
        return found(*arguments) if function.parameters else np.full(self._shape, found, self._dtype)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        first, *others = definition.parameters
        u, *rest = arguments

        def f(x: Any) -> Any:
            return evaluate(definition.flat, self, {first: x, **dict(zip(others, rest, strict=True))})

        slope = _slope if self._mode == "jax_forward" else _pulled_back  # a custom_vjp has no forward mode
        derivative: Callable[[Any], Any] = f
        for _ in range(order):
            derivative = slope(derivative)
        return derivative(jnp.asarray(u, self._dtype))


def algebra(mode: str, dtype: Any) -> Algebra[Any]:
    """The algebra of compiled programs, and of numbers without a dimension; `mode` is a column of the table: "jax" or "jax_forward"."""
    return JaxValues(mode, np.dtype(dtype), ())


class _Nodewise(JaxValues):
    """The algebra of values that are NumPy scalars or, where JAX has no such function, None."""

    def __init__(self, dtype: np.dtype[Any], instead: Instead) -> None:
        super().__init__("jax", dtype, ())
        self._instead = instead

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        if any(argument is None for argument in arguments):
            return None
        try:
            with lacking():
                found = np.asarray(super().apply(function, arguments))
        except UnsupportedError:
            return None
        if np.isfinite(found) or not arguments or not all(np.isfinite(argument) for argument in arguments):
            return found
        other = self._instead(function, [float(argument) for argument in arguments])
        return found if other is None else np.asarray(other, self._dtype)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        if any(argument is None for argument in arguments):
            return None
        try:
            with lacking():  # within a derivative, values are JAX's
                return np.asarray(algebra("jax", self._dtype).call(definition, order, arguments))
        except UnsupportedError:
            return None


def _pulled_back(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f' by reverse mode."""

    def derivative(x: Any) -> Any:
        primal, vjp = jax.vjp(f, x)
        (cotangent,) = vjp(jnp.ones_like(primal))
        return cotangent

    return derivative


def _slope(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """f' by forward mode."""

    def derivative(x: Any) -> Any:
        return jax.jvp(lambda t: jnp.broadcast_to(f(t), jnp.shape(t)), (x,), (jnp.ones_like(x),))[1]

    return derivative


@lru_cache(maxsize=1024)
def _rounded(value: Fraction, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Any:
    """The literal rounded once to the format; beyond its range, infinite. A NumPy scalar in a compiled program, else on JAX's device."""
    found = np.full(shape, format_named(dtype.name).round(value), dtype)
    return jnp.asarray(found) if shape else found


@cache
def _attribute(column: Way, name: str) -> Any:
    """What the table's column names: a callable, or the value of a constant."""
    if column is LACKS:
        raise UnsupportedError(f"JAX has no {name}")
    return (column if isinstance(column, Named) else NUMPY(name)).load()
