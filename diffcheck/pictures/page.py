"""A picture to move a point in: one page that needs nothing else, with values that were certified at some 400 points before.

tangent.html is its form, tangent.js what moves in it: it chooses among values, subtracts them and draws, and evaluates no function.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from diffcheck.checks.expression import Check
from diffcheck.checks.points import Columns
from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import pieces
from diffcheck.errors import InputError
from diffcheck.graph.graph import GraphBuilder
from diffcheck.pictures.axis import Floats
from diffcheck.pictures.curve import INTEGERS, Curve, heights, trace
from diffcheck.pictures.figure import Options, grid_around, require
from diffcheck.pictures.section import section_of
from diffcheck.pictures.tangents import LARGEST
from diffcheck.printable import printable
from diffcheck.results import Outcome, Sample, Status, counted, leibniz
from diffcheck.views.layout import NOTHING
from diffcheck.views.numerals import MARKS, enclosure_text, number_text, ulps_text
from diffcheck.views.output import opened

POINTS = 400  # that are certified, besides those that are asked for
MOST_PLACES = 60  # special ones that are looked up between them
DRAWN = 1_500  # points of the line
DIGITS = 17


def plot_page(check: Check, points: Columns | None, wrt: str, *, path: Path, options: Options) -> tuple[Sample, ...]:
    """Write the page of f along `wrt` to an .html file. Returns the samples in it, each of them certified.

    Raises InputError for what cannot be drawn, UnsupportedError where JAX lacks a function, OutputError where the file cannot be written.
    """
    require(check, points, wrt)
    if options.taylor or options.derivative:
        raise InputError("a page has neither Taylor polynomials nor a panel of the derivative", "Leave --taylor and --derivative out.")
    with opened(path) as stream:
        asked = np.array([]) if points is None else np.unique(np.asarray(points[wrt], float))
        held = {} if points is None else {name: float(points[name][0]) for name in check.problem.variables if name != wrt}
        grid = grid_around(asked, options.lower, options.upper, options.samples)
        places = _places(check, wrt, held, grid, asked)
        columns = {name: np.full(len(places), held.get(name, 0.0), check.format.name) for name in check.problem.variables}
        columns[wrt] = places.astype(check.format.name)
        samples = tuple(sample for sample in check.samples(columns) if sample.wrt == wrt and sample.order == 1)
        curve = trace(section_of(check, held, wrt), grid, places)
        stream.write(_page(check, wrt, held, samples, curve, frozenset(asked)))
    return samples


def _places(check: Check, wrt: str, held: dict[str, float], grid: Floats, asked: Floats) -> Floats:
    """The points: those of the grid, those asked for, whole numbers, and where f is proved to be special between them."""
    whole = np.arange(math.ceil(grid[0]), math.floor(grid[-1]) + 1.0) if np.ptp(grid) <= INTEGERS else np.array([])
    special = list(_special(check, wrt, held, float(grid[0]), float(grid[-1])))
    places: Floats = np.unique(
        np.concatenate([grid, asked, whole, np.array(special[:MOST_PLACES])]).astype(check.format.name).astype(float)
    )
    finite: Floats = places[np.isfinite(places)]
    return finite


def _special(check: Check, wrt: str, held: dict[str, float], lower: float, upper: float) -> Iterator[float]:
    """Where f is proved not to be smooth, the other variables held; the floats on both sides of places that are no floats."""
    builder = GraphBuilder()
    bound = {name: builder.constant(Fraction(value)) for name, value in held.items()} | {wrt: builder.variable(wrt)}
    graph = check.problem.number.flat
    output = builder.graft(graph, {name: bound[name] for name in graph.variables})
    if wrt not in graph.variables:
        return
    for piece in pieces(builder.graph(output), wrt, lower, upper):
        if piece.point is not None and piece.status not in (Status.SMOOTH, Status.UNDECIDED):
            yield piece.point
        elif piece.status is Status.UNDECIDED:
            yield from (piece.lower, piece.upper)


def _page(check: Check, wrt: str, held: dict[str, float], samples: Sequence[Sample], curve: Curve, asked: frozenset[float]) -> str:
    name = check.problem.shown_name
    symbol = leibniz(name, wrt, 1)
    along = "".join(f", {other} = {number_text(value)}" for other, value in held.items())
    header = check.header
    heading = f"{name}: {printable(header.read_as)}"
    folder = files("diffcheck.pictures")
    return Template(folder.joinpath("tangent.html").read_text(encoding="utf-8")).substitute(
        title=escape(f"{name} and its tangents"),
        heading=escape(heading),
        label=escape(f"{heading}, along {wrt}{along}, with its tangent at the point"),
        name=escape(name),
        symbol=escape(symbol),
        variable=escape(wrt),
        definitions=_definitions(check, wrt),
        facts=escape(f"{counted(len(samples), 'point')} certified before{along}; {header.program}; "
                     + ", ".join(f"{what} {version}" for what, version in header.versions.items())),
        data=_data(wrt, samples, curve, asked),
        script=folder.joinpath("tangent.js").read_text(encoding="utf-8"),
    )  # fmt: skip


def _definitions(check: Check, wrt: str) -> str:
    """What was typed, the closed form, and the claim."""
    text = check.problem.program.text
    parts = [("as it was typed", text)]
    parts += [("the derivative, by SymPy", each.text) for each in check.header.derivatives if each.wrt == wrt and each.order == 1]
    parts += [("the claim", derivation.text) for derivation in check.derivations.get((0, (wrt,)), ()) if derivation.text]
    return "\n".join(f"<h2>{title}</h2><pre>{escape(printable(body, keep=chr(10)))}</pre>" for title, body in parts)


def _data(wrt: str, samples: Sequence[Sample], curve: Curve, asked: frozenset[float]) -> str:
    """All numbers of the page as JSON that may stand in a script element."""
    lists = _Lists()
    points = [_point(sample, lists) for sample in samples]
    for row, is_special in zip(points, _are_special(samples, asked), strict=True):
        row.append(int(is_special))
    low, high = heights(curve, np.array([row[1] for row in points if row[0] in asked and row[1] is not None]))
    low, high = (max(-LARGEST, min(LARGEST, end)) for end in (low, high))
    margin = 0.08 * (high - low) or max(1.0, abs(high))
    specials = [k for k, row in enumerate(points) if row[-1]]
    data = {
        "variable": wrt,
        "start": next((k for k in specials if samples[k].point[wrt] in asked), specials[0] if specials else len(points) // 2),
        "range": {"left": float(curve.grid_x[0]), "right": float(curve.grid_x[-1]), "low": low - margin, "high": high + margin},
        "curve": _line(curve),
        "points": points,
        "statuses": lists.statuses.names,
        "verdicts": lists.verdicts.names,
        "engines": lists.engines.names,
        "words": lists.words.names,
        "outcomes": {MARKS[outcome]: outcome.value for outcome in Outcome},
    }
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("&", "\\u0026")


class _Listed:
    """Texts that occur often, each by its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def names(self) -> list[str]:
        return list(self._numbers)

    def number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))


class _Lists:
    """All texts that occur often."""

    def __init__(self) -> None:
        self.statuses, self.verdicts, self.engines, self.words = _Listed(), _Listed(), _Listed(), _Listed()


def _point(sample: Sample, lists: _Lists) -> list[Any]:
    """One point, as tangent.js takes it apart."""
    x = sample.point[sample.wrt]
    left, right = sample.clarke or (None, None)
    slope = sample.enclosure if sample.clarke is None else None
    slopes = _text(slope) if left is None else f"{_text(left)} | {_text(right)}"
    texts = [_text(sample.value), slopes, lists.words.number(sample.status_reason)]
    results = [
        [
            lists.engines.number(result.title),
            *map(lists.words.number, (number_text(result.value), _ulps(result.ulps))),
            MARKS[result.outcome],
            lists.verdicts.number(result.verdict.value),
            lists.words.number(result.reason),
        ]
        for result in sample.results
    ]
    numbers = [_number(each) for each in (sample.value, slope, left, right)]
    return [x, *numbers, lists.statuses.number(sample.status.value), texts, results]


def _are_special(samples: Sequence[Sample], asked: frozenset[float]) -> Iterator[bool]:
    """Which points are stops for the buttons: those asked for, and the first of neighbours at which f is not smooth in the same way."""
    before = Status.SMOOTH
    for sample in samples:
        yield sample.point[sample.wrt] in asked or sample.status not in (Status.SMOOTH, before)
        before = sample.status


def _number(enclosure: Enclosure | None) -> float | None:
    value = math.nan if enclosure is None else float(enclosure)
    return value if math.isfinite(value) else None


def _text(enclosure: Enclosure | None) -> str:
    return "" if enclosure is None else enclosure_text(enclosure, DIGITS, radius=False)


def _ulps(ulps: float | None) -> str:
    return "0" if ulps is not None and ulps <= NOTHING else ulps_text(ulps)


def _line(curve: Curve) -> list[list[float | None]]:
    """The line with six digits, no more points than a screen can show; where it is broken, there is no height."""
    step = max(1, len(curve.x) // DRAWN)
    kept = [k for k in range(len(curve.x)) if k % step == 0 or not math.isfinite(curve.y[k])]
    width = float(np.ptp(curve.grid_x)) or 1.0
    digits = max(0, 5 - math.floor(math.log10(width)))
    return [[round(float(curve.x[k]), digits), float(f"{curve.y[k]:.6g}") if math.isfinite(curve.y[k]) else None] for k in kept]
