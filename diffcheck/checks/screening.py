"""What is looked at where there is too much: an even sample, and the entries of which the values that are given differ most."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.symmetry import mirror
from diffcheck.engines.derivation import Columns, Derivation, Found, Wanted
from diffcheck.errors import UnsupportedError
from diffcheck.registry import CLAIM

MANY = 400  # derivatives: of more, some are judged, unless all are asked for
JUDGED = 100
SUSPECTS = 17  # by each of three measures, so that half are left to the even sample; as many for the claims
SMALL = 1e-6  # of the largest entry: a smaller one may be all rounding
SCREENED = 2_000_000  # values of one mode, for all entries at points that are spread evenly


@dataclass(frozen=True, slots=True)
class Screening:
    """All entries of the Jacobian against the derivative of the undecorated function, in floats."""

    entries: int
    judged: int
    largest: float  # relative deviation
    where: str


def evenly(total: int, count: int) -> list[int]:
    """At most `count` of the numbers 0, 1, … below `total`, evenly spread, with both ends."""
    chosen: list[int] = np.unique(np.linspace(0, total - 1, min(total, count)).round().astype(int)).tolist()
    return chosen


def deviations(given: NDArray[Any], plain: NDArray[Any]) -> NDArray[Any]:
    """|given - plain| relative to each entry, and for very small ones to the largest; NaN counts as infinite."""
    with np.errstate(all="ignore"):
        scale = np.maximum(abs(plain), SMALL * np.nanmax(np.where(np.isfinite(plain), abs(plain), 0.0)))
        found = abs(given - plain) / np.where(scale > 0, scale, 1.0)
    same = (given == plain) | (np.isnan(given) & np.isnan(plain))
    return np.where(same, 0.0, np.where(np.isfinite(found), found, np.inf))


# Of very many derivatives


@dataclass(frozen=True, slots=True)
class Choice:
    """The derivatives that are judged, and in words how they were chosen; "" if they are all."""

    wanted: Sequence[Wanted]
    words: str = ""


def even_choice(every: Sequence[Wanted], named: Collection[Wanted] = ()) -> Choice:
    """An even sample, and those that are `named`."""
    found = [every[k] for k in sorted({*_places(every, named), *evenly(len(every), JUDGED)})]
    return Choice(found, f"of {len(every):,} derivatives an even sample of {len(found)} is judged")


def _places(every: Sequence[Wanted], named: Collection[Wanted]) -> Iterator[int]:
    return (k for k, each in enumerate(every) if each in named)


def few_points(columns: Columns, entries: int) -> Columns:
    """Points at which that many entries are screened: all, or an even sample."""
    total = len(next(iter(columns.values())))
    places = evenly(total, max(1, SCREENED // entries))
    return columns if len(places) == total else {name: column[places] for name, column in columns.items()}


def worst_choice(every: Sequence[Wanted], found: Mapping[Wanted, Mapping[Derivation, Found]], named: Collection[Wanted] = ()) -> Choice:
    """Those of which the values that are given differ most, those that are `named`, and an even sample.

    `found` has the values at some points of JAX's modes and of claims, for the mirrors of mixed second derivatives too.
    """
    by_jax, with_claims = ([_known(each, found, claims) for each in every] for claims in (False, True))
    if not any(by_jax):
        return even_choice(every, named)
    suspects = set(_suspects(by_jax, with_claims))
    even = evenly(len(every), max(JUDGED // 2, JUDGED - len(suspects)))
    chosen = [every[k] for k in sorted({*suspects, *_places(every, named), *even})]
    who = "JAX's modes and the claims" if any(len(a) < len(b) for a, b in zip(by_jax, with_claims, strict=True)) else "JAX's modes"
    how = f"those on which {who} differ most and an even sample" if suspects else f"an even sample: {who} agree on all of them"
    return Choice(chosen, f"of {len(every):,} derivatives {len(chosen)} are judged, {how}")


def _known(wanted: Wanted, found: Mapping[Wanted, Mapping[Derivation, Found]], claims: bool) -> list[NDArray[Any]]:
    """The values of an entry and of its mirror."""
    output, names = wanted
    given = [*found.get(wanted, {}).items(), *found.get((output, mirror(names) or ()), {}).items()]
    return [value for by, value in given if not isinstance(value, UnsupportedError) and (claims or by.engine is not CLAIM)]


def _suspects(by_jax: Sequence[Sequence[NDArray[Any]]], with_claims: Sequence[Sequence[NDArray[Any]]]) -> Iterator[int]:
    """The places that are worst by some measure: of JAX's modes, and of what claims add to it."""
    for spread, wider in zip(_spreads(by_jax), _spreads(with_claims), strict=True):
        with np.errstate(invalid="ignore"):
            added = np.nan_to_num(wider - spread, nan=0.0, posinf=np.inf)
        for measure in (spread, added):
            yield from (k for k in np.argsort(-measure, kind="stable")[:SUSPECTS].tolist() if measure[k] > 0)


def _spreads(ways: Sequence[Sequence[NDArray[Any]]]) -> Iterator[NDArray[Any]]:
    """How far the values of each entry are from each other, at the worst point: relative to the entry, and relative to the largest
    entry where that is much larger; and whether any is not finite."""
    values = _as_one(ways)
    is_finite = np.isfinite(values)
    with np.errstate(all="ignore"):
        spread, size = values.max(axis=1) - values.min(axis=1), abs(values).max(axis=1)
        largest = np.where(is_finite, abs(values), 0.0).max(axis=(0, 1))
        same = ((values == values[:, :1]) | (np.isnan(values) & np.isnan(values[:, :1]))).all(axis=1)
        for scale in (size, np.maximum(size, SMALL * largest)):
            yield np.where(same, 0.0, np.nan_to_num(spread / scale, nan=np.inf)).max(axis=1)
    yield 1.0 - is_finite.all(axis=(1, 2))


def _as_one(ways: Sequence[Sequence[NDArray[Any]]]) -> NDArray[Any]:
    """[entry, way, point]; where an entry has fewer ways than others, the first stands again."""
    nothing = np.zeros_like(next(way for each in ways for way in each), np.float64)
    most = max(map(len, ways))
    return np.array([[*each, *[each[0] if each else nothing] * (most - len(each))] for each in ways], np.float64)
