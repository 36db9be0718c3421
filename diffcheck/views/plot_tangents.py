"""The first panel: the curve, at every point its tangents, the slopes that were chosen where there is none, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from diffcheck.printable import printable
from diffcheck.results import NOT_DEFINED, Outcome, Result, Sample, Status
from diffcheck.views.plot_curve import Curve, Floats, heights
from diffcheck.views.plot_labels import Label, place

# Okabe and Ito's palette, told apart by colour-blind readers too: four colours for verdicts, three for points
VERDICTS = {
    Outcome.PASS: ("o", "#009E73"),
    Outcome.WARN: ("^", "#E69F00"),
    Outcome.FAIL: ("X", "#D55E00"),
    Outcome.UNDECIDED: ("s", "#CC79A7"),
}
POINTS = ("#0072B2", "#56B4E9", "#666666")
ENGINES = {
    ("automatic", "forward"): "AD forward",
    ("automatic", "reverse"): "AD reverse",
    ("symbolic", None): "SymPy",
    ("claim", None): "claim",
}
MARGIN = 0.12  # of the height, above and below
DOTS = 200  # samples up to which each is marked
CROWD = 20  # points beyond which their markers are small
NAME_WIDTH = 8  # characters
LARGEST = 1e307  # what an axis can show
BASE_LINE = 0.03  # of the panel's height: where the marker of a point stands at which f has no value


@dataclass(frozen=True, slots=True)
class Tangent:
    """A line through the point, drawn from `start` to `end` (-1 is the left, 1 the right end). An infinite slope is vertical."""

    slope: float
    text: str
    start: int = -1
    end: int = 1
    outcome: Outcome | None = None  # of the engine that chose the slope; None: the slope is proved


def tangents(sample: Sample) -> list[Tangent]:
    """The proved tangents of a sample; then, where there is no derivative or a value is in doubt, the slopes that were given."""
    proved: list[Tangent] = []
    if sample.clarke is not None:
        left, right = (end.midpoint for end in sample.clarke)
        proved = [
            Tangent(float(left), f"from the left: {number(left)}", end=0),
            Tangent(float(right), f"from the right: {number(right)}", start=0),
        ]
    elif sample.status is Status.VERTICAL:
        proved = [Tangent(math.inf, "vertical tangent")]
    elif sample.enclosure is not None:
        slope = sample.enclosure.midpoint
        proved = [Tangent(float(slope), f"slope {number(slope)}")]
    smooth = sample.status is Status.SMOOTH
    note = f" ({sample.status.value})" if not proved else ""
    return proved + _chosen(
        (result for result in sample.results if not smooth or result.outcome is not Outcome.PASS), note
    )


def _chosen(results: Iterable[Result], note: str) -> list[Tangent]:
    """One line for each different value."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.value is not None:
            groups.setdefault(number(result.value), []).append(result)
    return [
        Tangent(
            group[0].value or 0.0,
            f"{_names(group)}: {shown}{note}",
            outcome=max((r.outcome for r in group), key=list(VERDICTS).index),
        )
        for shown, group in groups.items()
    ]


def _names(results: Sequence[Result]) -> str:
    names = list(dict.fromkeys(ENGINES.get((result.engine, result.mode), result.engine) for result in results))
    if {"AD forward", "AD reverse"} <= set(names):
        names = ["AD"] + [name for name in names if not name.startswith("AD ")]
    return ", ".join(names)


def short(name: str) -> str:
    """A name that leaves room for what stands beside it; an index at its end is kept, and no dollar begins a formula."""
    name = printable(name).replace("$", r"\$")
    head, bracket, index = name.rpartition("[") if name.endswith("]") else (name, "", "")
    return (head if len(head) <= NAME_WIDTH else f"{head[: NAME_WIDTH - 1]}…") + bracket + index


def number(value: float | Decimal) -> str:
    """A number to read: six digits, a minus sign, the sign of infinity."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    small = isinstance(value, Decimal) and not Decimal("1e-300") <= value.copy_abs() <= Decimal("1e300")
    return (f"{value:.5e}" if small else f"{float(value):.6g}").replace("-", "−")


def height(sample: Sample) -> float:
    """Where the marker stands: f at the point, or its limit at a hole; NaN where there is neither."""
    if sample.value is not None and math.isfinite(float(sample.value)):
        return float(sample.value)
    return sample.primal if sample.primal is not None and math.isfinite(sample.primal) else math.nan


def draw_curve(axes: Axes, curve: Curve, samples: Sequence[Sample], name: str, detailed: Sequence[Sample]) -> None:
    """The curve in its frame, and the legend for everything that `draw_tangents` adds."""
    marks = np.array([height(sample) for sample in samples])
    low, high = (float(end) for end in np.clip(heights(curve, marks), -LARGEST, LARGEST))
    margin = MARGIN * (high - low) or max(abs(high), 1.0) * MARGIN
    axes.set_xlim(curve.grid_x[0], curve.grid_x[-1])
    axes.set_ylim(max(low - margin, -LARGEST), min(high + margin, LARGEST))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(short(samples[0].wrt))
    count = len(curve.grid_x)
    (line,) = axes.plot(
        curve.x, curve.y, color="black", linewidth=1.4, label=f"{name} at {count:,} equidistant points", zorder=2
    )
    if count <= DOTS:
        axes.plot(curve.grid_x, curve.grid_y, ".", color="black", markersize=3, zorder=2)
        line.set_marker(".")
        line.set_markersize(3)
        line.set_markevery([])
    poles = [
        axes.axvline(pole, color="#999999", linewidth=1.0, linestyle=":", zorder=1, label="pole")
        for pole in curve.poles
    ]
    handles = [line, *poles[:1], *_legend(samples, detailed)]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False, fontsize=9)


def _legend(samples: Sequence[Sample], detailed: Sequence[Sample]) -> list[Line2D]:
    lines = [line for sample in detailed for line in tangents(sample)]
    handles = []
    if any(line.outcome is None for line in lines):
        handles.append(Line2D([], [], color=POINTS[0], linewidth=2.6, label="tangent: its slope is proved"))
    if any(line.outcome is not None for line in lines):
        handles.append(Line2D([], [], color="#444444", linewidth=1.6, linestyle="--", label="slope that was given"))
    for outcome in [outcome for outcome in VERDICTS if any(sample.outcome is outcome for sample in samples)]:
        marker, color = VERDICTS[outcome]
        handles.append(_marker([], [], marker, color, label=f"verdict: {outcome.value}"))
    return handles


def _marker(
    x: Floats | list[float], y: Floats | list[float], marker: str, color: str, hollow: bool = False, **options: Any
) -> Line2D:
    face, edge, width = ("white", color, 1.8) if hollow else (color, "black", 0.8)
    options = {"linestyle": "none", "markersize": 8, **options}
    return Line2D(x, y, marker=marker, markerfacecolor=face, markeredgecolor=edge, markeredgewidth=width, **options)


def draw_tangents(
    axes: Axes, renderer: Any, curve: Curve, samples: Sequence[Sample], detailed: Sequence[Sample]
) -> int:
    """Tangents, markers and the texts beside them; the number of texts for which there was no room. The layout must be final."""
    labels: list[Label] = []
    lines: list[Floats] = [np.column_stack([curve.x, curve.y])]
    for i, sample in enumerate(detailed):
        for tangent in tangents(sample):
            color = POINTS[i % len(POINTS)] if tangent.outcome is None else VERDICTS[tangent.outcome][1]
            segment = _segment(axes, sample, tangent, len(detailed))
            labels.append(_label(axes, sample, tangent, segment, color))
            if len(segment):
                lines.append(segment)
                style: dict[str, Any] = (
                    {"linewidth": 2.6} if tangent.outcome is None else {"linewidth": 1.6, "linestyle": "--"}
                )
                axes.plot(
                    segment[:, 0], segment[:, 1], color=color, zorder=3 if tangent.outcome is None else 4, **style
                )
    places = _draw_verdicts(axes, samples)
    return place(axes, renderer, labels, lines, places)


def _draw_verdicts(axes: Axes, samples: Sequence[Sample]) -> Floats:
    """The markers, and where they stand (n×2): hollow on the lower edge where f has no value, hollow in a hole."""
    low, high = axes.get_ylim()
    x, y = (
        np.array(column)
        for column in zip(*((sample.point[sample.wrt], height(sample)) for sample in samples), strict=True)
    )
    hollow = ~np.isfinite(y) | np.array([sample.status in (Status.HOLE, *NOT_DEFINED) for sample in samples])
    y = np.where(np.isfinite(y), y, low + BASE_LINE * (high - low))
    for outcome, (marker, color) in VERDICTS.items():
        of_outcome = np.array([sample.outcome is outcome for sample in samples])
        for chosen, is_hollow in ((of_outcome & hollow, True), (of_outcome & ~hollow, False)):
            if chosen.any():
                size = 8 if len(samples) <= CROWD else 4
                axes.add_line(_marker(x[chosen], y[chosen], marker, color, is_hollow, markersize=size, zorder=5))
    return np.column_stack([x, y])


def _segment(axes: Axes, sample: Sample, tangent: Tangent, count: int) -> Floats:
    """The ends of the tangent (2×2, data), equally long on paper whatever its slope; empty where it cannot be drawn."""
    x, y = sample.point[sample.wrt], height(sample)
    if not math.isfinite(y) or math.isnan(tangent.slope):
        return np.empty((0, 2))
    to_pixels = axes.transData
    middle = to_pixels.transform((x, y))
    frame = axes.get_window_extent()
    across, up = (frame.width / np.ptp(axes.get_xlim()), frame.height / np.ptp(axes.get_ylim()))
    steepness = tangent.slope * (up / across)
    direction = (
        np.array([0.0, 1.0]) if abs(steepness) > 1e9 else np.array([1.0, steepness]) / math.hypot(1.0, steepness)
    )
    length = frame.width * 0.34 / math.sqrt(count) * (1.0 if tangent.outcome is None else 0.8)
    ends = [middle + direction * length * end for end in (tangent.start, tangent.end)]
    return np.asarray(to_pixels.inverted().transform(ends))


def _label(axes: Axes, sample: Sample, tangent: Tangent, segment: Floats, color: str) -> Label:
    if len(segment):
        outer = (segment[1], segment[0]) if tangent.end == 1 else (segment[0], segment[1])
        anchors = [outer[0] * part + outer[1] * (1 - part) for part in (0.85, 0.7, 0.95, 0.15)]
        inside = [anchor for anchor in anchors if axes.viewLim.contains(*anchor)]
        return Label(tangent.text, tuple((float(x), float(y)) for x, y in inside or anchors), color)
    low, high = axes.get_ylim()
    y = height(sample)
    return Label(
        tangent.text, ((sample.point[sample.wrt], y if math.isfinite(y) else low + BASE_LINE * (high - low)),), color
    )
