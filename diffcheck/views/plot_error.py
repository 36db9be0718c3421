"""The second panel: how far f(x* + δ) is from f(x*) + f'(x*)·δ, for δ from one to almost nothing (Taylor's test).

A right derivative leaves an error that falls like δ², a wrong one an error that falls like δ; both end at the round-off
floor u·|f(x*)|, below which floating-point values cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from diffcheck.results import Sample, Status
from diffcheck.views.plot_curve import Floats, Section
from diffcheck.views.plot_tangents import POINTS, number, short

PER_DECADE = 5
MARKERS = (".", "+", "x", "1", "2", "3")
WIDE = 36  # characters of a text of the legend, beyond which it has one column
SMALL = 0.1  # of the largest step: where the error follows the power of δ
ROUNDING = 30  # times the floor: an error that is more than rounding
LARGEST = 1e290  # of what a logarithmic axis can show: its ticks lie beyond it
DECADES = 1e40  # between the largest error and the lower end of the axis
REVERSE = ("automatic", "reverse")


@dataclass(frozen=True, slots=True)
class Series:
    """The errors at one point for steps to one side. `floor` is the rounding error of f(x*) itself."""

    text: str
    steps: Floats
    errors: Floats
    floor: float


def slope_given(sample: Sample) -> float | None:
    """The derivative value that is put to the test: reverse mode's, else the first that there is."""
    values = {(result.engine, result.mode): result.value for result in sample.results if result.value is not None}
    return values.get(REVERSE, next(iter(values.values()), None))


def measure(section: Section, sample: Sample) -> list[Series]:
    """The series of a point: steps to the right, and where f is not smooth or not defined there, to the left too."""
    slope = slope_given(sample)
    if slope is None or not math.isfinite(slope) or sample.primal is None or not math.isfinite(sample.primal):
        return []
    right = _series(section, sample, sample.primal, slope, 1)
    if sample.status is Status.SMOOTH and np.isfinite(right.errors).any():
        return [right]
    left = _series(section, sample, sample.primal, slope, -1)
    return [series for series in (left, right) if np.isfinite(series.errors).any()]


def _series(section: Section, sample: Sample, primal: float, slope: float, side: int) -> Series:
    x, u = sample.point[sample.wrt], section.unit_roundoff
    decades = -0.75 * math.log10(u)  # from there on nothing but rounding is to be seen
    steps = max(1.0, abs(x)) * np.logspace(-decades, 0, int(decades * PER_DECADE) + 1)
    with np.errstate(all="ignore"):
        # the step that was really made: x* + δ is rounded, and that is not the derivative's fault
        made = section.rounded(x + side * steps) - x
        errors = abs(section.values(x + made) - (primal + slope * made))
        errors[~np.isfinite(errors) | (made == 0)] = np.nan
    text = f"{short(sample.wrt)}* = {number(x)}, slope {number(slope)}"
    if sample.status is not Status.SMOOTH or side < 0:
        text += f", δ {'>' if side > 0 else '<'} 0"
    if not (errors > 0).any():
        text += ": no error"
    return Series(text, abs(made), errors, u * abs(primal))


def draw_errors(axes: Axes, groups: Sequence[Sequence[Series]], name: str) -> None:
    """The errors of every point's series on logarithmic axes, with guides of slopes 1 and 2 and the round-off floors."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("|δ|   (no dot where the error is exactly 0)")
    axes.set_ylabel(f"|{name}(x*+δ) − ({name}(x*) + {name}′(x*)·δ)|")
    every = [series for group in groups for series in group]
    if not any((series.errors > 0).any() for series in every):
        _say_why(axes, every)
        return
    _frame(axes, every)
    _guides(axes, every)
    _floor(axes, max(series.floor for series in every), name)
    for i, group in enumerate(groups):
        for k, series in enumerate(group):
            _draw_series(axes, series, POINTS[i % len(POINTS)], MARKERS[(i + k) % len(MARKERS)])
    columns = 2 if max(len(series.text) for series in every) <= WIDE else 1
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=columns, frameon=False, fontsize=9)


def _say_why(axes: Axes, every: Sequence[Series]) -> None:
    text = "The error is 0 for every δ:\nthe function is its tangent." if every else "There is no finite slope to test."
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", fontsize=11)
    axes.tick_params(which="both", bottom=False, left=False, labelbottom=False, labelleft=False)
    axes.grid(visible=False)


def _frame(axes: Axes, every: Sequence[Series]) -> None:
    """Limits that show every error and floor, but not errors far below all floors."""
    errors = np.concatenate([series.errors[series.errors > 0] for series in every])
    steps = np.concatenate([series.steps[series.errors > 0] for series in every])
    floors = [series.floor for series in every if series.floor > 0]
    high = float(min(max([errors.max(), *floors]), LARGEST))
    low = max(float(errors.min()), min(floors, default=0.0) / 100, high / DECADES)
    axes.set_xlim(float(steps.min()) / 10, float(steps.max()) * 2)
    axes.set_ylim(max(min([low, *(floor for floor in floors if floor > high / DECADES)]) / 5, 1 / LARGEST), high * 10)


def _guides(axes: Axes, every: Sequence[Series]) -> None:
    """Dashed lines ∝ δ and ∝ δ² through one of the errors, that of the largest small step; none where all is rounding."""
    candidates = (
        ((series.errors > ROUNDING * series.floor) & (series.steps <= SMALL * series.steps[-1]), series)
        for series in every
    )
    above, series = next(((found, series) for found, series in candidates if found.any()), (None, every[0]))
    if above is None:
        axes.plot([], [], color="none", label="nothing but rounding")
        return
    at = int(np.flatnonzero(above)[-1])
    ends = np.array(axes.get_xlim())
    for power, text, dashes in ((1, "∝ δ (slope 1)", (6, 3)), (2, "∝ δ² (slope 2)", (2, 2))):
        with np.errstate(all="ignore"):
            guide = series.errors[at] * (ends / series.steps[at]) ** power
        axes.plot(ends, guide, color="#999999", linewidth=1.0, linestyle=(0, dashes), zorder=1, label=text)


def _floor(axes: Axes, floor: float, name: str) -> None:
    """The name of the highest floor, above its line."""
    if floor > 0:
        text = f"round-off floor u·|{name}(x*)| = " + f"{floor:.1e}".replace("-", "−")
        across = axes.get_yaxis_transform()
        written = axes.text(0.985, floor * 1.15, text, transform=across, ha="right", va="bottom", fontsize=9, zorder=5)
        written.set_bbox({"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85})
        written.set_in_layout(False)


def _draw_series(axes: Axes, series: Series, color: str, marker: str) -> None:
    shown = np.where(series.errors > 0, series.errors, np.nan)
    axes.plot(series.steps, shown, marker, color=color, markersize=5, label=series.text, zorder=3)
    if series.floor > 0:
        axes.axhline(series.floor, color=color, linewidth=1.0, linestyle=":", zorder=2)
