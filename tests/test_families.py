"""Families of points that people ask about: one in a hundred may be left open, and no certificate is contradicted by values."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import families
import pytest
from families import MOST_OPEN, disagreement, examine, look
from mp_values import Values
from oracle import seen
from special_expressions import FAMILIES, Point

from diffcheck.engines.certified import certify
from diffcheck.graph.build import read
from diffcheck.results import Certificate, Status

POINTS, SEED = 200, 1


@pytest.mark.parametrize("family", FAMILIES)
def test_few_points_of_a_family_are_open_and_values_bear_the_others_out(family: str) -> None:
    found = examine(family, POINTS, SEED)
    assert found.disagreements == []
    assert found.points == POINTS
    assert found.abstained <= POINTS / 50
    assert found.share_open <= MOST_OPEN, "\n".join(found.open)


@pytest.mark.long
@pytest.mark.parametrize("family", FAMILIES)
def test_few_of_two_thousand_points_of_a_family_are_open(family: str) -> None:
    found = examine(family, 2000, SEED + 1)
    assert found.disagreements == []
    assert found.share_open <= MOST_OPEN, "\n".join(found.open)


# The measure itself


@pytest.mark.parametrize("factor", ["2", "-1", "1.000000001"])
def test_a_wrong_derivative_would_be_found_at_most_points_that_have_one(factor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def certify_wrongly(*given: Any) -> Certificate:
        proof = certify(*given)
        if proof.derivative is None:
            return proof
        return replace(proof, derivative=replace(proof.derivative, midpoint=proof.derivative.midpoint * Decimal(factor)))

    monkeypatch.setattr(families, "certify", certify_wrongly)
    found = examine("powers", 60, SEED)
    assert len(found.disagreements) > found.statuses[Status.SMOOTH] / 2  # many slopes are 0


SEEN = [
    ("x^2 + 0.1x", 0.3, ("x",), Status.SMOOTH),
    ("relu(0.1x - 0.3)", 3.0, ("x",), Status.KINK),
    ("floor(x/0.1)", 1.0, ("x",), Status.JUMP),
    ("where(x == 0, 1, x)", 0.0, ("x",), Status.JUMP),
    ("cbrt(x)", 0.0, ("x",), Status.VERTICAL),
    ("abs(x)^(1/7)", 0.0, ("x",), Status.VERTICAL),
    ("abs(x)^abs(x)", 0.0, ("x",), Status.VERTICAL),
    ("x^1.5", 0.0, ("x",), Status.BOUNDARY),
    ("sin(x)/x", 0.0, ("x",), Status.HOLE),
    ("abs(x)/x", 0.0, ("x",), Status.UNDEFINED),
    ("log(x)", 0.0, ("x",), Status.UNDEFINED),
    ("abs(x)", 0.0, ("x", "x"), Status.JUMP),
    ("x*abs(x)", 0.0, ("x", "x"), Status.KINK),
    ("abs(x)^3", 0.0, ("x", "x"), Status.SMOOTH),
    ("abs(2^x - 8)", 3.0, ("x",), Status.KINK),
    ("exp(-sqrt((x - 1)^2)^2)", 1.0, ("x", "x"), Status.SMOOTH),
]


@pytest.mark.parametrize(("text", "x", "names", "status"), SEEN)
def test_values_show_the_status_of_a_point(text: str, x: float, names: tuple[str, ...], status: Status) -> None:
    assert seen(read(text).target.flat, {"x": x}, names, Values()).status is status


UNCLEAR = ("where(x == 0, 0, sin(1/x))", "where(x == 0, 0, x*sin(1/x))", "where(x == 0, 0, x*log(abs(log(abs(x)))))")


@pytest.mark.parametrize("text", UNCLEAR)
def test_what_values_do_not_show_clearly_is_left_to_others(text: str) -> None:
    assert look(read(text).target.flat, Point(text, {"x": 0.0})) is None


FALSE = [("abs(x)", Status.SMOOTH), ("x^2", Status.KINK), ("sin(x)/x", Status.UNDEFINED), ("1/x", Status.HOLE), ("x", Status.BOUNDARY)]


@pytest.mark.parametrize(("text", "status"), FALSE)
def test_a_false_status_would_be_found(text: str, status: Status) -> None:
    looked = look(read(text).target.flat, Point(text, {"x": 0.0}))
    assert looked is not None
    assert disagreement(Certificate(status), looked)
