"""Primitives that find eigenvalues: followed on whole arrays, where an algebra proves that all of them differ.

The signs of vectors, and the order of complex eigenvalues, are LAPACK's: JAX's own result at the point decides on them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcheck.engines.jax.equations import bound
from diffcheck.engines.jax.lift.array_algebra import ArrayAlgebra
from diffcheck.engines.jax.lift.elementwise import graph_of_function
from diffcheck.engines.jax.lift.pairs import is_complex
from diffcheck.engines.jax.lift.reductions import numbered
from diffcheck.engines.jax.lift.values import ComplexPair, parts
from diffcheck.errors import UnsupportedError

Rule = Callable[..., Any]


def _of_symmetric(arrays: ArrayAlgebra, equation: Any, operand: Any) -> list[Any]:
    """LAPACK reads one triangle."""
    params = equation.params
    _require_real(equation)
    if params.get("subset_by_index") is not None:
        raise UnsupportedError("the primitive eigh of some eigenvalues is not followed on arrays")
    n = operand.shape[-1]
    rows, columns = np.indices((n, n))
    ends = (np.maximum(rows, columns), np.minimum(rows, columns))
    row, column = ends if params["lower"] else ends[::-1]
    places = numbered(operand.shape).reshape(-1, n, n)[:, row, column]

    def like(matrices: Any) -> Any:
        return np.asarray(_run(equation, matrices, operand.shape)[0]).reshape(matrices.shape)

    values, vectors = arrays.symmetric_eigen(arrays.moved([operand], places), like)
    return [_shaped(arrays, vectors, operand.shape), _shaped(arrays, values, operand.shape[:-1])]


def _singular(arrays: ArrayAlgebra, equation: Any, operand: Any) -> list[Any]:
    """σ² and V from AᵀA, and U = A·V/σ; of a wide matrix that of its transpose."""
    _require_real(equation)
    params, (*batch, m, n) = equation.params, operand.shape
    if params.get("subset_by_index") is not None or (params["compute_uv"] and params["full_matrices"] and m != n):
        raise UnsupportedError("the primitive svd of some values, or with full matrices, is not followed on arrays")
    places = numbered(operand.shape).reshape(-1, m, n)
    is_wide = m < n
    tall = arrays.moved([operand], places.transpose(0, 2, 1) if is_wide else places)
    rows, k = max(m, n), min(m, n)
    flipped = arrays.moved([tall], numbered(tall.shape).transpose(0, 2, 1))

    def like(matrices: Any) -> Any:
        if not params["compute_uv"]:
            return np.linalg.eigh(matrices)[1]
        _, left, right = _run(equation, floats(), operand.shape)
        found = np.asarray(left).reshape(-1, m, k) if is_wide else np.asarray(right).reshape(-1, k, n).transpose(0, 2, 1)
        return found[..., ::-1]

    def floats() -> Any:
        return arrays.floats(operand)

    squares, increasing = arrays.symmetric_eigen(arrays.product(flipped, tall), like)
    count = squares.shape[0]
    down = numbered((count, k))[:, ::-1]
    values = arrays.evaluated(graph_of_function("sqrt", 1), {"x0": arrays.moved([squares], down)})
    if not params["compute_uv"]:
        return [_shaped(arrays, values, (*batch, k))]
    near = arrays.moved([increasing], numbered((count, k, k))[..., ::-1])
    repeated = arrays.moved([values], np.broadcast_to(numbered((count, k))[:, None, :], (count, rows, k)))
    far = arrays.evaluated(graph_of_function("divide", 2), {"x0": arrays.product(tall, near), "x1": repeated})
    left, right = (near, far) if is_wide else (far, near)
    turned = arrays.moved([right], numbered(right.shape).transpose(0, 2, 1))
    return [_shaped(arrays, each, shape) for each, shape in ((values, (*batch, k)), (left, (*batch, m, k)), (turned, (*batch, k, n)))]


def _of_general(arrays: ArrayAlgebra, equation: Any, operand: Any) -> list[Any]:
    if len(equation.outvars) > 1:
        raise UnsupportedError("the primitive eig with vectors is not followed on arrays")
    is_pair = is_complex(equation.invars[0])
    real, imag = parts(operand) if is_pair else (operand, np.zeros(operand.shape))
    n = real.shape[-1]
    places = numbered(real.shape).reshape(-1, n, n)

    def like(matrices: Any) -> Any:
        return np.asarray(_run(equation, matrices if is_pair else matrices.real, real.shape)[0]).reshape(-1, n)

    found = arrays.eigenvalues(arrays.moved([real], places), arrays.moved([imag], places), like)
    return [ComplexPair(*(_shaped(arrays, part, real.shape[:-1]) for part in found))]


def _require_real(equation: Any) -> None:
    if is_complex(equation.invars[0]):
        raise UnsupportedError(f"the primitive {equation.primitive.name} of complex numbers is not followed on arrays")


def _run(equation: Any, matrices: Any, shape: Any) -> Any:
    """JAX's own result for matrices of floats."""
    return bound(equation, [np.asarray(matrices, equation.invars[0].aval.dtype).reshape(shape)])


def _shaped(arrays: ArrayAlgebra, value: Any, shape: Any) -> Any:
    return arrays.moved([value], numbered(shape))


SPECTRAL: dict[str, Rule] = {"eigh": _of_symmetric, "svd": _singular, "eig": _of_general}
