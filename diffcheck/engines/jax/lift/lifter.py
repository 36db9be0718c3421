"""From a JAX program to graphs: its jaxpr is followed equation by equation, calls and loops included.

An equation that cannot be lifted becomes placeholder nodes; lifting fails only if an output depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.jax.code_places import code_span
from diffcheck.engines.jax.lift.arrays import ARRAY_RULES
from diffcheck.engines.jax.lift.control import CONTROL_RULES
from diffcheck.engines.jax.lift.elementwise import elementwise
from diffcheck.engines.jax.lift.scalars import Nodes, NotLifted, Scalars
from diffcheck.engines.jax.lift.scopes import span_of
from diffcheck.engines.jax.names import ClosedJaxpr, Literal
from diffcheck.engines.jax.settings import settings
from diffcheck.graph.graph import Graph
from diffcheck.language.syntax import Span

Graphs = NDArray[np.object_]
PlaceOf = Callable[[Any], Span | None]  # where an equation was written


def lift(program: Callable[..., Any], variables: Sequence[str], dtype: str) -> Graph:
    """The graph of a scalar JAX function of scalars; raises UnsupportedError, with the primitive, where there is none."""
    (output,) = _lifted(program, dict.fromkeys(variables, np.empty((), dtype)), span_of)
    graph: Graph = output.item()
    return graph


def lift_arrays(program: Callable[..., Any], arguments: Mapping[str, Any]) -> list[Graphs]:
    """The graphs of all entries of all outputs of a JAX function, an array of graphs for each output.

    `arguments` are the names of the arguments in their order, with what has a shape and a dtype, or a tree of such. The
    variables of the graphs are the entries: `x`, or `x[0,1]` in an array, `p['w'][0,1]` in a tree. Their spans are of Python code.
    Raises UnsupportedError for a graph that needs something that is not lifted.
    """
    return _lifted(program, arguments, code_span)


def _lifted(program: Callable[..., Any], arguments: Mapping[str, Any], place_of: PlaceOf) -> list[Graphs]:
    scalars = Scalars()
    with settings(True):
        closed = jax.make_jaxpr(program)(*arguments.values())
        inputs = [_variables(scalars, name, leaf.shape) for name, leaf in _leaves(arguments)]
        outputs = _Lifter(scalars, place_of).run(closed, inputs)
    return [_graphs(scalars, output) for output in outputs]


def _leaves(arguments: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, tree in arguments.items():
        for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
            yield name + jax.tree_util.keystr(path), leaf


def _variables(scalars: Scalars, name: str, shape: tuple[int, ...]) -> Nodes:
    result = np.empty(shape, np.int64)
    for place in np.ndindex(shape):
        result[place] = scalars.variable(f"{name}[{','.join(map(str, place))}]" if shape else name)
    return result


def _graphs(scalars: Scalars, nodes: Nodes) -> Graphs:
    result = np.empty(nodes.shape, object)
    for place in np.ndindex(nodes.shape):
        result[place] = scalars.graph(int(nodes[place]))
    return result


class _Lifter:
    """Follows jaxprs; recursion goes as deep as they are nested."""

    def __init__(self, scalars: Scalars, place_of: PlaceOf) -> None:
        self._scalars = scalars
        self._place_of = place_of

    def run(self, closed: ClosedJaxpr, arguments: Sequence[Nodes]) -> list[Nodes]:
        """The outputs of a jaxpr applied to arrays of nodes."""
        jaxpr, scalars = closed.jaxpr, self._scalars
        constants = [scalars.array(value) for value in closed.consts]
        places = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *arguments), strict=True))

        def place(atom: Any) -> Nodes:
            return scalars.array(atom.val) if isinstance(atom, Literal) else places[atom]

        inherited = scalars.builder.place
        for equation in jaxpr.eqns:
            scalars.builder.place = self._place_of(equation) or inherited
            results = self._results(equation, [place(atom) for atom in equation.invars])
            places.update(zip(equation.outvars, results, strict=True))
        scalars.builder.place = inherited
        return [place(atom) for atom in jaxpr.outvars]

    def _results(self, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
        try:
            return self._lifted(equation, arguments)
        except NotLifted as what:
            entries = (int(index) for argument in arguments for index in argument.flat[:1])
            cause = next(filter(self._scalars.is_unusable, entries), None)  # what was not lifted before is to blame first
            unusable = self._scalars.unusable(str(what)) if cause is None else cause
            return [np.full(variable.aval.shape, unusable) for variable in equation.outvars]

    def _lifted(self, equation: Any, arguments: Sequence[Nodes]) -> Sequence[Nodes]:
        name = equation.primitive.name
        if name in CONTROL_RULES:
            return CONTROL_RULES[name](self._scalars, self.run, equation, arguments)
        self._scalars.dtype = equation.outvars[0].aval.dtype if equation.outvars else None
        if name in ARRAY_RULES:
            results = ARRAY_RULES[name](self._scalars, equation, *arguments)
            return [results] if isinstance(results, np.ndarray) else results
        return elementwise(self._scalars, equation, arguments)
