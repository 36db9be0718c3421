"""Where a function is measured: seeded points of its domain, close together where errors like to be large."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.formats import Format
from diffcheck.graph.domains import Domain
from diffcheck.graph.functions import SPECIAL_FUNCTIONS, Function

Floats = NDArray[Any]
MODERATE = (-12, 8)  # binary exponents
WIDE = 0.9  # of all exponents: farther out, intermediate results overflow or are flushed to zero
HALVES = np.arange(-8, 9) / 2  # where roots, kinks, poles and seams of implementations are found
ROOTS = 16  # approached, those closest to zero
ROUNDS = 5  # of looking closer at a root, each
BETWEEN = 15  # points deep


def coordinates(row: Function, name: str, fmt: Format, count: int, generator: np.random.Generator) -> Floats:
    """About `count` values of a parameter, in any order: evenly and logarithmically spaced ones, and ones close to the halves."""
    quarter = count // 4
    domain = dict(zip(row.names, row.domain, strict=False)).get(name, Domain())
    signs = generator.choice((-1.0, 1.0), (3, quarter))
    lower, upper = (float(end) if end is not None else size for end, size in ((domain.lower, -8.0), (domain.upper, 8.0)))
    special = [*HALVES, *(float(kink.at) for kink in row.kinks)]
    drawn = np.concatenate([
        generator.uniform(lower, upper, quarter),
        signs[0] * np.exp2(generator.uniform(*MODERATE, quarter)),
        signs[1] * np.exp2(generator.uniform(*_exponents(row, fmt), quarter)),
        generator.choice(special, quarter) + signs[2] * np.exp2(generator.uniform(-fmt.precision_bits, -1, quarter)),
        special,
    ])  # fmt: skip
    return _in_domain(_without_tiny(drawn.astype(fmt.name), fmt), domain)


def _exponents(row: Function, fmt: Format) -> tuple[int, int]:
    """Nearly all binary exponents; of special functions, whose enclosures take long at huge arguments, moderate ones."""
    if row in SPECIAL_FUNCTIONS:
        return -2 * fmt.precision_bits, MODERATE[1]
    return _least(fmt), -_least(fmt)


def _least(fmt: Format) -> int:
    return int(WIDE * fmt.minimum_exponent)


def _without_tiny(values: Floats, fmt: Format) -> Floats:
    kept: Floats = values[(np.abs(values) >= np.exp2(_least(fmt))) | (values == 0)]
    return kept


def _in_domain(values: Floats, domain: Domain) -> Floats:
    lower, upper = (np.inf * sign if end is None else float(end) for end, sign in ((domain.lower, -1), (domain.upper, 1)))
    kept: Floats = values[(lower <= values) & (values <= upper)]
    return kept


def closer_to_roots(f: Callable[[Floats], Floats], x: Floats, fmt: Format) -> Floats:
    """The points with more of them wherever f changes its sign, each round between the closest two."""
    for _ in range(ROUNDS):
        x = np.unique(x)
        y = f(x)
        (left,) = np.nonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0)
        left = left[np.argsort(np.abs(x[left]), kind="stable")][:ROOTS]
        between = np.linspace(x[left], x[left + 1], BETWEEN + 2).ravel().astype(x.dtype)
        x = np.concatenate([x, _without_tiny(between, fmt)])
    return np.unique(x)
