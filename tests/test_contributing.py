"""The worked example of docs/contributing.md stays true: what it shows is what is there, and its commands run what they say."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"^```diff\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _hunks() -> list[tuple[str, str]]:
    """The files of the example, and the lines that were added to each."""
    found = []
    for hunk in re.split(r"^--- ", EXAMPLE, flags=re.MULTILINE)[1:]:
        path, *lines = hunk.splitlines()
        assert all(line.startswith("+") for line in lines)
        found.append((path, "".join(f"{line[1:]}\n" for line in lines)))
    return found


HUNKS = _hunks()


@pytest.mark.parametrize(("path", "lines"), HUNKS, ids=[path for path, _ in HUNKS])
def test_the_lines_of_the_example_are_those_of_the_file(path: str, lines: str) -> None:
    assert lines in (ROOT / path).read_text(encoding="utf-8")


def test_the_example_is_all_that_the_package_says_of_the_function() -> None:
    shown = {path for path, _ in HUNKS}
    files = (path for path in (ROOT / "diffcheck").rglob("*.py") if re.search(r"\bsinhc\b", path.read_text(encoding="utf-8")))
    assert {path.relative_to(ROOT).as_posix() for path in files} == shown


def test_the_commands_of_the_example_name_tests_that_exist() -> None:
    commands = [shlex.split(line) for line in PAGE.splitlines() if "sinhc" in line and "python -m pytest" in line]
    assert len(commands) == 2
    assert all((ROOT / word).is_file() for command in commands for word in command if word.startswith("tests/"))
    assert "def test_nothing_is_missing(" in (ROOT / "tests" / "test_function_columns.py").read_text(encoding="utf-8")
