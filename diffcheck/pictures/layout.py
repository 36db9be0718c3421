"""Figures without pyplot: panels in fixed places, measured in inches, and the bytes of a file, the same in every run.

Nothing is laid out by trial: what stands around a panel has a known size, which is quicker than matplotlib's own ways by far.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from diffcheck.errors import InputError
from diffcheck.printable import quoted

# what each format would write about time and program, left out
METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
SETTINGS = {"svg.hashsalt": "diffcheck", "svg.fonttype": "path", "pdf.fonttype": 42, "path.simplify": False, "figure.dpi": 120}
# mathematics from two fonts: looking for those that are never used takes longer than drawing
SETTINGS |= {"mathtext.fontset": "custom", "mathtext.fallback": None, "mathtext.it": "DejaVu Sans:italic"}
SETTINGS |= {f"mathtext.{name}": "DejaVu Sans" for name in ("rm", "bf", "bfit", "cal", "sf", "tt")}
SESSION = ("backend", "backend_fallback", "interactive", "toolbar", "timezone", "datapath")  # of these matplotlib keeps more than a value
WIDTH = 11.5  # inches, as all that follows
LEFT, BETWEEN, RIGHT = 0.95, 1.15, 0.3
HEAD, LINE, TITLE, FOOT, ROW = 0.18, 0.25, 0.32, 0.62, 0.23  # above the title, of its lines, of a panel's, below a panel, of its legend
PANEL = 3.75  # the height of a panel
GRID: dict[str, Any] = {"color": "#dddddd", "linewidth": 0.6}
COLUMNS = 2  # of a legend
_ALONE = threading.RLock()


def suffix_of(path: Path, *others: str) -> str:
    """The format that the name of a file asks for: that of a picture, or another; raises InputError."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in (*METADATA, *others):
        known = ", ".join(f".{name}" for name in (*METADATA, *others))
        raise InputError(f"{quoted(str(path))} does not end like the name of a picture", f"Pictures are {known}.")
    return suffix


@dataclass(frozen=True, slots=True)
class Title:
    """The lines above a picture. `formula` is set as mathematics instead of the first ones, if matplotlib can, and it has room."""

    lines: Sequence[str]
    below: Sequence[str] = ()
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: the parts of the width that it takes, its height, what stands above and below it, and the rows of its legend."""

    start: float = 0.0
    end: float = 1.0
    height: float = PANEL
    above: float = TITLE
    below: float = FOOT
    rows: int = 0


def figure_with(title: Title, rows: Sequence[Sequence[Panel]]) -> tuple[Figure, list[Axes]]:
    """A figure of rows of panels, and its axes, from left to right and from top to bottom."""
    below = [row[0].below + ROW * max(panel.rows for panel in row) for row in rows]
    count = (1 if title.formula else len(title.lines)) + len(title.below)
    head = HEAD + LINE * count
    height = head + sum(row[0].above + row[0].height + foot for row, foot in zip(rows, below, strict=True))
    figure = Figure(figsize=(WIDTH, height))
    FigureCanvasAgg(figure)
    _write_title(figure, title, height)
    top, axes = height - head, list[Axes]()
    for row, foot in zip(rows, below, strict=True):
        axes += [_axes(figure, panel, top - panel.above - panel.height, height) for panel in row]
        top -= row[0].above + row[0].height + foot
    return figure, axes


def _write_title(figure: Figure, title: Title, height: float) -> None:
    """The lines; texts of users are never read as mathematics, however many dollars are in them."""
    lines = title.lines if not title.formula else [title.formula]
    for i, line in enumerate([*lines, *title.below]):
        is_math = bool(title.formula) and i == 0
        style: dict[str, Any] = {"fontsize": 12} if is_math else {"fontsize": 10, "family": "monospace"}
        y = 1 - (HEAD + LINE * (i + 0.5)) / height
        figure.text(0.5, y, line, ha="center", va="center", parse_math=is_math, **style)


def settable(formula: str) -> bool:
    """Whether matplotlib can set a formula, and a picture is wide enough for it. What it finds out is not lost: it keeps it."""
    figure = Figure(figsize=(WIDTH, 1))
    canvas = FigureCanvasAgg(figure)
    written = figure.text(0.5, 0.5, formula, ha="center", va="center", parse_math=True, fontsize=12)
    try:
        return bool(written.get_window_extent(canvas.get_renderer()).width <= (WIDTH - 2 * RIGHT) * figure.dpi)
    except ValueError:
        return False


def _axes(figure: Figure, panel: Panel, bottom: float, height: float) -> Axes:
    inner = WIDTH - LEFT - RIGHT
    middle = BETWEEN / 2 / inner  # two panels keep apart
    start, end = panel.start + middle * (panel.start > 0), panel.end - middle * (panel.end < 1)
    axes = figure.add_axes(((LEFT + start * inner) / WIDTH, bottom / height, (end - start) * inner / WIDTH, panel.height / height))
    axes.grid(**GRID)
    axes.set_axisbelow(True)
    axes.xaxis.set_label_coords(0.5, -0.27 / panel.height)
    axes.yaxis.set_label_coords(-0.72 / ((end - start) * inner), 0.5)
    return axes


def head(axes: Axes, text: str, **options: Any) -> None:
    """The title of a panel; its place is given, or matplotlib would measure all that is there."""
    axes.set_title(text, **{"fontsize": 10, "y": 1.0, "pad": 7, "parse_math": False, **options})


def legend(axes: Axes, handles: Sequence[Any], columns: int = COLUMNS) -> None:
    """The legend below a panel."""
    if handles:
        bottom = -0.55 / (axes.get_position().height * axes.get_figure().get_figheight())  # type: ignore[union-attr]
        options: dict[str, Any] = {"loc": "upper center", "borderaxespad": 0.0, "handletextpad": 0.6, "labelspacing": 0.35}
        axes.legend(handles=handles, bbox_to_anchor=(0.5, bottom), ncols=columns, frameon=False, fontsize=9, **options)


def rows_of(entries: int, columns: int = COLUMNS) -> int:
    """How many rows a legend takes."""
    return math.ceil(entries / columns)


def encoded(drawn: Callable[[], Figure], suffix: str) -> bytes:
    """The bytes of a figure that is drawn with the settings of diffcheck."""
    with _own_settings():
        figure, file = drawn(), BytesIO()
        canvas = figure.canvas
        if suffix == "png" and isinstance(canvas, FigureCanvasAgg):
            canvas.print_png(file, metadata=METADATA[suffix])  # savefig draws twice
        else:
            figure.savefig(file, format=suffix, metadata=METADATA[suffix])
    return file.getvalue()


@contextmanager
def _own_settings() -> Iterator[None]:
    """matplotlib's settings are those of all threads: the user's are put aside, by one thread at a time, and left as found."""
    usual = {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in SESSION}
    with _ALONE, matplotlib.rc_context({**usual, **SETTINGS}):
        yield
