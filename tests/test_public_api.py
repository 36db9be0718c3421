"""What `import diffcheck` offers, and that it costs nothing until it is used."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
import sympy

import diffcheck
from diffcheck import Check, Claim, ExpressionError, InputError, Outcome, Report, Sample, Status, Verdict, check
from diffcheck.engines.certified import enclose_value
from diffcheck.engines.jax.values import run_nodes
from diffcheck.errors import PointError
from diffcheck.formats import FORMATS
from diffcheck.graph.build import read
from diffcheck.graph.functions import CONSTANT_NAMES

PUBLIC = [
    "Check",
    "Claim",
    "CostReport",
    "DiffcheckError",
    "Domain",
    "ExpressionError",
    "Function",
    "InputError",
    "Kink",
    "LACKS",
    "LostError",
    "Outcome",
    "Report",
    "RuleCheck",
    "Sample",
    "Status",
    "Trace",
    "UserCodeError",
    "Verdict",
    "__version__",
    "assert_derivative",
    "check",
    "cost",
    "register",
    "trace",
]


def test_the_exported_names_are_these() -> None:
    assert sorted(diffcheck.__all__) == PUBLIC
    assert dir(diffcheck) == PUBLIC
    assert all(getattr(diffcheck, name) is not None for name in PUBLIC)


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'chekc'"):
        diffcheck.chekc  # noqa: B018


def test_importing_the_package_imports_no_engine(tmp_path: Path) -> None:
    code = "import sys, diffcheck; before = set(sys.modules); diffcheck.check; print(*sorted(before), '|', *sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    before, after = (set(part.split()) for part in done.stdout.split("|"))
    engines = {"jax", "sympy", "flint"}
    assert not before & (engines | {"numpy", "matplotlib", "lark", "typer", "rich", "pydantic"})
    assert after >= engines


def test_the_version_is_a_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", diffcheck.__version__)


def test_the_signature_of_check_is_kept() -> None:
    parameters = inspect.signature(check).parameters
    orders = ["order", "hessian", "along", "hvp", "side"]
    limits_and_draws = ["timeout", "max_memory", "directions", "seed", "entries"]
    subject = ["subject", "at", "args", "kwargs", "of", "wrt", "claim", "dtype", "against", "lint"]
    assert list(parameters) == [*subject, *limits_and_draws, *orders]
    positional = [name for name, parameter in parameters.items() if parameter.kind is parameter.POSITIONAL_OR_KEYWORD]
    assert positional == ["subject", "at"]


@pytest.mark.parametrize("at", [2, 2.0, "2", "x=2", " 2.0 ", "0x1p1", {"x": 2}, {"x": "2"}, [2.0], ["2"], [{"x": 2.0}], ("x=2",)])
def test_a_point_can_be_given_in_many_ways(at: Any) -> None:
    (sample,) = check("x^2 + 3x + 2", at).samples
    assert sample.point == {"x": 2.0}
    assert sample.value is not None
    assert sample.enclosure is not None
    assert (float(sample.value), float(sample.enclosure)) == (12.0, 7.0)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ([1, 2.0, "3"], [1.0, 2.0, 3.0]),
        ("linspace(-1,1,3)", [-1.0, 0.0, 1.0]),
        (["linspace(0,1,2)", "5"], [0.0, 1.0, 5.0]),
        ([{"x": 1}, {"x": 2}], [1.0, 2.0]),
        (np.linspace(0, 1, 3), [0.0, 0.5, 1.0]),
        (np.arange(3), [0.0, 1.0, 2.0]),
        (np.array([[1], [2]]), [1.0, 2.0]),
        (jnp.arange(3.0), [0.0, 1.0, 2.0]),
        ({"x": np.array([1.5, 2.5])}, [1.5, 2.5]),
        (range(2), [0.0, 1.0]),
        ((x / 2 for x in range(2)), [0.0, 0.5]),
        ([Fraction(1, 3), Decimal("0.1"), np.float32(4), np.array(5), "6"], [1 / 3, 0.1, 4.0, 5.0, 6.0]),
    ],
)
def test_several_points_give_samples_in_their_order(at: Any, expected: Sequence[float]) -> None:
    assert [sample.point["x"] for sample in check("x^2", at).samples] == expected


UNUSABLE = ["two", True, float("nan"), [], "x=1,y=2", {"y": 1}, {}, [None], [[1, 2]], {"x": True}, "1" * 2_000, 10**400, np.array([1j])]


@pytest.mark.parametrize("at", UNUSABLE)
def test_a_point_that_cannot_be_used_is_an_input_error(at: Any) -> None:
    with pytest.raises(InputError):
        check("x^2", at)


@pytest.mark.parametrize(
    "at", [[(1, 2), [3, 4]], np.array([[1, 2], [3, 4]]), {"x": np.array([1, 3]), "y": [2, 4]}, [{"x": 1, "y": 2}, "x=3,y=4"]]
)
def test_points_of_several_variables_can_be_rows_or_columns(at: Any) -> None:
    assert [sample.point for sample in check("x*y", at, wrt=["x"]).samples] == [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}]


@pytest.mark.parametrize("at", [np.array([1, 2]), [(1, 2, 3)], {"x": [1, 2], "y": [1, 2, 3]}, np.ones((1, 2, 2))])
def test_points_that_do_not_fit_several_variables_are_refused(at: Any) -> None:
    with pytest.raises(PointError):
        check("x*y", at)


NUMBERS = [
    (2, 2.0),
    (2**53 + 1, 2.0**53),
    (2**54 + 3, 2.0**54 + 4),
    (Fraction(1, 3), 1 / 3),
    (Fraction(10**400, 10**400 + 1), 1.0),
    (Decimal("0.1"), 0.1),
    (np.float64(0.1), 0.1),
    (np.float32(0.1), 0.10000000149011612),
    (np.int8(-3), -3.0),
    (np.longdouble(0.1), 0.1),
    (np.array(0.5), 0.5),
    (jnp.float32(0.5), 0.5),
    (sympy.Rational(1, 3), 1 / 3),
    (math.inf, math.inf),
]


@pytest.mark.parametrize(("number", "expected"), NUMBERS)
def test_a_number_of_any_type_is_a_point(number: Any, expected: float) -> None:
    assert check("x^2", number).samples[0].point == {"x": expected}
    assert check("x^2", {"x": number}).samples[0].point == {"x": expected}
    assert check("x^2", [number]).samples[0].point == {"x": expected}


ABOVE_A_TIE = "1.0000000596046447754"  # of singles, 1 + 2**-24; the nearest double is that tie, which goes to 1


@pytest.mark.parametrize("number", [ABOVE_A_TIE, Fraction(ABOVE_A_TIE), Decimal(ABOVE_A_TIE)])
def test_a_number_is_rounded_once_to_a_single(number: Any) -> None:
    assert check("x^2", {"x": number}, dtype="float32").samples[0].point["x"] == 1 + 2.0**-23
    assert check("x^2", 2**60 + 2**36 + 1, dtype="float32").samples[0].point["x"] == 2.0**60 + 2.0**37


@pytest.mark.parametrize("wrt", ["x", "x x"])
def test_a_literal_of_a_program_in_singles_is_rounded_once(wrt: str) -> None:
    (sample,) = check(f"{ABOVE_A_TIE}*x^2/2", 1, dtype="float32", wrt=[wrt]).samples
    assert {result.value for result in sample.results} == {1 + 2.0**-23}
    assert {result.verdict for result in sample.results} == {Verdict.EXACT}


@pytest.mark.parametrize("name", sorted(CONSTANT_NAMES))
def test_a_constant_of_the_table_is_the_nearest_single(name: str) -> None:
    exact = enclose_value(read(name).target.flat, {})
    (value,) = run_nodes(read(name).target.flat, {}, "float32")
    assert exact is None or value == FORMATS["float32"].round(exact.midpoint)


@pytest.mark.parametrize("number", [Fraction(1, 4), Decimal("0.25"), np.float32(0.25), np.array(0.25)])
def test_a_function_takes_numbers_of_any_type(number: Any) -> None:
    (sample,) = check(jnp.sin, number).samples
    assert list(sample.point.values()) == [0.25]


def test_two_variables_give_a_sample_each() -> None:
    report = check("x*y + sin(x)", "x=0,y=2")
    assert [(sample.wrt, float(sample.enclosure or 0)) for sample in report.samples] == [("x", 3.0), ("y", 0.0)]
    (only,) = check("x*y + sin(x)", "x=0,y=2", wrt=["y"]).samples
    assert only.wrt == "y"


def test_a_definition_can_be_chosen() -> None:
    text = "f(x) = x^2; g(x) = f(x) + x"
    slopes = [check(text, 2, of=of).samples[0].enclosure for of in (None, "g", "f")]
    assert [float(slope) for slope in slopes if slope is not None] == [5.0, 5.0, 4.0]


def test_the_report_has_a_header_samples_and_counts() -> None:
    report = check("x^2 + 3x + 2", 2, claim="2x + 2")
    assert isinstance(report, Report)
    assert report.header.read_as == "((x^2) + (3*x)) + 2"
    assert report.header.variables == ("x",)
    assert report.header.derivatives[0].text == "2*x + 3"
    assert set(report.header.versions) == {"jax", "sympy", "flint"}
    (sample,) = report.samples
    assert isinstance(sample, Sample)
    assert (sample.status, sample.outcome) == (Status.SMOOTH, Outcome.FAIL)
    assert [(result.engine, result.mode, result.value, result.verdict) for result in sample.results] == [
        ("symbolic", None, 7.0, Verdict.EXACT),
        ("automatic", "forward", 7.0, Verdict.EXACT),
        ("automatic", "reverse", 7.0, Verdict.EXACT),
        ("claim", None, 6.0, Verdict.WRONG),
    ]
    assert report.tally.samples == 1
    assert report.tally.outcomes == {Outcome.PASS: 3, Outcome.FAIL: 1}


def test_claims_are_texts_or_say_of_which_order_they_are() -> None:
    report = check("x^3 y", {"x": 2, "y": 5}, claim=["3x^2*y", "x^3", Claim("x", 2, "6x*y")])
    claims = {(sample.wrt, sample.order): sample.results[-1] for sample in report.samples}
    assert {place: (result.engine, result.value, result.verdict) for place, result in claims.items()} == {
        ("x", 1): ("claim", 60.0, Verdict.EXACT),
        ("y", 1): ("claim", 8.0, Verdict.EXACT),
        ("x", 2): ("claim", 60.0, Verdict.EXACT),
    }


def test_the_number_format_can_be_chosen() -> None:
    (sample,) = check("x/10", 0.1, dtype="float32").samples
    assert sample.point["x"] == 0.10000000149011612
    assert [result.verdict for result in sample.results] == [Verdict.EXACT] * 3
    with pytest.raises(InputError, match="float8"):
        check("x", 1, dtype="float8")


def test_a_check_is_made_once_and_used_at_many_points() -> None:
    import numpy as np

    job = Check("sin(x)^2 / x", wrt=["x"])
    first, second = (list(job.samples({"x": np.array([place])})) for place in (1.0, 2.0))
    assert len(first) == len(second) == 1
    assert first[0].enclosure != second[0].enclosure
    assert {result.outcome for sample in (*first, *second) for result in sample.results} == {Outcome.PASS}


def test_an_error_knows_its_place() -> None:
    with pytest.raises(ExpressionError) as caught:
        check("x +\n2*sni(x)", 1)
    error = caught.value
    assert (error.line, error.column) == (2, 3)
    assert error.text[error.start : error.end] == "sni"
    assert "sin" in error.fix
    assert error.excerpt() == "  2*sni(x)\n    ^^^"


def test_a_report_leaves_the_settings_of_libraries_as_they_were() -> None:
    import flint
    import jax

    before = flint.ctx.prec, flint.ctx.cap, jax.config.jax_enable_x64, jax.config.jax_compilation_cache_dir
    check("abs(x)*digamma(x)", 1)
    assert (flint.ctx.prec, flint.ctx.cap, jax.config.jax_enable_x64, jax.config.jax_compilation_cache_dir) == before
    assert jax.numpy.asarray(0.1).dtype == "float32"


def test_a_claim_may_call_the_definitions_of_the_expression() -> None:
    report = diffcheck.check("f(x) = x^2 + 3x + 2; g(x) = f(f(x))", at=2, claim="(2f(x) + 3)(2x + 3)")
    (claimed,) = [result for sample in report.samples for result in sample.results if result.engine == "claim"]
    assert (claimed.value, claimed.verdict) == (189.0, diffcheck.Verdict.EXACT)


def test_a_claim_calls_a_definition_with_its_arguments() -> None:
    with pytest.raises(diffcheck.ExpressionError, match=r"f does not take 2 arguments"):
        diffcheck.check("f(x) = x^2; f(f(x))", at=2, claim="f(x, 2)")


def test_a_claim_may_bring_its_own_definitions() -> None:
    report = diffcheck.check("f(x) = x^2; f(f(x))", at=2, claim="f(x) = 4x; f(x) x^2")
    (claimed,) = [result for sample in report.samples for result in sample.results if result.engine == "claim"]
    assert claimed.verdict is diffcheck.Verdict.EXACT


@pytest.mark.parametrize("at", [math.inf, "-inf", {"x": -math.inf}, "Infinity"])
def test_at_infinity_nothing_is_proved_and_nothing_passed(at: Any) -> None:
    (sample,) = check("x + exp(-x)", at=at).samples
    assert sample.status is Status.UNDECIDED
    assert {result.outcome for result in sample.results} == {Outcome.UNDECIDED}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: check("x^2", 2, hessian="yes"), "hessian is 'yes', and must be True or False"),
        (lambda: check("x^2", 2, order=True), "order is True, and must be a whole number"),
        (lambda: check("x^2", 2, timeout="5"), "timeout is '5', and must be a number"),
        (lambda: check("x^2", 2, entries=1.5), "entries is 1.5, and must be a whole number or a text"),
        (lambda: diffcheck.assert_derivative("x^2", 2, lint="no"), "lint is 'no', and must be True or False"),
        (lambda: diffcheck.cost("x^2", many=1e6), "many is 1000000.0, and must be a whole number"),
        (lambda: diffcheck.trace("x^2", 2, dtype=np.float32), "and must be a text"),
    ],
)
def test_an_option_of_another_type_is_refused_by_name(call: Any, said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        call()


def test_numpy_s_numbers_are_options_like_python_s() -> None:
    assert check("x^2", 2, order=np.int64(2), hessian=np.False_, timeout=np.float64(60)).outcome is Outcome.PASS
