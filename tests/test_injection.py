"""Hostile texts as names, expressions and claims, through every format: each is parsed by that format's own rules, and obeys nobody."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from command_line import OUTPUT, USAGE, Ended, diffcheck, process
from hostile import HOSTILE

import diffcheck as library
from diffcheck.excerpts import excerpt
from diffcheck.printable import LONGEST_MESSAGE, LONGEST_NAME, message, printable, quoted, shown
from diffcheck.records import CaseResult, Summary
from diffcheck.suites.runner import run_case
from diffcheck.suites.suite import read_suite
from diffcheck.views.json_ import case_result, record_as_line
from diffcheck.views.reports import WRITERS
from diffcheck.views.suite import show_summary

FILE = os.fsdecode(b"ev\x1b]0;x\x07il\n::error::pwned \xff \xe2\x80\xae '\"<img src=x onerror=alert(1)>&]]>.jsonl")
NAMES = tuple(text for text in HOSTILE if "\0" not in text and "\ud800" not in text)  # what an argument can be
FILES = tuple(name for name in NAMES if "/" not in name and len(os.fsencode(name)) < 250)


def assert_harmless(text: str) -> None:
    """No letter without a shape but the ends of lines, and no command to a CI server."""
    assert [letter for letter in text if not letter.isprintable() and letter != "\n"] == []
    assert re.findall(r"^\s*::.*|.*##.*", text, re.MULTILINE) == []


# One function


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_shown_is_one_harmless_line_and_bounded(text: str) -> None:
    for found in (printable(text), shown(text), quoted(text), message(text), excerpt(text, 0, len(text))):
        assert_harmless(found)
    assert "\n" not in printable(text) + shown(text) + quoted(text)
    assert len(shown(text)) <= LONGEST_NAME
    assert printable(printable(text)) == printable(text)
    assert message(text).count("\n") == text.count("\n")


@pytest.mark.parametrize("text", ["x^2 + 3x", "σ(x) ≥ ½ ☃ 日本語 é 👍", "C:\\new", "a:b::c", "# title", ""])
def test_what_is_harmless_is_shown_as_it_is(text: str) -> None:
    assert printable(text) == shown(text) == message(text) == text


def test_carets_stand_under_what_is_escaped() -> None:
    line, carets = excerpt("x + \x1b[31m\u202ey", 4, 5).splitlines()
    assert line == r"  x + \x1b[31m\u202ey"
    assert carets == "      ^^^^"


def test_messages_are_bounded_and_keep_both_ends() -> None:
    found = message("error: " + "\u202e" * 1_000_000 + "\nRemove it.")
    assert len(found) <= LONGEST_MESSAGE
    assert (found[:7], found[-11:]) == ("error: ", "\nRemove it.")


# Reports


def _results(names: tuple[str, ...], file: str, directory: Path) -> list[CaseResult]:
    """A suite of cases with such names: most cannot be read, the last are wrong, and right."""
    unreadable = [{"id": name, "expr": name, "points": [{name: 1}], "expected": [{"var": name, "expr": name}]} for name in names]
    wrong = {"id": names[0], "expr": "x^2", "points": [{"x": 3}], "expected": [{"var": "x", "expr": "3x"}]}
    (directory / file).write_text("".join(json.dumps(case) + "\n" for case in [*unreadable, wrong, {**wrong, "expected": []}]))
    cases = read_suite(directory / file)
    lines = [list(map(record_as_line, run_case(replace(case, file=file), number))) for number, case in enumerate(cases)]
    results = [case_result(number, each) for number, each in enumerate(lines)]
    return [replace(result, text=name, picture=b"a picture") for result, name in zip(results, [*names, names[0], names[0]], strict=True)]


def _reports(results: list[CaseResult]) -> dict[str, str]:
    summary, found = Summary(), dict[str, str]()
    for result in results:
        summary.add(result.records)
    for name, report in WRITERS.items():
        stream = StringIO()
        report.write(iter(results), summary, stream, "never")
        found[name] = stream.getvalue()
    stream = StringIO()
    show_summary(summary, stream, "never", failures=True)
    return {**found, "summary": stream.getvalue()}


@pytest.fixture(scope="module", name="reports")
def reports_fixture(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return _reports(_results(HOSTILE, FILE, tmp_path_factory.mktemp("hostile")))


CASES = [*HOSTILE, HOSTILE[0], HOSTILE[0]]
NOT_RIGHT = CASES[:-1]  # a line each, in formats that show nothing else


def test_text_has_a_line_for_each_case(reports: dict[str, str]) -> None:
    assert_harmless(reports["text"] + reports["summary"])
    begun = zip((line for line in reports["text"].splitlines() if not line.startswith(" ")), NOT_RIGHT, strict=True)
    assert [name for line, name in begun if not line[2:].startswith(f"{shown(name)}: ")] == []
    assert len(reports["summary"].splitlines()) == 2


def test_json_gives_the_names_back(reports: dict[str, str]) -> None:
    lines = [json.loads(line) for line in reports["jsonl"].splitlines()]
    assert json.loads(reports["json"]) == lines
    validator = jsonschema.Draft202012Validator(json.loads(diffcheck("schema").stdout))
    for line, name in zip(lines, CASES, strict=True):
        validator.validate(line)
        assert (line["id"], line["file"]) == (name, FILE)
    assert reports["json"].isascii()
    assert [letter for letter in reports["json"] if not letter.isprintable() and letter != "\n"] == []


def test_junit_is_xml_with_a_case_for_each(reports: dict[str, str]) -> None:
    assert_harmless(reports["junit"])
    root = ElementTree.fromstring(reports["junit"])
    cases = root.findall("testsuite/testcase")
    assert [case.get("name") for case in cases] == list(map(printable, CASES))
    assert {case.get("classname") for case in cases} == {printable(FILE)}
    assert {element.tag for element in root.iter()} == {"testsuites", "testsuite", "testcase", "failure", "error"}
    assert {name for element in root.iter() for name in element.keys()} == {  # noqa: SIM118
        "name", "tests", "failures", "errors", "classname", "type", "message"
    }  # fmt: skip


COMMAND = re.compile(r"::(error|notice) file=([^,:%]*(?:%[0-9A-F]{2}[^,:%]*)*),line=(\d+),title=([^,:%]*(?:%[0-9A-F]{2}[^,:%]*)*)::(.+)")


def test_github_gets_one_command_for_each(reports: dict[str, str]) -> None:
    lines = reports["github"].splitlines()
    assert_harmless("\n".join(line.removeprefix("::") for line in lines))
    commands = [match.groups() for line in lines if (match := COMMAND.fullmatch(line))]
    assert len(commands) == len(lines) == len(NOT_RIGHT)
    for (_, file, line, title, _), (number, name) in zip(commands, enumerate(NOT_RIGHT, 1), strict=True):
        assert (_unescaped(file), int(line), _unescaped(title)) == (shown(FILE), number, shown(name))


def _unescaped(text: str) -> str:
    for code, letter in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def test_sarif_has_a_finding_for_each_and_no_link(reports: dict[str, str]) -> None:
    results = json.loads(reports["sarif"])["runs"][0]["results"]
    texts = [result["message"]["text"] for result in results]
    assert_harmless("\n".join(texts))
    assert [text.startswith(shown(name).replace("](", "] (")) for text, name in zip(texts, NOT_RIGHT, strict=True)] == [True] * len(texts)
    assert not any("](" in text for text in texts)
    uri = results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"[\w%.~/-]+", uri, re.ASCII)


class Structure(HTMLParser):
    """The elements of a page in their order, with the names of their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.said = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(tag)

    def handle_comment(self, data: str) -> None:
        self.tags.append("comment")

    handle_pi = unknown_decl = handle_comment

    def handle_data(self, data: str) -> None:
        self.said += data


def test_a_page_has_the_same_elements_as_one_with_harmless_names(reports: dict[str, str], tmp_path: Path) -> None:
    assert_harmless(reports["html"])
    harmless = _reports(_results(tuple(f"name({k}" for k in range(len(HOSTILE))), "suite.jsonl", tmp_path))
    page = Structure(reports["html"])
    assert page.tags == Structure(harmless["html"]).tags
    assert all(shown(name) in page.said for name in HOSTILE)


def test_a_run_says_nothing_else(tmp_path: Path) -> None:
    """The command itself, with a file that is called so."""
    case = {"expr": "x", "points": [{"x": 1}], "expected": [{"var": "x", "expr": "2"}]}
    (tmp_path / FILE).write_text(json.dumps({**case, "id": HOSTILE[0]}) + "\n" + json.dumps({"id": HOSTILE[20], HOSTILE[21]: 1}) + "\n")
    for options in ([], ["-o", f"{FILE}.txt"]):
        ended = process(["run", FILE, *options], tmp_path)
        assert ended.code == 1
        assert_harmless(ended.stdout + ended.stderr)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE, f"{FILE}.txt"]


# pytest


def _toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(letter):08x}" for letter in text) + '"'


def test_pytest_prints_names_without_what_a_terminal_obeys(tmp_path: Path) -> None:
    names = [text for text in HOSTILE if not any("\ud800" <= letter <= "\udfff" for letter in text)]  # TOML cannot spell those
    cases = (f"[[case]]\nname = {_toml(text)}\nexpr = {_toml(f'?{text}')}\nat = 1\n" for text in names)
    file = "ev\x1b[31mil\n::error::pwned.diffcheck.toml"
    (tmp_path / file).write_text("".join(cases))
    (tmp_path / "bad.diffcheck.toml").write_text(f'[[case]]\nexpr = "x"\nat = 1\n{_toml(names[0])} = 1\n{_toml(names[24])} = 2\n')
    options = ["-p", "no:cacheprovider", "-rA", "-vv", "--color=no", "--junitxml=found.xml", "--continue-on-collection-errors"]
    words = [sys.executable, "-m", "pytest", *options]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert f"{len(names)} failed, 1 error" in done.stdout
    assert_harmless(done.stdout + done.stderr)
    assert all(f"::{shown(name)}" in done.stdout for name in names if "." not in name)  # pytest takes dots for modules
    assert len(list(ElementTree.parse(tmp_path / "found.xml").iter("testcase"))) == len(names) + 1


# Messages


def _assert_one_harmless_error(ended: Ended, code: int = USAGE) -> None:
    assert ended.code == code, ended
    assert ended.stdout == ""
    assert ended.stderr.startswith(("error: ", "Usage: "))
    assert_harmless(ended.stderr)
    assert len(ended.stderr) <= LONGEST_MESSAGE + 200


@pytest.mark.parametrize(
    "words",
    [
        ["check", "x", "--at", "{}"],
        ["check", "x", "--at", "{}=1"],
        ["check", "x", "--at", "1", "--wrt", "{}"],
        ["check", "x", "--at", "1", "--of", "{}"],
        ["check", "x", "--interval", "{},1"],
        ["check", "x", "--points", "{}"],
        ["check-jax", "{}", "--at", "1"],
        ["check-jax", "{}.py:f", "--at", "1"],
        ["explain", "{}"],
        ["run", "{}.jsonl"],
        ["run", "{}"],
        ["run", "x.toml", "--shard", "{}"],
        ["plot", "x", "--at", "1", "-o", "{}"],
    ],
)
def test_an_argument_is_shown_harmless(words: list[str]) -> None:
    for name in NAMES[::5]:
        _assert_one_harmless_error(diffcheck(*[word.replace("{}", name) for word in words]))


@pytest.mark.parametrize("name", [name for name in FILES if not name.startswith("-")][::4])
def test_an_output_is_shown_harmless(name: str, tmp_path: Path) -> None:
    _assert_one_harmless_error(diffcheck("check", "x", "--at", "1", "-o", str(tmp_path / name / "report")), OUTPUT)


@pytest.mark.parametrize("text", NAMES)
def test_an_expression_is_shown_harmless(text: str) -> None:
    _assert_one_harmless_error(diffcheck("derive", "--", f"?{text}"))


FAULTY = {
    "suite.toml": '[[case]]\nexpr = "x"\nat = 1\n{} = 1\n',
    "sample.toml": '[[case]]\nexpr = "x"\n[case.sample]\n{} = 1\n',
    "expect.toml": '[[case]]\nexpr = "x"\nat = 1\nexpect = {}\n',
    "twice.toml": '[[case]]\nname = {0}\nexpr = "x"\nat = 1\n[[case]]\nname = {0}\nexpr = "x"\nat = 1\n',
    "top.toml": "{} = 1\n",
}


@pytest.mark.parametrize("file", FAULTY)
def test_what_is_wrong_in_a_file_is_shown_harmless_and_bounded(file: str, tmp_path: Path) -> None:
    for text in (*[text for text in NAMES[::9] if "\udcff" not in text], "y" * 100_000):
        (tmp_path / file).write_text(FAULTY[file].replace("{0}", "{}").replace("{}", _toml(text)))
        _assert_one_harmless_error(diffcheck("run", str(tmp_path / file)))


def test_a_table_of_100000_columns_is_not_listed(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(",".join(f"a{k}" for k in range(100_000)) + "\n" + ",".join(["1"] * 100_000) + "\n")
    _assert_one_harmless_error(diffcheck("check", "x", "--points", str(tmp_path / "points.csv")))


# Pictures, and texts of JAX functions, whose trees may have any key


def test_keys_of_a_tree_are_shown_harmless(tmp_path: Path) -> None:
    key = "\x1b[31m$\\x$[red]\u202e\n::error::"
    report = library.check(lambda x: {key: x * x}, 3.0)
    assert_harmless(str(report))
    assert_harmless(report._repr_html_())
    picture = report.plot(tmp_path / "picture.svg").read_text(encoding="utf-8")
    assert not re.search("[^\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", picture)
    ElementTree.fromstring(picture)
