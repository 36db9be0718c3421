"""Suites: what is read from JSON Lines, what becomes of faults, and what a run comes to. TOML: test_suites_toml.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from command_line import diffcheck as command
from suite_files import SQUARE, lines, run_lines, summary_of, verdicts, written

import diffcheck
from diffcheck.checks import pipeline as pipeline_module
from diffcheck.judgement import judge as judge_module
from diffcheck.records import Conclusion, FaultKind
from diffcheck.results import Outcome, Status, Verdict
from diffcheck.suites.cases import Case, ClaimedText, Unreadable
from diffcheck.suites.runner import RunOptions, run
from diffcheck.suites.suite import read_suite

# JSON Lines


def test_a_line_is_read_with_its_claims_and_other_fields_are_ignored(tmp_path: Path) -> None:
    claim = {"var": "y", "order": 2, "expr": "0"}
    case = {"id": "a", "expr": "x*y", "points": [{"x": 1, "y": 0.1}], "expected": [claim], "wrt": [["x"], ["x", "x"]], "truth": [1, {}]}
    path = written(tmp_path, "suite.jsonl", lines(case))
    wrt, claims = (("x",), ("x", "x")), (ClaimedText("y", 2, "0"),)
    assert read_suite(path) == [Case("a", 1, "x*y", ({"x": 1, "y": "0.1"},), None, wrt, claims, spare_coordinates=True, file=str(path))]


@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json", "JSONL"])
def test_byte_order_marks_carriage_returns_and_blank_lines_change_nothing(tmp_path: Path, suffix: str) -> None:
    text = "\ufeff\r\n" + lines(SQUARE).replace("\n", "\r\n") + "  \r\n\r\n" + lines(SQUARE).strip()
    first, second = read_suite(written(tmp_path, f"suite.{suffix}", text))
    assert (first.id, first.line, second.line) == ("square", 2, 5)


UNREADABLE = (
    ("not json", "not a line of JSON"),
    ("[1, 2]", "a case is an object"),
    ('{"id": "a"}', "'expr' is missing; 'points' is missing"),
    ('{"id": "a", "expr": 3, "points": [1]}', "'expr': a text is wanted, in quotes"),
    ('{"id": "a", "expr": "x", "points": []}', "there is no point"),
    ('{"id": "a", "expr": "x", "points": [null]}', "a point is a number"),
    ('{"id": "a", "expr": "x", "points": [{"x": true}]}', "a point is a number"),
    ('{"id": "a", "expr": "x", "points": [1], "expected": [{"var": "x"}]}', "'expected.expr' is missing"),
    ('{"id": "a", "expr": "x", "points": [1], "expected": [{"var": "x", "expr": "1", "order": 0}]}', "'expected.order'"),
    ('{"id": "a", "expr": "x", "points": [1], "wrt": [[]]}', "'wrt'"),
    ('{"id": "a", "expr": "x", "points": [1' + "0" * 5000 + "]}", "not a line of JSON: Exceeds the limit"),
    ("[" * 100_000, "not a line of JSON: maximum recursion depth"),
    (b'{"id": "\xff"}', "not a line of JSON: 'utf-8' codec"),
)


@pytest.mark.parametrize(("bad", "message"), UNREADABLE)
def test_a_line_that_is_no_case_is_recorded_and_the_rest_goes_on(tmp_path: Path, bad: str | bytes, message: str) -> None:
    bad = bad if isinstance(bad, bytes) else bad.encode()
    path = written(tmp_path, "suite.jsonl", bad + b"\n" + lines(SQUARE).encode())
    first, second = run(read_suite(path))
    assert first.fault is not None
    assert first.fault.kind is FaultKind.INPUT
    assert message in first.fault.message
    assert [(record.file, record.line) for record in (first, second)] == [(str(path), 1), (str(path), 2)]
    assert verdicts(second) == ["exact"] * 3


FAULTY = (
    ({"expr": "2*sni(x)", "points": [{"x": 1}]}, "Did you mean 'sin'?"),
    ({"expr": "x*y", "points": [{"x": 1}]}, "no value for y"),
    ({"expr": "x", "points": [{"x": float("nan")}]}, "'NaN' is not a number"),
    ({"expr": "x", "points": [{"x": 10**400}]}, "out of the range of float64"),
    ({"expr": "x", "points": [1], "wrt": [["z"]]}, "the expression has no variable 'z'"),
    ({"expr": "x", "points": [1], "expected": [{"var": "z", "expr": "1"}]}, "a claim is for 'z'"),
    ({"expr": "x", "points": [1], "expected": [{"var": "x", "expr": "z"}]}, "the claim uses 'z'"),
    ({"expr": "x*y", "points": [1]}, "does not say which variable"),
)


@pytest.mark.parametrize(("fields", "message"), FAULTY)
def test_a_case_that_cannot_be_checked_is_recorded_and_the_rest_goes_on(tmp_path: Path, fields: dict[str, Any], message: str) -> None:
    first, second = run_lines(tmp_path, {"id": "bad", **fields}, SQUARE)
    assert first.fault is not None
    assert (first.id, first.fault.kind) == ("bad", FaultKind.INPUT)
    assert message in first.fault.message
    assert second.outcome is Outcome.PASS
    assert summary_of([first, second]).conclusion is Conclusion.UNREADABLE


def test_a_point_of_a_line_may_name_more_than_the_expression_uses(tmp_path: Path) -> None:
    (record,) = run_lines(tmp_path, {"id": "a", "expr": "x^2", "points": [{"x": 3, "unused": 1}]})
    assert record.sample is not None
    assert record.sample.point == {"x": 3.0}


def test_a_coordinate_is_rounded_once_to_the_format_under_test(tmp_path: Path) -> None:
    # as a double this is the tie 1 + 2^-24, which would round to 1
    text = '{"id": "a", "expr": "x^2", "points": [{"x": 1.0000000596046447754}]}'
    (record,) = run(read_suite(written(tmp_path, "suite.jsonl", text)), RunOptions(dtype="float32"))
    assert record.sample is not None
    assert record.sample.point == {"x": 1 + 2.0**-23}


# Verdicts


def test_records_come_by_point_and_variable_with_claims_of_higher_order_last(tmp_path: Path) -> None:
    claims = [{"var": "x", "order": 1, "expr": "2x*y"}, {"var": "x", "order": 2, "expr": "2y"}]
    case = {"id": "a", "expr": "x^2*y", "points": [{"x": 1, "y": 2}, {"x": 3, "y": 4}], "expected": claims}
    records = run_lines(tmp_path, case, SQUARE)
    found = [(record.id, record.sample.point["x"], record.sample.wrt, record.sample.order) for record in records if record.sample]
    each = [("x", 1), ("y", 1), ("x", 2)]
    assert found == [("a", x, *rest) for x in (1.0, 3.0) for rest in each] + [("square", 3.0, "x", 1)]
    assert [verdicts(record) for record in records[:3]] == [["exact"] * 4, ["exact"] * 3, ["exact"]]
    assert summary_of(records).points == 3


RIGHT = ("2x*cos(x^2)*y^3", "3*sin(x^2)*y^2")
CORRUPTED = (
    ("x", "2*(2x*cos(x^2)*y^3)"),
    ("x", "-(2x*cos(x^2)*y^3)"),
    ("x", "cos(x^2)*y^3"),
    ("x", "2x*cos(x^2)*y^3*(1 + 1e-6)"),
    ("y", "3*sin(x^2)*y^2 + 1e-9"),
    ("y", "3*sin(x)*y^2"),
)


@pytest.mark.parametrize(("wrt", "claim"), CORRUPTED)
def test_a_corrupted_claim_is_wrong_and_the_suite_fails(tmp_path: Path, wrt: str, claim: str) -> None:
    case = {"id": "a", "expr": "sin(x^2)*y^3", "points": [{"x": 0.75, "y": 1.5}], "expected": [{"var": wrt, "expr": claim}]}
    records = run_lines(tmp_path, case)
    (record,) = [record for record in records if record.sample and record.sample.wrt == wrt]
    assert verdicts(record)[-1] == "wrong"
    assert record.outcome is Outcome.FAIL
    summary = summary_of(records)
    assert summary.conclusion is Conclusion.FAILED
    assert len(summary.failed) == 1
    assert "claim is wrong" in summary.failed[0]


def test_right_claims_pass(tmp_path: Path) -> None:
    claims = [{"var": wrt, "expr": claim} for wrt, claim in zip("xy", RIGHT, strict=True)]
    records = run_lines(tmp_path, {"id": "a", "expr": "sin(x^2)*y^3", "points": [{"x": 0.75, "y": 1.5}], "expected": claims})
    assert {record.outcome for record in records} == {Outcome.PASS}
    assert [len(verdicts(record)) for record in records] == [4, 4]


def test_a_wrong_claim_of_second_order_is_caught(tmp_path: Path) -> None:
    right, wrong = ({"var": "x", "order": 2, "expr": text} for text in ("-sin(x)", "sin(x)"))
    records = run_lines(tmp_path, {"id": "a", "expr": "sin(x)", "points": [1], "expected": [right, wrong]})
    assert [verdicts(record) for record in records] == [["exact"] * 3, ["exact", "wrong"]]


def test_derivatives_of_higher_order_are_taken_by_all_engines(tmp_path: Path) -> None:
    records = run_lines(tmp_path, {"id": "a", "expr": "x^3*y", "points": [{"x": 2, "y": 5}], "wrt": [["x"], ["x", "x"], ["x"] * 3]})
    found = [(r.sample.order, r.sample.primal, [x.value for x in r.sample.results]) for r in records if r.sample]
    assert found == [(1, 40.0, [60.0] * 3), (2, 40.0, [60.0] * 5), (3, 40.0, [*[30.0] * 3, pytest.approx(30.0, rel=1e-13)])]
    assert {record.outcome for record in records} == {Outcome.PASS}


def test_claims_are_judged_where_only_a_higher_order_is_asked_for(tmp_path: Path) -> None:
    claim = {"var": "x", "order": 2, "expr": "7x"}
    records = run_lines(tmp_path, {"id": "a", "expr": "x^3", "points": [2], "wrt": [["x", "x"]], "expected": [claim]})
    orders = [record.sample.order for record in records if record.sample]
    assert (orders, verdicts(records[0])) == ([2], [*["exact"] * 5, "wrong"])


def test_mixed_derivatives_are_judged_like_all_others(tmp_path: Path) -> None:
    right, wrong = ({"wrt": ["x", "y"], "expr": text} for text in ("2*x", "2*x*y"))
    fields = {"id": "a", "expr": "x^2*y", "points": [{"x": 1, "y": 2}], "wrt": [["x", "y"]], "expected_mixed": [right, wrong]}
    (record,) = run_lines(tmp_path, fields)
    assert record.sample is not None
    assert (record.sample.wrt, record.sample.order, verdicts(record)) == ("x y", 2, [*["exact"] * 6, "wrong"])


def test_an_unexpected_exception_is_a_record_and_the_rest_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certify = judge_module.certify

    def fragile(graph: Any, point: Any, *rest: Any) -> Any:
        if point["x"] == 13:
            raise ZeroDivisionError("a bug")
        return certify(graph, point, *rest)

    monkeypatch.setattr(judge_module, "certify", fragile)
    records = run_lines(tmp_path, {"id": "a", "expr": "x^2", "points": [1, 13, 2]}, SQUARE)
    faults = [record.fault for record in records]
    assert [fault and fault.kind for fault in faults] == [None, FaultKind.INTERNAL, None]
    assert faults[1] is not None
    assert faults[1].message == "internal error: ZeroDivisionError: a bug"
    assert summary_of(records).conclusion is Conclusion.UNDECIDED


# What a run comes to


def case(name: str, text: str, at: float | str, **options: Any) -> Case:
    return Case(name, 1, text, (at,), **options)


BAD_CLAIM = (ClaimedText("", 1, "3x"),)
CONCLUSIONS: tuple[tuple[list[Case | Unreadable], Conclusion], ...] = (
    ([case("a", "x^2", 1)], Conclusion.PASSED),
    ([case("a", "sqrt(x)", 0)], Conclusion.PASSED),  # a warning
    ([case("a", "x^2", 1, claims=BAD_CLAIM), Unreadable("b", 2, "what")], Conclusion.FAILED),
    ([case("a", "x^2", 1), Unreadable("b", 2, "what")], Conclusion.UNREADABLE),
    ([case("a", "x^2*abs(y)", "x=0,y=0", wrt=(("x", "y"),)), Unreadable("b", 2, "what")], Conclusion.UNREADABLE),
    ([case("a", "x^2*abs(y)", "x=0,y=0", wrt=(("x", "y"),))], Conclusion.UNDECIDED),
    ([case("a", "x^2", "y=2", expect="fail")], Conclusion.UNREADABLE),
)


@pytest.mark.parametrize(("cases", "conclusion"), CONCLUSIONS)
def test_the_worst_decides_what_a_run_comes_to(cases: list[Case | Unreadable], conclusion: Conclusion) -> None:
    assert summary_of(list(run(cases))).conclusion is conclusion


def test_a_summary_counts_cases_points_outcomes_and_faults() -> None:
    cases = [
        case("good", "x*y", "x=1,y=linspace(1,2,3)"),
        case("bad", "x^2", 3, claims=BAD_CLAIM),
        Unreadable("unreadable", 3, "what"),
        case("good", "abs(x)", 0),
    ]
    summary = summary_of(list(run(cases)))
    assert (summary.cases, summary.points, summary.tally.samples) == (4, 5, 8)
    assert summary.outcomes == {Outcome.PASS: 2, Outcome.FAIL: 1, Outcome.UNDECIDED: 1}
    assert summary.faults == {FaultKind.INPUT: 1}
    assert summary.tally.verdicts == {Verdict.EXACT: 21, Verdict.WRONG: 1, Verdict.SUBGRADIENT: 3}
    assert summary.failed[0].startswith("bad: d/dx at x = 3: claim is wrong: ")
    ulps, worst = summary.largest_error
    assert (ulps > 1e14, worst) == (True, "bad")


def test_points_beyond_the_certified_sample_leave_the_conclusion_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "CERTIFIED_POINTS", 3)
    records = list(run([case("a", "x^2", "linspace(0,1,9)"), case("b", "abs(x)", "linspace(-1,1,9)", expect="pass")]))
    summary = summary_of(records)
    assert [record.sample.status is Status.UNSAMPLED for record in records if record.sample].count(True) == 12
    assert summary.conclusion is Conclusion.PASSED
    assert summary.points == 18
    assert [record.matched for record in records[9:]] == [True] * 9


def test_entries_of_a_vector_are_told_apart_at_every_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline_module, "CERTIFIED_POINTS", 3)
    records = list(run([case("a", "[x^2, x]", "linspace(0,1,9)")]))
    assert [record.sample.output for record in records if record.sample] == ["[0]", "[1]"] * 9
    assert summary_of(records).points == 9


def test_a_failure_names_the_entry_of_a_vector(tmp_path: Path) -> None:
    suite = written(tmp_path, "v.toml", '[[case]]\nexpr = "[x, y]"\nat = "x=1,y=2"\nclaim = "[[1, 0], [0, 2]]"\n')
    ended = command("run", str(suite))
    assert ended.code == 1
    assert "case 1: d[1]/dy at x = 1, y = 2: claim is wrong" in ended.stdout
    assert "1 case at 1 point" in ended.stdout


def test_a_suite_judges_like_a_single_check() -> None:
    (record,) = run([case("a", "sin(x)^2/x", 1e-8)])
    (sample,) = diffcheck.check("sin(x)^2/x", at="1e-8").samples
    assert record.sample is not None
    assert record.sample.enclosure == sample.enclosure
    assert record.sample.status is sample.status
