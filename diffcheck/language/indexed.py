"""Sums and products over an index, written out: sum(x_i^2, i=1..3) is x_1^2 + x_2^2 + x_3^2. Every term keeps its place in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from diffcheck.language.lexer import CLOSING, MAXIMUM_NODES, OPENING, error_at, retyped
from diffcheck.printable import shown

OPERATORS = {"sum": "ADD", "prod": "MULTIPLY"}
RANGE = re.compile(r"(\d{1,7})\s*(?:\.\.\.?|…)\s*(\d{1,7})")
MOST_TOKENS = 10 * MAXIMUM_NODES
FEWER = "Take fewer terms."
FORM = "Write sum(x_i, i=1..3) or prod(x_i, i=1..3)."


def written_out(text: str, tokens: list[Token]) -> list[Token]:
    """The tokens with every sum and product over an index, the innermost first, as what it stands for; raises ExpressionError."""
    found = list[Token]()
    for token in tokens:
        found.append(token)
        if token.type == "RPAR" and _type(found, 2) == "RANGE":
            first = _opening(found) - 1
            if found[first] in OPERATORS:
                found[first:] = _terms(text, found[first:])
            if len(found) > MOST_TOKENS:
                raise error_at(text, token, token, f"the expression has more than the limit of {MAXIMUM_NODES:,} nodes", FEWER)
    misplaced = next((token for token in found if token.type == "RANGE"), None)
    if misplaced is not None:
        raise error_at(text, misplaced, misplaced, "a range stands only behind the index of a sum or a product", FORM)
    return found


def _type(tokens: list[Token], place: int) -> str:
    """That of a token, counted from the end."""
    return tokens[-place].type if len(tokens) >= place else ""


def _opening(tokens: list[Token]) -> int:
    """Where the bracket begins that the last token closes."""
    depth = 0
    for index in range(len(tokens) - 1, 0, -1):
        depth += (tokens[index].type in CLOSING) - (tokens[index].type in OPENING)
        if not depth:
            return index
    return 1


def _terms(text: str, call: list[Token]) -> Iterator[Token]:
    """sum ( body , index = range ) as a bracket with all terms."""
    name, opening, *body, comma, index, equals, range_, closing = call if len(call) > 7 else [call[0]] * 8
    if (comma.type, index.type, equals.type) != ("COMMA", "NAME", "EQUALS"):
        raise error_at(text, call[0], call[-1], "this does not say what is added, or multiplied, over which index", FORM)
    first, last = _ends(text, range_)
    if (last - first + 1) * len(body) > MAXIMUM_NODES:
        raise error_at(text, name, closing, f"this has more than the limit of {MAXIMUM_NODES:,} nodes when it is written out", FEWER)
    yield retyped(name, "LPAR", "(")
    for number in range(first, last + 1):
        if number > first:
            yield retyped(name, OPERATORS[name], "")
        yield retyped(opening, "LPAR", "(")
        for token in body:
            yield from _with(token, index, number)
        yield retyped(closing, "RPAR", ")")
    yield closing


def _ends(text: str, range_: Token) -> tuple[int, int]:
    match = RANGE.fullmatch(range_)
    if match is None:
        raise error_at(text, range_, range_, f"{shown(range_)} is no range of whole numbers", "Write both ends as numbers: i=1..3.")
    first, last = int(match[1]), int(match[2])
    if first > last:
        raise error_at(text, range_, range_, f"the range {range_} is empty", "Write the smaller end first.")
    return first, last


def _with(token: Token, index: str, number: int) -> Iterator[Token]:
    """x_i is x_3, and i is (3), so that 2i is a product."""
    if token.type == "NAME" and token == index:
        yield retyped(token, "LPAR", "(")
        yield retyped(token, "NUMBER", str(number))
        yield retyped(token, "RPAR", ")")
    elif token.type == "NAME":
        yield retyped(token, "NAME", re.sub(rf"(?<=_){index}(?![A-Za-z0-9])", str(number), token))
    else:
        yield retyped(token, token.type, token)
