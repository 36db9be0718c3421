"""What is measured: an expression, or a JAX function, at a point, as JAX runs it and as SymPy sees it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.arguments import from_value, names_in
from diffcheck.checks.calling import BoundCall
from diffcheck.checks.function import FunctionCheck
from diffcheck.checks.loading import users_code
from diffcheck.checks.mathematics import FORMULA_NODES
from diffcheck.checks.points import from_points
from diffcheck.engines.certified import certify
from diffcheck.engines.jax import ways
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.formats import Format, format_named
from diffcheck.graph.build import Problem, read
from diffcheck.graph.graph import Definition, Graph
from diffcheck.language import syntax
from diffcheck.language.reading import read_back
from diffcheck.printable import quoted
from diffcheck.results import Findings, Status

JUDGED = 10_000  # derivatives of a function that are judged before they are timed


@dataclass(frozen=True, slots=True)
class Costed:
    """A function of arrays (`leaves`) as JAX runs it, and as mathematics, or why there is none.

    `in_reverse` and `in_forward` are the same function; a few functions of the language have an implementation for each mode.
    `rest` are variables of the expression by which it is not differentiated. `report` is what a check of a JAX function found at the point.
    """

    read_as: str
    name: str
    variables: tuple[str, ...]
    format: Format
    leaves: tuple[NDArray[Any], ...]
    in_reverse: ways.Function
    in_forward: ways.Function
    problem: Problem | UnsupportedError
    is_wide: bool  # JAX has 64-bit types
    rest: Mapping[str, float] = field(default_factory=dict)
    report: Findings | None = None

    @property
    def graph(self) -> Graph | None:
        return None if isinstance(self.problem, UnsupportedError) else self.problem.number.flat

    @property
    def point(self) -> dict[str, float]:
        """The coordinates by name; of many none."""
        numbers = np.concatenate([np.ravel(leaf) for leaf in self.leaves]).tolist()
        return dict(zip(self.variables, numbers, strict=True)) if self.variables else {}

    @property
    def entries(self) -> int:
        return sum(leaf.size for leaf in self.leaves)

    @property
    def takes_numbers(self) -> bool:
        """Whether it can be run at many points at once."""
        return all(leaf.ndim == 0 for leaf in self.leaves)

    def values_of(self, graphs: Sequence[Graph]) -> ways.Function:
        """The values of graphs in the coordinates of the subject, as a program of its leaves."""
        return _values(graphs, self.variables, self.rest, self.format.name, "jax")

    def around(self, count: int) -> list[NDArray[Any]]:
        """So many points next to the point, a column for each argument: all take the same branches, as nearly as can be."""
        steps = np.linspace(1 - 1e-9, 1 + 1e-9, count)
        return [(leaf * steps).astype(leaf.dtype) for leaf in self.leaves]


def of_expression(text: str, of: str | None = None, at: object = None, wrt: Sequence[str] = (), dtype: str = "float64") -> Costed:
    """An expression at a point; without one at the first of some points where it is proved to be smooth. Raises InputError."""
    problem = read(text, of)
    return of_problem(problem, read_back(problem.program), at, wrt, dtype)


def of_problem(problem: Problem, read_as: str, at: object = None, wrt: Sequence[str] = (), dtype: str = "float64") -> Costed:
    """The same of one that is read already."""
    variables = problem.variables
    if not variables:
        raise InputError("the expression has no variable", "There is nothing to differentiate by.")
    for name in wrt:
        if len(name.split()) > 1:
            raise InputError(
                f"{quoted(name)} is a derivative of higher order", "Costs are of the first derivatives, by --wrt x,y, and of their Hessian."
            )
        if name not in variables:
            raise InputError(f"the expression has no variable {quoted(name)}", f"Its variables: {', '.join(variables)}.")
    fmt = format_named(dtype)
    chosen = tuple(name for name in variables if name in wrt or not wrt)
    point = _given(at, variables, fmt) if at is not None else _smooth_point(problem.number.flat, variables, fmt)
    graph, rest = problem.number.flat, {name: point[name] for name in variables if name not in chosen}
    leaves = tuple(np.asarray(point[name], dtype) for name in chosen)
    in_reverse, in_forward = (_first(_values([graph], chosen, rest, dtype, mode)) for mode in ("jax", "jax_forward"))
    return Costed(read_as, problem.shown_name, chosen, fmt, leaves, in_reverse, in_forward, problem, dtype == "float64", rest)


def _values(graphs: Sequence[Graph], variables: Sequence[str], rest: Mapping[str, float], dtype: str, mode: str) -> ways.Function:
    values = ways.computed(graphs, (*variables, *rest), dtype, mode)
    fixed = [np.asarray(x, dtype) for x in rest.values()]
    return lambda *leaves: values(*(entry for leaf in leaves for entry in _entries(leaf)), *fixed)


def _entries(leaf: Any) -> Sequence[Any]:
    return [leaf] if jnp.ndim(leaf) == 0 else list(jnp.ravel(leaf))


def _first(values: ways.Function) -> ways.Function:
    return lambda *leaves: values(*leaves)[0]


def of_function(function: Callable[..., Any], at: Any, name: str = "", dtype: str | None = None) -> Costed:
    """A JAX function at a point. Raises InputError where it has none, or is not differentiable by anything."""
    check = FunctionCheck(function, given=names_in(at), name=name, dtype=dtype, linted=False)
    with users_code("the point"):  # its trees may be of classes of the user's
        points = from_value(at, check.parameters, check.format)
    return _of_calls(check, points)


def _of_calls(check: FunctionCheck, points: Sequence[BoundCall]) -> Costed:
    if len(points) != 1:
        raise InputError(f"costs are measured at one point, and {len(points)} are given", "Give one.")
    jacobian = check.jacobians(points)[0]
    found: JaxFunction = jacobian.function

    def run(*leaves: Any) -> Any:
        results = found(*leaves)
        return results[0] if len(results) == 1 else jnp.concatenate([jnp.ravel(result) for result in results])

    report = check.report_of([jacobian]) if jacobian.rows * jacobian.columns <= JUDGED else None
    names = found.variables if len(found.variables) <= JUDGED else ()
    read_as = report.header.read_as if report is not None else f"{check.name}({', '.join(check.parameters.names)})"
    leaves = tuple(found.point.values())
    problem = _mathematics(jacobian.truth, found.variables)
    return Costed(read_as, check.name, names, jacobian.format, leaves, run, run, problem, is_wide=found.wide, report=report)


def _mathematics(truth: Sequence[Graph] | UnsupportedError, variables: tuple[str, ...]) -> Problem | UnsupportedError:
    """A lifted function of one result as a definition."""
    if isinstance(truth, UnsupportedError):
        return truth
    if len(truth) != 1:
        return UnsupportedError(f"SymPy is given functions of one result, and this one has {len(truth):,}")
    if len(truth[0].nodes) > FORMULA_NODES:
        return UnsupportedError(f"SymPy is given functions of up to {FORMULA_NODES:,} operations, and this one has {len(truth[0].nodes):,}")
    target = Definition("", variables, len(variables), truth[0], truth[0])
    return Problem(syntax.Script("", (), None), (target,), target)


def _given(at: object, variables: Sequence[str], fmt: Format) -> dict[str, float]:
    columns = from_points(at, variables, fmt)
    if len(columns[variables[0]]) != 1:
        raise InputError(f"costs are measured at one point, and {len(columns[variables[0]])} are given", "Give one.")
    return {name: float(column[0]) for name, column in columns.items()}


def _smooth_point(graph: Graph, variables: Sequence[str], fmt: Format) -> dict[str, float]:
    """A point where all derivatives are proved to exist; where none is found, the first that was tried."""
    tried = [dict(zip(variables, map(fmt.of, numbers), strict=True)) for numbers in _candidates(len(variables))]
    return next((point for point in tried if _is_smooth(graph, point, variables)), tried[0])


def _candidates(count: int) -> Iterator[Sequence[float]]:
    """Different numbers for all variables: within (0, 1), above 1, below 0, and large ones."""
    spread = [((k + 1) * (math.sqrt(5) - 1) / 2) % 1 for k in range(count)]
    for scale, offset in ((0.8, 0.1), (1, 1), (-0.8, -0.1), (2, 3), (1, 0.5), (-1, -1), (10, 5), (0.01, 0.01)):
        yield [round(offset + scale * part, 3) for part in spread]
        yield [round(offset + scale * part, 3) for part in reversed(spread)]


def _is_smooth(graph: Graph, point: Mapping[str, float], variables: Sequence[str]) -> bool:
    return all(certify(graph, point, name).status is Status.SMOOTH for name in variables)
