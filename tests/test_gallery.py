"""The gallery of docs/: a picture for each of its commands, small, and still what the command draws."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "gallery"
LARGEST_BYTES = 1_500_000  # of all pictures together
VISIBLE, OTHER_PIXELS = 48, 0.02  # of 255, and the part of the pixels that may differ so much: processors round differently
QUICK = ("parabola", "floor", "taylor", "verdicts")


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _generator()


def test_every_command_has_its_picture_and_together_they_are_small() -> None:
    files = list(FOLDER.iterdir())
    assert {path.name for path in files} == {f"{name}.png" for name in generate.GALLERY}
    assert len(files) >= 30
    assert sum(path.stat().st_size for path in files) < LARGEST_BYTES


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in generate.GALLERY])
def test_a_picture_is_what_its_command_draws(name: str, tmp_path: Path) -> None:
    drawn, shown = (
        np.asarray(Image.open(path).convert("RGB"), int) for path in (generate.draw_for_gallery(name, tmp_path), FOLDER / f"{name}.png")
    )
    assert drawn.shape == shown.shape
    assert np.mean(abs(drawn - shown).max(axis=-1) > VISIBLE) < OTHER_PIXELS
