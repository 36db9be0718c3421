"""The text of `read as:`: a program with all its brackets, so that the user sees how it was understood.

The reading is itself an expression of the language and parses to an equal tree.
"""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from diffcheck.language.names import CONSTANTS
from diffcheck.language.syntax import (
    Binding,
    Component,
    Composition,
    Expression,
    Factor,
    Literal,
    Name,
    Operation,
    Script,
    Vector,
    postorder,
)

SIGNS = {
    "add": " + ",
    "subtract": " - ",
    "multiply": "*",
    "divide": "/",
    "power": "^",
    "less": " < ",
    "less_equal": " <= ",
    "greater": " > ",
    "greater_equal": " >= ",
    "equal": " == ",
    "not_equal": " != ",
    "and": " and ",
    "or": " or ",
}
SIGNS_BEFORE = {"negate": "-", "not": "not "}

# beyond this power of ten a number is easier to read with an exponent
WRITTEN_OUT = 16


def read_back(program: Script) -> str:
    """The reading of a program: x^2+3x+2 is `((x^2) + (3*x)) + 2`."""
    statements = [_definition(definition) for definition in program.definitions]
    if program.expression is not None:
        statements.append(read_expression(program.expression))
    return "; ".join(statements)


def read_expression(expression: Expression) -> str:
    """The reading of one expression."""
    # parts come before wholes, so the readings of a whole's parts are the last ones on the stack
    readings: list[str] = []
    for part in postorder(expression):
        match part:
            case Literal():
                readings.append(part.literal or _number(part))
            case Name(name=name):
                readings.append(name)
            case Vector(parts=parts):
                readings.append(f"[{', '.join(_take(readings, len(parts)))}]")
            case Component(place=place):
                (vector,) = _take(readings, 1)
                readings.append(f"({vector})[{place}]" if isinstance(part.vector, Operation) else f"{vector}[{place}]")
            case Operation(operands=operands):
                inner = _take(readings, len(operands))
                readings.append(_operation(part, inner))
            case Composition(arguments=arguments):
                inner = _take(readings, len(arguments))
                readings.append(f"{_function(part.factors)}({', '.join(inner)})")
    return readings[0]


def suggest_product(name: str, known: Collection[str]) -> str | None:
    """`x*y` for the unknown name xy, when it splits into known names or constants; None when it does not."""
    words = {*known, *CONSTANTS}
    # best[i]: the split of the first i characters into the fewest words
    best: list[tuple[str, ...] | None] = [(), *[None] * len(name)]
    for stop in range(1, len(name) + 1):
        last_words = [(at, name[at:stop]) for at in range(stop) if name[at:stop] in words]
        splits = [(*split, word) for at, word in last_words if (split := best[at]) is not None]
        best[stop] = min(splits, key=len, default=None)
    split = best[len(name)]
    return "*".join(split) if split and len(split) > 1 else None


def _take(readings: list[str], count: int) -> list[str]:
    inner = readings[len(readings) - count :]
    del readings[len(readings) - count :]
    return inner


def _operation(operation: Operation, inner: list[str]) -> str:
    if operation.operator == "where":
        return f"where({', '.join(inner)})"
    operands = [
        f"({reading})" if isinstance(part, Operation) and part.operator != "where" else reading
        for part, reading in zip(operation.operands, inner, strict=True)
    ]
    if len(operands) == 1:
        return SIGNS_BEFORE[operation.operator] + operands[0]
    return SIGNS[operation.operator].join(operands)


def _definition(definition: Binding) -> str:
    left = f"{definition.name}({', '.join(definition.parameters)})" if definition.parameters else definition.name
    return f"{left} = {read_expression(definition.body)}"


def _function(factors: tuple[Factor, ...]) -> str:
    names = "∘".join(_factor(factor) for factor in factors)
    return names if len(factors) == 1 else f"({names})"


def _factor(factor: Factor) -> str:
    iterations = f"@{factor.iterations}" if factor.iterations != 1 else ""
    entry = "" if factor.entry is None else f"[{factor.entry}]"
    return factor.name + "'" * factor.primes + iterations + entry


def _number(number: Literal) -> str:
    """A literal for a number that has none, exactly; with a point or an exponent if it is not an integer."""
    if number.is_integer:
        return str(number.value)
    digits, exponent = _digits_and_exponent(number.value)
    point = len(digits) + exponent  # where the decimal point stands, counted from the first digit
    if -4 < point <= WRITTEN_OUT and len(digits) - point <= WRITTEN_OUT:
        digits = digits.zfill(len(digits) - point + 1) if point <= 0 else digits.ljust(point, "0")
        point = max(point, 1)
        return f"{digits[:point]}.{digits[point:] or '0'}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1}"


def _digits_and_exponent(value: Fraction) -> tuple[str, int]:
    """value = digits · 10^exponent, without trailing zeros in digits."""
    exponent = 0
    numerator, denominator = value.numerator, value.denominator
    twos = (denominator & -denominator).bit_length() - 1
    fives = 0
    rest = denominator >> twos
    while rest % 5 == 0:
        rest //= 5
        fives += 1
    if rest != 1:
        raise ValueError(f"{value} is not a finite decimal")
    exponent = -max(twos, fives)
    numerator *= 2 ** (-exponent - twos) * 5 ** (-exponent - fives)
    while numerator and numerator % 10 == 0:
        numerator //= 10
        exponent += 1
    return str(numerator), exponent if numerator else 0
