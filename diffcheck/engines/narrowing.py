"""Where a JAX program rounds to a narrower floating-point format than the one under test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, Jaxpr

from diffcheck.engines.code_places import code_span
from diffcheck.engines.programs import programs

NO_FLOAT = 10_000  # more bits than any format has


def narrowings(closed: ClosedJaxpr, precision_bits: int) -> list[str]:
    """The conversions to a narrower format, as `float32 (rule.py:12)`, each once."""
    return list(dict.fromkeys(_found(closed.jaxpr, precision_bits)))


def _found(program: Jaxpr, precision_bits: int) -> Iterator[str]:
    equation: Any
    for equation in program.eqns:
        for inner in programs(equation.params):
            yield from _found(inner, precision_bits)
        if equation.primitive.name == "convert_element_type":
            before, after = equation.invars[0].aval.dtype, equation.outvars[0].aval.dtype
            if _bits(after) < min(_bits(before), precision_bits):
                yield f"{after}{_place(equation)}"


def _bits(dtype: Any) -> int:
    """The precision of a format of floats; other types round nothing."""
    return int(jnp.finfo(dtype).nmant) + 1 if jnp.issubdtype(dtype, jnp.floating) else NO_FLOAT  # type: ignore[no-untyped-call]


def _place(equation: Any) -> str:
    span = code_span(equation)
    return "" if span is None else f" ({Path(span.file).name}:{span.line})"
