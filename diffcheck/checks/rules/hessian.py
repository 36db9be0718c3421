"""The Hessian of wᵀf through a rule: every entry is compared in floats, and those that differ most are judged one by one.

What they are compared with is the Hessian of the function without its rules, JAX's own, operation by operation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.entries import Jacobian
from diffcheck.checks.rules.lines import weighted
from diffcheck.checks.screening import deviations
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.engines.jax.runs import JaxMode
from diffcheck.engines.jax.undecorated import undecorated
from diffcheck.graph.graph import Graph
from diffcheck.judgement.evidence import Written
from diffcheck.judgement.judge import Judge
from diffcheck.results import Result

SUSPECTS = 4
Gradient = Callable[[Any], Any]  # of wᵀf


@dataclass(frozen=True, slots=True)
class SecondDerivative:
    """An entry of the Hessian through the rule, and its verdict."""

    names: tuple[str, str]
    result: Result


class Hessian:
    """∂²(wᵀf)/∂xᵢ∂xⱼ, for a Jacobian whose function is certified. What JAX raises where it has no second derivatives passes through."""

    def __init__(self, jacobian: Jacobian, weights: NDArray[Any]) -> None:
        self._jacobian = jacobian
        self._weights = weights
        function = jacobian.function
        self._through_rule = _gradient(function.raveled, weights)
        plain = undecorated(lambda vector: [function.raveled(vector)])
        given, own = (
            np.asarray(function.scoped(jax.jit(_rows(gradient)))(function.vector))
            for gradient in (self._through_rule, _gradient(lambda vector: plain(vector)[0], weights))
        )
        self.given = given
        self.compared = int(np.isfinite(own).sum())
        self._deviations = deviations(given, own)

    @property
    def size(self) -> int:
        return int(self.given.size)

    @property
    def places(self) -> list[tuple[int, int]]:
        """The entries that differ most; none where no entry differs."""
        worst = np.argsort(-self._deviations, axis=None, kind="stable")[:SUSPECTS]
        return [divmod(int(k), self._jacobian.columns) for k in worst if self._deviations.flat[k] > 0]

    def suspects(self) -> Iterator[SecondDerivative]:
        """Those at `places`, judged one by one."""
        graph = weighted(self._jacobian.truth_graphs, self._weights.tolist())
        return (self._judged(graph, i, j) for i, j in self.places)

    def _judged(self, graph: Graph, i: int, j: int) -> SecondDerivative:
        jacobian = self._jacobian
        names = (jacobian.function.variables[i], jacobian.function.variables[j])
        rule = JaxMode("reverse", lambda columns: {}, lambda wanted: self._program(i, j), jacobian.dtype)
        judge = Judge(Written(graph, ""), jacobian.format, jacobian.rules)
        (result,) = judge.sample(jacobian.point, (0, names), {rule: float(self.given[i, j])}, 0.0).results
        return SecondDerivative(names, result)

    def _program(self, i: int, j: int) -> Graph:
        """JAX's own program for an entry. Raises UnsupportedError."""
        function = self._jacobian.function

        def entry(*leaves: Any) -> list[Any]:
            vector = jnp.concatenate([jnp.ravel(leaf) for leaf in leaves])
            return [jax.grad(lambda x: self._through_rule(x)[i])(vector)[j]]

        (output,) = lift_arrays(entry, function.point)
        graph: Graph = output.item()
        return graph


def _gradient(program: Callable[[Any], Any], weights: NDArray[Any]) -> Gradient:
    def gradient(vector: Any) -> Any:
        return jax.vjp(program, vector)[1](jnp.asarray(weights))[0]

    return gradient


def _rows(gradient: Gradient) -> Callable[[Any], Any]:
    """All rows of the derivative of a gradient, one after the other."""

    def rows(vector: Any) -> Any:
        value, pullback = jax.vjp(gradient, vector)
        return jax.lax.map(lambda cotangent: pullback(cotangent)[0], jnp.eye(len(value), dtype=value.dtype))

    return rows
