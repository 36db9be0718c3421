"""The second route: values of f on a disc confirm the derivative, refuse what is not analytic there, and contradict a wrong one."""

from __future__ import annotations

import mpmath
import pytest
from command_line import OUTPUT, diffcheck
from flint import acb, arb, arb_series

from diffcheck.engines.certified import certify, scope
from diffcheck.engines.certified.cauchy import Circle
from diffcheck.engines.certified.certificate import Jet
from diffcheck.engines.certified.disc.algebra import Disc, Moving
from diffcheck.engines.certified.status import enclose
from diffcheck.engines.certified.values import Trouble
from diffcheck.errors import InternalError
from diffcheck.graph.build import read
from diffcheck.results import Outcome
from diffcheck.suites.cases import Case
from diffcheck.suites.runner import run


def on_disc(text: str, x: float, radius: float) -> object:
    with scope(128):
        return Disc(Circle(arb(radius), 32, 2)).follow(read(text).target.flat, {"x": x}, {"x": 1})


@pytest.mark.parametrize(
    ("text", "x", "radius"),
    [
        ("log(x)", 0.25, 0.5),
        ("sqrt(x)", 0.25, 0.5),
        ("cbrt(x)", -0.25, 0.5),
        ("x^0.5", 0.25, 0.5),
        ("2^log(x)", 0.25, 0.5),
        ("(x - 1)^x", 1.25, 0.5),
        ("asin(x)", 0.75, 0.5),
        ("acosh(x)", 1.25, 0.5),
        ("atanh(x)", 0.75, 0.5),
        ("atan(x)", 0.25, 1.5),
        ("asinh(x)", 0.25, 1.5),
        ("atan2(x, x - 2)", 0.25, 0.5),
        ("lambertw(x)", -0.25, 0.25),
        ("lgamma(x)", -0.25, 0.5),
        ("Ei(x)", 0.25, 0.5),
        ("Ci(x)", 0.25, 0.5),
        ("erfinv(x)", 0.75, 0.5),
        ("1/x", 0.25, 0.5),
        ("tan(x)", 1.5, 0.5),
        ("gamma(x)", -0.25, 0.5),
        ("digamma(x)", -0.25, 0.5),
        ("abs(x)", 0.25, 0.5),
        ("max(x, 0)", 0.25, 0.5),
        ("where(x > 0, x, 0)", 0.25, 0.5),
        ("floor(x)", 0.75, 0.5),
        ("sign(x)", 0.25, 0.5),
        ("mod(x, 1)", 0.75, 0.5),
        ("xlogy(x, x)", 0.25, 0.5),
    ],
)
def test_a_disc_that_touches_a_cut_a_pole_or_a_tie_is_refused(text: str, x: float, radius: float) -> None:
    assert isinstance(on_disc(text, x, radius), Trouble)
    assert isinstance(on_disc(text, x, radius / 64), (Moving, arb))


ANALYTIC = [
    ("sin(x)*exp(x)", mpmath.mpf(1), lambda z: mpmath.sin(z) * mpmath.exp(z)),
    ("log(abs(x))", mpmath.mpf(-2), lambda z: mpmath.log(-z)),
    ("cbrt(x)", mpmath.mpf(-2), lambda z: -mpmath.exp(mpmath.log(-z) / 3)),
    ("lgamma(x)", mpmath.mpf(-1.5), lambda z: mpmath.log(mpmath.gamma(z))),
    ("Ei(x)", mpmath.mpf(-2), lambda z: -mpmath.expint(1, -z)),
    ("erfinv(x)", mpmath.mpf(0.25), lambda z: mpmath.findroot(lambda w: mpmath.erf(w) - z, z)),
    ("boxcox(x, 0)", mpmath.mpf(2), mpmath.log),
    ("atan2(x, -1)", mpmath.mpf(2), lambda z: mpmath.pi / 2 + mpmath.atan(1 / z)),
    ("max(x, x^2)", mpmath.mpf(2), lambda z: z**2),
]


@pytest.mark.parametrize(("text", "x", "continued"), ANALYTIC, ids=[text for text, *_ in ANALYTIC])
def test_the_box_holds_the_values_of_the_continued_function(text: str, x: mpmath.mpf, continued) -> None:  # noqa: ANN001
    found = on_disc(text, float(x), 1 / 32)
    assert isinstance(found, Moving)
    for k in range(12):
        z = continued(x + mpmath.mpf(1) / 32 * mpmath.expjpi(mpmath.mpf(k) / 6))
        assert found.box.contains(acb(str(z.real), str(z.imag))), (k, z)


@pytest.mark.parametrize("count", [2, 4, 6])
def test_coefficients_from_a_circle_enclose_those_of_the_series(count: int) -> None:
    with scope(300):
        circle = Circle(arb(0.25), 128 // count, count)
        values = [(1 + t).log() for t in circle.points()]
        exact = (1 + arb_series([0, 1], prec=count)).log()
        for k in range(count):
            found = circle.coefficient(k, values, (1 + circle.box).log().abs_upper())
            assert found.overlaps(exact[k])
            assert found.rad() < 1e-18


SCALES = [("sin(x)", 1e10), ("tanh(x)", 40.0), ("log(x)", 1e-300), ("x^100", 1.0), ("cos(x)", 1.5707963267948966)]


@pytest.mark.parametrize(("text", "x"), SCALES)
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_disc_is_found_at_every_scale(text: str, x: float, order: int) -> None:
    assert certify(read(text).target.flat, {"x": x}, "x", order).confirmed


@pytest.mark.parametrize(("text", "x"), [("abs(x)", 0.0), ("sqrt(x)", 0.0), ("log(x)", -1.0), ("where(x == 0, 0, x)", 0.0)])
def test_where_there_is_no_disc_nothing_is_confirmed(text: str, x: float) -> None:
    assert not certify(read(text).target.flat, {"x": x}, "x").confirmed


# Routes that contradict each other


@pytest.fixture
def _wrong_series(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first route off by one part in a million, as if it had a wrong rule."""
    right = enclose.jet_of

    def wrong(*arguments) -> Jet:  # noqa: ANN002
        jet = right(*arguments)
        return jet._replace(derivative=jet.derivative * (1 + arb(1e-6)))

    monkeypatch.setattr(enclose, "jet_of", wrong)


@pytest.mark.usefixtures("_wrong_series")
@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_contradiction_is_an_internal_error_with_all_that_a_report_needs(order: int) -> None:
    with pytest.raises(InternalError) as caught:
        certify(read("x*sin(x) + y").target.flat, {"x": 1.5, "y": 0.1}, "x", order)
    message = str(caught.value)
    for part in ("please report", "x*sin(x) + y", "x = 0x1.8000000000000p+0", "y = 0x1.999999999999ap-4", f"order {order}", "power series"):
        assert part in message


@pytest.mark.usefixtures("_wrong_series")
def test_a_contradiction_ends_a_check_with_4() -> None:
    done = diffcheck("check", "sin(x)", "--at", "1")
    assert done.code == OUTPUT
    assert "contradict" in done.stderr


@pytest.mark.usefixtures("_wrong_series")
def test_a_contradiction_does_not_end_a_suite() -> None:
    first, second = run([Case("a", 1, "sin(x)", (1,)), Case("b", 2, "abs(x)", (0,))])
    assert first.fault is not None
    assert "contradict" in first.fault.message
    assert second.outcome is Outcome.PASS
