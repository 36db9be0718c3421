"""A small picture of f at a point, for a page of many: the curve, a line for every slope that is claimed. An SVG in plain text.

Importing Matplotlib takes longer than checking ten cases, and drawing with it longer than checking five: `diffcheck plot` does that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.expression import Check
from diffcheck.engines.jax.program import PADDED_LENGTHS, Program
from diffcheck.errors import UnsupportedError
from diffcheck.printable import shown

Floats = NDArray[np.float64]

WIDTH, HEIGHT, EDGE, LINE = 640, 340, 24, 18  # of the picture, around it, and of a line of the legend below it
INSIDE = f"{EDGE} {EDGE} {WIDTH - 2 * EDGE} {HEIGHT - 2 * EDGE}"  # lines end at the frame
TANGENT = 130  # half of its length
RUNS, LENGTH = 3, PADDED_LENGTHS[0]  # so many points at once the operations were compiled for when the case was checked
BREAK = 2.5  # a step that exceeds its neighbours so many times, and a tenth of the height, is a jump or a pole
QUANTILES, BEYOND = (0.05, 0.95), 0.5  # of the values, and how far the picture goes beyond them, in their distance
COLORS = ("#009e73", "#d55e00", "#0072b2", "#cc79a7", "#e69f00")  # Okabe and Ito's, which everybody can tell apart
STYLE = """
  svg { color-scheme: light dark; color: #222; font: 13px system-ui, sans-serif; }
  @media (prefers-color-scheme: dark) { svg { color: #ddd; } }
  text { fill: currentColor; } .curve { stroke: currentColor; } path, line, rect { fill: none; }
"""


def sketch(check: Check, point: Mapping[str, float], wrt: str, slopes: Mapping[str, float], proved: float | None = None) -> str:
    """The curve along `wrt` through the point, and a line of each slope by its name; `proved` is the value of f there."""
    x = point[wrt]
    reach = max(3.0, 1.5 * abs(x))
    across = np.sort(np.append(np.linspace(x - reach, x + reach, RUNS * LENGTH - 1), x))
    values = _values(check, {**point, wrt: across}, len(across))
    height = float(values[np.searchsorted(across, x)]) if proved is None else proved
    frame = _Frame(x - reach, x + reach, *_heights(np.append(values, height)))
    parts = [
        f'<rect x="{EDGE}" y="{EDGE}" width="{WIDTH - 2 * EDGE}" height="{HEIGHT - 2 * EDGE}" stroke="#8888"/>',
        *_curve(across, values, frame),
        f'<svg x="{EDGE}" y="{EDGE}" width="{WIDTH - 2 * EDGE}" height="{HEIGHT - 2 * EDGE}" viewBox="{INSIDE}">',
        *_lines(x, height, slopes, frame),
        "</svg>",
        *_labels(frame, wrt, slopes),
    ]
    height_in_all = HEIGHT + LINE * min(len(slopes), len(COLORS)) + 4
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height_in_all}" width="{WIDTH}" height="{height_in_all}">'
    return "\n".join([opening, f"<style>{STYLE}</style>", *parts, "</svg>"])


def _values(check: Check, coordinates: Mapping[str, Floats | float], count: int) -> Floats:
    """f as JAX computes it; NaN where it is not finite. Raises UnsupportedError where JAX lacks a function."""
    problem, dtype = check.problem, check.format.name
    program = Program(problem.number.flat, problem.variables, (), {}, dtype, compiled=False, modes=())
    columns = {name: np.broadcast_to(np.asarray(coordinates[name], dtype), count) for name in problem.variables}
    parts = (program.run({name: column[i : i + LENGTH] for name, column in columns.items()}) for i in range(0, count, LENGTH))
    found = [part["primal"] for part in parts]
    arrays = [part.astype(float) for part in found if not isinstance(part, UnsupportedError)]
    if len(arrays) < len(found):
        raise UnsupportedError("JAX lacks a function")
    y = np.concatenate(arrays)
    return np.where(np.isfinite(y), y, np.nan)


def _heights(values: Floats) -> tuple[float, float]:
    """What the picture is about: of a pole it shows no more than its beginning."""
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    inner = np.quantile(values, QUANTILES)
    reach = BEYOND * float(inner[1] - inner[0]) or math.inf
    return max(float(values.min()), float(inner[0]) - reach), min(float(values.max()), float(inner[1]) + reach)


class _Frame:
    """Where numbers lie in the picture."""

    def __init__(self, left: float, right: float, low: float, high: float) -> None:
        margin = 0.08 * (high - low) or 1.0
        self.left, self.right, self.low, self.high = left, right, low - margin, high + margin

    @property
    def steepness(self) -> float:
        """Of a line of slope 1, as it is drawn."""
        return (self.right - self.left) / (self.high - self.low) * (HEIGHT - 2 * EDGE) / (WIDTH - 2 * EDGE)

    def across(self, x: Floats | float) -> Floats:
        return EDGE + (np.asarray(x) - self.left) / (self.right - self.left) * (WIDTH - 2 * EDGE)

    def down(self, y: Floats | float) -> Floats:
        """The distance from the top; what lies outside stays at the edge."""
        place = HEIGHT - EDGE - (np.asarray(y) - self.low) / (self.high - self.low) * (HEIGHT - 2 * EDGE)
        return np.clip(place, EDGE, HEIGHT - EDGE)


def _curve(x: Floats, y: Floats, frame: _Frame) -> Iterator[str]:
    """A path for every piece between gaps."""
    steps = abs(np.diff(y, prepend=np.nan, append=np.nan))
    others = np.fmax(np.roll(steps, 1), np.roll(steps, -1))
    with np.errstate(invalid="ignore"):
        broken = (steps > BREAK * others) & (steps > 0.1 * (frame.high - frame.low))
    outside = np.where(y > frame.high, 1, np.where(y < frame.low, -1, 0))
    broken[1:-1] |= outside[1:] * outside[:-1] < 0  # a pole
    pieces = np.cumsum(broken[:-1])
    places = zip(pieces, np.isfinite(y), frame.across(x), frame.down(y), strict=True)
    for (_, is_drawn), piece in groupby(places, key=lambda place: place[:2]):
        if is_drawn:
            path = " L".join(f"{across:.1f} {down:.1f}" for *_, across, down in piece)
            yield f'<path class="curve" stroke-width="2" d="M{path}"/>'


def _lines(x: float, y: float, slopes: Mapping[str, float], frame: _Frame) -> Iterator[str]:
    """A piece of each tangent, and the point."""
    if not math.isfinite(y):
        return
    across, down = float(frame.across(x)), float(frame.down(y))
    for slope, color in zip(slopes.values(), COLORS, strict=False):
        if not math.isnan(slope):
            angle = math.atan(slope * frame.steepness)
            dx, dy = TANGENT * math.cos(angle), TANGENT * math.sin(angle)
            ends = f'x1="{across - dx:.1f}" y1="{down + dy:.1f}" x2="{across + dx:.1f}" y2="{down - dy:.1f}"'
            yield f'<line {ends} stroke="{color}" stroke-width="2"/>'
    yield f'<circle cx="{across:.1f}" cy="{down:.1f}" r="4" fill="{COLORS[0]}"/>'


def _labels(frame: _Frame, wrt: str, slopes: Mapping[str, float]) -> Iterator[str]:
    """The ends of both axes, and which line is whose."""
    corners: Sequence[tuple[float, float, str, str]] = (
        (EDGE, HEIGHT - 6, "start", f"{shown(wrt)} = {frame.left:.4g}"),
        (WIDTH - EDGE, HEIGHT - 6, "end", f"{frame.right:.4g}"),
        (EDGE, EDGE - 8, "start", f"{frame.low:.4g} to {frame.high:.4g}"),
    )
    for across, down, anchor, text in corners:
        yield f'<text x="{across}" y="{down}" text-anchor="{anchor}">{escape(text)}</text>'
    for i, ((name, slope), color) in enumerate(zip(slopes.items(), COLORS, strict=False)):
        down = HEIGHT + LINE * (i + 1) - 4
        yield f'<line x1="{EDGE}" y1="{down - 4}" x2="{EDGE + 20}" y2="{down - 4}" stroke="{color}" stroke-width="2"/>'
        yield f'<text x="{EDGE + 26}" y="{down}">{escape(shown(name))}: {slope:.6g}</text>'
