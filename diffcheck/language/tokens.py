"""The tokens of a text and their neighbours: kinds, brackets, and which of them begin and end a factor."""

from __future__ import annotations

from collections.abc import Sequence

from lark import Token

from diffcheck.language.lexer import CLOSING, OPENING

ENDS_A_FACTOR = CLOSING | {"NAME", "NUMBER", "SUPERSCRIPT", "FACTORIAL", "DEGREE"}
BEGINS_A_FACTOR = frozenset((
    *(set(OPENING) - {"LEFT_INDEX"}),
    "NAME", "NUMBER", "FUNCTION", "REWRITTEN", "ROOT", "WHERE", "PIECEWISE", "ITERATE", "FRACTION", "INDEXED_ROOT",
))  # fmt: skip
FOLLOWS_A_FUNCTION = frozenset(("PRIME", "AT", "COMPOSE"))  # and LEFT_INDEX, if it is one


def kind_at(tokens: Sequence[Token], index: int) -> str:
    """The kind of the token at a place; '' before the first one and behind the last."""
    return tokens[index].type if 0 <= index < len(tokens) else ""


class Brackets:
    """Where each opening bracket is closed, and which pairs hold a comma; both by the index of the opening one."""

    def __init__(self, tokens: list[Token]) -> None:
        self.closing: dict[int, int] = {}
        self.with_comma: set[int] = set()
        opened: list[int] = []
        for index, token in enumerate(tokens):
            if token.type in OPENING:
                opened.append(index)
            elif token.type in CLOSING:
                self.closing[opened.pop()] = index
            elif token.type == "COMMA" and opened:
                self.with_comma.add(opened[-1])
