"""A function of one variable on a whole interval: where it is proved smooth or undefined, by bisection with balls.

The variable is a ball that covers a part of the interval. Where the power series can be followed around it without trouble,
every operation is analytic at every real number of the part: f is defined and smooth there. A part in trouble is halved, down to
neighbouring floats (Moore 1966). `places` describes what is left then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

from flint import arb, arb_series, fmpq

from diffcheck.engines.certified.certificate import scope
from diffcheck.engines.certified.line.algebra import POINT, Line
from diffcheck.engines.certified.status.floats import middle, ordinal
from diffcheck.engines.certified.values import Trouble, TroubleKind, Value, is_finite, undefined
from diffcheck.engines.certified.work import cost
from diffcheck.errors import InternalError
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import MEANT, Function
from diffcheck.graph.graph import Definition, Graph, evaluate
from diffcheck.results import Piece, Status

PRECISIONS = (128, 512, 2048)
EVALUATIONS = 30_000  # of the function, on one part each
WORK = 1_600_000  # operations on short numbers, on the whole interval: some ten seconds
MOST_UNFINISHED = 20  # parts that the budget left over: more are joined, with what lies between
UNFINISHED = "the budget of the bisection ran out"

ACROSS = Line(2)
Pair: TypeAlias = tuple[Value, Value]


@dataclass(frozen=True, slots=True)
class Centred:
    """The algebra of a part: each value as a series on the whole ball, and at the middle of the ball.

    By the mean value theorem (Neumaier 1990, §2.3) u(x) lies in u(middle) + u'(ball)·(x - middle), which is much narrower than
    u(ball) where the variable occurs more than once: the widths of x² - 2x + 1 cancel.
    """

    offset: arb  # x - middle

    def constant(self, value: Fraction) -> Pair:
        constant = ACROSS.constant(value)
        return constant, constant

    def apply(self, function: Function, arguments: Sequence[Pair]) -> Pair:
        if function.column("ball") is MEANT and not (function.domain or function.demands):
            return evaluate(meaning(function.name), self, dict(zip(function.names, arguments, strict=True)))
        across = ACROSS.apply(function, [u for u, _ in arguments])
        return self._narrowed(across, POINT.apply(function, [u for _, u in arguments]))

    def call(self, definition: Definition, order: int, arguments: Sequence[Pair]) -> Pair:
        across = ACROSS.call(definition, order, [u for u, _ in arguments])
        return self._narrowed(across, POINT.call(definition, order, [u for _, u in arguments]))

    def _narrowed(self, across: Value, in_the_middle: Value) -> Pair:
        if isinstance(across, arb_series) and across.prec >= 2 and isinstance(in_the_middle, (arb, fmpq)):
            try:
                first = across[0].intersection(in_the_middle + across[1] * self.offset)
            except ValueError as error:
                raise InternalError("two enclosures of one value on an interval do not overlap") from error
            across = arb_series([first, across[1]], prec=2)
        return across, in_the_middle


class Budget:
    """The work that may still be done on a graph."""

    def __init__(self, graph: Graph) -> None:
        self.left: float = WORK
        self._graph = graph

    def spend(self, precision_bits: int) -> None:
        """One evaluation of the graph."""
        self.left -= cost(self._graph, ACROSS.terms, precision_bits)


def parts(graph: Graph, variable: str, lower: float, upper: float) -> list[Piece]:
    """The interval [lower, upper] of floats in parts, ends included: smooth or undefined throughout (proved), or undecided."""
    budget = Budget(graph)
    waiting, found = deque([(lower, upper)]), list[Piece]()
    for _ in range(EVALUATIONS):
        if not waiting or budget.left <= 0:
            break
        part, is_final = _examined(graph, variable, *waiting.popleft(), budget)
        half = None if is_final else middle(part.lower, part.upper)
        if half is None:
            found.append(part)
        else:
            waiting += ((part.lower, half), (half, part.upper))
    unfinished = _joined([Piece(low, high, Status.UNDECIDED, None, UNFINISHED) for low, high in sorted(waiting)])
    return list(_merged(sorted(found, key=lambda part: part.lower), unfinished))


def _examined(graph: Graph, variable: str, lower: float, upper: float, budget: Budget) -> tuple[Piece, bool]:
    """What is proved of a part, and whether halving it could not improve that."""
    value = _followed(graph, variable, lower, upper, budget)
    if not isinstance(value, Trouble):
        return Piece(lower, upper, Status.SMOOTH), True
    status = Status.UNDEFINED if value.kind is TroubleKind.UNDEFINED else Status.UNDECIDED
    return Piece(lower, upper, status, None, value.reason), value.kind is not TroubleKind.UNPROVED


def _followed(graph: Graph, variable: str, lower: float, upper: float, budget: Budget) -> Value:
    """f on a part; with more precision while not even the middle of it is decided."""
    across: Value = False
    for precision_bits in PRECISIONS:
        budget.spend(precision_bits)
        with scope(precision_bits):
            x = arb(lower).union(arb(upper))
            pair = ACROSS.variable(x, 1), x.mid()
            across, in_the_middle = evaluate(graph, Centred(arb(0, x.rad())), {variable: pair})
        if not (isinstance(in_the_middle, Trouble) and in_the_middle.kind is TroubleKind.UNPROVED):
            break
    if isinstance(across, (arb, arb_series)) and not is_finite(across):
        return undefined("f is infinite there")
    return across


def _joined(unfinished: list[Piece]) -> list[Piece]:
    """Neighbours as one, and where there are still many, those with the fewest floats between them."""
    gaps = [ordinal(right.lower) - ordinal(left.upper) for left, right in zip(unfinished, unfinished[1:], strict=False)]
    narrowest = max(0, *sorted(gaps)[: -MOST_UNFINISHED + 1]) if len(gaps) >= MOST_UNFINISHED else 0
    joined = unfinished[:1]
    for gap, part in zip(gaps, unfinished[1:], strict=True):
        if gap <= narrowest:
            joined[-1] = replace(joined[-1], upper=part.upper)
        else:
            joined.append(part)
    return joined


def _merged(decided: Sequence[Piece], unfinished: Sequence[Piece]) -> Iterator[Piece]:
    """All parts in order, neighbours of one status joined; parts inside an unfinished one are left out."""
    within = {part for part in decided if any(u.lower <= part.lower and part.upper <= u.upper for u in unfinished)}
    last: Piece | None = None
    for part in sorted([part for part in decided if part not in within] + list(unfinished), key=lambda part: part.lower):
        if last is not None and _same(last, part):
            last = replace(last, upper=part.upper)
            continue
        if last is not None:
            yield last
        last = part
    if last is not None:
        yield last


def _same(left: Piece, right: Piece) -> bool:
    """Whether neighbours are one piece: smooth, undefined for one reason, or undecided floats side by side."""
    if left.status is not right.status:
        return False
    return left.status is not Status.UNDEFINED or left.reason == right.reason
