"""A picture of a check: the curve with its tangents, and how well they approximate it. Figures and Agg only, never pyplot.

The same check gives the same bytes in every run: no date, no version, no random identifiers, no settings of the user's.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from textwrap import wrap

import matplotlib
import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from diffcheck.errors import InputError
from diffcheck.graph.text import Infix, statements
from diffcheck.judgement.check import Check
from diffcheck.judgement.points import Columns
from diffcheck.printable import printable, quoted
from diffcheck.results import Sample
from diffcheck.views.output import opened
from diffcheck.views.plot_curve import Floats, Section, section_of, trace
from diffcheck.views.plot_error import draw_errors, measure
from diffcheck.views.plot_tangents import draw_curve, draw_tangents, number, short

# what each format would write about time and program, left out
METADATA: dict[str, dict[str, str | None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
SETTINGS = {"svg.hashsalt": "diffcheck", "svg.fonttype": "path", "pdf.fonttype": 42, "path.simplify": False}
_ALONE = threading.RLock()
SIZE_INCHES = (11.5, 5.6)
DOTS_PER_INCH = 120
SAMPLES = 100  # points of the curve
MAX_SAMPLES = 10_000
DETAILED = 4  # points that get tangents, texts and a series of their own; of more, this many spread evenly
TITLE_WIDTH = 100  # characters
TITLE_LINES = 2


def plot(
    check: Check,
    points: Columns,
    wrt: str,
    *,
    path: Path,
    lower: float | None = None,
    upper: float | None = None,
    samples: int = SAMPLES,
) -> tuple[Sample, ...]:
    """Draw f along `wrt` on [lower, upper], with its tangents at the points, to a .png, .svg or .pdf file.

    Where an end of the range is None, it is chosen around the points. Returns the samples of the points with respect to
    `wrt`. Raises InputError for what cannot be drawn, UnsupportedError where JAX lacks a function, OutputError where the
    file cannot be written.
    """
    suffix = suffix_of(path)
    _require(check, points, wrt)
    with opened(path) as stream:
        grid = grid_around(points[wrt].astype(float), lower, upper, samples)
        found = _samples(check, points, wrt)
        stream.buffer.write(render(check, found, grid, suffix))
    return found


def picture(check: Check, points: Columns, wrt: str) -> bytes:
    """The PNG that `plot` draws where nothing is said of the range."""
    _require(check, points, wrt)
    return render(check, _samples(check, points, wrt), grid_around(points[wrt].astype(float), None, None, SAMPLES), "png")


def _samples(check: Check, points: Columns, wrt: str) -> tuple[Sample, ...]:
    return tuple(sample for sample in check.samples(points) if sample.wrt == wrt and sample.order == 1)


def suffix_of(path: Path) -> str:
    """The format that the name of a file asks for; raises InputError."""
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in METADATA:
        known = ", ".join(f".{name}" for name in METADATA)
        raise InputError(f"{quoted(str(path))} does not end like the name of a picture", f"Pictures are {known}.")
    return suffix


def _require(check: Check, points: Columns, wrt: str) -> None:
    if (wrt,) not in check.wrt:
        raise InputError(
            f"no derivative with respect to {quoted(wrt)} is checked", f"Those that are: {', '.join(map(' '.join, check.wrt))}."
        )
    if not len(points[wrt]) or not np.isfinite(points[wrt]).all():
        raise InputError("there is no point to draw", "Give at least one, all of them finite numbers.")
    for name in check.problem.variables:
        if name != wrt and len(np.unique(points[name])) > 1:
            raise InputError(
                f"the points differ in {name}, but a picture shows one curve, along {wrt}",
                f"Give every point the same {name}, or draw them one by one.",
            )


def grid_around(places: Floats, lower: float | None, upper: float | None, samples: int) -> Floats:
    """Equidistant points; by default the range goes beyond the places by a quarter of their distance, at least 3, on both sides."""
    if not 2 <= samples <= MAX_SAMPLES:
        raise InputError(f"{samples} is not a number of points that a curve can have", f"It may have 2 to {MAX_SAMPLES:,}.")
    width = max(3.0, 0.25 * float(np.ptp(places)), 1.5 * float(abs(places).max()) if len(places) == 1 else 0.0)
    low = float(places.min()) - width if lower is None else float(lower)
    high = float(places.max()) + width if upper is None else float(upper)
    if not (low < high and math.isfinite(high - low)):
        fix = "Give two numbers, the lower one first: --range -4,4."
        raise InputError(f"the range from {number(low)} to {number(high)} is empty or not finite", fix)
    outside = [place for place in places if not low <= place <= high]
    if outside:
        shown = f"from {number(low)} to {number(high)}"
        raise InputError(f"the point {number(outside[0])} lies outside the range {shown}", "Widen the range.")
    return np.linspace(low, high, samples)


def render(check: Check, samples: Sequence[Sample], grid: Floats, suffix: str) -> bytes:
    """The bytes of the picture of these samples (at least one), all with respect to one variable."""
    return encoded(lambda: draw(check, samples, grid), suffix)


def encoded(drawn: Callable[[], Figure], suffix: str) -> bytes:
    """The bytes of a figure that is drawn with the settings of diffcheck."""
    with _own_settings():
        file = BytesIO()
        drawn().savefig(file, format=suffix, metadata=METADATA[suffix])
    return file.getvalue()


@contextmanager
def _own_settings() -> Iterator[None]:
    """matplotlib's settings are those of all threads: the user's are put aside, by one thread at a time, and left as found."""
    with _ALONE, matplotlib.rc_context():
        style.use(["default", SETTINGS])
        yield


@dataclass(frozen=True, slots=True)
class Subject:
    """What a picture shows: f along a variable, its name, and the lines above."""

    section: Section
    name: str
    title: str


def draw(check: Check, samples: Sequence[Sample], grid: Floats) -> Figure:
    """The figure of samples of an expression, all with respect to one variable."""
    section = section_of(check, samples[0].point, samples[0].wrt)
    return figure_of(Subject(section, short(_name(check)), title(check, section.held)), samples, grid)


def figure_of(subject: Subject, samples: Sequence[Sample], grid: Floats) -> Figure:
    """The figure of these samples: on the left the curve and its tangents, on the right what they leave over."""
    section, name = subject.section, subject.name
    detailed = [samples[i] for i in np.unique(np.linspace(0, len(samples) - 1, DETAILED).round().astype(int))]
    curve = trace(section, grid, np.array([sample.point[section.wrt] for sample in detailed]))
    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout=ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.06))
    canvas = FigureCanvasAgg(figure)
    figure.suptitle(subject.title, family="monospace", fontsize=11, parse_math=False)
    left, right = figure.subplots(1, 2)
    left.set_title(_subtitle(samples, detailed), fontsize=10)
    right.set_title(f"{name}(x*+δ) ≈ {name}(x*) + {name}′(x*)·δ: what is left over", fontsize=10)
    draw_curve(left, curve, samples, name, detailed)
    draw_errors(right, [measure(section, sample) for sample in detailed], name)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # the texts beside the lines are placed in pixels
    left_out = draw_tangents(left, canvas.get_renderer(), curve, samples, detailed)
    if left_out:
        left.set_xlabel(f"{left.get_xlabel()}   ({left_out} slopes not written, for lack of room)")
    return figure


def _name(check: Check) -> str:
    return check.problem.target.name or "f"


def title(check: Check, held: Mapping[str, float]) -> str:
    """The expression as it was read, in at most two lines; then, where there are any, the values of the other variables."""
    target = check.problem.target
    parts = []
    for line in statements(target, Infix()):
        name = _name(check) if line.left.startswith("(") else ""  # an expression without a name
        parts.append(f"{name}{line.left} = {line.body}")
    return "\n".join([*within("; ".join(parts), TITLE_LINES), *held_line(held)])


def held_line(held: Mapping[str, float]) -> list[str]:
    """The values of the other variables, the first ones of very many; nothing where there are none."""
    others = ", ".join(f"{name} = {number(value)}" for name, value in islice(held.items(), TITLE_WIDTH))
    return within(f"with {others}", 1) if others else []


def within(text: str, count: int) -> list[str]:
    """The text in at most so many lines, shortened where it does not fit."""
    lines = wrap(printable(text), TITLE_WIDTH)
    return lines if len(lines) <= count else [*lines[: count - 1], f"{lines[count - 1][: TITLE_WIDTH - 2]} …"]


def _subtitle(samples: Sequence[Sample], detailed: Sequence[Sample]) -> str:
    wrt = short(samples[0].wrt)
    if len(samples) == len(detailed):
        return f"Tangent{'s' if len(samples) > 1 else ''} at {wrt} = {', '.join(number(sample.point[sample.wrt]) for sample in samples)}"
    return f"{len(samples):,} points, tangents at {len(detailed)} of them"
