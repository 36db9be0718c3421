"""The command line: what it accepts, how it ends, where its output goes. Wrong input: test_cli_errors.py."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from contextlib import chdir
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from command_line import FAIL, INTERRUPTED, OUTPUT, PASS, PIPE, UNDECIDED, USAGE, Ended, command, diffcheck, process, started

from diffcheck.cli import app

HEAVY = ("jax", "sympy", "flint", "matplotlib", "numpy")
GREEN = b"\x1b[32m"
ENDLESS = ["check", "digamma(x)^2", "--at", "linspace(1,2,10000)", "--format", "jsonl"]  # minutes of work, told while it is done


# Exit codes


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["check", "x^2", "--at", "2"], PASS),
        (["check", "sqrt(x)", "--at", "0"], PASS),
        (["check", "sqrt(x)", "--at", "0", "--strict"], FAIL),
        (["check", "log(x)", "--at", "-1"], FAIL),
        (["check", "x^2", "--at", "2", "--claim", "3x"], FAIL),
        (["check", "lambertw(x)", "--at", "1"], UNDECIDED),
        (["check", "lambertw(x)", "--at", "1", "--claim", "0"], FAIL),
        (["derive", "x^2"], PASS),
        (["derive", "zeta(x)"], UNDECIDED),
        (["functions"], PASS),
        (["--version"], PASS),
    ],
)
def test_the_exit_code_says_what_was_found(arguments: list[str], code: int) -> None:
    ended = diffcheck(*arguments)
    assert ended.code == code
    assert ended.stdout or ended.code == UNDECIDED


@pytest.mark.parametrize(("text", "point", "code"), [("x^2", "2", PASS), ("log(x)", "-1", FAIL), ("sni(x)", "1", USAGE)])
def test_a_process_ends_with_the_same_codes(text: str, point: str, code: int, tmp_path: Path) -> None:
    ended = process(["check", text, "--at", point], tmp_path)
    assert ended.code == code
    assert (ended.stdout == "") == (code == USAGE)
    assert (ended.stderr == "") == (code != USAGE)


SUITES = {
    "right": ('[[case]]\nexpr = "x^2"\nat = 1', PASS),
    "wrong": ('[[case]]\nexpr = "x^2"\nat = 1\nclaim = "x"', FAIL),
    "open": ('[[case]]\nexpr = "lambertw(x)"\nat = 1', UNDECIDED),
    "unreadable": ('[[case]]\nexpr = "sni(x)"\nat = 1', USAGE),
    "wrong and unreadable": ('[[case]]\nexpr = "sni(x)"\nat = 1\n[[case]]\nexpr = "x^2"\nat = 1\nclaim = "x"', FAIL),
    "empty": ("", USAGE),
    "no TOML": ("[[case", USAGE),
}


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_ends_with_the_worst_of_its_cases(name: str, tmp_path: Path) -> None:
    text, code = SUITES[name]
    (tmp_path / "suite.toml").write_text(text)
    assert diffcheck("run", str(tmp_path / "suite.toml")).code == code


# What is accepted


@pytest.mark.parametrize("arguments", [["-x^2", "--at", "2"], ["--at", "2", "-x^2"], ["--at=2", "-x^2"], ["--at", "2", "--", "-x^2"]])
def test_an_expression_may_begin_with_a_minus(arguments: list[str]) -> None:
    ended = diffcheck("check", *arguments)
    assert ended.code == PASS
    assert "read as: -(x^2)\n" in ended.stdout
    assert "df/dx = -2*x\n" in ended.stdout


def test_a_claim_and_a_point_may_begin_with_a_minus() -> None:
    ended = diffcheck("check", "-x^2", "--at", "-2", "--claim", "-2x")
    assert ended.code == PASS
    assert "at x = -2" in ended.stdout


def test_a_dash_reads_standard_input() -> None:
    assert "read as: f(x) = x^2; f(x) + 1\n" in diffcheck("check", "-", "--at", "2", stdin="f(x) = x^2  # a comment\nf(x) + 1\n").stdout
    assert diffcheck("derive", "-", stdin="x^3").stdout == "df/dx = 3*x^2\n"


def test_points_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("y,x\n2,1\n4,3\n")
    ended = diffcheck("check", "x*y", "--points", str(tmp_path / "points.csv"), "--wrt", "x", "--format", "jsonl")
    samples = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [sample["point"] for sample in samples] == [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 4.0}]
    assert [sample["results"][0]["value"] for sample in samples] == [2.0, 4.0]


def test_a_report_as_json_is_one_object() -> None:
    report = json.loads(diffcheck("check", "x^2", "--at", "1", "--at", "2", "--format", "json").stdout)
    assert report["header"]["read_as"] == "x^2"
    assert [sample["point"]["x"] for sample in report["samples"]] == [1.0, 2.0]
    assert report["summary"]["outcomes"] == {"pass": 6}


def test_float32_is_another_format() -> None:
    ended = diffcheck("check", "0.1x", "--at", "0.1", "--dtype", "float32", "--format", "jsonl")
    assert json.loads(ended.stdout)["point"]["x"] == 0.10000000149011612


# Output


def test_a_file_gets_what_standard_output_would(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    ended = diffcheck("check", "x^2", "--at", "2", "-o", str(file))
    assert ended == Ended(PASS, "", f"{file}: written as text\n")
    assert file.read_text(encoding="utf-8") == diffcheck("check", "x^2", "--at", "2").stdout
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


@pytest.mark.parametrize(
    ("command", "name", "format"),
    [
        ("derive x^2", "f.tex", "latex"),
        ("derive x^2", "f.py", "python"),
        ("derive x^2 --format jax", "f.py", "jax"),
        ("derive x^2 --steps", "F.MD", "markdown"),
        ("derive x^2 --format latex", "f.txt", "latex"),
        ("trace x^2 --at 2", "f.csv", "csv"),
        ("trace x^2 --at 2", "f.svg", "svg"),
        ("cost x^2 --at 2 --no-times", "f.md", "markdown"),
        ("check x^2 --at 2", "f.md", "text"),
        ("check x^2 --at 2", "f.xml", "junit"),
        ("check x^2 --at 2 --format sarif", "f.sarif.json", "sarif"),
    ],
)
def test_the_ending_of_a_name_chooses_the_format_that_is_not_given(command: str, name: str, format: str, tmp_path: Path) -> None:
    file = tmp_path / name
    (tmp_path / "pyproject.toml").write_text('[tool.diffcheck.trace]\nformat = "json"\n')
    with chdir(tmp_path):
        assert diffcheck(*command.split(), "-o", str(file)) == Ended(PASS, "", f"{file}: written as {format}\n")
        if format != "svg":
            command = command.partition(" --format")[0]
            assert file.read_text(encoding="utf-8") == diffcheck(*command.split(), "--format", format).stdout
    assert file.stat().st_size > 0


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("derive x^2 --format latex -o f.json", "--format latex contradicts the name f.json: .json files are json"),
        ("trace x^2 --at 2 --format csv -o f.png", "--format csv contradicts the name f.png: .png files are png"),
        ("check x^2 --at 2 -o f.png", "this command writes no .png files, and f.png would be one"),
        ("trace x^2 --at 2 -o f.gif", "this command writes no .gif files, and f.gif would be one"),
        ("trace x^2 --at 2 --format svg", "a picture is written to a file"),
    ],
)
def test_a_name_that_contradicts_the_format_is_refused(command: str, problem: str, tmp_path: Path) -> None:
    with chdir(tmp_path):
        ended = diffcheck(*command.split())
    assert (ended.code, ended.stderr.splitlines()[0], list(tmp_path.iterdir())) == (USAGE, f"error: {problem}", [])


def test_a_file_stays_as_it_was_when_the_command_fails(tmp_path: Path) -> None:
    file = tmp_path / "report.txt"
    file.write_text("old")
    for arguments in (["check", "sni(x)", "--at", "1"], ["check", "x", "--at", "two"], ["derive", "zeta(x)"]):
        assert diffcheck(*arguments, "-o", str(file)).code in (USAGE, UNDECIDED)
        assert file.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_a_file_stays_as_it_was_when_the_command_is_interrupted(tmp_path: Path) -> None:
    file = tmp_path / "report.jsonl"
    file.write_text("old")
    child = started([*ENDLESS, "-o", str(file)], tmp_path)
    _wait_until(lambda: _written_so_far(child.pid, tmp_path))
    child.send_signal(signal.SIGINT)
    assert child.wait(timeout=60) == INTERRUPTED
    assert file.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.jsonl"]


def _written_so_far(pid: int, directory: Path) -> int:
    """Bytes in the file without a name that a process has opened in a directory."""
    places = [path for path in Path(f"/proc/{pid}/fd").iterdir() if path.is_symlink() and str(directory) in os.readlink(path)]
    return sum(path.stat().st_size for path in places)


def test_nothing_is_left_of_a_file_whose_process_is_killed(tmp_path: Path) -> None:
    child = started([*ENDLESS, "-o", "report.jsonl"], tmp_path)
    _wait_until(lambda: _written_so_far(child.pid, tmp_path))
    child.kill()
    child.communicate()
    picture = process(["plot", "polygamma(1000000, x)", "--at", "1", "--timeout", "2", "-o", "picture.png"], tmp_path)
    assert (picture.code, "timed out" in picture.stderr) == (UNDECIDED, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("target", ["", "missing/report.txt", "/dev/full"])
def test_what_cannot_be_written_ends_with_code_4(target: str, tmp_path: Path) -> None:
    ended = diffcheck("check", "x^2", "--at", "2", "-o", str(tmp_path / target))
    assert (ended.code, ended.stdout) == (OUTPUT, "")
    assert ended.stderr.startswith("error: cannot write ")
    assert not list(tmp_path.iterdir())


WRITERS = [["functions"], ["check", "x^2", "--at", "2"], ["derive", "x^2"]]


@pytest.mark.parametrize("arguments", WRITERS)
def test_a_full_disk_and_a_closed_output_end_with_code_4(arguments: list[str], tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        ended = process(arguments, tmp_path, stdout=full)
    assert ended == Ended(OUTPUT, "", "error: cannot write the result: No space left on device\n")
    shell = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command(*arguments)], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (shell.returncode, shell.stderr) == (OUTPUT, "error: standard output is closed\n")


def test_help_onto_a_full_disk_ends_with_code_4(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        assert process(["--help"], tmp_path, stdout=full).code == OUTPUT


@pytest.mark.parametrize("arguments", WRITERS)
def test_a_pipe_that_nobody_reads_ends_with_code_141(arguments: list[str], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert process(arguments, tmp_path, stdout=writer) == Ended(PIPE, "", "")
    os.close(writer)


def test_a_closed_pipe_ends_with_code_141(tmp_path: Path) -> None:
    child = started(ENDLESS, tmp_path)
    assert child.stdout is not None
    assert child.stderr is not None
    assert json.loads(child.stdout.readline())["status"] == "smooth"
    child.stdout.close()
    assert child.wait(timeout=60) == PIPE
    assert child.stderr.read() == ""


def test_an_interrupt_ends_with_code_130(tmp_path: Path) -> None:
    child = started(ENDLESS, tmp_path)
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    _, stderr = child.communicate(timeout=60)
    assert (child.returncode, stderr) == (INTERRUPTED, "interrupted\n")


def _wait_until(condition: Any) -> None:
    for _ in range(600):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("nothing happened for a minute")


@pytest.mark.parametrize(
    ("options", "variables", "colored"),
    [
        ([], {}, True),
        ([], {"NO_COLOR": "1"}, False),
        ([], {"TERM": "dumb"}, False),
        (["--color", "never"], {}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
    ],
)
def test_a_terminal_gets_colours_unless_it_says_no(options: list[str], variables: dict[str, str], colored: bool, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "100", **variables}
    reader, writer = pty.openpty()
    child = subprocess.Popen(
        command("check", "x^2", "--at", "2", *options), cwd=tmp_path, env=environment, stdout=writer, stderr=subprocess.DEVNULL
    )
    os.close(writer)
    shown = _read_all(reader)
    assert child.wait(timeout=60) == PASS
    assert "✓ exact" in shown.decode()
    assert (GREEN in shown) == colored


def _read_all(descriptor: int) -> bytes:
    found = b""
    try:
        while part := os.read(descriptor, 65_536):
            found += part
    except OSError:  # how Linux says that the other end of a terminal is closed
        pass
    os.close(descriptor)
    return found


def test_what_is_no_terminal_gets_colours_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" not in diffcheck("check", "x^2", "--at", "2").stdout
    assert "\x1b[" in diffcheck("check", "x^2", "--at", "2", "--color", "always").stdout


# Start


def test_help_and_version_import_no_engine(tmp_path: Path) -> None:
    """-X importtime names every module that is imported."""
    for argument in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "diffcheck", argument], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
        assert "diffcheck" in imported
        assert not imported & set(HEAVY)


def test_the_help_of_no_command_imports_an_engine(tmp_path: Path) -> None:
    group: Any = typer.main.get_command(app)
    code = (
        "import sys; from typer.testing import CliRunner; from diffcheck.cli import app\n"
        f"for name in {list(group.commands)}: assert CliRunner().invoke(app, [name, '--help']).stdout.startswith('Usage: ')\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_version_is_that_of_the_package(tmp_path: Path) -> None:
    assert process(["--version"], tmp_path) == Ended(PASS, VERSIONS, "")


def test_a_report_on_very_many_points_says_that_a_sample_is_certified(tmp_path: Path) -> None:
    report = tmp_path / "report.jsonl"
    ended = diffcheck("check", "x^2", "--at", "linspace(0,1,10010)", "--format", "jsonl", "-o", str(report))
    assert ended.code == PASS
    assert "An even sample of 10,000 of 10,010 was certified" in ended.stderr
    statuses = [json.loads(line)["status"] for line in report.read_text().splitlines()]
    assert (len(statuses), statuses.count("unsampled"), statuses[0], statuses[-1]) == (10_010, 10, "smooth", "smooth")


VERSIONS = f"diffcheck {version('diffcheck-ad')} (JAX {version('jax')}, SymPy {version('sympy')}, FLINT {version('python-flint')})\n"
COMMANDS = ("check", "check-jax", "derive", "cost", "plot", "run", "explain", "functions", "schema")


@pytest.mark.parametrize("command", [(), *((command,) for command in COMMANDS)], ids=" ".join)
def test_every_command_knows_its_help_and_its_version(command: tuple[str, ...]) -> None:
    assert diffcheck(*command, "-V") == diffcheck(*command, "--version") == Ended(PASS, VERSIONS, "")
    short = diffcheck(*command, "-h")
    assert short == diffcheck(*command, "--help")
    assert short.code == PASS
    assert short.stdout.startswith("Usage: ")


def test_a_formula_may_begin_with_a_minus_that_is_no_option() -> None:
    assert "read as: -h" in diffcheck("check", "-(h)", "--at", "h=1").stdout


COMPLETED = "from diffcheck.__main__ import main; import sys; sys.argv = ['diffcheck']; main()"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands(shell: str, tmp_path: Path) -> None:
    asked = {
        "_DIFFCHECK_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "diffcheck ch",
        "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "diffcheck ch",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    environment = {**os.environ, **asked}
    done = subprocess.run([sys.executable, "-c", COMPLETED], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "check-jax" in done.stdout
    script = {**os.environ, "_DIFFCHECK_COMPLETE": f"source_{shell}"}
    shown = subprocess.run([sys.executable, "-c", COMPLETED], env=script, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert f"complete_{shell}" in shown.stdout
