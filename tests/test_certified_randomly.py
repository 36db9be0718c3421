"""The certified engine on random expressions: mpmath, secants and another precision must bear its certificates out."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

import million
import mpmath
import pytest
from flint import arb
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mp import Mp
from strategies import any_coordinate, any_expression, expressions, points, smooth_expressions, special_points

from diffcheck.enclosure import EXACT, Enclosure
from diffcheck.engines.certified import certify, scope, work
from diffcheck.engines.certified.certificate import enclosure
from diffcheck.engines.certified.line.algebra import POINT
from diffcheck.engines.certified.status import enclose
from diffcheck.engines.certified.values import Trouble, TroubleKind
from diffcheck.errors import ExpressionError
from diffcheck.graph.build import Problem, read
from diffcheck.graph.graph import Graph, evaluate
from diffcheck.results import Certificate, Status

SMOOTH, KINK, JUMP, VERTICAL = Status.SMOOTH, Status.KINK, Status.JUMP, Status.VERTICAL
BOUNDARY, HOLE, UNDEFINED, UNDECIDED = Status.BOUNDARY, Status.HOLE, Status.UNDEFINED, Status.UNDECIDED


LARGE = Decimal("1e50")


@settings(max_examples=150)
@given(smooth_expressions(), points())
def test_the_enclosure_contains_the_difference_quotient_of_mpmath(text: str, x: float) -> None:
    graph = read(text).target.flat
    proof = certify(graph, {"x": x}, "x")
    assume(proof.value is not None and proof.value.midpoint.copy_abs() < LARGE and proof.derivative.midpoint.copy_abs() < LARGE)
    assert proof.status is SMOOTH
    with mpmath.workdps(120):
        slope = mpmath.diff(lambda t: evaluate(graph, Mp(), {"x": t}), mpmath.mpf(x), h=mpmath.mpf(10) ** -40)
        slack = (abs(slope) + 1) * mpmath.mpf(10) ** -25
        assert mpmath.mpf(str(proof.derivative.lower)) - slack <= slope <= mpmath.mpf(str(proof.derivative.upper)) + slack


def problem_or_reject(text: str) -> Problem:
    try:
        return read(text)
    except ExpressionError:  # a constant that is too large
        assume(False)
        raise


STEP = arb(2) ** -300
TOLERANCE = Decimal("1e-12")  # a secant of a power of t from 7/6 on comes as close to its slope
MODERATE = Decimal("1e30")


@dataclass(frozen=True)
class Nearby:
    """Values at the point and close to it on both sides; None where f is certified undefined. No series is used."""

    left: arb | None
    middle: arb | None
    right: arb | None


def nearby(graph: Graph, x: float) -> Nearby:
    """Rejects the example where a value is not proved narrow enough to say anything."""
    values: list[arb | None] = []
    for step in (-STEP, arb(0), STEP):
        value = evaluate(graph, POINT, {"x": arb(x) + step})
        if isinstance(value, Trouble):
            assume(value.kind is TroubleKind.UNDEFINED)
            values.append(None)
        else:
            assume(arb(value).rad() < arb(2) ** -400)
            values.append(arb(value))
    return Nearby(*values)


def is_slope(found: Enclosure | None, rise: arb) -> bool:
    """Whether a secant of length STEP has the slope found, up to its curvature."""
    secant = enclosure(rise / STEP).midpoint  # a Decimal: as a Fraction, 1e-1000000000 would fill the memory
    if found is None:
        return False
    slack = EXACT.add(EXACT.multiply(TOLERANCE, EXACT.add(Decimal(1), EXACT.abs(secant))), found.radius)
    return EXACT.abs(EXACT.subtract(secant, found.midpoint)) <= slack


def is_supported(proof: Certificate, near: Nearby) -> bool:
    """Whether values close to the point bear a status and slopes out."""
    left, middle, right = near.left, near.middle, near.right
    if proof.status in (UNDEFINED, Status.LIMIT_UNKNOWN):
        return middle is None
    if proof.status is HOLE:
        return middle is None and left is not None and right is not None and abs(left - right) < 1e-9
    if middle is None:
        return False
    if proof.status is BOUNDARY:
        return left is None or right is None
    if left is None or right is None:
        return proof.status is JUMP
    rises = (middle - left, right - middle)
    if proof.status in (JUMP, VERTICAL):
        return bool(max(abs(rise) for rise in rises) > STEP * (1e9 if proof.status is VERTICAL else arb(2) ** 240))
    slopes = (proof.derivative, proof.derivative) if proof.status is SMOOTH else (proof.left, proof.right)
    return all(is_slope(slope, rise) for slope, rise in zip(slopes, rises, strict=True))


def check_a_random_expression(text: str, x: float) -> None:
    graph = problem_or_reject(text).target.flat
    proof = certify(graph, {"x": x}, "x")
    assume(proof.status is not UNDECIDED)
    found = (proof.value, proof.derivative, proof.next_derivative, proof.left, proof.right)
    assume(all(EXACT.abs(one.midpoint) < MODERATE for one in found if one is not None))
    with scope(1500):
        assert is_supported(proof, nearby(graph, x)), proof


@settings(max_examples=300)
@given(expressions(), points())
def test_values_near_a_point_bear_out_its_certificate(text: str, x: float) -> None:
    check_a_random_expression(text, x)


@settings(max_examples=600)
@given(expressions(), special_points())
def test_values_near_a_special_point_bear_out_its_certificate(text: str, x: float) -> None:
    check_a_random_expression(text, x)


@pytest.mark.long
@settings(max_examples=3_000, suppress_health_check=list(HealthCheck))
@given(expressions(4), st.one_of(points(), special_points()))
def test_values_near_many_points_bear_out_their_certificates(text: str, x: float) -> None:
    check_a_random_expression(text, x)


@settings(max_examples=150)
@given(expressions(), points())
def test_two_precisions_agree(text: str, x: float) -> None:
    graph = problem_or_reject(text).target.flat
    proofs = [certify_with(graph, x, bits) for bits in (64, 256)]
    decided = [proof for proof in proofs if proof.status is not UNDECIDED]
    assert len({proof.status for proof in decided}) <= 1
    for name in ("value", "derivative", "left", "right"):
        found = [getattr(proof, name) for proof in decided if getattr(proof, name) is not None]
        assert len(found) < 2 or found[0].overlaps(found[1])


def certify_with(graph: Graph, x: float, precision_bits: int) -> Certificate:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PRECISIONS", (precision_bits,))
        return certify(graph, {"x": x}, "x")


# Over the whole table; `million.py` is the long form


@settings(max_examples=400)
@given(st.randoms(use_true_random=False))
def test_both_routes_and_the_verdicts_agree_at_any_expression(random: Random) -> None:
    """The routes overlap, the nearest float is `exact`, and one a hundred tolerances off does not pass."""
    text = any_expression(random, random.randint(1, 4))
    problem = problem_or_reject(text)
    point = {name: any_coordinate(random) for name in problem.variables}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PRECISIONS", million.PRECISIONS)
        assert [wrong for name in problem.variables if (wrong := million.check(text, problem, point, name)[1])] == []


@pytest.mark.parametrize("factor", [2.0, -1.0, 1 + 1e-9])
def test_the_random_checks_would_find_a_wrong_series(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first route that is off by a factor contradicts the second at most points."""
    right = enclose.jet_of
    monkeypatch.setattr(enclose, "jet_of", lambda *given: right(*given)._replace(derivative=right(*given).derivative * arb(factor)))
    found = million.chunk(seed=3, checks=50)
    assert len(found.disagreements) > 10


def test_a_chunk_of_the_long_run_is_clean_and_counts_what_it_did() -> None:
    found = million.chunk(seed=4, checks=200)
    assert found.disagreements == []
    assert 200 <= found.checks < 220
    assert found.confirmed > 80
    assert sum(found.statuses.values()) == found.checks


def test_a_long_run_goes_on_where_it_was_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished chunks are read from the record, its last line if it is whole, and give the same as an undisturbed run."""

    def chunk(seed: int, *options: object) -> million.Found:
        return million.Found(seed, 20, million.Counter({SMOOTH: seed, JUMP: 1}), 3, 1, [f"x^{seed} is wrong"])

    monkeypatch.setattr(million, "chunk", chunk)
    seeds, record = range(7, 10), tmp_path / "record.jsonl"
    undisturbed = list(million.run_and_record(seeds, 1, None))
    stopped = million.run_and_record(seeds, 1, record)
    assert [next(stopped), next(stopped)] == undisturbed[:2]
    record.write_text(record.read_text() + '{"seed": 9, "expr')
    assert list(million.run_and_record(seeds, 1, record)) == undisturbed
    assert list(million.run_and_record(seeds, 1, record)) == undisturbed
    assert record.read_text().count("\n") == len(seeds)
