"""A JAX program followed once on whole arrays, in an algebra of arrays: calls inlined, loops unrolled, what is known folded by JAX.

Equations whose results nobody needs are left out. What does not depend on the input and is no arithmetic on floats, such as
random bits, JAX computes by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from diffcheck.engines.jax.equations import CALLS
from diffcheck.engines.jax.lift.array_algebra import ArrayAlgebra
from diffcheck.engines.jax.lift.control import library_function, solving
from diffcheck.engines.jax.lift.elementwise import graph_of, has_rule
from diffcheck.engines.jax.lift.folding import folded
from diffcheck.engines.jax.lift.meanings import meaning
from diffcheck.engines.jax.lift.moves import MOVES, moved
from diffcheck.engines.jax.lift.pairs import concerns_pairs, followed
from diffcheck.engines.jax.lift.reductions import REDUCTIONS
from diffcheck.engines.jax.lift.scalars import NotLifted
from diffcheck.engines.jax.lift.spectral import SPECTRAL
from diffcheck.engines.jax.lift.values import as_array, literal, row_of, together
from diffcheck.engines.jax.lift.windows import WINDOWS
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr, Literal
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.graph.limits import MAX_NODES

ARITHMETIC = {**REDUCTIONS, **WINDOWS, **SPECTRAL}


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
        values = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*map(as_array, constants), *arguments), strict=True))

        def value(atom: Any) -> Any:
            return literal(atom) if isinstance(atom, Literal) else values[atom]

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
        if all(map(_is_known, arguments)) and (known := folded(equation, arguments)) is not None:
            return known
        if name not in CONTROL and name not in SPECTRAL and concerns_pairs(equation):
            return self._on_pairs(equation, arguments)
        if name in CONTROL:
            results: Sequence[Any] = CONTROL[name](self, equation, arguments)
            return results
        if name in MOVES:
            return moved(self._arrays, equation, arguments)
        if name in ARITHMETIC:
            with suppress(NotLifted):  # a variant that only its meaning covers
                found = ARITHMETIC[name](self._arrays, equation, *arguments)
                return found if isinstance(found, list) else [found]
        if (program := self._meaning(equation)) is not None:
            return self.run(program, arguments)
        if not has_rule(equation):
            raise UnsupportedError(f"the primitive {name} is not followed on arrays")
        return [self._entrywise(graph_of(equation), arguments, equation.outvars[0].aval.shape)]

    def _meaning(self, equation: Any) -> ClosedJaxpr | None:
        try:
            return meaning(equation)
        except NotLifted as what:
            raise UnsupportedError(f"{what} is not followed on arrays") from None

    def _on_pairs(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        try:
            return followed(equation, arguments, self.run)
        except NotLifted as what:
            raise UnsupportedError(f"{what} is not followed on arrays") from None

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
        params = equation.params
        first = params["num_consts"] + params["num_carry"]
        constants, carry, columns = arguments[: params["num_consts"]], arguments[params["num_consts"] : first], arguments[first:]
        length, count = params["length"], len(carry)
        if length * len(params["jaxpr"].eqns) > MAX_NODES:
            raise UnsupportedError(f"a loop of {length:,} steps is too long to be followed on arrays")
        rows: dict[int, Sequence[Any]] = {}
        for i in reversed(range(length)) if params["reverse"] else range(length):
            here = [self._row_of(column, i) for column in columns]
            results = self.run(params["jaxpr"], [*constants, *carry, *here])
            carry, rows[i] = results[:count], results[count:]
        shapes = [variable.aval.shape for variable in equation.outvars[count:]]
        return [*carry, *(self._stacked([rows[i][k] for i in range(length)], shape) for k, shape in enumerate(shapes))]

    def _row_of(self, column: Any, i: int) -> Any:
        if _is_known(column):
            return row_of(column, i)
        return together(lambda values: self._arrays.moved(values, _row(values[0].shape, i)), [column])

    def _stacked(self, parts: Sequence[Any], shape: tuple[int, ...]) -> Any:
        places = np.arange(int(np.prod(shape))).reshape(shape)
        return together(lambda arrays: self._arrays.moved(arrays, places), parts) if parts else np.zeros(shape)

    def _linear_solve(self, equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
        return self.run(*solving(equation, arguments))

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
    "custom_linear_solve": _Follower._linear_solve,
}


def _row(shape: tuple[int, ...], i: int) -> Any:
    size = int(np.prod(shape[1:]))
    return np.arange(i * size, (i + 1) * size).reshape(shape[1:])


def _is_known(value: Any) -> bool:
    return isinstance(value, (np.ndarray, jax.Array))


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
