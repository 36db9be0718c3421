"""A check of a whole interval: f is proved smooth or not, piece by piece; the errors of the derivatives are sampled."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from diffcheck.engines.certified import pieces
from diffcheck.engines.certified.status.floats import at_ordinal, ordinal
from diffcheck.engines.derivation import Columns
from diffcheck.errors import InputError
from diffcheck.formats import Format
from diffcheck.graph.graph import Graph
from diffcheck.results import Finding, Header, IntervalReport, Piece, Sample, Status, Tally

SAMPLES = 1000
MAX_SAMPLES = 5000  # with those next to special places they are still all certified

Floats = NDArray[np.float64]


class OnALine(Protocol):
    """A subject that is a function of one number: what it is, and its derivatives at any points."""

    @property
    def format(self) -> Format: ...

    @property
    def header(self) -> Header: ...

    @property
    def line(self) -> tuple[str, Graph]:
        """The variable, and the function as a graph of it; raises InputError where there are several variables."""

    def samples(self, columns: Columns) -> Iterator[Sample]: ...


def check_interval(check: OnALine, lower: float, upper: float, samples: int = SAMPLES) -> IntervalReport:
    """What is proved of f on [lower, upper], and the worst that each derivative under test gives at the points sampled.

    Half of the samples are equidistant, half have equally many floats between them, so that small numbers have their share.
    Raises InputError where the function has several variables, the interval is empty, or the number of samples is out of range.
    """
    _require_count(samples)
    variable, _ = check.line
    found = proved(check, lower, upper)
    spread = (*equidistant(lower, upper, (samples + 1) // 2), *_evenly_among_floats(lower, upper, samples // 2))
    points = sample_points(found, check.format, spread)
    tally, worst = Tally(), _Worst()
    for sample in check.samples({variable: points}):
        tally.add(sample)
        worst.add(sample)
    return IntervalReport(check.header, variable, lower, upper, found, len(points), tally, tuple(worst.findings()))


def samples_across(check: OnALine, found: Sequence[Piece], count: int) -> Iterator[Sample]:
    """The samples at equidistant points, for a picture of the errors."""
    _require_count(count)
    spread = equidistant(found[0].lower, found[-1].upper, count)
    variable, _ = check.line
    return check.samples({variable: sample_points(found, check.format, spread)})


def _require_count(samples: int) -> None:
    if not 2 <= samples <= MAX_SAMPLES:
        raise InputError(f"{samples} is not a number of samples", f"An interval may have 2 to {MAX_SAMPLES:,}.")


def proved(check: OnALine, lower: float, upper: float) -> tuple[Piece, ...]:
    """The interval in pieces; raises InputError."""
    variable, graph = check.line
    if not (lower < upper and math.isfinite(lower) and math.isfinite(upper)):
        fix = f"Give two numbers, the lower one first: {f'{upper:g},{lower:g}' if upper < lower else '-4,4'}."
        raise InputError(f"the interval from {lower:g} to {upper:g} is empty or not finite", fix)
    return pieces(graph, variable, lower, upper)


def sample_points(found: Sequence[Piece], fmt: Format, spread: Iterable[float]) -> Floats:
    """Numbers of the format, ascending: those given, and those next to the ends and the point of every piece that is not smooth.

    Subnormal numbers are moved out: XLA reads them as zero.
    """
    lower, upper = found[0].lower, found[-1].upper
    special = np.array([x for piece in found if piece.status is not Status.SMOOTH for x in _telling(piece)], fmt.name)
    beside = (np.nextafter(special, special.dtype.type(end)) for end in (-math.inf, math.inf))
    points = np.concatenate([np.array(list(spread), fmt.name), special, *beside]).astype(float)
    tiny = (points != 0) & (abs(points) < fmt.smallest_normal)
    points[tiny] = np.copysign(fmt.smallest_normal, points[tiny])
    return np.unique(points[(points >= lower) & (points <= upper)] + 0.0).astype(fmt.name)


def equidistant(lower: float, upper: float, count: int) -> Floats:
    """So many numbers with both ends, also where the length of the interval is beyond all floats."""
    return np.linspace(lower / 2, upper / 2, count) * 2


def _evenly_among_floats(lower: float, upper: float, count: int) -> Iterator[float]:
    first, last = ordinal(lower), ordinal(upper)
    return (at_ordinal(first + (last - first) * k // max(1, count - 1)) for k in range(count))


def _telling(piece: Piece) -> tuple[float, ...]:
    return (piece.lower, piece.upper) if piece.point is None else (piece.lower, piece.point, piece.upper)


@dataclass(slots=True)
class _Worst:
    """For every derivative under test: its most remarkable values in three respects, kept while samples pass by."""

    _found: dict[object, list[Finding]] = field(default_factory=dict)

    def add(self, sample: Sample) -> None:
        for result in sample.results:
            finding = Finding(sample, result)
            kept = self._found.setdefault((sample.wrt, sample.order, result.engine, result.mode), [finding] * len(_RESPECTS))
            kept[:] = [max(old, finding, key=respect) for old, respect in zip(kept, _RESPECTS, strict=True)]

    def findings(self) -> Iterator[Finding]:
        """The largest errors; each followed by a graver verdict, and by the gravest without an error in ulps, where there are such."""
        for largest, gravest, unmeasured in self._found.values():
            yield largest
            if _severity(gravest) > _severity(largest):
                yield gravest
            if unmeasured not in (largest, gravest) and unmeasured.result.ulps is None and _severity(unmeasured):
                yield unmeasured


def _severity(finding: Finding) -> int:
    return finding.result.outcome.severity


def _error(finding: Finding) -> float:
    return -1.0 if finding.result.ulps is None else finding.result.ulps


_RESPECTS: tuple[Callable[[Finding], tuple[float, float]], ...] = (
    lambda finding: (_error(finding), _severity(finding)),
    lambda finding: (_severity(finding), _error(finding)),
    lambda finding: (finding.result.ulps is None, _severity(finding)),
)
