"""A constant is a function of whatever it is asked about, and its derivative is 0 by every engine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from command_line import PASS, USAGE, diffcheck

from diffcheck import Outcome, check
from diffcheck.errors import PointError
from diffcheck.suites.cases import Case, Sampling
from diffcheck.suites.runner import run_case


@pytest.mark.parametrize(
    ("text", "at", "variables"),
    [
        ("f(x) = 17", 2, ("x",)),
        ("f(t) = 17", 2, ("t",)),
        ("f(x, y) = 17", {"x": 2, "y": 3}, ("x", "y")),
        ("5", {"x": 2}, ("x",)),
        ("5", "t=2,u=3", ("t", "u")),
        ("5", 2, ("x",)),
        ("pi/2", "linspace(0,1,3)", ("x",)),
        ("f(x) = 17; f(3)", 2, ("x",)),
        ("f(t) = t^2; f(3)", 2, ("t",)),
        ("f(x) = 17; f(3)", {"y": 2}, ("y",)),
        ("f(x, y) = y", {"x": 1, "y": 2}, ("x", "y")),
    ],
)
def test_its_variables_are_the_declared_ones_or_those_of_the_points(text: str, at: object, variables: Sequence[str]) -> None:
    report = check(text, at=at)
    assert report.header.variables == variables
    assert report.outcome is Outcome.PASS
    if "y) = y" not in text:
        assert {result.value for sample in report.samples for result in sample.results} == {0.0}


def test_claims_and_orders_name_variables_too() -> None:
    report = check("5", at=2, wrt=["t t"], claim="0")
    assert (report.header.variables, report.outcome) == (("t",), Outcome.PASS)
    assert check("5", at="x=2", claim="1").outcome is Outcome.FAIL


def test_a_name_that_cannot_be_a_variable_is_refused() -> None:
    for at in ("e=3", "2x=3"):
        with pytest.raises(PointError):
            check("5", at=at)


@pytest.mark.parametrize(
    ("arguments", "code", "shown"),
    [
        (["check", "5", "--at", "x=2"], PASS, "3 right"),
        (["check", "5", "--at", "2"], PASS, "3 right"),
        (["check", "f(x) = 17", "--at", "2"], PASS, "3 right"),
        (["check", "5", "--interval", "-1,1"], PASS, "proved to be defined and smooth"),
        (["derive", "5"], PASS, "df/dx = 0"),
        (["derive", "f(t) = 17"], PASS, "df/dt = 0"),
        (["derive", "5", "--wrt", "t t"], PASS, "d^2f/dt^2 = 0"),
        (["check", "f(x) = 17", "--at", "y=2"], USAGE, "no value for x"),
    ],
)
def test_on_the_command_line(arguments: list[str], code: int, shown: str) -> None:
    result = diffcheck(*arguments)
    assert result.code == code
    assert shown in result.stdout + result.stderr


def test_the_columns_of_a_file_name_its_variables(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("t,u\n1,2\n3,4\n")
    result = diffcheck("check", "5", "--points", str(file))
    assert (result.code, "df/du" in result.stdout + result.stderr) == (PASS, True)


def test_in_a_suite() -> None:
    given = Case("a", 1, "5", ({"t": 1.0},))
    drawn = Case("b", 1, "5", (), sampling=Sampling({"t": ("0", "1")}, grid=3))
    for case in (given, drawn):
        assert {(record.outcome, record.sample.wrt) for record in run_case(case) if record.sample is not None} == {(Outcome.PASS, "t")}


def test_a_report_draws_it(tmp_path: Path) -> None:
    assert check("5", at="t=2").plot(tmp_path / "constant.png").stat().st_size > 1000
