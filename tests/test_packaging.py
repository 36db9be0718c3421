"""What is built from this tree: a wheel that works by itself, a source distribution with its tests, and true bounds of versions."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from lowest_versions import QUICK, ROOT, environment, lowest

import diffcheck

VERSION = diffcheck.__version__
SOURCES = ("benchmarks", "diffcheck", "docs", "examples", "tests")
SUITE = '[[case]]\nexpr = "x^2"\nat = 3\nclaim = "2x"\n'


@pytest.fixture(name="built", scope="module")
def built_fixture(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An interpreter with the wheel, and the directory of wheel and source distribution."""
    directory = tmp_path_factory.mktemp("built")
    builder = environment(directory / "builder", "hatchling")
    subprocess.run([builder, "-m", "hatchling", "build", "-d", directory], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = directory.glob("*.whl")
    return environment(directory / "user", str(wheel), "pytest", "hypothesis"), directory


@pytest.mark.long
def test_the_wheel_holds_the_package_and_its_data(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1] / f"diffcheck_ad-{VERSION}-py3-none-any.whl") as wheel:
        names = set(wheel.namelist())
        metadata = wheel.read(f"diffcheck_ad-{VERSION}.dist-info/METADATA").decode()
    data = ("py.typed", "verdicts.md", "language/grammar.lark", "judgement/accuracy/accuracy.toml", "views/page.html")
    modules = [path.relative_to(ROOT).as_posix() for path in (ROOT / "diffcheck").rglob("*.py")]
    assert {*modules, *(f"diffcheck/{name}" for name in data)} <= names
    assert {name.split("/")[0] for name in names} == {"diffcheck", f"diffcheck_ad-{VERSION}.dist-info"}
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nClassifier: Typing :: Typed\n" in metadata


@pytest.mark.long
def test_the_commands_of_the_wheel_work_in_another_directory(built: tuple[Path, Path], tmp_path: Path) -> None:
    command = built[0].parent / "diffcheck"
    (tmp_path / "suite.toml").write_text(SUITE)

    def said(*arguments: str) -> str:
        done = subprocess.run([command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert said("--version").startswith(f"diffcheck {VERSION} (JAX ")
    assert "✓ 3 derivative values: 3 right." in said("check", "x^2 + 3x + 2", "--at", "2")
    assert "kink" in said("explain", "kink")
    assert "1 passed" in said("run", "suite.toml")
    assert json.loads(said("schema", "--of", "suite"))["title"] == "diffcheck suite"
    said("plot", "relu(x)", "--at", "0", "-o", "relu.png")
    assert (tmp_path / "relu.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
def test_the_source_distribution_has_what_the_tests_need(built: tuple[Path, Path], tmp_path: Path) -> None:
    with tarfile.open(built[1] / f"diffcheck_ad-{VERSION}.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    unpacked = tmp_path / f"diffcheck_ad-{VERSION}"
    here = {path.relative_to(ROOT).as_posix() for name in SOURCES for path in (ROOT / name).rglob("*") if path.is_file()}
    wanted = {name for name in here if not re.search(r"/(__pycache__|\.[^/]*)/", name)}
    assert [name for name in sorted(wanted) if not (unpacked / name).exists()] == []
    assert all((unpacked / name).exists() for name in ("README.md", "LICENSE", "CHANGELOG.md", "SECURITY.md", ".ci/run", "pyproject.toml"))
    done = subprocess.run([built[0], "-m", "pytest", "tests/test_language.py"], cwd=unpacked, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_every_requirement_has_a_lower_bound() -> None:
    assert {line.partition("==")[0] for line in lowest()} >= {"jax", "sympy", "python-flint", "numpy", "pydantic", "typing-extensions"}
    assert all((ROOT / "tests" / f"{name}.py").exists() for name in QUICK)


@pytest.mark.long
def test_the_lowest_versions_that_are_allowed_work() -> None:
    done = subprocess.run([sys.executable, ROOT / "tests" / "lowest_versions.py"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
