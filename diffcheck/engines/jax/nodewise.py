"""What JAX computes at every node of a graph, operation by operation: value, tangent, cotangent, and what it keeps for the way back.

The cotangent of a node is that of a zero added to it: JAX sums up there what the users of the node hand back, in its own order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift.scopes import numbered
from diffcheck.engines.jax.residuals import Residual, kept
from diffcheck.engines.jax.settings import settings
from diffcheck.engines.jax.values import algebra, run_nodes
from diffcheck.errors import UnsupportedError
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.graph.graph import Algebra, Apply, Definition, Graph, Variable, depends, evaluate_nodes

Point = Mapping[str, float]
Floats = Sequence[float | None]
NOTHING_ADDED = -0.0  # x + (-0.0) is x for every float, +0.0 included


@dataclass(frozen=True, slots=True)
class Nodewise:
    """JAX's floats at a point, a list over the nodes each; None for conditions, and where JAX has no float.

    `holds` has JAX's decision for each condition; `lacks` says of each part that JAX cannot do why: "forward", "reverse".
    """

    primals: Floats
    holds: Sequence[bool | None]
    tangents: Mapping[str, Floats]
    cotangents: Floats
    residuals: Sequence[Residual]
    lacks: Mapping[str, str]


def nodewise(graph: Graph, point: Point, variables: Sequence[str], dtype: str) -> Nodewise:
    """Both modes of JAX at a point of floats, with respect to these variables."""
    run = _Run(graph, point, variables, np.dtype(dtype))
    nothing: list[float | None] = [None] * len(graph.nodes)
    tangents: Mapping[str, Floats] = dict.fromkeys(variables, nothing)
    cotangents: Floats = nothing
    residuals: Sequence[Residual] = ()
    lacks = dict[str, str]()
    holds: Sequence[bool | None] = [None] * len(graph.nodes)
    with settings(True), np.errstate(all="ignore"):
        try:
            with lacking():
                holds, tangents = run.decisions(), {name: run.tangents(name) for name in variables}
        except UnsupportedError as error:
            lacks["forward"] = error.reason
        try:
            with lacking():
                cotangents, residuals = run.cotangents(), run.residuals()
        except UnsupportedError as error:
            lacks["reverse"] = error.reason
    return Nodewise(run_nodes(graph, point, dtype), holds, tangents, cotangents, residuals, lacks)


class _Run:
    def __init__(self, graph: Graph, point: Point, variables: Sequence[str], dtype: np.dtype[Any]) -> None:
        self._graph, self._names, self._dtype = graph, tuple(variables), dtype
        self._point = {name: np.asarray(x, dtype) for name, x in point.items()}
        self._watched = [i for i, moves in enumerate(depends(graph, variables)) if moves and not isinstance(graph.nodes[i], Variable)]

    def decisions(self) -> Sequence[bool | None]:
        """Which conditions hold in floats."""
        nodes = self._nodes(self._algebra("jax"), self._point)
        return [bool(node) if jnp.result_type(node) == np.bool_ else None for node in nodes]

    def tangents(self, name: str) -> Floats:
        """∂node/∂name by jax.jvp."""

        def f(coordinate: Any) -> dict[int, Any]:
            nodes = self._nodes(self._algebra("jax_forward"), {**self._point, name: coordinate})
            return {i: nodes[i] for i in self._numbers(nodes)}

        x = jnp.asarray(self._point[name])
        _, tangents = jax.jvp(f, (x,), (jnp.ones_like(x),))
        return self._listed({i: tangents[i] for i in tangents})

    def cotangents(self) -> Floats:
        """∂output/∂node by jax.vjp."""

        def f(coordinates: Mapping[str, Any], added: Mapping[int, Any]) -> Any:
            nodes = self._nodes(_Adding(self._algebra("jax"), self._graph, added), {**self._point, **coordinates})
            return jnp.asarray(nodes[self._graph.output], self._dtype)

        coordinates = {name: jnp.asarray(self._point[name]) for name in self._names}
        zeros = {i: jnp.asarray(NOTHING_ADDED, self._dtype) for i in self._watched}
        primal, pullback = jax.vjp(f, coordinates, zeros)
        by_name, by_node = pullback(jnp.ones_like(primal))
        inputs = {i: by_name[node.name] for i, node in enumerate(self._graph.nodes) if isinstance(node, Variable) and node.name in by_name}
        return self._listed({**inputs, **by_node})

    def residuals(self) -> Sequence[Residual]:
        """What reverse mode keeps, each number once."""

        def f(*coordinates: Any) -> tuple[Any, dict[int, Any]]:
            point = {**self._point, **dict(zip(self._names, coordinates, strict=True))}
            nodes = self._nodes(_Naming(self._algebra("jax"), self._graph), point)
            kinds = {i: nodes[i] for i in range(len(nodes)) if isinstance(nodes[i], jax.Array)}
            return jnp.asarray(nodes[self._graph.output], self._dtype), kinds

        return kept(f, [jnp.asarray(self._point[name]) for name in self._names])

    def _algebra(self, mode: str) -> Algebra[Any]:
        return algebra(mode, self._dtype)

    def _nodes(self, algebra: Algebra[Any], point: Mapping[str, Any]) -> list[Any]:
        return evaluate_nodes(self._graph, algebra, point)

    def _numbers(self, nodes: Sequence[Any]) -> list[int]:
        """The nodes that are floats, not conditions."""
        return [i for i, node in enumerate(nodes) if jnp.issubdtype(jnp.result_type(node), jnp.floating)]

    def _listed(self, found: Mapping[int, Any]) -> Floats:
        return [float(found[i]) if i in found and found[i].dtype != jax.dtypes.float0 else None for i in range(len(self._graph.nodes))]


class _Around:
    """An algebra that does something more with each node; `_nodes` are those that it is asked for, in their order."""

    def __init__(self, algebra: Algebra[Any], graph: Graph) -> None:
        self._algebra = algebra
        self._nodes: Iterator[int] = iter([i for i, node in enumerate(graph.nodes) if not isinstance(node, Variable)])

    def constant(self, value: Fraction) -> Any:
        next(self._nodes)
        return self._algebra.constant(value)


class _Adding(_Around):
    """What is to be added to each node is added to it."""

    def __init__(self, algebra: Algebra[Any], graph: Graph, added: Mapping[int, Any]) -> None:
        super().__init__(algebra, graph)
        self._added = added

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        return self._plus(self._algebra.apply(function, arguments))

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        return self._plus(self._algebra.call(definition, order, arguments))

    def _plus(self, value: Any) -> Any:
        i = next(self._nodes)
        return value + self._added[i] if i in self._added and jnp.issubdtype(jnp.result_type(value), jnp.floating) else value


class _Naming(_Around):
    """JAX names the operations of a node by its index."""

    def apply(self, function: Function, arguments: Sequence[Any]) -> Any:
        with numbered(next(self._nodes)):
            return self._algebra.apply(function, arguments)

    def call(self, definition: Definition, order: int, arguments: Sequence[Any]) -> Any:
        with numbered(next(self._nodes)):
            return self._algebra.call(definition, order, arguments)


def slopes_taken(graph: Graph, node: int, operands: Sequence[float | None], dtype: str) -> list[float | None]:
    """The local derivatives that reverse mode takes at a node, one for each argument; None for conditions and where JAX has none."""
    found = graph.nodes[node]
    if not isinstance(found, Apply) or any(x is None for x in operands):
        return [None] * len(operands)
    function = FUNCTIONS[found.function]
    with settings(True), np.errstate(all="ignore"):
        try:
            with lacking():
                values = [jnp.asarray(x, dtype) for x in operands]
                primal, pullback = jax.vjp(lambda *u: jnp.asarray(algebra("jax", np.dtype(dtype)).apply(function, u), dtype), *values)
                return [float(slope) for slope in pullback(jnp.ones_like(primal))]
        except UnsupportedError:
            return [None] * len(operands)
