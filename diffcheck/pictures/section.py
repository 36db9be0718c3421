"""A function along one line, as a picture needs it: many values at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.expression import Check
from diffcheck.errors import UnsupportedError
from diffcheck.formats import Format
from diffcheck.pictures.axis import Floats
from diffcheck.registry import AUTOMATIC

BLOCK = 1024  # points of one run: the program is compiled for one length only


class Section:
    """f along one variable, the others held at the coordinates of a point: what `run` returns for BLOCK values of it, as float64."""

    def __init__(self, run: Callable[[NDArray[Any]], NDArray[Any]], wrt: str, held: Mapping[str, float], fmt: Format) -> None:
        self.wrt = wrt
        self.held = held
        self.unit_roundoff = fmt.unit_roundoff
        self._dtype = fmt.name
        self._run = run

    def rounded(self, x: Floats) -> Floats:
        """The points at which f is evaluated in truth: numbers of the format under test."""
        return x.astype(self._dtype).astype(float)

    def values(self, x: Floats) -> Floats:
        """f at every x; NaN where it is not finite. Raises UnsupportedError where JAX lacks a function."""
        blocks = [self._block(x[start : start + BLOCK]) for start in range(0, len(x), BLOCK)]
        y = np.concatenate(blocks) if blocks else np.empty(0)
        return np.where(np.isfinite(y), y, np.nan)

    def _block(self, x: Floats) -> Floats:
        padded = np.append(x, np.full(BLOCK - len(x), x[-1])).astype(self._dtype)
        return self._run(padded)[: len(x)].astype(float)


def section_of(check: Check, point: Mapping[str, float], wrt: str, order: int = 0) -> Section:
    """An expression along one variable, or (order 1) its derivative as JAX's reverse mode has it."""
    held = {name: coordinate for name, coordinate in point.items() if name != wrt}
    together, wanted = check.together(AUTOMATIC.modes[-1:] if order else ()), (0, (wrt,))
    derivations = together.derivations[wanted]

    def run(x: NDArray[Any]) -> NDArray[Any]:
        columns = {name: x if name == wrt else np.full(BLOCK, held[name], x.dtype) for name in check.problem.variables}
        found = derivations[0].values(columns, [wanted])[wanted] if order else together.primals(columns)[0]
        if isinstance(found, UnsupportedError):
            raise UnsupportedError(f"a picture is drawn by JAX: {found.reason}")
        return found

    return Section(run, wrt, held, check.format)
