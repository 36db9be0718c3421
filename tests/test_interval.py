"""Intervals: what is called smooth is smooth, what is special is found, and everything ends."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest
from command_line import FAIL, PASS, USAGE, diffcheck
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import within
from pydantic import TypeAdapter
from strategies import PLAIN, expressions

from diffcheck.checks.expression import Check
from diffcheck.checks.interval import check_interval, sample_points
from diffcheck.checks.points import Columns
from diffcheck.engines.certified import certify, pieces
from diffcheck.engines.certified.status import interval, places
from diffcheck.engines.certified.status.floats import at_ordinal, middle, ordinal, simplest
from diffcheck.errors import InputError
from diffcheck.formats import FORMATS
from diffcheck.graph.build import read
from diffcheck.graph.graph import Graph
from diffcheck.results import Certificate, Outcome, Piece, Sample, Status, Verdict
from diffcheck.views import json_

S, U, D = Status.SMOOTH, Status.UNDEFINED, Status.UNDECIDED
TINY = 5e-324


def graph_of(text: str) -> Graph:
    return read(text, None).target.flat


def pieces_of(text: str, lower: float, upper: float) -> tuple[Piece, ...]:
    return pieces(graph_of(text), "x", lower, upper)


def statuses(text: str, lower: float, upper: float) -> list[tuple[Status, float | None]]:
    return [(piece.status, piece.point) for piece in pieces_of(text, lower, upper)]


# Known functions


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("1/(x^2 + 1)", -1000, 1000),
        ("sqrt(x)", 0.1, 1),
        ("sinc(x)", -1, 1),
        ("x*exp(-x^2)", -5, 5),
        ("gamma(x)", -1.9, -1.1),
        ("digamma(x)", -1.9, -1.1),
        ("tanh(x)", -700, 700),
        ("abs(x^2 - 2x + 2)", -1e6, 1e6),
        ("where(x^2 > -1, x, 0)", -1e300, 1e300),
        ("sin(x)", -1.7e308, 1.7e308),
    ],
)
def test_a_smooth_function_is_one_smooth_piece(text: str, lower: float, upper: float) -> None:
    assert pieces_of(text, lower, upper) == (Piece(lower, upper, S),)


@pytest.mark.parametrize(
    ("text", "lower", "upper", "expected"),
    [
        ("abs(x)", -1, 2, [(S, None), (Status.KINK, 0), (S, None)]),
        ("sqrt(x^2)", -1, 1, [(S, None), (Status.KINK, 0), (S, None)]),
        ("max(x, 1 - x)", 0, 1, [(S, None), (Status.KINK, 0.5), (S, None)]),
        ("x/x", -1, 1, [(S, None), (Status.HOLE, 0), (S, None)]),
        ("cbrt(x)", -1, 1, [(S, None), (Status.VERTICAL, 0), (S, None)]),
        ("1/(x - 1)", 0, 3, [(S, None), (U, 1), (S, None)]),
        ("1/(x - 1)", 1, 3, [(U, 1), (S, None)]),
        ("1/(x^2 - 2x + 1)", 0, 2, [(S, None), (U, 1), (S, None)]),
        ("sin(1/x)", -1, 1, [(S, None), (U, 0), (S, None)]),
        ("sqrt(x)", 0, 1, [(Status.BOUNDARY, 0), (S, None)]),
        ("sqrt(x)", -1, 1, [(U, None), (Status.BOUNDARY, 0), (S, None)]),
        ("log(x)", -1, 1, [(U, None), (Status.BOUNDARY, None), (S, None)]),
        ("log(x)", 0, 1, [(Status.BOUNDARY, None), (S, None)]),
        ("log(x - 0.3)", 0, 1, [(U, None), (Status.BOUNDARY, None), (S, None)]),
        ("log(x)", -2, -1, [(U, None)]),
        ("floor(x)", 0.5, 2.5, [(S, None), (Status.JUMP, 1), (S, None), (Status.JUMP, 2), (S, None)]),
        ("tan(x)", 0, 2, [(S, None), (D, None), (S, None)]),
        ("where(x < 0.3, x, 1)", 0, 1, [(S, None), (D, None), (S, None)]),
    ],
)
def test_what_is_special_is_found(text: str, lower: float, upper: float, expected: list[tuple[Status, float | None]]) -> None:
    assert statuses(text, lower, upper) == expected


def test_the_pieces_cover_the_interval_without_a_gap() -> None:
    found = pieces_of("floor(3x)/x + log(x + 1)", -2, 2)
    assert (found[0].lower, found[-1].upper) == (-2, 2)
    assert all(left.upper == right.lower for left, right in zip(found, found[1:], strict=False))


def test_a_place_is_no_wider_than_the_floats_beside_it() -> None:
    assert pieces_of("abs(x)", -1, 2)[1] == Piece(-TINY, TINY, Status.KINK, 0.0, "the slope is -1 on the left and 1 on the right")
    tie = pieces_of("abs(x - 0.3)", 0, 1)[1]
    assert (tie.lower, tie.upper) == (0.3, math.nextafter(0.3, 1))


@pytest.mark.parametrize(
    ("text", "looks"),
    [
        ("1/(x - 0.3)", "a pole"),
        ("log(abs(x - 0.3))", "a pole"),
        ("where(x < 0.3, x, 1)", "a jump"),
        ("abs(x - 0.3)", "a kink"),
        ("cbrt(x - 0.3)", "a singular point"),
    ],
)
def test_between_neighbouring_floats_a_guess_is_called_one(text: str, looks: str) -> None:
    (place,) = [piece for piece in pieces_of(text, 0, 1) if piece.status is not S]
    assert (place.status, place.point) == (D, None)
    assert f"it looks like {looks}, but nothing more is proved" in place.reason


def test_a_place_without_a_known_limit_is_a_place_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown_at_zero(graph: Graph, point: Mapping[str, float], wrt: str, order: int = 1) -> Certificate:
        return Certificate(Status.LIMIT_UNKNOWN, "division by zero") if point[wrt] == 0 else certify(graph, point, wrt, order)

    monkeypatch.setattr(places, "certify", unknown_at_zero)
    found = [(piece.status, piece.point) for piece in pieces_of("sin(x)/x", -1.0, 1.0) if piece.status is not Status.SMOOTH]
    assert found == [(Status.LIMIT_UNKNOWN, 0.0)]


def test_a_hole_that_is_filled_is_no_guess_at_anything_special() -> None:
    place = pieces_of("where(x == 0, 1, sin(x)/x)", -1, 1)[1]
    assert (place.lower, place.upper, place.status) == (-TINY, TINY, D)
    assert place.reason.startswith("f is smooth at the floats in it")


# Soundness


@given(expressions(), st.floats(-4, 4), st.floats(0.01, 4), st.lists(st.floats(0, 1), min_size=4, max_size=4))
@settings(max_examples=120)
def test_what_is_called_smooth_or_undefined_is_nowhere_certified_to_be_anything_else(
    text: str, lower: float, width: float, parts: list[float]
) -> None:
    graph = graph_of(f"{text} + 0*x")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(interval, "EVALUATIONS", 150)
        found = [piece for piece in pieces(graph, "x", lower, lower + width) if piece.point is None and piece.status in (S, U)]
    for piece in found[:3]:
        for part in parts:
            x = min(piece.lower + part * (piece.upper - piece.lower), piece.upper)
            assert certify(graph, {"x": x}, "x").status in (piece.status, D), (text, piece, x)


@pytest.mark.parametrize("name", PLAIN)
def test_every_function_of_the_table_can_be_followed_over_balls_of_every_width(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval, "EVALUATIONS", 60)
    graph = graph_of(f"{name}(x)")
    for lower, upper in ((-3.0, 3.0), (-1e300, 1e300), (0.4, 0.6)):
        for piece in interval.parts(graph, "x", lower, upper):
            if piece.status is S:
                for x in (piece.lower, (piece.lower + piece.upper) / 2, piece.upper):
                    assert certify(graph, {"x": x}, "x").status in (S, D), (piece, x)


# Budgets


@pytest.mark.parametrize("text", ["where(sin(1/x) > 0, x, -x)", "floor(1e6 x)", "sqrt(x - sin(x))"])
def test_a_function_with_too_many_special_places_ends_within_the_budget(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval, "EVALUATIONS", 500)
    found = pieces_of(text, -1, 1)
    unresolved = [piece for piece in found if piece.status is D]
    assert 0 < len(unresolved) <= interval.MOST_UNFINISHED
    assert all(interval.UNFINISHED in piece.reason for piece in unresolved if piece.upper - piece.lower > 1e-9)
    assert (found[0].lower, found[-1].upper) == (-1, 1)


def test_so_does_one_whose_evaluations_take_much_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interval, "WORK", 0)
    (piece,) = interval.parts(graph_of("x"), "x", 0.0, 1.0)
    assert piece == Piece(0.0, 1.0, D, None, interval.UNFINISHED)


@pytest.mark.parametrize(("cheap", "dear"), [("x", "x + sin(x)"), ("digamma(x)", "digamma(x)^2 + hyp2f1(1, 2, 3, x)"), ("x", "i0(x)")])
def test_the_budget_counts_operations_and_what_they_take(cheap: str, dear: str) -> None:
    costs = []
    for text, bits in ((cheap, 128), (dear, 128), (dear, 2048)):
        budget = interval.Budget(graph_of(text))
        budget.spend(bits)
        costs.append(interval.WORK - budget.left)
    assert 0 < costs[0] < costs[1] < costs[2] < interval.WORK


def test_the_ends_of_a_domain_that_an_order_decides_are_found() -> None:
    found = pieces_of("besselj(0.5, x)", -1, 3)
    assert [(piece.status, piece.lower, piece.upper) for piece in found] == [(U, -1, -TINY), (Status.BOUNDARY, -TINY, TINY), (S, TINY, 3)]
    assert [piece.status for piece in pieces_of("besselj(2, x)", -1, 3)] == [S]


@pytest.mark.parametrize("text", ["sin(x)/x", "1/x", "abs(x)", "exp(x)", "1/(x^2 + 1)", "log(x)"])
def test_the_widest_interval_of_floats_ends_quickly(text: str) -> None:
    with within(5):
        found = pieces_of(text, -1e300, 1e300)
        assert sum(piece.status is D for piece in found) == 0


# Floats in their order


def test_floats_are_numbered_in_their_order() -> None:
    numbers = [-math.inf, -1.7976931348623157e308, -1.0, -TINY, -0.0, 0.0, TINY, 1.0, math.nextafter(1.0, 2), math.inf]
    assert [ordinal(x) for x in numbers] == sorted(ordinal(x) for x in numbers)
    assert all(at_ordinal(ordinal(x)) == x for x in numbers)
    assert ordinal(-TINY) + 1 == ordinal(0.0) == ordinal(TINY) - 1 == 0


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_halving_and_the_simplest_float_stay_within(a: float, b: float) -> None:
    lower, upper = sorted((a, b))
    assert lower <= simplest(lower, upper) <= upper
    half = middle(lower, upper)
    if half is None:
        assert ordinal(upper) - ordinal(lower) <= 1
    else:
        assert lower < half < upper


@pytest.mark.parametrize(("lower", "upper", "x"), [(0.9, 1.1, 1.0), (0.3, 0.9, 0.5), (-1.0, 2.0, 0.0), (-5.0, -3.5, -4.0), (5.0, 7.0, 6.0)])
def test_the_simplest_float_is_the_one_with_the_shortest_binary_fraction(lower: float, upper: float, x: float) -> None:
    assert simplest(lower, upper) == x


# The errors, sampled


def test_the_worst_error_of_every_engine_is_the_largest_of_all_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    check, seen = Check("(1 - cos(x))/x^2", claims=["-x/12"]), list[Sample]()
    run = check.samples

    def recorded(columns: Columns) -> Iterator[Sample]:
        for sample in run(columns):
            seen.append(sample)
            yield sample

    monkeypatch.setattr(check, "samples", recorded)
    report = check_interval(check, 1e-4, 1.0, samples=40)
    for i, engine in enumerate(["symbolic", "forward", "reverse", "claim"]):
        first = next(f for f in report.worst if engine in (f.result.engine, f.result.mode))
        assert first.result.ulps == max(sample.results[i].ulps or 0.0 for sample in seen)
        assert first.result in first.sample.results
    assert len(seen) == report.points == report.tally.samples
    assert (seen[0].point["x"], seen[-1].point["x"]) == (1e-4, 1.0)


def test_a_verdict_without_an_error_in_ulps_is_told_beside_the_largest_error() -> None:
    report = check_interval(Check("log(x)"), -1.0, 1.0, samples=20)
    verdicts = [finding.result.verdict for finding in report.worst if finding.result.engine == "symbolic"]
    assert len(verdicts) == 2
    assert verdicts[1] is Verdict.SPURIOUS
    assert report.worst[0].result.ulps is not None
    assert report.tally.outcomes[Outcome.FAIL]


def test_samples_have_both_ends_and_the_floats_beside_a_place_and_no_subnormal_number() -> None:
    fmt = FORMATS["float64"]
    points = sample_points(pieces_of("abs(x)", -1, 2), fmt, [-1.0, 2.0, 1e-310]).tolist()
    assert points == [-1.0, -fmt.smallest_normal, 0.0, fmt.smallest_normal, 2.0]
    beside = sample_points(pieces_of("abs(x - 1)", 0, 2), fmt, [0.0, 2.0])
    assert {math.nextafter(1, 0), 1.0, math.nextafter(1, 2)} <= set(beside.tolist())


def test_samples_are_numbers_of_the_format() -> None:
    points = sample_points(pieces_of("abs(x - 0.3)", 0, 1), FORMATS["float32"], np.linspace(0, 1, 7).tolist())
    assert points.dtype == np.float32
    assert {float(np.nextafter(np.float32(0.3), np.float32(end))) for end in (0, 1)} <= set(points.astype(float).tolist())


@pytest.mark.parametrize(
    ("text", "lower", "upper", "samples", "message"),
    [
        ("x*y", 0.0, 1.0, 10, "one variable"),
        ("x", 1.0, 1.0, 10, "empty"),
        ("x", 0.0, math.inf, 10, "not finite"),
        ("x", 0.0, 1.0, 1, "number of samples"),
        ("x", 0.0, 1.0, 10**6, "number of samples"),
    ],
)
def test_an_interval_that_cannot_be_checked_is_refused(text: str, lower: float, upper: float, samples: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_interval(Check(text), lower, upper, samples)


# The command line


def test_the_report_says_what_is_proved_and_what_is_sampled() -> None:
    ended = diffcheck("check", "abs(x)", "--interval", "-1,2", "--samples", "20")
    assert ended.code == PASS
    assert "kink at x = 0: the slope is -1 on the left and 1 on the right" in ended.stdout
    assert "df/dx, the worst at 20 points sampled:" in ended.stdout
    assert "f is proved to be defined and smooth on [-1, 2] but for 1 of 3 pieces." in ended.stdout
    assert "✓ 60 derivative values: 60 right." in ended.stdout


def test_a_smooth_function_is_called_so() -> None:
    assert "f is proved to be defined and smooth on [0.1, 1].\n" in diffcheck("check", "sqrt(x)", "--interval", "0.1,1").stdout
    assert "f is not proved to be smooth on any part of [-2, -1].\n" in diffcheck("check", "log(x)", "--interval", "-2,-1").stdout


@pytest.mark.parametrize(("text", "interval", "code"), [("log(x)", "-1,1", FAIL), ("sqrt(x)", "-1,0.5", PASS), ("tan(x)", "0,1.5", PASS)])
def test_the_exit_code_is_that_of_the_samples(text: str, interval: str, code: int) -> None:
    assert diffcheck("check", text, "--interval", interval, "--samples", "20").code == code


def test_json_is_strict_and_as_the_schema_has_it() -> None:
    arguments = ("check", "1/x", "--interval", "-1,1", "--samples", "20", "--format")
    (line,) = diffcheck(*arguments, "jsonl").stdout.splitlines()
    found = json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    TypeAdapter(json_.IntervalJson).validate_python(found, strict=True)
    assert [piece["status"] for piece in found["pieces"]] == ["smooth", "undefined", "smooth"]
    assert float.fromhex(found["pieces"][0]["upper_hex"]) == -TINY
    whole = json.loads(diffcheck(*arguments, "json").stdout)
    TypeAdapter(json_.IntervalReportJson).validate_python(whole, strict=True)
    assert whole["interval"] == found
    assert whole["header"]["read_as"] == "1/x"
    assert "IntervalJson" in json_.schema()["$defs"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["x", "--interval", "1"], "is not an interval"),
        (["x", "--interval", "1,2,3"], "is not an interval"),
        (["x", "--interval", "2,1"], "is empty"),
        (["x", "--interval", "0,two"], "'two' is not a number"),
        (["x", "--interval", "0,1e400"], "out of the range"),
        (["x", "--interval", "0,1", "--at", "1"], "points are given, and an interval too"),
        (["x", "--interval", "0,1", "--points", "points.csv"], "points are given, and an interval too"),
        (["x*y", "--interval", "0,1"], "an interval is for one variable"),
        (["x", "--interval", "0,1", "--samples", "1"], "1 is not a number of samples"),
    ],
)
def test_an_interval_that_cannot_be_used_is_one_error(arguments: list[str], what: str) -> None:
    ended: Any = diffcheck("check", *arguments)
    assert (ended.code, ended.stdout) == (USAGE, "")
    assert ended.stderr.startswith("error: ")
    assert what in ended.stderr


# JAX functions


def test_the_interval_of_a_function_finds_what_that_of_its_formula_finds() -> None:
    how = "--interval=-1,2", "--samples", "40", "--format", "json"
    ended = [diffcheck("check-jax", "jax.nn:relu", *how), diffcheck("check", "max(x, 0)", *how)]
    assert [each.code for each in ended] == [PASS, PASS]
    found, expected = (json.loads(each.stdout)["interval"] for each in ended)
    assert found["pieces"] == expected["pieces"]
    assert [piece["status"] for piece in found["pieces"]] == ["smooth", "kink", "smooth"]
    assert found["points"] == expected["points"]


def test_digits_that_a_function_of_jax_loses_somewhere_on_an_interval_are_found() -> None:
    ended = diffcheck("check-jax", "jax.nn:softplus", "--interval=20,40", "--samples", "60")
    assert ended.code == PASS
    assert "softplus is proved to be defined and smooth on [20, 40]." in ended.stdout
    assert "unstable" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["jax.numpy:hypot", "--interval", "0,1"], "hypot is not, as it takes 2 arguments (x1, x2)"),
        (["jax.nn:gelu", "--interval", "0,1", "--at", "2"], "points are given, and an interval too"),
        (["jax.nn:gelu", "--interval", "0,1", "--hessian"], "an interval is judged by its first derivative"),
        (["jax.nn:gelu", "--interval", "1,0"], "the interval from 1 to 0 is empty"),
        (["jax.nn:gelu", "--interval", "1"], "'1' is not an interval"),
        (["jax.nn:gelu", "--interval", "0,1", "--plot", "x.png"], "a picture shows first derivatives at points"),
    ],
)
def test_an_interval_that_a_function_cannot_have_is_refused(arguments: list[str], message: str) -> None:
    ended = diffcheck("check-jax", *arguments)
    assert ended.code == USAGE
    assert message in " ".join(ended.stderr.split())
