"""Whether the conditions of piecewise leave no number out, as `x < 0` and `x >= 0`: then the last one is "otherwise".

Conditions that compare one variable with rational numbers are constant between these numbers, so a look at them and at one number
in each gap between them decides exactly.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from diffcheck.language.syntax import Expression, Literal, Name, Operation, postorder

EVALUATED: dict[str, Callable[..., Any]] = {
    "negate": operator.neg, "divide": operator.truediv, "less": operator.lt, "less_equal": operator.le, "greater": operator.gt,
    "greater_equal": operator.ge, "equal": operator.eq, "not_equal": operator.ne, "and": lambda a, b: a and b,
    "or": lambda a, b: a or b, "not": operator.not_,
}  # fmt: skip
ARITHMETIC = ("negate", "divide")
MOST = 50  # comparisons that are looked at


def cover_everything(conditions: Sequence[Expression]) -> bool:
    """Whether each real number satisfies one of the conditions; False where that is not clear."""
    parts = [part for condition in conditions for part in postorder(condition)]
    names = {part.name for part in parts if isinstance(part, Name)}
    if len(names) != 1 or len(parts) > 5 * MOST or not all(map(_is_known, parts)):
        return False
    try:
        ends = sorted({_value(part, Fraction()) for part in parts if _is_end(part)})
        return all(any(_value(condition, number) for condition in conditions) for number in _samples(ends))
    except ZeroDivisionError:
        return False


def _is_known(part: Expression) -> bool:
    """Whether it is the variable, a number, or a truth about them that is constant between the numbers."""
    if isinstance(part, Operation) and part.operator not in ARITHMETIC:
        return part.operator in EVALUATED
    return isinstance(part, Name) or _is_end(part)


def _is_end(part: Expression) -> bool:
    """A number, with a sign or as a quotient."""
    is_arithmetic = isinstance(part, Operation) and part.operator in ARITHMETIC and all(map(_is_end, part.operands))
    return isinstance(part, Literal) or is_arithmetic


def _samples(ends: Sequence[Fraction]) -> list[Fraction]:
    if not ends:
        return [Fraction()]
    between = [(left + right) / 2 for left, right in zip(ends, ends[1:], strict=False)]
    return [ends[0] - 1, *ends, *between, ends[-1] + 1]


def _value(expression: Expression, number: Fraction) -> Any:
    """The truth of a condition, or the value of a side of it, where the variable is this number."""
    stack: list[Any] = []
    for part in postorder(expression):
        match part:
            case Literal(value=value):
                stack.append(value)
            case Name():
                stack.append(number)
            case Operation(name, operands):
                inner = stack[len(stack) - len(operands) :]
                del stack[len(stack) - len(operands) :]
                stack.append(EVALUATED[name](*inner))
    return stack[0]
