"""Users without a home, a name, a terminal, a language, a disk to write on, or with settings for everything: it works, or says why not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from command_line import PASS, USAGE, Ended, command, diffcheck, process

from diffcheck.processes import workers

NOBODY = ["unshare", "-U", "--map-user=54321", "--map-group=54321", "env", "-u", "HOME", "-u", "XDG_CACHE_HOME"]
READ_ONLY = """
mkdir root && mount --bind / root && for each in proc dev; do mount --rbind /$each root/$each; done
mount -o remount,ro,bind root && exec chroot root sh -c '! touch "$0/written" 2> /dev/null && cd "$0" && exec "$@"' "$PWD" "$@"
"""


def is_allowed(*words: str) -> bool:
    return shutil.which(words[0]) is not None and subprocess.run(words, capture_output=True, check=False).returncode == 0


def ended(words: list[str], directory: Path, **options: Any) -> Ended:
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False, timeout=120, **options)
    return Ended(done.returncode, done.stdout, done.stderr)


def two_cases(directory: Path) -> Path:
    path = directory / "suite.toml"
    path.write_text('[[case]]\nexpr = "x^2"\nat = [1, 2]\n\n[[case]]\nexpr = "sin(x)"\nat = [1]\n')
    return path


# Who


@pytest.mark.skipif(not is_allowed(*NOBODY, "true"), reason="this system allows no user namespace")
@pytest.mark.parametrize("words", [("check", "x", "--at", "1"), ("run", "suite.toml")], ids=lambda words: words[0])
def test_nobody_without_a_home_or_a_name_needs_none(words: tuple[str, ...], tmp_path: Path) -> None:
    two_cases(tmp_path)
    found = ended([*NOBODY, *command(*words)], tmp_path)
    assert (found.code, found.stderr) == (PASS, "")


@pytest.mark.skipif(not is_allowed("unshare", "-m", "true"), reason="only root can make its file systems read-only")
def test_nothing_need_be_written(tmp_path: Path) -> None:
    found = ended(["unshare", "-m", "sh", "-c", READ_ONLY, "sh", *command("check", "x^2", "--at", "3")], tmp_path)
    assert (found.code, found.stderr) == (PASS, "")


# Settings

ODD = {
    "LC_ALL": "C", "TZ": "Mars/Olympus", "TERM": "unknown", "COLUMNS": "garbage", "LINES": "-1", "TMPDIR": "/nonexistent",
    "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "ascii", "HOME": "/dev/null", "XDG_CACHE_HOME": "",
    "JAX_ENABLE_X64": "0", "JAX_DISABLE_JIT": "1", "JAX_DEBUG_NANS": "1", "JAX_DEBUG_INFS": "1", "JAX_TRANSFER_GUARD": "disallow",
    "JAX_NUMPY_DTYPE_PROMOTION": "strict", "JAX_NUMPY_RANK_PROMOTION": "raise", "JAX_TRACEBACK_FILTERING": "remove_frames",
}  # fmt: skip


def test_no_setting_changes_what_is_found(tmp_path: Path) -> None:
    words = ["check", "log(x)*exp(800x)", "--at", "linspace(-1,1,101)", "--format", "json"]
    with_all = process(words, tmp_path, env={**os.environ, **ODD})
    assert with_all.stderr == ""
    without = diffcheck(*words)
    assert (with_all.code, json.loads(with_all.stdout)) == (without.code, json.loads(without.stdout))


def test_help_needs_no_docstrings(tmp_path: Path) -> None:
    found = process(["check", "--help"], tmp_path, env={**os.environ, "PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"})
    assert (found.code, found.stderr) == (PASS, "")
    assert "--claim EXPR" in found.stdout


@pytest.mark.parametrize("setting", [{"JAX_PLATFORMS": "cuda"}, {"JAX_PLATFORMS": "none"}, {"JAX_ENABLE_X64": "maybe"}])
def test_a_jax_that_does_not_start_is_one_error(setting: dict[str, str], tmp_path: Path) -> None:
    found = process(["check", "x^2", "--at", "3"], tmp_path, env={**os.environ, **setting})
    assert (found.code, found.stdout) == (USAGE, "")
    problem, fix = found.stderr.splitlines()
    assert problem.startswith("error: JAX does not start: ")
    assert "nset" in fix


@pytest.mark.parametrize("setting", [{"SYMPY_DEBUG": "junk"}, {"SYMPY_CACHE_SIZE": "junk"}])
def test_a_sympy_that_does_not_start_is_one_error(setting: dict[str, str], tmp_path: Path) -> None:
    found = process(["check", "x^2", "--at", "3"], tmp_path, env={**os.environ, **setting})
    assert (found.code, found.stdout) == (USAGE, "")
    problem, fix = found.stderr.splitlines()
    assert problem.startswith("error: SymPy does not start: ")
    assert "unset" in fix


def test_a_umask_that_forbids_everything_is_for_the_report_only(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    words = ["check", "x^2", "--at", "3", "-o", "report.txt"]
    assert process(words, tmp_path, umask=0o777, env=environment).code == PASS
    assert [path.stat().st_mode & 0o777 for path in (tmp_path / "report.txt", cache, cache / "diffcheck" / "jax")] == [0, 0o700, 0o700]


# Descriptors, directories, processes


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_any_descriptor_may_be_closed(closed: tuple[int, ...], tmp_path: Path) -> None:
    closing = " ".join(f"{descriptor}>&-" for descriptor in closed)
    shell = ["sh", "-c", f'exec "$@" {closing}', "sh"]
    written = ended([*shell, *command("derive", "x^2", "-o", "derivative")], tmp_path)
    assert (written.code, (tmp_path / "derivative").read_text()) == (PASS, "df/dx = 2*x\n")
    assert "Traceback" not in written.stderr


def test_no_more_processes_start_than_there_are_cases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = list[workers.Worker]()

    class Counted(workers.Worker):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(self)

    monkeypatch.setattr(workers, "Worker", Counted)
    assert diffcheck("run", str(two_cases(tmp_path)), "-j", "1000").code == PASS
    assert len(started) <= 2


# Pictures

PLOT = ["plot", "x^2", "--at", "1", "-o"]


def test_a_picture_needs_nothing_of_the_user_s_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """Settings of the current directory and of the user's, no cache, no standard streams: the same bytes, and no file more."""
    assert diffcheck(*PLOT, str(tmp_path / "expected.png")).code == PASS
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: planted\nno colon\n")
    (tmp_path / "tmp").mkdir()
    users = {"MATPLOTLIBRC": str(tmp_path), "MPLCONFIGDIR": str(tmp_path)}
    places = {"TMPDIR": str(tmp_path / "tmp"), "XDG_CACHE_HOME": "/dev/null"}
    found = ended(command(*PLOT, "picture.png"), tmp_path, env={**os.environ, **users, **places})
    assert found.stderr.splitlines() == ["picture.png: the derivative with respect to x", "", "✓ 3 derivative values: 3 right."]
    assert (tmp_path / "picture.png").read_bytes() == (tmp_path / "expected.png").read_bytes()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["expected.png", "matplotlibrc", "picture.png", "tmp"]


def test_a_picture_is_drawn_from_a_directory_that_is_gone_and_with_everything_closed(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    picture = tmp_path / "picture.png"
    shell = ["sh", "-c", 'rmdir ../gone && exec "$@" <&- >&- 2>&-', "sh"]
    found = ended([*shell, *command(*PLOT, str(picture))], tmp_path / "gone")
    assert (found.code, picture.read_bytes()[:4]) == (PASS, b"\x89PNG")


def test_a_python_told_to_write_short_numbers_only_reads_long_ones(tmp_path: Path) -> None:
    found = process(["check", f"x/{'7' * 900}", "--at", "3"], tmp_path, env={**os.environ, "PYTHONINTMAXSTRDIGITS": "640"})
    assert (found.code, found.stderr) == (PASS, "")
