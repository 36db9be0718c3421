"""Where a JAX program rounds to a narrower floating-point format than the one under test, or overflows in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jax.numpy as jnp

from diffcheck.engines.jax.code_places import code_span
from diffcheck.engines.jax.equations import CALLS, bound, programs
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr, Literal
from diffcheck.formats import FORMATS

Found = Callable[[Sequence[Any], Sequence[Any]], bool]  # of an equation's arguments and results
NO_FLOAT = 10_000  # more bits than any format has


def narrowings(closed: ClosedJaxpr, precision_bits: int) -> list[str]:
    """The conversions to a narrower format, as `float32 (rule.py:12)`, each once."""
    found = _conversions(closed.jaxpr, "")
    narrow = (f"{after}{place}" for before, after, place in found if bits_of(after) < min(bits_of(before), precision_bits))
    return list(dict.fromkeys(narrow))


def coarsest(closed: ClosedJaxpr) -> str:
    """The format of the fewest digits among those of the arguments and of what is converted on the way, by its name.

    What is converted to a wider format was rounded to the narrower one before: constants of single precision in a program of double.
    """
    found = [variable.aval.dtype for variable in closed.jaxpr.invars]
    found += [dtype for before, after, _ in _conversions(closed.jaxpr, "") for dtype in (before, after) if bits_of(before) != NO_FLOAT]
    return str(jnp.finfo(min(found, key=bits_of)).dtype)  # type: ignore[no-untyped-call]


def _conversions(program: Jaxpr, called_at: str) -> Iterator[tuple[Any, Any, str]]:
    """Both types of every conversion, and its place; a product is one, too, as it may name the type of its result."""
    equation: Any
    for equation in program.eqns:
        place = _place(equation) or called_at
        for inner in programs(equation.params):
            yield from _conversions(inner, place)
        rounded_to = CONVERSIONS.get(equation.primitive.name)
        if rounded_to is not None:
            yield equation.invars[0].aval.dtype, rounded_to(equation), place


def _of_digits(equation: Any) -> Any:
    """The shortest format with as many digits as `reduce_precision` keeps; the coarsest one where it keeps fewer than any has."""
    kept = equation.params["mantissa_bits"] + 1
    return min((jnp.dtype(name) for name, fmt in FORMATS.items() if fmt.precision_bits >= kept), key=bits_of)


def overflow(closed: ClosedJaxpr, arguments: Sequence[Any], precision_bits: int) -> str:
    """The first operation that makes an infinity of finite numbers in a narrower format, as `float16 (rule.py:12)`; '' if none does."""
    found: list[str] = []
    _run(closed, arguments, lambda given, results: _overflows(given, results, precision_bits), found, "")
    return found[0] if found else ""


def _run(closed: ClosedJaxpr, arguments: Sequence[Any], is_found: Found, found: list[str], called_at: str) -> list[Any]:
    """The program, equation by equation; calls are entered. Collects the places where something is found."""
    places: dict[Any, Any] = dict(zip((*closed.jaxpr.constvars, *closed.jaxpr.invars), (*closed.consts, *arguments), strict=True))

    def value(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else places[atom]

    equation: Any
    for equation in closed.jaxpr.eqns:
        place, given = _place(equation) or called_at, [value(atom) for atom in equation.invars]
        results: Sequence[Any]
        held = equation.params.get(CALLS.get(equation.primitive.name))
        if held is not None:
            results = _run(held if isinstance(held, ClosedJaxpr) else ClosedJaxpr(held, ()), given, is_found, found, place)
        else:
            results = bound(equation, given)
            if is_found(given, results):
                found.append(f"{results[0].dtype}{place}")
        places.update(zip(equation.outvars, results, strict=True))
    return [value(atom) for atom in closed.jaxpr.outvars]


def _overflows(given: Sequence[Any], results: Sequence[Any], precision_bits: int) -> bool:
    narrow = [result for result in results if hasattr(result, "dtype") and bits_of(result.dtype) < precision_bits]
    return any(jnp.isinf(result).any() for result in narrow) and all(jnp.isfinite(number).all() for number in given)


def bits_of(dtype: Any) -> int:
    """The precision of a format of floats, or of complex numbers of two such; other types round nothing."""
    return int(jnp.finfo(dtype).nmant) + 1 if jnp.issubdtype(dtype, jnp.inexact) else NO_FLOAT  # type: ignore[no-untyped-call]


def _place(equation: Any) -> str:
    span = code_span(equation)
    return "" if span is None else f" ({Path(span.file).name}:{span.line})"


# primitives that may round to another format, and to which
CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("convert_element_type", "dot_general", "conv_general_dilated"), lambda equation: equation.outvars[0].aval.dtype),
    "reduce_precision": _of_digits,
}
