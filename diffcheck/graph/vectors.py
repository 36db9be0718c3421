"""Vectors and matrices in the text: what is done with them becomes nodes of numbers, entry by entry.

A vector is a tuple of nodes, a matrix a tuple of vectors. None of them is left in a graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TypeAlias

from typing_extensions import TypeIs

from diffcheck.results import counted

Items: TypeAlias = "int | tuple[Items, ...]"
Vector: TypeAlias = "tuple[Items, ...]"
Apply = Callable[[str, Sequence[int]], int]  # the node of a function of the table
MOST_ROWS = 4  # of a determinant that is written out
MOST_PARTS = 400  # of a vector

ELEMENTWISE = frozenset(("add", "subtract", "negate"))


class ShapeError(Exception):
    """Vectors of these shapes do not go together; `fix` says what does."""

    def __init__(self, message: str, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


def is_vector(items: Items) -> TypeIs[Vector]:
    return isinstance(items, tuple)


def shape(items: Items) -> tuple[int, ...]:
    """The lengths: (2, 3) of two rows of three; () of a number."""
    return (len(items), *shape(items[0])) if is_vector(items) else ()


def flattened(items: Items) -> list[int]:
    """The entries, row by row."""
    return list(chain.from_iterable(map(flattened, items))) if is_vector(items) else [items]


def labels(lengths: Sequence[int]) -> Iterator[str]:
    """The names of the entries: [0], [1]; of a matrix [0,0], [0,1]; '' of a number."""
    places: list[tuple[int, ...]] = [()]
    for length in lengths:
        places = [(*place, k) for place in places for k in range(length)]
    return (f"[{','.join(map(str, place))}]" if place else "" for place in places)


def shaped(entries: Sequence[int], lengths: Sequence[int]) -> Items:
    """Entries as a vector, or as the rows of a matrix."""
    if not lengths:
        return entries[0]
    step = len(entries) // lengths[0]
    return tuple(shaped(entries[k * step : (k + 1) * step], lengths[1:]) for k in range(lengths[0]))


def described(items: Items) -> str:
    """What an error message calls it."""
    match shape(items):
        case ():
            return "a number"
        case (length,):
            return f"a vector of {length} {'entry' if length == 1 else 'entries'}"
        case lengths:
            return f"a matrix of {' × '.join(map(str, lengths))}"


def vector_of(parts: Sequence[Items]) -> Vector:
    """[a, b]. Raises ShapeError where the rows of a matrix differ."""
    if len(parts) > MOST_PARTS:
        raise ShapeError(f"a vector has {MOST_PARTS} entries at most, and this one has {len(parts):,}", "Check it in parts.")
    first = shape(parts[0])
    odd = next((k for k, part in enumerate(parts) if shape(part) != first), None)
    if odd is not None:
        raise ShapeError(
            "the rows of a matrix have different lengths", f"Row 1 is {described(parts[0])}, row {odd + 1} {described(parts[odd])}."
        )
    if len(first) > 1:
        raise ShapeError("vectors are nested three deep", "A matrix is a vector of rows: [[a, b], [c, d]].")
    return tuple(parts)


def entry_of(items: Items, place: int) -> Items:
    """v[0]"""
    if not is_vector(items):
        raise ShapeError("this is a number, and has no entries", "A vector is written [x, y].")
    if place >= len(items):
        raise ShapeError(
            f"there is no entry {place}", f"It is {described(items)}; {'rows' if len(shape(items)) > 1 else 'entries'} are counted from 0."
        )
    return items[place]


def operation(operator: str, operands: Sequence[Items], apply: Apply) -> Items:
    """An operator of vectors: sums of equal shapes, and products with numbers. Raises ShapeError for any other."""
    if not any(map(is_vector, operands)):
        return apply(operator, [each for each in operands if isinstance(each, int)])
    if operator in ELEMENTWISE and len({shape(each) for each in operands}) == 1:
        parts = zip(*(each for each in operands if is_vector(each)), strict=True)
        return tuple(operation(operator, part, apply) for part in parts)
    if operator == "multiply" and sum(map(is_vector, operands)) == 1:
        first, second = operands
        if is_vector(first):
            return tuple(operation(operator, (part, second), apply) for part in first)
        return tuple(operation(operator, (first, part), apply) for part in second)  # type: ignore[union-attr]
    if operator == "divide" and is_vector(operands[0]) and not is_vector(operands[1]):
        return tuple(operation(operator, (part, operands[1]), apply) for part in operands[0])
    if operator == "multiply":
        raise ShapeError(
            "a product of two vectors can be several things", "Write dot(u, v) for the number, [u[0]*v[0], u[1]*v[1]] for the entries."
        )
    if operator in ELEMENTWISE:
        raise ShapeError(f"{' and '.join(map(described, operands))} do not fit", "Both must have the same entries.")
    raise ShapeError("this is a vector, not a number", "Choose an entry: v[0].")


def _sum(terms: Sequence[int], apply: Apply) -> int:
    total = terms[0]
    for term in terms[1:]:
        total = apply("add", (total, term))
    return total


def _require_vectors(name: str, arguments: Sequence[Items], count: int) -> None:
    if len(arguments) != count or any(len(shape(each)) != 1 for each in arguments):
        form = f"{name}({', '.join('uv'[:count]) if count > 1 else '[x, y]'})"
        raise ShapeError(f"{name} takes {counted(count, 'vector')}", f"Write {form}.")


def _of_sum(arguments: Sequence[Items], apply: Apply) -> int:
    _require_vectors("sum", arguments, 1)
    return _sum(flattened(arguments[0]), apply)


def _dot(arguments: Sequence[Items], apply: Apply) -> int:
    _require_vectors("dot", arguments, 2)
    u, v = map(flattened, arguments)
    if len(u) != len(v):
        raise ShapeError(f"{described(arguments[0])} and {described(arguments[1])} do not fit", "Both must have the same entries.")
    return _sum([apply("multiply", pair) for pair in zip(u, v, strict=True)], apply)


def _norm(arguments: Sequence[Items], apply: Apply) -> int:
    _require_vectors("norm", arguments, 1)
    entries = flattened(arguments[0])
    return apply("sqrt", [_sum([apply("multiply", (each, each)) for each in entries], apply)])


def _det(arguments: Sequence[Items], apply: Apply) -> int:
    if len(arguments) != 1 or len(shape(arguments[0])) != 2 or len(set(shape(arguments[0]))) != 1:
        raise ShapeError("det takes a square matrix", "Write det([[a, b], [c, d]]).")
    rows = [flattened(row) for row in arguments[0]]  # type: ignore[union-attr]
    if len(rows) > MOST_ROWS:
        raise ShapeError(f"det takes a matrix of {MOST_ROWS} rows at most", "")
    return _expanded(rows, apply)


def _expanded(rows: Sequence[Sequence[int]], apply: Apply) -> int:
    """Along the first row (Laplace)."""
    first, *others = rows
    if not others:
        return first[0]
    total: int | None = None
    for k, factor in enumerate(first):
        term = apply("multiply", (factor, _expanded([[*row[:k], *row[k + 1 :]] for row in others], apply)))
        total = term if total is None else apply("subtract" if k % 2 else "add", (total, term))
    assert total is not None
    return total


FUNCTIONS_OF_VECTORS: dict[str, Callable[[Sequence[Items], Apply], int]] = {"norm": _norm, "dot": _dot, "sum": _of_sum, "det": _det}
