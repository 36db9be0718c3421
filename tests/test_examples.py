"""Every example runs, says what it promises, and draws the pictures that stand beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from diffcheck import Outcome, Status, Verdict, check

EXAMPLES = Path(__file__).parent.parent / "examples"
PICTURES = {"local_linear": "local_linear.png", "relu_custom_vjp": "relu.png"}
OTHER_PIXELS = 0.01  # of all: another processor rounds other dots at the round-off floor; another curve differs in 2%
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
    "flax_gradient": (
        "with jnp.tanh: every entry is right",
        "The derivative of loss(variables, x, y, activation) is wrong",
        "Worst: dloss/dvariables['params']['Dense_",
        "the rule of `softsign` (flax_gradient.py:",
    ),
    "equinox_gradient": (
        "not differentiated by model.activation and model.final_activation",
        "differentiated by model.layers[0].bias[0] model.layers[0].bias[1] model.layers[0].bias[2] model.layers[1].bias[0] and all",
        "\npass\n",
    ),
    "numpyro_density": ("5 derivatives: pass", "by df: 2.696e-17, and JAX: 1.7", "fail"),
}
LIBRARIES = {"flax_gradient": "flax", "equinox_gradient": "equinox", "numpyro_density": "numpyro"}  # which not everybody has


def start(name: str, folder: Path, seed: str) -> subprocess.Popen[str]:
    """A copy of an example, running; its pictures are drawn beside the copy. The seed stirs Python's sets."""
    (folder / "pictures").mkdir(parents=True)
    script = shutil.copy(EXAMPLES / f"{name}.py", folder)
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONIOENCODING": "utf-8"}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, script], env=environment, stdout=pipe, stderr=pipe, encoding="utf-8")


def printed_by(process: subprocess.Popen[str]) -> str:
    printed, complaints = process.communicate(timeout=300)
    assert process.returncode == 0, complaints
    return printed


def pixels(path: Path) -> NDArray[Any]:
    """Height × width × 3 colours between 0 and 1."""
    found: NDArray[Any] = imread(path)[..., :3]
    return found


def test_every_example_has_its_claims() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.py")} == {"composition", *PICTURES, *LIBRARIES}
    assert {path.name for path in (EXAMPLES / "pictures").iterdir()} == set(PICTURES.values())


def test_the_composition_is_exact_by_every_engine(tmp_path: Path) -> None:
    printed = printed_by(start("composition", tmp_path, "1"))
    assert [line for line in CLAIMS["composition"] if line not in printed] == []


@pytest.mark.parametrize(("name", "library"), LIBRARIES.items())
def test_an_example_with_a_library_says_what_it_promises(name: str, library: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    printed = printed_by(start(name, tmp_path, "1"))
    assert [line for line in CLAIMS[name] if line not in printed] == []


@pytest.mark.parametrize(("name", "picture"), PICTURES.items())
def test_an_example_says_what_it_promises_and_draws_the_picture_shown(name: str, picture: str, tmp_path: Path) -> None:
    """Twice: a second run must draw the same bytes."""
    both = [start(name, tmp_path / seed, seed) for seed in "12"]
    first, second = (printed_by(process) for process in both)
    assert [line for line in CLAIMS[name] if line not in first] == []
    assert first == second
    paths = [tmp_path / seed / "pictures" / picture for seed in "12"]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    drawn, shown = pixels(paths[0]), pixels(EXAMPLES / "pictures" / picture)
    assert drawn.shape == shown.shape
    assert np.mean(abs(drawn - shown).max(axis=-1) > VISIBLE) < OTHER_PIXELS


def test_the_readme_shows_every_example_and_picture() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert all(f"({path.name})" in readme for path in EXAMPLES.glob("*.py"))
    assert all(f"(pictures/{name})" in readme for name in PICTURES.values())


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


def test_the_notebook_shows_what_its_cells_do() -> None:
    """In a process of its own, as a kernel would be."""
    check = [sys.executable, str(EXAMPLES.parent / "docs" / "notebook.py"), "--check"]
    done = subprocess.run(check, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "norm" in (EXAMPLES / "notebook.ipynb").read_text(encoding="utf-8")
