"""docs/architecture.md is drawn from the code: who imports whom, and what a run of the command calls."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs"))

import house  # noqa: E402


def test_every_file_of_the_package_is_in_a_room() -> None:
    files = {path.relative_to(house.PACKAGE).parts[0].removesuffix(".py") for path in house.PACKAGE.rglob("*.py")}
    assert {name.split("/")[0] for name in house.rooms()} == {name for name in files if not name.startswith("__")}


def test_rooms_import_only_what_is_below_them() -> None:
    """As import-linter sees it, found once more: the picture shows no arrow upwards."""
    for name, uses in house.houses().items():
        (above, *_) = house.rooms_of(name)
        assert [used for used in uses if house.rooms_of(used)[0].floor <= above.floor] == []


def test_no_import_is_lost_where_others_imply_it() -> None:
    arrows = set(house.closest())

    def reached(name: str) -> set[str]:
        return {far for near in [b for a, b in arrows if a == name] for far in (near, *reached(near))}

    assert {name: reached(name) for name in house.houses()} == {name: set(house._below(name)) for name in house.houses()}


def test_every_room_says_what_it_is() -> None:
    assert [room.name for room in house.rooms().values() if not room.says.endswith((".", "?"))] == []


def test_the_life_of_an_expression_is_what_a_run_calls() -> None:
    steps = house.life()
    assert [step.function for step in steps] == [function for function, _ in house.STEPS]
    assert all((house.PACKAGE / step.file).exists() for step in steps)


def test_a_step_that_is_not_taken_is_named() -> None:
    with pytest.raises(ValueError, match="certify is not called"):
        house._next_step("certify", "", iter([("a.py", "read"), ("b.py", "judge")]))
