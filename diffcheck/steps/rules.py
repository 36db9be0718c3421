"""The rules of differentiation, as a table: the name of each, and the derivative that it makes of operands and their derivatives.

A slope is the derivative of an operand; None says that the operand does not depend on the variable. Derivatives of the functions of the
table are SymPy's, as `diffcheck derive` has them; whether each step is right is decided by others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from diffcheck.engines.symbolic import Differentiator
from diffcheck.graph.build import read
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Graph
from diffcheck.steps.arithmetic import TidyBuilder

Slopes = Sequence[int | None]
Make = Callable[[TidyBuilder, Sequence[int], Slopes], int]
Applies = Callable[[Slopes], bool]
E = Apply("e", ())


@dataclass(frozen=True, slots=True)
class DerivativeRule:
    """`make` builds the derivative; `constant` is what its law calls an operand that does not depend on the variable."""

    name: str
    make: Make
    constant: str = "c"
    inner: Make | None = None  # what is differentiated instead, and its derivative handed to `make` as the only slope


def _sum(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    return a.sum_of([slope for slope in slopes if slope is not None])


def _difference(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    zero = a.number(0)
    left, right = (zero if slope is None else slope for slope in slopes)
    return a.minus(left, right)


def _opposite(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    return a.opposite(_known(slopes[0]))


def _product(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    (u, v), (du, dv) = operands, map(_known, slopes)
    return a.plus(a.times(du, v), a.times(u, dv))


def _constant_factor(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    (u, v), (du, dv) = operands, slopes
    return a.times(u, _known(dv)) if du is None else a.times(v, du)


def _quotient(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    (u, v), (du, dv) = operands, map(_known, slopes)
    return a.over(a.minus(a.times(du, v), a.times(u, dv)), a.raised(v, a.number(2)))


def _constant_divisor(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    return a.over(_known(slopes[0]), operands[1])


def _reciprocal(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    u, v = operands
    return a.opposite(a.over(a.times(u, _known(slopes[1])), a.raised(v, a.number(2))))


def _power(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    u, n = operands
    return a.times(a.times(n, a.raised(u, a.minus(n, a.number(1)))), _known(slopes[0]))


def _exponential(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    base, v = operands
    power = a.raised(base, v)
    return a.times(power if a.nodes[base] == E else a.times(power, a.apply("log", (base,))), _known(slopes[1]))


def _logarithm_of_power(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    u, v = operands
    return a.times(v, a.apply("log", (u,)))


def _logarithmic(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    u, v = operands
    return a.times(a.raised(u, v), _known(slopes[0]))


def _branches(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    zero = a.number(0)
    return a.apply("where", (operands[0], *(zero if slope is None else slope for slope in slopes[1:])))


def _larger(function: str) -> Make:
    """Of two operands the slope of the one that is taken; of more, of the last one or of what is taken of those before it."""

    def make(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
        zero = a.number(0)
        taken, slope = operands[0], zero if slopes[0] is None else slopes[0]
        for operand, other in zip(operands[1:], slopes[1:], strict=True):
            condition = a.apply(function, (taken, operand))
            slope = a.apply("where", (condition, slope, zero if other is None else other))
            taken = a.apply("where", (condition, taken, operand))
        return slope

    return make


def _step(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
    return a.number(0)


def _known(slope: int | None) -> int:
    assert slope is not None
    return slope


RULES: dict[str, tuple[tuple[Applies, DerivativeRule], ...]] = {  # of each operation the first one that applies
    "add": ((any, DerivativeRule("sum rule", _sum)),),
    "subtract": ((any, DerivativeRule("difference rule", _difference)),),
    "negate": ((any, DerivativeRule("constant factor -1", _opposite)),),
    "multiply": (
        (lambda s: None not in s, DerivativeRule("product rule", _product)),
        (any, DerivativeRule("constant factor", _constant_factor)),
    ),
    "divide": (
        (lambda s: None not in s, DerivativeRule("quotient rule", _quotient)),
        (lambda s: s[1] is None, DerivativeRule("constant factor", _constant_divisor)),
        (any, DerivativeRule("reciprocal rule", _reciprocal)),
    ),
    "integer_power": ((any, DerivativeRule("power rule", _power, "n")),),
    "power": (
        (lambda s: None not in s, DerivativeRule("logarithmic differentiation", _logarithmic, inner=_logarithm_of_power)),
        (lambda s: s[1] is None, DerivativeRule("power rule", _power, "n")),
        (any, DerivativeRule("exponential rule", _exponential, "a")),
    ),
    "where": ((any, DerivativeRule("branch by branch", _branches)),),
    "max": ((any, DerivativeRule("branch by branch", _larger("greater"))),),
    "min": ((any, DerivativeRule("branch by branch", _larger("less"))),),
}


def any_slope(slopes: Slopes) -> bool:
    return any(slope is not None for slope in slopes)


def rule_of(function: str, slopes: Slopes) -> DerivativeRule:
    """The rule for an operation whose operands have these derivatives. Raises UnsupportedError where SymPy knows none."""
    for applies, rule in RULES.get(function, ()):
        if any_slope(slopes) if applies is any else applies(slopes):
            return rule
    if FUNCTIONS[function].is_step:
        return DerivativeRule("constant between its jumps", _step)
    return DerivativeRule(f"derivative of {function}", _of_table(function))


def _of_table(function: str) -> Make:
    """Σ ∂F/∂uₖ·uₖ′."""

    def make(a: TidyBuilder, operands: Sequence[int], slopes: Slopes) -> int:
        terms = []
        for k, slope in enumerate(slopes):
            if slope is not None:
                names = FUNCTIONS[function].names
                partial = a.graft(_partial(function, k), dict(zip(names, operands, strict=False)))
                terms.append(a.times(partial, slope))
        return a.sum_of(terms)

    return make


@cache
def _partial(function: str, k: int) -> Graph:
    """SymPy's derivative of a function of the table with respect to one parameter."""
    names = FUNCTIONS[function].names
    problem = read(f"{function}({', '.join(names)})")
    return Differentiator(problem).derivative(names[k]).flat
