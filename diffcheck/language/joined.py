"""Names that are a product or a call written without its signs: `sinx`, `sin2x`, `xe^x` are refused, with what was meant.

A name is such a one if it is made of a function and what looks like its argument (digits, and one letter or π), perhaps with one
factor before it. `cost`, `single`, `alpha` are names.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from diffcheck.language.names import UNBRACKETED

FUNCTION = "|".join(sorted(UNBRACKETED, key=len, reverse=True))
GREEK = "alpha|beta|gamma|theta|phi|omega|pi|π"
ARGUMENT = rf"[0-9]+(?:{GREEK}|[a-zα-ω]?)|{GREEK}|[xyztuv][0-9]|[a-zα-ω]"
PART = re.compile(rf"({FUNCTION})({ARGUMENT})")
JOINED = re.compile(rf"({GREEK}|[a-zA-Zα-ω])??((?:(?:{FUNCTION})(?:{ARGUMENT}))+)")
# English and programmers' words that look like one; they are, where their last letter is a variable of the same text
WORDS = frozenset((
    "cost", "cosy", "sine", "sing", "sink", "sins", "tang", "tank", "tans", "tanh", "expo", "exps", "logo", "logs", "logp", "sect",
    "secs", "coth", "cots", "using", "asinh", "acost", "logit", "lnp", "lng", "exp1", "exp2",
))  # fmt: skip
VARIABLES = frozenset("xyzt")
COEFFICIENT = re.compile(r"(pi|[α-γζ-ορ-ω])([a-z])")  # δx and εx are names


def reading_of_joined(name: str, variables: Collection[str]) -> str | None:
    """`sin(2x)` for sin2x, `x*sin(x)` for xsinx; None for a name that is one."""
    coefficient = COEFFICIENT.fullmatch(name)
    if coefficient and (coefficient[2] in VARIABLES or coefficient[2] in variables):
        return f"{coefficient[1]}*{coefficient[2]}"
    match = JOINED.fullmatch(name)
    if match is None:
        return None
    calls = PART.findall(match[2])
    if "".join(function + argument for function, argument in calls) != match[2]:
        return None
    last = calls[-1][1]
    is_variable = last in VARIABLES or last in variables
    if name in WORDS and not (last in variables and len(calls) == 1):
        return None
    if match[1] and not is_variable and not last[:1].isdigit() and last not in ("θ", "π", "theta", "pi"):
        return None
    return "*".join([*([match[1]] if match[1] else []), *(f"{function}({argument})" for function, argument in calls)])


def reading_before_power(name: str, exponent_holds_a_name: bool, variables: Collection[str]) -> str | None:
    """`x*e` for the xe of xe^x; None for a name that merely ends in e, as in rate^2."""
    factors = name[:-1]
    if not name.endswith("e") or not factors.isalpha():
        return None
    known = all(letter in VARIABLES or letter in variables for letter in factors)
    if len(factors) == 1 and (exponent_holds_a_name or known) or (len(factors) == 2 and known and exponent_holds_a_name):
        return "*".join([*factors, "e"])
    return None
