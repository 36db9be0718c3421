"""The errors of the derivatives over an interval, in ulps: one mark an engine and point, and where f is not proved to be smooth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import SymmetricalLogLocator

from diffcheck.judgement.check import Check
from diffcheck.judgement.interval import SAMPLES, proved, samples_across
from diffcheck.judgement.verdict import AGREES_ULPS
from diffcheck.results import Outcome, Piece, Sample, Status, counted, leibniz
from diffcheck.views.output import opened
from diffcheck.views.plot import DOTS_PER_INCH, SIZE_INCHES, encoded, suffix_of, title
from diffcheck.views.plot_labels import Label, place
from diffcheck.views.plot_tangents import ENGINES, VERDICTS, number

# one a derivative under test: hollow and of several sizes, so that equal errors lie within each other
MARKS = {
    "SymPy": ("o", "#0072B2", 5.5),
    "AD forward": ("+", "#56B4E9", 6.0),
    "AD reverse": ("x", "#000000", 3.5),
    "claim": ("d", "#CC79A7", 7.0),
}
STRIPS = {Outcome.FAIL: 0.965, Outcome.UNDECIDED: 0.93, Outcome.WARN: 0.895}  # of the height: where verdicts other than a pass are marked
HEADROOM = 0.2  # of the height, for them and the names of places
TICKS = 12
LARGEST = 1e240  # of what the axis can show
PLACES = 12  # special places that are named; of more, every one gets its line
NAMES = (0.85, 0.8, 0.75, 0.7)  # of the height: where
WHITE = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
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
    """The figure of the errors at these samples, all of one derivative."""
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06))
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(title(check, {}), family="monospace", fontsize=11, parse_math=False)
    axes = figure.subplots()
    derivative = leibniz(check.header.name, samples[0].wrt, samples[0].order)
    axes.set_title(f"errors at {counted(len(samples), 'point')}; {_smoothness(pieces)}", fontsize=10)
    axes.set_xlabel(samples[0].wrt)
    axes.set_ylabel(f"error of {derivative}, in ulps of its true value")
    _frame(axes, pieces, samples)
    handles = [*_draw_results(axes, samples), *_draw_outcomes(axes, samples), *_draw_pieces(axes, pieces)]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, frameon=False, fontsize=9)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the texts beside the lines are placed in pixels
    _name_places(axes, canvas.get_renderer(), pieces)
    return figure


def _smoothness(pieces: Sequence[Piece]) -> str:
    others = sum(piece.status is not Status.SMOOTH for piece in pieces)
    return f"proved smooth but for {others} of {len(pieces)} pieces" if others else "proved smooth on all of the interval"


def _frame(axes: Axes, pieces: Sequence[Piece], samples: Sequence[Sample]) -> None:
    """Errors below one ulp on a linear scale, those above on a logarithmic one."""
    lower, upper = pieces[0].lower, pieces[-1].upper
    largest = max([5 * AGREES_ULPS, *(ulps for _, ulps in _errors(samples))])
    decades = 1 + math.log10(min(largest, LARGEST))  # the linear part is as high as one
    axes.set_yscale("symlog", linthresh=1.0, linscale=1.0)
    axes.set_ylim(-0.08, min(10 ** (decades / (1 - HEADROOM) - 1), LARGEST))
    locator = SymmetricalLogLocator(base=10, linthresh=1.0)
    locator.set_params(numticks=TICKS)
    axes.yaxis.set_major_locator(locator)
    margin = 0.02 * (upper / 2 - lower / 2)
    axes.set_xlim(max(lower - margin, -1.7e308), min(upper + margin, 1.7e308))
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.axhline(AGREES_ULPS, color="#009E73", linewidth=1.2, linestyle="--", zorder=2)
    axes.axhline(0, color="#999999", linewidth=0.8, zorder=1)
    style: dict[str, Any] = {"color": "#00694d", "ha": "right", "va": "bottom", "fontsize": 9, "zorder": 6, "bbox": WHITE}
    axes.text(0.995, AGREES_ULPS * 1.2, f"agrees: up to {AGREES_ULPS:.0f} ulps", transform=axes.get_yaxis_transform(), **style)


def _errors(samples: Sequence[Sample], name: str | None = None) -> list[tuple[float, float]]:
    """Points and errors in ulps, of one engine or of all."""
    return [
        (sample.point[sample.wrt], result.ulps)
        for sample in samples
        for result in sample.results
        if result.ulps is not None and name in (None, ENGINES[result.engine, result.mode])
    ]


def _draw_results(axes: Axes, samples: Sequence[Sample]) -> list[Line2D]:
    """One series an engine; its legend says where the largest error is."""
    lines = []
    for name in dict.fromkeys(ENGINES[result.engine, result.mode] for sample in samples for result in sample.results):
        marker, color, size = MARKS[name]
        known = _errors(samples, name)
        x, ulps = max(known, key=lambda pair: pair[1], default=(math.nan, math.nan))
        text = f"{name}: up to {ulps:.3g}, at {number(x)}" if known else f"{name}: no errors in ulps"
        points = np.array(known).reshape(-1, 2)
        lines += axes.plot(points[:, 0], points[:, 1], marker, color=color, markersize=size, markerfacecolor="none", label=text, zorder=3)
    return lines


def _draw_outcomes(axes: Axes, samples: Sequence[Sample]) -> list[Line2D]:
    """Along the upper edge a mark at every point at which a verdict is not a pass, whether or not it has an error in ulps."""
    lines = []
    for outcome, height in STRIPS.items():
        found = [(sample.point[sample.wrt], result) for sample in samples for result in sample.counted if result.outcome is outcome]
        x = sorted({x for x, _ in found})
        marker, color = VERDICTS[outcome]
        text = f"{outcome.value}: {', '.join(dict.fromkeys(result.verdict.value for _, result in found))}"
        across = axes.get_xaxis_transform()
        marks = axes.plot(x, [height] * len(x), marker, color=color, markersize=5, transform=across, zorder=5, label=text)
        lines += marks if found else []
    return lines


def _is_narrow(piece: Piece, pieces: Sequence[Piece]) -> bool:
    return piece.upper - piece.lower < NARROW * (pieces[-1].upper - pieces[0].lower)


def _draw_pieces(axes: Axes, pieces: Sequence[Piece]) -> list[Line2D | Patch]:
    """Lines for places, shades for intervals."""
    others = [piece for piece in pieces if piece.status is not Status.SMOOTH]
    narrow = [piece for piece in others if _is_narrow(piece, pieces)]
    for piece in others:
        if piece in narrow:
            axes.axvline(_middle(piece), color="#666666", linewidth=1.0, linestyle=":", zorder=1)
        else:
            axes.axvspan(piece.lower, piece.upper, color="#eeeeee" if piece.status is Status.UNDEFINED else "#f6e3ee", zorder=0)
    handles: list[Line2D | Patch] = []
    if narrow:
        handles.append(Line2D([], [], color="#666666", linewidth=1.0, linestyle=":", label="not proved smooth there"))
    for status, color in ((Status.UNDEFINED, "#eeeeee"), (Status.UNDECIDED, "#f6e3ee")):
        if any(piece.status is status and piece not in narrow for piece in others):
            handles.append(Patch(color=color, label=f"{status.value}" + (": proved" if status is Status.UNDEFINED else "")))
    return handles


def _middle(piece: Piece) -> float:
    return piece.lower / 2 + piece.upper / 2 if piece.point is None else piece.point


def _name_places(axes: Axes, renderer: Any, pieces: Sequence[Piece]) -> None:
    """What is at each special place, written where it hides little."""
    narrow = [piece for piece in pieces if piece.status is not Status.SMOOTH and _is_narrow(piece, pieces)]
    if len(narrow) > PLACES:
        return
    to_data = (axes.transAxes + axes.transData.inverted()).transform
    heights = [float(to_data((0, part))[1]) for part in NAMES]
    labels = [Label(_place_name(piece), tuple((_middle(piece), height) for height in heights), "#444444") for piece in narrow]
    place(axes, renderer, labels, [], np.empty((0, 2)))


def _place_name(piece: Piece) -> str:
    like = piece.reason.rpartition("it looks like a ")[2].partition(",")[0] if "it looks like a " in piece.reason else ""
    return f"{piece.status.value}{f' ({like}?)' if like else ''} at {number(_middle(piece))}"
