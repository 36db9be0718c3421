"""What all tests share: long ones are left out unless they are asked for, and random ones are the same in every run."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("diffcheck", derandomize=True, deadline=None, database=None)
settings.load_profile("diffcheck")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "long" in config.option.markexpr:
        return
    for item in items:
        if "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="runs for minutes: ask for it with -m long"))
