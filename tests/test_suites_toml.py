"""Suites in TOML: how cases are written, what they expect, and every fault of form with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from suite_files import run_toml, summary_of, verdicts, written

from diffcheck.errors import SuiteError
from diffcheck.records import Conclusion
from diffcheck.results import Outcome
from diffcheck.suites.runner import run
from diffcheck.suites.suite import read_suite

EXAMPLE = Path(__file__).parent.parent / "examples" / "suite.toml"


def test_the_example_suite_passes() -> None:
    records = list(run(read_suite(EXAMPLE)))
    summary = summary_of(records)
    assert summary.conclusion is Conclusion.PASSED
    assert summary.cases == 5
    assert (summary.points, summary.tally.samples) == (10, 11)
    places = [f"{record.file}:{record.line}" for record in records]
    assert list(dict.fromkeys(places)) == [f"{EXAMPLE}:{line}" for line in (3, 9, 16, 23, 29)]


POINTS = (
    ('"2"', [2.0]),
    ("2", [2.0]),
    ("1_0.5", [10.5]),
    ("-0.0", [-0.0]),
    ("{ x = 3 }", [3.0]),
    ('{ x = "0x1p-3" }', [0.125]),
    ('["1", 2, 3.5, { x = 4 }, "x=5"]', [1.0, 2.0, 3.5, 4.0, 5.0]),
    ('"linspace(-1, 1, 3)"', [-1.0, 0.0, 1.0]),
)


@pytest.mark.parametrize(("at", "expected"), POINTS)
def test_points_may_be_written_in_many_ways(tmp_path: Path, at: str, expected: list[float]) -> None:
    records = run_toml(tmp_path, f'[[case]]\nexpr = "x^2"\nat = {at}\n')
    assert [record.sample.point["x"] for record in records if record.sample] == expected


def test_a_claim_without_a_name_is_for_the_only_variable(tmp_path: Path) -> None:
    (record,) = run_toml(tmp_path, '[[case]]\nexpr = "x^2*y"\nat = "x=1,y=2"\nwrt = "x"\nclaim = "2x*y"\n')
    assert verdicts(record) == ["exact"] * 4
    (fault,) = run_toml(tmp_path, '[[case]]\nexpr = "x^2*y"\nat = "x=1,y=2"\nclaim = "2x*y"\n')
    assert fault.fault is not None
    assert "the number of claims is 1, and that of the derivatives 2: df/dx, df/dy" in fault.fault.message


def test_claims_by_name_dtype_and_target_are_used(tmp_path: Path) -> None:
    text = '[[case]]\nname = "g"\nexpr = "f(x) = x^2; g(x, y) = f(x)*y"\nof = "f"\nat = 0.1\nclaim = { x = "2x" }\ndtype = "float32"\n'
    (record,) = run_toml(tmp_path, text)
    assert record.sample is not None
    assert record.sample.point == {"x": 0.10000000149011612}
    assert len(verdicts(record)) == 4


def test_a_point_may_not_name_more_than_the_expression_uses(tmp_path: Path) -> None:
    (record,) = run_toml(tmp_path, '[[case]]\nexpr = "x"\nat = { x = 1, z = 2 }\n')
    assert record.fault is not None
    assert "no variable 'z'" in record.fault.message


EXPECTATIONS = (
    ("x^2", "1", "", "pass", True),
    ("x^2", "1", "", "exact", True),
    ("x^2", "1", "", "fail", False),
    ("abs(x)", "0", "", "subgradient", True),
    ("abs(x)", "1", "", "subgradient", False),
    ("x^2", "1", 'claim = "3x"', "fail", True),
    ("x^2", "1", 'claim = "3x"', "wrong", True),
    ("x^2", "1", 'claim = "3x"', "exact", True),  # SymPy's and JAX's verdicts count as well
    ("x^2", "1", 'claim = "3x"', "pass", False),
    ("sqrt(x)", "0", "", "warn", True),
)


@pytest.mark.parametrize(("expr", "at", "claim", "expect", "matched"), EXPECTATIONS)
def test_a_case_passes_if_and_only_if_what_it_expects_came(
    tmp_path: Path, expr: str, at: str, claim: str, expect: str, matched: bool
) -> None:
    (record,) = run_toml(tmp_path, f'[[case]]\nexpr = "{expr}"\nat = {at}\n{claim}\nexpect = "{expect}"\n')
    assert (record.expected, record.matched) == (expect, matched)
    assert record.outcome is (Outcome.PASS if matched else Outcome.FAIL)
    assert summary_of([record]).conclusion is (Conclusion.PASSED if matched else Conclusion.FAILED)


def test_all_points_of_a_case_together_meet_its_expectation(tmp_path: Path) -> None:
    records = run_toml(tmp_path, '[[case]]\nexpr = "abs(x)"\nat = [-1, 0, 1]\nexpect = "subgradient"\n')
    assert [record.matched for record in records] == [True] * 3
    assert {record.outcome for record in records} == {Outcome.PASS}


FORM = """\
# every fault below is reported, in the order of the lines
[[case]]
exprr = "x"
at = true

[[case]]
name = "second"
expr = "x"
at = []
dtype = "float3"
expect = "subgradiant"
wrt = 3
[case.claim]
x = [1]

[[cases]]
x = 1
"""
FORM_FAULTS = (
    "2: 'expr' is missing",
    "3: unknown key 'exprr'. Did you mean 'expr'?",
    "4: 'at': a point is a number, a text such as \"x=1,y=2\", or a value for each variable",
    "9: 'at': there is no point",
    "10: 'dtype': 'float3' is unknown. Did you mean 'float32'?",
    "11: 'expect': 'subgradiant' is unknown. Did you mean 'subgradient'?",
    '12: \'wrt\': a name is wanted, or a list of them: ["x", "y"]',
    "13: 'claim': a claim is an expression, or a table of one for each variable: { x = \"2x\" }",
    "16: unknown key 'cases'. Did you mean 'case'?",
)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_all_faults_of_form_are_told_at_once_each_with_its_line(tmp_path: Path, line_end: str) -> None:
    path = written(tmp_path, "suite.toml", "\ufeff" + FORM.replace("\n", line_end))
    with pytest.raises(SuiteError) as caught:
        read_suite(path)
    assert caught.value.message.splitlines() == [f"{path}:{fault}" for fault in FORM_FAULTS]


REFUSED = (
    ("suite.toml", "", "nothing to check"),
    ("suite.toml", "# only a comment\n", "nothing to check"),
    ("suite.jsonl", "\n \n", "nothing to check"),
    ("suite.toml", "case = 3\n", "suite.toml:1: a case is a table"),
    ("suite.toml", "[case]\nexpr = 'x'\n", "suite.toml:1: a case is a table"),
    ("suite.toml", "[[case]]\nexpr = 'x'\nat = 1\n[case.case.sample]\n", "suite.toml:4: unknown key 'case'"),
    ("suite.toml", "[[case]]\nexpr = \n", "suite.toml:2: "),
    ("suite.toml", "[[case]]\nexpr = 'x'\nat = [", "suite.toml:3: "),
    ("suite.toml", b"[[case]]\nexpr = '\xff'\n", "not a text in UTF-8"),
    ("suite.toml", "[[case]]\nat = 1" + "0" * 5000, "Exceeds the limit"),
    ("suite.toml", "a = " + "[" * 100_000, "suite.toml:1: brackets are nested deeper than 100"),
    ("suite.toml", '[[case]]\nexpr = "x"\nat = 1\nname = "a"\n' * 2, "suite.toml:8: 'a' is the name of the case in line 4 too"),
    ("suite.yaml", "case: 1\n", "a suite is a .toml, .jsonl, .ndjson, .json, .fpcore file"),
)


@pytest.mark.parametrize(("name", "content", "message"), REFUSED)
def test_a_file_that_is_no_suite_is_refused_as_a_whole(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(SuiteError) as caught:
        read_suite(written(tmp_path, name, content))
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_a_suite_error(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="No such file"):
        read_suite(tmp_path / "none.toml")
    (tmp_path / "directory.toml").mkdir()
    with pytest.raises(SuiteError, match="cannot read"):
        read_suite(tmp_path / "directory.toml")
