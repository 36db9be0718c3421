"""The trace of a JAX function whose derivative rules are its own: forward through `fwd`, what it saves, and back through `bwd`.

Both are JAX's own programs, lifted into one graph: what the backward pass takes from the forward pass is a row of it already.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import conditions, enclose_nodes
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.engines.jax.values import run_nodes
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.graph.graph import Graph, GraphBuilder, Variable, arguments_of
from diffcheck.judgement.evidence import Written, blame_of
from diffcheck.traces.labels import Labels, RowLatex
from diffcheck.traces.numbers import traced_number
from diffcheck.workings import Row, RowKind, TracedNumber

COTANGENT, RESIDUAL = "ȳ", "residual"
MOST_PUSHED = 8  # variables, each of which forward mode runs another program for


@dataclass(frozen=True)
class BothWays:
    """One graph with the forward pass, the backward pass after it, and then what forward mode adds.

    `output` is the node of the value, `saved` are the nodes that the backward pass takes over, `cotangents` and `tangents` those of the
    results of both modes, by variable; nodes from `turning` on belong to the backward pass, those from `pushing` on to forward mode.
    """

    graph: Graph
    output: int
    saved: Sequence[int]
    cotangents: Mapping[str, int]
    tangents: Mapping[str, int]
    turning: int
    pushing: int


def both_ways(function: JaxFunction, row: int, wrt: Sequence[str]) -> BothWays:
    """What jax.vjp runs of one row of the result, and jax.jvp, where there is a forward mode.

    Raises UnsupportedError for what cannot be lifted.
    """
    structures: list[Any] = []

    def forward(*leaves: Any) -> list[Any]:
        value, pullback = jax.vjp(lambda *moved: jnp.concatenate([jnp.ravel(each) for each in function(*moved)])[row], *leaves)
        residuals, structure = jax.tree.flatten(pullback)
        structures.append(structure)
        return [value, *residuals]

    builder = GraphBuilder()
    value, *residuals = lift_arrays(forward, function.point)
    output = builder.graft(value.item())
    saved = [[builder.graft(graph) for graph in each.ravel()] for each in residuals]
    turning = len(builder.nodes)

    def backward(*given: Any) -> list[Any]:
        cotangents = jax.tree.unflatten(structures[-1], list(given[:-1]))(given[-1])
        return [jnp.ravel(cotangent) for cotangent in cotangents]

    shapes = _shapes(function, forward)
    names = {f"{RESIDUAL} {k}": np.empty(shape.shape, shape.dtype) for k, shape in enumerate(shapes[1:])}
    pulled = lift_arrays(backward, {**names, COTANGENT: np.empty(shapes[0].shape, shapes[0].dtype)})
    bound = _bound(names, saved) | {COTANGENT: builder.variable(COTANGENT)}
    results = [builder.graft(graph, {name: bound[name] for name in graph.variables}) for each in pulled for graph in each.ravel()]
    pushing = len(builder.nodes)
    tangents = _pushed(function, row, wrt, builder)
    graph = Graph(tuple(builder.nodes), output, tuple(builder.spans))
    kept = [node for nodes in saved for node in nodes]
    return BothWays(graph, output, kept, dict(zip(function.variables, results, strict=True)), tangents, turning, pushing)


def _pushed(function: JaxFunction, row: int, wrt: Sequence[str], builder: GraphBuilder) -> dict[str, int]:
    """The nodes of the tangents; a jax.custom_vjp has none, and of very many variables none are looked for."""
    if len(wrt) > MOST_PUSHED:
        return {}
    try:
        with lacking():
            columns = [function.variables.index(name) for name in wrt]
            return {name: builder.graft(function.forward_graphs(column)[row]) for name, column in zip(wrt, columns, strict=True)}
    except UnsupportedError:
        return {}


def _shapes(function: JaxFunction, program: Any) -> list[Any]:
    return list(function.scoped(lambda *leaves: jax.eval_shape(program, *leaves))(*function.point.values()))


def _bound(names: Mapping[str, Any], saved: Sequence[Sequence[int]]) -> dict[str, int]:
    """The nodes of the residuals' entries, by the names that these have in the backward pass."""
    found: dict[str, int] = {}
    for (name, residual), nodes in zip(names.items(), saved, strict=True):
        places = [f"{name}[{','.join(map(str, place))}]" if residual.shape else name for place in np.ndindex(residual.shape)]
        found |= dict(zip(places, nodes, strict=True))
    return found


@dataclass(frozen=True)
class RuleTrace:
    """The rows of both passes at a point."""

    ways: BothWays
    point: Mapping[str, float]
    format: Format

    def rows(self) -> tuple[list[Row], list[Row], list[Row], Labels]:
        """Those of the forward pass without the inputs, of the backward pass, and those that forward mode adds."""
        graph, values = self.ways.graph, {**self.point, COTANGENT: 1.0}
        labels = Labels(graph, "", frozenset(self.point))
        proved, holds = enclose_nodes(graph, values), conditions(graph, values)
        floats = run_nodes(graph, values, self.format.name)
        source, saved = Written(graph, ""), set(self.ways.saved)
        found: tuple[list[Row], list[Row], list[Row]] = [], [], []
        for i, name in labels.names.items():
            node = graph.nodes[i]
            if isinstance(node, Variable) and node.name != COTANGENT:
                continue
            kind = RowKind.CONDITION if graph.is_condition(i) else RowKind.INPUT if isinstance(node, Variable) else RowKind.OPERATION
            operands = tuple(labels.names[j] for j in arguments_of(node) if j in labels.names)
            operation = "cotangent" if kind is RowKind.INPUT else labels.operation(i)
            latex = labels.mathematics(i, RowLatex()) if kind is not RowKind.INPUT else ""
            value = traced_number(proved[i], floats[i], self.format)
            place = blame_of(source, i)
            row = Row(name, kind, operation, operands, value, latex, is_saved=i in saved, holds=holds[i], place=place)
            found[(i >= self.ways.turning) + (i >= self.ways.pushing)].append(row)
        return *found, labels


def input_rows(names: Sequence[str], point: Mapping[str, float], adjoints: Mapping[str, TracedNumber], saved: frozenset[str]) -> list[Row]:
    """The inputs, with the derivatives that the backward pass ends in."""
    given = {name: TracedNumber(Enclosure(Decimal(point[name]), Decimal(0)), point[name], 0.0) for name in names}
    return [Row(name, RowKind.INPUT, "input", (), given[name], adjoint=adjoints.get(name), is_saved=name in saved) for name in names]
