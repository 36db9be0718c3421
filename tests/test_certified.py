"""The certified engine: the status of a point is proved, enclosures contain the truth."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from flint import arb
from proofs import encloses, proof_of

from diffcheck.enclosure import FARTHEST
from diffcheck.engines.certified import certify_mixed, enclose_value
from diffcheck.engines.certified.certificate import enclosure
from diffcheck.graph.build import read
from diffcheck.results import Status

SMOOTH, KINK, JUMP, VERTICAL = Status.SMOOTH, Status.KINK, Status.JUMP, Status.VERTICAL
BOUNDARY, HOLE, UNDEFINED, UNDECIDED = Status.BOUNDARY, Status.HOLE, Status.UNDEFINED, Status.UNDECIDED


# Statuses

STATUSES = [
    ("x^2", 3.0, SMOOTH),
    ("x^0", 0.0, SMOOTH),
    ("sin(x)/x", 1.0, SMOOTH),
    ("sinc(x)", 0.0, SMOOTH),
    ("max(x, x)", 1.0, SMOOTH),
    ("abs(x)^3", 0.0, SMOOTH),
    ("where(x == 0, 0, x)", 0.0, SMOOTH),
    ("max(x, 0) + min(x, 0)", 0.0, SMOOTH),
    ("where(x > 0, x^2, 0)", 0.0, SMOOTH),
    ("clip(x, 0, inf)", 1.0, SMOOTH),
    ("clip(x, -inf, 3)", 1.0, SMOOTH),
    ("xlogy(x, 2)", 0.0, SMOOTH),
    ("boxcox(2, x)", 0.0, SMOOTH),
    ("where(x == 0, 0.5, (exp(x) - 1 - x)/x^2)", 0.0, SMOOTH),
    ("floor(x^2)", 0.0, SMOOTH),
    ("abs(x)", 0.0, KINK),
    ("max(x, 2*x)", 0.0, KINK),
    ("sqrt(x^2)", 0.0, KINK),
    ("acos(1 - x^2)", 0.0, KINK),
    ("abs(sin(x)) + abs(x)", 0.0, KINK),
    ("sign(x)", 0.0, JUMP),
    ("floor(x)", 2.0, JUMP),
    ("mod(x, 3)", 3.0, JUMP),
    ("where(x < 1, x, x + 1)", 1.0, JUMP),
    ("heaviside(x)", 0.0, JUMP),
    ("atan2(x, -1)", 0.0, JUMP),
    ("where(x == 0, 1, x)", 0.0, JUMP),
    ("where(x == 0, 2, sin(x)/x)", 0.0, JUMP),
    ("cbrt(x)", 0.0, VERTICAL),
    ("cbrt(x^2)", 0.0, VERTICAL),
    ("sign(x)*sqrt(abs(x))", 0.0, VERTICAL),
    ("sqrt(x)", 0.0, BOUNDARY),
    ("x^1.5", 0.0, BOUNDARY),
    ("x^(1/3)", 0.0, BOUNDARY),
    ("sqrt(sqrt(x))", 0.0, BOUNDARY),
    ("asin(x)", 1.0, BOUNDARY),
    ("acosh(x)", 1.0, BOUNDARY),
    ("sqrt(-x^2)", 0.0, BOUNDARY),
    ("betainc(2, 3, x)", 0.0, BOUNDARY),
    ("entr(x)", 0.0, BOUNDARY),
    ("sin(x)/x", 0.0, HOLE),
    ("(x^2 - 1)/(x - 1)", 1.0, HOLE),
    ("(1 - cos(x))/x^2", 0.0, HOLE),
    ("x/x", 0.0, HOLE),
    ("1/x", 0.0, UNDEFINED),
    ("abs(x)/x", 0.0, UNDEFINED),
    ("log(x)", 0.0, UNDEFINED),
    ("log(x)", -1.0, UNDEFINED),
    ("0*log(x)", -1.0, UNDEFINED),
    ("sqrt(x)", -1.0, UNDEFINED),
    ("x^0.5", -2.0, UNDEFINED),
    ("gamma(x)", -3.0, UNDEFINED),
    ("Ei(x)", 0.0, UNDEFINED),
    ("zeta(x)", 1.0, UNDEFINED),
    ("atanh(x)", 1.0, UNDEFINED),
    ("atan2(x, x)", 0.0, UNDEFINED),
    ("max(sin(x)^2 + cos(x)^2, 1)", 1.0, SMOOTH),
    ("(sin(x)^2 + cos(x)^2 - 1)^0.5", 1.0, UNDECIDED),
    ("abs(exp(log(x)) - x)", 2.0, SMOOTH),
    ("x^x", 0.0, BOUNDARY),
    ("x^x", -2.0, BOUNDARY),
    ("x^x", -2.5, UNDEFINED),
    ("(-2)^exp(log(x))", 2.0, BOUNDARY),
]


@pytest.mark.parametrize(("text", "x", "status"), STATUSES)
def test_the_status_of_a_point(text: str, x: float, status: Status) -> None:
    proof = proof_of(text, x)
    assert proof.status is status
    assert (proof.derivative is not None) == (status is SMOOTH)
    assert bool(proof.reason) == (status not in (SMOOTH, KINK))


@pytest.mark.parametrize(
    ("text", "x", "left", "right"),
    [
        ("abs(x)", 0.0, -1, 1),
        ("max(x, 2*x)", 0.0, 1, 2),
        ("sqrt(x^2)", 0.0, -1, 1),
        ("(x^2)^0.5", 0.0, -1, 1),
        ("relu(x)", 0.0, 0, 1),
        ("leaky_relu(x)", 0.0, "1/100", 1),
        ("abs(x - 1)*x", 1.0, -1, 1),
        ("min(x^2, x)", 1.0, 2, 1),
        ("max(x, 0) + abs(x)/4", 0.0, "-1/4", "5/4"),
        ("cbrt(abs(x)^3)", 0.0, -1, 1),
    ],
)
def test_at_a_kink_the_one_sided_slopes_are_exact(text: str, x: float, left: int | str, right: int | str) -> None:
    proof = proof_of(text, x)
    assert encloses(proof.left, left)
    assert encloses(proof.right, right)


def test_a_kink_that_is_no_decimal_is_enclosed_on_both_sides() -> None:
    proof = proof_of("x + 2*abs(x)/3")
    assert encloses(proof.left, "1/3")
    assert encloses(proof.right, "5/3")


@pytest.mark.parametrize(
    ("text", "x", "words"),
    [
        ("cbrt(x)", 0.0, "the slope is +∞"),
        ("-cbrt(x)", 0.0, "the slope is -∞"),
        ("cbrt(x^2)", 0.0, "the slope is -∞ on the left and +∞ on the right"),
        ("cbrt(min(x, 0)) + x", 0.0, "the slope is +∞ on the left and 1 on the right"),
        ("sqrt(x)", 0.0, "f is not defined on the left of this point; on the other side the slope is +∞"),
        ("acos(x)", -1.0, "f is not defined on the left of this point; on the other side the slope is -∞"),
        ("x^1.5", 0.0, "f is not defined on the left of this point"),
        ("sqrt(-x^2)", 0.0, "f is defined at this point only"),
        ("where(x == 0, 1, sqrt(x))", 0.0, "its limit from the other side is not the value"),
        ("atan2(x, abs(x))", 0.0, "the limits from the two sides differ"),
    ],
)
def test_the_reason_says_what_happens_on_each_side(text: str, x: float, words: str) -> None:
    assert words in proof_of(text, x).reason


def test_a_boundary_has_the_slope_of_the_side_inside() -> None:
    proof = proof_of("x^1.5 + 3*x")
    assert encloses(proof.right, 3)
    assert proof.left is None


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("(x + 1)^5", 3, 60),
        ("sinc(x/pi)", 2, "-1/3"),
        ("abs(x)^3", 2, 0),
        ("exp(2*x)", 4, 16),
        ("f(x) = x^4; f'(x) + x", 1, 1),
        ("f(x) = x^4; f''(x + 1)", 1, 24),
    ],
)
def test_derivatives_of_any_order_and_of_derivatives_in_the_text(text: str, order: int, expected: int | str) -> None:
    assert encloses(proof_of(text, 0.0, order).derivative, expected)


@pytest.mark.parametrize(("text", "status"), [("x*abs(x)", KINK), ("abs(x)", JUMP), ("cbrt(x)^4", VERTICAL), ("abs(x)^3", SMOOTH)])
def test_the_second_derivative_has_a_status_of_its_own(text: str, status: Status) -> None:
    assert proof_of(text, 0.0, 2).status is status


def test_constants_are_exact_however_they_are_spelled() -> None:
    assert proof_of("where(1/3 == 2/6, x, -x)", 1.0).status is SMOOTH
    assert encloses(proof_of("(x^2)^(1/2) * 0.1", 2.0).derivative, "1/10")


def test_a_tiny_number_is_not_called_zero() -> None:
    found = proof_of("exp(-x^2)", 100.0).derivative
    assert found is not None
    assert found.upper < 0


# Enclosures as decimals


@pytest.mark.parametrize(("ball", "inside"), [(arb(1) / 3, "1/3"), (arb(-7), "-7"), (arb(2) ** -1100, Fraction(1, 2**1100)), (arb(0), "0")])
def test_an_enclosure_is_rounded_outward(ball: arb, inside: Fraction | str) -> None:
    found = enclosure(ball)
    assert abs(Fraction(found.midpoint) - Fraction(inside)) <= Fraction(found.radius)


HUGE, TINY = arb(10) ** (arb(10) ** 16), arb(10) ** -(arb(10) ** 16)
SPREADS = (arb(1), arb(-1), arb(1, 0.5), arb(-1, 0.999), arb(0, 1))
EVERY_SIZE = [size * spread for size in (HUGE, TINY) for spread in SPREADS]
EDGES = [arb(10) ** (arb(10) ** 15 + n) for n in (-60, -41, -5, 0, 5)] + [arb(10) ** (-(arb(10) ** 15) + n) for n in (-5, 0, 5, 41, 60)]


def _as_ball(end: Decimal) -> arb:
    if end.is_infinite():
        return arb(f"{float(end)}")
    sign, digits, exponent = end.as_tuple()
    assert isinstance(exponent, int)
    return (-1) ** sign * arb(int("".join(map(str, digits)))) * arb(10) ** exponent


@pytest.mark.parametrize("ball", [*EVERY_SIZE, *EDGES, arb("nan"), arb("inf"), arb(0, "inf")])
def test_an_enclosure_of_any_size_contains_the_number(ball: arb) -> None:
    """The ends are compared as balls: no Fraction of this size fits in memory."""
    found = enclosure(ball)
    lower, upper = _as_ball(found.lower), _as_ball(found.upper)
    assert not lower.is_finite() or (ball.is_finite() and not lower > ball.lower())
    assert not upper.is_finite() or (ball.is_finite() and not upper < ball.upper())
    assert found.lower <= found.upper


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_beyond_all_decimals_is_known_to_be_large(sign: int) -> None:
    found = enclosure(sign * HUGE)
    assert float(found) == sign * math.inf
    assert found.least_magnitude == FARTHEST
    assert found.magnitude == Decimal("Infinity")
    assert not found.contains(Decimal(0))


def test_the_value_of_a_derivative_program_is_enclosed_in_exact_arithmetic() -> None:
    found = enclose_value(read("(1 - cos(x))/x^2").target.flat, {"x": 1e-8})
    assert found is not None
    assert found.contains(Decimal("0.49999999999999999583333333333333334"))
    assert enclose_value(read("x/x").target.flat, {"x": 0.0}) is None


# Mixed derivatives


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("x^2*y", ("x", "y"), "2*x"),
        ("x^2*y", ("y", "x"), "2*x"),
        ("exp(x*y)*sin(z)", ("x", "y", "z"), "(1 + x*y)*exp(x*y)*cos(z)"),
        ("x^3*y^2", ("x", "x", "y"), "12*x*y"),
        ("log(x + 2*y)", ("x", "y", "y"), "8/(x + 2*y)^3"),
        ("x + y", ("x", "y"), "0*x"),
        ("where(x > y, x*y, 7)", ("x", "y"), "where(x > y, 1, 0)"),
    ],
)
def test_mixed_derivatives_are_enclosed(text: str, names: tuple[str, ...], expected: str) -> None:
    point = {"x": 1.25, "y": 0.75, "z": -0.5}
    truth = enclose_value(read(expected).target.flat, point)
    proof = certify_mixed(read(text).target.flat, point, names)
    assert truth is not None
    assert (proof.status, proof.derivative is not None and proof.derivative.overlaps(truth)) == (Status.SMOOTH, True)


@pytest.mark.parametrize("text", ["abs(x)*y", "log(x)*y", "x*y/(x^2 + y^2)", "where(x == 0, 0, x*y + y)"])
def test_where_f_is_not_smooth_no_mixed_derivative_is_claimed(text: str) -> None:
    proof = certify_mixed(read(text).target.flat, {"x": 0.0, "y": 0.0}, ("x", "y"))
    assert (proof.status in (Status.UNDECIDED, Status.UNDEFINED, Status.LIMIT_UNKNOWN), proof.derivative) == (True, None)
