"""The derivative of a program over arrays at a point: linear steps in the order in which they were met."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from diffcheck.engines.certified.arrays.balls import Entries, plus
from diffcheck.engines.certified.arrays.steps import Change, Step, Weigh, itself, sizes


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

    def push(self, tangents: Mapping[int, Entries], output: int) -> Change:
        """The derivative of a variable along tangents of the inputs."""
        found: dict[int, Change] = dict(tangents)
        for step, target in zip(self.steps, self.targets, strict=True):
            found[target] = step.push([found.get(source) for source in step.sources])
        return found.get(output)

    def pull(self, cotangents: Mapping[int, Entries], inputs: Sequence[int]) -> list[Change]:
        """The derivative of Σ cotangent·variable by each input: all entries in one sweep."""
        return self._pulled(cotangents, inputs, itself)

    def sizes(self, cotangents: Mapping[int, Entries], inputs: Sequence[int]) -> list[Change]:
        """The same in floats, with sizes instead of numbers: how large the terms are that add up to each derivative."""
        return self._pulled(cotangents, inputs, sizes)

    def _pulled(self, cotangents: Mapping[int, Entries], inputs: Sequence[int], weigh: Weigh) -> list[Change]:
        found: dict[int, Entries] = dict(cotangents)
        for step, target in zip(reversed(self.steps), reversed(self.targets), strict=True):
            cotangent = found.pop(target, None)
            if cotangent is None:
                continue
            for source, more in zip(step.sources, step.pull(cotangent, weigh), strict=True):
                if more is not None:
                    found[source] = plus(found[source], more) if source in found else more
        return [found.get(each) for each in inputs]
