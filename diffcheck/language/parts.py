"""What the tree is made of while it is built, and has no place in it afterwards."""

from __future__ import annotations

from typing import NamedTuple

from diffcheck.language.syntax import Expression, Span


class Pair(NamedTuple):
    """`(value, condition)` inside piecewise."""

    value: Expression
    condition: Expression
    span: Span


class Asked(NamedTuple):
    """`d/dx body`: the derivative of the body is asked for, by these variables."""

    wrt: tuple[str, ...]
    body: Expression
    span: Span


class Claimed(NamedTuple):
    """`f'(x) = body`: what a claim says."""

    body: Expression
    span: Span


class Keyword(NamedTuple):
    """`base=2` between the arguments of a call."""

    name: str
    value: Expression
    span: Span
    equals: Span
