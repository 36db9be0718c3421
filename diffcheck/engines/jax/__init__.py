"""All that touches JAX: graphs as JAX programs, JAX functions, and their programs lifted into graphs.

Raises InputError where a variable of the environment keeps JAX from being imported.
"""

from diffcheck.errors import InputError

try:
    import jax  # noqa: F401
except ValueError as error:
    raise InputError(f"JAX does not start: {error}", "Mend that variable of the environment, or unset it.") from error
