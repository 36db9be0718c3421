"""What carries the project on is true: citation, workflows, constraints, templates."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import MARK_OF, MARKS

import diffcheck

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def loaded(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def commands(path: Path) -> list[str]:
    steps = [step for job in loaded(path)["jobs"].values() for step in job["steps"]]
    return [line for step in steps for line in step.get("run", "").splitlines()]


def test_the_citation_has_the_version_and_the_licence() -> None:
    citation = loaded(ROOT / "CITATION.cff")
    assert (citation["version"], citation["license"]) == (diffcheck.__version__, PROJECT["project"]["license"])
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_the_lowest_versions_are_those_of_the_project() -> None:
    command = [sys.executable, "tests/lowest_versions.py", "--show", "jax", "sympy"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        name, _, version = line.partition("==")
        assert any(each.startswith(f"{name}>={version}") for each in PROJECT["project"]["dependencies"])
    assert len(done.stdout.splitlines()) == 2


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_what_is_there(path: Path) -> None:
    for command in commands(path):
        for file in re.findall(r"(?:^|\s)((?:tests|\.ci|docs)/[\w/]+(?:\.py)?)", command):
            assert (ROOT / file).exists(), command
        for mark in re.findall(r"-m (\w+)(?= |$)", command.partition("pytest")[2]):
            assert any(each.startswith(f"{mark}:") for each in PROJECT["tool"]["pytest"]["ini_options"]["markers"]), command


def test_every_python_is_tested_with_the_lowest_and_the_newest_libraries() -> None:
    matrix = loaded(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["project"]["requires-python"] == f">={matrix['python'][0]}"
    assert matrix["dependencies"] == ["lowest", "newest"]


def test_long_tests_run_weekly() -> None:
    weekly = ROOT / ".github" / "workflows" / "weekly.yml"
    assert "python -m pytest -n 2 -m long" in commands(weekly)
    assert loaded(weekly)[True]["schedule"]  # YAML reads `on` as true


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.md")), ids=lambda path: path.stem)
def test_a_template_has_a_name_and_asks_for_the_command(path: Path) -> None:
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    assert {"name", "about"} <= set(yaml.safe_load(head))
    assert "diffcheck" in body


def test_every_module_with_a_mark_is_there_and_every_mark_is_declared() -> None:
    modules = {path.stem for path in (ROOT / "tests").glob("test_*.py")}
    assert set(MARK_OF) <= modules
    declared = {each.partition(":")[0] for each in PROJECT["tool"]["pytest"]["ini_options"]["markers"]}
    assert declared == {*MARKS, "browser", "long"}
    assert sum(len(each.split()) for each in MARKS.values()) == len(MARK_OF)  # a module has one mark
