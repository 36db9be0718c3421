"""Which derivatives are asked for in one report: a gradient, a Hessian, all of an order, or those along a direction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.points import from_points
from diffcheck.engines.derivation import Names
from diffcheck.errors import ExpressionError, InputError, PointError, shown_in
from diffcheck.formats import Format
from diffcheck.graph.build import Problem, inline
from diffcheck.graph.graph import Definition, Graph, GraphBuilder
from diffcheck.graph.text import Short, one_line
from diffcheck.language.reading import read_back
from diffcheck.printable import shown

MAX_ORDER = 8
Direction = str | float | Mapping[str, object] | Sequence[float]


@dataclass(frozen=True, slots=True)
class Orders:
    """All partial derivatives of an order, pure and mixed, equal ones once; or that along a direction; or the Hessian times a vector.

    Attributes:
        order: The order of the derivatives, 1 to 8.
        along: A direction, as a point is given: "x=1,y=-2".
        times: A vector by which the Hessian is multiplied, in the same way.
        every: Whether all are judged where there are more than 400.
        of_a_number: Whether what is asked for, a gradient or a Hessian, is that of one number.
    """

    order: int = 1
    along: Direction | None = None
    times: Direction | None = None
    every: bool = False
    of_a_number: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.order, int) or isinstance(self.order, bool) or not 1 <= self.order <= MAX_ORDER:
            problem, given = "this is not an order of a derivative that is checked", shown(self.order)
            raise ExpressionError(problem, given, 0, len(given), f"Orders go from 1 to {MAX_ORDER}.")
        if self.along is not None and self.times is not None:
            raise InputError("a direction is given, and a vector for the Hessian too", "Write the one or the other.")
        if self.times is not None and self.order not in (1, 2):
            raise InputError(f"order {self.order} does not go with a vector for the Hessian", "Leave the order out.")

    @property
    def is_first(self) -> bool:
        """Whether these are the first derivatives, which are what a check is about by default."""
        return self.order == 1 and self.direction is None

    @property
    def beyond_first(self) -> Orders | None:
        """These, unless they are the first derivatives."""
        return None if self.is_first else self

    @property
    def direction(self) -> Direction | None:
        return self.along if self.times is None else self.times

    def of_moving(self, variables: Sequence[str], moved_by: str) -> tuple[Names, ...]:
        """The derivatives of a function that has the one that moves the others among its variables."""
        return self.of([name for name in variables if name != moved_by], moved_by)

    def require_no_choice(self, wrt: object) -> None:
        """Raises InputError where variables are chosen, and a direction is given."""
        if wrt and self.along is not None:
            raise InputError("--wrt does not go with a direction", "Leave it out; variables that stay have 0 in the direction: x=1,y=0.")

    def of(self, variables: Sequence[str], moved_by: str) -> tuple[Names, ...]:
        """The derivatives in these variables; `moved_by` is the one that moves the point in the direction."""
        if self.times is not None:
            return tuple((name, moved_by) for name in variables)
        if self.along is not None:
            return ((moved_by,) * self.order,)
        return tuple(combinations_with_replacement(variables, self.order))


def asked(
    order: int | None = None,
    *,
    gradient: bool = False,
    hessian: bool = False,
    along: Direction | None = None,
    times: Direction | None = None,
    every: bool = False,
) -> Orders:
    """What options ask for. Raises InputError where they contradict each other."""
    wanted = {known for known, is_wanted in ((1, gradient), (2, hessian)) if is_wanted} | ({order} if order is not None else set())
    if len(wanted) > 1:
        raise InputError("several orders of derivatives are asked for", "Write one of --gradient, --hessian and --order N.")
    is_of_a_number = gradient or hessian or times is not None
    return Orders(next(iter(wanted), 1), along, times, every, is_of_a_number)


def of_a_vector(problem: Problem) -> ExpressionError:
    """What is said where a gradient or a Hessian of a vector is asked for."""
    text, body = problem.program.text, problem.body
    fix = f"Choose an entry, {problem.first_entry}; --jacobian gives all first derivatives of a vector, --order 2 all second ones."
    return ExpressionError("gradients and Hessians are those of a number, and this is a vector", text, body.span.start, body.span.end, fix)


@dataclass(frozen=True, slots=True)
class Moved:
    """A problem along a direction v: f(x + t·v), at t = 0."""

    problem: Problem
    variable: str  # t, or another name that is free
    read_as: str

    @classmethod
    def along(cls, problem: Problem, direction: Direction, fmt: Format) -> Moved:
        """Raises InputError for a direction that is 0, and PointError for one that lacks a variable."""
        speeds = _speeds(direction, problem, fmt)
        variable = free_name({*problem.variables, *(definition.name for definition in problem.definitions)})
        results = [_along(result, speeds, variable) for result in problem.results]
        moved = replace(problem, target=results[0], outputs=tuple(results) if problem.outputs else ())
        line = ", ".join(f"{name} = {_text(_start_of(name, speeds[name], variable))}" for name in problem.variables)
        return cls(moved, variable, f"{read_back(problem.program)}, along {line} at {variable} = 0")


def free_name(taken: Collection[str]) -> str:
    """A name for how far the point has moved: t, unless it is taken."""
    return next(name for name in ("t", "s", "h", *(f"t_{k}" for k in range(len(taken) + 1))) if name not in taken)


def _speeds(direction: Direction, problem: Problem, fmt: Format) -> dict[str, Fraction]:
    is_row = isinstance(direction, (list, tuple)) or getattr(direction, "ndim", 0) == 1
    with direction_shown(direction):
        columns = from_points([direction] if is_row and len(problem.variables) > 1 else direction, problem.variables, fmt)
        if any(len(column) != 1 for column in columns.values()):
            raise PointError(
                "a direction has one number for each variable", f"Write {','.join(f'{name}=1' for name in problem.variables)}."
            )
        require_direction(columns.values())
    return {name: Fraction(float(column[0])) for name, column in columns.items()}


def direction_shown(direction: object) -> AbstractContextManager[None]:
    """Marks what is wrong with a direction that is written."""
    return shown_in(direction) if isinstance(direction, str) else nullcontext()


def require_direction(steps: Iterable[NDArray[Any]]) -> None:
    """Raises PointError for a direction of which a number is infinite, or all are zero."""
    numbers = np.concatenate([np.ravel(step) for step in steps])
    if not np.isfinite(numbers).all():
        raise PointError("a direction has finite numbers")
    if not numbers.any():
        raise PointError("the direction is zero", "There is no derivative along it: give a number other than 0.")


def _along(result: Definition, speeds: Mapping[str, Fraction], variable: str) -> Definition:
    written, flat = (_moved(graph, speeds, variable) for graph in (result.written, result.flat))
    parameters = (*result.parameters, variable)
    return Definition("", parameters, len(parameters), written, inline(flat, lambda: InputError("too many operations")))


def _moved(graph: Graph, speeds: Mapping[str, Fraction], variable: str) -> Graph:
    builder = GraphBuilder()
    t = builder.variable(variable)
    places = {name: _start(builder, builder.variable(name), speeds[name], t) for name in graph.variables}
    return builder.graph(builder.graft(graph, places))


def _start_of(name: str, speed: Fraction, variable: str) -> Graph:
    builder = GraphBuilder()
    return builder.graph(_start(builder, builder.variable(name), speed, builder.variable(variable)))


def _text(graph: Graph) -> str:
    return one_line(graph, Short()) or ""


def _start(builder: GraphBuilder, x: int, speed: Fraction, t: int) -> int:
    """x + speed·t"""
    if not speed:
        return x
    step = t if abs(speed) == 1 else builder.apply("multiply", (builder.constant(abs(speed)), t))
    return builder.apply("add" if speed > 0 else "subtract", (x, step))
