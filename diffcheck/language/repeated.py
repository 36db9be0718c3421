"""What a text says more than once: equal parts are one node of the graph, so that JAX computes, and differentiates, them once."""

from __future__ import annotations

from collections import Counter

from diffcheck.language.reading import read_expression
from diffcheck.language.syntax import Composition, Expression, Literal, Name, Operation, children, postorder

SHOWN = 3
LONGEST = 40  # characters of a part that is quoted


def repeated(body: Expression) -> list[tuple[str, int]]:
    """The parts with variables that are written more than once, and how often; none that only occurs within another one."""
    keys: dict[int, int] = {}  # of each part, a number that equal parts have in common
    numbers: dict[object, int] = {}
    first: dict[int, Expression] = {}
    for part in postorder(body):
        key = numbers.setdefault(_key(part, [keys[id(child)] for child in children(part)]), len(numbers))
        keys[id(part)] = key
        first.setdefault(key, part)
    counts = Counter(keys[id(part)] for part in postorder(body) if _counts(part))
    often = {key: count for key, count in counts.items() if count > 1 and _has_variable(first[key])}
    within = {keys[id(child)] for key in often for child in children(first[key]) if often.get(keys[id(child)]) == often[key]}
    return [(read_expression(first[key]), count) for key, count in often.items() if key not in within]


def note(body: Expression) -> str:
    """What a report says of it; '' where nothing is repeated."""
    found = [(text, count) for text, count in repeated(body) if len(text) <= LONGEST]
    if not found:
        return ""
    listed = ", ".join(f"{text} ({count} times)" for text, count in found[:SHOWN])
    return f"what is written more than once is computed, and differentiated, once: {listed}{', …' * (len(found) > SHOWN)}"


def _key(part: Expression, parts: list[int]) -> object:
    match part:
        case Literal(value=value, is_integer=is_integer):
            return value, is_integer
        case Name(name=name):
            return name
        case Operation(operator=operator):
            return (operator, *parts)
        case Composition(factors=factors):
            return (*((factor.name, factor.primes, factor.iterations, factor.entry) for factor in factors), *parts)
        case _:
            return type(part), getattr(part, "place", None), *parts


def _counts(part: Expression) -> bool:
    """Whether it is computed at all."""
    return isinstance(part, (Operation, Composition))


def _has_variable(part: Expression) -> bool:
    return any(isinstance(each, Name) for each in postorder(part))
