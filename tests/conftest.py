"""What all tests share: modules have marks, long ones are left out unless they are asked for, and random ones are the same in every run."""

from __future__ import annotations

import gc

import pytest
from hypothesis import settings

gc.set_threshold(100_000, 50, 50)  # programs and formulas stay in caches for long: looking for garbage among them costs a tenth of the time

settings.register_profile("diffcheck", derandomize=True, deadline=None, database=None)
settings.load_profile("diffcheck")


MARKS = {  # of whole modules; docs/contributing.md says how long each takes
    "unit": (
        "constants derive_code diagnosis fpcore graph input json kit language language_errors latex meanings numbers numerical outputs "
        "resemblance steps suites_toml symbolic sympy_input terminal traps vectors verdict"
    ),
    "processes": "calls clock cluster faults journal odd_users processes pytest_plugin reading reports runs threads workers",
    "corpora": "certified_randomly corpora families functions fuzzing jax_issues jax_survey special_points",
}
MARK_OF = {f"test_{module}": mark for mark, modules in MARKS.items() for module in modules.split()}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        mark = MARK_OF.get(item.path.stem)
        if mark is not None:
            item.add_marker(mark)
    if "long" in config.option.markexpr:
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="runs for minutes: ask for it with -m long"))
