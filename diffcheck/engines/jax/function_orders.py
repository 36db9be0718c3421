"""The derivatives of higher order of a JAX function at a point, in each of the ways in which people nest JAX's modes.

Second derivatives are whole Hessians, as `jax.hessian` gives them; those of higher order are along basis vectors, entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.jax.equations import CustomRule
from diffcheck.engines.jax.forms import once_per_form
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.engines.jax.nesting import taylor
from diffcheck.engines.jax.undecorated import undecorated
from diffcheck.graph.graph import Graph
from diffcheck.registry import (
    FORWARD,
    FORWARD_NESTED,
    FORWARD_OVER_FORWARD,
    FORWARD_OVER_REVERSE,
    JET,
    REVERSE,
    REVERSE_NESTED,
    REVERSE_OVER_FORWARD,
    REVERSE_OVER_REVERSE,
)

Vector = Any  # of JAX, traced or not
Map = Callable[[Vector], Vector]  # from a vector to a vector
Place = tuple[int, tuple[int, ...]]  # a row, and the columns by which it is differentiated, the innermost first
Values = NDArray[Any]
NO_RULES: frozenset[CustomRule] = frozenset()
# [row, inner, outer]; the first is what jax.hessian is
HESSIANS: Mapping[str, Callable[[Map], Map]] = {
    FORWARD_OVER_REVERSE: lambda f: jax.jacfwd(jax.jacrev(f)),
    REVERSE_OVER_FORWARD: lambda f: jax.jacrev(jax.jacfwd(f)),
    FORWARD_OVER_FORWARD: lambda f: jax.jacfwd(jax.jacfwd(f)),
    REVERSE_OVER_REVERSE: lambda f: jax.jacrev(jax.jacrev(f)),
}


class HigherDerivatives:
    """What JAX gives for one function at one point."""

    def __init__(self, function: JaxFunction) -> None:
        self._function = function
        self.made = function.made
        self._hessians: dict[tuple[str, frozenset[CustomRule]], Values] = {}

    def values(self, mode: str, places: Sequence[Place], without: frozenset[CustomRule] = NO_RULES) -> Values:
        """One number for each place; what the user's code and JAX raise passes through."""
        if mode in HESSIANS:
            found = self._hessian(mode, without)
            return np.array([found[row, columns[0], columns[1]] for row, columns in places], np.float64)
        return np.asarray(self._nested(mode, places, without), np.float64)

    def program(self, mode: str, place: Place) -> Graph:
        """JAX's own program for an entry. Raises UnsupportedError."""
        row, columns = place
        f = self._map(NO_RULES)

        def entry(*leaves: Any) -> list[Any]:
            vector = jnp.concatenate([jnp.ravel(leaf) for leaf in leaves])
            return [_ENTRIES[mode](lambda x: f(x)[row], vector, [self._unit(column) for column in columns])]

        (output,) = lift_arrays(entry, self._function.point)
        graph: Graph = output.item()
        return graph

    def _hessian(self, mode: str, without: frozenset[CustomRule]) -> Values:
        key = mode, without
        if key not in self._hessians:
            self._hessians[key] = np.asarray(self._compiled_hessian(mode, without)(self._function.vector), np.float64)
        return self._hessians[key]

    @once_per_form
    def _compiled_hessian(self, mode: str, without: frozenset[CustomRule]) -> Callable[..., Any]:
        return self._compiled(HESSIANS[mode](self._map(without)))

    def _nested(self, mode: str, places: Sequence[Place], without: frozenset[CustomRule]) -> Any:
        rows = np.array([row for row, _ in places])
        directions = np.stack([np.stack([self._unit(column) for column in columns]) for _, columns in places])
        return self._compiled_entries(mode, without)(self._function.vector, rows, directions)

    @once_per_form
    def _compiled_entries(self, mode: str, without: frozenset[CustomRule]) -> Callable[..., Any]:
        """Some entries, each in its row and along its directions, one for each order."""
        f = self._map(without)

        def entry(x: Vector, row: Any, directions: Any) -> Any:
            return _ENTRIES[mode](lambda at: f(at)[row], x, directions)

        def every(x: Vector, rows: Any, directions: Any) -> Any:
            return jax.lax.map(lambda each: entry(x, *each), (rows, directions))

        return self._compiled(every)

    def _map(self, without: frozenset[CustomRule]) -> Map:
        function = self._function.raveled
        if not without:
            return function
        plain = undecorated(lambda vector: [function(vector)], without.__contains__)
        return lambda vector: plain(vector)[0]

    def _compiled(self, program: Callable[..., Any]) -> Callable[..., Any]:
        return self._function.scoped(jax.jit(program))

    def _unit(self, column: int) -> Values:
        vector = np.zeros_like(self._function.vector)
        vector[column] = 1
        return vector


def _pushed(f: Map, direction: Vector) -> Map:
    return lambda x: jax.jvp(f, (x,), (direction,))[1]


def _pulled(f: Map, direction: Vector) -> Map:
    def along(x: Vector) -> Any:
        value, pullback = jax.vjp(f, x)
        return jnp.vdot(pullback(jnp.ones_like(value))[0], direction)

    return along


def _by(slopes: Sequence[Callable[[Map, Vector], Map]], f: Map, x: Vector, directions: Sequence[Vector]) -> Any:
    """Along each direction by the slope of its own, the first innermost."""
    for slope, direction in zip(slopes, directions, strict=False):
        f = slope(f, direction)
    return f(x)


DEEPEST = 8
_ENTRIES: Mapping[str, Callable[[Map, Vector, Sequence[Vector]], Any]] = {
    FORWARD: partial(_by, (_pushed,)),
    REVERSE: partial(_by, (_pulled,)),
    FORWARD_OVER_REVERSE: partial(_by, (_pulled, _pushed)),
    REVERSE_OVER_FORWARD: partial(_by, (_pushed, _pulled)),
    FORWARD_OVER_FORWARD: partial(_by, (_pushed, _pushed)),
    REVERSE_OVER_REVERSE: partial(_by, (_pulled, _pulled)),
    FORWARD_NESTED: partial(_by, (_pushed,) * DEEPEST),
    REVERSE_NESTED: partial(_by, (_pulled,) * DEEPEST),
    JET: lambda f, x, directions: taylor(f, x, directions[0], len(directions)),
}
