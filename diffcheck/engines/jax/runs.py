"""JAX's derivations of a subject, and all that JAX runs of an expression: f, its derivatives and the formulas of others, in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from diffcheck.engines.derivation import Columns, Derivation, Found, Names, Run, Subject, Wanted
from diffcheck.engines.jax.program import Program, key_of
from diffcheck.errors import LostError, UnsupportedError
from diffcheck.graph.graph import Graph
from diffcheck.registry import AUTOMATIC

PRIMAL = "primal"


def derivations(subject: Subject) -> Iterator[Derivation]:
    """Forward and reverse mode, as the subject has them."""
    return (subject.run_by_jax(mode) for mode in AUTOMATIC.modes if mode is not None)


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
        return self._run(columns)

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
    """One expression in JAX. Formulas are added before the first run; where JAX is `lost`, nothing runs."""

    def __init__(
        self,
        graph: Graph,
        variables: Sequence[str],
        wrt: Sequence[Names],
        dtype: str,
        compiled: bool,
        modes: Sequence[str],
        lost: LostError | None = None,
    ) -> None:
        self._modes = modes
        self._wrt, self._dtype, self._lost = wrt, dtype, lost
        self._formulas: dict[str, Graph] = {}
        self.program = Program(graph, variables, wrt, self._formulas, dtype, compiled, modes)
        self._last: tuple[Columns, Mapping[str, Found]] = ({}, {})

    def evaluated(self, formulas: Mapping[Wanted, Graph]) -> Run:
        """How formulas are run with the rest."""
        keys = {wanted: f"formula:{len(self._formulas) + k}" for k, wanted in enumerate(formulas)}
        self._formulas.update(zip(keys.values(), formulas.values(), strict=True))
        return self._of(keys)

    def mode(self, mode: str) -> JaxMode:
        """The derivation of one mode."""
        run = self._of({(0, names): key_of(mode, names) for names in self._wrt})
        return JaxMode(mode, run, lambda wanted: self.program.derivative(mode, wanted[1]), self._dtype)

    @cached_property
    def derivations(self) -> Mapping[Wanted, Sequence[Derivation]]:
        """Those of its modes."""
        return dict.fromkeys(((0, names) for names in self._wrt), list(map(self.mode, self._modes)))

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        """The values of f."""
        return {0: self._found(columns, PRIMAL)}

    def _of(self, keys: Mapping[Wanted, str]) -> Run:
        return lambda columns: {wanted: self._found(columns, key) for wanted, key in keys.items()}

    def _found(self, columns: Columns, key: str) -> Found:
        if self._lost is not None:
            return UnsupportedError("JAX was not run")
        if self._last[0] is not columns:
            self._last = columns, self.program.run(columns)
        return self._last[1][key]
