"""From a JAX program to graphs: its jaxpr is followed equation by equation, calls and loops included.

An equation that cannot be lifted becomes placeholder nodes; lifting fails only if an output depends on them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp
from numpy.typing import NDArray

from diffcheck.engines.jax.code_places import code_span
from diffcheck.engines.jax.lift.arrays import ARRAY_RULES
from diffcheck.engines.jax.lift.control import CONTROL_RULES
from diffcheck.engines.jax.lift.elementwise import elementwise
from diffcheck.engines.jax.lift.folding import folded
from diffcheck.engines.jax.lift.meanings import meaning
from diffcheck.engines.jax.lift.node_arrays import NodeArrays
from diffcheck.engines.jax.lift.pairs import concerns_pairs, followed, is_complex
from diffcheck.engines.jax.lift.scalars import Nodes, NotLifted, Scalars
from diffcheck.engines.jax.lift.scopes import span_of
from diffcheck.engines.jax.lift.values import ComplexPair, KnownArray, as_array, literal
from diffcheck.engines.jax.lift.windows import WINDOWS
from diffcheck.engines.jax.names import ClosedJaxpr, Literal
from diffcheck.engines.jax.settings import settings
from diffcheck.graph.graph import Graph
from diffcheck.language.syntax import Span

Graphs = NDArray[np.object_]
Value = Any  # Nodes, KnownArray or ComplexPair
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
        lifter = _Lifter(scalars, place_of)
        outputs = lifter.run(closed, inputs)
        return [_graphs(scalars, lifter.nodes(output)) for output in outputs]


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
    """Follows jaxprs; recursion goes as deep as they are nested. Values are nodes, `KnownArray`, or pairs of such."""

    def __init__(self, scalars: Scalars, place_of: PlaceOf) -> None:
        self._scalars = scalars
        self._place_of = place_of

    def run(self, closed: ClosedJaxpr, arguments: Sequence[Value]) -> list[Value]:
        """The outputs of a jaxpr applied to arrays of nodes."""
        jaxpr, scalars = closed.jaxpr, self._scalars
        constants = [KnownArray(as_array(value)) for value in closed.consts]
        places = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *arguments), strict=True))

        def place(atom: Any) -> Value:
            return KnownArray(literal(atom)) if isinstance(atom, Literal) else places[atom]

        inherited = scalars.builder.place
        for equation in jaxpr.eqns:
            scalars.builder.place = self._place_of(equation) or inherited
            results = self._results(equation, [place(atom) for atom in equation.invars])
            places.update(zip(equation.outvars, results, strict=True))
        scalars.builder.place = inherited
        return [place(atom) for atom in jaxpr.outvars]

    def _results(self, equation: Any, arguments: Sequence[Value]) -> Sequence[Value]:
        try:
            return self._folded(equation, arguments) or self._lifted(equation, arguments)
        except NotLifted as what:
            arrays = (argument.real if isinstance(argument, ComplexPair) else argument for argument in arguments)
            entries = (int(index) for array in arrays if isinstance(array, np.ndarray) for index in array.flat[:1])
            cause = next(filter(self._scalars.is_unusable, entries), None)  # what was not lifted before is to blame first
            unusable = self._scalars.unusable(str(what)) if cause is None else cause
            return [_filled(variable, unusable) for variable in equation.outvars]

    def _folded(self, equation: Any, arguments: Sequence[Value]) -> Sequence[Value] | None:
        """What JAX computes by itself where all arguments are known."""
        known = [self._known(argument, atom) for argument, atom in zip(arguments, equation.invars, strict=True)]
        if any(each is None for each in known) or not equation.outvars:
            return None
        found = folded(equation, [each.value for each in known if each is not None])
        return None if found is None else [KnownArray(result) for result in found]

    def _known(self, argument: Value, atom: Any) -> KnownArray | None:
        """An array that is known; one of nodes, if all of them are whole numbers or conditions that are."""
        if isinstance(argument, KnownArray):
            return argument
        if isinstance(argument, ComplexPair) or not _is_whole(atom.aval.dtype):
            return None
        values = [self._scalars.known(index) for index in argument.ravel().tolist()]
        if any(value is None for value in values):
            return None
        whole = [value if isinstance(value, bool) else int(value) for value in values if value is not None]
        return KnownArray(np.array(whole, atom.aval.dtype).reshape(argument.shape))

    def _lifted(self, equation: Any, arguments: Sequence[Value]) -> Sequence[Value]:
        name = equation.primitive.name
        if name not in CONTROL_RULES and concerns_pairs(equation):
            return followed(equation, [each.value if isinstance(each, KnownArray) else each for each in arguments], self._run_on_parts)
        nodes = [self.nodes(each) for each in arguments]
        if name in CONTROL_RULES:
            return CONTROL_RULES[name](self._scalars, self._run_to_nodes, equation, nodes)
        self._scalars.dtype = equation.outvars[0].aval.dtype if equation.outvars else None
        if name in ARRAY_RULES:
            results = ARRAY_RULES[name](self._scalars, equation, *nodes)
            return [results] if isinstance(results, np.ndarray) else results
        if name in WINDOWS:
            return [WINDOWS[name](NodeArrays(self._scalars), equation, *nodes)]
        if (program := meaning(equation)) is not None:
            return self.run(program, nodes)
        return elementwise(self._scalars, equation, nodes)

    def _run_to_nodes(self, program: ClosedJaxpr, arguments: Sequence[Value]) -> list[Value]:
        return [self.nodes(value) for value in self.run(program, arguments)]

    def _run_on_parts(self, program: ClosedJaxpr, parts: Sequence[Any]) -> list[Value]:
        """Parts of complex arrays that are known come as they are."""
        return self.run(program, [part if isinstance(part, KnownArray) or part.dtype == np.int64 else KnownArray(part) for part in parts])

    def nodes(self, value: Value) -> Any:
        """The nodes of an array; keys of random numbers have none, and stay what they are."""
        match value:
            case ComplexPair(real, imag):
                return ComplexPair(self.nodes(real), self.nodes(imag))
            case KnownArray(np.ndarray() as array) if array.dtype.kind == "c":
                return ComplexPair(self._scalars.array(array.real), self._scalars.array(array.imag))
            case KnownArray(np.ndarray() as array):
                return self._scalars.array(array)
        return value


def _filled(variable: Any, node: int) -> Value:
    """An array of one node."""
    nodes = np.full(variable.aval.shape, node)
    return ComplexPair(nodes, nodes) if is_complex(variable) else nodes


def _is_whole(dtype: Any) -> bool:
    """Whether numbers of a type are whole, or conditions."""
    return any(jnp.issubdtype(dtype, kind) for kind in (np.integer, np.bool_))
