"""Outputs: whole or not at all, whatever was there before, and nothing beside them."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from command_line import OUTPUT, PASS, Ended, diffcheck, process

from diffcheck.errors import OutputError
from diffcheck.views import output
from diffcheck.views.output import opened

NEW, OLD = "new\n", "old\n"


def write(path: Path, text: str = NEW) -> None:
    with opened(path) as stream:
        stream.write(text)


def interrupted(path: Path, raised: type[BaseException]) -> None:
    with opened(path) as stream:
        stream.write(NEW)
        raise raised


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


# Three kinds of file systems and systems


def _without_unnamed_files(monkeypatch: pytest.MonkeyPatch) -> None:
    real, unnamed = os.open, os.O_TMPFILE

    def refusing(path: Any, flags: int, *args: Any, **options: Any) -> int:
        if flags & unnamed == unnamed:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")
        return real(path, flags, *args, **options)

    monkeypatch.setattr(os, "open", refusing)
    monkeypatch.setattr(os, "supports_dir_fd", {*os.supports_dir_fd, refusing})


def _without_links(monkeypatch: pytest.MonkeyPatch) -> None:
    def refusing(*args: Any, **options: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refusing)


@pytest.fixture(name="system", params=["as it is", "no unnamed files", "no links", "neither"])
def system_fixture(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if request.param in ("no unnamed files", "neither"):
        _without_unnamed_files(monkeypatch)
    if request.param in ("no links", "neither"):
        _without_links(monkeypatch)
    yield
    monkeypatch.undo()


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("name", ["report", "x" * 250, "x" * 255, "é" * 125, os.fsdecode(b"\xff\xfe\x1b\n"), ".hidden", "a b"])
def test_a_file_is_written_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path / name, "é" + NEW)
        assert (tmp_path / name).read_text(encoding="utf-8") == "é" + NEW
        assert names(tmp_path) == [name]


@pytest.mark.usefixtures("system")
def test_a_new_file_has_the_mode_that_new_files_have(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "report")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o640


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o666, 0o755])
def test_a_file_that_is_there_keeps_its_mode_and_its_owner(mode: int, tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.write_text(OLD)
    owner = (os.getuid(), os.getgid())
    if owner[0] == 0:
        owner = (12_345, 23_456)
        os.chown(report, *owner)
    report.chmod(mode)
    write(report)
    found = report.stat()
    assert (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (mode, *owner)
    assert report.read_text() == NEW


def test_rights_of_programs_are_not_kept(tmp_path: Path) -> None:
    (tmp_path / "report").write_text(OLD)
    (tmp_path / "report").chmod(0o4755)
    write(tmp_path / "report")
    assert stat.S_IMODE((tmp_path / "report").stat().st_mode) == 0o755


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit, ValueError, MemoryError])
def test_nothing_is_left_of_what_was_not_finished(raised: type[BaseException], tmp_path: Path) -> None:
    (tmp_path / "old").write_text(OLD)
    for name in ("old", "new"):
        with pytest.raises(raised):
            interrupted(tmp_path / name, raised)
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == OLD


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files have names from the beginning")
def test_nothing_is_left_when_the_process_is_killed(tmp_path: Path) -> None:
    (tmp_path / "old").write_text(OLD)
    kill = "os.kill(os.getpid(), signal.SIGKILL)"
    code = f"import os, pathlib, signal, sys; from diffcheck.views.output import opened\nwith opened(pathlib.Path(sys.argv[1])): {kill}"
    for name in ("old", "new"):
        assert subprocess.run([sys.executable, "-c", code, name], cwd=tmp_path, check=False).returncode == -signal.SIGKILL
    assert names(tmp_path) == ["old"]
    assert (tmp_path / "old").read_text() == OLD


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("step", ["fsync", "replace", "fchmod"])
def test_nothing_is_left_where_the_last_steps_fail(step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "report").write_text(OLD)

    def full(*args: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OutputError, match="cannot write .*report: No space left on device"):
        write(tmp_path / "report")
    assert names(tmp_path) == ["report"]
    assert (tmp_path / "report").read_text() == OLD


@pytest.mark.usefixtures("system")
def test_a_name_that_is_taken_is_never_taken_for_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody has planted files where the first temporary names lead, and the old ones, which held the number of the process."""
    guessed = iter(["0" * 16, "1" * 16, "2" * 16, "3" * 16])
    monkeypatch.setattr("diffcheck.views.output.secrets.token_hex", lambda size: next(guessed))
    planted = [f".report.{os.getpid()}", f".diffcheck-{'0' * 16}", f".diffcheck-{'1' * 16}"]
    for name in planted:
        (tmp_path / name).write_text("planted")
    (tmp_path / "report").write_text(OLD)
    write(tmp_path / "report")
    assert (tmp_path / "report").read_text() == NEW
    assert names(tmp_path) == sorted([*planted, "report"])
    assert {(tmp_path / name).read_text() for name in planted} == {"planted"}


@pytest.mark.usefixtures("system")
def test_a_file_that_appears_meanwhile_is_replaced(tmp_path: Path) -> None:
    with opened(tmp_path / "report") as stream:
        stream.write(NEW)
        (tmp_path / "report").write_text(OLD)
    assert (tmp_path / "report").read_text() == NEW
    assert names(tmp_path) == ["report"]


@pytest.mark.usefixtures("system")
def test_the_directory_may_change_meanwhile(tmp_path: Path) -> None:
    """The file appears in the directory that was there at the beginning, and not where a link leads that took its place."""
    inside, moved, elsewhere = tmp_path / "inside", tmp_path / "moved", tmp_path / "elsewhere"
    inside.mkdir()
    elsewhere.mkdir()
    with opened(inside / "report") as stream:
        stream.write(NEW)
        inside.rename(moved)
        inside.symlink_to(elsewhere)
    assert (moved / "report").read_text() == NEW
    assert (names(moved), names(elsewhere)) == (["report"], [])


def test_a_directory_that_is_gone_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    with pytest.raises(OutputError, match="cannot write .*report: No such file"), opened(tmp_path / "inside" / "report"):
        (tmp_path / "inside").rmdir()
    assert names(tmp_path) == []


@pytest.mark.usefixtures("system")
def test_a_link_that_appears_meanwhile_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text(OLD)
    with opened(tmp_path / "report") as stream:
        stream.write(NEW)
        (tmp_path / "report").symlink_to("precious")
    assert (tmp_path / "precious").read_text() == OLD
    assert (tmp_path / "report").read_text() == NEW
    assert not (tmp_path / "report").is_symlink()


# What a file may not be


@pytest.mark.parametrize("target", ["precious", "nowhere", "report", "/dev/null", "."])
def test_a_link_is_not_followed(target: str, tmp_path: Path) -> None:
    (tmp_path / "precious").write_text(OLD)
    (tmp_path / "report").symlink_to(target)
    ended = diffcheck("check", "x", "--at", "1", "-o", str(tmp_path / "report"))
    assert (ended.code, ended.stdout) == (OUTPUT, "")
    assert ended.stderr.endswith(f"report: it is a link, to {target}\nName the file itself, or remove the link.\n")
    assert (names(tmp_path), (tmp_path / "precious").read_text()) == (["precious", "report"], OLD)
    assert os.readlink(tmp_path / "report") == target


@pytest.mark.parametrize("command", ["check x", "derive x", "run suite.jsonl", "plot x", "check-jax jax.numpy:sin"])
def test_no_command_follows_a_link(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("suite.jsonl").write_text('{"expr": "x", "points": [1]}\n')
    report = "report.png" if command == "plot x" else "report"
    Path(report).symlink_to("nowhere")
    options = ["--at", "1"] if command.split()[0] in ("check", "plot", "check-jax") else []
    ended = diffcheck(*command.split(), *options, "-o", report)
    assert (ended.code, ended.stderr.splitlines()[0]) == (OUTPUT, f"error: cannot write {report}: it is a link, to nowhere")
    assert names(tmp_path) == [report, "suite.jsonl"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("n\0l", "no file can be called so"),
        ("half \ud800", "no file can be called so"),
        ("x" * 256, "File name too long"),
        ("file/report", "Not a directory"),
        ("missing/report", "No such file or directory"),
        ("directory", "Is a directory"),
        ("x/" * 3_000 + "x", "File name too long"),
    ],
)
def test_what_cannot_be_a_file_is_one_sentence(name: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text(OLD)
    (tmp_path / "directory").mkdir()
    with pytest.raises(OutputError, match=f"^cannot write .*: {why}$"):
        write(tmp_path / name)
    assert names(tmp_path) == ["directory", "file"]


def test_devices_and_pipes_are_written_as_they_are(tmp_path: Path) -> None:
    for name in ("/dev/stdout", "/proc/self/fd/1"):
        assert process(["derive", "x^2", "-o", name], tmp_path) == Ended(PASS, "df/dx = 2*x\n", "")
    with (tmp_path / "out").open("w") as file:
        assert process(["derive", "x^2", "-o", "/dev/stdout"], tmp_path, stdout=file).code == PASS
    assert (tmp_path / "out").read_text() == "df/dx = 2*x\n"
    assert Path("/dev/stdout").is_symlink()


# Pictures


def test_a_pipe_waits_for_its_reader_and_not_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit((tmp_path / "pipe").read_text)
        with opened(tmp_path / "pipe") as stream:
            stream.write("whole")
        assert read.result() == "whole"
    monkeypatch.setattr(output, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(OutputError, match=r"nobody reads it within 0\.1 s"), opened(tmp_path / "pipe"):
        pass


def test_a_picture_is_written_in_the_same_way(tmp_path: Path) -> None:
    picture = tmp_path / f"{'x' * 246}.png"
    picture.write_bytes(b"old")
    picture.chmod(0o600)
    assert diffcheck("plot", "x^2", "--at", "1", "-o", str(picture)).code == PASS
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert stat.S_IMODE(picture.stat().st_mode) == 0o600
    link = tmp_path / "link.png"
    link.symlink_to(picture)
    assert diffcheck("check-jax", "jax.numpy:sin", "--at", "1", "--plot", str(link)).code == OUTPUT
    assert names(tmp_path) == ["link.png", picture.name]
