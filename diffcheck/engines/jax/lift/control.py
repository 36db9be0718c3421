"""Primitives that hold jaxprs of their own: calls, branches and loops. Loops are unrolled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcheck.engines.jax.code_places import function_of
from diffcheck.engines.jax.equations import CALLS
from diffcheck.engines.jax.lift.scalars import TOO_LONG, Nodes, NotLifted, Scalars
from diffcheck.engines.jax.lift.values import row_of, stacked, together
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr
from diffcheck.errors import UnsupportedError
from diffcheck.graph.limits import MAX_NODES

Run = Callable[[ClosedJaxpr, Sequence[Nodes]], list[Nodes]]
Rule = Callable[[Scalars, Run, Any, Sequence[Nodes]], Sequence[Nodes]]


def _call(scalars: Scalars, run: Run, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
    """The program called. A custom rule that is still a call was not differentiated: its primal is what runs."""
    inner = equation.params[CALLS[equation.primitive.name]]
    known = library_function(inner)
    if known is not None:
        return [_entrywise(lambda *entries: scalars.apply(known, *entries), np.broadcast_arrays(*arguments))]
    return run(ClosedJaxpr(inner, ()) if isinstance(inner, Jaxpr) else inner, arguments)


def _shards(scalars: Scalars, run: Run, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
    """One device has the whole of every array."""
    if equation.params["mesh"].size != 1:
        raise NotLifted("the primitive shard_map, over several devices,")
    return run(ClosedJaxpr(equation.params["jaxpr"], ()), arguments)


def library_function(inner: Any) -> str | None:
    """The function of the table that a function of JAX's own computes: its parts have corners where the whole has none."""
    function = function_of(inner.jaxpr if isinstance(inner, ClosedJaxpr) else inner)
    return function.name if function is not None and function.name in LIBRARY and function.is_library else None


def _branches(scalars: Scalars, run: Run, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
    """The branch of an index that is known; else all that it may take, chosen among entry by entry."""
    which, *operands = arguments
    branches = equation.params["branches"]
    possible = scalars.possible(which.item())
    taken = range(len(branches)) if possible is None else sorted({min(max(int(k), 0), len(branches) - 1) for k in possible})
    results = [run(branches[k], operands) for k in taken]

    def chosen(*entries: int) -> int:
        return scalars.choice(which.item(), list(zip(taken, entries, strict=True)))

    return [together(lambda outputs: _entrywise(chosen, outputs), outputs) for outputs in zip(*results, strict=True)]


def _entrywise(function: Callable[..., int], arrays: Sequence[Nodes]) -> Nodes:
    entries = zip(*(array.ravel().tolist() for array in arrays), strict=True)
    return np.array([function(*entry) for entry in entries], np.int64).reshape(arrays[0].shape)


def _scan(scalars: Scalars, run: Run, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
    params = equation.params
    constants, carry, columns = _parts(arguments, params["num_consts"], params["num_carry"])
    if params["length"] * len(params["jaxpr"].eqns) > MAX_NODES:
        raise UnsupportedError(TOO_LONG)
    step = -1 if params["reverse"] else 1
    rows = []
    for i in range(params["length"])[::step]:
        results = run(params["jaxpr"], [*constants, *carry, *(row_of(column, i) for column in columns)])
        carry, row, _ = _parts(results, len(carry), len(results) - len(carry))
        rows.append(row)
    columns_of_rows = zip(*rows[::step], strict=True) if rows else []
    empty = [np.empty(variable.aval.shape, np.int64) for variable in equation.outvars[len(carry) :]]
    return [*carry, *([together(stacked, entries) for entries in columns_of_rows] or empty)]


def _while(scalars: Scalars, run: Run, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
    """A loop whose end is known while lifting."""
    params = equation.params
    of_condition, of_body, carry = _parts(arguments, params["cond_nconsts"], params["body_nconsts"])
    for _ in range(MAX_NODES):
        (condition,) = run(params["cond_jaxpr"], [*of_condition, *carry])
        goes_on = scalars.known(condition.item())
        if goes_on is None:
            raise NotLifted("a loop whose end depends on the input")
        if not goes_on:
            return carry
        carry = run(params["body_jaxpr"], [*of_body, *carry])
    raise UnsupportedError(TOO_LONG)


def _linear_solve(scalars: Scalars, run: Run, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
    """What the function that solves returns, whatever it solves."""
    program, given = solving(equation, arguments)
    return run(program, given)


def solving(equation: Any, arguments: Sequence[Any]) -> tuple[ClosedJaxpr, Sequence[Any]]:
    """The program that solves a linear system of the user's, and its arguments."""
    lengths, program = equation.params["const_lengths"], equation.params["jaxprs"].solve
    start = lengths.matvec + lengths.vecmat
    return program, [*arguments[start : start + lengths.solve], *arguments[sum(lengths) :]]


def _parts(values: Sequence[Nodes], first: int, second: int) -> tuple[Sequence[Nodes], Sequence[Nodes], Sequence[Nodes]]:
    return values[:first], values[first : first + second], values[first + second :]


LIBRARY = ("logaddexp", "logaddexp2")
CONTROL_RULES: dict[str, Rule] = {
    **dict.fromkeys(CALLS, _call),
    "shard_map": _shards,
    "cond": _branches,
    "scan": _scan,
    "while": _while,
    "custom_linear_solve": _linear_solve,
}
