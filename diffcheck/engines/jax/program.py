"""The automatic engine: a graph as a JAX function, differentiated by forward and by reverse mode.

The expression runs as it was written, operation by operation; no engine's simplification comes before it. All points of a
call are one array, so every operation is elementwise, and reverse mode gives all variables' derivatives in one pullback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from diffcheck.engines.jax import nesting
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift import lift
from diffcheck.engines.jax.scoped import Scoped
from diffcheck.engines.jax.settings import settings
from diffcheck.engines.jax.values import JaxValues
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Algebra, Graph, evaluate, evaluate_nodes, join
from diffcheck.registry import AUTOMATIC, FORWARD, REVERSE

Columns = Mapping[str, NDArray[Any]]
Coordinates = Mapping[str, Array]
Found = NDArray[Any] | UnsupportedError
Names = tuple[str, ...]  # of a derivative: ("x",) is ∂/∂x, ("x", "x") is ∂²/∂x²
Tangents = Callable[[Coordinates, Sequence[str]], Sequence[Any]]  # forward mode: a derivative for each name
PADDED_LENGTHS = (64, 256, 1024, 4096)  # eager operations are compiled once for each length


def key_of(mode: str, names: Names) -> str:
    """Where a derivative is found in what a program returns: `forward:x`, `forward over reverse:x,x`."""
    return f"{mode}:{','.join(names)}"


def _whole_key(mode: str) -> str:
    """Where all second derivatives of a mode are."""
    return f"{mode}:"


class Program:
    """One expression's JAX program: primal, forward and reverse derivatives, and further graphs, in one go.

    `wrt` lists the derivatives. Those of first order in one mode share their work, and so do those of second order; see `higher`.

    `compiled` runs everything as one jitted program; else each operation is dispatched by itself, which is quicker for an
    expression that is run once. The two may round differently.
    """

    def __init__(
        self,
        graph: Graph,
        variables: Sequence[str],
        wrt: Sequence[Names],
        others: Mapping[str, Graph],
        dtype: str,
        compiled: bool,
        modes: Sequence[str] = (FORWARD, REVERSE),
    ) -> None:
        self._graph = graph
        self._variables = tuple(variables)
        self._wrt = tuple(names[0] for names in wrt if len(names) == 1)
        self._second = tuple(names for names in wrt if len(names) == 2)
        self._higher = tuple(names for names in wrt if len(names) > 2)
        self._others = others
        self._dtype = np.dtype(dtype)
        self._modes = tuple(modes)
        self._failures: dict[str, UnsupportedError] = {}  # found while JAX traces, and true of every later run of what it traced
        self._compiled = compiled
        self._longest = 0
        self._jitted = jax.jit(partial(self._everything, self._tangents))

    def run(self, columns: Columns) -> dict[str, Found]:
        """What JAX returns at the points whose coordinates are the columns (one array a variable, all of one length).

        The keys: `primal`, `key_of` each mode and derivative, and those of the other graphs. The values: arrays as long as
        the columns, or why there are none.
        """
        length = len(next(iter(columns.values()))) if columns else 1
        blocks = 1 if self._compiled else max(1, len(self._wrt))
        padded = self._padded(length * blocks)
        with settings(True), np.errstate(all="ignore"):  # NaN and infinity are findings, not warnings
            arrays = [jnp.asarray(_tiled(columns[name], blocks, padded, self._dtype)) for name in self._variables]
            values = self._jitted(*arrays) if self._compiled else self._everything(partial(self._blocks_of_tangents, length), *arrays)
            found: dict[str, Found] = {key: np.asarray(value)[:length] for key, value in self._entries(values).items()}
        return found | self._failures

    def derivative(self, mode: str, names: Names) -> Graph:
        """JAX's own program of a derivative, lifted; raises UnsupportedError for what cannot be lifted."""

        def program(*coordinates: Array) -> Array:
            point = dict(zip(self._variables, coordinates, strict=True))
            if mode == FORWARD and len(names) == 1 and not self._compiled:
                together = self._attempt("", lambda: self._along_with_the_others(names[0], point))
                if together is not None:  # else a variable has no rule, and each ran by itself
                    return cast(Array, together)
            if len(names) == 2:
                together = self._attempt("", lambda: self._entry(mode, names, point, self._moving, scoped=True))
                return self._entry(mode, names, point, scoped=True) if together is None else cast(Array, together)
            return self._nested(mode, names, point, scoped=True)

        return lift(program, self._variables, self._dtype.name)

    def _padded(self, total: int) -> int:
        """A length that was compiled for already, if there is one: a shorter last chunk needs no program of its own."""
        if not self._compiled:
            return next((size for size in PADDED_LENGTHS if size >= total), total)
        self._longest = max(self._longest, total)
        return self._longest

    def _everything(self, forward: Tangents, *arrays: Array) -> dict[str, Any]:
        point = dict(zip(self._variables, arrays, strict=True))
        found = self._values(point)
        if "forward" in self._modes:
            found |= self._each("forward", lambda names: forward(point, names))
        if "reverse" in self._modes:
            found |= self._each("reverse", lambda names: self._cotangents(point, names))
        for mode in AUTOMATIC.modes_of(2) if self._second else ():
            if mode in self._modes:
                found |= self._hessian(mode, point)
        for mode, names in product(AUTOMATIC.modes_of(3), self._higher):
            if mode in self._modes:
                key = key_of(mode, names)
                found[key] = self._attempt(key, partial(self._nested, mode, names, point))
        return {key: value for key, value in found.items() if value is not None}

    def _values(self, point: Coordinates) -> dict[str, Array | None]:
        """The primal and the other graphs, what they share computed once; where JAX lacks a function, one by one."""
        graphs = {"primal": self._graph, **self._others}
        together = self._attempt("", lambda: self._together(list(graphs.values()), point))
        if together is not None:
            return dict(zip(graphs, together, strict=True))
        return {key: self._attempt(key, partial(self._value, graph, point)) for key, graph in graphs.items()}

    def _each(self, mode: str, derivatives: Callable[[Sequence[str]], Sequence[Any]]) -> dict[str, Any]:
        """The derivatives in all variables at once; where one of them has no rule, one by one."""
        together = self._attempt("", lambda: derivatives(self._wrt)) if self._wrt else ()
        if together is not None:
            return {f"{mode}:{name}": value for name, value in zip(self._wrt, together, strict=True)}
        single = {f"{mode}:{name}": self._attempt(f"{mode}:{name}", partial(derivatives, (name,))) for name in self._wrt}
        return {key: None if found is None else found[0] for key, found in single.items()}

    def _attempt(self, key: str, part: Callable[[], Any]) -> Any:
        """What a part returns; if JAX lacks it, the reason is kept, and the other parts are run."""
        try:
            with lacking():
                return part()
        except UnsupportedError as unsupported:
            if key:
                self._failures[key] = unsupported
        return None

    def _together(self, graphs: Sequence[Graph], point: Coordinates) -> list[Array]:
        """The values of several graphs, each as `_value` gives it."""
        shape = self._shape(point)
        graph, outputs = join(graphs)
        values = evaluate_nodes(graph, self._algebra("jax", shape), point)
        return [self._spread(values[output], shape) for output in outputs]

    def _value(self, graph: Graph, point: Coordinates, mode: str = "jax", scoped: bool = False) -> Array:
        """A graph's value, one for every point even where it does not depend on them."""
        shape = self._shape(point)
        algebra = self._algebra(mode, shape)
        return self._spread(evaluate(graph, Scoped(algebra, graph) if scoped else algebra, point), shape)

    def _algebra(self, mode: str, shape: tuple[int, ...]) -> Algebra[Any]:
        return JaxValues(mode, self._dtype, () if self._compiled else shape)

    def _spread(self, value: Any, shape: tuple[int, ...]) -> Array:
        if isinstance(value, Array) and value.shape == shape and value.dtype == self._dtype:
            return value
        return jnp.broadcast_to(jnp.asarray(value, self._dtype), shape)

    @staticmethod
    def _shape(point: Coordinates) -> tuple[int, ...]:
        return next(iter(point.values())).shape if point else (1,)

    @property
    def _moving(self) -> Sequence[str]:
        """The variables of all second derivatives: they are differentiated by together."""
        return [name for name in self._variables if any(name in names for names in self._second)]

    def _hessian(self, mode: str, point: Coordinates) -> dict[str, Any]:
        """The second derivatives at once; where one variable has no rule, one by one."""
        whole = nesting.SecondOrder(mode, self._moving, self._moving)
        together = self._attempt("", lambda: self._run_hessian(whole, self._moving, point))
        if together is not None:
            return {_whole_key(mode): together}
        keys = {names: key_of(mode, names) for names in self._second}
        return {key: self._attempt(key, partial(self._entry, mode, names, point)) for names, key in keys.items()}

    def _run_hessian(self, hessian: nesting.SecondOrder, moving: Sequence[str], point: Coordinates, scoped: bool = False) -> Any:
        return hessian.of(self._function(hessian.mode, point, scoped), {name: point[name] for name in moving})

    def _entry(self, mode: str, names: Names, point: Coordinates, moving: Sequence[str] = (), scoped: bool = False) -> Array:
        """One second derivative; the variables that move are its own, if none are given."""
        one = nesting.SecondOrder(mode, names[:1], names[1:])
        found: Array = one.entry(self._run_hessian(one, moving or tuple(dict.fromkeys(names)), point, scoped), *names)
        return found

    def _entries(self, found: dict[str, Any]) -> dict[str, Any]:
        """What a run gave, with each second derivative by its own key."""
        entries: dict[str, Any] = {}
        for mode in AUTOMATIC.modes_of(2):
            arrays = found.pop(_whole_key(str(mode)), None)
            if arrays is not None:
                hessian, arrays = nesting.SecondOrder(str(mode), self._moving, self._moving), jax.tree.map(np.asarray, arrays)
                entries |= {key_of(str(mode), names): hessian.entry(arrays, *names) for names in self._second}
        return found | entries

    def _function(self, mode: str, point: Coordinates, scoped: bool) -> nesting.Function:
        """f of the coordinates that move, in the form that suits the mode that differentiates it first."""
        own = {FORWARD: "jax_forward", REVERSE: "jax"}[nesting.begins_with(mode)]
        return lambda moved: self._value(self._graph, {**point, **moved}, own, scoped)

    def _nested(self, mode: str, names: Names, point: Coordinates, scoped: bool = False) -> Array:
        return nesting.nested(mode, self._function(mode, point, scoped), {name: point[name] for name in names}, names)

    def _tangents(self, point: Coordinates, names: Sequence[str]) -> list[Array]:
        """Forward mode, one variable after the other: the compiler shares what they have in common."""

        def along(name: str) -> Array:
            def f(coordinate: Array) -> Array:
                return self._value(self._graph, {**point, name: coordinate}, "jax_forward")

            tangent: Array = jax.jvp(f, (point[name],), (jnp.ones_like(point[name]),))[1]
            return tangent

        return [along(name) for name in names]

    def _blocks_of_tangents(self, length: int, point: Coordinates, names: Sequence[str]) -> list[NDArray[Any]]:
        """Forward mode, all variables in one pass: the points are repeated, block k moves along the k-th variable."""

        def f(*coordinates: Array) -> Array:
            return self._value(self._graph, {**point, **dict(zip(names, coordinates, strict=True))}, "jax_forward")

        primals = [point[name] for name in names]
        directions = [_block_of_ones(k, length, len(primal), self._dtype) for k, primal in enumerate(primals)]
        _, tangent = jax.jvp(f, tuple(primals), tuple(directions))
        every = np.asarray(tangent)
        return [every[k * length :] for k in range(len(names))]

    def _along_with_the_others(self, name: str, point: Coordinates) -> Array:
        """The derivative by one variable alone; the others have the tangent 0, which may meet infinity or NaN."""
        names = self._wrt

        def f(*coordinates: Array) -> Array:
            return self._value(self._graph, {**point, **dict(zip(names, coordinates, strict=True))}, "jax_forward", scoped=True)

        primals = tuple(point[each] for each in names)
        directions = tuple(jnp.full_like(primal, each == name) for each, primal in zip(names, primals, strict=True))
        tangent: Array = jax.jvp(f, primals, directions)[1]
        return tangent

    def _cotangents(self, point: Coordinates, names: Sequence[str]) -> Sequence[Array]:
        """Reverse mode: one pullback for all variables."""

        def f(*coordinates: Array) -> Array:
            return self._value(self._graph, {**point, **dict(zip(names, coordinates, strict=True))})

        primal, vjp = jax.vjp(f, *(point[name] for name in names))
        cotangents: tuple[Array, ...] = vjp(jnp.ones_like(primal))
        return cotangents


def _tiled(column: NDArray[Any], blocks: int, padded: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The column repeated in blocks, then its last entry up to the padded length."""
    array = np.asarray(column, dtype) if blocks == 1 else np.tile(np.asarray(column, dtype), blocks)
    return np.concatenate([array, np.full(padded - len(array), array[-1], dtype)]) if len(array) < padded else array


def _block_of_ones(k: int, length: int, total: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    direction = np.zeros(total, dtype)
    direction[k * length : (k + 1) * length] = 1
    return direction
