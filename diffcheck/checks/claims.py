"""A Jacobian that the user worked out: an array, a tuple of arrays, or a function that returns it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from numbers import Real
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.loading import users_code
from diffcheck.engines.derivation import Columns, Derivation, Found, Wanted
from diffcheck.engines.faults import call
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.parts import is_array
from diffcheck.errors import InputError, UnsupportedError
from diffcheck.graph.graph import Graph, GraphBuilder
from diffcheck.registry import CLAIM


def _is_number(leaf: Any) -> bool:
    """Whether a leaf of a claim is for an argument that is differentiated: what jax.grad gives for others is no number."""
    return isinstance(leaf, Real) or (is_array(leaf) and leaf.dtype != jax.dtypes.float0)


class ClaimedJacobian(Derivation):
    """The claim for a function at a point. Raises InputError where it has not the size of the Jacobian."""

    def __init__(self, claim: Any, function: JaxFunction, arguments: Mapping[str, Any]) -> None:
        super().__init__(CLAIM)
        self._function = function
        self._program = JaxFunction(claim, arguments, function.wide) if callable(claim) else None
        with users_code("the claim"):
            found = function.scoped(call)(claim, arguments.values()) if callable(claim) else claim
        self.matrix: NDArray[Any] = self._joined([np.asarray(leaf, np.float64) for leaf in jax.tree.leaves(found) if _is_number(leaf)])

    def values(self, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
        return {each: self.matrix[self._place(each)].reshape(1) for each in wanted}

    def _place(self, wanted: Wanted) -> tuple[int, int]:
        row, (variable,) = wanted
        return row, self._columns[variable]

    @cached_property
    def _columns(self) -> Mapping[str, int]:
        return {name: k for k, name in enumerate(self._function.variables)}

    def formula(self, wanted: Wanted) -> Graph | None:
        """One entry; None where the claim is a function that is not lifted."""
        if self._program is None:
            value = float(self.matrix[self._place(wanted)])
            builder = GraphBuilder()
            return builder.graph(builder.constant(Fraction(value))) if math.isfinite(value) else None
        if self._graphs is None:
            return None
        found: Graph = self._graphs[self._place(wanted)]
        return found

    @cached_property
    def _graphs(self) -> NDArray[Any] | None:
        assert self._program is not None
        try:
            return self._joined(self._program.graph_arrays)
        except UnsupportedError:
            return None

    def _joined(self, parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """An array of the shape of the result followed by that of the argument, for each argument: side by side."""
        rows, columns = len(self._function.outputs), len(self._function.variables)
        if [part.size for part in parts] != [rows * leaf.size for leaf in self._function.point.values()]:
            raise InputError(f"the claim has {sum(part.size for part in parts)} numbers, and the Jacobian is {rows} × {columns}")
        return np.concatenate([part.reshape(rows, -1) for part in parts], axis=1)
