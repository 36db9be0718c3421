"""A whole Jacobian proved at once: the function without its rules, followed once on arrays of balls, and its derivative pulled back.

    function without rules → balls → all entries of a row, proved          (truth)
    JAX's derivative program, rules included → balls → the same entries    (program: its exact value)
    JAX's floats                                                           (values)

The rule is right where program and truth coincide; values and truth differ by rounding then. How far rounding may carry a value
follows from the sizes of the terms that add up to it: the same sweep, with absolute values in the place of numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from diffcheck.enclosure import Enclosure
from diffcheck.engines.certified import enclosure, scope
from diffcheck.engines.certified.arrays import BITS, Arrays, Entries, Undecided, balls_of, floats_of, inner, radii_of
from diffcheck.engines.certified.arrays.algebra import Remark
from diffcheck.engines.jax.code_places import code_span
from diffcheck.engines.jax.equations import equations
from diffcheck.engines.jax.function import JaxFunction
from diffcheck.engines.jax.lift.follower import Once, follow
from diffcheck.engines.jax.names import ClosedJaxpr
from diffcheck.engines.jax.undecorated import without
from diffcheck.errors import UnsupportedError

PRECISIONS = (BITS, 2 * BITS, 4 * BITS)
NARROW = 2.0**-70  # relative to the number
SMALL = 2.0**-90  # relative to the terms that add up to it
WIDE = 2.0**-40  # a radius that no precision leaves: that of a tie
NOTHING = 1e-300
MOST_ENTRIES = 8_000_000  # some 3 GB
ROUGHLY = 1e-3  # a value in floats is that near
Floats = NDArray[np.float64]


class Proved:
    """A function without its rules, at its point: its value, and combinations of the rows of its Jacobian, one sweep each."""

    def __init__(self, function: JaxFunction) -> None:
        """Raises UnsupportedError with what cannot be followed on arrays, or decided."""
        self.function = function
        self._program = without(function.program)
        size = sum(int(np.prod(variable.aval.shape)) for each in equations(self._program.jaxpr) for variable in each.outvars)
        if size > MOST_ENTRIES:
            raise UnsupportedError(f"its arrays have {size:,} entries in all, and {MOST_ENTRIES:,} are followed")
        self._follow(PRECISIONS)

    def _follow(self, precisions: Sequence[int]) -> None:
        """With balls of as many bits as it takes."""
        why = "no more precision was tried"
        for self.bits in precisions:
            with scope(self.bits):
                why = self._tried()
            if not why:
                return
        raise UnsupportedError(f"followed on arrays of {self.bits}-bit balls: {why}")

    def _tried(self) -> str:
        """Follows the program; why that was no use, or ''."""
        arrays = self._arrays = Arrays()
        self._inputs = [arrays.input(leaf) for leaf in self.function.point.values()]
        try:
            self._outputs = [arrays.known(each) for each in follow(self._program, self._inputs, arrays)]
        except Undecided as undecided:
            return str(undecided)
        if not all(ball.is_finite() for ball in self._value.tolist()):
            return next(map(described, arrays.troubles), "the value is not bounded")
        return self._contradicted()

    def _contradicted(self) -> str:
        """Whether JAX's own value is another one, as far as floats tell: something was followed wrongly then. '' if it is not."""
        value, primal = floats_of(self._value), self.function.primal
        moved = self._in_sizes(abs(self.function.vector.astype(np.float64)))
        size = abs(value) + np.where(np.isfinite(moved), moved, 0.0)  # f and what a relative error of the input does to it
        away = np.isfinite(primal) & (abs(primal - value) > ROUGHLY * size + radii_of(self._value))
        return f"JAX gives {primal[away][0]:.10g}, and balls {value[away][0]:.10g}" if away.any() else ""

    @property
    def _value(self) -> Entries:
        return raveled([output.entries for output in self._outputs])

    @property
    def steps(self) -> int:
        return len(self._arrays.tape.steps)

    @property
    def work(self) -> int:
        """Of one sweep, in operations on balls."""
        return self._arrays.tape.work

    @property
    def ties(self) -> list[str]:
        return list(dict.fromkeys(map(described, self._arrays.ties)))

    def value(self, row: int) -> Enclosure:
        return enclosure(self._value[row])

    def pulled(self, weights: Sequence[Floats]) -> ProvedRow:
        """Σ weight·row, an array of weights for each output. Raises UnsupportedError."""
        while True:
            with scope(self.bits):
                found = self._pulled(weights)
            if found.is_narrow or (self._arrays.ties and not found.is_unbounded):
                return found
            self._follow([bits for bits in PRECISIONS if bits > self.bits])

    def _pulled(self, weights: Sequence[Floats]) -> ProvedRow:
        moving = [(output.variable, w) for output, w in zip(self._outputs, weights, strict=True) if output.variable is not None]
        inputs = [each.variable for each in self._inputs if each.variable is not None]
        truth = self._arrays.tape.pull([(variable, balls_of(w)) for variable, w in moving], inputs)
        sizes = self._arrays.tape.pull([(variable, abs(w)) for variable, w in moving], inputs, in_sizes=True)
        shapes = [each.shape for each in self._inputs]
        zeros = [balls_of(np.zeros(shape)) if change is None else change for change, shape in zip(truth, shapes, strict=True)]
        none = [np.zeros(shape) if size is None else size for size, shape in zip(sizes, shapes, strict=True)]
        return ProvedRow(raveled(zeros), raveled(none))

    def pushed(self, direction: Floats) -> tuple[Entries, Floats]:
        """The derivative of every result along a direction, and the sizes of the terms that add up to it."""
        with scope(self.bits):
            found = self._arrays.tape.push(self._tangents(direction, balls_of), self._variables)
        truth = [balls_of(np.zeros(o.shape)) if change is None else change for change, o in zip(found, self._outputs, strict=True)]
        return raveled(truth), self._in_sizes(abs(direction))

    def _in_sizes(self, direction: Floats) -> Floats:
        found = self._arrays.tape.push(self._tangents(direction, lambda part: part), self._variables, in_sizes=True)
        return raveled([np.zeros(o.shape) if c is None else c for c, o in zip(found, self._outputs, strict=True)])

    def _tangents(self, direction: Floats, as_entries: Callable[[Floats], Entries]) -> dict[int, Entries]:
        parts = cut(direction, [each.shape for each in self._inputs])
        return {each.variable: as_entries(part) for each, part in zip(self._inputs, parts, strict=True) if each.variable is not None}

    @property
    def _variables(self) -> list[int | None]:
        return [output.variable for output in self._outputs]


@dataclass(frozen=True, eq=False)
class ProvedRow:
    """A row of the Jacobian: proved, and the sizes of the terms that add up to each entry."""

    entries: Entries
    sizes: Floats

    @cached_property
    def middles(self) -> Floats:
        return floats_of(self.entries)

    @cached_property
    def radii(self) -> Floats:
        return radii_of(self.entries)

    @property
    def is_narrow(self) -> bool:
        return bool(((self.radii <= NARROW * abs(self.middles)) | (self.radii <= SMALL * self.sizes) | (self.radii < NOTHING)).all())

    @property
    def is_unbounded(self) -> bool:
        return bool(np.isinf(self.radii).any())

    @property
    def tied(self) -> NDArray[np.bool_]:
        """The entries that a tie makes wide."""
        return (self.radii > WIDE * np.maximum(self.sizes, abs(self.middles))) & (self.radii > NOTHING)

    @property
    def accuracy(self) -> float:
        """The largest radius of entries that are not at ties, relative to the terms."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found = self.radii / np.maximum(self.sizes, abs(self.middles))
        return float(np.where(self.tied | (self.radii < NOTHING), 0.0, found).max(initial=0.0))

    def along(self, direction: Floats, bits: int) -> arb:
        """The inner product with a direction."""
        with scope(bits):
            return inner(self.entries, balls_of(direction))

    def enclosure(self, column: int) -> Enclosure:
        return enclosure(self.entries[column])


def raveled(parts: Sequence[Entries]) -> Entries:
    return np.concatenate([part.ravel() for part in parts])


def unit(index: int, size: int) -> Floats:
    """The basis vector of this number."""
    result = np.zeros(size)
    result[index] = 1.0
    return result


def cut(vector: Floats, shapes: Sequence[tuple[int, ...]]) -> list[Floats]:
    """A vector as arrays of these shapes, one after the other."""
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), shapes, strict=True)]


def described(remark: Remark) -> str:
    """tie in entry [0,3] of the primitive max (model.py:12)."""
    note, equation = remark.where, None
    span = None
    while note is not None and span is None:
        found, note = note
        equation, span = equation or found, code_span(found)
    entry = f" at entry [{','.join(map(str, remark.entry))}]" if remark.entry else ""
    where = "" if span is None else f" ({span.file.rpartition('/')[2]}:{span.line})"
    return f"{remark.reason}{entry} of {equation.primitive.name if equation is not None else 'the program'}{where}"


class ExactProgram:
    """A derivative program of JAX's in exact arithmetic: of the leaves of a point, and of tangents or cotangents."""

    def __init__(self, program: ClosedJaxpr, leaves: Sequence[NDArray[Any]]) -> None:
        self._program, self._leaves = program, leaves
        self._once: dict[int, Once] = {}  # by precision: what only the point decides

    def __call__(self, moved: Sequence[NDArray[Any]], bits: int) -> Entries | UnsupportedError:
        """The results, one after the other, or why they are not known."""
        if bits not in self._once:
            self._once[bits] = Once.of(self._program, len(self._leaves))
        arrays, once = Arrays(), self._once[bits]
        try:
            with scope(bits):
                return raveled([arrays.known(each).entries for each in follow(self._program, [*self._leaves, *moved], arrays, once)])
        except Undecided as undecided:
            return UnsupportedError(str(undecided))
        except UnsupportedError as unsupported:
            return unsupported


class LinearProgram:
    """JAX's own pushforward in exact arithmetic: of the point, then of tangents, in which it is linear; followed once."""

    def __init__(self, program: ClosedJaxpr, point: Sequence[NDArray[Any]], bits: int) -> None:
        """Raises UnsupportedError where it is not followed."""
        self._arrays, self._bits = Arrays(), bits
        try:
            with scope(bits):
                self._tangents = [self._arrays.input(np.ones(leaf.shape)) for leaf in point]
                self._outputs = [self._arrays.known(each) for each in follow(program, [*point, *self._tangents], self._arrays)]
        except Undecided as undecided:
            raise UnsupportedError(str(undecided)) from None

    def row(self, weights: Sequence[Floats]) -> Entries:
        """Σ weight·row: what each unit tangent gives."""
        moving = [(o.variable, balls_of(w)) for o, w in zip(self._outputs, weights, strict=True) if o.variable is not None]
        variables = [each.variable for each in self._tangents if each.variable is not None]
        with scope(self._bits):
            found = self._arrays.tape.pull(moving, variables)
        shapes = [each.shape for each in self._tangents]
        return raveled([balls_of(np.zeros(shape)) if f is None else f for f, shape in zip(found, shapes, strict=True)])
