"""A small JAX function as mathematics, for engines that differentiate formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diffcheck.engines.derivation import Inapplicable, Run, Wanted
from diffcheck.engines.jax.runs import Together
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import Problem
from diffcheck.graph.graph import Definition, Graph
from diffcheck.language import syntax

FORMULA_NODES = 400  # of a lifted function that SymPy is asked to differentiate


def in_mathematics(truth: Sequence[Graph] | UnsupportedError, output: int, variables: tuple[str, ...], is_small: bool) -> Problem:
    """One result as a definition. Raises Inapplicable where it is not lifted, or too much: `is_small` says that of the derivatives."""
    if not is_small or isinstance(truth, UnsupportedError) or len(truth[output].nodes) > FORMULA_NODES:
        raise Inapplicable("the function is not small")
    target = Definition("", variables, len(variables), truth[output], truth[output])
    return Problem(syntax.Script("", (), None), (target,), target)


def run_of(formulas: Mapping[Wanted, Graph], variables: tuple[str, ...], dtype: str) -> Run:
    """What evaluates formulas in JAX, beside a function that has a program of its own."""
    if not formulas:
        return lambda columns: {}
    first = next(iter(formulas.values()))  # is run instead of f
    return Together([first], variables, [], dtype, False, ()).evaluated(formulas)
