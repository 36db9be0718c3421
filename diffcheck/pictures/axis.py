"""What an axis of values is like: linear, or logarithmic where most of the curve would lie on the ground."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator
from numpy.typing import NDArray

from diffcheck.pictures.text import power_of_ten

Floats = NDArray[np.float64]

GROUND = 0.01  # of the greatest value: what lies below is not seen on a linear axis
MOSTLY = 0.9  # of the samples
DECADES = 30  # of a logarithmic axis with two signs
TICKS = 8
COLUMNS, ROWS = 800, 450  # about the pixels of a panel


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale of values: `kind` is one of matplotlib's; a logarithmic one with two signs is linear up to `threshold`."""

    kind: str = "linear"
    threshold: float = 1.0

    def position(self, y: Floats) -> Floats:
        """Where values lie on the axis, in a unit of its own."""
        if self.kind == "log":
            return np.log10(np.maximum(y, 1e-320))
        if self.kind == "symlog":
            return np.sign(y) * np.log10(1 + abs(y) / self.threshold)
        return y

    def apply(self, axes: Axes, low: float, high: float) -> None:
        """Give a panel this scale, and the values from `low` to `high` with a margin."""
        if self.kind == "symlog":
            axes.set_yscale("symlog", linthresh=self.threshold, linscale=0.5)
            reach = 3 * max(abs(low), abs(high))
            axes.set_ylim(-reach if low < 0 else 0, reach if high > 0 else 0)
            decades = range(math.ceil(math.log10(self.threshold)), math.floor(math.log10(reach)) + 1)
            found = [10.0**decade for decade in thinned(decades)]
            signs = [sign for sign, shown in ((-1.0, low < 0), (1.0, high > 0)) if shown]
            ticks = sorted([0.0, *(sign * tick for sign in signs for tick in found)])
            axes.yaxis.set_major_locator(FixedLocator(ticks))
            axes.yaxis.set_major_formatter(FixedFormatter([_signed_power(tick) for tick in ticks]))
            axes.yaxis.set_minor_locator(NullLocator())
        elif self.kind == "log":
            low, high = max(low, 1e-300), min(high, 1e300)
            axes.set_yscale("log")
            axes.set_ylim(low / 10, high * 10)
            decades_on(axes.yaxis, low / 10, high * 10)


def axis_for(values: Floats, poles: Floats) -> Axis:
    """Logarithmic where nine values of ten are less than a hundredth of the greatest, and no pole makes it so."""
    sizes = abs(values[np.isfinite(values)])
    greatest = float(sizes.max()) if len(sizes) else 0.0
    if len(poles) or greatest == 0 or float(np.mean(sizes < GROUND * greatest)) <= MOSTLY:
        return Axis()
    finite = values[np.isfinite(values)]
    if (finite > 0).all():
        return Axis("log")
    positive = sizes[sizes > 0]
    least = max(float(np.quantile(positive, 0.1)), greatest * 10.0**-DECADES, 1e-300)
    return Axis("symlog", 10.0 ** math.floor(math.log10(least)))


@dataclass(frozen=True, slots=True)
class Frame:
    """What a panel shows, for questions about its pixels."""

    grid_x: Floats
    heights: tuple[float, float]
    axis: Axis
    noise: float  # values that differ no more than this differ by rounding

    @property
    def column(self) -> float:
        """The width of a pixel."""
        return float(np.ptp(self.grid_x)) / COLUMNS

    def rows(self, y: Floats) -> Floats:
        """Values in pixels from the lower edge; what lies far outside the panel is drawn near to it."""
        low, high = self.axis.position(np.array(self.heights))
        if self.heights[1] - self.heights[0] <= self.noise:
            return np.zeros_like(y)
        found: Floats = (self.axis.position(y) - low) / ((high - low) or 1.0) * ROWS
        return np.clip(found, -ROWS, 2 * ROWS)


def decades_on(axis: object, low: float, high: float) -> None:
    """Some powers of ten as ticks, written without matplotlib's mathematics, which takes its time."""
    ticks = thinned(range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1))
    axis.set_major_locator(FixedLocator([10.0**decade for decade in ticks]))  # type: ignore[attr-defined]
    axis.set_major_formatter(FixedFormatter([power_of_ten(decade) for decade in ticks]))  # type: ignore[attr-defined]
    axis.set_minor_locator(NullLocator())  # type: ignore[attr-defined]


def thinned(decades: range) -> range:
    """Every so many of them that they have room."""
    step = max(1, math.ceil(len(decades) / TICKS))
    return range(decades.start + -decades.start % step, decades.stop, step)


def _signed_power(tick: float) -> str:
    if tick == 0:
        return "0"
    return ("−" if tick < 0 else "") + power_of_ten(round(math.log10(abs(tick))))
