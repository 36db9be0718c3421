"""Whether JAX's forward and reverse mode contradict each other: for every function they must be transposes of each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from diffcheck.checks.numerical import HARMLESS
from diffcheck.engines.differences import Estimate
from diffcheck.errors import UnsupportedError
from diffcheck.results import Outcome, Result, RuleCheck, Verdict

CHECK = "modes"


@dataclass(frozen=True, slots=True)
class Conflict:
    """An entry that forward and reverse mode give different values."""

    label: str
    forward: float
    reverse: float

    @property
    def size(self) -> float:
        difference = abs(self.forward - self.reverse)
        return difference if math.isfinite(difference) else math.inf

    @property
    def words(self) -> str:
        by = f", by {self.size:.3g}" if math.isfinite(self.size) else ""
        return f"forward and reverse mode differ{by}: at least one of them is wrong"


def conflict(
    label: str, values: Mapping[str | None, float | UnsupportedError], scale: float, unit_roundoff: float, evidence: Estimate
) -> Conflict | None:
    """How the two modes differ; None if it is no more than rounding, or both are 0 as far as values of the function can tell."""
    forward, reverse = values.get("forward"), values.get("reverse")
    if not isinstance(forward, float) or not isinstance(reverse, float):
        return None
    bound = unit_roundoff**HARMLESS * max(scale, *(abs(value) for value in (forward, reverse) if math.isfinite(value)), 0.0)
    if not evidence.reason and max(abs(evidence.slope), abs(forward), abs(reverse)) <= evidence.claim:
        return None
    is_same = forward == reverse or math.isnan(forward) and math.isnan(reverse) or abs(forward - reverse) <= bound
    return None if is_same else Conflict(label, forward, reverse)


def noted(results: Sequence[Result], found: Conflict | None) -> tuple[Result, ...]:
    """The results of an entry; the reason of each undecided mode says that one of the two must be wrong."""
    if found is None:
        return tuple(results)
    return tuple(
        replace(result, reason=f"{found.words}; {result.reason}")
        if result.mode is not None and result.verdict is Verdict.UNDECIDED
        else result
        for result in results
    )


def check_of(conflicts: Sequence[Conflict]) -> RuleCheck | None:
    """A failed check if the modes differ; None if they do not."""
    if not conflicts:
        return None
    worst = max(conflicts, key=lambda found: found.size)
    more = f", and {len(conflicts) - 1:,} more of its entries differ" if len(conflicts) > 1 else ""
    found = f"{worst.label} is {worst.forward:.10g} by forward mode, and {worst.reverse:.10g} by reverse mode"
    return RuleCheck(CHECK, Outcome.FAIL, f"{found}{more}")
