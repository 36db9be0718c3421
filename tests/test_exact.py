"""The exact algebra where it could say too much: each line was once a false claim, a crash or a hang, or is a sibling of one."""

from __future__ import annotations

import pytest
from measured import within

from diffcheck.engines.certified import certify, certify_mixed, enclose_nodes
from diffcheck.graph.build import read
from diffcheck.results import Certificate, Status

SMOOTH, KINK, JUMP, HOLE, BOUNDARY = Status.SMOOTH, Status.KINK, Status.JUMP, Status.HOLE, Status.BOUNDARY
UNDEFINED, VERTICAL, UNDECIDED = Status.UNDEFINED, Status.VERTICAL, Status.UNDECIDED
OPEN = (UNDECIDED, Status.LIMIT_UNKNOWN)


def proof(text: str, at: float | dict[str, float] = 0.0, names: str = "x") -> Certificate:
    graph, order = read(text).target.flat, names.split()
    point = at if isinstance(at, dict) else {"x": at}
    return certify(graph, point, order[0], len(order)) if len(set(order)) == 1 else certify_mixed(graph, point, order)


FALSE_CLAIMS = [
    # the sign on each side of what grows faster than every power, and how two of them compare
    ("atan(x*exp(1/x^2))", "x", UNDEFINED),
    ("tanh(x*exp(1/x^2))", "x", UNDEFINED),
    ("tanh(exp(1/x^2)/x)", "x", UNDEFINED),
    ("1/(1 + exp(x*exp(1/x^2)))", "x", UNDEFINED),
    ("where(x == 0, 1, sign(x*exp(1/x^2)))", "x", JUMP),
    ("where(x == 0, 0, where(exp(1/abs(x)) < exp(2/abs(x)), 1, 0))", "x", JUMP),
    ("where(x == 0, 0, where(sqrt(exp(1/x^2)) == exp(1/x^2), 0, 1))", "x", JUMP),
    ("where(x == 0, 0, where(2*exp(1/x^2) > exp(1/x^2), 1, 0))", "x", JUMP),
    # powers of what is flat and negative
    ("where(x == 0, 1, sign((-exp(-1/x^2))^3))", "x", JUMP),
    ("where(x == 0, 1, sign((-abs(x)^pi)^3))", "x", JUMP),
    ("sqrt((-exp(-1/x^2))^3)", "x", UNDEFINED),
    # the ends of inverse functions, where their derivatives have no power series
    ("g(u) = asin(u); where(x <= 0, 0, g'(1 - x))", "x", JUMP),
    ("g(u) = asin(u); g'(1 - x^2)", "x", UNDEFINED),
    ("g(u) = acos(u); where(x == 0, 0, g'(1 - x^2))", "x", JUMP),
    # what lies between two functions that agree to every order computed
    ("where(x == 0, 1, sign(min(x^8, -x^4*cos(x))))", "x", JUMP),
    ("where(x == 0, 0, sqrt(max(-x^8, x^4*cos(x))))", "x", SMOOTH),
    ("g(u) = where(u == 0, 0, max(u, u + exp(-1/u^2) - exp(-2/u^2))); where(x == 0, 0, sign(g'(x) - 1))", "x", JUMP),
    # two poles at once
    ("zeta(1 + abs(x), abs(x)) - 2/abs(x)", "x", UNDEFINED),
    ("where(x <= 0, 2, x*zeta(1 + x, x))", "x", VERTICAL),
    # remainders that have no derivatives
    ("where(x == 0, 0, exp(-1/x^2 + x*floor(1/x)))", "x x", UNDECIDED),
    ("where(x == 0, 0, abs(x + x^2*floor(1/x))^pi)", "x x", UNDECIDED),
    ("where(x == 0, 1, erf(1/x^2 + x*floor(1/x)))", "x x", UNDECIDED),
    ("where(x == 0, 0, floor(1/x)/exp(1/x^2))", "x x", UNDECIDED),
    ("where(x == 0, pi/2, atan(exp(1/x^2 + x*mod(1/x, 1))))", "x x", UNDECIDED),
    ("where(x == 0, 0, abs(x)^(3/2) + x^2*sin(1/x^4))", "x x", UNDECIDED),
    ("where(x == 0, 0, x^2*log(abs(x)) + x^3*mod(1/x, 1))", "x x", UNDECIDED),
    ("where(x <= 0, x^2, abs(x)^(3/2) + x^2*sin(1/x^4))", "x x", UNDECIDED),
    ("where(x == 0, 0, cbrt(x) + x*sin(1/x^9))", "x", VERTICAL),
    # a condition without a value
    ("where(1/x > 0, x, abs(x))", "x", HOLE),
    ("where(1/x > 0, x, x)", "x", HOLE),
    ("where(log(x^2) > 0, x, abs(x))", "x", HOLE),
    ("where(atan2(x, x) > 0, x, sqrt(abs(x)))", "x", HOLE),
]


@pytest.mark.parametrize(("text", "names", "truth"), FALSE_CLAIMS)
def test_nothing_false_is_claimed(text: str, names: str, truth: Status) -> None:
    assert proof(text, names=names).status in (truth, *OPEN)


MIXED = [
    ("x*acos(1 - (x + y)^2)", "x y", KINK),
    ("x*asin(1 - y^2 - x^2)", "x y", KINK),
    ("where(x^2 + y^2 == 0, 0, x^2*y*(x^2 - y^2)/(x^2 + y^2))", "x y x", UNDECIDED),
    ("where(x^2 + y^2 == 0, 0, x*y*(x^2 - y^2)/(x^2 + y^2))", "x y", UNDECIDED),
    ("where(y == 0, exp(x), exp(1/y^2 + x)) + 0*x*y", "x y", UNDECIDED),
]


@pytest.mark.parametrize(("text", "names", "truth"), MIXED)
def test_no_mixed_derivative_is_claimed_falsely(text: str, names: str, truth: Status) -> None:
    assert proof(text, {"x": 0.0, "y": 0.0}, names).status in (truth, *OPEN)


def test_coefficients_that_agree_to_every_order_computed_are_not_taken_as_equal() -> None:
    flat = "exp(-1/y^2) - exp(-2/y^2)"
    text = f"y*max(x, where(y == 0, x, where(abs(y) < x^2, x - 1, {flat} - x)))"
    found = proof(text, {"x": 0.0, "y": 0.0}, "x y")
    assert found.derivative is None or float(found.derivative) == -1


STRANGE = [
    "g(u) = exp(1/u); g'(x)", "g(u) = tanh(1/u); g'(x)", "gamma(exp(1/x^2))", "binomial(exp(1/x^2), 2)", "expint(0, -1/x^2)",
    "expint(-3, -1/abs(x))", "f(u) = u^2; f'(exp(1/x^2))", "f(u) = u^2; f'(inf)*x", "abs(x)*gamma(inf)",
]  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
def test_what_has_no_bounds_is_no_crash(text: str) -> None:
    assert proof(text).status in Status


@pytest.mark.parametrize("power", ["1e10", "1e12", "1e20"])
@pytest.mark.parametrize("base", ["sqrt(3)", "(2*pi)", "(pi/5)", "(0.1*sin(1))", "cos(pi/6)"])
def test_huge_powers_are_no_hang_and_no_crash(base: str, power: str) -> None:
    with within(5):
        assert proof(f"abs(x)*{base}^{power}").status in (KINK, UNDECIDED)


SLOW = ["1/(1 + abs(x)^1e-9)", "sin(abs(x)^1e-5)", "Ei(abs(x)^0.0001)", "x*gamma(abs(x)^0.0005)", "sin(abs(x)^0.01)", "exp(abs(x)^0.001)"]


@pytest.mark.parametrize("text", SLOW)
def test_tiny_exponents_are_no_hang(text: str) -> None:
    with within(10):
        assert proof(f"where(x == 0, 0, {text})").status in Status


@pytest.mark.parametrize("text", ["max(abs(x - sqrt(2)^2), inf)", "min(where(x == sqrt(2)^2, -inf, 1), x)"])
def test_nodes_that_are_infinite_have_no_enclosure(text: str) -> None:
    graph = read(text).target.flat
    assert len(enclose_nodes(graph, {"x": 2.0})) == len(graph.nodes)
