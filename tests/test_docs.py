"""README.md and docs/ say what is so: their examples are run, their generated pages are those of today, their links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
import subprocess
import sys
import tomllib
from difflib import unified_diff
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from diffcheck.checks.expression import COMPILED_NODES
from diffcheck.checks.matrices import CERTIFIED_ENTRIES
from diffcheck.checks.rules.linter import CHECKS, Requirement
from diffcheck.cli import app
from diffcheck.engines.certified.certificate import ACCURACY_BITS
from diffcheck.engines.certified.work import PRECISIONS
from diffcheck.judgement.distances import CONDITION_FACTOR
from diffcheck.judgement.verdict import AGREES_ULPS
from diffcheck.results import Outcome, Status, Verdict
from diffcheck.views.explain import PAGES

ROOT = Path(__file__).parent.parent


def _load_generator() -> ModuleType:
    sys.path.insert(0, str(ROOT / "docs"))  # as for a script: it imports its pages
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _load_generator()
DOCUMENTS = {str(path.relative_to(ROOT)): path for path in generate.documents()}
READABLE = DOCUMENTS | {"CHANGELOG.md": ROOT / "CHANGELOG.md"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_shows_what_its_commands_print(name: str) -> None:
    written, true = map(generate.portable, (DOCUMENTS[name].read_text(encoding="utf-8"), generate.truth(DOCUMENTS[name])))
    difference = "\n".join(unified_diff(written.splitlines(), true.splitlines(), "written", "true", lineterm=""))
    assert not difference, f"python docs/generate.py writes what is true:\n{difference}"


def test_a_false_output_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "false.md"
    document.write_text('```console\n$ diffcheck derive "x^2"\ndf/dx = 3*x\n```\n\n```pycon\n>>> 1 + 1\n3\n```\n')
    assert generate.truth(document) == '```console\n$ diffcheck derive "x^2"\ndf/dx = 2*x\n```\n\n```pycon\n>>> 1 + 1\n2\n```\n'


def test_only_what_depends_on_the_processor_may_differ() -> None:
    here, there = "0.1000000000000000055 of -5.783812462514217e+28, ± 2e-45", "0.1000000000000000055 of -5.783812462514222e+28, ± 2e-45"
    assert generate.portable(here) == generate.portable(there)
    assert generate.portable(here) != generate.portable(there.replace("5.78381246", "5.78381247"))
    assert generate.portable(here) != generate.portable(here.replace("55 of", "56 of"))
    assert generate.portable("differences of f give 0.5 ± 9e-13") == generate.portable("differences of f give 0.5 ± 1e-12")


def test_files_shells_and_exit_codes_work_in_examples(tmp_path: Path) -> None:
    document = tmp_path / "examples.md"
    commands = ["cat two.txt | wc -l", "diffcheck derive 'sni(x)' 2> errors", "echo $?", "diffcheck derive 'x y z' -o xyz", "cat xyz"]
    document.write_text("```text two.txt\n1\n2\n```\n\n```console\n" + "".join(f"$ {command}\n" for command in commands) + "```\n")
    outputs = ["2\n", "", "2\n", "xyz: written as text\n", "df/dx = y*z\ndf/dy = x*z\ndf/dz = x*y\n"]
    expected = "".join(f"$ {command}\n{output}" for command, output in zip(commands, outputs, strict=True))
    assert generate.truth(document).endswith(f"```console\n{expected}```\n")


@pytest.mark.parametrize("name", READABLE)
def test_relative_links_lead_somewhere(name: str) -> None:
    document = READABLE[name]
    targets = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    relative = [target.partition("#")[0] for target in targets if not re.match(r"\w+:|#", target)]
    missing = [target for target in relative if not (document.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("name", READABLE)
def test_commands_stand_only_where_they_are_run(name: str) -> None:
    """A block of another language would not be run; files may be in Python. `sh` blocks have tests elsewhere, the `diff` too."""
    languages = {block["language"] for block in generate.BLOCK.finditer(READABLE[name].read_text(encoding="utf-8"))}
    elsewhere = ("README.md", *(f"docs/{name}.md" for name in ("cli", "contributing", "suites", "gallery")))
    runnable_elsewhere = {"sh"} if name in elsewhere else set()
    if name == "docs/contributing.md":  # held true by test_contributing.py
        runnable_elsewhere.add("diff")
    assert languages <= {"console", "pycon", "text", "toml", "csv", "json", "python"} | runnable_elsewhere


# README's commands for a fresh machine: .ci/run executes them


def test_ci_runs_the_two_commands_of_readme() -> None:
    extract = next(line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.startswith("sed"))
    found = subprocess.run(["sh", "-c", extract.partition(" > ")[0]], env={"root": str(ROOT)}, capture_output=True, text=True, check=True)
    install, test = found.stdout.splitlines()
    for command in (install, test):
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
        assert f"\n{command}\n" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert install.endswith('&& .venv/bin/diffcheck check "x^2 + 3x + 2" --at 2')
    assert "-m pytest" in test


# The examples of --help


def _examples() -> list[str]:
    group: Any = typer.main.get_command(app)
    lines = [line.strip() for command in (group, *group.commands.values()) for line in command.help.splitlines()]
    return sorted({line for line in lines if line.startswith("diffcheck ")})


@pytest.mark.parametrize("example", _examples())
def test_the_examples_of_help_work(example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("points.csv").write_text("x\n0\n1\n-2.5\n")
    Path("suite.toml").write_text('[[case]]\nexpr = "x^2"\nat = [1, 2]\nclaim = "2x"\n')
    Path("rule.py").write_text("import jax\n\n\ndef softplus(x):\n    return jax.nn.softplus(x)\n")
    Path("cases.jsonl").write_text('{"expr": "x*y", "points": [{"x": 1, "y": 2}]}\n')
    result = CliRunner().invoke(app, shlex.split(example)[1:], prog_name="diffcheck")
    arguments = shlex.split(example)
    assert result.exit_code == (1 if "2sin(x)cos(x)/x" in arguments else 0), result.output
    if "-o" in arguments:
        assert Path(arguments[arguments.index("-o") + 1]).stat().st_size > 100
    else:
        assert result.stdout


# verdicts.md


def _table(title: str) -> dict[str, list[str]]:
    """The cells of a table of verdicts.md by the names in its first column."""
    page = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| {title} \|.*\n\|[-| ]+\n((?:\|.*\n)+)", page, re.MULTILINE)[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    return {name: row[1:] for row in cells for name in re.findall("`(.*?)`", row[0])}


def test_every_status_verdict_and_outcome_is_described() -> None:
    assert set(_table("status")) == {status.value for status in Status}
    assert set(_table("verdict")) == {verdict.value for verdict in Verdict}
    assert set(_table("outcome")) == {outcome.value for outcome in Outcome}


@pytest.mark.parametrize("verdict", [verdict for verdict in Verdict if verdict is not Verdict.UNSAMPLED])
def test_every_verdict_has_an_example_with_its_outcome(verdict: Verdict) -> None:
    page = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    marks = dict(re.findall(r"^\| `(\w+)` \| (\S) \|", page, re.MULTILINE))
    allowed = {marks[outcome] for outcome in _table("verdict")[verdict.value][-1].split(" or ") if outcome in marks}
    shown = set(re.findall(rf"  (\S) {re.escape(verdict.value)}$", page, re.MULTILINE))
    assert shown
    assert shown <= allowed


@pytest.mark.parametrize("word", sorted({member.value for kind in (Outcome, Status, Verdict) for member in kind}))
def test_every_word_of_the_reports_is_explained(word: str) -> None:
    said = CliRunner().invoke(app, ["explain", word], prog_name="diffcheck")
    assert said.exit_code == 0
    assert said.stdout.startswith(f"{word}, a")
    assert ("$ diffcheck check" in said.stdout) == (word in {verdict.value for verdict in Verdict})


def test_a_word_that_no_report_says_is_refused_with_the_closest_one() -> None:
    said = CliRunner().invoke(app, ["explain", "unstabel"], prog_name="diffcheck")
    assert (said.exit_code, said.stderr.splitlines()[1].partition("?")[0]) == (2, "Did you mean 'unstable'")


def _explained(*word: str) -> str:
    said = CliRunner().invoke(app, ["explain", *word], prog_name="diffcheck")
    assert said.exit_code == 0
    return said.stdout


TERMS = re.findall(r"^## (.*)$", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("term", TERMS)
def test_every_term_of_the_glossary_is_explained(term: str) -> None:
    assert f"{term}: " in _explained(term)
    assert _explained(*term.upper().split()) == _explained(term)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_of_a_rule_is_explained_with_its_example(check: Requirement) -> None:
    said = _explained(check.name)
    assert f"{check.name}, a check of derivative rules." in said
    assert check.example.splitlines()[-1] in said
    assert "](" not in said


def test_without_a_word_all_of_them_are_listed() -> None:
    listed = re.findall(r"[^·:\n]+", _explained())
    assert {each.strip() for each in listed} >= {*TERMS, *(check.name for check in CHECKS), *(verdict.value for verdict in Verdict)}


def test_the_terms_are_in_order_and_none_is_there_twice() -> None:
    assert sorted(set(TERMS), key=str.lower) == TERMS


@pytest.mark.parametrize("page", ["glossary.md", "rules.md", *sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))])
def test_what_a_page_cites_is_in_the_references(page: str) -> None:
    found = next((ROOT / "docs").rglob(page)).read_text(encoding="utf-8")
    cited = set(re.findall(r"[A-Z][a-z]+(?: & [A-Z][a-z]+| et al\.)? (?:19|20)\d\d", found))
    known = re.findall(r"^\*\*(.*?)\.\*\*", (ROOT / "docs" / "references.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited <= set(known)


FIGURES = {  # what a page says in prose, and the constant that it must be
    "glossary.md": [(r"\(more than (\d+)\)", CERTIFIED_ENTRIES)],
    "limits.md": [(r"more than (\d+) entries", CERTIFIED_ENTRIES)],
    "002-four-ulps.md": [(r"within (\d+) ulps", AGREES_ULPS), (r"up to (\d+)u\(1", CONDITION_FACTOR)],
    "003-seventy-bits.md": [(r"accurate to (\d+) bits", ACCURACY_BITS), (r"from (\d+) bits on", PRECISIONS[0])],
    "004-eager-for-suites.md": [(r"up to (\d+) operations", COMPILED_NODES)],
    "011-rules-taken-off.md": [(r"More than (\d+) entries", CERTIFIED_ENTRIES)],
}


@pytest.mark.parametrize("page", FIGURES)
def test_figures_in_prose_are_those_of_the_code(page: str) -> None:
    text = next((ROOT / "docs").rglob(page)).read_text(encoding="utf-8")
    for pattern, constant in FIGURES[page]:
        found = re.findall(pattern, text)
        assert found, pattern
        assert {float(each) for each in found} == {constant}


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^- \[(.*?)\]\((.*?)\)$", (folder / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    titles = {path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in sorted(folder.glob("[0-9]*.md"))}
    assert [(f"# {int(name[:3])}. {title}", name) for title, name in listed] == [(title, name) for name, title in titles.items()]


def test_what_explain_reads_is_in_the_wheel() -> None:
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["force-include"] == {f"docs/{page}": f"diffcheck/{page}" for page in PAGES}


def test_the_generator_has_a_check_that_fails(tmp_path: Path) -> None:
    """Run on a copy whose cli.md is old."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "README.md").write_text("# Nothing\n")
    for source in (ROOT / "docs").glob("*.py"):
        (tmp_path / "docs" / source.name).write_text(source.read_text(encoding="utf-8"))
    check = [sys.executable, str(tmp_path / "docs" / "generate.py")]
    assert subprocess.run([*check, "--check", "cli.md"], cwd=ROOT, capture_output=True, check=False).returncode == 1
    assert not (tmp_path / "docs" / "cli.md").exists()
    subprocess.run([*check, "cli.md"], cwd=ROOT, capture_output=True, check=True)
    assert (tmp_path / "docs" / "cli.md").read_text(encoding="utf-8") == (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    assert subprocess.run([*check, "--check", "cli.md"], cwd=ROOT, capture_output=True, check=False).returncode == 0
