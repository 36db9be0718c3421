"""A JAX function at one point: its value, the Jacobians that its forward and reverse rules give, and the graphs of all of them.

The Jacobian's rows are the entries of the function's floating-point results, its columns those of its floating-point
arguments, each numbered in the order of `jax.tree` and of C; complex ones are two. Other arguments stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.faults import call
from diffcheck.engines.jax.equations import CustomRule, rules
from diffcheck.engines.jax.forms import Forms, PointForm, once_per_form
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.engines.jax.names import ClosedJaxpr
from diffcheck.engines.jax.narrowing import bits_of, coarsest, overflow
from diffcheck.engines.jax.parts import identity, is_array, is_complex, is_float, joined, named_leaves, parts_of, results, split
from diffcheck.engines.jax.settings import settings
from diffcheck.engines.jax.undecorated import undecorated, without
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Graph

Leaves = Sequence[Any]
NO_FORWARD_MODE = "can't apply forward-mode autodiff (jvp) to a custom_vjp function"


class JaxFunction:
    """A function of the floats among its arguments. `wide` traces it with 64-bit types, as jax.enable_x64 does.

    What the user's code and JAX raise passes through. `forms` keeps what is compiled and lifted for other points of the same form;
    `among` are the leaves that are differentiated, by default all floats.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: Mapping[str, Any],
        wide: bool,
        forms: Forms | None = None,
        among: Sequence[str] | None = None,
    ) -> None:
        self._function = function
        self._arguments = dict(arguments)
        self.wide = wide
        leaves = [found for name, tree in arguments.items() for found in named_leaves(name, tree)]
        own = [dict(zip(parts_of(name, leaf), split(leaf), strict=True)) for name, leaf in leaves]
        self._parts = {k: parts for k, parts in enumerate(own) if any(among is None or name in among for name in parts)}
        every = {name: np.asarray(part) for parts in self._parts.values() for name, part in parts.items()}
        self.point = {name: part for name, part in every.items() if among is None or name in among}
        self._held = [leaf for k, (_, leaf) in enumerate(leaves) if k not in self._parts]
        self.fixed = [name for k, (name, _) in enumerate(leaves) if k not in self._parts]
        self.fixed_arrays = [name for name, leaf in zip(self.fixed, self._held, strict=True) if is_array(leaf)]
        shapes = tuple((name, leaf.shape, leaf.dtype.str) for name, leaf in self.point.items())
        fixed = (*(part for name, part in every.items() if name not in self.point), *self._held)
        form = PointForm(shapes, tuple(map(identity, fixed)), jax.tree.structure(list(arguments.values())))
        self.made = (forms or Forms()).of(form, self._held)

    def only(self, leaf: str) -> JaxFunction:
        """The same function of one leaf, the others as they are at the point."""
        return JaxFunction(self._function, self._arguments, self.wide, among=(leaf,))

    def without(self, leaf: str) -> JaxFunction:
        """The same function of all leaves but one, which stays as it is at the point; an argument that is a whole number, as an integer."""
        value: Any = self._arguments.get(leaf)
        is_whole = isinstance(value, np.ndarray) and value.ndim == 0 and bool(np.mod(value, 1) == 0)
        arguments = {**self._arguments, leaf: int(value)} if is_whole else self._arguments
        return JaxFunction(self._function, arguments, self.wide, among=[name for name in self.point if name != leaf])

    def __call__(self, *moving: Any) -> list[Any]:
        """The floating-point results, in the order of their tree."""
        with settings(self.wide):
            return [result for _, result in self._results(*moving)]

    def _results(self, *moving: Any) -> list[tuple[str, Any]]:
        """The floating-point results with their paths."""
        leaves, structure = jax.tree.flatten(list(self._arguments.values()))
        given = dict(zip(self.point, moving, strict=True))
        for k, parts in self._parts.items():
            leaves[k] = joined([given.get(name, part) for name, part in parts.items()])
        return list(results(call(self._function, jax.tree.unflatten(structure, leaves))))

    @cached_property
    def vector(self) -> NDArray[Any]:
        """The point as one vector, a coordinate for each column."""
        return np.concatenate([leaf.ravel() for leaf in self.point.values()])

    def raveled(self, vector: Any) -> Any:
        """The function from one vector to one vector."""
        with settings(self.wide):
            parts = jnp.split(vector, np.cumsum([leaf.size for leaf in self.point.values()])[:-1])
            leaves = [part.reshape(leaf.shape).astype(leaf.dtype) for part, leaf in zip(parts, self.point.values(), strict=True)]
            return jnp.concatenate([jnp.ravel(result) for result in self(*leaves)])

    @cached_property
    @once_per_form
    def compiled(self) -> Callable[[Any], Any]:
        """`raveled`, compiled."""
        return self.scoped(jax.jit(self.raveled))

    def on_line(self, other: JaxFunction, column: int) -> bool:
        """Whether this is the function `other` at a point that differs from its point in this coordinate only."""
        return self.made is other.made and np.array_equal(np.delete(self.vector, column), np.delete(other.vector, column))

    def along(self, row: int, column: int) -> Callable[[Any], NDArray[Any]]:
        """One row as a function of an array of values of one coordinate, the others as they are at the point; one value after the other."""

        def one(x: Any) -> Any:
            return self.raveled(jnp.asarray(self.vector).at[column].set(x))[row]

        run = self.scoped(jax.jit(lambda values: jax.lax.map(one, values)))
        return lambda values: np.asarray(run(values))

    def scoped(self, program: Callable[..., Any]) -> Callable[..., Any]:
        """A program that runs with this function's types."""

        def run(*arguments: Any) -> Any:
            with settings(self.wide):
                return program(*arguments)

        return run

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The names of the columns: x, w[0,1], p['bias'][2]."""
        return tuple(_entry(name, place) for name, leaf in self.point.items() for place in np.ndindex(leaf.shape))

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The names of the rows, without the function's: '' of a scalar, [0,1], ['loss']."""
        return tuple(_entry(name, place) for name, result in self._shapes for place in np.ndindex(result.shape))

    @cached_property
    def _shapes(self) -> list[tuple[str, Any]]:
        """The path, shape and type of each result."""
        names: list[str] = []

        def run(*moving: Any) -> list[Any]:
            found = self._results(*moving)
            names[:] = [name for name, _ in found]
            return [result for _, result in found]

        with settings(self.wide):
            shapes = jax.eval_shape(run, *self._leaves())
        return list(zip(names, shapes, strict=True))

    @cached_property
    @once_per_form
    def program(self) -> ClosedJaxpr:
        """The function's own jaxpr."""
        with settings(self.wide):
            return jax.make_jaxpr(self)(*self.point.values())

    @cached_property
    def reverse_program(self) -> ClosedJaxpr:
        """The jaxpr of the function's pullback."""
        with settings(self.wide):
            return jax.make_jaxpr(lambda leaves, weights: jax.vjp(self, *leaves)[1](weights))(tuple(self.point.values()), self.values)

    @cached_property
    def pushforward_program(self) -> ClosedJaxpr:
        """The jaxpr of the derivative along a direction: of the leaves, then of their tangents."""
        leaves = tuple(self.point.values())
        with settings(self.wide):
            return jax.make_jaxpr(lambda leaves, tangents: jax.jvp(self, leaves, tangents)[1])(leaves, leaves)

    @cached_property
    def custom_rules(self) -> list[CustomRule]:
        """What the function calls with a derivative rule of its own, JAX's library included."""
        return list(dict.fromkeys(rule for rule, _ in rules(self.program.jaxpr)))

    def can_do_without(self, rule: CustomRule) -> bool:
        """Whether a rule can be taken off wherever it is."""
        try:
            without(self.program, rule.__eq__)
        except UnsupportedError:
            return False
        return True

    # Floats

    @cached_property
    def primal(self) -> NDArray[Any]:
        """The value, entry by entry, run operation by operation."""
        return _raveled(self(*self._leaves()))

    def forward(self, columns: Sequence[int], without: frozenset[CustomRule] = frozenset()) -> NDArray[Any]:
        """Columns of the Jacobian, side by side, by jax.jvp; `without` some of the custom rules."""
        pushforward = self._pushforward(without)
        return np.stack([_raveled(pushforward(self._leaves(), self._direction(column))) for column in columns], axis=1)

    @once_per_form
    def _pushforward(self, without: frozenset[CustomRule]) -> Callable[..., Any]:
        function = self._without(without)
        return self.scoped(jax.jit(lambda leaves, tangents: jax.jvp(function, leaves, tangents)[1]))

    def reverse(self, rows: Sequence[int], without: frozenset[CustomRule] = frozenset()) -> NDArray[Any]:
        """Rows of the Jacobian, one below the other, by jax.vjp; `without` some of the custom rules."""
        pullback = self._pullback(without)
        return np.stack([_raveled(pullback(self._leaves(), self._weights(row))) for row in rows])

    def pulled_back(self, weights: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Σ weight·row of the Jacobian, an array of weights for each result, by jax.vjp."""
        cotangents = [np.asarray(w, each.dtype) for w, each in zip(weights, self.values, strict=True)]
        return _raveled(self._pullback(frozenset())(self._leaves(), cotangents))

    @once_per_form
    def _pullback(self, without: frozenset[CustomRule]) -> Callable[..., Any]:
        function = self._without(without)
        return self.scoped(jax.jit(lambda leaves, cotangents: jax.vjp(function, *leaves)[1](cotangents)))

    def _without(self, rules: frozenset[CustomRule]) -> Callable[..., list[Any]]:
        return undecorated(self, rules.__contains__) if rules else self

    def plain_gradients(self, points: NDArray[Any], row: int) -> NDArray[Any]:
        """The gradients of one row at several points, a vector each, with the custom rules taken off."""
        with settings(self.wide):
            function = undecorated(lambda vector: [self.raveled(vector)[row]])
            gradients = jax.jit(jax.vmap(jax.grad(lambda vector: function(vector)[0])))(points)
        return np.asarray(gradients, np.float64)

    def problem_with_fixed_arguments(self) -> str:
        """What JAX says of a rule where all arguments, those included that are not floats, are differentiated; '' if it raises nothing."""
        leaves, structure = jax.tree.flatten(list(self._arguments.values()))
        numbers = [k for k, leaf in enumerate(leaves) if is_array(leaf)]

        def function(*arguments: Any) -> Any:
            given = dict(zip(numbers, arguments, strict=True))
            arguments = jax.tree.unflatten(structure, [given.get(k, leaf) for k, leaf in enumerate(leaves)])
            return [leaf for leaf in jax.tree.leaves(call(self._function, arguments)) if is_array(leaf)]

        with settings(self.wide):
            try:
                with lacking():
                    found, pullback = jax.vjp(function, *(leaves[k] for k in numbers))
                    cotangents = pullback(jax.tree.map(_cotangent, found))
            except UnsupportedError as refused:
                return refused.reason
        kinds = [leaf.dtype for k, leaf in zip(numbers, cotangents, strict=True) if k not in self._parts]
        if all(kind == jax.dtypes.float0 for kind in kinds):
            return ""
        return f"the cotangents of {', '.join(self.fixed_arrays)} are of the types {', '.join(map(str, kinds))}"

    @cached_property
    def precision_bits(self) -> int:
        """The binary digits of its arguments: the most, if they are of several formats."""
        return max(bits_of(leaf.dtype) for leaf in self.point.values())

    @cached_property
    def coarsest(self) -> str:
        """The coarsest format of its arguments and of what it rounds to on the way, by its name."""
        return coarsest(self.program)

    def overflow(self) -> str:
        """The first operation of the function itself that overflows in a format of fewer digits, where it stands; '' if none does."""
        try:
            with settings(self.wide), lacking():
                return overflow(self.program, self._leaves(), self.precision_bits)
        except UnsupportedError:
            return ""

    def _leaves(self) -> tuple[Any, ...]:
        with settings(self.wide):
            return tuple(jnp.asarray(leaf) for leaf in self.point.values())

    def _direction(self, column: int) -> tuple[Any, ...]:
        return _unit(column, [leaf.shape for leaf in self.point.values()], [leaf.dtype for leaf in self.point.values()])

    def _weights(self, row: int) -> list[Any]:
        return list(_unit(row, [value.shape for value in self.values], [value.dtype for value in self.values]))

    @cached_property
    def values(self) -> list[Any]:
        """The shape and type of each result."""
        return [result for _, result in self._shapes]

    # Graphs

    @cached_property
    @once_per_form
    def graph_arrays(self) -> list[NDArray[np.object_]]:
        """The undecorated function, an array of graphs for each result; raises UnsupportedError where it is not lifted."""
        return lift_arrays(self, self.point)

    @property
    def graphs(self) -> list[Graph]:
        """The undecorated function, a graph for each row."""
        return [graph for output in self.graph_arrays for graph in output.ravel()]

    @once_per_form
    def forward_graphs(self, column: int) -> list[Graph]:
        """The programs that `forward` runs, a graph for each row."""
        tangents = self._direction(column)
        return self._lifted(lambda *leaves: jax.jvp(self, leaves, tuple(map(jnp.asarray, tangents)))[1])

    @once_per_form
    def reverse_graphs(self, row: int, columns: tuple[int, ...]) -> dict[int, Graph]:
        """The programs that `reverse` runs, for these columns."""
        cotangents = self._weights(row)

        def entries(*leaves: Any) -> list[Any]:
            every = jnp.concatenate([jnp.ravel(part) for part in jax.vjp(self, *leaves)[1](list(map(jnp.asarray, cotangents)))])
            return [every[column] for column in columns]

        return dict(zip(columns, self._lifted(entries), strict=True))

    def _lifted(self, program: Callable[..., Any]) -> list[Graph]:
        return [graph for output in lift_arrays(program, self.point) for graph in output.ravel()]


def _raveled(leaves: Leaves) -> NDArray[Any]:
    return np.concatenate([np.ravel(np.asarray(leaf)).astype(np.float64) for leaf in leaves])


def _entry(name: str, place: tuple[int, ...]) -> str:
    return f"{name}[{','.join(map(str, place))}]" if place else name


def _cotangent(leaf: Any) -> Any:
    """Ones for floats; integers have cotangents of the type float0."""
    return jnp.ones_like(leaf) if is_float(leaf) or is_complex(leaf) else np.zeros(jnp.shape(leaf), jax.dtypes.float0)


def _unit(index: int, shapes: Sequence[tuple[int, ...]], dtypes: Sequence[Any]) -> tuple[Any, ...]:
    """The basis vector of this number, cut into leaves."""
    return tuple(_parts(index, shapes, dtypes))


def _parts(index: int, shapes: Sequence[tuple[int, ...]], dtypes: Sequence[Any]) -> Iterator[NDArray[Any]]:
    for shape, dtype in zip(shapes, dtypes, strict=True):
        part = np.zeros(shape, dtype)
        if 0 <= index < part.size:
            part.flat[index] = 1
        index -= part.size
        yield part
