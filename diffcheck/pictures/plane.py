"""Pictures in the plane: contours of f(x, y) with gradients, and what the tangent plane leaves over; curves [x(t), y(t)] with tangents."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from diffcheck.checks.expression import Check
from diffcheck.checks.points import Columns
from diffcheck.checks.screening import evenly
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.language.reading import read_back
from diffcheck.pictures.axis import Floats
from diffcheck.pictures.error import ROUNDING, Series, draw_errors, is_worth_a_panel
from diffcheck.pictures.layout import WIDTH, Panel, Title, encoded, figure_with, head, legend, rows_of, suffix_of
from diffcheck.pictures.tangents import DETAILED, POINTS, VERDICTS
from diffcheck.pictures.text import brief, short, title, within
from diffcheck.results import Outcome, Sample
from diffcheck.views.output import opened

GRID = 121  # points along each side of the contours
LEVELS = 14
MOST_BETWEEN = 0.5  # of the picture may lie between two neighbouring levels
COMPARABLE = 2.5  # axes whose lengths differ by less have the same scale
CURVE = 400  # points of a curve
ARROW = 0.16  # of the width of the picture: the length of the longest arrow
AROUND = 1.5  # how far a picture goes beyond its only point, at least
PER_DECADE, DECADES = 5, 12
HEIGHT = 4.4  # inches
Point = Mapping[str, float]
Window = Mapping[str, tuple[float, float]]  # the ends of the axes that are given, by variable


@dataclass(frozen=True, slots=True)
class _Place:
    """A point with the samples of its derivatives."""

    point: Point
    samples: tuple[Sample, ...]

    @property
    def outcome(self) -> Outcome:
        return Outcome.worst(sample.outcome for sample in self.samples)

    @property
    def slopes(self) -> Floats | None:
        """The derivatives that are proved, in their order; None where one is not."""
        proved = [sample.enclosure for sample in self.samples]
        return None if any(each is None for each in proved) else np.array([float(each) for each in proved if each is not None])


def is_surface(check: Check) -> bool:
    """Whether f(x, y) is one number."""
    return len(check.problem.variables) == 2 and not check.problem.outputs


def is_curve(check: Check) -> bool:
    """Whether it is a map from a number to the plane."""
    return len(check.problem.variables) == 1 and check.problem.shape == (2,)


def plot_plane(check: Check, points: Columns, path: Path, window: Window = MappingProxyType({})) -> tuple[Sample, ...]:
    """Draw a function of two variables, or a curve in the plane, with its derivatives at points, to a .png, .svg or .pdf file.

    `window` has the ends of the axes, or those of the parameter of a curve. Returns the samples. Raises InputError where there is nothing
    to draw, UnsupportedError where JAX lacks a function, OutputError where the file cannot be written.
    """
    suffix = suffix_of(path)
    if not all(len(column) and np.isfinite(column).all() for column in points.values()):
        raise InputError("there is no point to draw", "Give at least one, all of them finite numbers.")
    for name, (low, high) in window.items() if is_surface(check) else ():
        outside = [float(value) for value in points[name] if not low <= value <= high]
        if outside:
            raise InputError(f"the point {name} = {brief(outside[0])} lies outside of the window", "Widen the range.")
    with opened(path) as stream:
        samples = tuple(check.samples(points))
        places = _places(samples)
        drawn = (lambda: _surface(check, places, window)) if is_surface(check) else (lambda: _curve(check, places, window))
        stream.buffer.write(encoded(drawn, suffix))
    return samples


def _places(samples: Sequence[Sample]) -> list[_Place]:
    by_point: dict[tuple[float, ...], list[Sample]] = {}
    for sample in samples:
        by_point.setdefault(tuple(sample.point.values()), []).append(sample)
    return [_Place(several[0].point, tuple(several)) for several in by_point.values()]


def _values(check: Check, columns: Mapping[str, Floats]) -> list[Floats]:
    """Each result at points, NaN where it has no finite value."""
    flat = {name: column.ravel().astype(check.format.name) for name, column in columns.items()}
    found = check.together(()).primals(flat)
    shape = next(iter(columns.values())).shape
    return [_shaped(found[k], shape) for k in range(len(found))]


def _shaped(found: NDArray[Any] | UnsupportedError, shape: tuple[int, ...]) -> Floats:
    if isinstance(found, UnsupportedError):
        raise UnsupportedError(f"a picture is drawn by JAX: {found.reason}")
    values = np.asarray(found, float).reshape(shape)
    return np.where(np.isfinite(values), values, np.nan)


def _range(places: Floats) -> tuple[float, float]:
    """The ends of an axis around places."""
    margin = max(AROUND, 0.35 * float(np.ptp(places)), 0.5 * float(abs(places).max()) if len(places) == 1 else 0.0)
    return float(places.min()) - margin, float(places.max()) + margin


# f(x, y)


def _surface(check: Check, places: Sequence[_Place], window: Window) -> Figure:
    detailed = [places[i] for i in evenly(len(places), DETAILED)]
    groups = [_left_over(check, place) for place in detailed]
    two = is_worth_a_panel(groups)
    rows = max(rows_of(len(detailed), 1), rows_of(sum(map(len, groups)) + 2, 1)) if two else len(detailed)
    panels = [Panel(0, 0.5, HEIGHT, rows=rows), Panel(0.5, 1, HEIGHT, rows=rows)] if two else [Panel(height=HEIGHT, rows=rows)]
    figure, (main, *others) = figure_with(replace(title(check.problem, {}), below=[] if two else [_why_one_panel(groups)]), [panels])
    _contours(main, check, places, detailed, window)
    if two:
        name = short(check.problem.shown_name)
        head(others[0], f"steps δ along ∇{name}: what the tangent plane leaves over")
        draw_errors(others[0], groups, name, (1, 2))
        others[0].set_ylabel(f"|{name}(x*+δ) − tangent plane|")
        legend(others[0], others[0].get_legend_handles_labels()[0], 1)
    return figure


def _why_one_panel(groups: Sequence[Sequence[Series]]) -> str:
    known = any(groups)
    return (
        "the tangent plane leaves nothing over but rounding"
        if known
        else "no gradient is proved, so there is no tangent plane to compare with"
    )


def _contours(axes: Axes, check: Check, places: Sequence[_Place], detailed: Sequence[_Place], window: Window) -> None:
    x, y = check.problem.variables
    (left, right), (low, high) = (window.get(name) or _range(np.array([place.point[name] for place in places])) for name in (x, y))
    grid_x, grid_y = np.meshgrid(np.linspace(left, right, GRID), np.linspace(low, high, GRID))
    (values,) = _values(check, {x: grid_x, y: grid_y})
    name = short(check.problem.shown_name)
    said = f"{name} is constant here" if np.isfinite(values).any() else f"{name} has no value here"
    if np.isfinite(values).any() and float(np.nanmax(values)) > float(np.nanmin(values)):
        levels, said = _levels(values, name)
        drawn = axes.contour(grid_x, grid_y, values, levels=levels, cmap="viridis", linewidths=1.0)
        axes.clabel(drawn, levels=levels[1::3], fmt=lambda level: brief(float(level)), fontsize=8)
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    if 1 / COMPARABLE < (right - left) / (high - low) < COMPARABLE:
        axes.set_aspect("equal", adjustable="box")
        axes.apply_aspect()
        axes.yaxis.set_label_coords(-0.72 / (axes.get_position().width * WIDTH), 0.5)  # as far from the narrower panel
    axes.set_xlabel(short(x))
    axes.set_ylabel(short(y))
    several = len(detailed) > 1
    arrows = (
        ""
        if all(place.slopes is None for place in detailed)
        else "; gradients, their lengths in proportion"
        if several
        else "; the gradient"
    )
    head(axes, said + arrows)
    _arrows(axes, [((place.point[x], place.point[y]), place.slopes) for place in detailed], (right - left, high - low))
    handles = [_marked(axes, place, (place.point[x], place.point[y]), f"∇{name}", k) for k, place in enumerate(detailed)]
    legend(axes, handles, 1)


def _levels(values: Floats, name: str) -> tuple[Floats, str]:
    """The levels of contours, and what is said of them: equidistant, unless that would leave most of the picture empty."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    even = np.asarray(MaxNLocator(LEVELS, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high), float)
    counts, _ = np.histogram(values[np.isfinite(values)], even)
    inner = even[(even > low) & (even < high)]
    if len(inner) > 1 and counts.max() <= MOST_BETWEEN * counts.sum():
        return inner, f"contours of {name}, {brief(float(inner[1] - inner[0]))} apart"
    levels = np.unique(np.asarray(np.nanquantile(values, np.linspace(0.02, 0.98, LEVELS)), float))
    return levels, f"contours of {name} at equal areas, not equidistant"


def _arrows(axes: Axes, arrows: Sequence[tuple[tuple[float, float], Floats | None]], size: tuple[float, float]) -> None:
    """The vectors at their places, the longest as long as a part of the picture."""
    known = [(place, vector) for place, vector in arrows if vector is not None and np.isfinite(vector).all() and vector.any()]
    longest = max((math.hypot(vector[0] / size[0], vector[1] / size[1]) for _, vector in known), default=1.0)
    for (x, y), vector in known:
        dx, dy = (ARROW * float(part) / longest for part in vector)
        style = {"arrowstyle": "-|>", "color": "black", "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 14}
        axes.annotate("", xy=(x + dx, y + dy), xytext=(x, y), arrowprops=style, zorder=6)


def _marked(axes: Axes, place: _Place, at: tuple[float, float], what: str, k: int) -> Any:
    """The marker of a point, by its verdict, and its line in the legend."""
    marker, edge = VERDICTS[place.outcome]
    slopes = place.slopes
    names = ", ".join(f"{short(name)} = {brief(value)}" for name, value in place.point.items())
    if slopes is None:
        without = dict.fromkeys(sample.status.value for sample in place.samples if sample.enclosure is None)
        label = f"no {what} at {names} ({', '.join(without)}); verdict on JAX and SymPy: {place.outcome.value}"
    else:
        label = f"{what} = ({', '.join(map(brief, slopes))}) at {names}; verdict: {place.outcome.value}"
    (drawn,) = axes.plot(
        *at, marker, color=POINTS[k % DETAILED], markeredgecolor=edge, markeredgewidth=1.6, markersize=8, zorder=7, label=label
    )
    return drawn


def _left_over(check: Check, place: _Place) -> list[Series]:
    """How far f is from its tangent plane, in steps along the gradient."""
    slopes, primal = place.slopes, place.samples[0].primal
    if slopes is None or primal is None or not math.isfinite(primal):
        return []
    at, u = np.array(list(place.point.values())), check.format.unit_roundoff
    length = float(np.hypot(*slopes))
    direction = slopes / length if length else np.array([1.0, 0.0])
    least = max(10.0**-DECADES, 8 * u * float(abs(at).max()))
    if least >= 1:  # steps that floats do not see
        return []
    steps = np.logspace(math.log10(least), 0, int(PER_DECADE * -math.log10(least)) + 1)
    moved = (at[None, :] + steps[:, None] * direction).astype(check.format.name).astype(float)
    made = moved - at
    (values,) = _values(check, {name: moved[:, k] for k, name in enumerate(place.point)})
    model = made @ slopes
    with np.errstate(invalid="ignore"):
        errors = abs((values - primal) - model)
        above = errors > ROUNDING * u * np.maximum(np.maximum(abs(values), abs(model)), abs(primal))
    text = f"x* = ({', '.join(map(brief, at))})"
    return [Series(text, np.hypot(made[:, 0], made[:, 1]), errors, u * abs(primal), above)] if np.isfinite(errors).any() else []


# [x(t), y(t)]


def _curve(check: Check, places: Sequence[_Place], window: Window) -> Figure:
    (t,) = check.problem.variables
    detailed = [places[i] for i in evenly(len(places), DETAILED)]
    parameters = np.array([place.point[t] for place in places])
    low, high = window.get(t) or _range(parameters)
    x, y = _values(check, {t: np.unique(np.concatenate([np.linspace(low, high, CURVE), parameters]))})
    figure, (axes,) = figure_with(Title(within(read_back(check.problem.program), 2)), [[Panel(0.2, 0.8, HEIGHT + 1, rows=len(detailed))]])
    axes.plot(x, y, color="#0072B2", linewidth=1.8, zorder=3)
    axes.set_aspect("equal", adjustable="datalim")
    name, variable = short(check.problem.shown_name), short(t)
    head(axes, f"{name} for {variable} from {brief(low)} to {brief(high)}, with its derivative by {variable} at points")
    axes.set_xlabel(f"{name}[0]")
    axes.set_ylabel(f"{name}[1]")
    starts = [_values(check, {t: np.array([place.point[t]])}) for place in detailed]
    at = [(float(first[0]), float(second[0])) for first, second in starts]
    size = max(float(np.nanmax(each) - np.nanmin(each)) if np.isfinite(each).any() else 0.0 for each in (x, y)) or 1.0
    _arrows(axes, list(zip(at, [place.slopes for place in detailed], strict=True)), (size, size))
    legend(axes, [_marked(axes, place, at[k], f"d{name}/d{variable}", k) for k, place in enumerate(detailed)], 1)
    return figure
