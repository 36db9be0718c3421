"""Rules that are not meant to be the derivative of the code: step functions, stopped gradients, implicit samples, sorted ties, symmetry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diffcheck.engines.jax.code_places import code_span, is_called_by_user
from diffcheck.engines.jax.equations import equations
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Graph, Variable, arguments_of

STOPPED = (
    "The code treats a part of itself as a constant, by jax.lax.stop_gradient{place}: if that is intended, as in a straight-through "
    "estimator, judge by the function whose slope is intended, with --against"
)
ORDERED = "If sorted entries are equal, JAX differentiates one of their orders, and f may have no derivative or another one"
IMPLICIT = (
    "JAX's rule for random.gamma is implicit by design: it moves the sample along its quantile, and the code draws it by rejection, "
    "which has another slope for a fixed key"
)
SYMMETRIC = (
    "JAX's rule is for changes that keep the matrix symmetric, and the code reads one triangle of it: if the matrix is made symmetric "
    "first, as jax.numpy.linalg does, both are the same"
)
SENTENCES = {  # the first that occurs
    "random_gamma": IMPLICIT,
    "stop_gradient": STOPPED,
    "sort": ORDERED,
    "top_k": ORDERED,
    "cholesky": SYMMETRIC,
    "eigh": SYMMETRIC,
}


def step_function(graph: Graph, variable: str) -> str:
    """A sentence if a graph depends on a variable through conditions and rounding only; '' if not."""
    depends: list[bool] = []
    smoothly: list[bool] = []
    for node in graph.nodes:
        arguments = arguments_of(node)
        is_step = isinstance(node, Apply) and (FUNCTIONS[node.function].is_step or FUNCTIONS[node.function].gives_condition)
        is_it = isinstance(node, Variable) and node.name == variable
        depends.append(is_it or any(depends[i] for i in arguments))
        smoothly.append(is_it or (not is_step and any(smoothly[i] for i in arguments)))
    if not depends[graph.output] or smoothly[graph.output]:
        return ""
    return (
        f"The code is a step function of {variable}, which acts through conditions and rounding only: judge by the function "
        "that it stands for, with --against"
    )


def by_design(function: JaxFunction) -> str:
    """A sentence on the first primitive whose rule is not meant to be its derivative; '' if a program has none."""
    found = {
        equation.primitive.name: equation
        for equation in equations(function.program.jaxpr)
        if equation.primitive.name in SENTENCES and _counts(equation)
    }
    name = next(filter(found.__contains__, SENTENCES), None)
    if name is None:
        return ""
    span = code_span(found[name])
    return SENTENCES[name].format(place="" if span is None else f" ({Path(span.file).name}:{span.line})")


def _counts(equation: Any) -> bool:
    """Whether an equation counts: JAX's own code stops gradients, too, where that changes nothing."""
    return equation.primitive.name != "stop_gradient" or is_called_by_user(equation, "stop_gradient")
