"""Engines are values: one that a package adds by an entry point is judged and shown as diffcheck's own are."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from diffcheck import registry

ROOT = Path(__file__).parent.parent

TOY = '''
"""Central differences of the graph in exact floats: an engine of somebody else's."""
import numpy as np
from diffcheck.engines.derivation import Derivation
from diffcheck.engines.certified import enclose_value
from diffcheck.registry import Engine, Library

TOY = Engine("toy", "Toy", libraries=(Library("Toy", "toy-engine", "toy_engine"),), derivations="toy_engine:derivations", extra="toy")

class Central(Derivation):
    def __init__(self, subject):
        super().__init__(TOY)
        self._subject = subject

    def values(self, columns, wanted):
        rows = [dict(zip(columns, map(float, row))) for row in zip(*columns.values())]
        return {each: np.array([self._slope(row, *each) for row in rows]) for each in wanted}

    def _slope(self, row, output, names):
        graph, (name,) = self._subject.in_mathematics(output).target.flat, names
        low, high = (float(enclose_value(graph, {**row, name: row[name] + h})) for h in (-1e-5, 1e-5))
        return FACTOR * (high - low) / 2e-5

FACTOR = 1.0

def derivations(subject):
    yield Central(subject)
'''
BROKEN = TOY.replace("FACTOR = 1.0", "FACTOR = None")
WRONG = TOY.replace("FACTOR = 1.0", "FACTOR = 2.0")
LACKING = TOY.replace("def derivations(subject):", "def derivations(subject):\n    import a_library_that_nobody_has")


def installed(directory: Path, source: str) -> Path:
    """A directory that looks to Python as if a package with this module were installed in it, and an empty one beside."""
    (directory / "here").mkdir()
    (directory / "toy_engine.py").write_text(source, encoding="utf-8")
    told = directory / "toy_engine-1.5.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-engine\nVersion: 1.5\n", encoding="utf-8")
    (told / "entry_points.txt").write_text(f"[{registry.GROUP}]\ntoy = toy_engine:TOY\n", encoding="utf-8")
    return directory


def diffcheck(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT), str(directory)])
    command = [sys.executable, "-m", "diffcheck", *arguments]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path}, cwd=directory / "here", capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("toy"), TOY)


def results_of(directory: Path, *arguments: str) -> list[dict]:
    done = diffcheck(directory, "check", *arguments, "--format", "json")
    return json.loads(done.stdout)["samples"][0]["results"]


def test_it_stands_in_a_report_between_the_engines_and_the_claims(toy: Path) -> None:
    done = diffcheck(toy, "check", "x^2", "--at", "3", "--claim", "2x")
    shown = [line.strip().split("  ")[0] for line in done.stdout.splitlines()]
    titles = [title for engine in registry.OWN for title in engine.titles]
    assert done.returncode == 0, done.stderr  # 6 ± 1e-10: a warning
    assert [line for line in shown if line in {*titles, "Toy"}] == ["SymPy", "JAX forward", "JAX reverse", "Toy", "claim"]


def test_it_stands_in_data_by_its_name_and_with_its_version(toy: Path) -> None:
    report = json.loads(diffcheck(toy, "check", "x^2", "--at", "3", "--format", "json").stdout)
    toys = [result for result in report["samples"][0]["results"] if result["engine"] == "toy"]
    assert [(result["mode"], result["verdict"]) for result in toys] == [(None, "inaccurate")]
    assert abs(toys[0]["value"] - 6) < 1e-6
    assert "Toy 1.5" in diffcheck(toy, "-V").stdout


def test_it_is_judged_in_suites_and_named_in_their_summary(tmp_path: Path) -> None:
    directory = installed(tmp_path, WRONG)
    (directory / "here" / "suite.toml").write_text('[[case]]\nname = "a cube"\nexpr = "x^3"\nat = 2\n', encoding="utf-8")
    text, junit, html = (diffcheck(directory, "run", "suite.toml", "--format", name) for name in ("text", "junit", "html"))
    assert text.returncode == 1, text.stderr
    assert "a cube: d/dx at x = 2: Toy is inaccurate" in text.stdout
    assert "1 case at 1 point: 1 failed" in text.stdout
    assert "Toy is inaccurate" in str(ElementTree.fromstring(junit.stdout).find(".//failure").attrib)
    assert "toy-engine 1.5" in html.stdout
    assert "Toy" in html.stdout


@pytest.mark.parametrize("options", [["--at", "3"], ["--range", "1,2", "--errors", "--samples", "5"]])
def test_it_is_drawn(toy: Path, options: Sequence[str]) -> None:
    done = diffcheck(toy, "plot", "x^2", *options, "-o", "toy.svg")
    assert done.returncode == 0, done.stderr
    words = (toy / "here" / "toy.svg").read_text(encoding="utf-8")
    assert "<!-- Toy" in words


def test_it_is_asked_for_small_functions_too_where_no_outcome_depends_on_it(tmp_path: Path) -> None:
    directory = installed(tmp_path, WRONG)
    done = diffcheck(directory, "check-jax", "jax.numpy:sin", "--at", "0.5", "--format", "json")
    sample = json.loads(done.stdout)["samples"][0]
    assert done.returncode == 0, done.stderr
    assert {result["engine"]: result["outcome"] for result in sample["results"]} == {"automatic": "pass"}
    assert {result["engine"]: result["outcome"] for result in sample["beside"]} == {"symbolic": "pass", "toy": "fail"}


def test_what_it_raises_is_its_own_affair(tmp_path: Path) -> None:
    results = {result["engine"]: result for result in results_of(installed(tmp_path, BROKEN), "x^2", "--at", "3")}
    assert (results["toy"]["verdict"], results["symbolic"]["verdict"]) == ("unsupported", "exact")
    assert results["toy"]["reason"].startswith("Toy: TypeError: ")


def test_a_library_that_is_not_installed_is_named(tmp_path: Path) -> None:
    results = {result["engine"]: result for result in results_of(installed(tmp_path, LACKING), "x^2", "--at", "3")}
    assert results["toy"]["reason"] == "Toy is not installed: No module named 'a_library_that_nobody_has'; install toy"


@pytest.mark.parametrize(
    "source",
    ["TOY = 3", "raise RuntimeError('no')", 'from diffcheck.registry import Engine\nTOY = Engine("claim", "Mine", derivations="a:b")'],
)
def test_an_entry_point_that_is_no_engine_is_refused(tmp_path: Path, source: str) -> None:
    done = diffcheck(installed(tmp_path, source), "check", "x^2", "--at", "3")
    assert done.returncode == 2
    assert "toy_engine:TOY" in done.stderr
    assert "Traceback" not in done.stderr


# The table


def test_names_and_titles_are_unique() -> None:
    engines = (*registry.OWN, registry.CERTIFIED)
    for said in ([engine.name for engine in engines], [title for engine in engines for title in engine.titles]):
        assert len(set(said)) == len(said)


def test_data_of_an_engine_that_is_not_installed_keeps_its_name() -> None:
    assert registry.named("torch").titled("reverse") == "torch reverse"


def test_no_code_outside_the_table_knows_an_engine_by_its_name() -> None:
    """Neither to compare with it, nor as a key or a title."""
    engines = (*registry.OWN, registry.CERTIFIED)
    names = {*(engine.name for engine in engines), *(title for engine in registry.OWN for title in engine.titles if " " in title)}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in sorted((ROOT / "diffcheck").rglob("*.py"))
        if path.name not in ("registry.py", "measures.py")  # ways to measure are more than engines have modes, and have names of their own
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in names
    ]
    assert [each for each in found if not _is_an_option(each)] == []


def _is_an_option(place: str) -> bool:
    """A claim is also what the user calls one: the name of an option and of a field."""
    return place.endswith(": claim") and any(part in place for part in ("api.py", "fields.py", "given.py"))


def test_the_contracts_name_every_engine_module() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    held = {module for contract in contracts for key in ("modules", "source_modules") for module in contract.get(key, ())}
    shared = {"__init__", "derivation", "faults"}  # what every engine may use
    modules = {path.stem for path in (ROOT / "diffcheck" / "engines").iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert {f"diffcheck.engines.{name}" for name in modules - shared} <= held
