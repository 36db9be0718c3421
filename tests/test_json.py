"""JSON: strict, lossless where it says so, and as the schema has it."""

from __future__ import annotations

import io
import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

import diffcheck
from diffcheck.enclosure import EXACT, FARTHEST, Enclosure
from diffcheck.records import Fault, FaultKind, Record
from diffcheck.results import Outcome, Result, Sample, Status, Verdict
from diffcheck.views import json_

HARD = (
    ("x^2 + 3x + 2", "2"),
    ("x*y + sin(x)", "x=1,y=-0.0"),
    ("abs(x)", "0"),
    ("log(x)", "-1"),
    ("exp(x)", "1000"),
    ("exp(-x)", "1000"),
    ("exp(exp(x))", "20"),
    ("floor(x)", "1"),
    ("sqrt(x)", "0"),
    ("sin(x)/x", "0"),
)


def strictly(text: str) -> Any:
    """Read JSON as a strict reader does: bare NaN and Infinity are errors."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def samples() -> list[Sample]:
    return [sample for text, at in HARD for sample in diffcheck.check(text, at=at).samples]


@pytest.fixture(scope="module", name="samples")
def samples_fixture() -> list[Sample]:
    return samples()


def test_every_line_is_strict_json_on_one_line_and_as_the_schema_has_it(samples: list[Sample]) -> None:
    adapter = TypeAdapter(json_.SampleJson)
    known = json_.schema()["$defs"]["SampleJson"]
    for sample in samples:
        line = json_.sample_as_line(sample)
        found = strictly(line)
        assert "\n" not in line
        adapter.validate_python(found, strict=True)
        assert set(known["required"]) <= set(found) <= set(known["properties"])


def test_a_record_says_what_its_sample_says(samples: list[Sample]) -> None:
    for sample in samples:
        found = strictly(json_.sample_as_line(sample))
        assert {name: float(value) for name, value in found["point"].items()} == sample.point
        assert {name: float.fromhex(value) for name, value in found["point_hex"].items()} == sample.point
        assert (found["wrt"], found["order"]) == (sample.wrt, sample.order)
        assert (found["status"], found["status_reason"]) == (sample.status.value, sample.status_reason)
        assert found["outcome"] == sample.outcome.value
        assert (found["clarke"] is None) == (sample.clarke is None)
        assert (found["enclosure"] is None) == (sample.enclosure is None)
        for shown, result in zip(found["results"], sample.results, strict=True):
            assert (shown["engine"], shown["mode"]) == (result.engine, result.mode)
            assert (shown["verdict"], shown["outcome"], shown["reason"]) == (result.verdict, result.outcome, result.reason)
            assert same(shown["value"], result.value)
            assert same(shown["value_hex"] and float.fromhex(shown["value_hex"]), result.value)


def same(shown: Any, value: float | None) -> bool:
    """Bit for bit, nan and the sign of zero included."""
    return shown is None if value is None else repr(float(shown)) == repr(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.0, 5e-324, 0.1, 1.7976931348623157e308])
def test_every_float_survives(value: float) -> None:
    result = Result("automatic", "forward", value, math.inf, Verdict.NONFINITE, Outcome.FAIL, 'why\n"so" \ud800 κ')
    sample = Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", value, None, None, None, (result,))
    found = strictly(json_.sample_as_line(sample))
    assert same(found["primal"], value)
    assert same(found["results"][0]["value"], value)
    assert found["results"][0]["ulps"] == "inf"
    assert found["results"][0]["reason"] == result.reason
    assert json_.sample_as_line(sample).isascii()


def scaled(number: int, exponent: int) -> Decimal:
    return EXACT.scaleb(Decimal(number), exponent)


digits = st.integers(-(10**40), 10**40)


@given(digits, st.integers(0, 10**6), st.integers(-340, 300))
def test_the_float_interval_contains_the_decimal_one(midpoint: int, radius: int, exponent: int) -> None:
    enclosure = Enclosure(scaled(midpoint, exponent), scaled(radius, exponent))
    lower, upper = Fraction(scaled(midpoint - radius, exponent)), Fraction(scaled(midpoint + radius, exponent))
    sample = Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", 1.0, None, enclosure, None, ())
    shown = strictly(json_.sample_as_line(sample))["enclosure"]
    middle, slack = Fraction(shown["midpoint"]), Fraction(shown["radius"])
    assert middle - slack <= lower
    assert middle + slack >= upper
    assert slack <= (upper - lower) + abs(middle) / 2**50
    assert Fraction(shown["lower"]) == lower
    assert Fraction(shown["upper"]) == upper


@pytest.mark.parametrize("number", ["1e400", "-3e4342944819", "1e-400", "-2.5e-320"])
def test_an_enclosure_beyond_floats_is_given_as_texts(number: str) -> None:
    enclosure = Enclosure(Decimal(number), EXACT.scaleb(Decimal(number).copy_abs(), -30))
    sample = Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", 1.0, enclosure, enclosure, None, ())
    shown = strictly(json_.sample_as_line(sample))["enclosure"]
    assert isinstance(shown["midpoint"], str)
    assert Decimal(shown["midpoint"]) == enclosure.midpoint
    assert Decimal(shown["radius"]) == enclosure.radius
    assert Decimal(shown["lower"]) == enclosure.lower
    assert float(shown["midpoint"]) == float(number)


def test_an_enclosure_of_everything_is_readable() -> None:
    sample = Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", 1.0, None, Enclosure(Decimal(0), Decimal("Infinity")), None, ())
    shown = strictly(json_.sample_as_line(sample))["enclosure"]
    assert (float(shown["midpoint"]), shown["radius"], shown["lower"], shown["upper"]) == (0.0, "inf", "-inf", "inf")


@pytest.mark.parametrize("sign", [1, -1])
def test_an_enclosure_beyond_decimals_has_one_end(sign: int) -> None:
    sample = Sample({"x": 1.0}, "x", 1, Status.SMOOTH, "", 1.0, None, Enclosure.beyond(sign), None, ())
    shown = strictly(json_.sample_as_line(sample))["enclosure"]
    assert float(shown["midpoint"]) == sign * float("inf")
    assert Decimal(shown["lower" if sign > 0 else "upper"]) == FARTHEST.copy_sign(Decimal(sign))
    assert float(shown["upper" if sign > 0 else "lower"]) == sign * float("inf")


def test_a_report_is_one_object_of_the_same_records() -> None:
    report = diffcheck.check("x^2*y", at=["x=1,y=2", "x=3,y=4"], claim=["2x*y", "x^2"])
    stream = io.StringIO()
    tally = json_.write_report(report.header, report.samples, stream)
    found = strictly(stream.getvalue())
    assert report.to_json() == stream.getvalue()
    assert found["samples"] == [strictly(json_.sample_as_line(sample)) for sample in report.samples]
    assert found["header"]["variables"] == ["x", "y"]
    assert found["summary"]["samples"] == 4
    assert found["summary"]["outcomes"] == {"pass": 16}
    assert tally == report.tally
    TypeAdapter(json_.ReportJson).validate_python(found)


def test_lines_are_written_one_a_sample_and_counted(samples: list[Sample]) -> None:
    stream = io.StringIO()
    tally = json_.write_lines(samples, stream)
    lines = stream.getvalue().splitlines()
    assert lines == [json_.sample_as_line(sample) for sample in samples]
    assert tally.samples == len(samples)


def test_a_record_of_a_suite_names_its_case(samples: list[Sample]) -> None:
    found = strictly(json_.record_as_line(Record(3, 'a "b"', 7, samples[0], None, "fail", False)))
    assert (found["id"], found["line"], found["expected"], found["matched"], found["outcome"]) == ('a "b"', 7, "fail", False, "fail")
    plain = strictly(json_.record_as_line(Record(3, "a", 7, samples[0], file="b.toml")))
    assert plain == {**strictly(json_.sample_as_line(samples[0])), "id": "a", "file": "b.toml", "line": 7}
    TypeAdapter(json_.SampleJson).validate_python(found, strict=True)


def test_a_fault_is_a_record_with_its_error() -> None:
    found = strictly(json_.record_as_line(Record(0, "a", 2, None, Fault(FaultKind.INPUT, "what\n  ^"))))
    TypeAdapter(json_.FaultJson).validate_python(found, strict=True)
    assert found["error"] == "what\n  ^"
    assert (found["kind"], found["outcome"], found["results"]) == ("input", "undecided", [])
