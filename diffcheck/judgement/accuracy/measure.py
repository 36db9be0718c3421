"""The largest error of each of JAX's functions on a seeded sample, against enclosures of the true values.

What is measured is what a check runs: the engine's program of that one function on an array, compiled and operation by
operation; the worse of the two counts. Results out of the range of normal floats, or close to its ends, are left out.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.engines.certified import enclose_value
from diffcheck.engines.jax.program import Program
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.graph.functions import LACKS, ROWS, Function
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.judgement.accuracy.sample import Floats, closer_to_roots, coordinates
from diffcheck.judgement.accuracy.table import Accuracy, Faults, limit_of

POINTS = 2000  # drawn for each function, before roots are approached
LITERALS = (-1, 0.5, 2.5, 3, 10, 49)  # operands known to the compiler, which then has its own ways: x/3 becomes x*(1/3)
TWO_DIGITS_UP = decimal.Context(prec=2, rounding=decimal.ROUND_CEILING)


def measurable(row: Function) -> bool:
    """Whether a row is a function that JAX evaluates to a finite number; infinity is exact, and conditions are not rounded."""
    return row.column("jax") is not LACKS and not row.gives_condition and row.name != "inf"


MEASURABLE = tuple(row for row in ROWS if measurable(row))


def measure(row: Function, fmt: Format, count: int = POINTS) -> Accuracy:
    """The accuracy of JAX's function in a format. Raises UnsupportedError where JAX refuses the format."""
    samples = [_measured(row, fixed, fmt, count) for fixed in _fixed(row)]
    points, errors = (np.concatenate(parts) for parts in zip(*samples, strict=True))
    limit = limit_of(fmt.name)
    free = [name for name in _parameters(row) if not row.tried(name)]
    return _summary(points, errors, limit, bits=3 if len(free) == 1 else 0)


def _parameters(row: Function) -> tuple[str, ...]:
    return (*row.names, "another") if row.parameters.endswith("…") else row.names


def _fixed(row: Function) -> Iterator[dict[str, float]]:
    """The parameters that are literals in a sample, with their values."""
    integers = [[(literal.name, n) for n in literal.tried] for literal in row.literals]
    yield from map(dict, product(*integers))
    if len(row.names) == 2 and row.operator and not integers:
        yield from ({name: literal} for name, literal in product(row.names, LITERALS))


def _measured(row: Function, fixed: Mapping[str, float], fmt: Format, count: int) -> tuple[Floats, Floats]:
    """Points, a row each with all parameters, and the error there in ulps; NaN where it does not count."""
    graph = graph_of(row, fixed)
    programs = [Program(graph, graph.variables, (), {}, fmt.name, compiled) for compiled in (True, False)]
    columns = _columns(row, programs[-1], graph, fmt, count)
    points = _transposed(columns)
    true = [enclose_value(graph, dict(zip(columns, point, strict=True))) for point in points.tolist()]
    errors = [[_error(y, value, fmt) for y, value in zip(_values(program, columns).tolist(), true, strict=True)] for program in programs]
    every = {**columns, **{name: np.full(len(points), literal) for name, literal in fixed.items()}}
    return _transposed({name: every[name] for name in _parameters(row)}), np.max(errors, axis=0)


def graph_of(row: Function, fixed: Mapping[str, float]) -> Graph:
    """The function applied to variables, literals where they are fixed, and conditions where it takes them."""
    builder = GraphBuilder()
    zero = builder.constant(Fraction(0))
    arguments = []
    for k, name in enumerate(_parameters(row)):
        argument = builder.constant(Fraction(fixed[name])) if name in fixed else builder.variable(name)
        arguments.append(builder.apply("less", (zero, argument)) if row.conditions and k == 0 else argument)
    return builder.graph(builder.apply(row, arguments))


def _columns(row: Function, program: Program, graph: Graph, fmt: Format, count: int) -> dict[str, Floats]:
    """The sample, a column for each variable."""
    generator = np.random.default_rng(list(row.name.encode()))
    drawn = {name: coordinates(row, name, fmt, count, generator) for name in graph.variables}
    if len(drawn) != 1:
        return {name: generator.choice(column, count) for name, column in drawn.items()}
    ((name, column),) = drawn.items()
    return {name: closer_to_roots(lambda x: _values(program, {name: x}), column, fmt)}


def _values(program: Program, columns: Mapping[str, Floats]) -> Floats:
    found = program.run(columns)["primal"]
    if isinstance(found, UnsupportedError):
        raise found
    return found.astype(float)


def _transposed(columns: Mapping[str, Floats]) -> Floats:
    """A row for each point; a constant is a function of no variable at one point."""
    return np.stack([column.astype(float) for column in columns.values()], axis=1) if columns else np.zeros((1, 0))


def _error(y: float, true: Enclosure | None, fmt: Format) -> float:
    """How far a value is proved to be from the true one, in ulps of that; infinitely far if it is not a number."""
    if true is None:
        return math.nan
    size = true.midpoint.copy_abs()
    if not 2 * fmt.smallest_normal <= size <= fmt.largest / 2:
        return math.nan
    if not math.isfinite(y):
        return math.inf
    distance = EXACT.subtract(EXACT.subtract(Decimal(y), true.midpoint).copy_abs(), true.radius)
    return float(EXACT.divide(max(distance, Decimal(0)), Decimal(fmt.ulp(float(true)))))


def _summary(points: Floats, errors: Floats, limit: float, bits: int) -> Accuracy:
    """The largest error outside the cells in which the limit is exceeded, and those beyond the limit."""
    counted = ~np.isnan(errors)
    points, errors = points[counted], errors[counted]
    beyond = errors > limit
    cells = _cells(points, bits)
    faulty = np.isin(cells, cells[beyond])
    largest = int(np.argmax(np.where(faulty, -1.0, errors)))
    ulps = limit if faulty[largest] else _rounded_up(errors[largest])
    return Accuracy(ulps, _place(points[largest]), _faults(points[beyond], errors[beyond]))


def _cells(points: Floats, bits: int) -> NDArray[Any]:
    """The number of the cell that each point lies in: those of equal signs, exponents and leading bits of mantissas are in one."""
    mantissas, exponents = np.frexp(points)
    corners = np.concatenate([exponents, np.trunc(np.ldexp(mantissas, bits + 1))], axis=1)
    return np.unique(corners, axis=0, return_inverse=True)[1].ravel()


def _faults(points: Floats, errors: Floats) -> Faults | None:
    if not len(errors):
        return None
    worst = int(np.argmax(errors))
    return Faults(_rounded_up(errors[worst]), _place(points[worst]), _place(points.min(axis=0)), _place(points.max(axis=0)))


def _rounded_up(ulps: float) -> float:
    return float(TWO_DIGITS_UP.plus(Decimal(float(ulps))))


def _place(point: Floats) -> tuple[float, ...]:
    return tuple(point.tolist())
