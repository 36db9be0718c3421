"""The table of JAX's primitives in docs/limits.md: what is lifted, from the rules of the code, and what is not, with its reason."""

from __future__ import annotations

from collections.abc import Collection

from diffcheck.engines.jax.lift.arrays import ARRAY_RULES
from diffcheck.engines.jax.lift.control import CONTROL_RULES
from diffcheck.engines.jax.lift.coordinates import SPARSE
from diffcheck.engines.jax.lift.elementwise import CONDITION_RULES, NUMBER_RULES
from diffcheck.engines.jax.lift.meanings import COLLECTIVES, MEANINGS
from diffcheck.engines.jax.lift.moves import MOVES
from diffcheck.engines.jax.lift.pairs import PAIRS
from diffcheck.engines.jax.lift.spectral import SPECTRAL
from diffcheck.engines.jax.lift.windows import WINDOWS

KINDS: dict[str, tuple[str, Collection[str]]] = {
    "functions of numbers, comparisons, conditions": ("graphs and arrays", {*NUMBER_RULES, *CONDITION_RULES}),
    "what moves entries": ("graphs and arrays", MOVES),
    "what combines entries": ("graphs and arrays", set(ARRAY_RULES) - set(MOVES)),
    "sliding windows": ("graphs and arrays", WINDOWS),
    "factorisations, sorts, and other programs": ("graphs and arrays", set(MEANINGS) - set(COLLECTIVES) - set(SPARSE)),
    "collectives, on one device or an axis of `vmap`": ("graphs and arrays", COLLECTIVES),
    "sparse matrices": ("graphs and arrays", SPARSE),
    "complex numbers, as pairs": ("graphs and arrays", PAIRS),
    "calls, branches, loops": ("graphs and arrays", CONTROL_RULES),
    "eigenvalues and singular values, if all differ": ("arrays only", SPECTRAL),
}
NOT_LIFTED = {  # primitives, and why
    ("pure_callback", "io_callback"): "a function of Python's, of which nothing but values is known",
    ("schur", "hessenberg"): "no derivative in JAX either (`sqrtm`, `rsf2csf`)",
    ("random_gamma", "random_gamma_grad", "igamma_grad_a"): "rejection by random numbers, and slopes that are approximations",
    ("ragged_dot_general", "ragged_all_to_all"): "products of parts whose sizes are numbers",
    ("bitcast_convert_type",): "the bits of a float that depends on the input (`frexp`); of known ones they are computed",
    ("reduce_window", "reduce", "approx_top_k"): "reductions by a function of the user's, and approximate ones",
}


def lifted_table() -> str:
    """How many primitives of each kind are lifted, and which."""
    rows = (f"| {kind} | {len(names)} | {route} | {_listed(names)} |\n" for kind, (route, names) in KINDS.items())
    return "| kind | primitives | followed as | which |\n| --- | --- | --- | --- |\n" + "".join(rows)


def not_lifted_table() -> str:
    """The primitives that are not lifted, and why."""
    rows = (f"| {_listed(names)} | {reason} |\n" for names, reason in NOT_LIFTED.items())
    return "| not lifted | |\n| --- | --- |\n" + "".join(rows)


def _listed(names: Collection[str]) -> str:
    return " ".join(f"`{name}`" for name in sorted(names))
