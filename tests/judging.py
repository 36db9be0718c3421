"""The verdict on a number at a point, without the engines under test."""

from __future__ import annotations

from diffcheck.formats import format_named
from diffcheck.judgement.verdict import Judgement, judge
from diffcheck.results import Certificate

FLOAT64 = format_named("float64")


def judge_number(y: float, proof: Certificate, coordinate: float) -> Judgement:
    """What is said of y as the derivative; its program is not known."""
    return judge(y, coordinate, proof, FLOAT64)


def nearest_float(proof: Certificate) -> float:
    """The float nearest to the proved derivative; NaN where there is none."""
    return FLOAT64.round(proof.derivative.midpoint) if proof.derivative is not None else float("nan")
