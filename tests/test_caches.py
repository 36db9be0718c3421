"""What diffcheck keeps from one command to the next is executed: only where nobody else can write, and damage never matters."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import PASS, Ended, process

from diffcheck import caches

CHECK = ["check", "x^2", "--at", "3"]
NOTE = "note: no cache is kept: {} can be written by others\n"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give directories away")


def checked(directory: Path, cache_home: Path, **variables: str) -> Ended:
    ended = process(CHECK, directory, env={**os.environ, "XDG_CACHE_HOME": str(cache_home), **variables})
    assert ended.code == PASS, ended.stderr
    assert "3 right" in ended.stdout
    return ended


def kept(cache_home: Path) -> list[Path]:
    return sorted(path for path in cache_home.rglob("*") if path.is_file())


@pytest.fixture(autouse=True)
def fresh() -> None:
    caches.root.cache_clear()


# Where


def test_every_directory_that_is_made_is_private(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    assert checked(tmp_path, home).stderr == ""
    directories = [tmp_path / "a", home, home / "diffcheck", home / "diffcheck" / "jax"]
    assert [path.stat().st_mode & 0o777 for path in directories] == [0o700] * 4
    assert len(kept(home)) > 1


def opened(path: Path) -> None:
    path.chmod(0o777)


def grouped(path: Path) -> None:
    path.chmod(0o770)
    os.chown(path, -1, 12345)


@pytest.mark.parametrize("part", ["", "cache", "cache/diffcheck"])
@pytest.mark.parametrize("opening", [opened, pytest.param(grouped, marks=as_root)])
def test_nothing_is_kept_where_others_can_write_on_the_way(
    part: str, opening: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "cache" / "diffcheck").mkdir(parents=True)
    opening(home / part)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    assert caches.directory("jax") is caches.directory() is caches.file("grammar") is None
    assert caches.root().problem == f"{home / part} can be written by others"
    assert kept(home) == []


def test_a_command_says_in_a_line_that_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    opened(tmp_path / "cache")
    assert checked(tmp_path, tmp_path / "cache").stderr == NOTE.format(tmp_path / "cache")
    assert kept(tmp_path) == []
    code = "import diffcheck; print(diffcheck.check('x^2', 3).outcome.value)"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    silent = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert (silent.stdout, silent.stderr) == ("pass\n", "")


@as_root
@pytest.mark.parametrize("part", ["cache", "cache/diffcheck"])
def test_nothing_is_kept_in_what_belongs_to_somebody_else(part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache" / "diffcheck").mkdir(parents=True)
    os.chown(tmp_path / part, 12345, -1)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert caches.root() == (None, f"{tmp_path / part} belongs to somebody else")


def test_links_are_followed_through_safe_places_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("safe", "open"):
        (tmp_path / name).mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "safe" / "link").symlink_to("../real")
    (tmp_path / "open" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "detour").symlink_to("open/link")  # what it leads to is safe, but others choose where it leads
    opened(tmp_path / "open")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "safe" / "link"))
    assert caches.root() == (tmp_path / "safe" / "link" / "diffcheck", "")
    assert (tmp_path / "real" / "diffcheck").is_dir()
    for way in ("open/link", "detour"):
        caches.root.cache_clear()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / way))
        assert caches.root() == (None, f"{tmp_path / 'open'} can be written by others")


def test_a_directory_such_as_tmp_may_lie_on_the_way_but_not_hold_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o1777)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert caches.root().path == tmp_path / "diffcheck"
    (tmp_path / "diffcheck").chmod(0o1777)
    caches.root.cache_clear()
    assert caches.root().path is None


@pytest.mark.parametrize("place", ["relative", "file", "file/below", "loop", "/proc/none", "/dev/null"])
def test_where_there_is_no_place_nothing_is_kept_and_nothing_said(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.setenv("XDG_CACHE_HOME", place if place == "relative" else str(tmp_path / place))
    assert caches.root() == (None, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "loop"]


def test_a_home_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for home in (str(tmp_path / "nobody"), ""):
        caches.root.cache_clear()
        monkeypatch.setenv("HOME", home)
        assert caches.root() == (None, "")
    assert not list(tmp_path.iterdir())


def test_a_file_that_others_could_have_written_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = caches.file("tables")
    assert path is not None
    path.write_text("planted")
    path.chmod(0o666)
    assert caches.file("tables") == path
    assert not path.exists()
    path.symlink_to("/etc/passwd")
    assert caches.file("tables") == path
    assert not path.is_symlink()


# Damage


@pytest.mark.parametrize("damage", [lambda content: b"", lambda content: content[: len(content) // 2], lambda content: b"\x00garbage" * 9])
def test_damaged_entries_are_done_without_silently(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    first = checked(tmp_path, tmp_path / "cache")
    for path in kept(tmp_path / "cache"):
        path.write_bytes(damage(path.read_bytes()))
    again = checked(tmp_path, tmp_path / "cache", PYTHONWARNINGS="error")
    assert (again.stdout, again.stderr) == (first.stdout, "")


def test_a_cache_that_cannot_be_written_costs_no_word(tmp_path: Path) -> None:
    """As on a full disk: what JAX and Lark want to write is a directory already."""
    checked(tmp_path, tmp_path / "cache")
    for path in kept(tmp_path / "cache"):
        path.unlink()
        path.mkdir()
    assert checked(tmp_path, tmp_path / "cache", PYTHONWARNINGS="error").stderr == ""


# Size


def test_the_oldest_go_first_where_there_is_too_much(tmp_path: Path) -> None:
    for age in range(10):
        path = tmp_path / str(age)
        path.write_bytes(b"x" * 100)
        os.utime(path, (1000 - age, 1000 - age))
    caches.trim(tmp_path, 1000)
    assert len(kept(tmp_path)) == 10
    caches.trim(tmp_path, 999)
    assert [path.name for path in kept(tmp_path)] == ["0", "1", "2", "3"]
    caches.trim(tmp_path / "gone", 0)


def test_what_jax_keeps_stays_within_the_limit(tmp_path: Path) -> None:
    code = (
        "from diffcheck.engines.jax import program_cache as kept\n"
        "kept.LIMIT_BYTES, kept.WRITES_A_LOOK = 20_000, 1; kept.use_persistent_cache()\n"
        "import jax; [jax.jit(lambda x: x + k)(1.0) for k in range(40)]"
    )
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, check=True)
    sizes = [path.stat().st_size for path in kept(tmp_path / "diffcheck" / "jax")]
    assert 5_000 < sum(sizes) < 20_000 + 2 * max(sizes)
