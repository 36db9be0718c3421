"""Reports of suites for other programs: each is read back with that program's rules."""

from __future__ import annotations

import base64
import json
import math
import os
import re
import tomllib
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from command_line import FAIL, PASS, diffcheck, process

from diffcheck.checks.expression import Check
from diffcheck.cli.arguments import OutputFormat
from diffcheck.pictures.sketch import sketch
from diffcheck.records import CaseResult, Summary
from diffcheck.suites.runner import run_case
from diffcheck.suites.suite import read_suite
from diffcheck.views import html
from diffcheck.views.json_ import case_result, record_as_line
from diffcheck.views.reports import WRITERS, Writer

NASTY = 'wrong, by: "hand" <&> % \u0001 ☃'
HALF = "half a pair: \ud800"
CASES = (
    {"id": "right", "expr": "x^2", "points": [{"x": 2}]},
    {"id": NASTY, "expr": "exp(-x^2)", "points": [{"x": 1}, {"x": -1}], "expected": [{"var": "x", "expr": "2x*exp(-x^2)"}]},
    {"id": "warned", "expr": "sqrt(x)", "points": [{"x": 0}]},
    {"id": HALF, "expr": "lambertw(x)", "points": [{"x": 1}]},
    {"id": "unreadable", "expr": "sni(x)", "points": [{"x": 1}]},
    {"id": "no points", "expr": "x"},
)


@pytest.fixture(scope="module", name="reports")
def reports_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The same suite in every format."""
    suite = tmp_path_factory.mktemp("reports") / "suite.jsonl"
    suite.write_text("".join(json.dumps(case) + "\n" for case in CASES))
    records = (run_case(case, number) for number, case in enumerate(read_suite(suite)))
    results = [case_result(number, list(map(record_as_line, each))) for number, each in enumerate(records)]
    results[1] = replace(results[1], text="exp(-x^2)" * 100, picture=b"a picture")
    summary = Summary()
    for result in results:
        summary.add(result.records)
    return {name: _written(report, results, summary) for name, report in WRITERS.items()}


def _written(report: Writer, results: list[CaseResult], summary: Summary) -> str:
    stream = StringIO()
    report.write(iter(results), summary, stream, "never")
    return stream.getvalue()


@pytest.mark.parametrize("options", [*(["--format", format] for format in WRITERS), ["-o", "report"]], ids=" ".join)
def test_names_that_no_encoding_has_are_written_all_the_same(options: list[str], tmp_path: Path) -> None:
    """Half a surrogate pair, which JSON can spell, and a file whose name is not UTF-8."""
    (tmp_path / os.fsdecode(b"suite \xff.jsonl")).write_text(json.dumps({**CASES[2], "id": HALF}) + "\n")
    ended = process(["run", os.fsdecode(b"suite \xff.jsonl"), *options], tmp_path)
    assert (ended.code, "internal" in ended.stderr) == (PASS, False), ended.stderr


def test_the_command_line_offers_every_report() -> None:
    assert {member.value for member in OutputFormat} == set(WRITERS)


def test_lines_and_array_are_as_the_schema_has_them(reports: dict[str, str]) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(diffcheck("schema").stdout))
    lines = [json.loads(line) for line in reports["jsonl"].splitlines()]
    assert json.loads(reports["json"]) == lines
    assert len(lines) == 7
    for line in lines:
        validator.validate(line)
    assert not validator.is_valid({**lines[0], "status": 3})


def test_junit_has_a_case_for_each_and_its_counts_are_right(reports: dict[str, str]) -> None:
    root = ElementTree.fromstring(reports["junit"])
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == [case["id"].replace("\u0001", r"\x01").replace("\ud800", r"\ud800") for case in CASES]
    found = {case.get("name"): [child.tag for child in case] for case in cases}
    assert (found["right"], found["warned"], found[r"half a pair: \ud800"], found["unreadable"]) == ([], [], ["error"], ["error"])
    for element in (root, *root.findall("testsuite")):
        assert (element.get("tests"), element.get("failures"), element.get("errors")) == ("6", "1", "3")
    assert {name for case in cases for name in case.keys()} == {"name", "classname"}  # noqa: SIM118  (what Jenkins allows, but `time`)
    (failure,) = root.iter("failure")
    assert "claim is wrong" in failure.get("message", "")
    assert [line.partition(":")[0] for line in (failure.text or "").splitlines()[1:]] == ["d/dx at x = 1", "d/dx at x = -1"]
    assert (failure.text or "").splitlines()[0].endswith("suite.jsonl:2")


def test_github_gets_one_command_a_line(reports: dict[str, str]) -> None:
    lines = reports["github"].splitlines()
    pattern = re.compile(r"::(error|warning|notice) file=([^,:]+),line=(\d+),title=([^,:]+)::(.+)")
    found = [match.groups() for line in lines if (match := pattern.fullmatch(line))]
    assert [(kind, line) for kind, _, line, *_ in found] == [
        ("error", "2"), ("error", "2"), ("warning", "3"), ("notice", "4"), ("error", "5"), ("error", "6"),
    ]  # fmt: skip
    assert len(found) == len(lines)
    assert "%2C by%3A" in found[0][3]


def test_sarif_has_a_rule_for_every_result(reports: dict[str, str]) -> None:
    log = json.loads(reports["sarif"])
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning", "note", "error", "error"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].startswith("file:///")
    assert place["region"]["startLine"] == 2


class Page(HTMLParser):
    """Which tags a page has, with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, Any]]] = []
        self.said = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


def test_the_page_needs_nothing_else_and_shows_the_worst_first(reports: dict[str, str]) -> None:
    page = Page(reports["html"])
    sources = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert sources
    assert all(source.startswith(("data:image/svg+xml;base64,", "#")) for source in sources)
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {source[1:] for source in sources if source.startswith("#")} <= ids
    assert "default-src 'none'" in reports["html"]
    assert [tag for tag, _ in page.tags].count("tbody") == len(CASES)
    assert [tag for tag, _ in page.tags].count("details") == 4  # the others have no values
    assert all(value in page.said for value in ("0.73575888234288", "JAX forward", "proved (Arb)"))
    table = page.said.partition("what was found")[2]
    names = NASTY.replace("\u0001", r"\x01"), r"half a pair: \ud800", "warned", "right"
    assert sorted(names, key=table.index) == list(names)
    keys = [float(attributes["data-key"]) for tag, attributes in page.tags if "data-key" in attributes]
    assert len(keys) == 2 * len(CASES)
    assert all(math.isfinite(key) for key in keys)  # JavaScript knows no inf
    assert max(map(len, re.findall("<code>(.*?)</code>", reports["html"]))) == html.MAX_LETTERS
    assert "6 cases at 5 points: 1 passed, 1 passed with a warning, 1 failed, 3 undecided" in page.said


def test_the_worst_cases_have_pictures(tmp_path: Path) -> None:
    (tmp_path / "suite.jsonl").write_text("".join(json.dumps(case) + "\n" for case in CASES[:2]))
    assert process(["run", "suite.jsonl", "--format", "html", "-o", "page.html"], tmp_path).code == FAIL
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    (picture,) = [attributes["src"] for tag, attributes in page.tags if tag == "img"]
    drawn = ElementTree.fromstring(base64.b64decode(picture.partition(",")[2]))
    said = [element.text for element in drawn.iter() if element.tag.endswith("text")]
    assert said[-2:] == ["proved (Arb): -0.735759", "claim: 0.735759"]
    assert sum(element.tag.endswith("path") for element in drawn.iter()) == 1
    assert re.findall("<code>(.*?)</code>", (tmp_path / "page.html").read_text(encoding="utf-8")) == ["exp(-x^2)", "x^2"]


PIECES = {"1/x": 2, "floor(x)": 7, "sin(x)": 1, "log(x)": 1, "exp(x)": 1, "abs(x)": 1}


@pytest.mark.parametrize(("expression", "pieces"), PIECES.items())
def test_a_curve_is_broken_where_the_function_is(expression: str, pieces: int) -> None:
    drawn = sketch(Check(expression, compiled=False), {"x": 1.25}, "x", {"claim": math.inf})
    assert drawn.count("<path") == pieces
    ElementTree.fromstring(drawn)


def test_a_sketch_has_its_point_where_f_is_proved_to_be_and_its_lines_within_the_frame() -> None:
    naive = Check("(1 - cos(x))/x^2", compiled=False)
    circle = re.compile(r'<circle cx="320.0" cy="([0-9.]+)"')
    computed, proved = (float(circle.findall(sketch(naive, {"x": 1e-8}, "x", {"SymPy": 1e8}, height))[0]) for height in (None, 0.5))
    assert proved < 60 < 250 < computed  # JAX's value is 0, far below the curve
    inner = sketch(naive, {"x": 1e-8}, "x", {"SymPy": 1e8}, 0.5).partition("<svg x=")[2].partition("</svg>")[0]
    assert inner.count("<line") == 1


def test_an_error_of_nothing_is_0_and_so_is_a_value(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text('[[case]]\nname = "even"\nexpr = "exp(-x^2)"\nat = 0\n[[case]]\nexpr = "x^2 + 3x"\nat = "pi/2"\n')
    ended = diffcheck("run", str(tmp_path / "suite.toml"), "--format", "html", "-o", str(tmp_path / "page.html"))
    page = (tmp_path / "page.html").read_text()
    assert "largest error 0 ulps" in ended.stderr + ended.stdout
    assert "-0 to 0" not in page
    assert "e-" not in "".join(re.findall(r'<td class="number"[^>]*>([^<]*)', page))


def test_an_unreadable_formula_has_its_carets_in_every_report(reports: dict[str, str]) -> None:
    for name in ("text", "junit", "html"):
        assert re.search(r"sni\(x\)\n *\^\^\^\n *Did you mean (?:&#x27;|')sin", reports[name]), name
    assert "sni(x)%0A  ^^^%0ADid you mean 'sin'?" in reports["github"]
    assert "suite.jsonl:5: unknown function 'sni'" in reports["text"]
    assert "sni(x)\\n  ^^^\\nDid you mean 'sin'?" in reports["sarif"]
    assert "sni(x)\\n  ^^^\\nDid you mean 'sin'?" in reports["jsonl"]


def test_every_report_calls_an_engine_by_the_same_name(reports: dict[str, str]) -> None:
    for name in ("text", "junit", "github", "sarif", "html"):
        assert not re.search("symbolic|automatic", reports[name]), name


def test_the_date_of_a_page_may_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    page = _written(WRITERS["html"], [], Summary())
    assert "1970-01-02 00:00 UTC, diffcheck 0" in page
    assert "jax " in page


# A check is a suite of one case


@pytest.mark.parametrize("format", sorted(set(WRITERS) - {"text", "json", "jsonl"}))
def test_a_check_has_the_formats_of_a_run(format: str, tmp_path: Path) -> None:
    (tmp_path / "rule.py").write_text(RULE)
    of_expression = diffcheck("check", "exp(-x^2)", "--at", "1", "--claim", "2x*exp(-x^2)", "--format", format)
    of_function = diffcheck("check-jax", f"{tmp_path}/rule.py:double", "--at", "1", "--format", format)
    for ended in (of_expression, of_function):
        assert ended.code == FAIL
        assert "wrong" in ended.stdout
    assert {"junit": "rule.py:3", "github": "line=3,title="}.get(format, "rule.py") in of_function.stdout
    assert diffcheck("check", "max(x, 1)", "--interval", "0,2", "--format", format).code == PASS


RULE = """import jax

@jax.custom_jvp
def double(x):
    return 2 * x

@double.defjvp
def _(primals, tangents):
    return double(*primals), 3 * tangents[0]
"""


TOML = '[[case]]\nexpr = "x"\nsample = { domain = { x = [0, 1] }, random = 3 }\n[[case]]\nexpr = "x^2"\nat = [1, "x=2"]\nwrt = "x x"\n'


def test_suites_are_as_their_schemas_have_them(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(diffcheck("schema", "--of", "suite").stdout))
    validator.validate(tomllib.loads(TOML))
    (tmp_path / "suite.toml").write_text(TOML)
    assert diffcheck("run", str(tmp_path / "suite.toml")).code == PASS
    assert not validator.is_valid({"case": [{"expr": "x", "at": 1, "expext": "pass"}]})
    assert not validator.is_valid({"case": [{"expr": "x", "at": 1, "expect": "fine"}]})
    line = jsonschema.Draft202012Validator(json.loads(diffcheck("schema", "--of", "line").stdout))
    for case in CASES:
        line.validate(case)
    assert not line.is_valid({"points": [1]})
