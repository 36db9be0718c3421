"""The second panel: how far f(x* + δ) is from f(x*) + f'(x*)·δ, for δ within the picture down to almost nothing (Taylor's test).

A right derivative leaves an error that falls like δ², a wrong one an error that falls like δ; both end at the round-off
floor u·|f(x*)|, below which floating-point values cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from diffcheck.pictures.axis import Floats, decades_on
from diffcheck.pictures.section import Section
from diffcheck.pictures.tangents import DETAILED, POINTS, VERDICTS
from diffcheck.pictures.taylor import Taylor
from diffcheck.pictures.text import brief, number, power_of_ten, short
from diffcheck.registry import AUTOMATIC
from diffcheck.results import NOT_DEFINED, Outcome, Sample, Status

PER_DECADE = 5
MARKERS = (".", "+", "x", "1", "2", "3", "4", "*")
STEPS = 12  # decades of δ below the width of the picture
ROUNDING = 30  # times the floor: an error that is more than rounding
RUN = 4  # neighbouring errors that grow: the law that they follow, and no rounding
SMALLEST, LARGEST = 1e-307, 1e290  # of what a logarithmic axis can show: its ticks lie beyond it
WITHOUT_SLOPE = (*NOT_DEFINED, Status.JUMP, Status.HOLE, Status.VERTICAL)
WIDE = 34  # characters of a text of the legend, beyond which it has one column


@dataclass(frozen=True, slots=True)
class Series:
    """The errors at one point for steps to one side. `floor` is the rounding error of f(x*) itself; `color` "" is that of the point."""

    text: str
    steps: Floats
    errors: Floats
    floor: float
    above: NDArray[np.bool_]  # which errors are more than rounding
    color: str = ""
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class _Line:
    """A polynomial about a point that is put to the test."""

    name: str
    coefficients: tuple[float, ...]  # without the constant term
    color: str = ""


def measure(section: Section, sample: Sample, reach: tuple[float, float], taylor: Taylor | None = None) -> list[Series]:
    """The series of a point, for δ no larger than `reach` to the left and right.

    The slope that is proved is tested with steps to the right, and so is every other that was given; where f is not smooth, or
    not defined to the right, those given are tested on both sides.
    """
    if sample.primal is None or not math.isfinite(sample.primal) or sample.status in WITHOUT_SLOPE:
        return []
    right = [_series(section, sample, line, 1, reach[1]) for line in _lines(sample, taylor)]
    if sample.status is Status.SMOOTH and any(np.isfinite(series.errors).any() for series in right):
        return right
    left = [_series(section, sample, line, -1, reach[0]) for line in _lines(sample, taylor)]
    return [series for series in (*left, *right) if np.isfinite(series.errors).any()]


def _lines(sample: Sample, taylor: Taylor | None) -> Iterator[_Line]:
    """The slopes under test: the proved one, else reverse mode's; then the different ones that did not pass."""
    values = {result.title: result.value for result in sample.results if result.value is not None}
    slope = values.get(AUTOMATIC.titles[-1], next(iter(values.values()), None))
    if sample.enclosure is not None and math.isfinite(float(sample.enclosure.midpoint)):
        slope = float(sample.enclosure.midpoint)
    tested = [slope]
    if slope is not None and math.isfinite(slope):
        yield _Line(f"slope {brief(slope)}", (slope,))
    for result in sample.results:
        value = result.value
        if value is not None and math.isfinite(value) and result.outcome is not Outcome.PASS and number(value) not in map(number, tested):  # type: ignore[arg-type]
            tested.append(value)
            yield _Line(f"{result.title}: slope {brief(value)}", (value,), VERDICTS[result.outcome][1])
    if taylor is not None:
        yield _Line(taylor.name, taylor.coefficients[1:])


def _series(section: Section, sample: Sample, line: _Line, side: int, reach: float) -> Series:
    x, u, primal = sample.point[sample.wrt], section.unit_roundoff, sample.primal or 0.0
    least = max(reach * 10.0**-STEPS, 8 * u * abs(x), SMALLEST)
    count = int(PER_DECADE * max(math.log10(reach / least), 0.0)) if reach > 0 else 0
    steps = np.logspace(math.log10(least), math.log10(reach), count + 1) if count else np.empty(0)
    with np.errstate(all="ignore"):
        # the step that was really made: x* + δ is rounded, and that is not the derivative's fault
        made = section.rounded(x + side * steps) - x
        model = np.polynomial.polynomial.polyval(made, (0.0, *line.coefficients))
        values = section.values(x + made)
        errors = abs((values - primal) - model)
        above = errors > ROUNDING * u * np.maximum(np.maximum(abs(values), abs(model)), abs(primal))
        errors[~np.isfinite(errors) | (made == 0) | (abs(made) > reach)] = np.nan
    text = f"{short(sample.wrt)}* = {brief(x)}, {line.name}"
    if sample.status is not Status.SMOOTH or side < 0:
        text += f", δ {'>' if side > 0 else '<'} 0"
    if not (errors > 0).any():
        text += ": no error"
    return Series(text, abs(made), errors, u * abs(primal), above, line.color, len(line.coefficients) > 1)


def is_worth_a_panel(groups: Sequence[Sequence[Series]]) -> bool:
    """Whether there is a law to show: some errors that are more than rounding."""
    return any(series.above.sum() >= 2 * RUN for group in groups for series in group)


def columns_of(groups: Sequence[Sequence[Series]]) -> int:
    """Of the legend."""
    texts = [series.text for group in groups for series in group]
    return 2 if len(texts) > 2 and max(map(len, texts)) <= WIDE else 1


def draw_errors(axes: Axes, groups: Sequence[Sequence[Series]], name: str, powers: Sequence[int]) -> None:
    """The errors of every point's series on logarithmic axes, with guides of these slopes and the round-off floors."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("|δ|   (no dot where the error is exactly 0)")
    axes.set_ylabel(f"|{name}(x*+δ) − ({name}(x*) + {name}′(x*)·δ)|")
    every = [series for group in groups for series in group]
    _frame(axes, every)
    _guides(axes, every, powers)
    _floor(axes, sorted({series.floor for series in every if series.floor > 0}), name)
    for i, group in enumerate(groups):
        for series in group:
            _draw_series(axes, series, series.color or POINTS[i % DETAILED], MARKERS[i % DETAILED])


def _frame(axes: Axes, every: Sequence[Series]) -> None:
    """Limits that show every error and floor."""
    errors = np.concatenate([series.errors[series.errors > 0] for series in every])
    steps = np.concatenate([series.steps[series.errors > 0] for series in every])
    floors = [series.floor for series in every if series.floor > 0]
    high = min(max([float(errors.max()), *floors]) * 10, LARGEST)
    low = max(min([float(errors.min()), *floors]) / 5, SMALLEST)
    left, right = max(float(steps.min()) / 3, SMALLEST), float(steps.max()) * 2
    axes.set_xlim(left, right)
    axes.set_ylim(low, high)
    decades_on(axes.xaxis, left, right)
    decades_on(axes.yaxis, low, high)


def _guides(axes: Axes, every: Sequence[Series], powers: Sequence[int]) -> None:
    """Dashed lines ∝ δ, ∝ δ², … through the error at the smallest step that is more than rounding; none where all is rounding."""
    found = next(((series, at) for series in every if (at := _anchor(series)) is not None), None)
    if found is None:
        axes.plot([], [], color="none", label="nothing but rounding")
        return
    series, at = found
    ends = np.array(axes.get_xlim())
    for power, dashes in zip(powers, ((6, 3), (2, 2), (1, 3)), strict=False):
        with np.errstate(all="ignore"):
            guide = series.errors[at] * (ends / series.steps[at]) ** power
        text = "∝ δ" if power == 1 else f"∝ δ{power_of_ten(power)[2:]}"
        axes.plot(ends, guide, color="#999999", linewidth=1.0, linestyle=(0, dashes), zorder=1, label=text, scalex=False, scaley=False)


def _anchor(series: Series) -> int | None:
    """The first error that is more than rounding, and from which they grow."""
    good = series.above & np.append(np.diff(series.errors) > 0, False)
    runs = np.flatnonzero(np.convolve(good, np.ones(RUN), "valid") == RUN) if len(good) >= RUN else np.empty(0, int)
    return int(runs[0]) if len(runs) else next(iter(np.flatnonzero(series.above).tolist()), None)


def _floor(axes: Axes, floors: Sequence[float], name: str) -> None:
    """The lines of the floors; the highest is named, to the right of where the errors begin to rise."""
    for floor in floors:
        axes.axhline(floor, color="#888888", linewidth=1.0, linestyle=":", zorder=2)
    if floors:
        digits, _, exponent = f"{floors[-1]:.1e}".partition("e")
        text = f"rounding of {name}(x*): up to {digits}·{power_of_ten(int(exponent))}"
        across = axes.get_yaxis_transform()
        written = axes.text(0.985, floors[-1] / 1.3, text, transform=across, ha="right", va="top", fontsize=9, zorder=5, parse_math=False)
        written.set_bbox({"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85})


def _draw_series(axes: Axes, series: Series, color: str, marker: str) -> None:
    shown = np.where(series.errors > 0, series.errors, np.nan)
    style = {"markersize": 7, "markerfacecolor": "none"} if series.hollow else {"markersize": 5}
    axes.plot(series.steps, shown, "o" if series.hollow else marker, color=color, label=series.text, zorder=3, **style)
