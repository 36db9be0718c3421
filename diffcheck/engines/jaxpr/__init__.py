"""JAX's own programs, lifted into the graph: what JAX runs, custom rules included, evaluated exactly elsewhere."""

from diffcheck.engines.jaxpr.lifter import lift, lift_arrays
from diffcheck.engines.jaxpr.scopes import scope

__all__ = ["lift", "lift_arrays", "scope"]
