"""A JAX function of one number on an interval."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from diffcheck.checks.arguments import from_value
from diffcheck.checks.entries import Jacobian
from diffcheck.checks.function import FunctionCheck
from diffcheck.engines.derivation import Columns
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.formats import Format, format_named
from diffcheck.graph.graph import Graph
from diffcheck.results import Header, Sample


class FunctionOnALine:
    """What an interval asks of a subject, of a JAX function: its program at one point, and its Jacobian at each of many.

    Raises InputError where the function takes or returns more than one number.
    """

    def __init__(self, check: FunctionCheck, start: float) -> None:
        self._check = check
        names = check.parameters.names
        if len(names) > 1:
            raise self._refused(f"it takes {len(names)} arguments ({', '.join(names)})")
        self._first = self._at(start)

    @property
    def format(self) -> Format:
        return format_named(self._first.dtype)

    @property
    def header(self) -> Header:
        return self._check.header_of(self._first)

    @property
    def line(self) -> tuple[str, Graph]:
        """The argument, and the function as a graph of it; raises InputError where it cannot be lifted."""
        if len(self._first.function.outputs) > 1:
            raise self._refused(f"it returns {len(self._first.function.outputs):,}")
        try:
            (graph,) = self._first.truth_graphs
        except UnsupportedError as unsupported:
            problem = f"{self._check.name} cannot be proved on an interval: {unsupported.reason}"
            raise InputError(problem, "Write --at and points instead.") from None
        return self._first.variables[0], graph

    def samples(self, columns: Columns) -> Iterator[Sample]:
        """The samples at each value of the argument."""
        (column,) = columns.values()
        for x in column:
            yield from self._at(x).samples()

    def _at(self, x: float) -> Jacobian:
        (found,) = self._check.jacobians(from_value(np.asarray(x), self._check.parameters, self._check.format))
        return found

    def _refused(self, why: str) -> InputError:
        return InputError(
            f"an interval is for a function of one number: {self._check.name} is not, as {why}", "Write --at and points instead."
        )
