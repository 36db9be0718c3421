"""Signs as people write them: text in quotation marks, ½, x₁, x⁻², np.sin. What they stand for."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

MODULES = frozenset((
    "np", "numpy", "onp", "linalg", "jnp", "jax", "nn", "lax", "jsp", "scipy", "special", "sc", "sps", "stats", "math", "cmath", "Math",
    "torch", "functional", "F", "tf", "keras", "activations", "backend", "K", "cp", "cupy", "sympy", "sp", "sy", "sym", "mpmath", "mp",
    "std",
))  # fmt: skip
VULGAR = frozenset("¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞")
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ˣʸⁿ", "0123456789-+xyn")
SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
# what stands around a whole formula that was copied from a program or a document
QUOTED = re.compile(
    r"""\s*(?:"([^"]*)"|'([^']*)'|`([^`]*)`|“([^”]*)”|„([^“”]*)[“”]|\$\$([^$]*)\$\$|\$([^$]*)\$|\\\((.*)\\\)|\\\[(.*)\\\])\s*""",
    re.DOTALL,
)


def unquoted(text: str) -> str:
    """The text with blanks instead of the quotation marks, or the dollar signs of LaTeX, around all of it; as long as it was."""
    match = QUOTED.fullmatch(text)
    if match is None or match.lastindex is None:
        return text
    first, last = match.span(match.lastindex)
    return " " * first + text[first:last] + " " * (len(text) - last)


def plain_name(written: str) -> str | None:
    """`sin` for np.sin, x_1 for x_{1} and x₁; None where what stands before the point is no module."""
    *modules, name = re.split(r"\.|::", written)
    if not MODULES.issuperset(modules):
        return None
    letters = name.rstrip("₀₁₂₃₄₅₆₇₈₉")
    if letters != name:
        name = f"{letters.removesuffix('_')}_{name[len(letters) :].translate(SUBSCRIPTS)}"
    return name.replace("{", "").replace("}", "").replace(",", "_")


def mixed(literal: str) -> Fraction:
    """3½ is 7/2."""
    return int(literal[:-1] or "0") + Fraction(unicodedata.numeric(literal[-1])).limit_denominator(10)
