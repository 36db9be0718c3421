"""Pictures: curves broken where f is, tangents with their slopes, the error of the approximation, the same bytes always."""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from diffcheck import Check, Claim, InputError, Sample, Status
from diffcheck.checks.points import Columns, from_texts
from diffcheck.errors import OutputError, UnsupportedError
from diffcheck.pictures.curve import Curve, heights, trace
from diffcheck.pictures.error import Series, measure
from diffcheck.pictures.figure import Options, draw, plot
from diffcheck.pictures.layout import METADATA
from diffcheck.pictures.section import section_of
from diffcheck.pictures.tangents import VERDICTS, tangents
from diffcheck.results import Outcome

PARABOLA = "x^2 + 3x + 2"


@cache
def checked(text: str, dtype: str = "float64", claim: str = "") -> Check:
    return Check(text, dtype=dtype, claims=[Claim("x", 1, claim)] if claim else [])


def points(check: Check, *at: str) -> Columns:
    return from_texts(at, check.problem.variables, check.format)


def samples(check: Check, *at: str) -> list[Sample]:
    return [sample for sample in check.samples(points(check, *at)) if sample.wrt == "x"]


def sample_at(text: str, at: str, claim: str = "") -> Sample:
    (sample,) = samples(checked(text, claim=claim), at)
    return sample


def curve_of(text: str, lower: float, upper: float, count: int = 100, dtype: str = "float64") -> Curve:
    return trace(section_of(checked(text, dtype), {}, "x"), np.linspace(lower, upper, count), np.empty(0))


def figure_of(text: str, *at: str, lower: float = -4, upper: float = 4, claim: str = "", **options: Any) -> Figure:
    check = checked(text, claim=claim)
    return draw(check, samples(check, *at) if at else [], "x", Options(lower, upper, **options))


def breaks(curve: Curve) -> list[float]:
    """Where the line is interrupted between two finite parts."""
    whole = np.flatnonzero(np.isfinite(curve.y))
    return [float(curve.x[a] + curve.x[b]) / 2 for a, b in itertools.pairwise(whole) if b > a + 1]


def texts(axes: Axes) -> list[str]:
    return [artist.get_text() for artist in axes.get_children() if isinstance(artist, Annotation)]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    return [text.get_text() for text in found.get_texts()] if found is not None else []


def above(figure: Figure) -> list[str]:
    """The lines above a picture."""
    return [text.get_text() for text in figure.texts]


# The curve


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("1/x", [0.0]),
        ("1/x^2", [0.0]),
        ("1/(x - 1/3)^2", [1 / 3]),
        ("tan(x)", [-math.pi / 2, math.pi / 2]),
        ("floor(x)", [-3, -2, -1, 0, 1, 2, 3, 4]),
        ("where(x < 0, -1, 1)", [0.0]),
        ("where(x < 0.7, x, x + 0.1)", [0.7]),
        ("sqrt(x^2 - 1)", [0.0]),
    ],
)
@pytest.mark.parametrize("count", [20, 100, 101])
def test_a_curve_is_broken_at_poles_jumps_and_where_it_is_undefined(text: str, places: list[float], count: int) -> None:
    assert breaks(curve_of(text, -4, 4, count)) == pytest.approx(places, abs=5e-3)


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("exp(x)", -50, 50),
        ("cbrt(x)", -4, 4),
        ("abs(x)", -4, 4),
        ("tanh(1e6x)", -4, 4),
        ("x^100", -1000, 1000),
        ("sqrt(abs(x))", -4, 4),
        ("sin(x)^2 + cos(x)^2", -4, 4),
        ("1e16 + x", -4, 4),
    ],
)
def test_a_continuous_curve_is_whole_however_steep(text: str, lower: float, upper: float) -> None:
    assert np.isfinite(curve_of(text, lower, upper).y).all()


def test_a_curve_in_single_precision_is_broken_at_the_pole_only() -> None:
    assert breaks(curve_of("1/x", -4, 4, dtype="float32")) == pytest.approx([0.0], abs=1e-3)
    assert breaks(curve_of("exp(x)", -4, 4, dtype="float32")) == []


@pytest.mark.parametrize(("text", "first"), [("sqrt(x)", 0.0), ("sqrt(x - 1/3)", 1 / 3), ("log(x)", 0.0)])
def test_a_curve_begins_at_the_edge_of_the_domain(text: str, first: float) -> None:
    curve = curve_of(text, -1, 4)
    assert curve.x[np.isfinite(curve.y)][0] == pytest.approx(first, abs=1e-9)


def test_a_pole_does_not_flatten_the_rest_of_the_curve() -> None:
    low, high = heights(curve_of("1/x", -4, 4), np.array([1.0]))
    assert -10 < low < -1
    assert 1 < high < 10


def test_a_picture_is_high_enough_for_its_points() -> None:
    assert heights(curve_of("1/x", -4, 4), np.array([50.0]))[1] == 50.0


def test_the_curve_goes_through_the_equidistant_points_and_says_how_many() -> None:
    curve = curve_of(PARABOLA, -4, 4)
    assert set(np.linspace(-4, 4, 100)) <= set(curve.x)
    assert curve.y == pytest.approx(curve.x**2 + 3 * curve.x + 2, rel=1e-15, abs=1e-14)
    assert "f (dots: 100 equidistant points)" in legend(figure_of(PARABOLA, "2").axes[0])


def test_where_jax_lacks_a_function_its_reason_is_raised() -> None:
    with pytest.raises(UnsupportedError, match="lambertw"):
        curve_of("lambertw(x)", 0, 4)


# Tangents


def test_a_smooth_point_has_one_proved_tangent() -> None:
    (tangent,) = tangents(sample_at(PARABOLA, "2"))
    assert (tangent.slope, tangent.text, tangent.outcome) == (7.0, "y = 7x − 2", None)


def test_a_kink_has_both_one_sided_tangents_and_every_slope_that_was_chosen() -> None:
    found = [(line.slope, line.text, line.start, line.end) for line in tangents(sample_at("abs(x)", "0"))]
    assert found == [
        (-1.0, "from the left: y = −x", -1, 0),
        (1.0, "from the right: y = x", 0, 1),
        (0.0, "SymPy: slope 0", -1, 1),
        (1.0, "JAX: slope 1", -1, 1),
    ]


@pytest.mark.parametrize(
    ("text", "at", "written"),
    [
        ("floor(x)", "1", ["JAX, SymPy: slope 0 (jump)"]),
        ("where(x < 0, -1, 1)", "0", ["SymPy, JAX: slope 0 (jump)"]),
        ("sqrt(x)", "0", ["SymPy, JAX: slope ∞ (boundary)"]),
        ("log(x)", "-1", ["SymPy, JAX: slope −1 (undefined)"]),
        ("sin(x)/x", "0", ["SymPy, JAX: slope NaN (hole)"]),
    ],
)
def test_where_there_is_no_derivative_the_slopes_given_are_written_with_the_reason(text: str, at: str, written: list[str]) -> None:
    found = tangents(sample_at(text, at))
    assert sorted(word for line in found for word in re.split(r"[:,] ?| ", line.text)) == sorted(
        word for line in written for word in re.split(r"[:,] ?| ", line)
    )
    assert all(line.outcome is not None for line in found)


def test_a_vertical_tangent_is_drawn_where_the_status_says_so() -> None:
    vertical = dataclasses.replace(sample_at("cbrt(x)", "0"), status=Status.VERTICAL, enclosure=None, clarke=None)
    assert tangents(vertical)[0].slope == math.inf
    check = checked("cbrt(x)")
    figure = draw(check, [vertical], "x", Options(-2, 2))
    upright = [line for line in figure.axes[0].get_lines() if len(line.get_xdata()) == 2 and np.ptp(line.get_xdata()) < 1e-9]
    assert upright
    assert "vertical tangent" in texts(figure.axes[0])


def test_a_wrong_claim_is_drawn_beside_the_proved_tangent() -> None:
    proved, claimed = tangents(sample_at("sin(x)", "1", claim="-cos(x)"))
    assert proved.slope == -claimed.slope == pytest.approx(math.cos(1), rel=1e-15)
    assert claimed.outcome is Outcome.FAIL


def test_the_slope_is_written_beside_each_of_several_points_and_no_text_lies_on_another() -> None:
    figure = figure_of("sin(x)", "0", "1", "2.5", "-3")
    axes = figure.axes[0]
    assert texts(axes) == ["y = x", "y = 0.5403x + 0.3012", "y = −0.8011x + 2.601", "y = −0.99x − 3.111"]
    renderer = FigureCanvasAgg(figure).get_renderer()
    boxes = [artist.get_window_extent(renderer) for artist in axes.get_children() if isinstance(artist, Annotation)]
    frame = axes.get_window_extent(renderer)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    assert all(frame.contains(*corner) for box in boxes for corner in box.corners())


def test_verdicts_differ_in_shape_as_well_as_colour() -> None:
    assert set(VERDICTS) == set(Outcome)
    assert len({shape for shape, _ in VERDICTS.values()}) == len({color for _, color in VERDICTS.values()}) == len(Outcome)
    assert "verdict: fail" in legend(figure_of("sin(x)", "1", claim="-cos(x)").axes[0])


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x^2*y", "x=1,y=2"),
        ("sin(x)*cos(y)^3 + " * 30 + "1", "x=1,y=2"),
        (f"{'f' * 50}({'x' * 90}) = exp({'x' * 90})", "1"),
    ],
)
def test_titles_and_legends_stay_within_the_picture_and_off_the_axes(text: str, at: str) -> None:
    check = checked(text)
    sample = next(iter(check.samples(points(check, at))))
    figure = draw(check, [sample], sample.wrt, Options(-4, 4))
    renderer = FigureCanvasAgg(figure).get_renderer()
    width, height = figure.get_size_inches() * figure.dpi
    outside = [artist for axes in figure.axes for artist in (axes.get_legend(), axes.title, axes.yaxis.label)]
    boxes = [artist.get_window_extent(renderer) for artist in (*outside, *figure.texts) if artist is not None]
    assert all(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height for box in boxes)
    frames = [axes.get_window_extent(renderer) for axes in figure.axes]
    assert not any(box.overlaps(frame) for box in boxes for frame in frames)


def test_the_title_says_where_the_other_variables_are_held() -> None:
    assert above(figure_of("x^2*y", "x=1,y=2")) == ["$f(x, y) = x^{2} y$", "with y = 2"]


# The error of the local linear approximation


def measured(text: str, at: str, claim: str = "") -> list[Series]:
    return measure(section_of(checked(text), {}, "x"), sample_at(text, at, claim), (3.0, 3.0))


def error_slope(text: str, at: str, claim: str = "") -> float:
    """The power of δ that the error follows between 1e-4 and 1e-1."""
    series = measured(text, at, claim)[-1]
    good = (series.steps > 1e-4) & (series.steps < 1e-1) & (series.errors > 0)
    return float(np.polyfit(np.log(series.steps[good]), np.log(series.errors[good]), 1)[0])


@pytest.mark.parametrize(("text", "at", "power"), [(PARABOLA, "2", 2), ("sin(x)", "1", 2), ("sin(x)", "0", 3), ("relu(x)", "0", 1)])
def test_the_error_falls_with_the_power_of_the_first_term_left_out(text: str, at: str, power: int) -> None:
    assert error_slope(text, at) == pytest.approx(power, abs=0.05)


def test_a_wrong_slope_leaves_an_error_that_falls_like_delta() -> None:
    right, wrong = measured(PARABOLA, "2", claim="2x + 2.9")
    small = (wrong.steps > 1e-9) & (wrong.steps < 1e-3)
    assert wrong.errors[small] == pytest.approx(0.1 * wrong.steps[small], rel=0.02)
    assert (right.text, wrong.text) == ("x* = 2, slope 7", "x* = 2, claim: slope 6.9")
    assert "x* = 2, claim: slope 6.9" in legend(figure_of(PARABOLA, "2", claim="2x + 2.9").axes[1])


def test_for_the_parabola_the_error_is_the_square_of_delta_down_to_the_round_off_floor() -> None:
    (series,) = measured(PARABOLA, "2")
    assert series.floor == 12 * 2.0**-53
    assert abs(series.errors - series.steps**2).max() < 16 * series.floor


def test_the_second_panel_states_the_formula_the_guides_and_the_floor() -> None:
    axes = figure_of(PARABOLA, "2").axes[1]
    assert axes.get_ylabel() == "|f(x*+δ) − (f(x*) + f′(x*)·δ)|"
    assert axes.get_title().startswith("f(x*+δ) ≈ f(x*) + f′(x*)·δ")
    assert legend(axes) == ["∝ δ", "∝ δ²", "x* = 2, slope 7"]
    assert [text.get_text() for text in axes.texts] == ["rounding of f(x*): up to 1.3·10⁻¹⁵"]


@pytest.mark.parametrize(
    ("text", "at", "why"),
    [
        ("3x", "1", "nothing but rounding is left over by the tangent at x = 1"),
        ("x^2", "1e9", "nothing but rounding is left over by the tangent at x = 1e+09"),
        ("1/x", "0", "no tangent at x = 0: f has no value there"),
        ("log(x)", "-1", "no tangent at x = −1: f has no value there"),
        ("sin(x)/x", "0", "no tangent at x = 0: f has no value there; its limit is proved"),
        ("sqrt(x)", "0", "no tangent at x = 0: boundary, no finite slope is proved"),
        ("floor(x)", "1", "no tangent at x = 1: jump, no finite slope is proved"),
        ("cbrt(x)", "0", "Tangent at x = 0"),
    ],
)
def test_where_no_slope_leaves_anything_over_the_curve_has_all_the_room(text: str, at: str, why: str) -> None:
    x = float(at)
    (axes,) = figure_of(text, at, lower=x - 0.5, upper=x + 0.5).axes
    assert axes.get_title() == why
    assert axes.get_position().width > 0.8


# Files


@pytest.mark.parametrize("suffix", METADATA)
def test_a_picture_is_the_same_bytes_whatever_the_settings_and_tells_no_date_and_no_version(suffix: str, tmp_path: Path) -> None:
    check = checked("relu(x)")
    first, second = (tmp_path / f"{name}.{suffix}" for name in "ab")
    plot(check, points(check, "0"), "x", path=first, options=Options(taylor=2))
    with matplotlib.rc_context({"lines.linewidth": 7, "svg.hashsalt": "another"}):
        plot(check, points(check, "0"), "x", path=second, options=Options(taylor=2))
        assert matplotlib.rcParams["lines.linewidth"] == 7  # the user's settings are left as found
    content = first.read_bytes()
    assert content == second.read_bytes()
    assert content.startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[suffix])
    assert not re.search(rf"{re.escape(matplotlib.__version__)}|CreationDate|dc:date|Software".encode(), content)


def test_pyplot_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)  # importing it would raise
    check = checked(PARABOLA)
    (sample,) = plot(check, points(check, "2"), "x", path=tmp_path / "f.png", options=Options(-4, 4))
    assert float(sample.enclosure or math.nan) == 7.0


def test_many_points_and_huge_values_are_drawn(tmp_path: Path) -> None:
    check = checked("exp(x)")
    assert len(plot(check, points(check, "linspace(0,709,300)"), "x", path=tmp_path / "f.png")) == 300


def attempt(**options: object) -> Callable[[Path], object]:
    """A call of `plot` with the parabola at 2, and these options."""

    def call(folder: Path) -> object:
        check = checked(str(options.get("text", PARABOLA)))
        at = options.get("at", ["2"])
        given = {key: value for key, value in options.items() if key in ("lower", "upper", "samples", "taylor")}
        target = folder / str(options.get("name", "f.png"))
        where = points(check, *at) if at else None
        return plot(check, where, str(options.get("wrt", "x")), path=target, options=Options(**given))  # type: ignore[misc, arg-type]

    return call


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (attempt(name="f.gif"), r"\.png, \.svg, \.pdf"),
        (attempt(name="f"), r"\.png, \.svg, \.pdf"),
        (attempt(lower=4.0, upper=-4.0), "range"),
        (attempt(lower=2.0, upper=2.0), "range"),
        (attempt(lower=math.nan), "range"),
        (attempt(upper=math.inf), "range"),
        (attempt(lower=-1.0, upper=1.0), "outside the range"),
        (attempt(samples=1), "2 to"),
        (attempt(samples=10**9), "2 to"),
        (attempt(wrt="t"), "respect to 't'"),
        (attempt(text="x*y", at=["x=1,y=2", "x=1,y=3"]), "differ in y"),
        (attempt(text="x*y", at=[]), "where y is"),
        (attempt(taylor=31), "order"),
        (attempt(taylor=-1), "order"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[Path], object], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        call(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_no_file_can_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    for name in ("folder.png", "missing/f.png"):
        with pytest.raises(OutputError, match="cannot write"):
            attempt(name=name)(tmp_path)


def test_a_picture_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    old = tmp_path / "f.png"
    old.write_bytes(b"old")
    with pytest.raises(InputError):
        attempt(lower=5.0, upper=6.0)(tmp_path)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]
