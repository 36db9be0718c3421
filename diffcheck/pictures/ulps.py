"""The errors of the derivatives over an interval, in ulps: one mark an engine and point, and where f is not proved to be smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

from diffcheck.checks.expression import Check
from diffcheck.checks.interval import SAMPLES, proved, samples_across
from diffcheck.judgement.verdict import AGREES_ULPS
from diffcheck.pictures.axis import thinned
from diffcheck.pictures.labels import Label, place
from diffcheck.pictures.layout import Panel, encoded, figure_with, head, legend, rows_of, suffix_of
from diffcheck.pictures.tangents import VERDICTS
from diffcheck.pictures.text import number, power_of_ten, title
from diffcheck.registry import place as place_of
from diffcheck.results import Outcome, Piece, Sample, Status, counted, leibniz
from diffcheck.views.layout import NOTHING
from diffcheck.views.output import opened

COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#C8B400", "#666666")  # of engines, in their order
STRIPS = {Outcome.FAIL: 0.95, Outcome.UNDECIDED: 0.91, Outcome.WARN: 0.87}  # of the height: where verdicts other than a pass are marked
STRIP = 0.83  # and from where on nothing else is
LEAST, LARGEST = 1e-12, 1e240  # of what the axis shows
PANEL = 1.25  # inches, of one engine
COLUMNS = 3  # of the legend
PLACES = 12  # special places that are named; of more, every one gets its line
NAMES = (0.7, 0.55, 0.4)  # of the height: where
SHADES = {Status.UNDEFINED: "#eeeeee", Status.UNDECIDED: "#f6e3ee"}
TICKS = 5
NARROW = 0.004  # of the interval: a piece that is drawn as a line


def plot_errors(check: Check, lower: float, upper: float, *, path: Path, samples: int = SAMPLES) -> tuple[Sample, ...]:
    """Draw the errors in ulps of all derivatives under test on [lower, upper] to a .png, .svg or .pdf file.

    They are sampled at equidistant points and beside special places; returns the samples. Raises InputError for what cannot be
    drawn, OutputError where the file cannot be written.
    """
    suffix = suffix_of(path)
    with opened(path) as stream:
        pieces = proved(check, lower, upper)
        wrt = check.problem.variables[0]
        found = tuple(sample for sample in samples_across(check, pieces, samples) if (sample.wrt, sample.order) == (wrt, 1))
        stream.buffer.write(encoded(lambda: draw(check, pieces, found), suffix))
    return found


def draw(check: Check, pieces: Sequence[Piece], samples: Sequence[Sample]) -> Figure:
    """The figure of the errors at these samples, all of one derivative: a panel an engine, all with the same axes."""
    engines = list(dict.fromkeys(result.title for sample in samples for result in sample.results))
    derivative = leibniz(check.header.name, samples[0].wrt, samples[0].order)
    about = f"errors of {derivative} at {counted(len(samples), 'point')}; {_smoothness(pieces)}"
    handles = _legend(pieces, samples)
    last = Panel(height=PANEL, rows=rows_of(len(handles), COLUMNS))
    above = replace(title(check.problem, {}), below=[about])
    figure, panels = figure_with(above, [*[[Panel(height=PANEL, below=0.12)]] * (len(engines) - 1), [last]])
    levels = _Levels(samples)
    for axes, name in zip(panels, engines, strict=True):
        levels.apply(axes)
        _draw_engine(axes, name, levels, samples)
        _draw_pieces(axes, pieces)
        axes.set_xlim(*_ends(pieces))
        axes.tick_params(labelbottom=axes is panels[-1])
    panels[-1].set_xlabel(samples[0].wrt)
    panels[len(panels) // 2].set_ylabel("error in ulps of the true value")
    legend(panels[-1], handles, COLUMNS)
    _name_places(panels[0], pieces, samples)
    return figure


def _smoothness(pieces: Sequence[Piece]) -> str:
    others = sum(piece.status is not Status.SMOOTH for piece in pieces)
    return f"proved smooth but for {others} of {len(pieces)} pieces" if others else "proved smooth on all of the interval"


def _ends(pieces: Sequence[Piece]) -> tuple[float, float]:
    lower, upper = pieces[0].lower, pieces[-1].upper
    margin = 0.02 * (upper / 2 - lower / 2)
    return max(lower - margin, -1.7e308), min(upper + margin, 1.7e308)


class _Levels:
    """The axis of errors: powers of ten, below them a line for 0, above them the strip for verdicts."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        known = [ulps for _, ulps in _errors(samples) if ulps > NOTHING]
        self.lowest = math.floor(math.log10(max(min([0.1, *known]), LEAST)))
        self.highest = math.ceil(math.log10(min(max([10 * AGREES_ULPS, *known]), LARGEST)))
        self.zero = self.lowest - 0.1 * (self.highest - self.lowest)

    def of(self, ulps: float) -> float:
        """Where an error is drawn."""
        return self.zero if ulps <= NOTHING else math.log10(min(max(ulps, LEAST), LARGEST))

    def apply(self, axes: Axes) -> None:
        bottom = self.zero - 0.08 * (self.highest - self.lowest)
        axes.set_ylim(bottom, bottom + (self.highest - bottom) / STRIP)
        decades = [*range(self.lowest, self.highest + 1)]
        shown = [decade for decade in thinned(range(decades[0], decades[-1] + 1)) if decade - self.zero > 0.12 * (self.highest - self.zero)]
        shown = shown[:: 2 if len(shown) > TICKS else 1]
        axes.yaxis.set_major_locator(FixedLocator([self.zero, *shown]))
        axes.yaxis.set_major_formatter(FixedFormatter(["0", *("1" if decade == 0 else power_of_ten(decade) for decade in shown)]))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.axhline(self.zero, color="#999999", linewidth=0.8, zorder=1)
        axes.axhline(math.log10(AGREES_ULPS), color="#009E73", linewidth=1.2, linestyle="--", zorder=2)
        strip = Rectangle((0, STRIP), 1, 1 - STRIP, transform=axes.transAxes, facecolor="#eef1f4", edgecolor="#bbbbbb", linewidth=0.6)
        axes.add_patch(strip).set_zorder(1.5)


def _errors(samples: Sequence[Sample], name: str | None = None) -> list[tuple[float, float]]:
    """Points and errors in ulps, of one engine or of all."""
    return [
        (sample.point[sample.wrt], result.ulps)
        for sample in samples
        for result in sample.results
        if result.ulps is not None and name in (None, result.title)
    ]


def _draw_engine(axes: Axes, name: str, levels: _Levels, samples: Sequence[Sample]) -> None:
    """The errors of one engine; in the strip a mark at every point at which its verdict is not a pass, error or not."""
    known = _errors(samples, name)
    x, ulps = max(known, key=lambda pair: pair[1], default=(math.nan, math.nan))
    largest = "no error in ulps" if not known else "every error is 0" if ulps <= NOTHING else f"up to {ulps:.3g} ulps, at {number(x)}"
    head(axes, f"{name}: {largest}", loc="left", pad=4)
    points = np.array([(x, levels.of(ulps)) for x, ulps in known]).reshape(-1, 2)
    axes.plot(*points.T, ".", color=COLORS[place_of(name) % len(COLORS)], markersize=4, zorder=3, label=name)
    for outcome, height in STRIPS.items():
        marked = sorted(
            {sample.point[sample.wrt] for sample in samples for r in sample.counted if r.title == name and r.outcome is outcome}
        )
        marker, color = VERDICTS[outcome]
        style: dict[str, Any] = {"color": color, "markersize": 5, "transform": axes.get_xaxis_transform(), "zorder": 5}
        axes.plot(marked, [height] * len(marked), marker, label=outcome.value, **style)


def _legend(pieces: Sequence[Piece], samples: Sequence[Sample]) -> list[Line2D | Patch]:
    """What marks and lines mean, those that there are."""
    agrees = Line2D([], [], color="#009E73", linewidth=1.2, linestyle="--", label=f"agrees: up to {AGREES_ULPS:.0f} ulps")
    handles: list[Line2D | Patch] = [agrees]
    for outcome in STRIPS:
        verdicts = dict.fromkeys(r.verdict.value for sample in samples for r in sample.counted if r.outcome is outcome)
        if verdicts:
            marker, color = VERDICTS[outcome]
            text = f"{outcome.value}: {', '.join(verdicts)} (in the strip above)"
            handles.append(Line2D([], [], marker=marker, color=color, linestyle="none", markersize=5, label=text))
    others = [piece for piece in pieces if piece.status is not Status.SMOOTH]
    if any(_is_narrow(piece, pieces) for piece in others):
        handles.append(Line2D([], [], color="#666666", linewidth=1.0, linestyle=":", label="not proved smooth there"))
    for status, color in SHADES.items():
        if any(piece.status is status and not _is_narrow(piece, pieces) for piece in others):
            handles.append(Patch(color=color, label=f"{status.value}" + (": proved" if status is Status.UNDEFINED else "")))
    return handles


def _is_narrow(piece: Piece, pieces: Sequence[Piece]) -> bool:
    return piece.upper - piece.lower < NARROW * (pieces[-1].upper - pieces[0].lower)


def _draw_pieces(axes: Axes, pieces: Sequence[Piece]) -> None:
    """Lines for places, shades for intervals."""
    for piece in pieces:
        if piece.status is Status.SMOOTH:
            continue
        if _is_narrow(piece, pieces):
            axes.axvline(_middle(piece), color="#666666", linewidth=1.0, linestyle=":", zorder=1)
        else:
            axes.axvspan(piece.lower, piece.upper, color=SHADES.get(piece.status, SHADES[Status.UNDECIDED]), zorder=0)


def _middle(piece: Piece) -> float:
    return piece.lower / 2 + piece.upper / 2 if piece.point is None else piece.point


def _name_places(axes: Axes, pieces: Sequence[Piece], samples: Sequence[Sample]) -> None:
    """What is at each special place, written where it hides little."""
    narrow = [piece for piece in pieces if piece.status is not Status.SMOOTH and _is_narrow(piece, pieces)]
    if len(narrow) > PLACES:
        return
    to_data = (axes.transAxes + axes.transData.inverted()).transform
    heights = [float(to_data((0, part))[1]) for part in NAMES]
    labels = [Label(_place_name(piece, samples), tuple((_middle(piece), height) for height in heights), "#444444") for piece in narrow]
    place(axes, labels, [], np.empty((0, 2)))


def _place_name(piece: Piece, samples: Sequence[Sample]) -> str:
    """The status that is proved; where none is of all the piece, what it looks like, or what is proved of the floats in it."""
    at = f"at {number(_middle(piece))}"
    like = piece.reason.rpartition("it looks like a ")[2].partition(",")[0] if "it looks like a " in piece.reason else ""
    within = {sample.status for sample in samples if piece.lower <= sample.point[sample.wrt] <= piece.upper}
    if piece.status is Status.UNDECIDED and not like and len(within) == 1 and Status.UNDECIDED not in within:
        return f"{within.pop().value} {at}, undecided beside it"
    return f"{piece.status.value}{f' ({like}?)' if like else ''} {at}"
