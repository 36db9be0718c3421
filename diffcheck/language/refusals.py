"""What the language refuses on sight, and what to write instead: one table, shared with its tests.

A spelling is here when people who know another notation will try it. `diffcheck.language.lexer` looks a text up here at the
place where it found no token.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


class Refusal(Exception):
    """A fault found while the tree is built, where the text is not at hand: `parser.parse` makes it an ExpressionError.

    `fix` may quote the text: {0}, {1}, … stand for the `quoted` ranges.
    """

    def __init__(self, message: str, start: int, end: int, fix: str = "", *quoted: tuple[int, int]) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.fix = fix
        self.quoted = quoted


@dataclass(frozen=True, slots=True)
class Spelling:
    """A piece of text that is no token of the language; `sample` is an expression that contains it."""

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
    Spelling("!", "'!' is not an operator", "Write factorial(5) for 5!, and not for a logical not.", "5!"),
    Spelling("%", "'%' is not an operator", "Write mod(a, b) for a remainder, x/100 for a percentage.", "5 % 3"),
    Spelling("//", "'//' is not an operator", "Write floor(a/b).", "7//2"),
    Spelling("~", "'~' is not an operator", "Write not.", "where(~(x > 0), 1, 2)"),
    Spelling("[", "'[' does not group", "Only round brackets group: write (…).", "[x + 1]^2"),
    Spelling("]", "']' does not group", "Only round brackets group: write (…).", "(x + 1]"),
    Spelling("{", "'{' does not group", "Only round brackets group: write (…).", "{x + 1}^2"),
    Spelling("}", "'}' does not group", "Only round brackets group: write (…).", "(x + 1}"),
    Spelling(":", "':' has no meaning here", "A definition is written f(x) = x^2.", "f(x) := x^2"),
    Spelling("?", "'?' has no meaning here", "Write a if c else b, or where(c, a, b).", "x > 0 ? x : 0"),
    Spelling(".", "'.' stands only in numbers", "For a product write *.", "x . y"),
    Spelling("\\", "'\\' has no meaning here", "Write sin(x) for \\sin x, a/b for \\frac{a}{b}.", "\\sin(x)"),
    Spelling("$", "'$' has no meaning here", "Leave it out.", "$x^2$"),
    Spelling('"', "quotation marks have no meaning here", "Leave them out.", '"x^2"'),
    Spelling("`", "quotation marks have no meaning here", "Leave them out.", "`x^2`"),
    Spelling("’", "'’' is not the sign for a derivative", "Write f'(x) with a straight apostrophe.", "f(x) = x^2; f’(x)"),
    Spelling("″", "'″' is not the sign for a derivative", "Write f''(x) with two apostrophes.", "f(x) = x^2; f″(x)"),
    Spelling("∞", "'∞' is not in the language", "Write inf.", "x + ∞"),
    Spelling("∗", "'∗' is not the sign for a product", "Write *.", "2∗x"),
    Spelling("⋅", "'⋅' is not the sign for a product", "Write * or · (U+00B7).", "2⋅x"),
    Spelling("–", "'–' is not the sign for a difference", "Write -.", "x – 1"),
    Spelling("—", "'—' is not the sign for a difference", "Write -.", "x — 1"),
    Spelling("⁄", "'⁄' is not the sign for a quotient", "Write /.", "1⁄x"),
    Spelling("∕", "'∕' is not the sign for a quotient", "Write /.", "1∕x"),
    Spelling("∛", "'∛' is not in the language", "Write cbrt(x).", "∛x"),
    Spelling("∂", "'∂' is not in the language", "Write f'(x) for the derivative of a function f.", "∂x"),
    Spelling("∫", "'∫' is not in the language", "Give the integral as an expression.", "∫x"),
    Spelling("∑", "'∑' is not in the language", "Write the sum out.", "∑x"),
)


def refused_spelling(text: str, position: int) -> tuple[str, str, int]:
    """Message, fix and length for the place of a text where no token begins."""
    for spelling in SPELLINGS:
        if text.startswith(spelling.text, position):
            return spelling.message, spelling.fix, len(spelling.text)
    character = text[position]
    code = f"U+{ord(character):04X}"
    category = unicodedata.category(character)
    if category in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return f"the text contains the invisible character {unicodedata.name(character, code)} ({code})", "Remove it.", 1
    name = f"unknown character '{character}': {unicodedata.name(character, 'without a name')} ({code})"
    if category == "Nd" or category == "Nl" or category == "No":
        return name, "Write digits as 0 to 9.", 1
    if category.startswith("Z"):
        return f"unknown space: {unicodedata.name(character, code)} ({code})", "Write an ordinary space.", 1
    if category.startswith("L"):
        return name, "Names are made of Latin and Greek letters, digits and _.", 1
    return name, "Write the expression with + - * / ^, brackets and names.", 1
