"""The verdict on a number at a point, without the engines under test."""

from __future__ import annotations

from diffcheck.engines.certified import Certificate
from diffcheck.judgement.formats import format_named
from diffcheck.judgement.verdict import Judgement, Truth, judge

FLOAT64 = format_named("float64")


def judge_number(y: float, proof: Certificate, coordinate: float) -> Judgement:
    """What is said of y as the derivative; its program is not known."""
    truth = Truth(proof.status, proof.reason, coordinate, proof.value, proof.derivative, proof.left, proof.right, proof.next_derivative)
    return judge(y, truth, FLOAT64)


def nearest_float(proof: Certificate) -> float:
    """The float nearest to the proved derivative; NaN where there is none."""
    return FLOAT64.round(proof.derivative.midpoint) if proof.derivative is not None else float("nan")
