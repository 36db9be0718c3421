"""SymPy's derivations of a subject: one formula for each derivative."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from diffcheck.engines.derivation import Derivation, Formulas, Subject, Wanted
from diffcheck.engines.symbolic.chain import Differentiator
from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Definition
from diffcheck.registry import SYMBOLIC


class Symbolic(Formulas):
    """The formulas, and the definitions that they were written as."""

    def __init__(self, subject: Subject) -> None:
        differentiators: dict[int, Differentiator] = {}
        self._written: dict[Wanted, Definition | UnsupportedError] = {}
        for output, names in subject.wanted:
            try:
                if output not in differentiators:
                    differentiators[output] = Differentiator(subject.in_mathematics(output))
                self._written[output, names] = differentiators[output].derivative(*names)
            except UnsupportedError as unsupported:
                self._written[output, names] = unsupported
        graphs = {wanted: found.flat if isinstance(found, Definition) else found for wanted, found in self._written.items()}
        super().__init__(SYMBOLIC, graphs, subject)

    def written(self, wanted: Sequence[Wanted]) -> Mapping[Wanted, Definition | UnsupportedError]:
        return self._written


def derivations(subject: Subject) -> Iterator[Derivation]:
    """The only one."""
    yield Symbolic(subject)
