"""What the language refuses on sight, and what to write instead: one table, shared with its tests.

A spelling is here when people who know another notation will try it. `diffcheck.language.lexer` looks a text up here at
the place where it found no token.
"""

from __future__ import annotations

import unicodedata
from typing import NamedTuple


class RefusalError(Exception):
    """A fault found while the tree is built, where the text is not at hand: `parser.parse` makes it an ExpressionError.

    `fix` may quote the text: {0}, {1}, … stand for the `quoted` ranges. `readings` are what could be written instead, each of which is
    shown in its line.
    """

    def __init__(self, message: str, start: int, end: int, fix: str = "", *quoted: tuple[int, int], readings: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.fix = fix
        self.quoted = quoted
        self.readings = readings


class Spelling(NamedTuple):
    """A piece of text that is not a token of the language; `sample` is an expression that contains it."""

    text: str
    message: str
    fix: str
    sample: str


# longer spellings come before those they begin with
SPELLINGS = (
    Spelling("&&", "'&&' is not an operator", "Write and.", "where(x > 0 && x < 1, x, 0)"),
    Spelling("&", "'&' is not an operator", "Write and.", "where(x > 0 & x < 1, x, 0)"),
    Spelling("===", "'===' is not an operator", "To compare, write ==.", "where(x === 0, 1, 2)"),
    Spelling("=<", "'=<' is not an operator", "Write <=.", "where(x =< 0, 1, 2)"),
    Spelling("=>", "'=>' is not an operator", "Write >=.", "where(x => 0, 1, 2)"),
    Spelling("<>", "'<>' is not an operator", "Write !=.", "where(x <> 0, 1, 2)"),
    Spelling("!!", "'!!' is not an operator", "Write (n!)! for the factorial of a factorial.", "5!!"),
    Spelling("%", "'%' is not an operator", "Write mod(a, b) for a remainder, x/100 for a percentage.", "5 % 3"),
    Spelling("//", "'//' is not an operator", "Write floor(a/b).", "7//2"),
    Spelling("~", "'~' is not an operator", "Write not.", "where(~(x > 0), 1, 2)"),
    Spelling("[", "'[' does not group", "Only round brackets group: write (…), and floor(…) for the whole part.", "[x + 1]^2"),
    Spelling("]", "']' does not group", "Only round brackets group: write (…).", "(x + 1]"),
    Spelling("?", "'?' has no meaning here", "Write a if c else b, or where(c, a, b).", "x > 0 ? x : 0"),
    Spelling(".", "'.' stands only in numbers", "For a product write *.", "x . y"),
    Spelling("\\", "'\\' has no meaning here", "Leave it out.", "5\\%"),
    Spelling("$", "'$' has no meaning here", "Leave it out.", "2$x^2"),
    Spelling('"', "quotation marks have no meaning here", "Leave them out.", '2"x^2'),
    Spelling("`", "quotation marks have no meaning here", "Leave them out.", "2`x^2"),
    Spelling("’", "'’' is not the sign for a derivative", "Write f'(x) with a plain '.", "f(x) = x^2; f’(x)"),
    Spelling("″", "'″' is not the sign for a derivative", "Write f''(x) with two apostrophes.", "f(x) = x^2; f″(x)"),
    Spelling("∫", "'∫' is not in the language", "Give the integral as an expression.", "∫x"),
    Spelling("∑", "'∑' is not in the language", "Write the sum out.", "∑x"),
)


def refused_spelling(text: str, position: int) -> tuple[str, str, int]:
    """Message, fix and length for the place of a text where no token begins."""
    for spelling in SPELLINGS:
        if text.startswith(spelling.text, position):
            return spelling.message, spelling.fix, len(spelling.text)
    return *_unknown_character(text[position]), 1


def _unknown_character(character: str) -> tuple[str, str]:
    name = f"{unicodedata.name(character, 'no name')} (U+{ord(character):04X})"
    match unicodedata.category(character)[0]:
        case "C":  # controls, formats, surrogates, unassigned
            return f"the text contains an invisible character: {name}", "Remove it."
        case "Z":
            return f"unknown space: {name}", "Write an ordinary space."
        case "N":
            return f"unknown character '{character}': {name}", "Write digits as 0 to 9."
        case "L" | "M":
            fix = "Names are made of Latin and Greek letters, digits and _."
            return f"unknown character '{character}': {name}", fix
        case _:
            fix = "Write the expression with + - * / ^, brackets and names."
            return f"unknown character '{character}': {name}", fix
