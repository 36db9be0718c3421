"""Gradients, Jacobians, Hessians and higher orders: every entry proved and right, in each of JAX's modes, and faults are found."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from command_line import diffcheck as run
from jax.scipy import special
from mp import Mp

import diffcheck
from diffcheck import Outcome, Verdict, check
from diffcheck.engines.certified import certify, certify_mixed
from diffcheck.graph.build import read
from diffcheck.graph.graph import evaluate
from diffcheck.results import Sample, Status

SECOND = ["forward over reverse", "reverse over forward", "forward over forward", "reverse over reverse"]
CORPORA = Path(__file__).parent / "corpora"


def mixed(text: str, point: Mapping[str, float], names: tuple[str, ...]) -> mpmath.mpf:
    """∂ⁿf/∂names by mpmath, from differences of values with 120 digits."""
    graph, variables = read(text).target.flat, list(point)
    with mpmath.workdps(120):

        def f(*coordinates: mpmath.mpf) -> mpmath.mpf:
            return evaluate(graph, Mp(), dict(zip(variables, coordinates, strict=True)))

        return mpmath.diff(f, tuple(mpmath.mpf(x) for x in point.values()), tuple(names.count(name) for name in variables))


def is_enclosed(sample_or_proved: Any, truth: mpmath.mpf) -> bool:
    """Whether the truth, known to some thirty digits, lies in an enclosure, or as close to it as that."""
    enclosure = getattr(sample_or_proved, "enclosure", None) or getattr(sample_or_proved, "derivative", None)
    with mpmath.workdps(60):
        slack = mpmath.mpf(10) ** -25 * (1 + abs(truth))
        return bool(mpmath.mpf(str(enclosure.lower)) - slack <= truth <= mpmath.mpf(str(enclosure.upper)) + slack)


FUNCTIONS = {
    "Rosenbrock": ("(1 - x)^2 + 100(y - x^2)^2", {"x": -1.2, "y": 1.0}),
    "Beale": ("(1.5 - x + x*y)^2 + (2.25 - x + x*y^2)^2 + (2.625 - x + x*y^3)^2", {"x": 1.0, "y": 0.7}),
    "Branin": ("(y - 5.1x^2/(4pi^2) + 5x/pi - 6)^2 + 10(1 - 1/(8pi))cos(x) + 10", {"x": 2.5, "y": 7.0}),
    "Himmelblau": ("(x^2 + y - 11)^2 + (x + y^2 - 7)^2", {"x": 3.0, "y": 2.0}),
    "log-sum-exp": ("log(exp(x) + exp(y) + exp(z))", {"x": 1.0, "y": -2.0, "z": 0.5}),
    "Gaussian kernel": ("exp(-((a - c)^2 + (b - d)^2)/2)", {"a": 1.0, "b": 2.0, "c": 1.0, "d": 2.0}),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_entry_of_a_hessian_is_certified_and_right(name: str) -> None:
    text, point = FUNCTIONS[name]
    report = check(text, point, hessian=True)
    assert report.outcome is Outcome.PASS
    assert {frozenset(sample.wrt.split()) for sample in report.samples} == {frozenset(pair) for pair in product(point, point)}
    for sample in report.samples:
        names = tuple(sample.wrt.split()) if " " in sample.wrt else (sample.wrt,) * 2
        assert sample.status is Status.SMOOTH
        assert sample.confirmed
        assert is_enclosed(sample, mixed(text, point, names))
        assert [result.mode for result in sample.results if result.engine == "automatic"] == SECOND


def test_sixty_hessians_of_the_corpora_are_certified_and_right() -> None:
    texts = [(CORPORA / f"{corpus}.jsonl").read_text() for corpus in ("feynman", "fpbench", "herbie")]
    cases = [json.loads(line) for text in texts for line in text.splitlines()]
    several = [case for case in cases if 2 <= len(case["points"][0]["at"]) <= 3][:60]
    assert len(several) == 60
    for case in several:
        point, graph = case["points"][0]["at"], read(case["expr"]).target.flat
        for names in combinations_with_replacement(point, 2):
            proved = certify(graph, point, names[0], 2) if len(set(names)) == 1 else certify_mixed(graph, point, names)
            assert proved.status is Status.SMOOTH, (case["id"], names)
            truth = mixed(case["expr"], point, names)
            assert is_enclosed(proved, truth), (case["id"], names, truth, proved.derivative)


def test_the_jacobian_of_spherical_coordinates_is_right() -> None:
    text, point = "[r sin(t) cos(p), r sin(t) sin(p), r cos(t)]", {"r": 2.0, "t": 0.7, "p": -1.1}
    report = check(text, point)
    assert report.outcome is Outcome.PASS
    assert [(sample.output, sample.wrt) for sample in report.samples] == list(product(("[0]", "[1]", "[2]"), "rtp"))
    for sample in report.samples:
        entry = text.strip("[]").split(", ")[int(sample.output[1])]
        truth = mixed(f"{entry} + 0*(r + t + p)", {name: point[name] for name in "rtp"}, (sample.wrt,))
        assert is_enclosed(sample, truth)


@pytest.mark.parametrize("order", [3, 4])
def test_all_derivatives_of_an_order_are_proved(order: int) -> None:
    text, point = "exp(x*y)*sin(y)", {"x": 0.5, "y": 1.25}
    report = check(text, point, order=order)
    assert [sample.order for sample in report.samples] == [order] * (order + 1)
    for sample, names in zip(report.samples, combinations_with_replacement("xy", order), strict=True):
        assert is_enclosed(sample, mixed(text, point, names))
        modes = [result.mode for result in sample.results if result.engine == "automatic"]
        assert modes == ["forward nested", "reverse nested", *["jet"] * (len(set(names)) == 1)]
        assert sample.outcome.is_accepted


def test_derivatives_along_a_direction_and_products_with_the_hessian() -> None:
    point = {"x": 1.5, "y": 2.0}
    (along,) = check("x^2*y + sin(x*y)", point, along="x=1,y=-2", order=2).samples
    (first, second) = check("x^2*y + sin(x*y)", point, hvp={"x": 1, "y": -2}).samples
    h = {names: mixed("x^2*y + sin(x*y)", point, names) for names in (("x", "x"), ("x", "y"), ("y", "y"))}
    with mpmath.workdps(60):
        assert is_enclosed(along, h["x", "x"] - 4 * h["x", "y"] + 4 * h["y", "y"])
        assert is_enclosed(first, h["x", "x"] - 2 * h["x", "y"])
        assert is_enclosed(second, h["x", "y"] - 2 * h["y", "y"])
    assert (along.wrt, first.wrt, second.wrt) == ("t", "x t", "y t")


def test_variables_that_do_not_interact_have_a_mixed_derivative_of_exactly_zero() -> None:
    sample = check("sin(x) + exp(y) + x/3", {"x": 1, "y": 2}, hessian=True).samples[1]
    assert sample.enclosure is not None
    assert sample.enclosure.midpoint == sample.enclosure.radius == 0
    assert check("sin(x)*where(y > 0, y, 2) + x", {"x": 1, "y": 2}, hessian=True).samples[1].enclosure is not None


# JAX functions


def verdicts(report: diffcheck.Report) -> set[Verdict]:
    return {result.verdict for sample in report.samples for result in sample.results}


def test_hessians_of_jax_functions_are_judged_in_every_mode() -> None:
    report = check(lambda x: jnp.sum(jnp.sin(x) * x[::-1] ** 2), np.array([1.0, 2.0, 3.0]), hessian=True)
    assert report.outcome is Outcome.PASS
    assert len(report.samples) == 6
    assert {tuple(r.mode for r in sample.results) for sample in report.samples} == {tuple(SECOND)}
    report = check(lambda x, y: x**2 * jnp.exp(y), (1.5, 2.0), order=3)
    assert [sample.wrt for sample in report.samples] == ["x", "x x y", "x y y", "y"]
    assert report.outcome.is_accepted
    report = check(lambda x, y: x**2 * jnp.exp(y), (1.5, 2.0), hvp=(1.0, 2.0))
    assert [sample.wrt for sample in report.samples] == ["x t", "y t"]
    assert report.outcome is Outcome.PASS


@jax.custom_jvp
def second_wrong(x: jax.Array) -> jax.Array:
    return jnp.exp(2 * x)


@second_wrong.defjvp
def second_wrong_jvp(primals: Any, tangents: Any) -> Any:
    return second_wrong(*primals), 2 * jnp.exp(2 * jax.lax.stop_gradient(primals[0])) * tangents[0]


@jax.custom_vjp
def without_forward(x: jax.Array, y: jax.Array) -> jax.Array:
    return x * x * y


without_forward.defvjp(lambda x, y: (x * x * y, (x, y)), lambda r, c: (2 * r[0] * r[1] * c, r[0] ** 2 * c))


def test_a_rule_whose_second_derivative_alone_is_wrong_is_blamed() -> None:
    assert check(second_wrong, 1.0, lint=False).outcome is Outcome.PASS
    report = check(second_wrong, 1.0, hessian=True)
    assert verdicts(report) == {Verdict.WRONG}
    assert "second_wrong_jvp" in report.samples[0].results[0].reason


def test_a_mode_that_a_custom_vjp_lacks_says_so_and_the_others_are_judged() -> None:
    report = check(without_forward, (1.0, 2.0), hessian=True)
    by_mode = {result.mode: result.verdict for result in report.samples[1].results}
    assert by_mode["reverse over forward"] is by_mode["forward over forward"] is Verdict.UNSUPPORTED
    assert by_mode["forward over reverse"] is by_mode["reverse over reverse"] is Verdict.EXACT
    assert report.outcome is Outcome.PASS


def erfcx(x: jax.Array) -> jax.Array:
    return jnp.exp(x * x) * special.erfc(x)


def kernel(x: jax.Array, y: jax.Array) -> jax.Array:
    return jnp.exp(-(jnp.linalg.norm(x - y) ** 2) / 2)


@pytest.mark.parametrize(
    ("function", "at", "verdict"),
    [
        (jax.nn.softplus, 40.0, Verdict.UNSTABLE),
        (jax.nn.log_sigmoid, -40.0, Verdict.UNSTABLE),
        (special.i0e, 50.0, Verdict.UNSTABLE),
        (special.i1, 1e-5, Verdict.UNSTABLE),
        (erfcx, 20.0, Verdict.UNSTABLE),
        (jax.scipy.stats.norm.logcdf, -30.0, Verdict.WRONG),
        (kernel, (jnp.array([1.0, 2.0]), jnp.array([1.0, 2.0])), Verdict.NONFINITE),
        (jnp.hypot, (0.0, 0.0), Verdict.JUMP),
        (jnp.linalg.norm, jnp.array([0.0, 0.0]), Verdict.JUMP),
    ],
)
def test_faults_of_second_derivatives_in_jax_are_found(function: Callable[..., Any], at: Any, verdict: Verdict) -> None:
    report = check(function, at, hessian=True)
    assert report.outcome is not Outcome.PASS
    assert verdict in verdicts(report)


def quadratic(x: jax.Array) -> jax.Array:
    return 0.5 * x @ (jnp.arange(100.0).reshape(10, 10) @ x)


def test_a_wrong_entry_in_a_hessian_of_ten_variables_is_found() -> None:
    matrix = np.arange(100.0).reshape(10, 10)
    right = (matrix + matrix.T) / 2
    wrong = right.copy()
    wrong[3, 7] += 1e-6
    options = {"at": np.linspace(0, 1, 10), "dtype": "float64", "hessian": True}
    assert check(quadratic, claim=right, **options).outcome is Outcome.PASS
    report = check(quadratic, claim=wrong, **options)
    assert report.outcome is Outcome.FAIL
    assert [sample.wrt for sample in report.samples if sample.outcome is Outcome.FAIL] == ["x[3] x[7]"]


def test_of_very_many_derivatives_some_are_judged_and_the_report_says_so() -> None:
    report = check(lambda x: jnp.sum(x**3), jnp.ones(30), hessian=True)
    assert 50 < len(report.samples) <= 100
    assert f"of 465 derivatives {len(report.samples)} are judged" in report.header.program


MANY = [f"x{k}" for k in range(30)]
CUBIC = " + ".join([*(f"{x}^2" for x in MANY), *(f"{x}^2*{y}" for x, y in zip(MANY, MANY[7:], strict=False))])
AT_MANY = {x: 1 + k / 64 for k, x in enumerate(MANY)}


def hessian_of_cubic() -> np.ndarray:
    at, found = np.array(list(AT_MANY.values())), 2 * np.eye(30)
    for k in range(23):
        found[k, k] += 2 * at[k + 7]
        found[k, k + 7] = found[k + 7, k] = 2 * at[k]
    return found


def test_of_many_derivatives_those_are_judged_on_which_the_modes_of_jax_differ_and_those_that_are_claimed() -> None:
    unlucky = "tanh(-1e8*x17)*(-1e8*x17)*(-1e8*x17)"  # jax#40315: no other entry is wrong, and an even sample does not have it
    report = check(f"{CUBIC} + {unlucky}", AT_MANY, hessian=True, claim="d2f/dx9dx3 = 1")
    assert [sample.wrt for sample in report.samples if sample.outcome is Outcome.FAIL] == ["x3 x9", "x17"]
    said = f"of 465 derivatives {len(report.samples)} are judged, those on which JAX's modes and the claims differ most and an even sample"
    assert f"{said}; --all judges all" in report.header.program


@pytest.mark.parametrize(("subject", "place"), [(CUBIC, (17, 11)), (CUBIC, (3, 3)), (None, (11, 17)), (None, (17, 11))])
def test_of_many_entries_of_a_claim_the_wrong_one_is_judged(subject: str | None, place: tuple[int, int]) -> None:
    wrong = hessian_of_cubic()
    wrong[place] += 1e-9
    f = subject or (lambda x: jnp.sum(x**2) + jnp.sum(x[:-7] ** 2 * x[7:]))
    report = check(f, AT_MANY if subject else np.array(list(AT_MANY.values())), hessian=True, claim=wrong)
    named = " ".join(str(k) if subject is None else f"x{k}" for k in sorted(set(place)))
    assert [re.sub(r"x\[(\d+)\]", r"\1", sample.wrt) for sample in report.samples if sample.outcome is Outcome.FAIL] == [named]
    assert len(report.samples) <= 101
    assert "JAX's modes and the claims differ most" in report.header.program


def test_of_many_entries_of_a_claimed_jacobian_the_wrong_one_is_judged() -> None:
    names = MANY[:21]
    claim = 3 * np.eye(21)
    claim[12, 19] = 1e-300
    report = check(f"[{', '.join(f'3*{x}' for x in names)}]", {x: AT_MANY[x] for x in names}, claim=claim)
    assert [(sample.output, sample.wrt) for sample in report.samples if sample.outcome is Outcome.FAIL] == [("[12]", "x19")]
    assert f"of 441 derivatives {len(report.samples)} are judged" in report.header.program


# Symmetry and sharing


def test_a_hessian_that_is_not_symmetric_is_reported() -> None:
    @jax.custom_jvp
    def f(x: jax.Array, y: jax.Array) -> jax.Array:
        return x * y

    f.defjvps(lambda t, _, x, y: y * t, lambda t, _, x, y: 3 * x * t)
    sample = check(f, (1.0, 2.0), hessian=True).samples[1]
    assert sample.outcome is Outcome.FAIL
    assert "The Hessian is not symmetric: d^2f/dxdy is 1, and d^2f/dydx is 3" in sample.results[0].reason


def test_what_jax_computes_once_is_said_where_it_decides() -> None:
    report = check("tanh(-1e8*v)*(-1e8*v)*(-1e8*v)", {"v": 1}, hessian=True)
    assert "written more than once is computed, and differentiated, once: -(1e8*v) (3 times)" in report.header.program
    by_mode = {result.mode: result.value for result in report.samples[0].results}
    assert by_mode["reverse over reverse"] == 0 != by_mode["forward over reverse"] == -2e16  # jax#40315


# Claims


@pytest.mark.parametrize(
    ("text", "options", "claim", "words"),
    [
        ("x*y^2", {"hessian": True}, "[[0, 2y], [2y, 2x]]", ""),
        ("x*y^2", {"hessian": True}, "[[0, -2y], [-2y, -2x]]", "The values are the negative of the Hessian"),
        ("x*y^2", {"hessian": True}, "[[0, 4y], [4y, 4x]]", "The values are twice the Hessian"),
        ("x*y^2", {"hessian": True}, "[[0, y], [y, x]]", "The values are half the Hessian"),
        ("[x*y, x^2]", {}, "[[y, 2x], [x, 0]]", "The values are the transpose of the Jacobian"),
        ("[x*y, x^2]", {}, "[[y, x], [x, 0]]", "The claim is symmetric, and the Jacobian is not"),
        ("x*y^2", {"hessian": True}, "d2f/dxdy = 2y", ""),
        ("x*y^2", {"hessian": True}, "d^2f/dy^2 = x", "half the derivative"),
        ("[x*y, x^2]", {}, "df[1]/dx = 2x", ""),
        ("x*y^2", {"hessian": True}, [[0.0, 4.0], [4.0, 2.0]], ""),
        ("x*y^2", {"hessian": True}, lambda x, y: [[0, 2 * y], [2 * y, 2 * x]], ""),
        ("x*y^2", {"hvp": "x=1,y=0"}, "[0, 2y]", ""),
        ("x*y^2", {}, "[y^2, 2x*y]", ""),
    ],
)
def test_a_claim_may_be_a_matrix_an_entry_numbers_or_a_function(text: str, options: Any, claim: Any, words: str) -> None:
    report = check(text, {"x": 1, "y": 2}, claim=claim, **options)
    said = [result.reason for sample in report.samples for result in sample.results if result.verdict is Verdict.WRONG]
    assert bool(said) is bool(words)
    assert all(words in reason for reason in said)


IN_TEXTS = [
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {"hessian": True}, "[[2y, 2x], [2x, 0]]", ""),
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {"hessian": True}, "[[y, x], [x, 0]]", "The values are half the Hessian"),
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {"hessian": True}, "d2f/dydx = 2x", ""),
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {"order": 3}, "d3f/dx2dy = 1", "half the derivative"),
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {}, "[2x*y, x^2]", ""),
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {"along": "x=1,y=-2"}, "2x*y - 2x^2", ""),
    (lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, {"hvp": "x=1,y=-2"}, "[2y - 4x, 2x]", ""),
    (lambda x: jnp.sum(x**3), np.array([1.0, 2.0]), {}, "[3x[0]^2, 3x[1]^2]", ""),
    (lambda x: jnp.sum(x**2), np.array([1.0, 2.0]), {}, "2x", ""),
    (lambda x: jnp.sum(x**3), np.array([1.0, 2.0]), {"hessian": True}, "d2f/dx[1]^2 = 6x[1]", ""),
    (lambda x, a: x * jnp.sum(a**2), {"x": 2.0, "a": np.array([1.0, 3.0])}, {}, "[dot(a, a), 2x*a[0], 2x*a[1]]", ""),
    (lambda x, y: jnp.stack([x * y, x**2]), {"x": 1.0, "y": 3.0}, {}, "[[y, 2x], [x, 0]]", "the transpose of the Jacobian"),
    (lambda x, n: x**n, {"x": 2.0, "n": 3}, {}, "n*x^(n - 1)", ""),
    (lambda xe, sinx: xe**2 * sinx, {"xe": 2.0, "sinx": 3.0}, {}, "[2xe sinx, xe^2]", ""),
]


@pytest.mark.parametrize(("function", "at", "options", "claim", "words"), IN_TEXTS)
def test_claims_for_functions_may_be_texts(function: Any, at: Any, options: Any, claim: str, words: str) -> None:
    results = [result for sample in check(function, at, claim=claim, **options).samples for result in sample.results]
    claimed = [result for result in results if result.engine == "claim"]
    wrong = [result.reason for result in claimed if result.verdict is Verdict.WRONG]
    assert claimed
    assert bool(wrong) is bool(words)
    assert all(words in reason for reason in wrong)


def test_a_text_does_not_take_an_argument_for_a_constant() -> None:
    with pytest.raises(diffcheck.InputError, match="e is a constant in texts"):
        check(lambda e: e**2, {"e": 1.0}, claim="2e")


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("[1, 2]", "the claim is a vector of 2 numbers, and the gradient is a vector of 3 numbers"),
        ("d2f/dx[0]^2 = 1", "which is not asked for\nAsk for it: --hessian"),
        ("df/dx[5] = 1", "the claim is not for variables"),
        ("[x[0], x[1], x[5]]", "there is no entry 5"),
        ("[x_0, 0, 0]", "The variables are x[0], x[1], x[2]"),
    ],
)
def test_a_claim_that_does_not_fit_a_function_is_refused(claim: str, message: str) -> None:
    with pytest.raises(diffcheck.InputError) as refused:
        check(lambda x: jnp.sum(x**2), np.ones(3), claim=claim)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("F(x, y) = [x*y, sin(x) + y]; F(x, y)[0]", "[F(1, y)[0], F[0](x, 1)]"),
        ("G(x, y) = [x*y, x]; G(x, y)", "[[y, x], [1, 0]]"),
        ("c(x, y) = [cos(x), sin(x)]; c(x, y)", "[[-c(x, y)[1], 0], [c(x, y)[0], 0]]"),
        ("v = [x, y]; dot(v, v)", "2v"),
        ("u = x^2; sin(u) + y", "[2x*cos(u), 1]"),
    ],
)
def test_a_claim_may_use_what_is_defined(text: str, claim: str) -> None:
    report = check(text, {"x": 1, "y": 2}, claim=claim)
    results = [result for sample in report.samples for result in sample.results if result.engine == "claim"]
    assert len(results) == len(report.samples)
    assert all(result.verdict in (Verdict.EXACT, Verdict.AGREES) for result in results)


def test_a_claim_for_one_side_of_a_kink_is_judged_by_the_slope_there() -> None:
    def judged(claim: str, side: str) -> Verdict:
        return check("abs(x)", 0, claim=claim, side=side).samples[0].results[-1].verdict

    assert judged("-1", "left") is judged("1", "right") is Verdict.EXACT
    assert judged("1", "left") is judged("-1", "right") is judged("0", "left") is Verdict.WRONG


def kinked(x: jax.Array) -> jax.Array:
    return 2 * jnp.abs(x)


@pytest.mark.parametrize("claim", ["-2", lambda x: -2.0])
def test_a_claim_for_a_jax_function_may_be_for_one_side_of_a_kink(claim: Any) -> None:
    by_side = [check(kinked, 0.0, claim=claim, side=side).samples[0].results[2].verdict for side in ("left", "right")]
    assert by_side == [Verdict.EXACT, Verdict.WRONG]
    by_side = [check(lambda x: x * kinked(x), 0.0, hessian=True, claim=-4.0, side=side).outcome for side in ("left", "right")]
    assert by_side == [Outcome.PASS, Outcome.FAIL]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "a side is given, and no claim"),
        (
            {"claim": "1", "at": np.float32(1), "subject": lambda x: jax.pure_callback(np.abs, x, x)},
            "is not followed operation by operation",
        ),
    ],
)
def test_where_no_side_can_be_told_it_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(diffcheck.InputError, match=message):
        check(**{"subject": kinked, "at": 0.0, "side": "left", **options})


def test_the_command_takes_a_claim_for_a_jax_function(tmp_path: Path) -> None:
    (tmp_path / "kink.py").write_text("import jax.numpy as jnp\n\ndef f(x):\n    return 2 * jnp.abs(x)\n\ndef slope(x):\n    return -2.0\n")
    path = f"{tmp_path}/kink.py"
    ended = [run("check-jax", f"{path}:f", "--at", "0", "--claim", claim, "--side", "left").code for claim in ("-2", f"{path}:slope", "2")]
    assert ended == [0, 0, 1]


# The command, suites, and what is shown

ROSENBROCK = "(1 - x)^2 + 100(y - x^2)^2"


def test_the_command_shows_a_matrix_and_each_mode() -> None:
    shown = run("check", ROSENBROCK, "--at", "x=1,y=2", "--hessian").stdout
    assert "d/dx            402 ✓   -400 ✓" in shown
    assert all(f"JAX {mode}" in shown for mode in SECOND)


def test_json_has_a_sample_for_each_entry() -> None:
    samples = [json.loads(line) for line in run("check", "[x*y, x]", "--at", "x=1,y=2", "--format", "jsonl").stdout.splitlines()]
    assert [(sample["output"], sample["wrt"]) for sample in samples] == [("[0]", "x"), ("[0]", "y"), ("[1]", "x"), ("[1]", "y")]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["[x, x*y]", "--at", "x=1,y=2", "--hessian"], "gradients and Hessians are those of a number"),
        (["[[x, y], [x]]", "--at", "x=1,y=2"], "the rows of a matrix have different lengths"),
        (["[x, y] + [x, y, 1]", "--at", "x=1,y=2"], "do not fit"),
        (["x*y", "--at", "x=1,y=2", "--wrt", "x", "--along", "x=1,y=2"], "--wrt does not go with a direction"),
        (["x*y", "--at", "x=1,y=2", "--hessian", "--claim", "[[1, 2, 3], [1, 2, 3]]"], "the claim is 2 × 3, and the Hessian is 2 × 2"),
        (["x*y", "--at", "x=1,y=2", "--gradient", "--hessian"], "several orders"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(arguments: list[str], message: str) -> None:
    ended = run("check", *arguments)
    assert ended.code == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


IN_DIRECTIONS = [
    ("x=0,y=0", "the direction is zero", "^^^^^^^"),
    ("x=1", "no value for y", "^^^"),
    ("x=1,z=2", "no value for y", "^^^^^^^"),
    ("x=1,y=2,z=3", "no variable 'z'", "        ^"),
    ("x=1,y=abc", "'abc' is not a number", "      ^^^"),
    ("x=1,y=sni(2)", "unknown function 'sni'", "      ^^^"),
    ("x=1,y=inf", "a direction has finite numbers", "^^^^^^^^^"),
    ("x=1,y=", "y has no value", "    ^"),
    ("x=[1,2],y=1", "one number for each variable", "^^^^^^^^^^^"),
    ("1,2", "does not say which variable", "^^^"),
]


@pytest.mark.parametrize(("direction", "message", "carets"), IN_DIRECTIONS)
@pytest.mark.parametrize("option", ["--along", "--hvp"])
def test_what_is_wrong_with_a_direction_is_marked(option: str, direction: str, message: str, carets: str) -> None:
    ended = run("check", "x*y", "--at", "x=1,y=2", option, direction)
    assert ended.code == 2
    first, shown, marks, *_ = ended.stderr.splitlines()
    assert message in first
    assert (shown, marks) == (f"  {direction}", f"  {carets}")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["check", "x*y", "--at", "x=1,y=2", "--order", "9"], ["  9", "  ^", "Orders go from 1 to 8."]),
        (["derive", "x*y", "--order", "0"], ["  0", "  ^", "Orders go from 1 to 8."]),
        (["check", "x*y", "--at", "x=1,y=a"], ["  x=1,y=a", "        ^"]),
        (["check", "x", "--interval", "3,a"], ["  3,a", "    ^"]),
        (["check", "x", "--interval", "3"], ["  3", "  ^", "Write --interval -4,4."]),
        (["check-jax", "jax.numpy:hypot", "--at", "x1=3,x2=4", "--along", "x1=1"], ["  x1=1", "  ^^^^", "Its arguments: x1, x2."]),
        (["check-jax", "jax.nn:gelu", "--at", "1", "--along", "x=[1,2]"], ["  x=[1,2]", "  ^", "Give both the same shape."]),
        (["check-jax", "jax.nn:gelu", "--at", "1", "--hvp", "0"], ["  0", "  ^"]),
        (["check", "x*y", "--at", "x=1,y=2", "--claim", "df/dx = sni(y)"], ["  df/dx = sni(y)", "          ^^^"]),
        (["check", "x*y", "--at", "x=1,y=2", "--claim", "df/dx ="], ["  df/dx =", "  ^^^^^^^"]),
        (["check", "[x, y]", "--at", "x=1,y=2", "--claim", "df/dx = 1"], ["  df/dx = 1", "   ^", "Its entries: f[0], f[1]."]),
        (["check", "f(x) = x; g(x) = x; g(x)", "--at", "1", "--claim", "df/dx = 1"], ["  df/dx = 1", "   ^"]),
    ],
)
def test_what_is_wrong_in_an_option_is_marked_there(arguments: list[str], lines: list[str]) -> None:
    ended = run(*arguments)
    assert ended.code == 2
    assert ended.stderr.splitlines()[1 : 1 + len(lines)] == lines


@pytest.mark.parametrize(("at", "along"), [("x=1,y=2", "x=1"), ("x=1", "x=1,y=2")])
def test_a_direction_has_the_arguments_of_its_point(at: str, along: str) -> None:
    def f(x: jax.Array, y: float = 2.0) -> jax.Array:
        return x * y

    with pytest.raises(diffcheck.InputError, match="y"):
        check(f, at, along=along)


def test_directions_are_shown_with_the_digits_of_floats() -> None:
    for dtype, third in (("float64", "0.3333333333333333"), ("float32", "0.3333333432674408")):
        header = check("x^2*y", {"x": 1, "y": 2}, along="x=1/3,y=-0.5", dtype=dtype).header
        assert header.read_as == f"(x^2)*y, along x = x + {third}*t, y = y - 0.5*t at t = 0"
        (derivative,) = header.derivatives
        assert max(map(len, re.findall(r"[0-9.]+", derivative.text + derivative.latex))) <= 18


def test_directions_of_functions_are_shown_with_as_few_digits() -> None:
    (derivative,) = check(lambda x, y: x**2 * y, {"x": 1.0, "y": 2.0}, along="x=1/3,y=-0.1").header.derivatives
    assert r"y + t \left(-0.1\right)" in derivative.latex
    assert max(map(len, re.findall(r"[0-9.]+", derivative.text + derivative.latex))) <= 18


def test_suites_ask_for_hessians_orders_and_directions(tmp_path: Path) -> None:
    cases = ["hessian = true", "order = 3", "along = { x = 1, y = -2 }", "hvp = { x = 1, y = -2 }"]
    tables = [f'[[case]]\nexpr = "x^2*y"\nat = {{ x = 1, y = 2 }}\n{case}\n' for case in cases]
    (tmp_path / "suite.toml").write_text("\n".join(tables))
    ended = run("run", str(tmp_path / "suite.toml"), "--format", "jsonl")
    assert ended.code == 0, ended.stderr
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(each["wrt"], each["order"]) for each in found] == [
        *(("x", 2), ("x y", 2), ("y", 2)),
        *(("x", 3), ("x x y", 3), ("x y y", 3), ("y", 3)),
        ("t", 1),
        *(("x t", 2), ("y t", 2)),
    ]


def test_code_of_a_hessian_returns_nested_lists(tmp_path: Path) -> None:
    scope: dict[str, Any] = {}
    exec(run("derive", ROSENBROCK, "--hessian", "--format", "python").stdout, scope)  # what a user would paste
    assert scope["hessian"](1.0, 2.0) == [[402.0, -400.0], [-400.0, 200]]
    exec(run("derive", "[r cos(t), r sin(t)]", "--jacobian", "--format", "jax").stdout, scope)
    assert np.allclose(scope["jacobian"](2.0, 0.0), [[1, 0], [0, 2]])


def test_assert_derivative_takes_orders() -> None:
    diffcheck.assert_derivative(ROSENBROCK, {"x": 1, "y": 2}, hessian=True)
    with pytest.raises(AssertionError, match="Mismatched"):
        diffcheck.assert_derivative(second_wrong, 1.0, hessian=True)


def entry(samples: tuple[Sample, ...], wrt: str) -> Sample:
    return next(sample for sample in samples if sample.wrt == wrt)


def test_a_claim_for_an_entry_stands_with_that_entry_whatever_the_order_of_its_variables() -> None:
    samples = check("x^2*y", {"x": 1, "y": 2}, hessian=True, claim="d2f/dydx = 2x").samples
    assert [result.verdict for result in entry(samples, "x y").results if result.engine == "claim"] == [Verdict.EXACT]


# Pictures


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("(1 - x)^2 + 100(y - x^2)^2", ["--at", "x=-1,y=1.5", "--at", "x=0.5,y=0"]),
        ("x/y", ["--at", "x=1,y=2"]),
        ("abs(x) + y", ["--at", "x=0,y=0"]),
        ("3 + 0*x*y", ["--at", "x=1,y=2"]),
        ("[t cos(t), t sin(t)]", ["--at", "2", "--range", "0,8"]),
    ],
)
def test_functions_in_the_plane_are_drawn(text: str, arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "plane.png"
    ended = run("plot", text, *arguments, "-o", str(path))
    assert ended.code == 0, ended.stderr
    assert path.read_bytes().startswith(b"\x89PNG")
    again = tmp_path / "again.png"
    run("plot", text, *arguments, "-o", str(again))
    assert again.read_bytes() == path.read_bytes()


def test_a_vector_that_is_no_curve_is_not_drawn(tmp_path: Path) -> None:
    ended = run("plot", "[x, y, x*y]", "--at", "x=1,y=2", "-o", str(tmp_path / "x.png"))
    assert ended.code == 2
    assert "a picture shows a number, or a curve" in ended.stderr


@pytest.mark.parametrize(("name", "options"), [("x.html", []), ("x.png", ["--taylor", "2"])])
def test_a_curve_is_no_page_and_has_no_taylor_polynomial(name: str, options: list[str], tmp_path: Path) -> None:
    ended = run("plot", "[cos(t), sin(t)]", "--at", "t=1", *options, "-o", str(tmp_path / name))
    assert ended.code == 2
    assert "neither a page nor --taylor" in ended.stderr


def test_an_interval_and_a_direction_do_not_go_together() -> None:
    ended = run("check", "x^3", "--interval", "0,1", "--along", "2")
    assert ended.code == 2
    assert "a direction is given" in ended.stderr


@pytest.mark.parametrize("options", [{"hessian": True}, {"order": 3}, {"hvp": np.ones(2, np.float32)}, {"along": np.ones(2, np.float32)}])
def test_functions_of_narrow_floats_are_judged_in_their_own_format(options: dict[str, Any]) -> None:
    report = check(lambda x: jnp.sum(jnp.exp(x) * x), np.ones(2, np.float32), **options)
    assert report.header.dtype == "float32"
    assert report.outcome.is_accepted


def test_functions_are_called_as_their_signatures_say() -> None:
    def power(x: jax.Array, *, n: int = 2) -> jax.Array:
        return x**n

    (sample,) = check(power, args=(1.5,), kwargs={"n": 3}, hessian=True).samples
    assert sample.enclosure is not None
    assert float(sample.enclosure) == 9.0


# Orders 2 to 5 of exercises

EXERCISES = [line for line in (CORPORA.parent / "textbook_derivatives.txt").read_text().splitlines() if line and line[0] != "#"]


def _orders_are_right(text: str) -> None:
    """Every derivative of order 2 to 5 is proved and is that of mpmath, and none of JAX's or SymPy's is wrong."""
    point = {name: 0.3 + 0.1 * k for k, name in enumerate(read(text).target.flat.variables)}
    if not point:
        return
    for order in (2, 3, 4, 5):
        for sample in check(text, at=point, order=order).samples:
            assert sample.status is not Status.UNDECIDED
            if sample.status is Status.SMOOTH:  # elsewhere JAX's slopes of what has no value are wrong to the letter
                assert sample.outcome in (Outcome.PASS, Outcome.WARN), (text, sample)
                names = tuple(sample.wrt.split()) if " " in sample.wrt else (sample.wrt,) * order
                assert is_enclosed(sample, mixed(text, point, names)), (text, order)


@pytest.mark.parametrize("text", EXERCISES[::25])
def test_orders_two_to_five_of_exercises_are_proved_and_right(text: str) -> None:
    _orders_are_right(text)


@pytest.mark.long
def test_orders_two_to_five_of_all_exercises_are_proved_and_right() -> None:
    for text in EXERCISES:
        _orders_are_right(text)


@pytest.mark.parametrize("orders", [{"hessian": True}, {"along": {"x": 1}, "order": 2}, {"hvp": {"x": 1}}, {"order": 3}])
def test_the_value_of_relu_is_differentiated_again_in_every_mode(orders: dict[str, Any]) -> None:
    for x in (-1.0, 0.0, 2.0):
        report = check("exp(x)/(relu(x) + 2)", {"x": x}, **orders)
        assert report.outcome.is_accepted or x == 0
        assert Verdict.UNSUPPORTED not in {result.verdict for result in report.samples[0].results if result.mode != "jet"}
