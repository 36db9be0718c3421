"""Pictures of JAX functions: along which coordinate, with which tangents, and what cannot be drawn."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from command_line import FAIL, USAGE, diffcheck
from matplotlib.figure import Figure

from diffcheck import InputError, check
from diffcheck.pictures import function as plot_function


@jax.custom_jvp
def norm(x: jax.Array) -> jax.Array:
    return jnp.sqrt(x @ x)


@norm.defjvp
def norm_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (v,) = primals, tangents
    return norm(x), x @ v  # the square root is forgotten


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are drawn."""
    drawn: list[Figure] = []
    original = plot_function.figure_of

    def keep(*arguments: Any) -> Figure:
        drawn.append(original(*arguments))
        return drawn[-1]

    monkeypatch.setattr(plot_function, "figure_of", keep)
    return drawn


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def above(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def curve(figure: Figure) -> tuple[Any, Any]:
    return figure.axes[0].lines[0].get_data()


def test_a_function_of_a_number_is_drawn_with_its_tangents(figures: list[Figure], tmp_path: Path) -> None:
    report = check(lambda x: x**2 + 3 * x + 2, [-1.0, 2.0])
    assert report.plot(tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    x, y = curve(figures[0])
    np.testing.assert_allclose(y, x**2 + 3 * x + 2, atol=1e-12)
    assert texts(figures[0]) == ["y = x + 1", "y = 7x − 2"]
    assert above(figures[0]) == ["f(x) = x^2 + 3*x + 2"]


def test_an_array_is_drawn_along_the_coordinate_of_the_worst_entry_and_says_so(figures: list[Figure]) -> None:
    check(norm, np.array([3.0, 40.0])).picture()
    x, y = curve(figures[0])
    np.testing.assert_allclose(y, np.hypot(3.0, x))
    assert figures[0].axes[0].get_xlabel() == "x[1]"
    assert "norm along x[1], with x[0] = 3" in above(figures[0])
    assert texts(figures[0]) == ["y = 0.9972·x[1] + 0.2244", "JAX: slope 40"]


def test_another_coordinate_can_be_chosen(figures: list[Figure]) -> None:
    check(norm, np.array([3.0, 40.0])).picture(wrt="x[0]", lower=-5, upper=5)
    x, y = curve(figures[0])
    np.testing.assert_allclose(y, np.hypot(x, 40.0))
    assert (x[0], x[-1]) == (-5, 5)


def test_points_that_differ_elsewhere_are_left_out(tmp_path: Path) -> None:
    report = check(lambda x, y: x * y, [(1.0, 2.0), (3.0, 2.0), (1.0, 5.0)])
    drawn = plot_function.plot_function(report.header, report.jacobians, path=tmp_path / "f.svg", wrt="x")
    assert [dict(sample.point) for sample in drawn] == [{"x": 1.0, "y": 2.0}, {"x": 3.0, "y": 2.0}]


def test_an_entry_with_a_long_name_is_called_f_and_the_title_says_which_it_is(figures: list[Figure]) -> None:
    check(jax.nn.log_softmax, np.array([1.0, 2.0])).picture(wrt="x[0]")
    assert above(figures[0])[1].startswith("f is log_softmax[1] along x[0]")
    assert figures[0].axes[1].get_title().startswith("f(x*+δ)")


def test_what_only_evidence_speaks_for_is_drawn_too(figures: list[Figure]) -> None:
    @jax.custom_jvp
    def quarter(x: jax.Array) -> jax.Array:
        found: jax.Array = jax.pure_callback(lambda v: np.asarray(v / 4), jax.ShapeDtypeStruct((), x.dtype), x)
        return found

    quarter.defjvp(lambda primals, tangents: (quarter(*primals), tangents[0] / 4))
    check(quarter, 3.0, lint=False).picture()
    assert texts(figures[0]) == ["JAX: slope 0.25 (undecided)"]


def test_what_cannot_be_drawn_is_said(tmp_path: Path) -> None:
    report = check(norm, np.array([3.0, 4.0]))
    for options, message in (({"wrt": "y"}, "no derivative with respect to 'y' was judged"), ({"lower": 9, "upper": 1}, "empty")):
        with pytest.raises(InputError, match=message):
            report.plot(tmp_path / "f.png", **options)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="was stored"):
        pickle.loads(pickle.dumps(report)).plot(tmp_path / "f.png")
    assert list(tmp_path.iterdir()) == []


def test_check_jax_draws_beside_its_report(tmp_path: Path) -> None:
    Path(tmp_path, "rule.py").write_text("def f(x):\n    return x**2\n")
    reported = diffcheck("check-jax", f"{tmp_path}/rule.py:f", "--at", "2", "--against", "x^3", "--plot", f"{tmp_path}/f.png")
    assert reported.code == FAIL
    assert "✗ wrong" in reported.stdout
    assert (tmp_path / "f.png").read_bytes().startswith(b"\x89PNG")
    refused = diffcheck("check-jax", f"{tmp_path}/rule.py:f", "--at", "2", "--plot", f"{tmp_path}/f.gif")
    assert (refused.code, refused.stdout) == (USAGE, "")
    assert "Pictures are .png, .svg, .pdf." in refused.stderr
