"""What JAX found at every point: computed a chunk of points at a time, handed out point by point."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import repeat
from typing import Any

from numpy.typing import NDArray

from diffcheck.engines.automatic import Program
from diffcheck.errors import UnsupportedError
from diffcheck.judgement.judge import Values
from diffcheck.judgement.points import Columns

CHUNK = 250_000  # points that JAX evaluates at a time: memory stays bounded whatever their number
BLOCK = 10_000  # points of a chunk that are Python floats at a time


class _Values(dict[str, float | UnsupportedError]):
    """What JAX found at one point; what it was not asked for is missing."""

    def __missing__(self, key: str) -> UnsupportedError:
        return UnsupportedError(f"{key} was not run")


def evaluated_rows(program: Program, columns: Columns) -> Iterator[tuple[dict[str, float], Values]]:
    """Every point with what JAX found there: evaluated a chunk at a time, handed out as Python floats a block at a time."""
    total = len(next(iter(columns.values())))
    for start in range(0, total, CHUNK):
        chunk = {name: column[start : start + CHUNK] for name, column in columns.items()}
        found = program.run(chunk)
        missing = {key: value for key, value in found.items() if isinstance(value, UnsupportedError)}
        arrays = {key: value for key, value in found.items() if not isinstance(value, UnsupportedError)}
        for offset in range(0, min(CHUNK, total - start), BLOCK):
            block = slice(offset, offset + BLOCK)
            points = _transposed({name: column[block] for name, column in chunk.items()})
            values = _transposed({key: array[block] for key, array in arrays.items()}) if arrays else repeat({})
            for point, found_there in zip(points, values, strict=False):
                yield point, _Values(found_there, **missing)


def unevaluated_rows(columns: Columns) -> Iterator[tuple[dict[str, float], Values]]:
    """Every point, where JAX is not asked."""
    return ((point, _Values()) for point in _transposed(columns))


def _transposed(columns: Mapping[str, NDArray[Any]]) -> Iterator[dict[str, float]]:
    """Rows of Python floats: reading array entries one by one would cost more than everything else."""
    names = list(columns)
    return (dict(zip(names, row, strict=True)) for row in zip(*(column.astype(float).tolist() for column in columns.values()), strict=True))
