"""What people who saw the first pictures missed: each row of their list, and its relatives."""

from __future__ import annotations

import itertools
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import FAIL, PASS, USAGE, diffcheck
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from diffcheck import Check
from diffcheck.checks.points import from_texts
from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import taylor_coefficients
from diffcheck.pictures.curve import Curve, trace
from diffcheck.pictures.figure import Options, draw
from diffcheck.pictures.section import section_of
from diffcheck.pictures.tangents import POINTS
from diffcheck.pictures.text import coefficient, equation

PARABOLA = "x^2 + 3x + 2"


@cache
def picture(text: str, at: str = "", ends: tuple[float | None, float | None] = (None, None), claim: str = "", **options: Any) -> Figure:
    check = Check(text, claims=[claim] if claim else ())
    points = from_texts(at.split(), check.problem.variables, check.format) if at else None
    wrt = check.problem.variables[0]
    samples = [] if points is None else [sample for sample in check.samples(points) if sample.wrt == wrt]
    return draw(check, samples, wrt, Options(*ends, **options))


def curve_of(text: str, lower: float, upper: float, order: int = 0) -> Curve:
    return trace(section_of(Check(text), {}, "x", order), np.linspace(lower, upper, 100), np.empty(0))


def texts(axes: Axes) -> list[str]:
    return [artist.get_text() for artist in axes.get_children() if isinstance(artist, Annotation)]


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    return [text.get_text() for text in found.get_texts()] if found is not None else []


def above(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def colored(axes: Axes, color: str) -> list[np.ndarray[Any, Any]]:
    """The lines of a colour, n×2."""
    return [np.column_stack(line.get_data()) for line in axes.get_lines() if line.get_color() == color and len(line.get_xdata()) > 1]


# What is left over


@pytest.mark.parametrize(
    ("text", "at", "ends"),
    [
        ("exp(x)", "100", (0.0, 200.0)),
        ("1e-12*sin(1e9*x)", "1", (None, None)),
        ("1e6 + 1e-3*sin(x)", "1", (None, None)),
        (PARABOLA, "2", (-4.0, 4.0)),
        ("x^2", "1e5", (99990.0, 100010.0)),
        ("exp(x)", "-300", (-400.0, -200.0)),
    ],
)
def test_the_second_panel_stays_in_the_range_and_shows_every_error(text: str, at: str, ends: tuple[float, float]) -> None:
    figure = picture(text, at, ends)
    left, right = figure.axes
    reach = left.get_xlim()[1] - float(at)
    (series,) = [line for line in right.get_lines() if line.get_label().startswith("x* =")]
    steps, errors = (np.asarray(column, float) for column in series.get_data())
    shown = np.isfinite(errors)
    assert steps[shown].max() <= reach * (1 + 1e-12)
    low, high = right.get_ylim()
    assert ((errors[shown] > low) & (errors[shown] < high)).all()
    assert steps[shown].min() > right.get_xlim()[0]


@pytest.mark.parametrize(
    ("text", "at", "ends", "power"),
    [
        ("1e-12*sin(1e9*x)", "1", (None, None), 2),
        ("1e6 + 1e-3*sin(x)", "1", (None, None), 2),
        ("exp(x)", "100", (0.0, 200.0), 2),
        ("tanh(50*x)", "0.01", (-3.0, 3.0), 2),
        ("relu(x)", "0", (-1.0, 1.0), 1),
    ],
)
def test_the_guide_of_the_right_power_runs_through_the_small_errors(text: str, at: str, ends: tuple[float, float], power: int) -> None:
    """A line ∝ δ² anchored where f is far from straight would lie below all errors, and a right slope look wrong."""
    right = picture(text, at, ends).axes[1]
    (guide,) = [line for line in right.get_lines() if line.get_label() == {1: "∝ δ", 2: "∝ δ²"}[power]]
    (x0, x1), (y0, _) = guide.get_data()
    series = [np.column_stack(line.get_data()) for line in right.get_lines() if line.get_label().startswith("x* =")]
    known = np.concatenate(series)
    known = known[np.isfinite(known[:, 1])]
    ratios = known[:, 1] / (y0 * (known[:, 0] / x0) ** power)
    assert x0 < x1
    assert int((abs(np.log10(ratios)) < 0.2).sum()) >= 4


def test_a_wrong_claim_leaves_an_error_of_its_own() -> None:
    axes = picture(PARABOLA, "2", claim="2x + 2").axes
    assert legend(axes[1]) == ["∝ δ", "∝ δ²", "x* = 2, slope 7", "x* = 2, claim: slope 6"]
    assert "claim: slope 6" in texts(axes[0])


# Tangents


@pytest.mark.parametrize(("text", "at", "ends"), [(PARABOLA, "2", (-4.0, 4.0)), ("sin(x)", "1", (-9.0, 9.0)), ("x^3", "0", (-1.0, 1.0))])
def test_a_tangent_spans_the_range(text: str, at: str, ends: tuple[float, float]) -> None:
    axes = picture(text, at, ends).axes[0]
    (line,) = colored(axes, POINTS[0])
    assert (line[0, 0], line[-1, 0]) == ends == axes.get_xlim()


@pytest.mark.parametrize(
    ("text", "at", "written"),
    [
        (PARABOLA, "2", ["y = 7x − 2"]),
        (PARABOLA, "-1.5", ["y = −0.25"]),
        ("f(x) = x^2 + 3x + 2; f(f(f(x)))", "2", ["y = 69363x − 105054"]),
        ("sin(x)", "0", ["y = x"]),
        ("sin(x)", "1", ["y = 0.5403x + 0.3012"]),
        ("-x", "3", ["y = −x"]),
        ("5", "3", ["y = 5"]),
        ("x/3", "1", ["y = 0.3333x"]),
        ("1e-7*x^2", "1", ["y = 2·10⁻⁷ x − 1·10⁻⁷"]),
        ("theta^2", "3", ["y = 6·theta − 9"]),
        ("abs(x)", "0", ["from the left: y = −x", "from the right: y = x"]),
    ],
)
def test_a_tangent_has_its_equation(text: str, at: str, written: list[str]) -> None:
    assert [each for each in texts(picture(text, at).axes[0]) if "slope" not in each] == written


@pytest.mark.parametrize(
    ("value", "radius", "text"),
    [
        ("7", "0", "7"),
        ("-2", "1e-30", "−2"),
        ("1234567", "0", "1234567"),
        ("0.12345678", "1e-30", "0.1235"),
        ("123456.78", "1e-30", "123457"),
        ("9.99996", "1e-30", "10"),
        ("-1.5e30", "0", "−1.5·10³⁰"),
        ("1e-12", "0", "1·10⁻¹²"),
        ("0", "1e-40", "0"),
    ],
)
def test_a_coefficient_has_few_digits_and_an_integer_all(value: str, radius: str, text: str) -> None:
    assert coefficient(Enclosure(Decimal(value), Decimal(radius))) == text


def test_far_from_the_origin_a_tangent_is_written_about_its_point() -> None:
    exact = [Enclosure(Decimal(each), Decimal(0)) for each in ("1e18", "2e9")]
    assert equation(1e9, exact[0], exact[1], "x", 2.0) == "y = 1·10¹⁸ + 2·10⁹ (x − 1e+09)"
    assert equation(-1e9, exact[0], exact[1], "x", 2.0) == "y = 1·10¹⁸ + 2·10⁹ (x + 1e+09)"


@pytest.mark.parametrize("count", [1, 2, 4, 7, 8])
def test_every_point_has_its_tangent_in_a_colour_of_its_own(count: int) -> None:
    places = np.linspace(-3, 3, count).tolist() if count > 1 else [1.0]
    axes = picture("sin(x)", " ".join(map(str, places))).axes[0]
    assert len(set(POINTS)) == len(POINTS) == 8
    for x, color in zip(places, POINTS, strict=False):
        (line,) = colored(axes, color)
        assert np.interp(x, *line.T) == pytest.approx(np.sin(x), abs=1e-12)
    assert sum(text.startswith("tangent at x =") for text in legend(axes)) == count


def test_of_many_points_the_title_says_which_have_tangents() -> None:
    axes = picture(PARABOLA, "linspace(-4,4,100)").axes[0]
    assert axes.get_title() == "100 points; tangents at x = −4, −2.87, −1.74, −0.606, 0.606, 1.74, 2.87, 4"


@pytest.mark.parametrize(
    ("text", "at"),
    [("sin(x)", "-3 -2 -1 0 1 2 3"), ("x^3 - 3x", "-2 -1.5 -1 -0.5 0.5 1 1.5 2"), ("relu(x)", "-1 0 3"), ("exp(x)", "0 5 10")],
)
def test_no_label_lies_on_another_or_on_a_marker(text: str, at: str) -> None:
    figure = picture(text, at)
    axes, renderer = figure.axes[0], FigureCanvasAgg(figure).get_renderer()
    boxes = [Text.get_window_extent(artist, renderer) for artist in axes.get_children() if isinstance(artist, Annotation)]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
    markers = np.concatenate([line.get_xydata() for line in axes.get_lines() if line.get_marker() in "o^Xs" and line.get_zorder() == 5])
    assert not any(box.contains(*pixel) for box in boxes for pixel in axes.transData.transform(markers))


@pytest.mark.parametrize(
    ("text", "at", "ends", "scale"),
    [
        ("exp(x)", "100", (0.0, 200.0), "log"),
        ("sinh(x)", "3", (-60.0, 60.0), "symlog"),
        ("exp(x)", "1", (-3.0, 3.0), "linear"),
        ("1/x^2", "1", (-3.0, 3.0), "linear"),
        ("exp(-x^2)", "1", (-3.0, 3.0), "linear"),
        ("0*x", "1", (-3.0, 3.0), "linear"),
    ],
)
def test_values_of_very_different_size_have_a_logarithmic_axis_that_says_so(
    text: str, at: str, ends: tuple[float, float], scale: str
) -> None:
    axes = picture(text, at, ends).axes[0]
    assert axes.get_yscale() == scale
    assert ("the axis of values is logarithmic" in axes.get_xlabel()) == (scale != "linear")


# The curve


@pytest.mark.parametrize(
    ("text", "closed", "open_"),
    [
        ("floor(x)", [(-1, -1), (0, 0), (1, 1)], [(-1, -2), (0, -1), (1, 0)]),
        ("where(x < 0, -1, 1)", [(0, 1)], [(0, -1)]),
        ("where(x <= 0.7, -1, 1)", [(0.7, -1)], [(0.7, 1)]),
        ("heaviside(x)", [(0, 0.5)], [(0, 0), (0, 1)]),
        ("sign(x)", [(0, 0)], [(0, -1), (0, 1)]),
        ("x - floor(x)", [(-1, 0), (0, 0), (1, 0)], [(-1, 1), (0, 1), (1, 1)]),
        ("where(x == 0, 1, x^2)", [(0, 1)], [(0, 0)]),
        ("x/abs(x)", [], [(0, -1), (0, 1)]),
        ("sin(x)/x", [], [(0, 1)]),
        ("(x^2 - 1)/(x - 1)", [], [(1, 2)]),
        ("1/x", [], []),
        ("tan(2x)", [], []),
        ("sin(1/x)", [], []),
        ("sqrt(x)", [], []),
        ("abs(x)", [], []),
        ("tanh(1e6x)", [], []),
    ],
)
def test_at_jumps_the_value_taken_is_closed_and_limits_that_are_not_are_open(
    text: str, closed: list[tuple[float, float]], open_: list[tuple[float, float]]
) -> None:
    curve = curve_of(text, -1.6, 1.6)
    assert curve.closed == pytest.approx(np.array(closed, float).reshape(-1, 2), abs=1e-6)
    assert curve.open == pytest.approx(np.array(open_, float).reshape(-1, 2), abs=1e-6)


def test_a_hole_that_is_asked_for_is_open_at_the_limit_that_is_proved() -> None:
    (axes,) = picture("sin(x)/x", "0").axes
    (marker,) = [line for line in axes.get_lines() if line.get_marker() == "^"]
    assert (marker.get_xydata().tolist(), marker.get_markerfacecolor()) == ([[0.0, 1.0]], "white")
    assert "slope that was given" not in legend(axes)  # there is no line of it


@pytest.mark.parametrize(
    ("text", "lower", "upper"), [("sin(1/x)", -1, 1), ("sin(99*pi*x/4)", -4, 4), ("sin(1000x)", -5, 5), ("x*sin(1/x)", -0.5, 0.5)]
)
def test_no_straight_line_is_drawn_where_the_function_is_none(text: str, lower: float, upper: float) -> None:
    """Half-way between two points of the line f is on it, within two pixels, or there is a band."""
    curve = curve_of(text, lower, upper)
    whole = np.isfinite(curve.y[:-1]) & np.isfinite(curve.y[1:])
    middle = (curve.x[:-1] + curve.x[1:])[whole] / 2
    off = abs(section_of(Check(text), {}, "x").values(middle) - ((curve.y[:-1] + curve.y[1:])[whole] / 2))
    wide = np.diff(curve.x)[whole] > (upper - lower) / 700
    assert off[wide & np.isfinite(off)].max(initial=0) < np.ptp(curve.y[np.isfinite(curve.y)]) / 150
    assert len(curve.x) < 6000


@pytest.mark.parametrize(
    ("text", "has_bands"), [("sin(1/x)", True), ("sin(1e9*x)", True), ("tanh(1e6x)", False), ("floor(x)", False), ("x", False)]
)
def test_what_turns_round_within_a_pixel_is_a_band_with_its_extent(text: str, has_bands: bool) -> None:
    curve = curve_of(text, -1, 1)
    assert bool(len(curve.bands)) is has_bands
    if has_bands:
        assert curve.bands[:, 2].min() < -0.99
        assert curve.bands[:, 3].max() > 0.99
        assert any("turns round within a pixel" in text for text in legend(picture(text, "", (-1, 1)).axes[0]))


def test_a_curve_is_the_same_each_time() -> None:
    first, second = (curve_of("sin(1/x)", -1, 1) for _ in range(2))
    assert np.array_equal(first.x, second.x)
    assert np.array_equal(first.y, second.y, equal_nan=True)


# Taylor polynomials, derivatives, no point


def test_taylor_coefficients_are_proved() -> None:
    found = taylor_coefficients(Check("exp(2x)").problem.target.flat, {"x": 0.0}, "x", 5)
    assert found is not None
    assert all(each.contains(Decimal(value)) for each, value in zip(found, ("1", "2", "2"), strict=False))
    assert float(found[5]) == pytest.approx(32 / 120, rel=1e-15)
    assert taylor_coefficients(Check("abs(x)").problem.target.flat, {"x": 0.0}, "x", 2) is None
    assert taylor_coefficients(Check("5").problem.target.flat, {"x": 0.0}, "x", 2) is not None


@pytest.mark.parametrize(("text", "at", "order"), [("cos(x)", "0", 4), ("exp(x)", "1", 2), ("1/(1-x)", "0.5", 7), (PARABOLA, "2", 2)])
def test_a_taylor_polynomial_is_drawn_and_what_it_leaves_over(text: str, at: str, order: int) -> None:
    axes = picture(text, at, (0.0, 3.0) if text == PARABOLA else (None, None), taylor=order).axes
    subscript = str(order).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))
    assert f"T{subscript} at x = {at}: Taylor polynomial, coefficients proved" in legend(axes[0])
    assert any(label.startswith(f"x* = {at}, T{subscript}") for label in legend(axes[1]))


def test_the_derivative_is_drawn_below_with_the_slopes_that_are_proved() -> None:
    main, below = picture("x^3 - x", "1 -0.5", (-2, 2), derivative=True).axes
    assert main.get_position().y0 > below.get_position().y1
    assert main.get_xlim() == below.get_xlim()
    x, y = below.get_lines()[0].get_data()
    assert y == pytest.approx(3 * x**2 - 1)
    assert legend(below)[1:] == ["f′(1) = 2: proved", "f′(−0.5) = −0.25: proved"]


def test_where_f_has_no_value_the_picture_says_so() -> None:
    assert "34 have no value" in legend(picture("log(x)", "1", (-2.0, 4.0)).axes[0])[0]
    assert picture("log(x)", "", (-5.0, -1.0)).axes[0].get_title() == "f has no value between the ends of this picture"


def test_a_point_is_named_with_the_digits_that_its_range_needs() -> None:
    axes = picture("sin(1000x)", "1000.001", (1000.0, 1000.01)).axes[0]
    assert axes.get_title() == "Tangent at x = 1000.001"
    assert "tangent at x = 1000.001: proved" in legend(axes)


@pytest.mark.parametrize("ends", [(-0.01, 0.01), (1000.0, 1001.0), (-1.0, 1.0), (0.0, 1e5)])
def test_numbers_below_an_axis_do_not_touch(ends: tuple[float, float]) -> None:
    figure = picture("exp(x/1000)", str(sum(ends) / 2), ends)
    FigureCanvasAgg(figure).draw()
    boxes = [label.get_window_extent() for label in figure.axes[0].get_xticklabels() if label.get_text()]
    assert len(boxes) > 2
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


@pytest.mark.parametrize(("text", "panels"), [("floor(x)", 1), ("mod(x, 1)", 1), ("x^2", 2)])
def test_a_few_errors_beyond_a_jump_have_no_panel(text: str, panels: int) -> None:
    assert len(picture(text, "1.5", (-2.0, 3.0)).axes) == panels


def test_without_a_point_the_curve_is_drawn_where_it_is() -> None:
    assert picture("sin(x)").axes[0].get_xlim() == (-5.0, 5.0)
    assert picture("sin(x)", "", (0.0, 2.0)).axes[0].get_xlim() == (0.0, 2.0)
    figure = picture("log(x - 100)")
    assert len(figure.axes) == 1
    assert figure.axes[0].get_xlim()[1] > 100


# Titles


@pytest.mark.parametrize(
    ("text", "at", "title"),
    [
        (PARABOLA, "2", ["$f(x) = x^{2} + 3 x + 2$"]),
        ("f(x) = x^2 + 3x + 2; f(f(f(x)))", "2", ["$f(x) = x^{2} + 3 x + 2;  F(x) = f(f(f(x)))$"]),
        ("1e-12*sin(1e9*x)", "1", ["$f(x) = 10^{-12} \\sin(1000000000 x)$"]),
        ("abs(x)", "1", ["$f(x) = |x|$"]),
        ("where(x < 0, -1, 1)", "1", ["f(x) = where(x < 0, -1, 1)"]),
        ("sin(theta)", "1", ["$f(\\theta) = \\sin(\\theta)$"]),
        ("rate^2", "1", ["f(rate) = rate^2"]),
        ("x_1^2", "1", ["$f(x_{1}) = x_{1}^{2}$"]),
    ],
)
def test_the_title_is_mathematics_where_it_reads_the_same_and_names_as_a_report_does(text: str, at: str, title: list[str]) -> None:
    assert above(picture(text, at)) == title


@pytest.mark.parametrize("text", [" + ".join(f"sin({k}x)" for k in range(1, 30)), "x" + " + x^2" * 100, "sin(" * 60 + "x" + ")" * 60])
def test_a_long_title_stays_within_the_picture(text: str) -> None:
    figure = picture(text, "0.1")
    renderer = FigureCanvasAgg(figure).get_renderer()
    width = figure.get_size_inches()[0] * figure.dpi
    assert all(0 <= box.x0 < box.x1 <= width for box in (written.get_window_extent(renderer) for written in figure.texts))


# The command


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("sin(x)",), PASS),
        (("sin(x)", "--range", "-1,1", "-o", "a.svg"), PASS),
        (("x^2", "--at", "2", "--claim", "x"), FAIL),
        (("cos(x)", "--at", "0", "--taylor", "4", "-o", "a.pdf"), PASS),
        (("x^3", "--derivative"), PASS),
        (("x^3", "--at", "1", "--derivative", "--taylor", "2"), PASS),
    ],
)
def test_the_command_draws_with_few_words(arguments: tuple[str, ...], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = diffcheck("plot", *arguments)
    assert (ended.code, ended.stdout) == (code, "")
    (file,) = tmp_path.iterdir()
    assert file.name == (arguments[-1] if "-o" in arguments else "diffcheck.png")
    assert f"{file.name}: " in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (("x*y",), "Write --at x=1,y=1."),
        (("sin(x)", "--taylor", "3"), "Write --at 2."),
        (("sin(x)", "--at", "1", "--taylor", "99"), "It may be 1 to 30."),
        (("sin(x)", "--errors", "--range", "0,1", "--derivative"), "Write --errors --range -4,4"),
    ],
)
def test_what_the_command_cannot_draw_is_said_with_the_fix(
    arguments: tuple[str, ...], fix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = diffcheck("plot", *arguments)
    assert ended.code == USAGE
    assert fix in ended.stderr
    assert list(tmp_path.iterdir()) == []
