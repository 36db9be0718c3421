"""The evaluation trace of a JAX function at a point."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax

from diffcheck.checks.arguments import from_value, names_in
from diffcheck.checks.calling import BoundCall, Parameters
from diffcheck.checks.culprits import described
from diffcheck.checks.loading import users_code
from diffcheck.engines.certified import certify
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.parts import is_wide
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.formats import Format, format_named
from diffcheck.graph.graph import Graph, Variable
from diffcheck.graph.text import Short, one_line
from diffcheck.judgement.evidence import Written, listed
from diffcheck.printable import quoted
from diffcheck.results import Certificate
from diffcheck.traces.expression import finished
from diffcheck.traces.graphs import GraphTrace
from diffcheck.traces.numbers import sides_of, traced_number
from diffcheck.traces.rules import RuleTrace, both_ways, input_rows
from diffcheck.workings import ProvedDerivative, TracedNumber, TraceRecord

SHOWN = 8  # names in a message
LIFTED = "the rows are the operations of its program; whole arrays at a time, or compiled, JAX may round otherwise and keep other numbers"


def trace_function(
    function: Callable[..., Any],
    at: Any,
    *,
    wrt: Sequence[str] | None = None,
    output: str | None = None,
    dtype: str | None = None,
) -> TraceRecord:
    """The trace of a JAX function at one point, given as `check` takes it; `output` names an entry of the result, such as "[0]".

    Raises InputError for what cannot be used, UserCodeError for what the function raises, UnsupportedError where its program cannot
    be lifted.
    """
    fmt = None if dtype is None else format_named(dtype)
    parameters = Parameters.of(function, names_in(at))
    with users_code("the point"):  # its trees may be of classes of the user's
        points = from_value(at, parameters, fmt)
    if len(points) != 1:
        raise InputError(f"a trace is made at one point, and {len(points):,} are given", "Give one number or array for each argument.")
    name = getattr(function, "__name__", "f").replace("<lambda>", "f")
    with users_code(name):
        return _Function(function, points[0], name, fmt).trace(wrt, output)


class _Function:
    def __init__(self, function: Callable[..., Any], call: BoundCall, name: str, fmt: Format | None) -> None:
        wide = any(is_wide(leaf) for leaf in jax.tree.leaves(call.arguments))
        self._function = JaxFunction(call.of(function), call.arguments, wide)
        self._name, self._names = name, call.names
        if not self._function.variables:
            raise InputError(f"no argument of {name} is a floating-point number", "There is nothing to differentiate by.")
        self._format = fmt or format_named(str(self._function.vector.dtype))
        self._point = dict(zip(self._function.variables, self._function.vector.tolist(), strict=True))
        if not all(map(math.isfinite, self._point.values())):
            raise InputError("nothing is proved at infinity", "Give finite numbers.")

    def trace(self, wrt: Sequence[str] | None, output: str | None) -> TraceRecord:
        row, chosen = self._row(output), self._chosen(wrt)
        try:
            graph = self._function.graphs[row]
        except UnsupportedError as unsupported:
            raise UnsupportedError(f"{self._name} cannot be traced: {unsupported.reason}") from None
        read_as = self._read_as(graph)
        name = self._name + self._function.outputs[row]
        if self._function.custom_rules:
            return self._with_rules(graph, row, chosen, read_as, name)
        found = finished(GraphTrace(Written(graph, ""), self._function.variables, chosen, self._point, self._format), read_as, name)
        return replace(found, notes=(*found.notes, LIFTED))

    def _row(self, output: str | None) -> int:
        outputs = self._function.outputs
        if not outputs:
            raise InputError(f"{self._name} returns no floating-point number", "There is nothing to differentiate.")
        if output is None and len(outputs) == 1:
            return 0
        if output is not None and f"[{output}]" in outputs:
            return outputs.index(f"[{output}]")
        if output is not None and outputs == ("",):
            raise InputError(f"{self._name} returns one number, and has no entry {quoted(output)}", "Leave --entry out.")
        if output not in outputs:
            shown = ", ".join(outputs[:SHOWN]) + ", …" * (len(outputs) > SHOWN)
            problem = f"{self._name} returns {len(outputs):,} numbers" if output is None else f"{self._name} has no result {quoted(output)}"
            raise InputError(problem, f"A trace has one: write --entry {quoted(outputs[0])}; there are {shown}." if shown else "")
        return outputs.index(output)

    def _chosen(self, wrt: Sequence[str] | None) -> tuple[str, ...]:
        variables = self._function.variables
        for name in wrt or ():
            if name not in variables:
                shown = ", ".join(variables[:SHOWN]) + ", …" * (len(variables) > SHOWN)
                raise InputError(f"the function has no argument {quoted(name)}", f"Its arguments: {shown}.")
        return tuple(dict.fromkeys(wrt or variables))

    def _read_as(self, graph: Graph) -> str:
        call = f"{self._name}({', '.join(self._names)})"
        text = one_line(graph, Short())
        return call if text is None else f"{call} = {text}"

    def _with_rules(self, graph: Graph, row: int, wrt: tuple[str, ...], read_as: str, name: str) -> TraceRecord:
        ways = both_ways(self._function, row, wrt)
        forward, backward, pushed, labels = RuleTrace(ways, self._point, self._format).rows()
        columns = [self._function.variables.index(each) for each in wrt]
        computed = dict(zip(wrt, self._function.reverse([row])[0][columns].tolist(), strict=True))
        proved = {each: certify(graph, self._point, each) for each in wrt}
        adjoints = {each: traced_number(found.derivative, computed[each], self._format, sides_of(found)) for each, found in proved.items()}
        pushed_to = ways.tangents.items()
        nodes = ways.graph.nodes
        kept = frozenset(node.name for i in ways.saved if isinstance(node := nodes[i], Variable))
        return TraceRecord(
            read_as=read_as,
            name=name,
            output=labels.operand(ways.output, Short()).text,
            point=self._point,
            dtype=self._format.name,
            wrt=wrt,
            rows=(*input_rows(self._function.variables, self._point, adjoints, kept), *forward),
            derivatives=tuple(ProvedDerivative(each, found.status, found.reason) for each, found in proved.items()),
            pullback=tuple(backward),
            cotangents=tuple(labels.operand(ways.cotangents[each], Short()).text for each in wrt),
            pushforward=tuple(pushed),
            tangents=tuple((each, labels.operand(node, Short()).text, self._tangent(each, row, proved[each])) for each, node in pushed_to),
            saved=tuple(dict.fromkeys(labels.names[i] for i in ways.saved if i in labels.names)),
            notes=self._rules(),
        )

    def _tangent(self, name: str, row: int, found: Certificate) -> TracedNumber:
        """The derivative that forward mode gives."""
        computed = self._function.forward([self._function.variables.index(name)])[row][0]
        return traced_number(found.derivative, float(computed), self._format, sides_of(found))

    def _rules(self) -> tuple[str, ...]:
        rules = [described(rule) for rule in self._function.custom_rules if not rule.is_library]
        return (f"the derivative is given by {listed(rules)}",) if rules else ("the derivative is given by rules of JAX's library",)
