"""The derivative of a program over arrays at a point: linear steps in the order in which they were met."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from diffcheck.engines.certified.arrays.balls import Entries, plus
from diffcheck.engines.certified.arrays.steps import Change, Step, itself, sizes


@dataclass(slots=True)
class Tape:
    """Variables are numbered; step `k` gives variable `targets[k]` from earlier ones. Inputs have no step."""

    steps: list[Step] = field(default_factory=list)
    targets: list[int] = field(default_factory=list)
    count: int = 0

    def input(self) -> int:
        self.count += 1
        return self.count - 1

    def add(self, step: Step) -> int:
        self.steps.append(step)
        self.targets.append(self.input())
        return self.targets[-1]

    @property
    def work(self) -> int:
        """Of one sweep, in operations on balls; a product of matrices takes a fraction of one for each of its terms."""
        return sum(step.work for step in self.steps)

    def push(self, tangents: Mapping[int, Entries], outputs: Sequence[int | None], in_sizes: bool = False) -> list[Change]:
        """The derivatives of some variables along tangents of the inputs; `in_sizes` as in `pull`."""
        weigh = sizes if in_sizes else itself
        found: dict[int | None, Change] = {variable: tangent for variable, tangent in tangents.items()}  # noqa: C416  (of another type)
        for step, target in zip(self.steps, self.targets, strict=True):
            found[target] = step.push([found.get(source) for source in step.sources], weigh)
        return [found.get(output) for output in outputs]

    def pull(self, cotangents: Iterable[tuple[int, Entries]], inputs: Sequence[int], in_sizes: bool = False) -> list[Change]:
        """The derivative of Σ cotangent·variable by each input: all entries in one sweep.

        `in_sizes` takes absolute values of all numbers, in floats: how large the terms are that add up to each derivative.
        """
        weigh = sizes if in_sizes else itself
        found: dict[int, Entries] = {}
        for variable, cotangent in cotangents:  # several outputs may be one variable
            found[variable] = plus(found[variable], cotangent) if variable in found else cotangent
        for step, target in zip(reversed(self.steps), reversed(self.targets), strict=True):
            pulled = found.pop(target, None)
            if pulled is None:
                continue
            for source, more in zip(step.sources, step.pull(pulled, weigh), strict=True):
                if more is not None:
                    found[source] = plus(found[source], more) if source in found else more
        return [found.get(each) for each in inputs]
