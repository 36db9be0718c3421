"""Eigenvalues and eigenvectors of matrices of balls, and their derivatives, where all eigenvalues are proved to differ.

FLINT isolates each eigenvalue λᵢ with its vectors. With the rows lᵢ of the inverse of the matrix of columns rᵢ, dλᵢ = lᵢ·dA·rᵢ; of
symmetric matrices with orthonormal V, P = Vᵀ·dA·V, dV = V·(F∘P) with Fᵢⱼ = 1/(λⱼ - λᵢ) and Fᵢᵢ = 0 (Magnus 1985).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb
from numpy.typing import NDArray

from diffcheck.engines.certified.arrays import steps
from diffcheck.engines.certified.arrays.balls import ONE, ZERO, Balls, Entries, Undecided, array_of, floats_of, transposed
from diffcheck.engines.certified.arrays.tape import Tape

Floats = NDArray[Any]
EQUAL = "eigenvalues that may be equal"


def symmetric(tape: Tape, matrices: Balls, like: Callable[[Floats], Floats]) -> tuple[Balls, Balls]:
    """The eigenvalues of symmetric matrices (b, n, n) in increasing order, and their vectors of length 1 as columns.

    `like` gives approximate vectors of matrices of floats: they decide on the signs.
    """
    pattern = like(floats_of(matrices.entries))
    found = [_of_symmetric(matrix, signs) for matrix, signs in zip(matrices.entries, pattern, strict=True)]
    count, n = matrices.shape[:2]
    values = array_of((value for each, _ in found for value in each), (count, n))
    vectors = array_of((entry for _, each in found for row in each for entry in row), (count, n, n))
    if matrices.variable is None:
        return Balls(values), Balls(vectors)
    turned = _turned(tape, matrices.variable, vectors)
    places = np.arange(count * n * n).reshape(count, n, n)
    diagonal = places[:, np.arange(n), np.arange(n)]
    of_values = tape.add(steps.Move((turned,), (0,), ((count, n, n),), diagonal))
    weighed = tape.add(steps.Scale((turned,), (_inverse_gaps(values),)))
    return Balls(values, of_values), Balls(vectors, tape.add(steps.Product(vectors, vectors, (None, weighed))))


def _turned(tape: Tape, variable: int, vectors: Entries) -> int:
    """Vᵀ·dA·V."""
    halfway = tape.add(steps.Product(vectors, vectors, (variable, None)))
    return tape.add(steps.Product(transposed(vectors), vectors, (None, halfway)))


def _inverse_gaps(values: Entries) -> Entries:
    count, n = values.shape
    gaps = [ZERO if i == j else ONE / (row[j] - row[i]) for row in values for i in range(n) for j in range(n)]
    return array_of(gaps, (count, n, n))


def _of_symmetric(matrix: Entries, signs: Floats) -> tuple[list[arb], list[list[arb]]]:
    values, columns = _isolated(matrix)
    real = [value.real for value in values]  # those of a symmetric matrix are
    order = sorted(range(len(real)), key=lambda i: float(real[i]))
    if any(not real[i] < real[j] for i, j in zip(order, order[1:], strict=False)):
        raise Undecided(EQUAL)
    vectors = [_unit(columns[i], signs[:, k]) for k, i in enumerate(order)]
    return [real[i] for i in order], [list(row) for row in zip(*vectors, strict=True)]


def _unit(column: Sequence[acb], signs: Floats) -> list[arb]:
    """A real vector of length 1 along the column, on the side of another one."""
    largest = column[int(np.argmax(abs(signs)))]
    real = [(entry / largest).real for entry in column]
    length = sum((entry * entry for entry in real), ZERO).sqrt()
    side = sum((entry * float(sign) for entry, sign in zip(real, signs, strict=True)), ZERO)
    if not (side > 0 or side < 0) or not length > 0:
        raise Undecided("the sign of an eigenvector")
    return [(entry if side > 0 else -entry) / length for entry in real]


def _isolated(matrix: Entries) -> tuple[list[acb], list[list[acb]]]:
    """The eigenvalues, and for each a vector; raises Undecided."""
    values, right = _eigen(matrix, left=False)
    return values, [list(column) for column in zip(*right.tolist(), strict=True)]


def _eigen(matrix: Entries, left: bool) -> Any:
    n = len(matrix)
    whole = acb_mat(n, n, [acb(entry) for entry in matrix.ravel().tolist()])
    if not all(entry.is_finite() for entry in whole.entries()):
        raise Undecided("eigenvalues of what is not finite")
    try:
        return whole.eig(left=left, right=True)
    except ValueError:
        raise Undecided(EQUAL) from None


def general(tape: Tape, matrices: tuple[Balls, Balls], like: Callable[[Floats], Floats]) -> tuple[Balls, Balls]:
    """The eigenvalues of complex matrices (b, n, n), in the order of `like`, which gives them in floats. Parts, real and imaginary."""
    middles = [floats_of(part.entries) for part in matrices]
    pattern = like(middles[0] + 1j * middles[1])
    found = [_of_general(re, im, order) for re, im, order in zip(*(part.entries for part in matrices), pattern, strict=True)]
    values, weights = (np.array([each[k] for each in found], object) for k in (0, 1))  # (b, n) and (b, n, n²)
    real, imag = (_slopes(tape, weights, matrices, turned) for turned in (acb(1), acb(0, -1)))
    return Balls(_parts(values, acb(1)), real), Balls(_parts(values, acb(0, -1)), imag)


def _slopes(tape: Tape, weights: Entries, matrices: tuple[Balls, Balls], turned: acb) -> int | None:
    """The variable Re(turned·Σ weight·d(A + iB)), a sum of one product for each part that depends on the input."""
    count, n, square = weights.shape
    columns = []
    for part, factor in zip(matrices, (acb(1), acb(0, 1)), strict=True):
        if part.variable is not None:
            flat = np.arange(part.entries.size).reshape(count, square, 1)
            column = tape.add(steps.Move((part.variable,), (0,), (part.shape,), flat))
            columns.append(tape.add(steps.Product(_parts(weights, turned * factor), part.entries[:, :, :1], (None, column))))
    if not columns:
        return None
    total = columns[0] if len(columns) == 1 else tape.add(steps.Scale((columns[0], columns[1]), (1, 1)))
    return tape.add(steps.Move((total,), (0,), ((count, n, 1),), np.arange(count * n).reshape(count, n)))


def _parts(numbers: Entries, turned: acb) -> Entries:
    """Re(turned·z)."""
    return array_of(((turned * z).real for z in numbers.ravel().tolist()), numbers.shape)


def _of_general(real: Entries, imag: Entries, order: Floats) -> tuple[list[acb], list[list[acb]]]:
    """The eigenvalues, and the derivatives of each by the entries of the matrix."""
    pairs = zip(real.ravel().tolist(), imag.ravel().tolist(), strict=True)
    values, left, right = _eigen(array_of((acb(*pair) for pair in pairs), real.shape), left=True)
    n = len(values)
    chosen = [int(np.argmin([abs(complex(value) - wanted) for value in values])) for wanted in order]
    if sorted(chosen) != list(range(n)):
        raise Undecided("the order of eigenvalues")
    weights = [[left[i, j] * right[k, i] for j in range(n) for k in range(n)] for i in range(n)]
    if all(entry == 0 for entry in imag.ravel().tolist()):
        for i in _real_ones(values):
            values[i], weights[i] = acb(values[i].real), [acb(weight.real) for weight in weights[i]]
    return [values[i] for i in chosen], [weights[i] for i in chosen]


def _real_ones(values: Sequence[acb]) -> list[int]:
    """The eigenvalues of a real matrix that no other one is conjugate to: they are real, and so are their projections."""
    return [i for i, value in enumerate(values) if not any(value.conjugate().overlaps(v) for j, v in enumerate(values) if j != i)]
