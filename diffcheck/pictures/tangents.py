"""The first panel: the curve, at every point its tangents, the slopes that were chosen where there is none, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from diffcheck.enclosure import Enclosure
from diffcheck.pictures.axis import Axis, Floats
from diffcheck.pictures.curve import Curve, heights
from diffcheck.pictures.labels import Label, place
from diffcheck.pictures.text import coordinate, equation, number, short
from diffcheck.registry import together
from diffcheck.results import NOT_DEFINED, Outcome, Result, Sample, Status

# Okabe and Ito's palette, told apart by colour-blind readers too: four colours for verdicts, eight for points; the curve is black
VERDICTS = {
    Outcome.PASS: ("o", "#009E73"),
    Outcome.WARN: ("^", "#E69F00"),
    Outcome.FAIL: ("X", "#D55E00"),
    Outcome.UNDECIDED: ("s", "#CC79A7"),
}
POINTS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#C8B400", "#666666")
DARKER = 0.72  # of a colour's lightness, for texts
DETAILED = len(POINTS)  # points that get tangents, texts and a series of their own; of more, this many spread evenly
MARGIN = 0.12  # of the height, above and below
DOTS = 200  # samples up to which each is marked
CROWD = 20  # points beyond which their markers are small
LARGEST = 1e307  # what an axis can show
BASE_LINE = 0.03  # of the panel's height: where the marker of a point stands at which f has no value
LONG, FEW = 5, 5  # characters of a tick's number, from which on there is room for so few of them
BENDS = 400  # points of a tangent on a logarithmic axis
PROVED, GIVEN = {"linewidth": 2.0}, {"linewidth": 1.6, "linestyle": "--"}


@dataclass(frozen=True, slots=True)
class Tangent:
    """A line through the point, drawn from `start` to `end` (-1 is the left, 1 the right end). An infinite slope is vertical."""

    slope: float
    text: str
    start: int = -1
    end: int = 1
    outcome: Outcome | None = None  # of the engine that chose the slope; None: the slope is proved


def tangents(sample: Sample, width: float = 1.0) -> list[Tangent]:
    """The proved tangents of a sample; then, where there is no derivative or a value is in doubt, the slopes that were given.

    `width` is that of the picture: equations of lines far from the origin are written about the point.
    """
    proved: list[Tangent] = []
    if sample.clarke is not None:
        left, right = sample.clarke
        proved = [
            Tangent(float(left.midpoint), f"from the left: {_written(sample, left, width)}", end=0),
            Tangent(float(right.midpoint), f"from the right: {_written(sample, right, width)}", start=0),
        ]
    elif sample.status is Status.VERTICAL:
        proved = [Tangent(math.inf, "vertical tangent")]
    elif sample.enclosure is not None:
        proved = [Tangent(float(sample.enclosure.midpoint), _written(sample, sample.enclosure, width))]
    smooth = sample.status is Status.SMOOTH
    note = f" ({sample.status.value})" if not proved else ""
    return proved + _chosen((result for result in sample.results if not smooth or result.outcome is not Outcome.PASS), note)


def _written(sample: Sample, slope: Enclosure, width: float) -> str:
    """The equation of the tangent, or its slope where f has no value that is known."""
    if sample.value is None or sample.value.is_beyond or not slope.midpoint.is_finite():
        return f"slope {number(slope.midpoint)}"
    return equation(sample.point[sample.wrt], sample.value, slope, short(sample.wrt), width)


def _chosen(results: Iterable[Result], note: str) -> list[Tangent]:
    """One line for each different value."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.value is not None:
            groups.setdefault(number(result.value), []).append(result)
    return [
        Tangent(
            group[0].value or 0.0,
            f"{_names(group)}: slope {shown}{note}",
            outcome=Outcome.worst(r.outcome for r in group),
        )
        for shown, group in groups.items()
    ]


def _names(results: Sequence[Result]) -> str:
    return ", ".join(together(result.title for result in results))


def height(sample: Sample) -> float:
    """Where the marker stands: f at the point, or its limit at a hole; NaN where there is neither."""
    if sample.value is not None and math.isfinite(float(sample.value)):
        return float(sample.value)
    return sample.primal if sample.primal is not None and math.isfinite(sample.primal) else math.nan


def draw_curve(axes: Axes, curve: Curve, marks: Floats, wrt: str) -> Axis:
    """The curve in its frame, high enough for the values `marks`; the scale of its values."""
    low, high = (float(end) for end in np.clip(heights(curve, marks), -LARGEST, LARGEST))
    margin = MARGIN * (high - low if high - low > curve.noise else max(abs(high), 1.0))
    axes.set_xlim(curve.grid_x[0], curve.grid_x[-1])
    if _longest_tick(curve.grid_x[0], curve.grid_x[-1]) > LONG:
        axes.xaxis.set_major_locator(MaxNLocator(FEW, steps=[1, 2, 5, 10]))
    axes.set_ylim(max(low - margin, -LARGEST), min(high + margin, LARGEST))
    curve.axis.apply(axes, low, high)
    axes.set_xlabel(wrt)
    axes.plot(curve.x, curve.y, color="black", linewidth=1.4, zorder=2)
    if len(curve.grid_x) <= DOTS and not len(curve.bands):
        axes.plot(curve.grid_x, curve.grid_y, ".", color="black", markersize=3, zorder=2)
    if len(curve.bands):
        left, right, least, greatest = curve.bands.T
        axes.vlines((left + right) / 2, least, greatest, color="#999999", linewidth=1.0, zorder=1.5)
    for pole in curve.poles:
        axes.axvline(pole, color="#999999", linewidth=1.0, linestyle=":", zorder=1)
    for places, face in ((curve.open, "white"), (curve.closed, "black")):
        axes.plot(*places.T, "o", color="black", markersize=5, markerfacecolor=face, zorder=2.5)
    return curve.axis


def _without_value(curve: Curve) -> str:
    """How many of the equidistant points have no value, for the legend; nothing where poles and holes are all of them."""
    missing = int((~np.isfinite(curve.grid_y)).sum())
    return f"; {missing:,} have no value" if missing > 1 and missing > len(curve.poles) + len(curve.open) else ""


def _longest_tick(left: float, right: float) -> int:
    """Characters of the longest number that the ticks between two ends would have."""
    ticks = MaxNLocator(9, steps=[1, 2, 2.5, 5, 10]).tick_values(left, right)
    return max(len(f"{tick:.10g}".lstrip("-")) for tick in ticks)


def curve_legend(curve: Curve, name: str) -> list[Line2D]:
    """What the curve and all that belongs to it are called."""
    count = len(curve.grid_x)
    dotted = "." if count <= DOTS and not len(curve.bands) else ""
    text = f"{name} ({'dots:' if dotted else 'from'} {count:,} equidistant points{_without_value(curve)})"
    handles = [Line2D([], [], color="black", linewidth=1.4, marker=dotted, markersize=3, label=text)]
    if len(curve.bands):
        handles.append(Line2D([], [], color="#999999", linewidth=5, label=f"{name} turns round within a pixel: its extent"))
    if len(curve.poles):
        handles.append(Line2D([], [], color="#999999", linewidth=1.0, linestyle=":", label="pole"))
    if len(curve.open):
        handles.append(_marker([], [], "o", "black", True, markersize=5, label="limit that is not taken"))
    return handles


def tangent_legend(samples: Sequence[Sample], detailed: Sequence[Sample], width: float) -> list[Line2D]:
    """The tangents of each point, by colour, then the meaning of lines and markers."""
    handles, given = list[Line2D](), False
    for i, sample in enumerate(detailed):
        lines = tangents(sample, width)
        proved = [line for line in lines if line.outcome is None]
        drawn = math.isfinite(height(sample))
        given = given or drawn and any(line.outcome is not None and not math.isnan(line.slope) for line in lines)
        if proved:
            place = f"{short(sample.wrt)} = {coordinate(sample.point[sample.wrt], width, 4)}"
            text = "tangent" if len(proved) == 1 else "one-sided tangents"
            handles.append(Line2D([], [], color=POINTS[i % DETAILED], label=f"{text} at {place}: proved", **PROVED))  # type: ignore[arg-type]
    if given:
        handles.append(Line2D([], [], color="#444444", label="slope that was given", **GIVEN))  # type: ignore[arg-type]
    for outcome in [outcome for outcome in VERDICTS if any(sample.outcome is outcome for sample in samples)]:
        marker, color = VERDICTS[outcome]
        hollow = all(map(_is_hollow, (sample for sample in samples if sample.outcome is outcome)))
        handles.append(_marker([], [], marker, color, hollow, label=f"verdict: {outcome.value}"))
    return handles


def _marker(x: Floats | list[float], y: Floats | list[float], marker: str, color: str, hollow: bool = False, **options: Any) -> Line2D:
    face, edge, width = ("white", color, 1.8) if hollow else (color, "black", 0.8)
    options = {"linestyle": "none", "markersize": 8, **options}
    return Line2D(x, y, marker=marker, markerfacecolor=face, markeredgecolor=edge, markeredgewidth=width, **options)


def draw_tangents(axes: Axes, curve: Curve, samples: Sequence[Sample], detailed: Sequence[Sample]) -> list[str]:
    """Tangents, markers and the texts beside them; the texts for which there was no room. The layout must be final."""
    labels: list[Label] = []
    lines: list[Floats] = [np.column_stack([curve.x, curve.y])]
    ends = axes.get_xlim()
    for i, sample in enumerate(detailed):
        for tangent in tangents(sample, ends[1] - ends[0]):
            color = POINTS[i % DETAILED] if tangent.outcome is None else VERDICTS[tangent.outcome][1]
            points = _points(axes, sample, tangent, curve.axis)
            labels.append(_label(axes, sample, tangent, points, darker(color)))
            if len(points):
                lines.append(points)
                style: dict[str, Any] = {**PROVED, "zorder": 3} if tangent.outcome is None else {**GIVEN, "zorder": 4}
                axes.plot(*points.T, color=color, scaley=False, scalex=False, **style)
    places = _draw_verdicts(axes, samples) if samples else np.empty((0, 2))
    circles = np.concatenate([places, curve.open, curve.closed])
    return place(axes, labels, lines, circles)


def darker(color: str) -> str:
    """The same colour, dark enough for thin letters on white."""
    return "#" + "".join(f"{round(int(color[k : k + 2], 16) * DARKER):02x}" for k in (1, 3, 5))


def _is_hollow(sample: Sample) -> bool:
    """Whether f has no value there."""
    return not math.isfinite(height(sample)) or sample.status in (Status.HOLE, *NOT_DEFINED)


def _draw_verdicts(axes: Axes, samples: Sequence[Sample]) -> Floats:
    """The markers, and where they stand (n×2): hollow on the lower edge where f has no value, hollow in a hole."""
    x, y = (np.array(column) for column in zip(*((sample.point[sample.wrt], height(sample)) for sample in samples), strict=True))
    hollow = np.array(list(map(_is_hollow, samples)))
    y = np.where(np.isfinite(y), y, _base_line(axes))
    for outcome, (marker, color) in VERDICTS.items():
        of_outcome = np.array([sample.outcome is outcome for sample in samples])
        for chosen, is_hollow in ((of_outcome & hollow, True), (of_outcome & ~hollow, False)):
            if chosen.any():
                size = 8 if len(samples) <= CROWD else 4
                axes.add_line(_marker(x[chosen], y[chosen], marker, color, is_hollow, markersize=size, zorder=5))
    return np.column_stack([x, y])


def _base_line(axes: Axes) -> float:
    return float((axes.transAxes + axes.transData.inverted()).transform((0.0, BASE_LINE))[1])


def _points(axes: Axes, sample: Sample, tangent: Tangent, axis: Axis) -> Floats:
    """The tangent over all of the picture (n×2, data), bent where the axis is logarithmic; empty where it cannot be drawn."""
    x, y = sample.point[sample.wrt], height(sample)
    if not math.isfinite(y) or math.isnan(tangent.slope):
        return np.empty((0, 2))
    low, high = axes.get_ylim()
    if math.isinf(tangent.slope):
        return np.array([[x, low], [x, high]])
    lower, upper = axes.get_xlim()
    ends = (lower if tangent.start else x, upper if tangent.end else x)
    across = np.unique([*np.linspace(*ends, 2 if axis.kind == "linear" else BENDS), x])
    with np.errstate(all="ignore"):
        up = y + tangent.slope * (across - x)
    if axis.kind == "log":
        up[up <= 0] = np.nan
    return np.column_stack([across, np.where(np.isfinite(up), up, np.nan)])


def _label(axes: Axes, sample: Sample, tangent: Tangent, points: Floats, color: str) -> Label:
    """The text beside the tangent, best near one of its ends, but not where another may begin."""
    anchors = _anchors(axes, points, tangent) if len(points) else []
    if not anchors:
        y = height(sample)
        anchors = [(sample.point[sample.wrt], y if math.isfinite(y) else _base_line(axes))]
    return Label(tangent.text, tuple(anchors), color, points if len(points) else None)


def _anchors(axes: Axes, points: Floats, tangent: Tangent) -> list[tuple[float, float]]:
    """Places on the part of a tangent that is seen."""
    lower, upper = points[0, 0], points[-1, 0]
    if math.isinf(tangent.slope):
        low, high = axes.get_ylim()
        return [(float(lower), low + part * (high - low)) for part in (0.85, 0.15, 0.7, 0.3)]
    x = np.linspace(lower, upper, 81)[1:-1]
    y = np.interp(x, points[:, 0], points[:, 1])
    places = axes.transAxes.inverted().transform(axes.transData.transform(np.column_stack([x, y])))
    seen = np.flatnonzero(((places > 0.02) & (places < 0.98)).all(axis=1))
    if not len(seen):
        return []
    parts = (0.88, 0.75, 0.95, 0.62, 0.12, 0.25, 0.05) if tangent.end == 1 else (0.12, 0.25, 0.05, 0.4)
    return [(float(x[k]), float(y[k])) for k in (seen[round(part * (len(seen) - 1))] for part in parts)]
