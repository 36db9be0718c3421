"""The ways to the derivatives of a subject: as programs that JAX runs, and as formulas, with their sizes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import jax.numpy as jnp

from diffcheck.costs.subject import Costed
from diffcheck.engines.derivation import Names
from diffcheck.engines.jax import ways
from diffcheck.engines.jax.counting import Work
from diffcheck.engines.jax.measuring import MeasuredProgram
from diffcheck.engines.symbolic import Differentiator
from diffcheck.engines.symbolic.closed import ClosedForms, WrittenOut
from diffcheck.engines.symbolic.counting import by_kind
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Definition, Graph, join
from diffcheck.graph.sizes import Size, size
from diffcheck.graph.text import Infix, derivative_text
from diffcheck.measures import Way

REPEATS = 3  # of differentiations that take less than
REPEATED_SECONDS = 0.3
MAX_HESSIAN = 1_000  # entries of the gradient
MAX_JACOBIAN = 10_000
Counts = dict[str, int]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Route:
    """One way: its program, what is counted of it, and how its results hold the derivatives.

    `flat` makes one vector of the program's results: the derivatives in the order of `names`. `graphs` are the formulas, for ways that
    have any. `seconds` are what differentiating took, in several goes.
    """

    way: Way
    program: MeasuredProgram
    counts: Counts
    names: Sequence[Names] = ()
    flat: Callable[[Any], Any] = lambda results: jnp.zeros(0)
    graphs: Sequence[Graph] = ()
    seconds: Sequence[float] = ()

    @property
    def is_at_least(self) -> bool:
        """Whether the program may do more than is counted."""
        return not self.graphs and self.program.work.is_lower_bound


@dataclass(frozen=True)
class Routes:
    """All ways to the derivatives of a subject, in their order; what one lacks is an UnsupportedError in its place."""

    subject: Costed

    def each(self) -> Iterator[tuple[Way, Route | UnsupportedError]]:
        for way, make in self.makers.items():
            try:
                yield way, make()
            except UnsupportedError as unsupported:
                yield way, unsupported

    @property
    def makers(self) -> Mapping[Way, Callable[[], Route]]:
        """What makes each route. It raises UnsupportedError for what cannot be had."""
        s = self.subject
        makers: dict[Way, Callable[[], Route]] = {Way.F: self._f}
        if self._differs_in_jax:
            makers[Way.IN_JAX] = lambda: self._by_jax(Way.IN_JAX, s.in_reverse)
        makers |= {Way.CLOSED: self._closed, Way.CSE: self._cse, Way.CHAINED: self._chained}
        one = Way.FORWARD if s.entries > 1 else Way.FORWARD_ALL
        makers[one] = lambda: self._by_jax(one, ways.forward(s.in_forward), self._gradient[:1], lambda results: jnp.ravel(results[1])[:1])
        if s.entries > 1:
            makers[Way.FORWARD_ALL] = self._forward_all
        makers[Way.REVERSE] = self._reverse
        makers[Way.HESSIAN] = self._hessian
        return makers

    @property
    def _gradient(self) -> list[Names]:
        """The names of the first derivatives."""
        return [(name,) for name in self.subject.variables]

    # JAX

    @cached_property
    def _primal(self) -> MeasuredProgram:
        return MeasuredProgram(self.subject.in_reverse, self.subject.leaves, self.subject.is_wide)

    @cached_property
    def _differs_in_jax(self) -> bool:
        """Whether JAX runs f by other operations than it is written in."""
        graph = self.subject.graph
        try:
            return self.subject.report is None and graph is not None and _counts(self._primal.work) != _counts(size(graph))
        except UnsupportedError:
            return False

    def _by_jax(
        self, way: Way, derived: ways.Derived, names: Sequence[Names] = (), flat: Callable[[Any], Any] = lambda results: jnp.zeros(0)
    ) -> Route:
        program = MeasuredProgram(derived, self.subject.leaves, self.subject.is_wide)
        return Route(way, program, _counts(program.work), names, flat)

    def _f(self) -> Route:
        graph = self.subject.graph
        if graph is None or self.subject.report is not None:  # of a function of the user's, what JAX runs is what is written
            return Route(Way.F, self._primal, _counts(self._primal.work))
        assert not isinstance(self.subject.problem, UnsupportedError)
        text, _ = derivative_text(self.subject.problem.target, Infix())
        return Route(Way.F, self._primal, {**_counts(size(graph)), "characters": len(text)})

    def _forward_all(self) -> Route:
        s = self.subject
        if s.entries > MAX_JACOBIAN:
            raise UnsupportedError(f"a Jacobian of {s.entries:,} columns is not made, and the budget is {MAX_JACOBIAN:,}")
        return self._by_jax(Way.FORWARD_ALL, ways.forward_all(s.in_forward), self._gradient, lambda results: jnp.ravel(results[1]))

    def _reverse(self) -> Route:
        s = self.subject
        route = self._by_jax(Way.REVERSE, ways.reverse(s.in_reverse), self._gradient, lambda results: _joined(results[1]))
        count, of_bytes = self._primal.residuals()
        return replace(route, counts={**route.counts, "residuals": count, "residual_bytes": of_bytes})

    def _hessian(self) -> Route:
        s = self.subject
        if self._primal.results > 1:
            raise UnsupportedError("a Hessian is of one result")
        if s.entries > MAX_HESSIAN:
            raise UnsupportedError(f"a Hessian of {s.entries:,}² entries is not made, and the budget is {MAX_HESSIAN:,}²")
        names = [(a, b) for a in s.variables for b in s.variables]
        return self._by_jax(Way.HESSIAN, ways.hessian(s.in_forward), names, _rows_joined)

    # SymPy

    @property
    def _graph(self) -> Graph:
        if isinstance(self.subject.problem, UnsupportedError):
            raise self.subject.problem
        return self.subject.problem.number.flat

    @cached_property
    def _forms(self) -> ClosedForms | UnsupportedError:
        try:
            return ClosedForms(self._graph, self.subject.variables)
        except UnsupportedError as unsupported:
            return unsupported

    @property
    def _formulas(self) -> ClosedForms:
        if isinstance(self._forms, UnsupportedError):
            raise self._forms
        return self._forms

    def _closed(self) -> Route:
        return self._written(Way.CLOSED, self._formulas.written(), self._differentiated_in)

    def _cse(self) -> Route:
        before = statistics.median(self._differentiated_in)
        written, seconds = _timed(self._formulas.shared)
        return self._written(Way.CSE, written, [before + each for each in seconds])

    @cached_property
    def _differentiated_in(self) -> Sequence[float]:
        return _timed(self._formulas.differentiate)[1]

    def _written(self, way: Way, written: WrittenOut, seconds: Sequence[float]) -> Route:
        kinds = dict(by_kind(written.operations))
        joined, outputs = join(written.graphs)
        counts = {"operations": written.operations.total(), **kinds, "depth": size(joined, outputs).depth, "characters": written.characters}
        return self._of_graphs(way, written.graphs, counts, seconds)

    def _chained(self) -> Route:
        problem, variables = self.subject.problem, self.subject.variables
        if isinstance(problem, UnsupportedError):
            raise problem

        def differentiated() -> list[Definition]:
            afresh = Differentiator(problem)
            return [afresh.derivative(name) for name in variables]

        found, seconds = _timed(differentiated)
        graphs = [definition.flat for definition in found]
        joined, outputs = join(graphs)
        texts = (derivative_text(definition, Infix())[0] for definition in found)
        counts = {**_counts(size(joined, outputs)), "nodes": len(joined.nodes), "characters": sum(map(len, texts))}
        return self._of_graphs(Way.CHAINED, graphs, counts, seconds)

    def _of_graphs(self, way: Way, graphs: Sequence[Graph], counts: Counts, seconds: Sequence[float]) -> Route:
        s = self.subject
        program = MeasuredProgram(s.values_of(graphs), s.leaves, s.is_wide)
        return Route(way, program, counts, self._gradient, _joined, graphs, seconds)


def _joined(results: Sequence[Any]) -> Any:
    """Arrays of derivatives, one for each leaf, as one vector."""
    return jnp.concatenate([jnp.ravel(each) for each in results])


def _rows_joined(results: Sequence[Any]) -> Any:
    """Arrays of rows, one for each leaf, as one vector, row by row."""
    return jnp.concatenate([jnp.reshape(each, (len(each), -1)) for each in results], axis=1).ravel()


def _counts(found: Work | Size) -> Counts:
    kinds = {kind: found.by_kind[kind] for kind in ("multiplications", "divisions", "transcendental")}
    return {"operations": found.total, **kinds, "depth": found.depth}


def _timed(work: Callable[[], T]) -> tuple[T, list[float]]:
    """What it makes, and the times of some goes, each with SymPy's memory empty."""
    from sympy.core.cache import clear_cache

    times = list[float]()
    while not times or (len(times) < REPEATS and times[0] < REPEATED_SECONDS):
        clear_cache()
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
    return found, times
