"""The functions of the table on arrays of balls, and what else a program over arrays does.

What is linear is done on whole arrays. Any other function is applied entry by entry, by the rules of single balls: its value and
its partial derivatives are the first two Taylor coefficients along each argument. At an exact tie the derivative of `max`, `min`,
`abs` and of a continuous `where` lies between those of both sides: there the partial derivatives are balls that hold both, so that
what follows encloses the generalised derivative, and is narrow where the tie makes no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from flint import arb, arb_series, fmpq
from numpy.typing import NDArray

from diffcheck.engines.certified.arrays import spectral, steps
from diffcheck.engines.certified.arrays.balls import (
    NAN,
    ONE,
    ZERO,
    Balls,
    Entries,
    Places,
    Undecided,
    array_of,
    arrayed,
    balls_of,
    collected,
    floats_of,
    gathered,
    product,
)
from diffcheck.engines.certified.arrays.conditions import (
    COMPARISONS,
    EITHER,
    NO,
    OVERLAP,
    TIE,
    UNKNOWN,
    YES,
    Conditions,
    Doubtful,
    any_of,
    both,
    compared,
    leading,
    negated,
    ordered,
    settled,
    states,
)
from diffcheck.engines.certified.arrays.tape import Tape
from diffcheck.engines.certified.line.algebra import Line
from diffcheck.engines.certified.values import Trouble
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import FUNCTIONS, MEANT, Function
from diffcheck.graph.graph import Definition, Graph, evaluate

Value: TypeAlias = Balls | Doubtful | NDArray[Any]  # arrays of NumPy are known, and exactly what they are
HALF, BETWEEN, SIDES = arb(1) / 2, arb(0.5, 0.5), arb(0, 1)  # BETWEEN holds 0 to 1, SIDES -1 to 1


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that happened at an entry of an array: a tie, or why there is no value."""

    reason: str
    entry: tuple[int, ...]
    where: Any  # the caller's note of the operation


class Arrays:
    """Follows a program over arrays at one point. `note` is kept with what is remarked: the operation that is being followed."""

    def __init__(self) -> None:
        self.tape = Tape()
        self.note: Any = None
        self.ties: list[Remark] = []
        self.troubles: list[Remark] = []

    # What goes in

    def input(self, numbers: NDArray[Any]) -> Balls:
        """An array that the derivative is taken by."""
        return Balls(balls_of(numbers), self.tape.input())

    def known(self, value: Value) -> Balls:
        """An array of numbers as balls."""
        if isinstance(value, Doubtful):
            raise Undecided(OPEN)
        return value if isinstance(value, Balls) else Balls(balls_of(value))

    def integers(self, value: Value) -> NDArray[Any]:
        """Whole numbers that are known; raises Undecided."""
        if isinstance(value, Doubtful):
            raise Undecided("a branch at a tie" if (value.states == EITHER).any() else OPEN)
        if not isinstance(value, Balls):
            return value
        if not all(ball.is_integer() for ball in value.entries.ravel().tolist()):
            raise Undecided("an index that the balls do not decide")
        return np.array([int(ball.unique_fmpz()) for ball in value.entries.ravel().tolist()], np.int64).reshape(value.shape)

    def decided(self, value: Value) -> bool:
        """A condition that the program branches by; raises Undecided."""
        return bool(self.integers(value).item())

    def floats(self, value: Value) -> NDArray[np.float64]:
        """The midpoints."""
        return floats_of(self.known(value).entries)

    # What is linear

    def moved(self, operands: Sequence[Value], places: Places) -> Value:
        """The entries of some arrays, numbered one array after the other, at other places."""
        if any(isinstance(operand, Doubtful) for operand in operands):
            return settled(np.asarray(np.concatenate([states(operand).ravel() for operand in operands])[places]))
        if not any(isinstance(operand, Balls) for operand in operands):
            return gathered(np.concatenate([operand.ravel() for operand in operands]), places)  # type: ignore[union-attr]
        balls = [self.known(operand) for operand in operands]
        starts = np.cumsum([0, *(ball.entries.size for ball in balls)]).tolist()
        entries = gathered(np.concatenate([ball.entries.ravel() for ball in balls]), places)
        moving = [(ball.variable, start, ball.shape) for ball, start in zip(balls, starts, strict=False) if ball.variable is not None]
        if not moving:
            return Balls(entries)
        sources, offsets, shapes = zip(*moving, strict=True)
        return Balls(entries, self.tape.add(steps.Move(sources, offsets, shapes, places)))

    def summed(self, operand: Value, places: Places, shape: Sequence[int]) -> Balls:
        """Each entry added to one place of an array of zeros."""
        balls, size = self.known(operand), int(np.prod(shape))
        entries = collected(balls.entries, places, size).reshape(shape)
        if balls.variable is None:
            return Balls(entries)
        return Balls(entries, self.tape.add(steps.Sum((balls.variable,), places, tuple(shape))))

    def product(self, left: Value, right: Value) -> Balls:
        """Products of matrices, batch by batch."""
        a, b = self.known(left), self.known(right)
        entries = product(a.entries, b.entries)
        if a.variable is None and b.variable is None:
            return Balls(entries)
        return Balls(entries, self.tape.add(steps.Product(a.entries, b.entries, (a.variable, b.variable))))

    # What the places of entries depend on

    def first(self, operand: Value, largest: bool) -> NDArray[np.int64]:
        """The index of the first largest or smallest entry of each row; raises Undecided."""
        balls = self.known(operand)
        found = [leading(row, 1 if largest else -1, balls.variable is not None) for row in _rows(balls)]
        return np.array(found, np.int64).reshape(balls.shape[:-1])

    def order(self, operand: Value) -> NDArray[np.int64]:
        """The indices of the entries of each row, the smallest first; raises Undecided."""
        balls = self.known(operand)
        return np.array([ordered(row, balls.variable is not None) for row in _rows(balls)], np.int64).reshape(balls.shape)

    # Eigenvalues

    def symmetric_eigen(self, operand: Value, like: Callable[[Any], Any]) -> tuple[Value, Value]:
        """Eigenvalues and vectors of symmetric matrices (b, n, n); raises Undecided where eigenvalues may be equal."""
        return spectral.symmetric(self.tape, self.known(operand), like)

    def eigenvalues(self, real: Value, imag: Value, like: Callable[[Any], Any]) -> tuple[Value, Value]:
        """Parts of the eigenvalues of complex matrices (b, n, n); raises Undecided where they may be equal."""
        return spectral.general(self.tape, (self.known(real), self.known(imag)), like)

    # The functions of the table

    def evaluated(self, graph: Graph, values: dict[str, Value]) -> Value:
        """A graph of scalars, of arrays of one shape entry by entry."""
        return evaluate(graph, self, values)

    def constant(self, value: Fraction) -> Value:
        return Balls(array_of([arb(fmpq(value.numerator, value.denominator))], ()))

    def call(self, definition: Definition, order: int, arguments: Sequence[Value]) -> Value:
        raise Undecided(f"a derivative of {definition.name} within a program")

    def apply(self, function: Function, arguments: Sequence[Value]) -> Value:
        name = function.name
        if name in LOGIC:
            return settled(LOGIC[name](*map(states, arguments)))
        if name == "where":
            condition, a, b = arguments
            return self._where(states(condition), a, b)
        operands = self._alike([self.known(argument) for argument in arguments])
        if name in COMPARISONS:
            return settled(COMPARISONS[name](*operands))
        if name in LINEAR:
            return self._scaled(LINEAR_VALUES[name](*(operand.entries for operand in operands)), operands, LINEAR[name])
        if name == "multiply":
            a, b = operands
            return self._scaled(a.entries * b.entries, operands, (b.entries, a.entries))
        if name in PIECES:
            return PIECES[name](self, *operands)
        if function.column("ball") is MEANT and function.kinks:
            return self.evaluated(meaning(name), dict(zip(function.names, operands, strict=True)))
        return self._entrywise(function, operands)

    def _alike(self, operands: list[Balls]) -> list[Balls]:
        """The operands in one shape: numbers are repeated."""
        shape = np.broadcast_shapes(*(operand.shape for operand in operands)) if operands else ()
        return [self.repeated(operand, shape) for operand in operands]

    def repeated(self, operand: Balls, shape: tuple[int, ...]) -> Balls:
        if operand.shape == shape:
            return operand
        if operand.variable is None:
            return Balls(np.broadcast_to(operand.entries, shape))
        places = np.broadcast_to(np.arange(operand.entries.size).reshape(operand.shape), shape)
        moved = self.moved([operand], places)
        assert isinstance(moved, Balls)
        return moved

    def _scaled(self, entries: Entries, operands: Sequence[Balls], partials: Sequence[Entries | int]) -> Balls:
        if self.troubles:
            partials = [partial if isinstance(partial, int) else _where_valued(entries, partial) for partial in partials]
        moving = [(operand.variable, partial) for operand, partial in zip(operands, partials, strict=True) if operand.variable is not None]
        if not moving:
            return Balls(arrayed(entries))
        variables, weights = zip(*moving, strict=True)
        return Balls(arrayed(entries), self.tape.add(steps.Scale(variables, weights)))

    def _entrywise(self, function: Function, operands: Sequence[Balls]) -> Balls:
        """The rule of single balls for each entry."""
        shape = operands[0].shape if operands else ()
        moving = [k for k, operand in enumerate(operands) if operand.variable is not None]
        found = [self._entry(function, entry, moving) for entry in _transposed(operands)]
        entries = array_of((value for value, _ in found), shape)
        self._remark_troubles(found, shape)
        if function.is_step:  # where it has a value, it is constant near the point
            return Balls(entries)
        slopes = {k: array_of((partials[i] for _, partials in found), shape) for i, k in enumerate(moving)}
        return self._scaled(entries, operands, [slopes.get(k, 0) for k in range(len(operands))])

    def _entry(self, function: Function, arguments: Sequence[arb], moving: Sequence[int]) -> tuple[arb, list[arb]]:
        """The value and the partial derivatives by some arguments. What is infinite, such as the -inf of a mask, does not change."""
        nowhere: list[arb] = [NAN] * len(moving)
        if any(ball.is_nan() for ball in arguments):
            return NAN, nowhere
        steady = not moving or not all(ball.is_finite() for ball in arguments)
        value, partials = NAN, []
        for k in [None] if steady else moving:
            line = POINT if k is None else SERIES
            found = line.apply(function, [arb_series([ball, 1], prec=2) if i == k else ball for i, ball in enumerate(arguments)])
            if isinstance(found, Trouble):
                self._reason = found.reason
                return NAN, nowhere
            value, partial = _coefficients(found)
            partials.append(partial)
        return value, [ZERO] * len(moving) if steady else partials

    _reason = ""  # of the last trouble

    def _remark_troubles(self, found: Sequence[tuple[arb, list[arb]]], shape: tuple[int, ...]) -> None:
        if self._reason:
            first = next(i for i, (value, _) in enumerate(found) if value.is_nan())
            self._remark(self.troubles, self._reason, np.unravel_index(first, shape))
            self._reason = ""

    def _remark(self, remarks: list[Remark], reason: str, entry: Sequence[Any]) -> None:
        remarks.append(Remark(reason, tuple(map(int, entry)), self.note))

    # Pieces

    def _where(self, conditions: Conditions, a: Value, b: Value) -> Value:
        if all(isinstance(each, Doubtful) or not isinstance(each, Balls) and each.dtype == np.bool_ for each in (a, b)):
            return settled(_of_states(conditions, states(a), states(b)))
        first, second = self.known(a), self.known(b)
        shape = np.broadcast_shapes(conditions.shape, first.shape, second.shape)
        conditions = np.broadcast_to(conditions, shape)
        first, second = self.repeated(first, shape), self.repeated(second, shape)
        places = np.arange(first.entries.size).reshape(shape)
        if not (conditions > YES).any():
            return self.moved([first, second], np.where(conditions == YES, places, places + first.entries.size))
        agree = np.array([_same(x, y) for x, y in _transposed([first, second])], bool).reshape(shape)
        open_ = (conditions > YES) & ~agree
        for place in np.argwhere(open_)[:1]:
            reason = "a branch whose condition is at a tie" if conditions[tuple(place)] == EITHER else OPEN
            self._remark(self.troubles, reason, place)
        entries = np.where(open_, NAN, np.where(conditions == NO, second.entries, first.entries))
        for place in map(tuple, np.argwhere(conditions > YES)):
            entries[place] = entries[place] + 0  # an object of its own: near the point it is neither
        return self._chosen(conditions, entries, (first, second))

    def _chosen(self, conditions: Conditions, entries: Entries, operands: tuple[Balls, Balls]) -> Balls:
        """One of two arrays entry by entry, or something between them."""
        for place in np.argwhere(conditions == EITHER)[:1]:
            self._remark(self.ties, "tie", place)
        first = np.where(conditions == YES, ONE, np.where(conditions == NO, ZERO, BETWEEN))
        second = np.where(conditions == NO, ONE, np.where(conditions == YES, ZERO, BETWEEN))
        return self._scaled(entries, operands, (first, second))

    def _extreme(self, *operands: Balls, direction: int) -> Balls:
        result = operands[0]
        for other in operands[1:]:
            result = self._larger(result, other, direction)
        return result

    def _larger(self, a: Balls, b: Balls, direction: int) -> Balls:
        sides = compared(a, b)
        tied = (sides == TIE) | (sides == OVERLAP)
        takes_first = (sides * direction >= 0).astype(np.int8)
        if not tied.any():
            places = np.arange(a.entries.size).reshape(a.shape)
            found = self.moved([a, b], np.where(takes_first, places, places + a.entries.size))
            assert isinstance(found, Balls)
            return found
        of_both = arb.max if direction > 0 else arb.min
        entries = np.where(takes_first, a.entries, b.entries)
        for place in map(tuple, np.argwhere(tied)):
            entries[place] = of_both(a.entries[place], b.entries[place]) + 0  # an object of its own: near the point it is neither
        return self._chosen(np.where(sides == TIE, EITHER, np.where(sides == OVERLAP, UNKNOWN, takes_first)), entries, (a, b))

    def _absolute(self, a: Balls) -> Balls:
        sides = compared(a, Balls(np.broadcast_to(array_of([ZERO], ()), a.shape)))
        for place in np.argwhere(sides == TIE)[:1]:
            self._remark(self.ties, "tie", place)
        slopes = np.array([SIDES if side in (TIE, OVERLAP) else arb(int(side)) for side in sides.ravel().tolist()] + [None], object)[:-1]
        return self._scaled(array_of(map(abs, a.entries.ravel().tolist()), a.shape), [a], [slopes.reshape(a.shape)])


OPEN = "a condition that the balls do not decide"
POINT, SERIES = Line(1), Line(2)
LINEAR: dict[str, tuple[int, ...]] = {"add": (1, 1), "subtract": (1, -1), "negate": (-1,)}
LINEAR_VALUES: dict[str, Callable[..., Entries]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "negate": lambda a: -a,
}
LOGIC: dict[str, Callable[..., Conditions]] = {"and": both, "or": any_of, "not": negated}
PIECES: dict[str, Callable[..., Balls]] = {
    "max": lambda arrays, *operands: arrays._extreme(*operands, direction=1),
    "min": lambda arrays, *operands: arrays._extreme(*operands, direction=-1),
    "abs": lambda arrays, operand: arrays._absolute(operand),
}
assert set(LOGIC) | set(LINEAR) | set(PIECES) <= set(FUNCTIONS)


def _where_valued(entries: Entries, partial: Entries) -> Entries:
    """Partial derivatives, 0 where there is no value: what is made of it has none, unless it is a branch that is not taken."""
    pairs = zip(arrayed(entries).ravel().tolist(), partial.ravel().tolist(), strict=True)
    return array_of((ZERO if value.is_nan() else each for value, each in pairs), partial.shape)


def _coefficients(found: Any) -> tuple[arb, arb]:
    if isinstance(found, arb_series):
        return found[0], found[1] if found.prec > 1 else NAN
    return arb(found), ZERO


def _rows(balls: Balls) -> list[list[arb]]:
    rows: list[list[arb]] = balls.entries.reshape(-1, balls.shape[-1]).tolist()
    return rows


def _transposed(operands: Sequence[Balls]) -> Any:
    """The entries of all operands, place by place; of none, one empty entry."""
    return zip(*(operand.entries.ravel().tolist() for operand in operands), strict=True) if operands else [()]


def _same(x: arb, y: arb) -> bool:
    return x is y or bool(x.is_exact() and y.is_exact() and x == y)


def _of_states(conditions: Conditions, a: Conditions, b: Conditions) -> Conditions:
    taken = np.where(conditions == YES, a, np.where(conditions == NO, b, conditions))
    return np.where((conditions > YES) & (a == b), a, taken).astype(np.int8)


__all__ = ["Arrays", "Remark", "Value"]
