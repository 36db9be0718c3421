"""[tool.diffcheck] in pyproject.toml: what a project may set, where it is looked for, and what is said of one that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from command_line import PASS, USAGE, Ended, diffcheck, process

from diffcheck.cli import app
from diffcheck.cli.configuration import EVERY, OWN, settable

TEXT, LATEX = "df/dx = 2*x\n", r"\frac{d f}{d x} = 2 x" + "\n"
ASKS_FOR_LATEX = '[tool.diffcheck.derive]\nformat = "latex"\n'
LINE_ONLY = {  # what a stranger's directory must not say, and what belongs to one command line
    *("allow-code", "output", "points", "plot", "scheduler"),
    *(
        "at",
        "interval",
        "range",
        "random",
        "seed",
        "directions",
        "entries",
        "domain",
        "shape",
        "wrt",
        "of",
        "claim",
        "against",
        "shard",
        "resume",
    ),
    *("taylor", "derivative", "errors", "all", "compose", "sweep", "steps", "entry", "pass", "exercise", "sheet"),
    *("gradient", "jacobian", "hessian", "order", "along", "hvp", "side"),
    *("version", "isolated", "k", "j", "o", "V"),
}


@pytest.fixture(name="project")
def project_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _set(directory: Path, text: str) -> Path:
    path = directory / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_project_sets_defaults_and_the_command_line_wins(project: Path) -> None:
    _set(project, ASKS_FOR_LATEX)
    assert diffcheck("derive", "x^2") == Ended(PASS, LATEX, "")
    assert diffcheck("derive", "x^2", "--format", "text") == Ended(PASS, TEXT, "")


def test_a_table_of_a_command_goes_before_the_one_of_all(project: Path) -> None:
    """0.1 is rounded to the format under test."""
    at = {"float32": 0.1 + 1.490116119384766e-09, "float64": 0.1}
    for text, expected in (
        ('[tool.diffcheck]\ndtype = "float32"\n', "float32"),
        ('[tool.diffcheck]\ndtype = "float32"\n[tool.diffcheck.check]\ndtype = "float64"\n', "float64"),
    ):
        _set(project, text)
        line = json.loads(diffcheck("check", "x^2", "--at", "0.1", "--format", "jsonl").stdout)
        assert line["point"]["x"] == pytest.approx(at[expected], rel=1e-15)


def test_flags_and_numbers_can_be_set(project: Path) -> None:
    _set(project, "[tool.diffcheck]\ntimeout = 5\n[tool.diffcheck.check]\nstrict = true\nlatex = true\nsamples = 12\n")
    ended = diffcheck("check", "x^2", "--interval", "1,2")
    assert (ended.code, "8 points sampled" in ended.stdout, "LaTeX" in ended.stdout or r"\frac" in ended.stdout) == (PASS, True, True)


def test_the_nearest_file_with_the_table_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = project / "a" / "b"
    below.mkdir(parents=True)
    _set(project, ASKS_FOR_LATEX)
    _set(project / "a", '[project]\nname = "without"\ndependencies = ["diffcheck-ad"]\n')
    monkeypatch.chdir(below)
    assert diffcheck("derive", "x^2").stdout == LATEX
    _set(below, "[tool.diffcheck]\ntimeout = 7.5\n")
    assert diffcheck("derive", "x^2").stdout == TEXT


@pytest.mark.parametrize("arguments", [("--isolated", "derive", "x^2"), ("derive", "x^2", "--isolated"), ("derive", "--isolated", "x^2")])
def test_isolated_leaves_it_aside(project: Path, arguments: tuple[str, ...]) -> None:
    for text in (ASKS_FOR_LATEX, "[tool.diffcheck]\nnonsense = 1\n", "[tool.diffcheck"):
        _set(project, text)
        assert diffcheck(*arguments) == Ended(PASS, TEXT, "")


@pytest.mark.parametrize("arguments", [("derive", "-h"), ("derive", "-V"), ("-V",), ("-h",), ("explain", "kink"), ("schema",)])
def test_what_uses_no_setting_is_not_stopped_by_a_wrong_one(project: Path, arguments: tuple[str, ...]) -> None:
    _set(project, "[tool.diffcheck]\nnonsense = 1\n")
    assert diffcheck(*arguments).code == PASS


FAULTS = (  # a line of the file, and what is said of it
    ("timeot = 4", "'timeot' is unknown. Did you mean 'timeout'?"),
    ("max_memory = 1000", "'max_memory' is unknown. Did you mean 'max-memory'?"),
    (
        "zzz = 1",
        "'zzz' is unknown. Known: dtype, timeout, max-memory, strict, color, check, check-jax, derive, trace, cost, plot, run, functions.",
    ),
    ('max-memory = "1000"', "'max-memory': a whole number from 512 to 1,000,000,000 is wanted"),
    ("max-memory = 1e3", "'max-memory': a whole number from 512 to 1,000,000,000 is wanted"),
    ("timeout = true", "'timeout': a number from 0.01 to 10,000,000.0 is wanted"),
    ("timeout = nan", "'timeout': a number from 0.01 to 10,000,000.0 is wanted"),
    ("strict = 1", "'strict': true or false is wanted"),
    ('dtype = "flaot32"', "'dtype': 'flaot32' is unknown. Did you mean 'float32'?"),
    ("color = []", "'color': 'auto', 'always' or 'never' is wanted"),
    ("allow-code = true", "'allow-code' is for the command line only"),
    ('output = "report.json"', "'output' is for the command line only"),
    ('scheduler = "tcp://example.org:1"', "'scheduler' is for the command line only"),
    (
        'format = "json"',
        "'format' belongs to [tool.diffcheck.check], [tool.diffcheck.check-jax], [tool.diffcheck.derive], [tool.diffcheck.trace], "
        "[tool.diffcheck.cost], [tool.diffcheck.run]",
    ),
    ("run = 3", "'run' is a table: [tool.diffcheck.run]"),
    ("run.workers = 0", "'workers': a whole number from 1 to 1,024 is wanted"),
    ("run.allow-code = true", "'allow-code' is for the command line only"),
    ("derive.dtype = 'float32'", "'dtype' is not for this command. Known: timeout, max-memory, format."),
    ("'\u200b' = 1", r"'\u200b' is unknown. Known: "),
)


@pytest.mark.parametrize(("line", "said"), FAULTS)
def test_a_wrong_setting_is_an_error_with_its_line(project: Path, line: str, said: str) -> None:
    path = _set(project, f"[project]\nname = 'x'\n\n[tool.diffcheck]\n{line}\n")
    ended = diffcheck("check", "x^2", "--at", "2")
    assert (ended.code, ended.stdout) == (USAGE, "")
    assert ended.stderr.startswith(f"error: {path}:5: {said}")
    assert ended.stderr.endswith("\nCorrect it, or leave it aside with --isolated.\n")


def test_all_faults_are_told_at_once(project: Path) -> None:
    path = _set(project, "[tool.diffcheck]\nstrict = 1\n[tool.diffcheck.run]\nformat = 'jsn'\n[tool.diffcheck.plot]\nsamples = 1\n")
    first, second, third, _ = diffcheck("check", "x^2", "--at", "2").stderr.splitlines()
    assert first == f"error: {path}:2: 'strict': true or false is wanted"
    assert second == f"{path}:4: 'format': 'jsn' is unknown. Did you mean 'json'?"
    assert third == f"{path}:6: 'samples': a whole number from 2 to 1,000,000,000 is wanted"


NOT_READ = (  # a file, and what is said of it
    (b"[tool.diffcheck]\ntimeout = \n", ":2: Invalid value"),
    (b"# diffcheck\n[tool.diffcheck]\nx = " + b"[" * 500, ":3: brackets are nested deeper than 100"),
    (b"# diffcheck \xff", ": not a text in UTF-8"),
    (b"[tool]\ndiffcheck = 3\n", ":2: [tool.diffcheck] is a table"),
    (b"#" * 4_000_001, ": it is longer than the limit of 4 MB"),
)


@pytest.mark.parametrize(("text", "said"), NOT_READ)
def test_a_file_that_cannot_be_read_is_an_error(project: Path, text: bytes, said: str) -> None:
    (project / "pyproject.toml").write_bytes(text)
    ended = diffcheck("derive", "x^2")
    assert (ended.code, said in ended.stderr, "--isolated" in ended.stderr) == (USAGE, True, True)


def test_what_is_wrong_with_other_tools_is_no_matter_of_ours(project: Path) -> None:
    """A file without the word cannot have the table, and what is no regular file is passed by."""
    _set(project, "[tool.black\n")
    below = project / "below"
    below.mkdir()
    os.mkfifo(below / "pyproject.toml")
    assert process(["derive", "x^2"], below) == Ended(PASS, TEXT, "")


def test_a_directory_that_is_gone_has_no_project(project: Path) -> None:
    gone = project / "gone"
    gone.mkdir()
    _set(gone, ASKS_FOR_LATEX)
    code = (
        f"import os, shutil, sys; os.chdir({str(gone)!r}); shutil.rmtree({str(gone)!r}); sys.argv = ['diffcheck', 'derive', 'x^2']; "
        "from diffcheck.__main__ import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (PASS, TEXT, "")


# What can be set


def test_every_option_can_be_set_or_is_for_the_command_line_only() -> None:
    """A new option has to be put into one of the two lists."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    for name, command in commands.items():
        names = [name for parameter in command.params if parameter.param_type_name == "option" for name in parameter.opts]
        options = frozenset(name.lstrip("-") for name in names)
        free = set(settable(name, {name: options}))
        assert not free & LINE_ONLY
        if name in OWN:
            assert options - free <= LINE_ONLY, name
            assert set(OWN[name]) <= options, name
        else:
            assert not free & set(EVERY), name


def test_python_reads_no_settings(project: Path) -> None:
    import diffcheck as package

    _set(project, "[tool.diffcheck]\nnonsense = 1\n")
    assert package.check("x^2", at=2).outcome.value == "pass"
