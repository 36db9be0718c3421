"""Contours: what is said of their levels, of the panel that is left out and of gradients that do not exist; the window is chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import PASS, USAGE, diffcheck
from matplotlib.figure import Figure

from diffcheck.checks.expression import Check
from diffcheck.pictures import plane

BOWL, VALLEY = "x^2 + y^2", "(1 - x)^2 + 100(y - x^2)^2"


def figure_of(
    text: str, at: dict[str, float], window: dict[str, tuple[float, float]], monkeypatch: pytest.MonkeyPatch, path: Path
) -> Figure:
    drawn: list[Any] = []
    monkeypatch.setattr(plane, "encoded", lambda draw, suffix: drawn.append(draw()) or b"")
    plane.plot_plane(Check(text), {name: np.array([value]) for name, value in at.items()}, path / "f.png", window)
    return drawn[0]


def levels_of(figure: Figure) -> np.ndarray:
    return figure.axes[0].collections[0].levels


@pytest.mark.parametrize(
    ("text", "at", "panels", "said", "entry", "are_even"),
    [
        (BOWL, (1, 2), 2, "contours of f, 2 apart; the gradient", "∇f = (2, 4) at x = 1, y = 2; verdict: pass", True),
        (VALLEY, (-1, 1), 2, "contours of f at equal areas, not equidistant; the gradient",
         "∇f = (−4, 0) at x = −1, y = 1; verdict: pass", False),
        ("x + 2y", (1, 1), 1, "the tangent plane leaves nothing over but rounding", "∇f = (1, 2) at x = 1, y = 1; verdict: pass", True),
        ("abs(x) + y", (0, 1), 1, "no gradient is proved, so there is no tangent plane to compare with",
         "no ∇f at x = 0, y = 1 (kink); verdict on JAX and SymPy: pass", True),
    ],
)  # fmt: skip
def test_a_picture_says_what_it_shows(
    text: str, at: tuple[float, float], panels: int, said: str, entry: str, are_even: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    figure = figure_of(text, dict(zip("xy", at, strict=True)), {}, monkeypatch, tmp_path)
    main = figure.axes[0]
    assert len(figure.axes) == panels
    assert said in {main.get_title(), *(text.get_text() for text in figure.texts)}
    assert [text.get_text() for text in main.get_legend().get_texts()] == [entry]
    assert figure.texts[0].get_text().startswith("$f(x, y) = ")
    assert np.allclose(np.diff(levels_of(figure), 2), 0) == are_even
    assert main.get_aspect() == 1


def test_the_window_is_chosen_and_scales_that_differ_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    main = figure_of(BOWL, {"x": 1, "y": 2}, {"x": (-2, 2), "y": (0, 100)}, monkeypatch, tmp_path).axes[0]
    assert (main.get_xlim(), main.get_ylim(), main.get_aspect()) == ((-2, 2), (0, 100), "auto")


@pytest.mark.parametrize(
    ("range_", "problem"),
    [
        ("x=-2,2,y=-1,3", ""),
        ("y=-1,3", ""),
        ("x=-2,2,y=-1", "'x=-2,2,y=-1' does not give each axis two ends"),
        ("z=1,2", "'z=1,2' does not give each axis two ends"),
        ("x=2,1", "the range of x in 'x=2,1' is empty or not finite"),
        ("x=1,2", "the point x = 0 lies outside of the window"),
    ],
)
def test_range_names_the_axes_of_contours(range_: str, problem: str, tmp_path: Path) -> None:
    ended = diffcheck("plot", BOWL, "--at", "x=0,y=1", "--range", range_, "-o", str(tmp_path / "f.png"))
    assert (ended.code, (tmp_path / "f.png").exists()) == ((USAGE, False) if problem else (PASS, True))
    assert ended.stderr.startswith(f"error: {problem}" if problem else str(tmp_path / "f.png"))
