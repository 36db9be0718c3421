"""What JAX computes by itself: equations of what does not depend on the input, unless it would round what the program means exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jax import numpy as jnp

from diffcheck.engines.jax.equations import bound
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift.control import CONTROL_RULES
from diffcheck.engines.jax.lift.elementwise import has_rule
from diffcheck.engines.jax.lift.meanings import COLLECTIVES, MEANINGS
from diffcheck.engines.jax.lift.moves import MOVES, known_moved
from diffcheck.engines.jax.lift.pairs import is_complex
from diffcheck.engines.jax.lift.reductions import REDUCTIONS
from diffcheck.engines.jax.lift.spectral import SPECTRAL
from diffcheck.engines.jax.lift.values import as_array
from diffcheck.engines.jax.lift.windows import WINDOWS

ROUNDING = ("reduce_precision", "nextafter")  # what is known is rounded, or moved by one rounding
FOLLOWED = {**REDUCTIONS, **WINDOWS, **CONTROL_RULES, **MEANINGS, **SPECTRAL}


def folded(equation: Any, arguments: Sequence[Any]) -> list[Any] | None:
    """The results of an equation whose arguments are known; None where JAX would round what the program means exactly."""
    if not is_folded(equation):
        return None
    name = equation.primitive.name
    if name in MOVES and name not in ROUNDING and all(isinstance(argument, np.ndarray) for argument in arguments):
        return known_moved(equation, arguments)
    with lacking():
        return [as_array(result) for result in bound(equation, arguments)]


def is_folded(equation: Any) -> bool:
    """Whether JAX may compute an equation whose arguments are known."""
    name = equation.primitive.name
    if name in COLLECTIVES:
        return False  # they know the axis of devices only inside their program
    if name in MOVES or name in ROUNDING or not any(_is_float(variable) for variable in equation.outvars):
        return True
    if equation.invars and not any(map(_is_float, equation.invars)):
        return True
    return name not in FOLLOWED and not has_rule(equation) and not any(map(is_complex, (*equation.invars, *equation.outvars)))


def _is_float(atom: Any) -> bool:
    return bool(jnp.issubdtype(atom.aval.dtype, np.inexact))
