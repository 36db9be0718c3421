"""Labels beside lines: each is put where it hides nothing, or left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DISTANCES = (9.0, 16.0, 26.0, 40.0, 58.0, 80.0)  # pixels between an anchor and the label
DIRECTIONS = 16
LEADER_FROM = 30.0  # pixels: a label further away than this gets a thin line to its anchor
CLEARANCE = 4.0  # pixels between a label and the middle of a line
NEIGHBOURHOOD = 16.0  # pixels within which another line might claim a label
SPACING = 3.0  # pixels between points of a line that a label should not hide


@dataclass(frozen=True, slots=True)
class Label:
    """A text that belongs to one of several places (data coordinates), the best one first."""

    text: str
    anchors: tuple[tuple[float, float], ...]
    color: str
    line: Floats | None = None  # the one it belongs to (n×2, data), of those given to `place`


@dataclass(frozen=True, slots=True)
class _Spot:
    anchor: tuple[float, float]
    middle: tuple[float, float]
    box: Floats  # left, bottom, right, top; pixels


def place(axes: Axes, labels: Sequence[Label], lines: Sequence[Floats], markers: Floats) -> list[str]:
    """Write the labels beside `lines` (n×2, data) and `markers` (n×2, data); the texts of those for which there was no room."""
    renderer = axes.get_figure().canvas.get_renderer()  # type: ignore[union-attr]
    to_pixels = axes.transData.transform
    frame = np.array(axes.get_window_extent(renderer).extents)
    dense = [_dense(to_pixels(line), frame) for line in lines]
    obstacles = np.concatenate(dense or [np.empty((0, 2))])
    taken = [np.concatenate([point - 8, point + 8]) for point in to_pixels(markers)] if len(markers) else []
    left_out = list[str]()
    for label in labels:
        others = [each for line, each in zip(lines, dense, strict=True) if line is not label.line]
        foreign = np.concatenate(others) if others and label.line is not None else np.empty((0, 2))
        best = _best(_size(axes, renderer, label.text), axes.transData.transform(label.anchors), frame, (obstacles, foreign), taken)
        if best is None:
            left_out.append(label.text)
            continue
        taken.append(best.box)
        _write(axes, label, best)
    return left_out


def _best(
    size: tuple[float, float], anchors: Floats, frame: Floats, points: tuple[Floats, Floats], taken: Sequence[Floats]
) -> _Spot | None:
    """The place that hides least, near no foreign line, and near before far; None where every one is outside or on another label."""
    half = np.array(size) / 2
    middles = (anchors[:, None, :] + _OFFSETS + np.sign(_OFFSETS) * abs(_DIRECTED) * half).reshape(-1, 2)
    boxes = np.concatenate([middles - half, middles + half], axis=1)
    costs = (np.arange(len(anchors))[:, None] * 4 + _FAR).ravel()
    free = (boxes[:, :2] >= frame[:2] + 2).all(axis=1) & (boxes[:, 2:] <= frame[2:] - 2).all(axis=1)
    for other in taken:
        free &= ~((boxes[:, :2] < other[2:]) & (other[:2] < boxes[:, 2:])).all(axis=1)
    if not free.any():
        return None
    obstacles, foreign = points
    costs = costs[free] + 10 * _hidden(boxes[free], obstacles, CLEARANCE) + _hidden(boxes[free], foreign, NEIGHBOURHOOD)
    k = int(np.flatnonzero(free)[costs.argmin()])
    anchor, middle = anchors[k // len(_OFFSETS)], middles[k]
    return _Spot((float(anchor[0]), float(anchor[1])), (float(middle[0]), float(middle[1])), boxes[k])


def _around() -> tuple[Floats, Floats, Floats]:
    """Directions and distances from an anchor: for each place the way in pixels, its direction, and its distance."""
    angles = 2 * math.pi * (np.arange(DIRECTIONS) + 0.5) / DIRECTIONS
    directed = np.tile(np.stack([np.cos(angles), np.sin(angles)], axis=1), (len(DISTANCES), 1))
    far = np.repeat(np.array(DISTANCES), DIRECTIONS)
    return directed * far[:, None], directed, far


_OFFSETS, _DIRECTED, _FAR = _around()


def _size(axes: Axes, renderer: Any, text: str) -> tuple[float, float]:
    probe = axes.text(0, 0, text, parse_math=False, **_FONT)
    extent = probe.get_window_extent(renderer)
    probe.remove()
    return extent.width + 6, extent.height + 6


def _write(axes: Axes, label: Label, place: _Spot) -> None:
    data = axes.transData.inverted().transform
    gap = math.dist(place.anchor, place.middle) - (place.box[2] - place.box[0]) / 2
    leader = {"arrowstyle": "-", "color": label.color, "linewidth": 0.7, "shrinkA": 2, "shrinkB": 2} if gap > LEADER_FROM else None
    written = Annotation(
        label.text,
        xy=tuple(data(place.anchor)),
        xytext=tuple(data(place.middle)),
        ha="center",
        va="center",
        color=label.color,
        arrowprops=leader,
        bbox={"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
        annotation_clip=False,
        parse_math=False,
        zorder=6,
        **_FONT,
    )
    axes.add_artist(written)
    written.set_in_layout(False)


_FONT: dict[str, Any] = {"fontsize": 9}


def _dense(line: Floats, frame: Floats) -> Floats:
    """Points every few pixels along a line, those inside the frame; the line is broken at NaN."""
    starts, ends = line[:-1], line[1:]
    whole = np.isfinite(starts).all(axis=1) & np.isfinite(ends).all(axis=1)
    low, high = frame[:2] - 2000, frame[2:] + 2000
    pieces = [np.empty((0, 2))]
    for start, end in zip(np.clip(starts[whole], low, high), np.clip(ends[whole], low, high), strict=True):
        count = 1 + int(math.dist(start, end) / SPACING)
        pieces.append(start + (end - start) * np.linspace(0, 1, count + 1)[:, None])
    points = np.concatenate(pieces)
    return points[((points >= frame[:2]) & (points <= frame[2:])).all(axis=1)]


def _hidden(boxes: Floats, points: Floats, clearance: float) -> NDArray[np.int_]:
    """How many points lie within each box, or close to it."""
    low, high = boxes[:, None, :2] - clearance, boxes[:, None, 2:] + clearance
    found: NDArray[np.int_] = ((points >= low) & (points <= high)).all(axis=2).sum(axis=1)
    return found
