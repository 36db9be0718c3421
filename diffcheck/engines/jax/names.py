"""The names of JAX that may change without notice, in one place: tests/test_jax_names.py says which version of JAX lacks one.

Attributes that may change are read in one file each: of equations in `code_places` (their tracebacks) and `jaxpr/scopes` (their names).
"""

from typing import Any

from jax.core import Tracer
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal, jaxpr_as_fun
from jax.extend.core.primitives import closed_call_p

CALLBACK_LOGGER = "jax._src.callback"  # where JAX logs what a callback raises


def interpreted_kernel() -> Any:
    """What runs a Pallas kernel as a program of JAX's ordinary operations; Pallas is imported with it."""
    from jax._src.pallas.hlo_interpreter import pallas_call_hlo_interpret

    return pallas_call_hlo_interpret


__all__ = ["CALLBACK_LOGGER", "ClosedJaxpr", "Jaxpr", "Literal", "Tracer", "closed_call_p", "interpreted_kernel", "jaxpr_as_fun"]
