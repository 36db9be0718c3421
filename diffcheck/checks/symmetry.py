"""Whether the Hessians of engines are symmetric: ∂²f/∂a∂b is judged in both orders of differentiation, and shown once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from diffcheck.engines.derivation import Names, Wanted
from diffcheck.results import Outcome, Result, Sample, leibniz, names_of

ROUNDING = 2.0**-20  # relative: what differs by less is rounding, on which the verdict has its say


def mirror(names: Names) -> Names | None:
    """The same second derivative in the other order of differentiation; None where there is none."""
    return names[::-1] if len(names) == 2 and names[0] != names[1] else None


def with_mirrors(wanted: Sequence[Wanted]) -> dict[Wanted, bool]:
    """Derivatives, each mixed second one followed by its mirror unless both are asked for; and whether each is asked for itself."""
    asked, found = set(wanted), dict[Wanted, bool]()
    for output, names in wanted:
        found[output, names] = True
        other = mirror(names)
        if other is not None and (output, other) not in asked:
            found[output, other] = False
    return found


def merged(samples: Iterable[Sample], wanted: Mapping[Wanted, bool]) -> Iterator[Sample]:
    """The samples without the mirrors, each of which follows its own: that has the worse of both results of each engine."""
    mirrors = {" ".join(names) for (_, names), is_asked in wanted.items() if not is_asked}
    waiting: Sample | None = None
    for sample in samples:
        if waiting is not None:
            yield _together(waiting, sample)
            waiting = None
        elif " ".join(reversed(names_of(sample.wrt))) in mirrors:
            waiting = sample
        else:
            yield sample


def _together(sample: Sample, other: Sample) -> Sample:
    by_whom = {(result.engine, result.mode): result for result in other.results}
    found = tuple(_worse(result, by_whom.get((result.engine, result.mode)), sample, other) for result in sample.results)
    return replace(sample, results=found)


def _worse(result: Result, mirrored: Result | None, sample: Sample, other: Sample) -> Result:
    if mirrored is None or result.value is None or mirrored.value is None:
        return result
    worst = max(result, mirrored, key=lambda each: each.outcome.severity)
    if not _differ(result.value, mirrored.value):
        return worst
    by = (f"{leibniz('f', each.wrt, 2)} is {value:.6g}" for each, value in ((sample, result.value), (other, mirrored.value)))
    said = f"The Hessian is not symmetric: {', and '.join(by)}"
    # of a function whose mixed derivatives are continuous, at most one of the two is right
    outcome = Outcome.worst((worst.outcome, Outcome.WARN))
    return replace(worst, outcome=outcome, reason=". ".join(filter(None, (worst.reason, said))))


def _differ(a: float, b: float) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) is not math.isnan(b)
    return a != b and not abs(a - b) <= ROUNDING * max(abs(a), abs(b))
