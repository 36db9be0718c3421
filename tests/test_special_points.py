"""Where people ask: at kinks, ties, holes and ends of domains, what is known by hand is decided, and enclosed narrowly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from special_truth import Line, lines

from diffcheck import Outcome, Sample, Status, check
from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.formats import format_named

LINES = lines()
TRUTH_DIGITS = EXACT.create_decimal("1e-25")  # of the 30 that are written
WIDEST = EXACT.create_decimal("1e-18")  # of an enclosure, relative to its number
SLOW = ("I-special-domains-5", "I-special-domains-6", "nondeterministic-1")  # for mpmath: left to special_truth.py


def sample_of(line: Line, claim: str | None = None) -> Sample:
    (sample,) = check(line.expr, line.at, wrt=[line.names], claim=claim).samples
    return sample


LONG = ("nondeterministic-1",)  # the 3,000th iterate: a graph of 9,000 nodes in a thousand digits


def param(line: Line) -> Any:
    return pytest.param(line, id=line.id, marks=[pytest.mark.long] if line.id in LONG else [])


@pytest.mark.parametrize("line", [param(line) for line in LINES])
def test_a_special_point_is_decided_and_what_is_there_is_enclosed(line: Line) -> None:
    sample = sample_of(line)
    assert sample.status is line.status, sample.status_reason
    enclosures = shown(sample)
    assert enclosures.keys() == line.numbers.keys()
    assert [name for name, number in line.numbers.items() if not is_enclosed(enclosures[name], number)] == []


def shown(sample: Sample) -> Mapping[str, Enclosure | None]:
    """What a sample says of the derivative, of its two sides, or of the limit of f."""
    match sample.status:
        case Status.SMOOTH:
            return {"derivative": sample.enclosure}
        case Status.KINK:
            return dict(zip(("left", "right"), sample.clarke or (None, None), strict=True))
        case Status.HOLE:
            return {"limit": sample.value}
        case _:
            return {}


def is_enclosed(enclosure: Enclosure | None, number: str) -> bool:
    """Whether an enclosure contains a number, which is written with 30 digits, and shows 18 of them."""
    if enclosure is None:
        return False
    truth = EXACT.create_decimal(number)
    size = truth.copy_abs() if truth else EXACT.create_decimal(1)
    slack = EXACT.multiply(size, TRUTH_DIGITS) if truth else truth
    contains = EXACT.subtract(enclosure.lower, slack) <= truth <= EXACT.add(enclosure.upper, slack)
    return contains and enclosure.radius <= EXACT.multiply(size, WIDEST)


@pytest.mark.parametrize(
    ("change", "enclosed"),
    [("0", True), ("1e-19", True), ("1e-10", False), ("-1e-10", False)],
)
def test_an_enclosure_beside_the_truth_would_be_found(change: str, enclosed: bool) -> None:
    number = EXACT.create_decimal("0.2")
    assert is_enclosed(Enclosure(EXACT.add(number, EXACT.create_decimal(change)), EXACT.create_decimal("2e-19")), "0.2") is enclosed


def test_a_wide_enclosure_would_be_found() -> None:
    assert not is_enclosed(Enclosure(EXACT.create_decimal("0.2"), EXACT.create_decimal("1e-10")), "0.2")
    assert not is_enclosed(None, "0.2")


# The truth itself


def test_every_line_is_another_point() -> None:
    assert len({line.id for line in LINES}) == len({(line.expr, tuple(line.at.items()), line.wrt) for line in LINES}) == len(LINES)
    assert len(LINES) >= 86 + 60


QUICK = [line for line in LINES if line.id not in SLOW and "tail" not in line.id][::5]


@pytest.mark.parametrize("line", [param(line) for line in QUICK])
def test_values_close_by_confirm_what_is_known_by_hand(line: Line) -> None:
    """A fifth of the lines; `python tests/special_truth.py` confirms them all."""
    assert line.contradiction() == ""


# Verdicts there

BY_ID = {line.id: line for line in LINES}
VERDICTS = [
    # id, claim, outcome: values, not only statuses, were judged falsely once
    ("hole-8", "4*log(2)^2", Outcome.WARN),
    ("hole-1", "0", Outcome.WARN),
    ("C-equal-slopes-3", "0.2", Outcome.PASS),
    ("C-equal-slopes-3", "-0.3", Outcome.FAIL),
    ("own-equal-slopes-2", "-0.7", Outcome.FAIL),
    ("more-than-8-ties-1", "13", Outcome.PASS),
    ("miss-at-tie-1", "cos(x)", Outcome.PASS),
    ("miss-at-tie-1", "cos(x)*where(1/3<x,0,1)*0.3462557", Outcome.FAIL),
    ("miss-kappa-1", "1", Outcome.PASS),
    ("miss-kappa-1", "1.000004", Outcome.FAIL),
    ("A-rational-ties-1", "0.05", Outcome.PASS),
    ("A-rational-ties-1", "0.2", Outcome.FAIL),
]


@pytest.mark.parametrize(("id", "claim", "outcome"), VERDICTS)
def test_a_claim_at_a_special_point_is_judged(id: str, claim: str, outcome: Outcome) -> None:
    (result,) = (result for result in sample_of(BY_ID[id], claim).results if result.engine == "claim")
    assert result.outcome is outcome, result.reason


def test_jax_and_sympy_are_not_accused_where_many_ties_are_within_rounding() -> None:
    sample = sample_of(BY_ID["more-than-8-ties-1"])
    assert {result.engine: result.outcome for result in sample.results}["automatic"] is Outcome.PASS


def test_an_infinite_slope_is_the_right_one_where_the_slopes_lie_beyond_the_floats() -> None:
    sample = sample_of(BY_ID["kink-overflow-1"])
    assert format_named("float64").round(sample.clarke[1].midpoint) == float("inf") if sample.clarke else False
    assert [result.outcome for result in sample.results if result.value == float("inf")].count(Outcome.FAIL) == 0


def test_a_mixed_derivative_is_judged_like_the_same_number_of_the_first_order() -> None:
    first, mixed = sample_of(BY_ID["mixed-kappa-1"]), sample_of(BY_ID["mixed-kappa-2"])
    assert {result.outcome for result in mixed.results} == {result.outcome for result in first.results}
