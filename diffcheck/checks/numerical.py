"""What numerical evidence says of a derivative value: `consistent`, `contradicted` or `undecided`, and never more."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from diffcheck.enclosure import Enclosure, bound_text
from diffcheck.engines.derivation import Derivation, Wanted
from diffcheck.engines.differences import Estimate
from diffcheck.errors import UnsupportedError
from diffcheck.judgement.judge import Value, result_of, result_without
from diffcheck.judgement.verdict import Judgement
from diffcheck.results import Outcome, Result, Verdict

LABEL = "numerical evidence, not certified"
GOOD_ENOUGH = 1e-4  # relative: a claim wider than this, and than half of the format's digits, confirms no value except 0
# times its claim, by the order: closer than this, nothing is contradicted. Second differences of short floats are taken over large steps,
# and may look settled where f varies faster
MARGIN = {1: 2, 2: 1000}
ROUNDING = 0.75  # rounding may turn a zero into this power of the unit roundoff, relative to its scale
HARMLESS = 0.5  # below this power of the unit roundoff, relative to its scale, a slope is as good as 0


def result_by_evidence(
    derivation: Derivation, wanted: Wanted, value: Value, evidence: Estimate, scale: float, unit_roundoff: float
) -> Result:
    """What is said of a value, with the rule in the code that is to blame if it is contradicted."""
    if isinstance(value, UnsupportedError):
        return result_without(derivation, value)
    judged, blame = judge_by_evidence(value, evidence, scale, unit_roundoff), None
    if judged.verdict is Verdict.CONTRADICTED:
        cause = derivation.cause(wanted, Verdict.WRONG, value, evidence.slope)
        if cause is not None:
            judged, blame = replace(judged, reason=f"{judged.reason}: {cause.words}"), cause.blame
    return result_of(derivation, value, judged, blame)


def judge_by_evidence(y: float, evidence: Estimate, scale: float, unit_roundoff: float) -> Judgement:
    """The verdict on y where nothing about the function can be proved.

    `scale` is how large its slopes are: other entries of the row, and |f|/max(1, |x|). Any slope contradicts NaN and infinities;
    a value of 0 is consistent if the slope is small at that scale.
    """
    if evidence.reason:
        return _undecided(evidence.reason)
    of_side = f" to the {evidence.side}, the only side with values of f," if evidence.side else ""
    near = evidence.slope if abs(evidence.slope) > evidence.claim else 0.0  # the digits of what may be 0 mean nothing
    shown = Enclosure(Decimal(near), Decimal(evidence.claim)).rounded(10)
    found = f"differences of f{of_side} give {float(shown.midpoint):.10g} ± {bound_text(shown.radius)}"
    error, claim = abs(y - evidence.slope), evidence.claim + unit_roundoff**ROUNDING * max(abs(evidence.slope), scale)
    at_large = max(scale, evidence.size)
    is_zero = abs(y) <= unit_roundoff**ROUNDING * at_large and evidence.claim <= unit_roundoff**HARMLESS * at_large
    good_enough = max(GOOD_ENOUGH, unit_roundoff**HARMLESS) * max(abs(evidence.slope), abs(y))
    if error <= claim and (is_zero or claim <= good_enough):
        return Judgement(Verdict.CONSISTENT, Outcome.PASS, None, f"{found} ({LABEL})")
    is_near = error <= MARGIN[evidence.order] * claim + evidence.corner
    if not is_near and not evidence.side:  # at an end of the domain there is no derivative to miss
        return Judgement(Verdict.CONTRADICTED, Outcome.FAIL, None, f"{found}, and the value is {y:.10g} ({LABEL})")
    return _undecided(f"{found}, too imprecise to judge {y:.10g}")


def _undecided(reason: str) -> Judgement:
    return Judgement(Verdict.UNDECIDED, Outcome.UNDECIDED, None, f"{reason} ({LABEL})")
