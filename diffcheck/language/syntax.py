"""The syntax tree: what was written, with the place of every part in the text.

Operators are `Operation`s, everything with brackets behind a name is a `Call`. The tree says nothing about meaning:
whether `f` is a definition or a function of the table is found by `diffcheck.graph.build`.
A tree may be thousands of levels deep (x+x+x+…): walk it with `postorder`, never by recursion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Span:
    """The characters `start` to `end` (exclusive) of the text that was parsed."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A literal: the exact rational that it spells. `is_integer` is False for `2.0` and `2e3`."""

    value: Fraction
    is_integer: bool
    span: Span
    literal: str = ""  # as it was written; empty in a tree that was not parsed


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A variable, a parameter or a reserved constant (e, pi, tau, inf)."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operator applied: its name in the table (add, less, and, where, …) and its operands."""

    operator: str
    operands: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """One factor of a composition: f, f'' (primes=2), f@3 (iterations=3) or F[0] (entry=0)."""

    name: str
    span: Span
    primes: int = 0
    iterations: int = 1
    entry: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """`(f∘g@3∘h')(x)`: factors from the outermost to the innermost; f(x) has one factor."""

    factors: tuple[Factor, ...]
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """`[a, b]`: numbers, or the rows of a matrix."""

    parts: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """`v[0]`: one entry of a vector, counted from 0."""

    vector: Expression
    place: int
    span: Span


Expression = Literal | Name | Operation | Composition | Vector | Component


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """`f(x, y) = body`, or `y = body` without parameters."""

    name: str
    parameters: tuple[str, ...]
    body: Expression
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """Definitions in the order of the text, and the bare expression after them, if there is one."""

    text: str
    definitions: tuple[Binding, ...]
    expression: Expression | None
    wrt: tuple[str, ...] = ()  # the variables of d/dx before the expression
    claimed: Span | None = None  # f'(x) = expression: it is a derivative


def children(expression: Expression) -> tuple[Expression, ...]:
    """The parts that an expression is directly made of."""
    match expression:
        case Operation(operands=operands):
            return operands
        case Composition(arguments=arguments):
            return arguments
        case Vector(parts=parts):
            return parts
        case Component(vector=vector):
            return (vector,)
        case _:
            return ()


def postorder(expression: Expression) -> Iterator[Expression]:
    """Every part of an expression, parts before wholes, without recursion."""
    stack = [(expression, False)]
    while stack:
        part, parts_are_done = stack.pop()
        if parts_are_done:
            yield part
            continue
        stack.append((part, True))
        stack.extend((child, False) for child in reversed(children(part)))
