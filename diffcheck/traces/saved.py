"""What reverse mode keeps, in the words of the trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from diffcheck.engines.jax.residuals import Argument, Made, NodeValue, Operand, Residual
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.text import Short
from diffcheck.traces.labels import Labels

SIGNS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "==", "ne": "!=", "add": "+", "sub": "-", "mul": "*", "div": "/"}


@dataclass(frozen=True, slots=True)
class Saved:
    """Which rows are kept, and what else on behalf of which node; `words` has all of it."""

    nodes: frozenset[int]
    inputs: frozenset[str]
    beside: Mapping[int, tuple[str, ...]]
    words: tuple[str, ...]


def saved_by(residuals: Sequence[Residual], labels: Labels, variables: Sequence[str]) -> Saved:
    """What these residuals are; arguments are variables, by their place."""
    nodes, inputs, beside, words = set[int](), set[str](), dict[int, tuple[str, ...]](), list[str]()
    for residual in residuals:
        match residual:
            case NodeValue(node):
                nodes.add(node)
            case Argument(place):
                inputs.add(variables[place])
            case Made(_, _, int(node)):
                beside[node] = (*beside.get(node, ()), _words(residual, labels, variables))
        words.append(_words(residual, labels, variables))
    return Saved(frozenset(nodes), frozenset(inputs), beside, tuple(words))


def _words(residual: Operand | Made, labels: Labels, variables: Sequence[str]) -> str:
    match residual:
        case NodeValue(node):
            return labels.operand(node, Short()).text
        case Argument(place):
            return variables[place]
        case Made(primitive, operands, within):
            return _made(primitive, operands, within, labels, variables)
    return f"{residual:g}"


def _made(primitive: str, operands: Sequence[Operand] | None, within: int | None, labels: Labels, variables: Sequence[str]) -> str:
    unnamed = "a number" if within is None else f"a number of {labels.names[within]}"
    if not operands:
        return unnamed
    words = [_words(each, labels, variables) for each in operands]
    if len(words) == 2 and primitive in SIGNS:
        return f"{words[0]} {SIGNS[primitive]} {words[1]}"
    if primitive in FUNCTIONS and FUNCTIONS[primitive].accepts(len(words)):
        return f"{primitive}({', '.join(words)})"
    return unnamed
