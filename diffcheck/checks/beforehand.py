"""What can be said of a function before it is run: which argument Python wants as a number, and whether the memory is enough."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import jax

from diffcheck.checks.loading import users_code
from diffcheck.engines.jax.code_places import code_span
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.errors import InputError, UserCodeError
from diffcheck.processes.limits import available_megabytes

AS_PYTHON_NUMBER = (jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError)
MOST_LEAVES = 64  # that are tried, each by a trace of the function
MEGABYTE = 1 << 20


def require_traceable(function: JaxFunction, name: str) -> None:
    """Trace the function. Raises UserCodeError for what it raises: where it uses a float as a Python number, with the remedy."""
    try:
        with users_code(name):
            _ = function.outputs
    except UserCodeError as error:
        if not isinstance(error.__cause__, AS_PYTHON_NUMBER):
            raise
        kind = type(error.__cause__).__name__
        raise UserCodeError(f"{name} raised {kind}: {_remedy(function, name)}", error.trace) from error.__cause__


def _remedy(function: JaxFunction, name: str) -> str:
    leaves = list(function.point)
    blamed = leaves if len(leaves) == 1 else [leaf for leaf in leaves[:MOST_LEAVES] if _is_traced_without(function, leaf)]
    if not blamed or len(leaves) == 1:
        values = f"the value of {blamed[0]}" if blamed else "values"
        return f"it uses {values} as a number of Python or NumPy, which JAX traces. Use jax.numpy, jax.lax.cond or jax.lax.fori_loop"
    leaf = blamed[0]
    how = f"by jax.jit({name}, static_argnames={leaf!r})" if leaf.isidentifier() else "by an integer in its place"
    return f"it uses the value of {leaf} as a number of Python or NumPy, which JAX traces. Make {leaf} static, {how}"


def _is_traced_without(function: JaxFunction, leaf: str) -> bool:
    """Whether the function can be traced if this leaf is a constant."""
    try:
        with users_code(""):
            _ = function.without(leaf).outputs
    except UserCodeError:
        return False
    return True


def require_memory(function: JaxFunction, name: str) -> None:
    """Raises InputError where one operation of the function, as it is run in floats, needs more memory than there is."""
    available = available_megabytes()
    sizes = [(_size(equation), equation) for equation in function.program.jaxpr.eqns]
    if available is None or not sizes:
        return
    needed, equation = max(sizes, key=lambda each: each[0])
    if needed > available * MEGABYTE:
        span = code_span(equation)
        place = f" ({Path(span.file).name}:{span.line})" if span is not None else ""
        least = f"{name} needs at least {math.ceil(needed / MEGABYTE):,} MB for `{equation.primitive.name}`{place}"
        raise InputError(f"{least}, and there are {available:,} MB", "Give smaller arrays, or more memory: --max-memory, max_memory=.")


def _size(equation: Any) -> int:
    """What an operation reads and writes, in bytes. What happens inside a compiled part is the compiler's choice."""
    return sum(_bytes(atom.aval) for atom in {id(atom): atom for atom in (*equation.invars, *equation.outvars)}.values())


def _bytes(kind: Any) -> int:
    itemsize = getattr(getattr(kind, "dtype", None), "itemsize", 0)
    return math.prod(getattr(kind, "shape", ())) * int(itemsize)
