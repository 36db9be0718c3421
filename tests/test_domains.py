"""The ends of every domain in the table: what is proved at them and 2⁻²⁰ from them, borne out by mpmath."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
from flint import acb, arb
from mp import Mp
from proofs import encloses, proof_of

from diffcheck.engines.certified import scope
from diffcheck.engines.certified.cauchy import Circle
from diffcheck.engines.certified.disc.algebra import Disc, Moving
from diffcheck.engines.certified.domains import conditions
from diffcheck.engines.certified.line.algebra import POINT
from diffcheck.engines.certified.values import Trouble
from diffcheck.graph.build import read
from diffcheck.graph.domains import Domain
from diffcheck.graph.functions import FUNCTIONS, ROWS, Named
from diffcheck.graph.graph import evaluate
from diffcheck.results import Certificate, Status

BESIDE = 2.0**-20
PRECISION_BITS = 130
NEGLIGIBLE = mpmath.mpf(10) ** -30

ORDERS = {  # other parameters of a row whose domain is one of intervals and poles
    "gammainc": {"a": "2.5", "x": "2"},
    "gammaincc": {"a": "2.5", "x": "2"},
    "lowergamma": {"a": "2.5", "x": "2"},
    "betainc": {"a": "2.5", "b": "1/3", "x": "0.5"},
    "bessely": {"n": "1/3", "x": "2"},
    "besselk": {"n": "1/3", "x": "2"},
    "polygamma": {"n": "2", "x": "2"},
    "zeta": {"s": "3", "a": "1"},
    "elliptic_pi": {"n": "0.5", "m": "0.25"},
    "rel_entr": {"x": "2", "y": "3"},
    "kl_div": {"x": "2", "y": "3"},
    "boxcox": {"x": "2", "lambda": "0.5"},
    "boxcox1p": {"x": "2", "lambda": "0.5"},
}
DEMANDING = [  # texts in x, and an end of their domain: at least one for each regime of a row with demands
    *((f"{bessel}({n}, x)", 0) for bessel in ("besselj", "besseli") for n in ("0.5", "1/3", "-0.5", "-1/3", "0", "2", "-2")),
    ("besselj(x, -1)", 2), ("besselj(x, 1)", 2), ("besselj(x, 0)", 1),
    *((f"uppergamma({a}, x)", 0) for a in ("0.5", "1/3", "3", "0", "-2")),
    ("uppergamma(x, 0)", 2), ("uppergamma(x, -1)", 2),
    *((f"expint({n}, x)", 0) for n in ("-1", "-0.5", "0", "0.5", "1", "4/3", "1.5", "2", "3")),
    ("expint(x, 0)", 1), ("expint(x, -1)", -1),
    *((f"hyp2f1({abc}, x)", 1) for abc in ("1, 2, 3", "1, 1, 3", "0.5, 0.5, 2", "1/3, 1/3, 5/3", "1/3, 2/3, 1", "-0.5, 2, 2")),
    *((f"hyp2f1({abc}, x)", 1) for abc in ("-2, 2, 3", "2, -2, 3", "0, 2, 3", "-2, 2, -3", "1, 2, 2", "0.5, 2, 2", "4/3, 2, 1/3")),
    ("hyp2f1(-2, 2, 3, x)", 2), ("hyp2f1(1, 2, 3, x)", 2), ("hyp2f1(0.5, 0.5, -2, x)", 0.25), ("hyp2f1(-2, 2, -1, x)", 0.25),
    ("hyp2f1(1, 2, x, 0.5)", -1), ("hyp2f1(-2, 2, x, 0.5)", -1), ("hyp2f1(-2, 2, x, 0.5)", -3), ("hyp2f1(x, 2, 3, 2)", -1),
    ("hyp2f1(-2, 2, -2, x)", 3), ("hyp2f1(-2, 2, x, 0.5)", -2), ("hyp2f1(-0.5, -1, x, 4/3)", -1), ("hyp2f1(0, 2, 0, x)", 3),
    ("elliptic_f(x, 5/2)", 0), ("elliptic_einc(x, 4/3)", 0), ("besselj(x, 2)", -1), ("besseli(x, 2.5)", -3),
    *((f"expint(x, {x})", n) for x in ("0.5", "3") for n in (1, 2, -1)),
    *((f"uppergamma(x, {x})", a) for x in ("0.5", "3") for a in (0, -1, -2)),
    ("hyp2f1(1, 1, x, 1)", 2), ("hyp2f1(1/3, x, 10/3, 1)", 0.5),
    *((f"legendre({n}, x)", -1) for n in ("0.5", "1/3", "-0.5", "3", "-2")),
    *((f"chebyshev_{kind}({n}, x)", -1) for kind in "tu" for n in ("0.5", "1/3", "-0.5", "3", "-2")),
    ("chebyshev_t(x, -2)", 1), ("chebyshev_t(0.5, x)", 1), ("chebyshev_u(-4, x)", -3),
    ("hyp1f1(1, x, 0.5)", 0), ("hyp1f1(1/3, x, 0.5)", -2), ("hyp1f1(-2, x, 0.5)", -3), ("hyp1f1(-2, -3, x)", 2),
    ("lambertwk(x, -1)", 0), ("lambertwk(x, 0)", 0), ("lambertwk(x, 1)", 0), ("lambertwk(-0.25, x)", 0),
    ("legendre(x, -2)", 1), ("legendre(0.5, x)", 1), ("legendre(-4, x)", -3),
    ("elliptic_f(4, x)", 1), ("elliptic_f(-4, x)", 1), ("elliptic_f(0.5, x)", 4.25), ("elliptic_f(0.5, x)", 4.5),
    ("elliptic_f(x, 2)", 0.75), ("elliptic_f(x, 2)", 0.8125), ("elliptic_f(1, x)", 5),
    ("elliptic_einc(4, x)", 1), ("elliptic_einc(-4, x)", 1), ("elliptic_einc(0.5, x)", 4.25), ("elliptic_einc(0.5, x)", 4.5),
    ("elliptic_einc(x, 1)", 4),
    ("elliptic_piinc(0.5, 4, x)", 1), ("elliptic_piinc(x, 4, 0.5)", 1), ("elliptic_piinc(0.5, 0.75, x)", 1),
    ("elliptic_piinc(x, 0.5, 0.5)", 4.25), ("elliptic_piinc(x, 0.5, 0.5)", 4.5),
    *((f"zeta({s}, x)", end) for s in ("2", "3", "2.5", "7/3") for end in (0, -1)),
    *((f"zeta({s}, x)", end) for s in ("-2", "0", "-0.5", "-1/3") for end in (0, -1)), ("zeta(0.5, x)", 0), ("zeta(2, x)", -0.5),
    ("zeta(x, -0.5)", 2),
    *((f"polylog({s}, x)", 1) for s in ("2", "1.5", "4/3", "1", "0.5", "0", "-1", "-2")), ("polylog(x, 2)", 0), ("polylog(-2, x)", 2),
    ("polygamma(0.5, x)", 0), ("polygamma(0.5, x)", -1.5), ("polygamma(x, -1.5)", 2),
    ("lambertw(x)", -0.36787944117144233), ("li(x)", 0), ("li(x)", 1),
    ("boxcox(x, 0.5)", 0), ("boxcox(x, 2)", 0), ("boxcox(x, 1/3)", 0), ("boxcox(x, 0)", 0), ("boxcox(x, -0.5)", 0), ("boxcox(0, x)", 0),
]  # fmt: skip
BY_MEANING = [("E1(x)", 0), ("spence(x)", 0), ("erfcinv(x)", 0), ("erfcinv(x)", 2), ("rgamma(x)", -1), ("factorial(x)", -1),
              ("asec(x)", 1), ("asec(x)", -1), ("acsc(x)", 1), ("asech(x)", 0), ("asech(x)", 1), ("acoth(x)", 1), ("log1mexp(x)", 0),
              ("log2(x)", 0), ("log10(x)", 0), ("lbeta(x, 0.5)", 0), ("beta(x, 0.5)", 0)]  # fmt: skip

# What mpmath continues, or counts as a limit, and the table leaves undefined
CONTINUED = {  # or does not finish
    "gammainc": "left of a = 0; the table has a probability",
    "gammaincc": "left of a = 0; the table has a probability",
    "lowergamma": "left of a = 0, where the integral diverges",
    "betainc": "beyond [0, 1]; the table has a probability",
    "elliptic_pi": "beyond 1, as a principal value",
    "elliptic_piinc": "beyond 1, as a principal value",
    "polylog": "to zeta(s) at x = 1, where the sum diverges",
    "boxcox": "to negative x where lambda is an integer; a Box-Cox transformation is one of positive numbers",
    "rel_entr": "to two negative numbers",
    "kl_div": "to two negative numbers",
}


def ends_in_the_table() -> Iterator[tuple[str, float]]:
    """Each end and pole of each argument in turn, the others standing still."""
    for row in ROWS:
        for name, domain in zip(row.names, row.domain, strict=False):
            arguments = {**ORDERS.get(row.name, {}), name: "x"}
            ends = [domain.lower, domain.upper, domain.pole, (domain.pole or 0) - 2 if domain.poles_go_on else None]
            text = f"{row.name}({', '.join(arguments[other] for other in row.names)})"
            yield from ((text, float(end)) for end in ends if end is not None)


ALL_ENDS = list(dict.fromkeys([*ends_in_the_table(), *((text, float(end)) for text, end in [*DEMANDING, *BY_MEANING])]))


def by_mpmath(text: str, x: float) -> mpmath.mpf | None:
    """The value, if there is a real one."""
    with mpmath.workprec(PRECISION_BITS):
        try:
            value = mpmath.mpmathify(evaluate(read(text).target.flat, Mp(), {"x": mpmath.mpf(x)}))
        except (ValueError, ZeroDivisionError, mpmath.libmp.NoConvergence):
            return None
        if not mpmath.isfinite(value):
            return None
        return value.real if abs(mpmath.im(value)) <= NEGLIGIBLE * abs(value) else None


def holds(proof: Certificate, value: mpmath.mpf) -> bool:
    assert proof.value is not None
    with mpmath.workprec(PRECISION_BITS):
        distance = abs(mpmath.mpf(str(proof.value.midpoint)) - value)
        return bool(distance <= mpmath.mpf(str(proof.value.radius)) + NEGLIGIBLE * (1 + abs(value)))


@pytest.mark.parametrize(("text", "end"), ALL_ENDS)
def test_at_an_end_and_beside_it_the_status_is_proved_and_the_value_is_that_of_mpmath(text: str, end: float) -> None:
    for x in (end - BESIDE, end, end + BESIDE):
        proof = proof_of(text, x)
        if proof.status.value.startswith("undefined"):  # with a limit that is known or not
            assert text.partition("(")[0] in CONTINUED or by_mpmath(text, x) is None, x
        else:
            value = by_mpmath(text, x)
            assert proof.status in ((Status.SMOOTH, Status.BOUNDARY) if x == end else (Status.SMOOTH,)), (x, proof)
            assert value is not None, (x, proof)
            assert holds(proof, value), (x, proof, value)
            assert proof.confirmed or proof.status is Status.BOUNDARY, x


def test_every_row_with_demands_is_tried_at_an_end() -> None:
    assert {row.name for row in ROWS if row.demands} <= {text.partition("(")[0] for text, _ in DEMANDING}
    assert {text.partition("(")[0] for text, _ in [*DEMANDING, *BY_MEANING]} <= set(FUNCTIONS)
    assert set(CONTINUED) | set(ORDERS) <= set(FUNCTIONS)


def test_a_hypergeometric_polynomial_is_smooth_beyond_1() -> None:
    proof = proof_of("hyp2f1(-2, 2, 3, x)", 2.0)
    assert proof.status is Status.SMOOTH
    assert encloses(proof.derivative, "2/3")


@pytest.mark.parametrize(
    ("text", "x", "words"),
    [
        ("besselj(0.5, x)", -2.0, "besselj is not defined there: x must be positive (or 0 if n > 0) unless n is an integer"),
        ("hyp2f1(1, 2, 3, x)", 2.0, "x must be below 1"),
        ("hyp2f1(1, 2, -3, x)", 0.5, "c must not be 0, -1, -2, …"),
        ("gammainc(-1, x)", 2.0, "a must lie in (0, ∞)"),
        ("log(x)", -1.0, "its argument must lie in (0, ∞)"),
    ],
)
def test_the_reason_says_what_the_arguments_must_meet(text: str, x: float, words: str) -> None:
    assert words in proof_of(text, x).reason


@pytest.mark.parametrize("text", ["besselj(x, -2)", "uppergamma(x, -1)", "legendre(x, -2)", "hyp2f1(-x, 2, 3, 2)"])
def test_where_an_order_passes_through_an_integer_f_may_be_defined_at_this_point_only(text: str) -> None:
    proof = proof_of(text, 3.0)
    assert (proof.status, proof.reason) == (Status.BOUNDARY, "f is defined at this point only")
    assert proof_of(text, 3.25).status is Status.UNDEFINED


@pytest.mark.parametrize("text", ["besselj(sin(1)^2 + cos(1)^2, x)", "legendre(sin(1)^2 + cos(1)^2, x - 1)"])
def test_an_order_that_may_be_an_integer_decides_nothing(text: str) -> None:
    assert proof_of(text, -2.0).status is Status.UNDECIDED
    assert proof_of(text, 2.0).status is Status.SMOOTH


# Ends are exact fractions


def logarithm(z: acb) -> acb:
    return z.log()


THIRD = replace(
    FUNCTIONS["log"], name="log_of_a_third", ball=Named(__name__, "logarithm"), domain=(Domain(Fraction(1, 3), Fraction(5, 2)),), aliases=()
)


@pytest.mark.parametrize(
    ("x", "inside"), [(0.25, False), (1 / 3, False), (1 / 3 + BESIDE, True), (2.25, True), (2.5, False), (2.5 + BESIDE, False)]
)
def test_an_end_need_not_be_an_integer(monkeypatch: pytest.MonkeyPatch, x: float, inside: bool) -> None:
    monkeypatch.setitem(FUNCTIONS, THIRD.name, THIRD)
    with scope(128):
        on_line = POINT.apply(FUNCTIONS[THIRD.name], [arb(x)])
        disc = Disc(Circle(arb(2) ** -30, 32, 2))
        on_disc = conditions(FUNCTIONS[THIRD.name], [Moving((acb(x) + disc.circle.box,))], disc)
    assert isinstance(on_line, Trouble) is not inside
    assert all(bool(condition.distance.box.real > 0) for condition in on_disc) is inside


# The second route: never analytic across a cut


@pytest.mark.parametrize(
    ("text", "x", "radius"),
    [
        ("besselj(0.5, x)", 0.25, 0.5),
        ("uppergamma(0.5, x)", 0.25, 0.5),
        ("expint(2, x)", 0.25, 0.5),
        ("expint(0, x)", 0.25, 0.5),
        ("hyp2f1(1, 2, 3, x)", 0.75, 0.5),
        ("hyp2f1(1, 2, 2, x)", 0.75, 0.5),
        ("hyp2f1(0.5, 2, 2, x)", 0.75, 0.5),
        ("legendre(0.5, x)", -0.75, 0.5),
        ("elliptic_f(4, x)", 0.75, 0.5),
        ("elliptic_f(x, 2)", 0.75, 0.25),
        ("elliptic_einc(x, 1)", 1.5, 0.25),
        ("elliptic_piinc(x, 0.5, 0.25)", 4.25, 0.5),
        ("zeta(2, x)", -0.75, 0.5),
        ("zeta(2.5, x)", 0.25, 0.5),
        ("polylog(2, x)", 0.75, 0.5),
        ("polylog(0, x)", 0.75, 0.5),
        ("polylog(-2, x)", 0.75, 0.5),
        ("li(x)", 0.25, 0.5),
        ("li(x)", 1.25, 0.5),
        ("polygamma(0.5, x)", 0.25, 0.5),
        ("besselj(x, -1)", 2.0, 0.25),
        ("expint(x, 0)", 1.125, 0.25),
        ("uppergamma(x, 0)", 0.125, 0.25),
    ],
)
def test_a_disc_over_an_end_of_a_domain_or_a_pole_is_refused(text: str, x: float, radius: float) -> None:
    for size, refused in ((radius, True), (radius / 2**14, "besselj(x" in text)):
        with scope(128):
            disc = Disc(Circle(arb(size), 32, 2))
            found = evaluate(read(text).target.flat, disc, {"x": Moving((acb(x) + disc.circle.box,))})
        assert isinstance(found, Trouble) is refused, size
