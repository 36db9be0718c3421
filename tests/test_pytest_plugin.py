"""The pytest plugin, in pytest runs of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

SUITE = """
[[case]]
name = "right"
expr = "x^2"
at = [1, 2]
claim = "2x"

[[case]]
name = "a lost sign"
expr = "cos(x)"
at = 1
claim = "sin(x)"

[[case]]
name = "a corner"
expr = "abs(x)"
at = 0
expect = "subgradient"

[[case]]
name = "known to be wrong"
expr = "where(x == 0, 0, x)"
at = 0
expect = "fail"

[[case]]
name = "no such function in JAX"
expr = "Shi(x)"
at = 1

[[case]]
name = "not what was expected"
expr = "x^2"
at = 1
expect = "kaput"
"""
FIXTURE = """
import sys


def test_engines_are_not_there_yet():
    assert not {"jax", "sympy", "flint", "matplotlib"} & set(sys.modules)


def test_a_right_one(assert_derivative):
    assert_derivative("x^2", at=2, claim="2x")
    assert_derivative(lambda x, *, k: k * x, args=(2.0,), kwargs={"k": 3.0}, seed=1)


def test_a_wrong_one(assert_derivative):
    assert_derivative(lambda x: x**2, at=2.0, claim=lambda x: 3 * x)
"""
WITH_PLUGIN = ("-p", "no:diffcheck", "-p", "diffcheck.pytest_plugin", "-p", "no:cacheprovider")  # as if installed, whether it is or not


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", *WITH_PLUGIN, *arguments]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a suite, a file of tests, and a file in whose name `diffcheck` is missing."""
    path = tmp_path_factory.mktemp("project")
    (path / "rules.diffcheck.toml").write_text(SUITE.replace('expect = "kaput"', 'expect = "unstable"'))
    (path / "other.toml").write_text("not = 'a suite'\n")
    (path / "test_a.py").write_text(FIXTURE)
    return path


@pytest.fixture(scope="module")
def outcomes(directory: Path) -> ElementTree.Element:
    """The JUnit file of one run of everything."""
    ended = run(directory, "--junit-xml=junit.xml", "test_a.py", "rules.diffcheck.toml")
    assert ended.returncode == 1, ended.stdout + ended.stderr
    return ElementTree.parse(directory / "junit.xml").getroot()


def kind(outcomes: ElementTree.Element, name: str) -> tuple[str, str]:
    """How a test ended, and what was said."""
    (case,) = (case for case in outcomes.iter("testcase") if case.get("name") == name)
    ends = [(child.tag, f"{child.get('message')} {child.text}") for child in case if child.tag != "properties"]
    return ends[0] if ends else ("passed", "")


@pytest.mark.parametrize(
    ("name", "tag", "said"),
    [
        ("right", "passed", ""),
        ("a lost sign", "failure", "claim is wrong: in exact arithmetic the formula gives 0.8414709848 instead of -0.8414709848"),
        ("a corner", "skipped", "expected subgradient"),
        ("known to be wrong", "skipped", "expected fail"),
        ("no such function in JAX", "skipped", "JAX has no Shi"),
        ("not what was expected", "failure", "expected unstable, found exact"),
        ("test_engines_are_not_there_yet", "passed", ""),
        ("test_a_right_one", "passed", ""),
        ("test_a_wrong_one", "failure", "Mismatched derivatives: 1 / 1"),
    ],
)
def test_a_case_ends_as_it_should(outcomes: ElementTree.Element, name: str, tag: str, said: str) -> None:
    found, words = kind(outcomes, name)
    assert found == tag
    assert said in words


def test_expected_kinks_and_faults_are_xfails(outcomes: ElementTree.Element) -> None:
    types = [skipped.get("type") for skipped in outcomes.iter("skipped")]
    assert sorted(map(str, types)) == ["pytest.skip", "pytest.xfail", "pytest.xfail"]


def test_junit_has_verdicts_and_errors(outcomes: ElementTree.Element) -> None:
    (case,) = (case for case in outcomes.iter("testcase") if case.get("name") == "a lost sign")
    properties = {found.get("name"): found.get("value") for found in case.iter("property")}
    assert properties["verdicts"] == "exact, wrong"
    assert float(str(properties["largest_error_ulps"])) > 1e15


def test_cases_are_collected_by_name_mark_and_keyword_without_an_engine(directory: Path) -> None:
    (directory / "conftest.py").write_text("import sys\ndef pytest_unconfigure():\n    print('JAX' if 'jax' in sys.modules else 'light')\n")
    everything = run(directory, "--collect-only", "-q")
    assert everything.stdout.splitlines()[0] == "rules.diffcheck.toml::right"
    assert "light" in everything.stdout.splitlines()
    selected = run(directory, "--collect-only", "-q", "-m", "diffcheck", "-k", "lost or corner").stdout.splitlines()
    assert selected[:2] == ["rules.diffcheck.toml::a lost sign", "rules.diffcheck.toml::a corner"]
    assert "test_a.py" not in "".join(selected)
    (directory / "conftest.py").unlink()


def test_a_suite_that_cannot_be_read_is_an_error_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.diffcheck.toml").write_text('[[case]]\nexpr = "x"\nat = 1\nclam = "1"\n')
    ended = run(tmp_path)
    assert ended.returncode == 2
    assert "bad.diffcheck.toml:4: unknown key 'clam'. Did you mean 'claim'?" in ended.stdout


def test_the_plugin_is_an_entry_point() -> None:
    pyproject = (Path(__file__).parent.parent / "pyproject.toml").read_text()
    assert '[project.entry-points.pytest11]\ndiffcheck = "diffcheck.pytest_plugin"\n' in pyproject


FAILING = """
import diffcheck


def test_wrong(assert_derivative):
    assert_derivative("x^2", at=2, claim="3x")


def test_unreadable():
    diffcheck.assert_derivative("sni(x)", at=2)


def test_raising():
    def f(x):
        raise ValueError("of the user's")

    diffcheck.assert_derivative(f, at=2.0)


def test_no_limit():
    diffcheck.assert_derivative("x^2", at=2, timeout=-1)


def test_too_slow():
    diffcheck.assert_derivative("x^2", at=2, timeout=0.01)
"""


def test_what_fails_is_shown_in_the_users_lines_and_not_in_those_of_diffcheck(tmp_path: Path) -> None:
    (tmp_path / "test_failing.py").write_text(FAILING)
    shown = run(tmp_path, "test_failing.py").stdout
    calls = [line for line in FAILING.splitlines() if "assert_derivative(" in line and "def" not in line]
    assert [line[1:].strip() for line in shown.splitlines() if line.startswith(">")] == [line.strip() for line in calls]
    places = re.findall(r"^(\S+\.py):\d+: (?!in )", shown, re.MULTILINE)
    assert places == ["test_failing.py"] * len(calls)
    assert 'raise ValueError("of the user\'s")' in shown
