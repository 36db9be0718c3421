"""A trace as a picture: its graph in layers, inputs above, a box for each row with its value, tangents and adjoint.

grandalf lays it out (Sugiyama's method: layers, few crossings, straight edges); matplotlib draws it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from diffcheck.errors import InputError
from diffcheck.pictures.layout import encoded
from diffcheck.printable import shortened
from diffcheck.views.traces.graphs import box, edges
from diffcheck.views.traces.tables import TraceOptions
from diffcheck.workings import Pass, Row, RowKind, TraceRecord

MOST_BOXES = 150
LETTER, LINE, PAD = 0.085, 0.185, 0.09  # inches: of a box's text
ACROSS, DOWN, MARGIN = 0.45, 0.65, 0.3  # between boxes, between layers, around all of them
HEAD, NARROWEST = 0.55, 5.0
ABOVE = 0.17  # inches: where the label of an arrow stands, above its end
SIDE = 0.35  # of a box's width: how far from its middle an arrow begins and ends
LONGEST = 30  # letters of a line in a box
ROUNDS = 12  # of ordering the layers
FILLS = {RowKind.INPUT: "#E8F1FA", RowKind.OPERATION: "#FFFFFF", RowKind.CONDITION: "#F3EEF8"}
LOSES, EDGE, LABEL, ADJOINT = "#FCE3CF", "#555555", "#0072B2", "#8A3B00"


@dataclass(eq=False)
class _Box:
    """A row as grandalf sees it: a size, and the place that it gets."""

    row: Row
    lines: list[str]
    xy: tuple[float, float] = (0.0, 0.0)
    w: float = field(init=False)
    h: float = field(init=False)

    def __post_init__(self) -> None:
        self.w = max(map(len, self.lines)) * LETTER + 2 * PAD
        self.h = len(self.lines) * LINE + 2 * PAD


def picture(trace: TraceRecord, options: TraceOptions, suffix: str) -> bytes:
    """The picture of a trace, as png, svg or pdf. Raises InputError for a graph that is too large, and without grandalf."""
    rows = (*trace.rows, *trace.pullback, *trace.pushforward)
    if len(rows) > MOST_BOXES:
        fix = "Write --format dot and give it to Graphviz, or trace a part of it."
        raise InputError(f"a graph of {len(rows):,} rows is too large to be looked at: at most {MOST_BOXES}", fix)
    boxes = {row.name: _Box(row, [shortened(line, LONGEST) for line in box(row, trace, options)]) for row in rows}
    lines = list(edges(trace))
    paths = _placed(boxes, [(start, end) for start, end, _ in lines])
    return encoded(lambda: _figure(trace, options, boxes, lines, paths), suffix)


Path = Sequence[tuple[float, float]]


def _placed(boxes: Mapping[str, _Box], arrows: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Path]:
    """Give each box its place, the parts of the graph side by side; the points that each arrow passes."""
    try:
        from grandalf.graphs import Edge, Graph, Vertex
        from grandalf.layouts import SugiyamaLayout
        from grandalf.routing import EdgeViewer
    except ImportError as error:
        fix = "Write pip install grandalf, or install diffcheck-ad[graphs]."
        raise InputError("drawing a graph needs grandalf, which is not installed", fix) from error
    vertices = {name: Vertex(name) for name in boxes}
    for name, vertex in vertices.items():
        vertex.view = boxes[name]
    made = [Edge(vertices[start], vertices[end]) for start, end in arrows]
    for edge in made:
        edge.view = EdgeViewer()
    left, paths = 0.0, dict[tuple[str, str], Path]()
    for part in Graph(list(vertices.values()), made).C:
        layout = SugiyamaLayout(part)
        layout.xspace, layout.yspace, layout.route_edge = ACROSS, DOWN, lambda edge, points: None
        layout.init_all(roots=[vertex for vertex in part.sV if not vertex.e_in()])
        layout.draw(ROUNDS)
        inside = [vertex.view for vertex in part.sV]
        shift = left - min(each.xy[0] - each.w / 2 for each in inside)
        top = min(each.xy[1] - each.h / 2 for each in inside)
        for each in inside:
            each.xy = each.xy[0] + shift, each.xy[1] - top
        for edge in part.sE:
            start, end = (vertex.data for vertex in edge.v)
            paths[start, end] = _ended([(x + shift, y - top) for x, y in edge.view._pts], boxes[start], boxes[end])
        left = max(each.xy[0] + each.w / 2 for each in inside) + ACROSS
    return paths


def _ended(points: Path, start: _Box, end: _Box) -> Path:
    """A path from centre to centre as one from the lower edge of a box to the upper edge of another."""

    def side(box: _Box, towards: float) -> float:
        return box.xy[0] + max(-SIDE, min(SIDE, (towards - box.xy[0]) / (box.w + ACROSS))) * box.w

    between = points[1:-1]
    first = (between[0] if between else end.xy)[0]
    last = (between[-1] if between else start.xy)[0]
    return [(side(start, first), start.xy[1] + start.h / 2), *between, (side(end, last), end.xy[1] - end.h / 2)]


def _figure(
    trace: TraceRecord,
    options: TraceOptions,
    boxes: Mapping[str, _Box],
    lines: Sequence[tuple[str, str, str]],
    paths: Mapping[tuple[str, str], Path],
) -> Figure:
    width = max(NARROWEST, max(each.xy[0] + each.w / 2 for each in boxes.values()) + 2 * MARGIN)
    height = max(each.xy[1] + each.h / 2 for each in boxes.values()) + 2 * MARGIN + HEAD
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(-MARGIN, width - MARGIN)
    axes.set_ylim(height - HEAD - MARGIN, -HEAD - MARGIN)
    axes.axis("off")
    room = int((width - 2 * MARGIN) / LETTER)
    point = ", ".join(f"{name} = {value:g}" for name, value in trace.point.items())
    for k, line in enumerate((trace.read_as, f"at {point}")):
        axes.text(0, -HEAD - MARGIN / 3 + k * LINE * 1.2, shortened(line, room), fontsize=9, family="monospace", va="top", parse_math=False)
    for start, end, label in lines:
        _draw_arrow(axes, paths[start, end], label)
    for each in boxes.values():
        _draw_box(axes, trace, options, each)
    return figure


def _draw_arrow(axes: Axes, path: Path, label: str) -> None:
    xs, ys = zip(*path, strict=True)
    axes.plot(xs[:-1] if len(xs) > 2 else [], ys[:-1] if len(xs) > 2 else [], color=EDGE, linewidth=0.9, zorder=1)
    arrow: dict[str, Any] = {"arrowstyle": "-|>", "color": EDGE, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", xy=path[-1], xytext=path[-2], arrowprops=arrow, zorder=1)
    if label:
        (x, y), (x2, y2) = path[-2], path[-1]
        part = min(0.5, ABOVE / abs(y2 - y))
        place = x2 - part * (x2 - x), y2 - part * (y2 - y)
        room: dict[str, Any] = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        axes.text(*place, label, fontsize=7, color=LABEL, ha="center", va="center", bbox=room, zorder=3, parse_math=False)


def _draw_box(axes: Axes, trace: TraceRecord, options: TraceOptions, each: _Box) -> None:
    row, (x, y) = each.row, each.xy
    loses = any(trace.is_heaviest(row, direction) for direction in options.passes)
    style = "round,pad=0,rounding_size=0.12" if row.kind is RowKind.INPUT else "square,pad=0"
    edge: dict[str, Any] = {"linewidth": 2.2 if row.is_saved else 0.9, "linestyle": "--" if row.note else "-", "edgecolor": "black"}
    corner = x - each.w / 2, y - each.h / 2
    axes.add_patch(FancyBboxPatch(corner, each.w, each.h, boxstyle=style, facecolor=LOSES if loses else FILLS[row.kind], zorder=2, **edge))
    for k, line in enumerate(each.lines):
        color = "black" if k < 2 else ADJOINT if line.startswith("adjoint") and Pass.REVERSE in options.passes else LABEL
        style_of: dict[str, Any] = {"family": "monospace", "fontsize": 8, "weight": "bold" if k == 0 else "normal", "color": color}
        place = corner[0] + PAD, corner[1] + PAD + (k + 0.5) * LINE
        axes.text(*place, line, va="center", zorder=4, parse_math=False, **style_of)
