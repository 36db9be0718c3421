"""A picture of a check: the curve with its tangents, and how well they approximate it. Figures and Agg only, never pyplot.

The same check gives the same bytes in every run: no date, no version, no random identifiers, no settings of the user's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from diffcheck.checks.expression import Check
from diffcheck.checks.points import Columns
from diffcheck.checks.screening import evenly
from diffcheck.errors import InputError
from diffcheck.pictures.axis import Floats
from diffcheck.pictures.curve import Curve, trace
from diffcheck.pictures.error import Series, columns_of, draw_errors, is_worth_a_panel, measure
from diffcheck.pictures.layout import Panel, Title, encoded, figure_with, head, legend, rows_of, suffix_of
from diffcheck.pictures.section import Section, section_of
from diffcheck.pictures.tangents import DETAILED, POINTS, curve_legend, draw_curve, draw_tangents, height, tangent_legend, tangents
from diffcheck.pictures.taylor import Taylor, draw_polynomial, polynomial_legend, polynomials
from diffcheck.pictures.text import brief, coordinate, number, short, title
from diffcheck.printable import quoted
from diffcheck.registry import AUTOMATIC
from diffcheck.results import NOT_DEFINED, Sample, Status
from diffcheck.views.output import opened

SAMPLES = 100  # points of the curve
MAX_SAMPLES = 10_000
NOWHERE = (-5.0, 5.0)  # the range where no point is given
WIDER = (1.0, 4.0, 20.0, 100.0, 1e4, 1e6)  # times that, until f has a value somewhere
LOWER_PANEL = 2.2  # inches: the height of the derivative's panel
GRAY = "#888888"


@dataclass(frozen=True, slots=True)
class Options:
    """What a picture of an expression shows besides its tangents. Where an end of the range is None, it is chosen around the points."""

    lower: float | None = None
    upper: float | None = None
    samples: int = SAMPLES
    taylor: int = 0  # the order of Taylor polynomials
    derivative: bool = False  # f′ below f, instead of what the tangents leave over


def plot(check: Check, points: Columns | None, wrt: str, *, path: Path, options: Options = Options()) -> tuple[Sample, ...]:
    """Draw f along `wrt`, with its tangents at the points if there are any, to a .png, .svg or .pdf file.

    Returns the samples of the points with respect to `wrt`. Raises InputError for what cannot be drawn, UnsupportedError where JAX
    lacks a function, OutputError where the file cannot be written.
    """
    suffix = suffix_of(path)
    require(check, points, wrt)
    with opened(path) as stream:
        found = _samples(check, points, wrt)
        stream.buffer.write(encoded(lambda: draw(check, found, wrt, options), suffix))
    return found


def picture(check: Check, points: Columns, wrt: str) -> bytes:
    """The PNG that `plot` draws where nothing else is said."""
    require(check, points, wrt)
    samples = _samples(check, points, wrt)
    return encoded(lambda: draw(check, samples, wrt, Options()), "png")


def _samples(check: Check, points: Columns | None, wrt: str) -> tuple[Sample, ...]:
    return () if points is None else tuple(sample for sample in check.samples(points) if sample.wrt == wrt and sample.order == 1)


def require(check: Check, points: Columns | None, wrt: str) -> None:
    """Raises InputError for points that no picture along one variable can show."""
    _ = check.problem.number
    if (wrt,) not in check.wrt:
        raise InputError(
            f"no derivative with respect to {quoted(wrt)} is checked", f"Those that are: {', '.join(map(' '.join, check.wrt))}."
        )
    others = [name for name in check.problem.variables if name != wrt]
    if points is None:
        if others:
            fix = f"Write --at {','.join(f'{name}=1' for name in check.problem.variables)}."
            raise InputError(f"a picture along {wrt} needs to know where {', '.join(others)} is", fix)
        return
    if not len(points[wrt]) or not np.isfinite(points[wrt]).all():
        raise InputError("there is no point to draw", "Give at least one, all of them finite numbers.")
    for name in others:
        if len(np.unique(points[name])) > 1:
            raise InputError(
                f"the points differ in {name}, but a picture shows one curve, along {wrt}",
                f"Give every point the same {name}, or draw them one by one.",
            )


def grid_around(places: Floats, lower: float | None, upper: float | None, samples: int) -> Floats:
    """Equidistant points; by default the range goes beyond the places by a quarter of their distance, at least 3, on both sides."""
    if not 2 <= samples <= MAX_SAMPLES:
        raise InputError(f"{samples} is not a number of points that a curve can have", f"It may have 2 to {MAX_SAMPLES:,}.")
    if not len(places):
        places, width = np.array(NOWHERE), 0.0
    else:
        width = max(3.0, 0.25 * float(np.ptp(places)), 1.5 * float(abs(places).max()) if len(places) == 1 else 0.0)
    low = float(places.min()) - width if lower is None else float(lower)
    high = float(places.max()) + width if upper is None else float(upper)
    if not (low < high and math.isfinite(high - low)):
        fix = f"Give two numbers, the lower one first: --range {f'{high:g},{low:g}' if high < low else '-4,4'}."
        raise InputError(f"the range from {number(low)} to {number(high)} is empty or not finite", fix)
    outside = [place for place in places if width and not low <= place <= high]
    if outside:
        shown = f"from {number(low)} to {number(high)}"
        raise InputError(f"the point {number(outside[0])} lies outside the range {shown}", "Widen the range.")
    return np.linspace(low, high, samples)


def _grid(section: Section, samples: Sequence[Sample], options: Options) -> Floats:
    """The points of the curve; where nothing is said of the range, it is widened until f has a value."""
    places = np.array([sample.point[section.wrt] for sample in samples])
    grid = grid_around(places, options.lower, options.upper, options.samples)
    if len(places) or (options.lower, options.upper) != (None, None):
        return grid
    return next((wider for times in WIDER if np.isfinite(section.values(wider := grid * times)).any()), grid)


@dataclass(frozen=True, slots=True)
class Motif:
    """What a picture shows: f along a variable, its name, and the lines above; perhaps its derivative, and Taylor polynomials."""

    section: Section
    name: str
    title: Title
    derivative: Section | None = None
    taylor: Sequence[Taylor | None] = ()


def draw(check: Check, samples: Sequence[Sample], wrt: str, options: Options = Options()) -> Figure:
    """The figure of samples of an expression, all with respect to `wrt`."""
    point = samples[0].point if samples else {}
    section = section_of(check, point, wrt)
    taylor = polynomials(check.problem.number.flat, detailed_of(samples), options.taylor)
    derivative = section_of(check, point, wrt, order=1) if options.derivative else None
    subject = Motif(section, short(check.problem.shown_name), title(check.problem, section.held), derivative, taylor)
    return figure_of(subject, samples, _grid(section, samples, options))


def detailed_of(samples: Sequence[Sample]) -> list[Sample]:
    """The points that get tangents: all of a few, of many some that are spread evenly."""
    return [samples[i] for i in evenly(len(samples), DETAILED)]


def figure_of(subject: Motif, samples: Sequence[Sample], grid: Floats) -> Figure:
    """The figure of these samples: the curve and its tangents, and beside it what they leave over, where that is anything."""
    section, wrt = subject.section, short(subject.section.wrt)
    detailed = detailed_of(samples)
    taylor = subject.taylor or [None] * len(detailed)
    curve = trace(section, grid, np.array([sample.point[section.wrt] for sample in detailed]))
    groups = [] if subject.derivative else [_measured(section, *each, grid) for each in zip(detailed, taylor, strict=True)]
    two = is_worth_a_panel(groups)
    handles = [*curve_legend(curve, subject.name), *tangent_legend(samples, detailed, float(np.ptp(grid)))]
    handles += [polynomial_legend(each, POINTS[i], wrt) for i, each in enumerate(taylor) if each is not None]
    columns = 1 if two and max(len(str(each.get_label())) for each in handles) > 44 else 2 if two else 3
    rows = max(rows_of(len(handles), columns), rows_of(sum(map(len, groups)) + len(_powers(subject)), columns_of(groups)) if two else 0)
    panels = [[Panel(0, 0.5, rows=rows), Panel(0.5, 1, rows=rows)] if two else [Panel(rows=rows)]]
    panels += [[Panel(height=LOWER_PANEL, rows=1)]] if subject.derivative else []
    figure, (main, *others) = figure_with(subject.title, panels)
    is_anywhere = bool(np.isfinite(curve.y).any()) or bool(samples)
    head(
        main,
        _subtitle(samples, detailed, groups, wrt, float(np.ptp(grid)))
        if is_anywhere
        else f"{subject.name} has no value between the ends of this picture",
    )
    if two:
        _errors_panel(others[0], groups, subject)
    if subject.derivative:
        _derivative_panel(others[0], subject.derivative, subject, samples, grid)
    _main_panel(main, curve, subject, samples, detailed)
    legend(main, handles, columns)
    return figure


def _measured(section: Section, sample: Sample, taylor: Taylor | None, grid: Floats) -> list[Series]:
    x = sample.point[section.wrt]
    return measure(section, sample, (x - float(grid[0]), float(grid[-1]) - x), taylor)


def _main_panel(axes: Axes, curve: Curve, subject: Motif, samples: Sequence[Sample], detailed: Sequence[Sample]) -> None:
    axis = draw_curve(axes, curve, np.array([height(sample) for sample in samples]), short(subject.section.wrt))
    for i, taylor in enumerate(subject.taylor):
        if taylor is not None:
            draw_polynomial(axes, taylor, POINTS[i], subject.section.wrt)
    notes = []
    if axis.kind != "linear":
        notes.append("the axis of values is logarithmic: tangents are bent" if samples else "the axis of values is logarithmic")
    left_out = draw_tangents(axes, curve, samples, detailed)
    if left_out:
        notes.append(f"not written, for lack of room: {'; '.join(left_out)}")
    if notes:
        axes.set_xlabel(f"{axes.get_xlabel()}   ({'; '.join(notes)})"[:110])


def _errors_panel(axes: Axes, groups: Sequence[Sequence[Series]], subject: Motif) -> None:
    name = subject.name
    head(axes, f"{name}(x*+δ) ≈ {name}(x*) + {name}′(x*)·δ: what is left over")
    draw_errors(axes, groups, name, _powers(subject))
    if any(subject.taylor):
        axes.set_ylabel(f"|{name}(x*+δ) − tangent or Taylor polynomial|")
    legend(axes, axes.get_legend_handles_labels()[0], columns_of(groups))


def _powers(subject: Motif) -> list[int]:
    """Of δ, to compare what is left over with."""
    return sorted({1, 2, *(len(each.coefficients) for each in subject.taylor if each is not None)})


def _derivative_panel(axes: Axes, section: Section, subject: Motif, samples: Sequence[Sample], grid: Floats) -> None:
    """f′, below f: its height is the slope above."""
    curve = trace(section, grid, np.empty(0))
    slopes = [(sample.point[section.wrt], float(sample.enclosure.midpoint)) for sample in samples if sample.enclosure is not None]
    places = np.array(slopes).reshape(-1, 2)
    draw_curve(axes, curve, places[:, 1], short(section.wrt))
    name = f"{subject.name}′"
    head(axes, f"{name}: the slope of {subject.name}, as {AUTOMATIC.titles[-1]} has it")
    axes.axhline(0, color=GRAY, linewidth=0.8, zorder=1)
    for i, (x, y) in enumerate(slopes[:DETAILED]):
        axes.plot([x], [y], "o", color=POINTS[i], markersize=7, zorder=5, label=f"{name}({brief(x)}) = {brief(y)}: proved")
    legend(axes, [*curve_legend(curve, name), *axes.get_legend_handles_labels()[0]], 4)


def _subtitle(samples: Sequence[Sample], detailed: Sequence[Sample], groups: Sequence[Sequence[Series]], wrt: str, width: float) -> str:
    """Which tangents are drawn; where nothing is left over, and there is one panel, why."""
    if not samples:
        return "no point is asked for: the curve alone"
    if len(samples) > len(detailed):
        places = ", ".join(coordinate(sample.point[sample.wrt], width, 3) for sample in detailed)
        return f"{len(samples):,} points; tangents at {wrt} = {places}"
    places = ", ".join(coordinate(sample.point[sample.wrt], width) for sample in samples)
    whole = f"{wrt} = {places}"
    every = [series for group in groups for series in group]
    if every and not any(series.above.any() for series in every):
        return f"nothing but rounding is left over by the tangent at {whole}"
    if len(samples) == 1 and not any(line.outcome is None for line in tangents(samples[0])):
        return f"no tangent at {whole}: {_why_none(samples[0])}"
    return f"{'Tangents' if len(samples) > 1 or samples[0].clarke else 'Tangent'} at {whole}"


def _why_none(sample: Sample) -> str:
    if sample.status in NOT_DEFINED:
        return "f has no value there"
    if sample.status is Status.HOLE:
        return "f has no value there; its limit is proved"
    return f"{sample.status.value}, no finite slope is proved"
