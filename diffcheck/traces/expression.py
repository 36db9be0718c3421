"""The evaluation trace of an expression at a point."""

from __future__ import annotations

import math
from collections.abc import Sequence

from diffcheck.checks.points import as_list, from_points, names_in
from diffcheck.errors import InputError
from diffcheck.formats import format_named
from diffcheck.graph.build import Problem, read
from diffcheck.judgement.evidence import Written
from diffcheck.language.reading import read_back
from diffcheck.printable import quoted
from diffcheck.traces.graphs import GraphTrace
from diffcheck.workings import TraceRecord

MOST_TANGENTS = 200_000


def trace_expression(
    text: str, at: object, *, of: str | None = None, wrt: Sequence[str] | None = None, dtype: str = "float64"
) -> TraceRecord:
    """The trace of an expression at one point, which is given as `check` takes it.

    `wrt` are the variables with tangents and adjoints: all by default. Raises InputError for what cannot be read.
    """
    points = as_list(at)
    problem = read(text, of)
    if problem.wrt and wrt is None:
        wrt = problem.wrt
    problem = problem.in_variables([*names_in(points), *(wrt or ())])
    fmt = format_named(dtype)
    columns = from_points(points, problem.variables, fmt)
    count = max(map(len, columns.values()))
    if count != 1:
        raise InputError(f"a trace is made at one point, and {count:,} are given", "Give --at once, with one number for each variable.")
    point = {name: float(column[0]) for name, column in columns.items()}
    if not all(map(math.isfinite, point.values())):
        raise InputError("nothing is proved at infinity", "Give finite numbers.")
    traced = GraphTrace(
        Written(problem.number.flat, text),
        problem.variables,
        chosen(problem, wrt),
        point,
        fmt,
        problem.number.flat is problem.number.written,
    )
    return finished(traced, read_back(problem.program), problem.shown_name)


def chosen(problem: Problem, wrt: Sequence[str] | None) -> tuple[str, ...]:
    """The variables with derivatives; raises InputError for one that the expression does not have, and for higher orders."""
    for name in wrt or ():
        if name not in problem.variables:
            what = "a trace has first derivatives only" if len(name.split()) > 1 else f"the expression has no variable {quoted(name)}"
            raise InputError(what, f"Its variables: {', '.join(problem.variables)}.")
    return tuple(dict.fromkeys(wrt or problem.variables))


def finished(traced: GraphTrace, read_as: str, name: str) -> TraceRecord:
    """The values of a trace, without the graph that it was made of. Raises InputError where there are too many."""
    if len(traced.graph.nodes) * len(traced.wrt) > MOST_TANGENTS:
        problem = f"{len(traced.graph.nodes):,} rows with {len(traced.wrt):,} tangents each are too many"
        raise InputError(problem, f"Choose some of the variables: --wrt {','.join(traced.wrt[:2])}.")
    notes = tuple(f"JAX has no {mode} mode here: {reason}" for mode, reason in traced.floats.lacks.items())
    return TraceRecord(
        read_as=read_as,
        name=name,
        output=traced.output,
        point=traced.point,
        dtype=traced.format.name,
        wrt=traced.wrt,
        rows=traced.rows,
        derivatives=traced.derivatives,
        saved=traced.saved.words,
        heaviest=traced.heaviest,
        notes=notes,
    )
