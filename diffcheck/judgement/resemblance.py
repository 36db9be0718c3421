"""How a wrong derivative is related to the right one: its transpose, its negative, a multiple, or without an argument's part.

A relation is named only if it holds for all numbers compared, and could not hold by chance.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from math import isfinite, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[Any]
Shape = tuple[int, ...]
SAME = 1e-6  # relative to the largest: equal numbers may differ by so much through rounding or finite differences
LONGEST = 10  # numerator and denominator of a factor
OF_ONE_NUMBER = (Fraction(-1), Fraction(2), Fraction(-2), Fraction(1, 2), Fraction(-1, 2))  # others are met by chance
NAMES = {
    Fraction(-1): "the negative of",
    Fraction(2): "twice",
    Fraction(-2): "minus twice",
    Fraction(1, 2): "half",
    Fraction(-1, 2): "minus half",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """Columns of the Jacobian that belong to one argument."""

    name: str
    shape: Shape
    given: Matrix
    right: Matrix


def of_value(given: float, right: float) -> str:
    """How one number is related to another, as a sentence; '' if no relation is seen."""
    if not (isfinite(given) and isfinite(right)) or right == 0:
        return ""
    factor = _factor(given / right, OF_ONE_NUMBER)
    return "" if factor is None else f"The value is {_times(factor)} the derivative"


def of_whole(given: Matrix, right: Matrix, what: str) -> str:
    """How a matrix is related to the right one, as a sentence; '' if no relation is seen, or not all numbers are known."""
    if not (np.isfinite(given).all() and np.isfinite(right).all()) or _same(given, right):
        return ""
    is_square = right.shape[0] == right.shape[1] > 1
    symmetric = f"The claim is symmetric, and {what} is not" if is_square and _same(given, given.T) and not _same(right, right.T) else ""
    return _of_matrix(given, right, what) or symmetric


def of_jacobian(given: Matrix, right: Matrix, arguments: Mapping[str, Shape]) -> dict[str, str]:
    """A sentence for each argument with wrong values, if there is one. The arguments' columns stand side by side; NaN means unknown."""
    if not (np.isfinite(given).all() and np.isfinite(right).all()):
        return {}
    parts = list(_parts(given, right, arguments))
    wrong = [part for part in parts if not _same(part.given, part.right)]
    if not wrong:
        return {}
    as_a_whole = _of_matrix(given, right, "the Jacobian") or _swapped(wrong)
    if as_a_whole:
        return {part.name: as_a_whole for part in wrong}
    found = {part.name: _of_part(part, len(parts)) for part in wrong}
    return {name: sentence for name, sentence in found.items() if sentence}


def _parts(given: Matrix, right: Matrix, arguments: Mapping[str, Shape]) -> Iterator[_Part]:
    ends = np.cumsum([0, *map(prod, arguments.values())]).tolist()
    for (name, shape), (start, end) in zip(arguments.items(), pairwise(ends), strict=True):
        yield _Part(name, shape, given[:, start:end], right[:, start:end])


def _of_matrix(given: Matrix, right: Matrix, what: str) -> str:
    said = []
    if right.shape[0] == right.shape[1] > 1 and _same(given, right.T):
        said.append("the transpose of")
    if np.count_nonzero(right) > 1 and (factor := _common_factor(given, right)) is not None:
        said.append(_times(factor))
    return f"The values are {' and '.join(said)} {what}" if said else ""


def _of_part(part: _Part, count: int) -> str:
    if count > 1 and not part.given.any():
        return f"The part of {part.name} is missing: all its values are zero"
    if len(part.shape) == 2 and part.shape[0] == part.shape[1] and _same(part.given, _entries_transposed(part)):
        return f"{part.name} is transposed: what belongs to {part.name}[i,j] stands at {part.name}[j,i]"
    return _of_matrix(part.given, part.right, f"the derivatives by {part.name}" if count > 1 else "the Jacobian")


def _entries_transposed(part: _Part) -> Matrix:
    found: Matrix = part.right.reshape(-1, *part.shape).swapaxes(1, 2).reshape(part.right.shape)
    return found


def _swapped(parts: Sequence[_Part]) -> str:
    """Two arguments that got each other's derivatives, if no other argument is wrong."""
    for a, b in combinations(parts, 2):
        if len(parts) == 2 and a.shape == b.shape and _same(a.given, b.right) and _same(b.given, a.right):
            return f"The derivatives by {a.name} and {b.name} are swapped"
    return ""


def _common_factor(given: Matrix, right: Matrix) -> Fraction | None:
    largest = np.unravel_index(int(abs(right).argmax()), right.shape)
    short = [Fraction(p, q) * sign for q in range(1, LONGEST + 1) for p in range(1, LONGEST + 1) for sign in (1, -1)]
    factor = _factor(float(given[largest] / right[largest]), short)
    return factor if factor is not None and _same(given, float(factor) * right) else None


def _factor(quotient: float, factors: Sequence[Fraction]) -> Fraction | None:
    return next((factor for factor in factors if abs(quotient - float(factor)) <= SAME * abs(float(factor)) and factor != 1), None)


def _same(a: Matrix, b: Matrix) -> bool:
    return bool((abs(a - b) <= SAME * abs(b).max(initial=0.0)).all())


def _times(factor: Fraction) -> str:
    return NAMES.get(factor, f"{factor} times" if factor.denominator == 1 else f"{factor} of")
