"""Processes under supervision: what ends them, what they leave behind, where they look for modules."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import PASS, UNDECIDED, USAGE, diffcheck, process, started

from diffcheck.processes.limits import Limits

STUCK = "polygamma(1000000, x)"  # in FLINT, for minutes
SUITE = '[[case]]\nexpr = "abs(x)"\nat = 0\nclaim = "2"\n'


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    pytest.fail("nothing happened for a minute")


def stat(pid: int) -> list[str]:
    """State, parent, group and so on, as proc(5) lists them; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def children(pid: int) -> list[int]:
    every = [int(place.name) for place in Path("/proc").glob("[0-9]*")]
    return [each for each in every if stat(each)[1:2] == [str(pid)]]


def is_alive(pid: int) -> bool:
    return stat(pid)[:1] not in ([], ["Z"])


# Nobody is left behind


def stuck_check(directory: Path) -> subprocess.Popen[str]:
    return started(["check", STUCK, "--at", "2", "--format", "json", "-o", "out.json"], directory)


def stuck_run(directory: Path) -> subprocess.Popen[str]:
    (directory / "suite.toml").write_text(f'[[case]]\nexpr = "{STUCK}"\nat = 2\n')
    return started(["run", "suite.toml"], directory)


@pytest.mark.parametrize("start", [stuck_check, stuck_run])
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "stopped by SIGTERM"),
        (signal.SIGHUP, 129, "stopped by SIGHUP"),
        (signal.SIGKILL, -9, ""),
    ],
)
def test_whatever_ends_a_command_ends_what_works_for_it(
    number: signal.Signals, code: int, word: str, start: Callable[[Path], subprocess.Popen[str]], tmp_path: Path
) -> None:
    running = start(tmp_path)
    wait_for(lambda: children(running.pid))
    (worker,) = children(running.pid)
    wait_for(lambda: int((stat(worker) or ["0"] * 12)[11]) > 100)  # a second of work: it is beyond its imports
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert (running.returncode, word in said, "Traceback" in said) == (code, True, False)
    wait_for(lambda: not is_alive(worker))
    assert [path.name for path in tmp_path.iterdir() if path.name != "suite.toml"] == []


def test_a_worker_ends_with_whoever_called_python(tmp_path: Path) -> None:
    code = f"import diffcheck; diffcheck.check({STUCK!r}, 2, timeout=60)"
    running = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    wait_for(lambda: children(running.pid))
    (worker,) = children(running.pid)
    running.kill()
    running.wait()
    wait_for(lambda: not is_alive(worker))


def test_ctrl_c_during_the_imports_is_told_in_a_word(tmp_path: Path) -> None:
    code = """
import os, signal, sys
import diffcheck.__main__
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
diffcheck.__main__.main()
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")


@pytest.mark.parametrize("background", ["nohup", "trap '' TERM;"])
def test_signals_that_are_ignored_from_the_start_stay_so(background: str, tmp_path: Path) -> None:
    number = signal.SIGHUP if background == "nohup" else signal.SIGTERM
    words = f"{background} {sys.executable} -m diffcheck check 'x^2' --at 3 --format jsonl"
    running = subprocess.Popen(["sh", "-c", f"exec {words}" if background == "nohup" else words], cwd=tmp_path, stdout=subprocess.PIPE)
    time.sleep(0.5)
    running.send_signal(number)
    assert running.communicate(timeout=60)[0].startswith(b"{")


# Code of a user's


def check_jax(code: str, directory: Path, *options: str) -> tuple[int, str]:
    (directory / "user.py").write_text(code)
    ended = process(["check-jax", "user.py:f", "--at", "2", *options], directory)
    return ended.code, ended.stderr


def test_code_that_ignores_signals_is_ended_in_time(tmp_path: Path) -> None:
    code = """
import signal, time
for number in (signal.SIGALRM, signal.SIGTERM, signal.SIGXCPU):
    signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [number])
def f(x):
    time.sleep(600)
"""
    begun = time.monotonic()
    assert check_jax(code, tmp_path, "--timeout", "5")[0] == UNDECIDED
    assert time.monotonic() - begun < 60


def test_a_process_that_code_has_forked_neither_lifts_the_limit_nor_stays(tmp_path: Path) -> None:
    code = """
import os, time
if os.fork() == 0:
    open("forked", "w").write(str(os.getpid()))
    os.setpgid(0, 0)
    time.sleep(600)
def f(x):
    return x * x
"""
    begun = time.monotonic()
    assert check_jax(code, tmp_path) == (PASS, "")
    assert time.monotonic() - begun < 60
    assert not is_alive(int((tmp_path / "forked").read_text()))


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ("raise BaseException('b')", USAGE, "error: f raised BaseException: b"),
        ("raise KeyboardInterrupt", 130, "interrupted"),
        ("raise GeneratorExit", USAGE, "error: f raised GeneratorExit"),
        ("import sys; sys.exit(0)", USAGE, "error: f raised SystemExit"),
        ("import os; os._exit(0)", UNDECIDED, "error: crashed: exit code 0\nIts own code, or a library, ended the process."),
        (
            "import os; os.kill(os.getpid(), 9)",
            UNDECIDED,
            "error: crashed: SIGKILL\nIts own code, a library or the system sent this signal",
        ),
    ],
)
def test_code_that_leaves_is_never_a_pass(body: str, code: int, said: str, tmp_path: Path) -> None:
    found, words = check_jax(f"def f(x):\n    {body}\n", tmp_path)
    assert (found, words.startswith(said)) == (code, True), words


# Limits


@pytest.mark.parametrize("option", ["--timeout inf", "--timeout 1e300", "--timeout nan", "--timeout 0", "--timeout -1"])
def test_a_time_that_is_no_limit_is_told_in_words(option: str) -> None:
    ended = diffcheck("check", "x", "--at", "1", *option.split())
    assert ended.code == USAGE
    assert "a time limit of" in ended.stderr
    assert "Give 0.01 to 10,000,000 seconds." in ended.stderr


@pytest.mark.parametrize("megabytes", [0, 511, 99_999_999_999_999])
def test_so_is_a_memory_that_nobody_has(megabytes: int) -> None:
    ended = diffcheck("check", "x", "--at", "1", "--max-memory", str(megabytes))
    assert (ended.code, "Give 512 to 1,000,000,000 megabytes." in ended.stderr) == (USAGE, True)


def under(limit: str, directory: Path) -> subprocess.CompletedProcess[str]:
    words = f"ulimit {limit}; exec {sys.executable} -m diffcheck check x --at 1 --format jsonl"
    return subprocess.run(["sh", "-c", words], cwd=directory, capture_output=True, text=True, check=False, timeout=60)


def test_a_lower_limit_of_the_system_is_kept(tmp_path: Path) -> None:
    assert under("-d 1000000", tmp_path).returncode == PASS
    too_low = under("-d 300000", tmp_path)
    assert (too_low.returncode, "the system gives this process 292 MB" in too_low.stderr) == (USAGE, True)


def test_limits_are_a_value() -> None:
    assert Limits(1.5, 600) == Limits(seconds=1.5, megabytes=600)


@pytest.mark.parametrize("arguments", [["check", "x", "--at", "1"], ["run", "suite.toml"]])
def test_a_system_without_another_process_is_said_so(arguments: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = """
import os, subprocess

def refused(*args, **options):
    raise BlockingIOError(11, "Resource temporarily unavailable")

os.fork = subprocess.Popen.__init__ = refused
from diffcheck.__main__ import main
main()
"""
    (tmp_path / "suite.toml").write_text(SUITE)
    ended = subprocess.run([sys.executable, "-c", code, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, "Resource temporarily unavailable" in ended.stderr, "internal" in ended.stderr) == (UNDECIDED, True, False)


def test_a_jax_that_leaves_when_it_starts_is_lost_alone(tmp_path: Path) -> None:
    ended = process(["check", "x^2", "--at", "3"], tmp_path, env={**os.environ, "XLA_FLAGS": "--garbage"})
    assert (ended.code, ended.stdout.count("exact"), ended.stdout.count("crashed in the automatic stage")) == (UNDECIDED, 1, 1)


# Where modules are looked for

NAMES = ("flint", "sympy", "jax", "numpy", "lark", "json", "typing_extensions", "matplotlib", "rich", "typer", "pydantic", "mpmath")


@pytest.fixture(name="planted")
def planted_fixture(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(f"open('executed-{name}', 'w').close()\nraise SystemExit(77)\n")
    (tmp_path / "suite.toml").write_text(SUITE)
    return tmp_path


@pytest.mark.parametrize("path", ["", ".", ":", "relative:"])
@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "suite.toml", "--format", "html"],
        ["check", "x^2", "--at", "3"],
        ["plot", "x^2", "--at", "3", "-o", "plot.png"],
        ["check-jax", "jax.nn:relu", "--at", "3"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_no_module_of_the_current_directory_is_executed(arguments: list[str], path: str, planted: Path) -> None:
    if path != "." and arguments[0] != "run":
        pytest.skip("one kind of path will do")
    ended = process(arguments, planted, env={**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{Path(__file__).parents[1]}"})
    assert ended.code == (1 if arguments[0] == "run" else PASS), ended.stderr
    assert list(planted.glob("executed-*")) == []
    assert "data:image/svg" in ended.stdout or arguments[0] != "run"


def test_a_module_that_a_user_names_is_found_there(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(x):\n    return x * x\n")
    ended = process(["check-jax", "mine:f", "--at", "3"], tmp_path)
    assert ended.code == PASS, ended.stderr


# Where there is no POSIX

WITHOUT_POSIX = """
import os, sys
del os.fork, os.killpg
sys.modules["resource"] = sys.modules["fcntl"] = None
from diffcheck.__main__ import main
main()
"""


SENTENCE = "error: diffcheck keeps its limits on Linux and macOS only; on Windows, run it in WSL\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], PASS), (["run", "--help"], PASS), (["check", "x", "--at", "1"], UNDECIDED), (["run", "s.toml"], UNDECIDED)],
)
def test_windows_is_told_in_one_sentence(arguments: list[str], code: int, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SUITE)
    ended = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == code, ended.stderr
    assert ended.stderr == ("" if code == PASS else SENTENCE)


@pytest.mark.parametrize("command", ["check-jax", "run"])
def test_code_that_closes_its_descriptors_is_ended_in_time(command: str, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text("import os, time\ndef f(x):\n    os.closerange(3, 200)\n    time.sleep(600)\n")
    (tmp_path / "suite.toml").write_text('[[case]]\nfunction = "user.py:f"\nat = 2\n')
    arguments = ["check-jax", "user.py:f", "--at", "2"] if command == "check-jax" else ["run", "suite.toml", "--allow-code"]
    ended = process([*arguments, "--timeout", "5"], tmp_path)
    assert (ended.code, "timed out after 5 s" in ended.stdout + ended.stderr) == (UNDECIDED, True)


def test_code_that_forks_and_goes_on_writes_one_report(tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text("import os\nos.fork()\ndef f(x):\n    return x*x\n")
    ended = process(["check-jax", "user.py:f", "--at", "2", "--format", "json"], tmp_path)
    assert (ended.code, json.loads(ended.stdout)["schema_version"]) == (PASS, 1)


@pytest.mark.parametrize("closed", ["", "<&- >&- 2>&-"])
def test_what_code_prints_is_no_part_of_the_report(closed: str, tmp_path: Path) -> None:
    code = "import os\nos.system('echo by a program')\nos.write(1, b'by hand')\ndef f(x):\n    return x*x\n"
    (tmp_path / "user.py").write_text(code)
    words = f"{sys.executable} -m diffcheck check-jax user.py:f --at 2 --format json"
    line = f"{words} -o out.json {closed}" if closed else f"{words} > out.json"
    assert subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, check=False, timeout=300).returncode == PASS
    assert json.loads((tmp_path / "out.json").read_text())["schema_version"] == 1


def test_a_picture_is_drawn_where_the_command_began(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    code, _ = check_jax("import os\nos.chdir('elsewhere')\ndef f(x):\n    return x*x\n", tmp_path, "--plot", "p.svg")
    assert (code, (tmp_path / "p.svg").exists(), [*(tmp_path / "elsewhere").iterdir()]) == (PASS, True, [])


def test_every_worker_ends_with_a_run_that_is_killed_whatever_it_does(tmp_path: Path) -> None:
    # integers of Python compute without looking at anything else; no thread of theirs comes to see that the supervisor is gone
    (tmp_path / "user.py").write_text("import os\ndef f(x):\n    open(f'at_work_{os.getpid()}', 'w').close()\n    7 ** 10**8\n")
    (tmp_path / "suite.toml").write_text('[[case]]\nfunction = "user.py:f"\nat = 2\n' * 2)
    running = started(["run", "suite.toml", "--allow-code", "-j", "2"], tmp_path)
    wait_for(lambda: len([*tmp_path.glob("at_work_*")]) == 2)
    workers = children(running.pid)
    running.kill()
    running.communicate()
    wait_for(lambda: not any(map(is_alive, workers)))


def test_a_session_of_its_own_does_not_save_what_a_case_has_started(tmp_path: Path) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        open("forked", "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
while not os.path.exists("forked") or not open("forked").read():
    time.sleep(0.01)
def f(x):
    return x * x
"""
    (tmp_path / "user.py").write_text(code)
    (tmp_path / "suite.toml").write_text('[[case]]\nfunction = "user.py:f"\nat = 2\n')
    assert process(["run", "suite.toml", "--allow-code"], tmp_path).code == PASS
    assert not is_alive(int((tmp_path / "forked").read_text()))


def test_a_fork_of_the_caller_has_workers_of_its_own(tmp_path: Path) -> None:
    code = """
import os, sys
import diffcheck

def values(sign):
    return [diffcheck.check(f"x + {sign}*{k}", 1, timeout=300).samples[0].primal for k in range(5)]

values(1)
pid = os.fork()
sign = 1 if pid else -1
found = values(sign) == [1 + sign*k for k in range(5)]
if pid:
    assert found and os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
else:
    os._exit(0 if found else 1)
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_ctrl_c_is_heard_where_what_it_raises_is_swallowed(tmp_path: Path) -> None:
    code = """
import os, signal, sys
import diffcheck.__main__
signal.signal(signal.SIGINT, signal.default_int_handler)

class Swallowing:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            try:
                os.kill(os.getpid(), signal.SIGINT)
            except BaseException:
                pass

sys.meta_path.insert(0, Swallowing())
sys.argv[1:] = ["check", "polygamma(1000000, x)", "--at", "2"]
diffcheck.__main__.main()
"""
    ended = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert (ended.returncode, ended.stderr) == (130, "interrupted\n")
