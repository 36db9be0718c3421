"""Numbers as people type them: expressions, lists and ranges, each rounded once to the format under test."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from command_line import PASS, USAGE, diffcheck

import diffcheck as library
from diffcheck.checks.numbers import read_number, read_numbers
from diffcheck.errors import PointError
from diffcheck.formats import format_named

DOUBLE, SINGLE = format_named("float64"), format_named("float32")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("pi/2", math.pi / 2),
        ("π/2", math.pi / 2),
        ("-pi", -math.pi),
        ("−π", -math.pi),
        ("sqrt(2)", math.sqrt(2)),
        ("1/3", 1 / 3),
        ("2^-3", 0.125),
        ("2**10", 1024.0),
        ("e", math.e),
        ("tau/4", math.pi / 2),
        ("log(2)", 0.6931471805599453),
        ("1e-3 + 1", 1.001),
        ("0.1 + 0.2", 0.3),  # exact, and rounded once
        ("max(1, (2 + 3))", 5.0),
        ("1 + 2^-53", 1.0),  # a tie goes to even
        ("1 + 3*2^-53", 1.0000000000000004),
        ("sin(pi)", 0.0),
        ("0x1p-1", 0.5),
        ("inf", math.inf),
    ],
)
def test_a_number_is_the_float_nearest_to_what_is_written(text: str, value: float) -> None:
    assert read_number(text, DOUBLE) == value


def test_an_expression_is_rounded_once_to_the_format_under_test() -> None:
    with mpmath.workdps(50):
        for text, value in (("pi/2", mpmath.pi / 2), ("sqrt(2)", mpmath.sqrt(2)), ("exp(3)", mpmath.exp(3))):
            found = read_number(text, SINGLE)
            assert abs(found - value) <= min(abs(np.nextafter(np.float32(found), np.float32(to)) - value) for to in (0, 100))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x", "'x' is not a number"),
        ("2x", "'2x' is not a number"),
        ("sqrt(-1)", "has no value that is a real number"),
        ("1/0", "has no value that is a real number"),
        ("pi/", "an operand is missing after '/'"),
        ("1e400", "out of the range of float64"),
        ("exp(1000)", "out of the range of float64"),
        ("", "a number is missing"),
        ("1..3", "is not a number"),
        ("1 to 3", "is not a number"),
        ("f(x)=x; f(2)", None),
    ],
)
def test_what_is_no_number_is_told_in_a_sentence(text: str, fault: str | None) -> None:
    if fault is None:
        assert read_number(text, DOUBLE) == 2.0
        return
    with pytest.raises(PointError, match=fault.replace("(", r"\(")):
        read_number(text, DOUBLE)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2,3", [1, 2, 3]),
        ("[1, 2, 3]", [1, 2, 3]),
        ("pi/2, 1/3", [math.pi / 2, 1 / 3]),
        ("-1:1:0.5", [-1, -0.5, 0, 0.5, 1]),
        ("0:0.3:0.1", [0, 0.1, 0.2, 0.3]),  # exact steps: 0.3 is not left out, nor 0.30000000000000004
        ("3:1:-1", [3, 2, 1]),
        ("1:4", [1, 2, 3, 4]),
        ("linspace(-1,1,3)", [-1, 0, 1]),
        ("np.linspace(0, pi, 2)", [0, math.pi]),
        ("logspace(-2,2,3)", [0.01, 1, 100]),
        ("arange(0,1,0.25)", [0, 0.25, 0.5, 0.75]),
        ("range(3)", [0, 1, 2]),
        ("0, linspace(1,2,2)", [0, 1, 2]),
        ("1 2 3", [1, 2, 3]),
        ("[1 2 3]", [1, 2, 3]),
        ("1; 2; 3", [1, 2, 3]),
        ("{1, 2, 3}", [1, 2, 3]),
        ("(1, 2, pi)", [1, 2, math.pi]),
        ("(1 + 1)/2", [1]),
        ("np.array([1, 2, 3])", [1, 2, 3]),
        ("np.geomspace(1, 100, 3)", [1, 10, 100]),
        ("np.linspace(-1, 1, num=3)", [-1, 0, 1]),
        ("0:10:2", [0, 2, 4, 6, 8, 10]),
        ("1:10:4", [1, 5, 9]),
    ],
)
def test_lists_and_ranges(text: str, values: list[float]) -> None:
    assert read_numbers(text, DOUBLE).tolist() == values


EMPTY = ("1:0:1", "0:1:0", "0:1:1e-12", "1:2:3:4", "linspace(0,1)", "logspace(0,400,3)", "linspace(0,1,0)", "0:inf:1", "geomspace(0,1,3)")


@pytest.mark.parametrize("text", EMPTY)
def test_a_range_that_is_none_is_told_so(text: str) -> None:
    with pytest.raises(PointError):
        read_numbers(text, DOUBLE)


@pytest.mark.parametrize(("text", "written"), [("-1:0.1:1", "-1:1:0.1"), ("0:1:10", "0:10:1"), ("0:2:10", "0:10:2")])
def test_a_step_in_the_middle_is_refused(text: str, written: str) -> None:
    with pytest.raises(PointError, match=f"can be read in two ways\n.*write {written}"):
        read_numbers(text, DOUBLE)


@pytest.mark.parametrize("at", ["x in [1, 2]", "x ∈ {1, 2}", "x = 1 2", "x == [1, 2]"])
def test_a_list_may_have_its_variable(at: str) -> None:
    assert [sample.point["x"] for sample in library.check("x^2", at).samples] == [1.0, 2.0]


@pytest.mark.parametrize("at", ["x₁=1, x_2=2", "x_{1}=1, x₂=2"])
def test_an_index_is_an_index_in_points_too(at: str) -> None:
    (sample,) = library.check("x₁ + x₂", at, wrt=["x_1"]).samples
    assert sample.point == {"x_1": 1.0, "x_2": 2.0}


@pytest.mark.parametrize("at", ["1,2", "(1, 2)", "1 2"])
def test_numbers_without_names_are_given_theirs(at: str) -> None:
    with pytest.raises(PointError, match="Write x=1,y=2."):
        library.check("x*y", at)


def test_steps_are_exact_before_they_are_rounded() -> None:
    found = read_numbers("0:10:0.1", DOUBLE).tolist()
    assert found == [float(Fraction(k, 10)) for k in range(101)]


@pytest.mark.parametrize(
    ("at", "points"),
    [
        ("x=pi, y=1/2", [(math.pi, 0.5)]),
        ("x=1 y=2", [(1.0, 2.0)]),
        ("x=1; y=2", [(1.0, 2.0)]),
        ("x=1 and y=2", [(1.0, 2.0)]),
        ("x: 1, y: 2", [(1.0, 2.0)]),
        ("x → 1, y → 2", [(1.0, 2.0)]),
        ("(x, y) = (1, 2)", [(1.0, 2.0)]),
        ('{"x": 1, "y": 2}', [(1.0, 2.0)]),
        ("dict(x=1, y=[2, 3])", [(1.0, 2.0), (1.0, 3.0)]),
        ("x = 1, y = 2", [(1.0, 2.0)]),
        ("x=[1,2], y=[3,4]", [(1.0, 3.0), (2.0, 4.0)]),
        ("x=0:1:0.5,y=2", [(0.0, 2.0), (0.5, 2.0), (1.0, 2.0)]),
    ],
)
def test_points_of_several_variables(at: str, points: list[tuple[float, float]]) -> None:
    report = library.check("x*y", at, wrt=["x"])
    assert [(sample.point["x"], sample.point["y"]) for sample in report.samples] == points


def test_the_report_shows_the_float() -> None:
    ended = diffcheck("check", "sin(x)", "--at", "pi/2")
    assert ended.code == PASS
    assert "x = 1.5707963267948966 is the float nearest pi/2" in ended.stdout
    assert "nearest" not in diffcheck("check", "sin(x)", "--at", "1.5").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "sin(x)", "--at", "1,2,3"],
        ["check", "sin(x)", "--interval", "0,sqrt(2)"],
        ["check", "sin(x)", "--at", "-pi"],
        ["check-jax", "jax.numpy:sin", "--at", "pi/2"],
        ["check-jax", "jax.numpy:sin", "--at", "x=[pi,1/2]"],
    ],
)
def test_every_option_takes_them(arguments: list[str]) -> None:
    ended = diffcheck(*arguments)
    assert ended.code == PASS, ended.stderr


def test_the_message_has_the_place_of_the_fault() -> None:
    ended = diffcheck("check", "x", "--at", "pi/")
    assert ended.code == USAGE
    assert "'pi/' is not a number: an operand is missing after '/'" in ended.stderr
