"""Gradients that were reported as wrong, NaN or surprising: each gets the status that is true, and the verdict that the report calls for.

A record says what JAX 0.10.2 returned on a CPU; where the installed JAX returns something else, only its status is held to the record.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from diffcheck.checks.expression import Check
from diffcheck.checks.points import from_mappings
from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.results import Outcome, Result, Sample, Status, Verdict

RECORDS = [json.loads(line) for line in (Path(__file__).parent / "corpora" / "jax-issues.jsonl").read_text().splitlines()]
SMALL_ERRORS = {Verdict.ILL_CONDITIONED, Verdict.UNSTABLE, Verdict.INACCURATE}

# what a record says of JAX's value -> the verdicts that agree with it
VERDICTS = (
    (r"ok \((0|0\.\d+|1|2|3|4) ulp\)", {Verdict.EXACT, Verdict.AGREES}),
    (r"ok \(overflow\)", {Verdict.OVERFLOW}),
    (r"ok \(infinite\)", {Verdict.VERTICAL}),
    (r"ok", {Verdict.EXACT, Verdict.AGREES, *SMALL_ERRORS}),
    (r"underflow", {Verdict.UNDERFLOW, Verdict.EXACT}),
    (r"NaN|-?inf, right is", {Verdict.NONFINITE}),
    (r"wrong", {Verdict.WRONG, *SMALL_ERRORS}),
    (r"inaccurate", SMALL_ERRORS),
    (r"kink .* returns nan", {Verdict.OUTSIDE}),
    (r"kink .*inf\]", {Verdict.BOUNDARY, Verdict.VERTICAL}),
    (r"kink", {Verdict.SUBGRADIENT, Verdict.OUTSIDE}),
    (r"not supported", {Verdict.UNSUPPORTED}),
    (r"no derivative \(undefined\): returns (nan|-?inf)", {Verdict.UNDEFINED, Verdict.BOUNDARY}),
    (r"no derivative \(undefined\)", {Verdict.SPURIOUS}),
    (r"no derivative \(jump\)", {Verdict.JUMP, Verdict.UNDEFINED}),
    (r"no derivative there", {Verdict.JUMP}),
    (r"one-sided", {Verdict.BOUNDARY, Verdict.UNDEFINED}),  # atan2(0, 0) is a value to some, and none to us
    (r"no truth \(infinite input\)", {Verdict.UNDECIDED}),
)


PURE = re.compile(r"(forward|reverse)(?: over \1| nested)?")  # records were made when these were all modes


def recorded(result: Result) -> str:
    """The mode of a result as records call it; '' for one that they do not know."""
    found = PURE.fullmatch(result.mode or "")
    return found[1] if found else ""


UNPROVED = {"jaxissue/026": "(a - b)^b at its edge: a power of zero whose exponent moves has no power series"}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record["id"])
def test_the_report_is_judged_as_it_should_be(record: dict, dtype: str) -> None:
    contradictions = []
    for sample, known in samples_with_what_is_known(record, dtype):
        if record["id"] in UNPROVED and sample.status is Status.UNDECIDED:
            continue
        if not status_agrees(sample, known["truth"]):
            contradictions.append((sample.point, sample.wrt, sample.order, sample.status, sample.enclosure, known["truth"]))
        for result in sample.results:
            if result.engine == "automatic" and recorded(result) and not verdict_agrees(result, known):
                contradictions.append((sample.point, sample.wrt, sample.order, known["said"][recorded(result)], result))
    assert not contradictions


def samples_with_what_is_known(record: dict, dtype: str) -> Iterator[tuple[Sample, dict]]:
    job = Check(record["expr"], wrt=record["wrt"], dtype=dtype, compiled=False)
    for point in record["points"]:
        at = {name: value for name, value in point["at"].items() if name in job.problem.variables}
        if any(math.isinf(job.format.round(Decimal(value))) for value in at.values() if not isinstance(value, str)):
            continue  # no number of this format
        for sample in job.samples(from_mappings([at], job.problem.variables, job.format)):
            yield sample, point[dtype][" ".join([sample.wrt] * sample.order)]


def status_agrees(sample: Sample, truth: dict | None) -> bool:
    if not truth:  # infinite input
        return sample.status is Status.UNDECIDED
    if "derivative" in truth:
        if truth["derivative"].startswith("not stable"):  # difference quotients across a kink
            return sample.status is Status.JUMP
        if truth["derivative"].endswith("inf"):
            return sample.status is Status.VERTICAL
        return sample.status is Status.SMOOTH and holds(sample.enclosure, truth["derivative"])
    sides = (truth.get("left", ""), truth.get("right", ""))
    if any(side.startswith("jump") for side in sides):
        return sample.status in (Status.JUMP, Status.UNDEFINED)
    if any(side.startswith("undefined") or side.endswith("inf") for side in sides):
        return sample.status in (Status.UNDEFINED, Status.BOUNDARY)
    assert sample.clarke is not None, (sample, truth)
    return sample.status is Status.KINK and all(holds(side, text) for side, text in zip(sample.clarke, sides, strict=True))


def holds(enclosure: Enclosure | None, text: str) -> bool:
    """Whether an enclosure holds a number of 30 digits; zeros stand for what is below every float."""
    assert enclosure is not None
    number = EXACT.create_decimal(text)
    slack = max(EXACT.multiply(number.copy_abs(), EXACT.create_decimal("1e-25")), EXACT.create_decimal("1e-320"))
    return EXACT.subtract(enclosure.lower, slack) <= number <= EXACT.add(enclosure.upper, slack)


def verdict_agrees(result: Result, known: dict) -> bool:
    said, then = known["said"][recorded(result)], known["jax"][recorded(result)]
    if said is None or not is_as_then(result.value, then):
        return True
    allowed = next(verdicts for pattern, verdicts in VERDICTS if re.match(pattern, said))
    return result.verdict in allowed


def is_as_then(value: float | None, then: str) -> bool:
    if value is None:
        return then.startswith("error")
    return not then.startswith("error") and (math.isclose(value, float(then), rel_tol=1e-15) or math.isnan(value) and then == "nan")


def test_what_was_reported_as_nan_or_wrong_is_never_passed() -> None:
    passed = [
        (record["id"], sample.point, result)
        for record in RECORDS
        for sample, known in samples_with_what_is_known(record, "float64")
        for result in sample.results
        if result.engine == "automatic"
        and recorded(result)
        and re.match("NaN|-?inf, right", known["said"][recorded(result)] or "")
        and is_as_then(result.value, known["jax"][recorded(result)])
        and result.outcome is not Outcome.FAIL
    ]
    assert not passed
