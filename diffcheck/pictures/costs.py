"""Pictures of costs: how much more than f each way takes, and how ways grow with n, with a mark where one was given up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from diffcheck.errors import InputError
from diffcheck.measures import Cost, Costs, Grown, Swell, Swelling, Way
from diffcheck.pictures.layout import Panel, Title, encoded, figure_with, head, legend, rows_of, suffix_of
from diffcheck.pictures.text import within
from diffcheck.printable import printable
from diffcheck.views.cost import number_text
from diffcheck.views.output import opened

LOOKS: Mapping[Way, tuple[str, str]] = {  # colour and marker: either tells them apart
    Way.F: ("#000000", "s"),
    Way.IN_JAX: ("#999999", "s"),
    Way.CLOSED: ("#D55E00", "^"),
    Way.CSE: ("#E69F00", "v"),
    Way.CHAINED: ("#009E73", "o"),
    Way.FORWARD: ("#56B4E9", "<"),
    Way.FORWARD_ALL: ("#0072B2", ">"),
    Way.REVERSE: ("#CC79A7", "D"),
    Way.HESSIAN: ("#666666", "P"),
}
LEGEND_COLUMNS = 4
ROW = 0.34  # inches, of a bar
BASE = 0.1  # times f, where bars begin: a logarithmic axis has no 0
LONGEST = 0.6  # of the width: names stand behind the bars
APART = 0.07  # of the length of the axis, between two ticks
TICKED = 8  # numbers that all have their tick
BARS: Sequence[tuple[str, str]] = (("operations", "operations, times f"), ("run_many", "time at many points, times f"))
PAPER = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}  # names stand before the lines
Value = Callable[[Grown], float]


def plot_costs(found: Costs | Swell, *, path: Path) -> None:
    """Draw a table of costs, or how a family swells, to a .png, .svg or .pdf file.

    Raises InputError for another name, OutputError where the file cannot be written.
    """
    suffix = suffix_of(path)
    draw: Callable[[], Figure] = (lambda: draw_bars(found)) if isinstance(found, Costs) else (lambda: draw_swell(found))
    with opened(path) as stream:
        stream.buffer.write(encoded(draw, suffix))


# One function


def draw_bars(costs: Costs) -> Figure:
    """A bar for each way: its ratio to f, on a logarithmic axis."""
    shown = [(name, text) for name, text in BARS if any(row.ratio(name) for row in costs.rows)]
    if not shown:
        raise InputError(
            f"there is nothing to draw: {costs.name} has no operation to compare with", "Take a function that computes something."
        )
    rows = [row for row in costs.rows if row.way is not Way.F]
    height = ROW * len(rows) + 0.2
    widths = [(k / len(shown), (k + 1) / len(shown)) for k in range(len(shown))]
    panels = [Panel(start=start, end=end, height=height) for start, end in widths]
    figure, axes = figure_with(Title(within(printable(costs.read_as), 2)), [panels])
    for each, (name, text) in zip(axes, shown, strict=True):
        _draw_bars(each, rows, name, text)
    return figure


def _draw_bars(axes: Axes, rows: Sequence[Cost], name: str, text: str) -> None:
    ratios = [row.ratio(name) for row in rows]
    largest = max(ratio for ratio in ratios if ratio)
    axes.set_xscale("log")
    axes.set_xlim(BASE, BASE * max(10.0, largest / BASE) ** (1 / LONGEST))
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.yaxis.set_major_locator(FixedLocator(range(len(rows))))
    axes.set_yticklabels([])
    axes.axvline(1, color="#000000", linewidth=1.0)
    head(axes, text)
    for k, (row, ratio) in enumerate(zip(rows, ratios, strict=True)):
        start, told = (BASE, "—") if ratio is None else (max(ratio, BASE), number_text(ratio))
        axes.barh(k, start - BASE, left=BASE, height=0.62, color=LOOKS[row.way][0], zorder=2)
        axes.annotate(f"{told}  {row.way}", (start, k), (4, 0), textcoords="offset points", va="center", fontsize=9, bbox=PAPER)
    _plain_ticks(axes.xaxis)


# A family


def draw_swell(swell: Swell) -> Figure:
    """Operations and seconds against n, both axes logarithmic, a line for each way."""
    title = Title([*within(printable(swell.read_as), 1)], below=list(_stops(swell)))
    handles = [_handle(each) for each in swell.ways if each.steps]
    stops = [each for each in swell.ways if each.stop is not None]
    if stops:
        handles.append(Line2D([], [], marker="x", color="#000000", linestyle="none", markersize=8, markeredgewidth=2, label="given up"))
    rows = rows_of(len(handles), LEGEND_COLUMNS)
    figure, (left, right) = figure_with(title, [[Panel(end=0.5, rows=rows), Panel(start=0.5, rows=rows)]])
    head(left, "operations")
    head(right, "seconds to differentiate and to trace")
    _draw_lines(left, swell, lambda step: step.operations)
    _draw_lines(right, swell, lambda step: step.seconds)
    left.set_xlabel(swell.index)
    right.set_xlabel(swell.index)
    _legend_below(figure, left, handles)
    return figure


def _legend_below(figure: Figure, axes: Axes, handles: Sequence[Line2D]) -> None:
    """One legend for both panels, under their middle."""
    legend(axes, handles, LEGEND_COLUMNS)
    found = axes.get_legend()
    if found is not None:
        box = axes.get_position()
        below = box.y0 - 0.55 / figure.get_figheight()
        found.set_bbox_to_anchor((0.5, below), transform=figure.transFigure)


def _handle(each: Swelling) -> Line2D:
    color, marker = LOOKS[each.way]
    return Line2D([], [], color=color, marker=marker, markersize=5, linewidth=1.3, label=str(each.way))


def _draw_lines(axes: Axes, swell: Swell, value: Value) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    for each in swell.ways:
        points = [(n, value(step)) for n, step in each.steps.items() if value(step) > 0]
        if not points:
            continue
        color, marker = LOOKS[each.way]
        style: dict[str, Any] = {"color": color, "marker": marker, "markersize": 4, "linewidth": 1.3, "zorder": 3}
        axes.plot(*zip(*points, strict=True), **style)
        if each.stop is not None:
            n, last = points[-1]
            axes.plot([n], [last], marker="x", color=color, markersize=11, markeredgewidth=2.2, zorder=4)
    lower, upper = min(swell.numbers), max(swell.numbers)
    margin = (upper / lower) ** 0.04 if upper > lower else 1.5
    axes.set_xlim(lower / margin, upper * margin)
    _plain_ticks(axes.xaxis)
    if len(swell.numbers) <= TICKED:
        axes.xaxis.set_major_locator(FixedLocator(_apart(swell.numbers)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(LogLocator(numticks=9))
    axes.yaxis.set_minor_locator(NullLocator())


def _apart(numbers: Sequence[int]) -> list[int]:
    """Those of some numbers whose names do not run into each other on a logarithmic axis; the first is one of them."""
    least = (numbers[-1] / numbers[0]) ** APART
    found = list(numbers[:1])
    for n in numbers[1:]:
        if n >= found[-1] * least:
            found.append(n)
    return found


def _plain_ticks(axis: Any) -> None:
    """1, 2, 5, 10, … as they are said, as many as there is room for."""
    lower, upper = axis.get_view_interval()
    subs = (1.0, 2.0, 5.0) if upper / lower < 300 else (1.0,)
    axis.set_major_locator(LogLocator(subs=subs, numticks=12))
    axis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def _stops(swell: Swell) -> Sequence[str]:
    """Where ways were given up, and why; those that were for the same reason together."""
    by_reason: dict[tuple[int, str], list[str]] = {}
    for each in swell.ways:
        if each.stop is not None:
            by_reason.setdefault((each.stop.n, each.stop.reason), []).append(str(each.way))
    found = (f"{', '.join(ways)}: given up at {swell.index} = {n:,}, {reason}" for (n, reason), ways in by_reason.items())
    return [line for text in found for line in within(printable(text), 2)]
