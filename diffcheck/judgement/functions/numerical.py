"""What numerical evidence says of a derivative value: `consistent`, `contradicted` or `undecided`, and never more."""

from __future__ import annotations

import math

from diffcheck.engines.numerical import Evidence
from diffcheck.judgement.verdict import Judgement
from diffcheck.results import Outcome, Verdict

LABEL = "numerical evidence, not certified"
GOOD_ENOUGH = 1e-4  # relative: a claim that is wider than this decides nothing
MARGIN = 2  # times its claim: closer than this, nothing is contradicted


def judge_by_evidence(y: float, evidence: Evidence) -> Judgement:
    """The verdict on y where nothing about the function can be proved."""
    if evidence.reason:
        return _undecided(evidence.reason)
    found = f"differences of f give {evidence.slope:.10g} ± {evidence.claim:.0e}"
    error, size = abs(y - evidence.slope), max(abs(evidence.slope), abs(y) if math.isfinite(y) else 0.0)
    is_good_enough = evidence.claim <= GOOD_ENOUGH * size
    if is_good_enough and not error <= MARGIN * evidence.claim:
        return Judgement(Verdict.CONTRADICTED, Outcome.FAIL, None, f"{found}, and the value is {y:.10g} ({LABEL})")
    if is_good_enough and error <= evidence.claim:
        return Judgement(Verdict.CONSISTENT, Outcome.PASS, None, f"{found} ({LABEL})")
    return _undecided(f"{found}, which is not good enough for {y:.10g}")


def _undecided(reason: str) -> Judgement:
    return Judgement(Verdict.UNDECIDED, Outcome.UNDECIDED, None, f"{reason} ({LABEL})")
