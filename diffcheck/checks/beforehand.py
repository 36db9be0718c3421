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
AS_INTEGER = (  # what JAX says of range(x), of a[x] and of jnp.take(a, x)
    "Only integer scalar arrays can be converted to a scalar index",
    "Indexer must have integer or boolean type",
    "must have an integer type",
)
MOST_LEAVES = 64  # that are tried, each by a trace of the function
MEGABYTE = 1 << 20


def require_traceable(function: JaxFunction, name: str) -> None:
    """Trace the function. Raises UserCodeError for what it raises: where it uses a float as a Python number, with the remedy."""
    error = _failure(function, name)
    if error is None:
        return
    if not _wants_a_number(error):
        raise error
    leaves = [leaf for leaf, value in function.point.items() if not (value.shape and _wants_an_integer(error))][:MOST_LEAVES]
    is_alone = len(function.point) == 1
    blamed = next((leaf for leaf in leaves if is_alone or _is_another(error, _failure(function.without(leaf), name))), "")
    value = f"the value of {blamed}" if blamed else "values"
    said = f"it uses {value} as {'an integer' if _wants_an_integer(error) else 'a number of Python or NumPy'}, which JAX traces"
    remedy = _static(blamed, name, error) if blamed and not is_alone else "Use jax.numpy, jax.lax.cond or jax.lax.fori_loop"
    raise UserCodeError(f"{name} raised {type(error.__cause__).__name__}: {said}. {remedy}", error.trace) from error.__cause__


def _failure(function: JaxFunction, name: str) -> UserCodeError | None:
    """What the function raises when it is traced."""
    try:
        with users_code(name):
            _ = function.outputs
    except UserCodeError as error:
        return error
    return None


def _wants_a_number(error: UserCodeError) -> bool:
    return isinstance(error.__cause__, AS_PYTHON_NUMBER) or _wants_an_integer(error)


def _wants_an_integer(error: UserCodeError) -> bool:
    return any(words in error.message for words in AS_INTEGER)


def _is_another(error: UserCodeError, other: UserCodeError | None) -> bool:
    """Whether a function fails for another reason, or not at all."""
    return other is None or other.message != error.message


def _static(leaf: str, name: str, error: UserCodeError) -> str:
    """How a leaf becomes static."""
    if leaf.isidentifier() and not _wants_an_integer(error):
        return f"Make {leaf} static, by jax.jit({name}, static_argnames={leaf!r})"
    typed = f"; numbers that are typed are floats unless the argument is annotated as int ({leaf}: int)" if leaf.isidentifier() else ""
    return f"Make {leaf} static, by an integer in its place{typed}"


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
