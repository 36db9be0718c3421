"""What an algebra of arrays offers to who follows a JAX program; the certified engine has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from diffcheck.graph.graph import Graph

Places = NDArray[np.int64]
NOWHERE = -1  # the place of an entry that is 0
Rule = Any  # a function of the algebra, the equation and the arguments


class ArrayAlgebra(Protocol):
    """Values have a shape. Arrays of NumPy are values too: they are known."""

    note: Any  # of the operation that is being followed

    def moved(self, operands: Sequence[Any], places: Places) -> Any:
        """The entries of some arrays, numbered one array after the other, at other places."""

    def summed(self, operand: Any, places: Places, shape: Sequence[int]) -> Any:
        """Each entry added to one place of an array of this shape."""

    def product(self, left: Any, right: Any) -> Any:
        """Products of matrices, batch by batch."""

    def evaluated(self, graph: Graph, values: dict[str, Any]) -> Any:
        """A graph of scalars, entry by entry."""

    def integers(self, value: Any) -> NDArray[Any]:
        """Whole numbers or conditions that are known, or decided at the point."""

    def floats(self, value: Any) -> NDArray[np.float64]:
        """Roughly, what the entries are."""

    def first(self, operand: Any, largest: bool) -> NDArray[Any]:
        """The index of the first largest or smallest entry of each row; raises what the algebra raises for a tie."""

    def order(self, operand: Any) -> NDArray[Any]:
        """The indices of the entries of each row, the smallest first; equal ones as they stand."""

    def symmetric_eigen(self, operand: Any, like: Callable[[NDArray[Any]], NDArray[Any]]) -> tuple[Any, Any]:
        """Eigenvalues in increasing order and unit vectors of symmetric matrices (b, n, n); `like` gives vectors with their signs."""

    def eigenvalues(self, real: Any, imag: Any, like: Callable[[NDArray[Any]], NDArray[Any]]) -> tuple[Any, Any]:
        """Real and imaginary parts of the eigenvalues of complex matrices (b, n, n), in the order of `like`."""
