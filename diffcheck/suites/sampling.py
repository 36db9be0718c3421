"""Points that a case asks for without naming them: a grid, random ones, and special values, inside a domain."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from diffcheck.checks.numbers import read_number
from diffcheck.checks.points import Columns, from_mappings
from diffcheck.engines.certified import enclose_value
from diffcheck.errors import PointError
from diffcheck.formats import Format
from diffcheck.graph.build import Problem, read_beside
from diffcheck.graph.functions import FUNCTIONS

if TYPE_CHECKING:
    from diffcheck.suites.cases import Sampling

MAX_POINTS = 10_000  # of a case: all of them are certified
MOST_AXES = 14  # along which two points each are more than that
TRIES = 1_000  # random points looked at for each one wanted, where a condition refuses most
Point = Mapping[str, float]


@dataclass(frozen=True)
class Box:
    """The domain of every variable, in the format under test, and the condition that points must meet."""

    sampling: Sampling
    problem: Problem
    format: Format
    random: np.random.Generator = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "random", np.random.default_rng(self.sampling.seed))
        missing = [name for name in self.problem.variables if name not in self.sampling.domain]
        if missing:
            raise PointError(f"the domain of {', '.join(missing)} is not given", "Write domain = { x = [-4, 4] }, with all variables.")
        for name, (lower, upper) in self.domain.items():
            if lower > upper:
                raise PointError(f"the domain of {name} is empty: {lower:g} is above {upper:g}", "Write the smaller end first.")

    @property
    def domain(self) -> dict[str, tuple[float, float]]:
        ends = self.sampling.domain
        return {name: (read_number(ends[name][0], self.format), read_number(ends[name][1], self.format)) for name in self.problem.variables}

    def points(self) -> Iterator[Point]:
        """The grid, then special values, then random points."""
        allowed = self._condition()
        yield from filter(allowed, self._grid())
        yield from filter(allowed, self._special())
        yield from itertools.islice(filter(allowed, self._random(TRIES * self.sampling.random)), self.sampling.random)

    def _grid(self) -> Iterator[Point]:
        if self.sampling.grid == 0:
            return
        axes = [np.linspace(lower, upper, self.sampling.grid).tolist() for lower, upper in self.domain.values()]
        for coordinates in itertools.product(*axes):
            yield dict(zip(self.domain, coordinates, strict=True))

    def _random(self, count: int) -> Iterator[Point]:
        for _ in range(count):
            yield {name: lower + (upper - lower) * float(self.random.random()) for name, (lower, upper) in self.domain.items()}

    def _special(self) -> Iterator[Point]:
        """Each special value of each variable, with the others at random places."""
        if not self.sampling.special:
            return
        values = special_values(self.problem, self.format)
        for name, (lower, upper) in self.domain.items():
            for value in {repr(value): value for value in (lower, upper, *values)}.values():  # 0.0 == -0.0
                if lower <= value <= upper:
                    (elsewhere,) = self._random(1)
                    yield {**elsewhere, name: value}

    def _condition(self) -> _Condition:
        text = self.sampling.where
        return _Condition(read_beside(f"where({text}, 1, 0)", self.problem).number.flat if text else None)


@dataclass(frozen=True, slots=True)
class _Condition:
    """Whether a point certainly meets a condition: decided in balls, as points next to an edge may not."""

    graph: object

    def __call__(self, point: Point) -> bool:
        if self.graph is None:
            return True
        found = enclose_value(self.graph, point)  # type: ignore[arg-type]
        return found is not None and found.radius == 0 and found.midpoint == 1


def special_values(problem: Problem, fmt: Format) -> list[float]:
    """0, ±1, the smallest and largest numbers, and where the functions used have kinks and ends of their domains."""
    tiny, huge = fmt.smallest_normal, fmt.largest
    rows = [FUNCTIONS[name] for name in sorted(problem.number.flat.functions)]
    kinks = [float(kink.at) for row in rows for kink in row.kinks]
    ends = [end for row in rows for domain in row.domain for end in (domain.lower, domain.upper, domain.pole) if end is not None]
    return [0.0, -0.0, 1.0, -1.0, tiny, -tiny, huge, -huge, *kinks, *(float(end) for end in ends)]


def sampled(sampling: Sampling, problem: Problem, fmt: Format) -> Columns:
    """The points of a case; raises PointError where there is none, or more than can be certified."""
    count = sampling.random
    if sampling.grid:
        count += sampling.grid ** min(len(problem.variables), MOST_AXES)
    if count > MAX_POINTS:
        raise PointError(f"{count:,} points are more than {MAX_POINTS:,}", "Ask for a smaller grid.")
    points = list({_key(point): point for point in Box(sampling, problem, fmt).points()}.values())
    if not points:
        raise PointError("no point of the domain was found that meets the condition", "Ask for random = 10, or a wider domain.")
    return from_mappings(points, problem.variables, fmt)


def _key(point: Point) -> Sequence[tuple[float, float]]:
    return tuple((value, math.copysign(1, value)) for value in point.values())
