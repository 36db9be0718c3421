"""Runs of suites as processes: killed, interrupted, resumed, in parts, onto full disks and closed pipes; nothing is lost or doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from command_line import INTERRUPTED, OUTPUT, PASS, PIPE, USAGE, Ended, command, diffcheck, process, started
from measured import within

from diffcheck.views.reports import WRITERS

CASES = 24
JSONL = ["--format", "jsonl", "-o", "results.jsonl"]


def suite(directory: Path, cases: int = CASES) -> Path:
    """Cheap cases, one of them unreadable and one wrong."""
    lines = [{"id": f"case {k}", "expr": f"sin({k}x) + x^2", "points": [{"x": 0.5}, {"x": 0.75}]} for k in range(2, cases)]
    wrong = {"id": "wrong", "expr": "x^2", "points": [{"x": 3}], "expected": [{"var": "x", "expr": "3x"}]}
    path = directory / "suite.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in [*lines, wrong, {"id": "no expression"}]))
    return path


@pytest.fixture(scope="module", name="undisturbed")
def undisturbed_fixture(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run writes that nothing happens to."""
    directory = tmp_path_factory.mktemp("undisturbed")
    suite(directory)
    process(["run", "suite.jsonl", *JSONL], directory)
    text = (directory / "results.jsonl").read_text()
    assert len(text.splitlines()) == 2 * (CASES - 2) + 2
    return text


def results(directory: Path) -> str:
    assert sorted(path.name for path in directory.iterdir()) == ["results.jsonl", "suite.jsonl"]
    return (directory / "results.jsonl").read_text()


def assert_undisturbed(directory: Path) -> None:
    """What was written is what a run writes that nothing happens to."""
    found = results(directory)
    (directory / "results.jsonl").unlink()
    process(["run", "suite.jsonl", *JSONL], directory, timeout=600)
    assert found == results(directory)


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = list[int]()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:  # a thread that has just ended
            continue
    return found


def wait_for(condition: Any) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("nothing happened for a minute")


def journal_lines(directory: Path) -> int:
    path = directory / "results.jsonl.journal"
    return path.read_bytes().count(b"\n") if path.exists() else 0


# Killed


@pytest.mark.parametrize(("cases", "times"), [(100, 3), pytest.param(4000, 100, marks=pytest.mark.long)])
def test_a_worker_may_be_killed_at_random_moments(cases: int, times: int, tmp_path: Path) -> None:
    """Each time some case is done before the next kill: one whose worker dies twice is `crashed`, as it should be."""
    suite(tmp_path, cases)
    run, chance = started(["run", "suite.jsonl", *JSONL], tmp_path), random.Random(times)
    for _ in range(times):
        before = max(1, journal_lines(tmp_path))
        wait_for(lambda: journal_lines(tmp_path) > before)  # noqa: B023
        time.sleep(chance.uniform(0, 0.2))
        (worker,) = children(run.pid)
        os.kill(worker, signal.SIGKILL)
        wait_for(lambda: worker not in children(run.pid))  # noqa: B023
    run.communicate(timeout=600)
    assert_undisturbed(tmp_path)


@pytest.mark.parametrize(("cases", "times"), [(CASES, 2), pytest.param(800, 40, marks=pytest.mark.long)])
def test_a_run_that_is_killed_again_and_again_is_resumed_to_the_same_results(cases: int, times: int, tmp_path: Path) -> None:
    suite(tmp_path, cases)
    chance, arguments = random.Random(times), ["run", "suite.jsonl", "-j", "2", *JSONL, "--resume"]
    for _ in range(times):
        before = max(1, journal_lines(tmp_path))
        run = started(arguments, tmp_path)
        wait_for(lambda: journal_lines(tmp_path) > before)  # noqa: B023
        time.sleep(chance.uniform(0, 0.02))
        run.kill()
        run.communicate()
    assert times < journal_lines(tmp_path) <= cases
    process(arguments, tmp_path, timeout=600)
    assert_undisturbed(tmp_path)


def test_a_last_line_without_an_end_is_run_again(undisturbed: str, tmp_path: Path) -> None:
    suite(tmp_path)
    run = started(["run", "suite.jsonl", *JSONL], tmp_path)
    wait_for(lambda: journal_lines(tmp_path) > 3)
    run.kill()
    run.communicate()
    journal = tmp_path / "results.jsonl.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rstrip(b"\n").rindex(b"\n") + 40])
    done = process(["run", "suite.jsonl", *JSONL, "--resume"], tmp_path)
    assert "1 failed" in done.stderr
    assert results(tmp_path) == undisturbed


@pytest.fixture(name="stopped")
def stopped_fixture(tmp_path: Path) -> Path:
    """A directory in which a run was interrupted."""
    suite(tmp_path)
    run = started(["run", "suite.jsonl", *JSONL], tmp_path)
    wait_for(lambda: journal_lines(tmp_path) > 2)  # the header, and two cases
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == INTERRUPTED
    assert said.splitlines()[-1] == "interrupted"
    assert " cases at " in said
    assert not (tmp_path / "results.jsonl").exists()
    return tmp_path


def test_an_interrupted_run_goes_on_where_it_was_asked_for_only(stopped: Path, undisturbed: str) -> None:
    refused = process(["run", "suite.jsonl", *JSONL], stopped)
    assert refused.code == USAGE
    assert refused.stderr.startswith("error: results.jsonl.journal was left behind by an interrupted run\nAdd --resume")
    changes = ((["--dtype", "float32"], "dtype was float64, and is float32"), (["--timeout", "5"], "timeout was 60.0, and is 5.0"))
    for options, what in changes:
        other = process(["run", "suite.jsonl", *JSONL, "--resume", *options], stopped)
        assert (other.code, other.stdout) == (USAGE, "")
        assert f"options: {what}" in other.stderr
    journal = stopped / "results.jsonl.journal"
    content = journal.read_text()
    journal.write_text(content.splitlines()[0].replace('"jax": "', '"jax": "9.', 1) + "\n")
    assert "versions: jax was 9." in process(["run", "suite.jsonl", *JSONL, "--resume"], stopped).stderr
    journal.write_text(content)
    process(["run", "suite.jsonl", *JSONL, "--resume"], stopped)
    assert results(stopped) == undisturbed


# Parts


def test_parts_and_patterns_choose_cases(tmp_path: Path) -> None:
    file = str(suite(tmp_path, 8))
    names = [f"case {k}" for k in range(2, 8)] + ["wrong", "no expression"]

    def chosen(*options: str) -> list[str]:
        ended = diffcheck("run", file, "--format", "jsonl", *options)
        return list(dict.fromkeys(json.loads(line)["id"] for line in ended.stdout.splitlines()))

    assert chosen("--shard", "1/3") == names[::3]
    assert chosen("--shard", "2/3", "-k", "CASE") == names[1:6:3]
    assert chosen("-k", "n*x") == ["no expression"]


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--shard", "0/3"], "'0/3' is not a part"),
        (["--shard", "4/3"], "'4/3' is not a part"),
        (["--shard", "one"], "'one' is not a part"),
        (["-k", "nowhere"], "selects none of 8 cases"),
        (["--resume"], "--resume goes on with a run that wrote to a file"),
    ],
)
def test_what_selects_nothing_is_one_error(options: list[str], what: str, tmp_path: Path) -> None:
    ended = diffcheck("run", str(suite(tmp_path, 8)), *options)
    assert (ended.code, ended.stdout) == (USAGE, "")
    assert ended.stderr.startswith("error: ")
    assert what in ended.stderr


# Output


def test_an_output_that_cannot_be_written_ends_with_code_4_before_anything_runs(tmp_path: Path) -> None:
    file = str(suite(tmp_path, 8))
    with within(5):
        ended = diffcheck("run", file, "-o", str(tmp_path / "missing" / "report.txt"))
    assert ended.code == OUTPUT
    assert ended.stderr.startswith("error: cannot write ")


@pytest.mark.parametrize("format", WRITERS)
def test_where_nothing_can_be_written_each_format_says_so_in_one_line(format: str, tmp_path: Path) -> None:
    arguments = ["run", "suite.jsonl", "--format", format]
    suite(tmp_path, 3)
    with open("/dev/full", "w") as full:
        assert process(arguments, tmp_path, stdout=full) == Ended(OUTPUT, "", "error: cannot write the result: No space left on device\n")
    with within(5):  # before anything is checked
        assert diffcheck(*arguments[:1], str(tmp_path / "suite.jsonl"), *arguments[2:], "-o", str(tmp_path)).code == OUTPUT


@pytest.mark.parametrize("format", ["text", "json"])
def test_where_nobody_reads_on_a_run_ends_without_a_word(format: str, tmp_path: Path) -> None:
    suite(tmp_path, 3)
    reader, writer = os.pipe()
    os.close(reader)
    assert process(["run", "suite.jsonl", "--format", format], tmp_path, stdout=writer) == Ended(PIPE, "", "")
    os.close(writer)


def test_a_full_disk_ends_with_code_4(tmp_path: Path) -> None:
    suite(tmp_path, 8)
    with open("/dev/full", "w") as full:
        ended = process(["run", "suite.jsonl", "--format", "jsonl"], tmp_path, stdout=full)
    assert (ended.code, ended.stderr) == (OUTPUT, "error: cannot write the result: No space left on device\n")
    assert process(["run", "suite.jsonl", "-o", "/dev/full"], tmp_path).stderr == "error: cannot write /dev/full: No space left on device\n"


def test_a_full_disk_under_the_journal_ends_with_code_4_and_can_be_resumed(undisturbed: str, tmp_path: Path) -> None:
    """A file may not grow beyond a limit, which fails as a disk does that is full."""
    suite(tmp_path)
    limited = ["sh", "-c", 'ulimit -f 20; trap "" XFSZ; exec "$@"', "sh", *command("run", "suite.jsonl", *JSONL)]
    done = subprocess.run(limited, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == OUTPUT
    assert done.stderr.startswith("error: cannot write results.jsonl.journal: ")
    process(["run", "suite.jsonl", *JSONL, "--resume"], tmp_path)
    assert results(tmp_path) == undisturbed


def test_a_closed_output_and_a_broken_pipe_end_as_they_should(tmp_path: Path) -> None:
    suite(tmp_path)
    shell = ["sh", "-c", '"$@" >&-', "sh", *command("run", "suite.jsonl")]
    closed = subprocess.run(shell, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (closed.returncode, closed.stderr) == (OUTPUT, "error: standard output is closed\n")
    run = started(["run", "suite.jsonl", "--format", "jsonl"], tmp_path)
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.readline()
    run.stdout.close()
    assert run.wait(timeout=60) == PIPE
    assert run.stderr.read() == ""


def test_no_worker_outlives_its_run(tmp_path: Path) -> None:
    suite(tmp_path, 400)
    run = started(["run", "suite.jsonl", "-j", "2", *JSONL], tmp_path)
    wait_for(lambda: len(children(run.pid)) == 2)
    workers = children(run.pid)
    run.kill()
    run.communicate()
    wait_for(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes() for pid in workers))


def test_the_lines_of_a_run_are_what_is_resumed(tmp_path: Path) -> None:
    """Reading a journal and writing it again changes no line."""
    file = str(suite(tmp_path, 8))
    direct = diffcheck("run", file, "--format", "jsonl")
    assert diffcheck("run", file, "--format", "jsonl", "-o", str(tmp_path / "out.jsonl")).code == direct.code != PASS
    assert (tmp_path / "out.jsonl").read_text() == direct.stdout


def test_a_report_does_not_take_the_place_of_its_suite(tmp_path: Path) -> None:
    file = suite(tmp_path, 3)
    before = file.read_text()
    ended = diffcheck("run", str(file), "--format", "jsonl", "-o", str(tmp_path / "." / "suite.jsonl"))
    assert (ended.code, "is a suite that is read" in ended.stderr) == (USAGE, True)
    assert file.read_text() == before
