"""Pictures of errors: every engine's, over an interval, with what is proved of it; the same bytes always."""

from __future__ import annotations

import itertools
import math
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from command_line import FAIL, PASS, USAGE, diffcheck
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Annotation

from diffcheck.errors import InputError
from diffcheck.judgement.check import Check
from diffcheck.judgement.interval import proved, samples_across
from diffcheck.results import Sample
from diffcheck.views.plot_layout import METADATA
from diffcheck.views.plot_ulps import COLORS, STRIP, STRIPS, draw, plot_errors


@cache
def drawn(text: str, lower: float, upper: float, claim: str = "") -> tuple[Axes, tuple[Sample, ...]]:
    check = Check(text, claims=[claim] if claim else ())
    pieces = proved(check, lower, upper)
    samples = tuple(samples_across(check, pieces, 30))
    return draw(check, pieces, samples).axes[0], samples


def legend(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.get_legend().get_texts()]


def names(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.get_children() if isinstance(text, Annotation)]


def test_every_error_is_drawn_where_it_is() -> None:
    axes, samples = drawn("sin(x)/x", -4, 4)
    lines = {line.get_label().partition(":")[0]: line for line in axes.get_lines()}
    for i, name in enumerate(["SymPy", "AD forward", "AD reverse"]):
        expected = [(sample.point["x"], sample.results[i].ulps) for sample in samples if sample.results[i].ulps is not None]
        assert np.column_stack(lines[name].get_data()).tolist() == [list(pair) for pair in expected]


def test_the_legend_says_where_the_largest_error_is() -> None:
    axes, samples = drawn("sin(x)/x", -4, 4)
    worst = max(samples, key=lambda sample: sample.results[0].ulps or 0.0)
    ulps, x = worst.results[0].ulps, worst.point["x"]
    assert legend(axes)[0] == f"SymPy: up to {ulps:.3g}, at {x:.6g}".replace("at -", "at −")


def test_engines_differ_in_shape_as_well_as_colour() -> None:
    assert len({marker for marker, _, _ in MARKS.values()}) == len({color for _, color, _ in MARKS.values()}) == len(MARKS)
    axes, _ = drawn("sin(x)", 0, 1, claim="cos(x)")
    assert [text.partition(":")[0] for text in legend(axes)] == list(MARKS)


def test_verdicts_that_are_no_pass_are_marked_at_their_points() -> None:
    axes, samples = drawn("log(x)", -1, 1)
    (line,) = [line for line in axes.get_lines() if line.get_label() == "fail: spurious"]
    assert line.get_xdata().tolist() == sorted(sample.point["x"] for sample in samples if sample.point["x"] < 0)
    assert set(line.get_ydata()) == {max(STRIPS.values())}
    assert "fail" not in " ".join(legend(drawn("sin(x)", 0, 1)[0]))


def test_special_places_are_named_and_undefined_intervals_shaded() -> None:
    axes, _ = drawn("where(x < -1, log(x + 3), abs(x)) + cbrt(x - 1)", -4, 2)
    assert names(axes) == ["boundary at −3", "jump at −1", "kink at 0", "vertical at 1"]
    assert "undefined: proved" in legend(axes)
    assert "not proved smooth there" in legend(axes)
    assert axes.get_title() == "errors at 49 points; proved smooth but for 5 of 9 pieces"


def test_a_guess_is_drawn_as_one() -> None:
    assert names(drawn("tan(x)", 0, 2)[0]) == ["undecided (pole?) at 1.5708"]


def test_a_smooth_function_has_no_place() -> None:
    axes, _ = drawn("sin(x)", 0, 1)
    assert names(axes) == []
    assert axes.get_title() == "errors at 30 points; proved smooth on all of the interval"


def test_the_limit_of_agreement_is_drawn_and_named() -> None:
    axes, _ = drawn("sin(x)", 0, 1)
    assert any(set(line.get_ydata()) == {4.0} for line in axes.get_lines())
    assert [text.get_text() for text in axes.texts] == ["agrees: up to 4 ulps"]


@pytest.mark.parametrize(("text", "lower", "upper"), [("sin(x)/x", -4, 4), ("(1 - cos(x))/x^2", -1e-3, 1e-3), ("1/x", -1e300, 1e300)])
def test_all_errors_lie_below_the_marks_and_all_texts_within_the_picture(text: str, lower: float, upper: float) -> None:
    axes, samples = drawn(text, lower, upper)
    renderer = FigureCanvasAgg(axes.figure).get_renderer()
    errors = [(s.point["x"], r.ulps) for s in samples for r in s.results if r.ulps is not None]
    heights = axes.transAxes.inverted().transform(axes.transData.transform(np.array(errors)))
    assert ((heights[:, 0] >= 0) & (heights[:, 0] <= 1) & (heights[:, 1] >= 0) & (heights[:, 1] < min(STRIPS.values()))).all()
    written = [*axes.texts, axes.get_legend(), axes.title]
    boxes = [artist.get_window_extent(renderer) for artist in written]
    width, height = (inches * axes.figure.dpi for inches in SIZE_INCHES)
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))


@pytest.mark.parametrize("suffix", METADATA)
def test_a_picture_of_errors_is_the_same_bytes_in_every_run(suffix: str, tmp_path: Path) -> None:
    first, second = (tmp_path / f"{name}.{suffix}" for name in "ab")
    for path in (first, second):
        plot_errors(Check("abs(x)"), -1.0, 1.0, path=path, samples=10)
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_size > 1000


@pytest.mark.parametrize(
    ("name", "text", "lower", "upper", "samples", "message"),
    [
        ("f.gif", "x", 0.0, 1.0, 10, r"\.png"),
        ("f.png", "x*y", 0.0, 1.0, 10, "one variable"),
        ("f.png", "x", 1.0, 0.0, 10, "empty"),
        ("f.png", "x", 0.0, math.inf, 10, "not finite"),
        ("f.png", "x", 0.0, 1.0, 1, "number of samples"),
    ],
)
def test_a_picture_that_cannot_be_drawn_is_refused_and_no_file_is_left(
    name: str, text: str, lower: float, upper: float, samples: int, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        plot_errors(Check(text), lower, upper, path=tmp_path / name, samples=samples)
    assert list(tmp_path.iterdir()) == []


def test_the_command_draws_and_judges(tmp_path: Path) -> None:
    target = tmp_path / "errors.png"
    for text, code in (("sin(x)", PASS), ("log(x)", FAIL)):
        ended = diffcheck("plot", text, "--range", "-1,1", "--errors", "--samples", "20", "-o", str(target))
        assert ended.code == code
        assert f"{target}: the errors of the derivative with respect to x" in ended.stderr
        assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("options", [["--at", "1", "--range", "0,2"], [], ["--at", "1"]])
def test_errors_are_drawn_over_an_interval_only(options: list[str], tmp_path: Path) -> None:
    ended = diffcheck("plot", "x", "--errors", "-o", str(tmp_path / "f.png"), *options)
    assert (ended.code, ended.stdout) == (USAGE, "")
    assert "--errors draws an interval" in ended.stderr
    assert list(tmp_path.iterdir()) == []
