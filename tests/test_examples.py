"""Every example runs, says what it promises, and draws the pictures that stand beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from diffcheck import Outcome, Status, Verdict, check

EXAMPLES = Path(__file__).parent.parent / "examples"
PICTURES = sorted(path.name for path in (EXAMPLES / "pictures").iterdir())
OTHER_PIXELS = (
    0.01  # of all: another processor rounds other dots at the round-off floor; another curve differs in 2% or more
)
VISIBLE = 0.25  # of the range of a colour

CLAIMS = {
    "composition": (
        "f'(2) = 7, proved",
        "g'(2) = 69363, proved",
        *(
            f"{engine:<18}{slope:>9}  exact"
            for slope in (7.0, 69363.0)
            for engine in ("symbolic", "automatic forward", "automatic reverse", "claim")
        ),
        "plain JAX says 7.0 and 69363.0",
    ),
    "local_linear": ("f(2 + δ) ≈ 12 + 7·δ", "left over: 0.0001", "drawn: local_linear.png"),
    "relu_custom_vjp": (
        "residual kept: False; cotangent 0 is pulled back to 0",
        "residual kept: True; cotangent 6 is pulled back to 6",
        "(relu²)'(-1) = 0",
        "(relu²)'(3) = 6",
        "relu at 0: kink, Clarke interval [0, 1]",
        "symbolic          chose 0.5  subgradient",
        "automatic reverse chose 0  subgradient",
        "custom_rules.relu chose 0\n",
        "jax.nn.relu       chose 0\n",
        "jnp.maximum(x, 0) chose 0.5\n",
        "drawn: relu.png",
    ),
}


def run(folder: Path, pattern: str, seed: str) -> Mapping[str, str]:
    """Copy the examples and run those whose text has a pattern; what they print by name. Pictures are drawn beside the copies."""
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("*.png", "__pycache__"))
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    started = {
        path.stem: subprocess.Popen(
            [sys.executable, str(path)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for path in sorted(folder.glob("*.py"))
        if pattern in path.read_text(encoding="utf-8")
    }
    outputs = {name: process.communicate(timeout=120) for name, process in started.items()}
    for name, process in started.items():
        assert process.returncode == 0, outputs[name][1]
    return {name: text for name, (text, _) in outputs.items()}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    folder = tmp_path_factory.mktemp("first") / "examples"
    return folder, run(folder, "", seed="1")


def test_every_example_has_its_claims() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(CLAIMS)


@pytest.mark.parametrize("name", CLAIMS)
def test_an_example_says_what_it_promises(name: str, first: tuple[Path, Mapping[str, str]]) -> None:
    printed = first[1][name]
    assert [line for line in CLAIMS[name] if line not in printed] == []


def test_the_pictures_are_the_same_bytes_in_another_run(first: tuple[Path, Mapping[str, str]], tmp_path: Path) -> None:
    run(tmp_path / "examples", "PICTURE", seed="2")
    for name in PICTURES:
        again = (tmp_path / "examples" / "pictures" / name).read_bytes()
        assert again == (first[0] / "pictures" / name).read_bytes()


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_that_are_shown_are_those_that_are_drawn(name: str, first: tuple[Path, Mapping[str, str]]) -> None:
    drawn, shown = (imread(folder / "pictures" / name)[..., :3] for folder in (first[0], EXAMPLES))
    assert drawn.shape == shown.shape
    assert np.mean(abs(drawn - shown).max(axis=-1) > VISIBLE) < OTHER_PIXELS


def test_the_readme_shows_every_example_and_picture() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"({path.name})" in readme for path in EXAMPLES.glob("*.py"))
    assert all(f"(pictures/{name})" in readme for name in PICTURES)


@pytest.mark.parametrize(
    ("text", "at", "slope"),
    [
        ("x^2 + 3x + 2", "2", 7.0),
        ("f(x) = x^2 + 3x + 2; g(x) = f(f(f(x)))", "2", 69363.0),
        ("relu(x)^2", "-1", 0.0),
        ("relu(x)^2", "3", 6.0),
    ],
)
def test_every_engine_and_mode_gives_the_exact_slope(text: str, at: str, slope: float) -> None:
    (sample,) = check(text, at).samples
    found = {(result.engine, result.mode): (result.value, result.verdict) for result in sample.results}
    engines = [("symbolic", None), ("automatic", "forward"), ("automatic", "reverse")]
    assert found == dict.fromkeys(engines, (slope, Verdict.EXACT))


def test_relu_at_0_is_a_kink_and_every_choice_lies_in_its_clarke_interval() -> None:
    (sample,) = check("relu(x)", "0").samples
    assert sample.status is Status.KINK
    assert sample.clarke is not None
    assert [float(end) for end in sample.clarke] == [0.0, 1.0]
    assert {result.engine: result.value for result in sample.results} == {"symbolic": 0.5, "automatic": 0.0}
    assert sample.outcome is Outcome.PASS
