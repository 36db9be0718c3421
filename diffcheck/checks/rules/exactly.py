"""Floats that differ may differ by rounding alone: the programs that computed them are compared in exact arithmetic."""

from __future__ import annotations

from decimal import Decimal

import jax

from diffcheck.checks.entries import Jacobian
from diffcheck.engines.certified import enclose_value, rounding_bound
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Graph


def primals_differ(jacobian: Jacobian, mode: str) -> bool:
    """Whether the value that a rule returns is another one than the function's, rounding apart; True where that is not known."""
    function = jacobian.function

    def by_rule(*leaves: object) -> list[object]:
        found: list[object] = jax.vjp(function, *leaves)[0] if mode == "reverse" else jax.jvp(function, leaves, leaves)[0]
        return found

    try:
        rule = [graph for output in lift_arrays(by_rule, function.point) for graph in output.ravel()]
        return any(_differ(jacobian, a, b) for a, b in zip(rule, function.graphs, strict=True))
    except UnsupportedError:
        return True


def transposes_differ(jacobian: Jacobian) -> bool:
    """Whether forward and reverse mode are different rules for an entry, rounding apart; True where that is not known."""
    if not jacobian.is_small:
        return True
    try:
        return any(_differ(jacobian, jacobian.lifted("forward", *place), jacobian.lifted("reverse", *place)) for place in jacobian.chosen)
    except UnsupportedError:
        return True


def _differ(jacobian: Jacobian, a: Graph, b: Graph) -> bool:
    first, second = enclose_value(a, jacobian.point), enclose_value(b, jacobian.point)
    if first is None or second is None:
        return first is not second
    bounds = [rounding_bound(graph, jacobian.point, jacobian.arithmetic) for graph in (a, b)]
    slack = sum((bound for bound in bounds if bound is not None), Decimal(0))  # literals are rounded too
    return first.distance(second)[0] > slack
