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
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from diffcheck import registry
from diffcheck.checks.expression import Check
from diffcheck.checks.interval import proved, samples_across
from diffcheck.errors import InputError
from diffcheck.pictures.layout import METADATA
from diffcheck.pictures.ulps import COLORS, STRIP, STRIPS, draw, plot_errors
from diffcheck.results import Outcome, Sample, Status


@cache
def drawn(text: str, lower: float, upper: float, claim: str = "") -> tuple[Figure, tuple[Sample, ...]]:
    check = Check(text, claims=[claim] if claim else ())
    pieces = proved(check, lower, upper)
    samples = tuple(samples_across(check, pieces, 30))
    return draw(check, pieces, samples), samples


def legend(figure: Figure) -> list[str]:
    found = figure.axes[-1].get_legend()
    return [text.get_text() for text in found.get_texts()] if found is not None else []


def names(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].get_children() if isinstance(text, Annotation)]


def heads(figure: Figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def above(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def ticks(axes: Axes) -> dict[str, float]:
    """The labels of the axis of errors, with where they are."""
    written = axes.yaxis.get_major_formatter().format_ticks(axes.yaxis.get_major_locator()())
    return dict(zip(written, axes.yaxis.get_major_locator()(), strict=True))


def errors(axes: Axes, label: str) -> list[list[float]]:
    (line,) = [line for line in axes.get_lines() if line.get_label() == label]
    return np.column_stack(line.get_data()).tolist()


def test_every_engine_has_its_panel_and_every_error_is_drawn_where_it_is() -> None:
    figure, samples = drawn("sin(x)/x", -4, 4)
    for i, (axes, name) in enumerate(zip(figure.axes, ["SymPy", "JAX forward", "JAX reverse"], strict=True)):
        expected = [(sample.point["x"], sample.results[i].ulps) for sample in samples if sample.results[i].ulps is not None]
        zero = ticks(axes)["0"]
        assert errors(axes, name) == [[x, math.log10(ulps) if ulps > 1e-20 else zero] for x, ulps in expected]


def test_each_panel_says_where_the_largest_error_is() -> None:
    figure, samples = drawn("sin(x)/x", -4, 4)
    worst = max(samples, key=lambda sample: sample.results[0].ulps or 0.0)
    ulps, x = worst.results[0].ulps, worst.point["x"]
    assert heads(figure)[0] == f"SymPy: up to {ulps:.3g} ulps, at {x:.6g}".replace("at -", "at −")


def test_zero_has_a_line_of_its_own_below_everything_that_is_tiny() -> None:
    figure, samples = drawn("max(x^2, 2x + 3)", -2, 4)
    assert any(0 < result.ulps < 1e-20 for sample in samples for result in sample.results if result.ulps is not None)
    assert set(heads(figure)) == {f"{name}: every error is 0" for name in ("SymPy", "JAX forward", "JAX reverse")}
    for axes in figure.axes:
        marks = ticks(axes)
        assert next(iter(marks)) == "0"
        assert list(marks.values()) == sorted(marks.values())
        assert {y for _, y in errors(axes, axes.get_title(loc="left").partition(":")[0])} == {marks["0"]}


def test_engines_are_called_as_in_a_report() -> None:
    titles = [title for engine in registry.OWN for title in engine.titles]
    assert len({COLORS[registry.place(title)] for title in titles}) == len(titles)
    figure, samples = drawn("sin(x)", 0, 1, claim="cos(x)")
    assert [text.partition(":")[0] for text in heads(figure)] == titles
    assert [result.title for result in samples[0].results] == titles


def test_verdicts_that_are_no_pass_are_marked_in_a_strip_above_all_errors() -> None:
    figure, samples = drawn("log(x)", -1, 1)
    assert "fail: spurious (in the strip above)" in legend(figure)
    for axes in figure.axes:
        marked = errors(axes, "fail")
        assert [x for x, _ in marked] == sorted(sample.point["x"] for sample in samples if sample.point["x"] < 0)
        assert {y for _, y in marked} == {STRIPS[Outcome.FAIL]}
    assert "fail" not in " ".join(legend(drawn("sin(x)", 0, 1)[0]))


def test_an_error_is_told_from_a_verdict() -> None:
    """The slope of where(x == 0, 0, x) at 0 is 1, the programs say 0: an error of 2^52 ulps, and a mark in the strip."""
    figure, _ = drawn("where(x == 0, 0, x)", -1, 1)
    for axes, head in zip(figure.axes, heads(figure), strict=True):
        name = head.partition(":")[0]
        assert head == f"{name}: up to 4.5e+15 ulps, at 0"
        assert [0.0, math.log10(2.0**52)] in errors(axes, name)
        assert errors(axes, "fail") == [[0.0, STRIPS[Outcome.FAIL]]]
        assert max(ticks(axes).values()) <= 16


def test_what_is_said_of_a_place_is_what_a_check_says() -> None:
    figure, samples = drawn("where(x == 0, 0, x)", -1, 1)
    assert {sample.status for sample in samples if sample.point["x"] == 0} == {Status.SMOOTH}
    assert names(figure) == ["smooth at 0, undecided beside it"]


def test_special_places_are_named_and_undefined_intervals_shaded() -> None:
    figure, _ = drawn("where(x < -1, log(x + 3), abs(x)) + cbrt(x - 1)", -4, 2)
    assert names(figure) == ["boundary at −3", "jump at −1", "kink at 0", "vertical at 1"]
    assert "undefined: proved" in legend(figure)
    assert "not proved smooth there" in legend(figure)
    assert above(figure)[-1] == "errors of df/dx at 49 points; proved smooth but for 5 of 9 pieces"


def test_a_guess_is_drawn_as_one() -> None:
    assert names(drawn("tan(x)", 0, 2)[0]) == ["undecided (pole?) at 1.5708"]


def test_a_smooth_function_has_no_place() -> None:
    figure, _ = drawn("sin(x)", 0, 1)
    assert names(figure) == []
    assert above(figure)[-1] == "errors of df/dx at 30 points; proved smooth on all of the interval"


def test_the_limit_of_agreement_is_drawn_and_named() -> None:
    figure, _ = drawn("sin(x)", 0, 1)
    assert all(any(set(line.get_ydata()) == {math.log10(4.0)} for line in axes.get_lines()) for axes in figure.axes)
    assert "agrees: up to 4 ulps" in legend(figure)


@pytest.mark.parametrize(("text", "lower", "upper"), [("sin(x)/x", -4, 4), ("(1 - cos(x))/x^2", -1e-3, 1e-3), ("1/x", -1e300, 1e300)])
def test_all_errors_lie_below_the_strip_and_all_texts_within_the_picture(text: str, lower: float, upper: float) -> None:
    figure, _ = drawn(text, lower, upper)
    renderer = FigureCanvasAgg(figure).get_renderer()
    for axes, head in zip(figure.axes, heads(figure), strict=True):
        places = axes.transAxes.inverted().transform(axes.transData.transform(np.array(errors(axes, head.partition(":")[0]))))
        assert ((places[:, 0] >= 0) & (places[:, 0] <= 1) & (places[:, 1] > 0) & (places[:, 1] < STRIP + 0.01)).all()
    titles = [text for axes in figure.axes for text in axes.findobj(Text) if text.get_text() in heads(figure)]
    boxes = [artist.get_window_extent(renderer) for artist in (*titles, *figure.texts, figure.axes[-1].get_legend())]
    width, height = figure.get_size_inches() * figure.dpi
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
