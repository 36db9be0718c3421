"""How derivatives grow with n: each way as far as its budget of work goes, and no further."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from diffcheck import registry
from diffcheck.costs.counted import COORDINATE
from diffcheck.costs.families import Family, SelfComposition, wanted
from diffcheck.costs.routes import Route, Routes
from diffcheck.costs.subject import of_problem
from diffcheck.costs.table import judged, machine
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.graph.sizes import size
from diffcheck.measures import Grown, Stop, Swell, Swelling, Way, spread_of

WAYS = (Way.F, Way.IN_JAX, Way.CLOSED, Way.CSE, Way.CHAINED, Way.FORWARD_ALL, Way.REVERSE, Way.HESSIAN)
MAX_WORK = {  # operations of f, times the passes that a way takes over them
    Way.F: 20_000,
    Way.IN_JAX: 20_000,
    Way.CHAINED: 20_000,
    Way.FORWARD_ALL: 20_000,
    Way.REVERSE: 20_000,
    Way.HESSIAN: 4_000,
}


def swell(family: Family | SelfComposition, index: str, numbers: Sequence[int]) -> Swell:
    """The operations of each way for each n, and the seconds that it took to find them.

    At the smallest n all ways are compared with the proved derivatives. A way that has stopped is not tried again.
    """
    steps: dict[Way, dict[int, Grown]] = {way: {} for way in WAYS}
    stops: dict[Way, Stop] = {}
    notes = list[str]()
    for n, problem in wanted(family, numbers):
        if isinstance(problem, InputError):
            if n == numbers[0]:
                raise problem
            stops |= {way: Stop(n, problem.message) for way in WAYS if way not in stops}
            break
        if not notes:
            notes.append(f"{judged(of_problem(problem, ''))} at {index} = {n:,}.")
        operations, variables = size(problem.number.flat).total, len(problem.variables)
        subject = of_problem(problem, "", dict.fromkeys(problem.variables, COORDINATE))
        makers = Routes(subject).makers
        for way in (way for way in WAYS if way in makers and way not in stops):
            try:
                _require_little(way, operations, variables)
                steps[way][n] = _grown(makers[way])
            except UnsupportedError as unsupported:
                stops[way] = Stop(n, unsupported.reason)
        if all(way in stops for way in WAYS if way in makers):
            numbers = [each for each in numbers if each <= n]
            break
    ways = tuple(Swelling(way, steps[way], stops.get(way)) for way in WAYS if steps[way] or way in stops)
    return Swell(family.written, index, tuple(numbers), ways, tuple(notes), machine(), registry.versions())


def _require_little(way: Way, operations: int, variables: int) -> None:
    """Raises UnsupportedError where a way would take more work than it is given."""
    work, most = operations * (variables if way is Way.CHAINED else 1), MAX_WORK.get(way)
    if most is not None and work > most:
        passes = f", differentiated by {variables:,} variables, are {work:,}" if work > operations else ""
        raise UnsupportedError(f"{operations:,} operations of f{passes}; the budget is {most:,}")


def _grown(make: Callable[[], Route]) -> Grown:
    route = make()
    seconds = route.seconds or route.program.traced_in()
    return Grown(route.counts["operations"], statistics.median(seconds), spread_of(seconds))
