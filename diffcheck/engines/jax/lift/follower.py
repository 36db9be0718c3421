"""A JAX program followed once on whole arrays, in an algebra of arrays: calls inlined, loops unrolled, what is known folded by JAX.

Equations whose results nobody needs are left out. What does not depend on the input and is no arithmetic on floats, such as
random bits, JAX computes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from diffcheck.engines.jax.equations import CALLS, bound
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift.array_algebra import ArrayAlgebra
from diffcheck.engines.jax.lift.control import library_function
from diffcheck.engines.jax.lift.elementwise import graph_of, has_rule
from diffcheck.engines.jax.lift.moves import MOVES, moved
from diffcheck.engines.jax.lift.reductions import REDUCTIONS
from diffcheck.engines.jax.lift.windows import WINDOWS
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr, Literal
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.graph.limits import MAX_NODES

ARITHMETIC = {**REDUCTIONS, **WINDOWS}


@dataclass(frozen=True, slots=True)
class Once:
    """What a program computes of its first arguments alone: the first run keeps it, and later ones leave it out."""

    equations: frozenset[int]  # by identity
    wanted: frozenset[Any]  # the variables that the other equations use
    kept: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, program: ClosedJaxpr, first: int) -> Once:
        jaxpr = program.jaxpr
        fixed = {*jaxpr.constvars, *jaxpr.invars[:first]}
        equations: set[int] = set()
        wanted: set[Any] = {atom for atom in jaxpr.outvars if not isinstance(atom, Literal)}
        for equation in jaxpr.eqns:
            variables = [atom for atom in equation.invars if not isinstance(atom, Literal)]
            if fixed.issuperset(variables):
                equations.add(id(equation))
                fixed.update(equation.outvars)
            else:
                wanted.update(variables)
        return cls(frozenset(equations), frozenset(wanted & fixed))


def follow(program: ClosedJaxpr, arguments: Sequence[Any], arrays: ArrayAlgebra, once: Once | None = None) -> list[Any]:
    """The outputs of a program. Values are those of the algebra, or arrays of NumPy where they are known.

    `once` is what was kept of an earlier run in the same algebra with the same first arguments.

    Raises UnsupportedError with the first primitive that is not followed, and what the algebra raises.
    """
    with settings(True):
        return _Follower(arrays).run(program, arguments, once)


class _Follower:
    """Recursion goes as deep as programs are nested."""

    def __init__(self, arrays: ArrayAlgebra) -> None:
        self._arrays = arrays

    def run(self, program: ClosedJaxpr | Jaxpr, arguments: Sequence[Any], once: Once | None = None) -> list[Any]:
        jaxpr, constants = (program, ()) if isinstance(program, Jaxpr) else (program.jaxpr, program.consts)
        values = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*map(_array, constants), *arguments), strict=True))

        def value(atom: Any) -> Any:
            return np.asarray(atom.val, _dtype(atom)) if isinstance(atom, Literal) else values[atom]

        outer, left_out = self._arrays.note, once.equations if once is not None and once.kept else ()
        values.update({} if once is None else once.kept)
        for equation, last in _needed(jaxpr):
            if id(equation) in left_out:
                continue
            self._arrays.note = (equation, outer)
            values.update(zip(equation.outvars, self._results(equation, [value(atom) for atom in equation.invars]), strict=True))
            if once is not None:
                once.kept.update({variable: values[variable] for variable in equation.outvars if variable in once.wanted})
            for variable in last:
                values.pop(variable, None)
        self._arrays.note = outer
        return [value(atom) for atom in jaxpr.outvars]

    def _results(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        name = equation.primitive.name
        if all(map(_is_known, arguments)) and _is_folded(equation):
            with lacking():
                return [_array(result) for result in bound(equation, arguments)]
        if name in CONTROL:
            results: Sequence[Any] = CONTROL[name](self, equation, arguments)
            return results
        if name in MOVES:
            return moved(self._arrays, equation, arguments)
        if name in ARITHMETIC:
            found = ARITHMETIC[name](self._arrays, equation, *arguments)
            return found if isinstance(found, list) else [found]
        if not has_rule(equation):
            raise UnsupportedError(f"the primitive {name} is not followed on arrays")
        return [self._entrywise(graph_of(equation), arguments, equation.outvars[0].aval.shape)]

    def _entrywise(self, graph: Any, arguments: Sequence[Any], shape: tuple[int, ...]) -> Any:
        values = {f"x{k}": self._repeated(argument, shape) for k, argument in enumerate(arguments)}
        return self._repeated(self._arrays.evaluated(graph, values), shape)

    def _repeated(self, value: Any, shape: tuple[int, ...]) -> Any:
        if value.shape == shape:
            return value
        return self._arrays.moved([value], np.broadcast_to(np.arange(int(np.prod(value.shape))).reshape(value.shape), shape))

    # Programs within the program

    def _call(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        """A custom rule that is still a call was not differentiated: its primal is what runs."""
        inner = equation.params[CALLS[equation.primitive.name]]
        known = library_function(inner)
        if known is not None:
            return [self._entrywise(graph_of(equation, known), arguments, equation.outvars[0].aval.shape)]
        return self.run(inner, arguments)

    def _shards(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        if equation.params["mesh"].size != 1:
            raise UnsupportedError("shard_map over several devices is not followed on arrays")
        return self.run(equation.params["jaxpr"], arguments)

    def _branches(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        which, *operands = arguments
        branches = equation.params["branches"]
        return self.run(branches[min(max(int(self._arrays.integers(which).item()), 0), len(branches) - 1)], operands)

    def _scan(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        params, arrays = equation.params, self._arrays
        first = params["num_consts"] + params["num_carry"]
        constants, carry, columns = arguments[: params["num_consts"]], arguments[params["num_consts"] : first], arguments[first:]
        length, count = params["length"], len(carry)
        if length * len(params["jaxpr"].eqns) > MAX_NODES:
            raise UnsupportedError(f"a loop of {length:,} steps is too long to be followed on arrays")
        rows: dict[int, Sequence[Any]] = {}
        for i in reversed(range(length)) if params["reverse"] else range(length):
            here = [arrays.moved([column], _row(column.shape, i)) for column in columns]
            results = self.run(params["jaxpr"], [*constants, *carry, *here])
            carry, rows[i] = results[:count], results[count:]
        shapes = [variable.aval.shape for variable in equation.outvars[count:]]
        return [*carry, *(self._stacked([rows[i][k] for i in range(length)], shape) for k, shape in enumerate(shapes))]

    def _stacked(self, parts: Sequence[Any], shape: tuple[int, ...]) -> Any:
        return self._arrays.moved(parts, np.arange(int(np.prod(shape))).reshape(shape)) if parts else np.zeros(shape)

    def _while(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        params = equation.params
        a, b = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
        of_condition, of_body, carry = arguments[:a], arguments[a:b], arguments[b:]
        steps = MAX_NODES // max(1, len(params["body_jaxpr"].eqns))
        for _ in range(steps):
            (condition,) = self.run(params["cond_jaxpr"], [*of_condition, *carry])
            if not self._arrays.integers(condition).item():
                return carry
            carry = self.run(params["body_jaxpr"], [*of_body, *carry])
        raise UnsupportedError(f"a loop of more than {steps:,} steps is too long to be followed on arrays")


CONTROL: dict[str, Any] = {
    **dict.fromkeys(CALLS, _Follower._call),
    "shard_map": _Follower._shards,
    "cond": _Follower._branches,
    "scan": _Follower._scan,
    "while": _Follower._while,
}


def _row(shape: tuple[int, ...], i: int) -> Any:
    size = int(np.prod(shape[1:]))
    return np.arange(i * size, (i + 1) * size).reshape(shape[1:])


def _array(value: Any) -> Any:
    """A known array as NumPy's; keys of random numbers stay JAX's."""
    return value if jnp.issubdtype(jnp.result_type(value), jax.dtypes.extended) else np.asarray(value)


def _is_known(value: Any) -> bool:
    return isinstance(value, (np.ndarray, jax.Array))


def _is_folded(equation: Any) -> bool:
    """Whether JAX may compute an equation of what is known: not where it would round what the program means exactly."""
    name = equation.primitive.name
    if name in MOVES or not any(_is_float(variable) for variable in equation.outvars):
        return True
    if equation.invars and not any(map(_is_float, equation.invars)):
        return True
    return name not in CONTROL and name not in ARITHMETIC and not has_rule(equation)


def _is_float(atom: Any) -> bool:
    return bool(jnp.issubdtype(_dtype(atom), np.inexact))


def _dtype(atom: Any) -> Any:
    return atom.aval.dtype


def _needed(jaxpr: Jaxpr) -> list[tuple[Any, list[Any]]]:
    """The equations that the outputs depend on, each with the variables that nobody needs after it."""
    needed = {atom for atom in jaxpr.outvars if not isinstance(atom, Literal)}
    found: list[tuple[Any, list[Any]]] = []
    for equation in reversed(jaxpr.eqns):
        if needed.isdisjoint(equation.outvars):
            continue
        used = {atom for atom in equation.invars if not isinstance(atom, Literal)}
        found.append((equation, [*(used - needed), *(variable for variable in equation.outvars if variable not in needed)]))
        needed |= used
    return found[::-1]
