"""JAX's own programs, lifted into the graph: what JAX runs, custom rules included, evaluated exactly elsewhere."""

from diffcheck.engines.jax.lift.lifter import lift, lift_arrays
from diffcheck.engines.jax.lift.scopes import scope

__all__ = ["lift", "lift_arrays", "scope"]
