"""JAX's derivations of a subject, and all that JAX runs of an expression: f, its derivatives and the formulas of others, in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from diffcheck.engines.derivation import NO_SUCH_MODE, Columns, Derivation, Found, Names, Run, Subject, Wanted
from diffcheck.engines.jax.program import Program, key_of
from diffcheck.errors import LostError, UnsupportedError
from diffcheck.graph.graph import Graph
from diffcheck.registry import AUTOMATIC

PRIMAL = "primal"


def derivations(subject: Subject) -> Iterator[Derivation]:
    """JAX's modes of the orders that are wanted, as the subject has them."""
    modes = AUTOMATIC.modes_of_all(len(names) for _, names in subject.wanted)
    return (subject.run_by_jax(mode) for mode in modes if mode is not None)


class JaxMode(Derivation):
    """One mode of JAX; its program is lifted when it is first asked for."""

    def __init__(self, mode: str, run: Run, lifted: Callable[[Wanted], Graph | None], dtype: str) -> None:
        super().__init__(AUTOMATIC, mode)
        self.own_mode = mode
        self._run = run
        self._lifted = lifted
        self._dtype = dtype
        self._programs: dict[Wanted, Graph | None] = {}

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        found = self._run(columns)
        return {each: found[each] if self.has(each) else NO_SUCH_MODE for each in wanted}

    def program(self, wanted: Wanted) -> Graph | None:
        if wanted not in self._programs:
            try:
                self._programs[wanted] = self._lifted(wanted)
            except UnsupportedError:
                self._programs[wanted] = None
        return self._programs[wanted]

    def again(self, graph: Graph, point: Mapping[str, float], names: Names) -> float | None:
        program = Program(graph, tuple(point), [names], {}, self._dtype, False, (self.own_mode,))
        found = program.run({name: np.array([x]) for name, x in point.items()})[key_of(self.own_mode, names)]
        return None if isinstance(found, UnsupportedError) else float(found[0])


class Together:
    """The results of one expression in JAX, a program each. Formulas are added before the first run; where JAX is `lost`, nothing runs."""

    def __init__(
        self,
        graphs: Sequence[Graph],
        variables: Sequence[str],
        wanted: Sequence[Wanted],
        dtype: str,
        compiled: bool,
        modes: Sequence[str],
        lost: LostError | None = None,
    ) -> None:
        self._modes = modes
        self.wanted, self._dtype, self._lost = wanted, dtype, lost
        of_each = [[names for output, names in wanted if output == k] for k in range(len(graphs))]
        self._formulas: dict[str, Graph] = {}  # which run with the first result
        self.programs = [
            Program(graph, variables, of_each[k], {} if k else self._formulas, dtype, compiled, modes) for k, graph in enumerate(graphs)
        ]
        self._last: tuple[Columns, list[Mapping[str, Found]]] = ({}, [])

    def evaluated(self, formulas: Mapping[Wanted, Graph]) -> Run:
        """How formulas are run with the rest."""
        keys = {wanted: f"formula:{len(self._formulas) + k}" for k, wanted in enumerate(formulas)}
        self._formulas.update(zip(keys.values(), formulas.values(), strict=True))
        return lambda columns: {wanted: self._found(columns, 0, key) for wanted, key in keys.items()}

    def mode(self, mode: str) -> JaxMode:
        """The derivation of one mode."""
        keys = {(k, names): key_of(mode, names) for k, names in self.wanted if mode in AUTOMATIC.modes_of(len(names))}

        def run(columns: Columns) -> Mapping[Wanted, Found]:
            return {wanted: self._found(columns, wanted[0], key) for wanted, key in keys.items()}

        return JaxMode(mode, run, lambda wanted: self.programs[wanted[0]].derivative(mode, wanted[1]), self._dtype)

    @cached_property
    def derivations(self) -> Mapping[Wanted, Sequence[Derivation]]:
        """Those of its modes."""
        every = list(map(self.mode, self._modes))
        return {wanted: [each for each in every if each.has(wanted)] for wanted in self.wanted}

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        """The values of each result."""
        return {k: self._found(columns, k, PRIMAL) for k in range(len(self.programs))}

    def _found(self, columns: Columns, output: int, key: str) -> Found:
        if self._lost is not None:
            return UnsupportedError("JAX was not run")
        if self._last[0] is not columns:
            self._last = columns, [program.run(columns) for program in self.programs]
        return self._last[1][output][key]
