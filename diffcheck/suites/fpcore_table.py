"""FPCore's names and what they are in diffcheck's language: https://fpbench.org/spec/fpcore-2.0.html, sections on operators."""

from __future__ import annotations

from diffcheck.graph.functions import FUNCTIONS as TABLE

PRECISIONS = {"binary32": "float32", "binary64": "float64"}
RESERVED = frozenset({*TABLE, "e", "pi", "tau", "inf", "and", "or", "not", "if", "else", "where", "piecewise", "iterate"})

OPERATORS = ("+", "-", "*", "/", "and", "or")  # written between any number of operands
COMPARISONS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=="}

CONSTANTS = {
    "E": "e",
    "LOG2E": "log2(e)",
    "LOG10E": "log10(e)",
    "LN2": "log(2)",
    "LN10": "log(10)",
    "PI": "pi",
    "PI_2": "(pi/2)",
    "PI_4": "(pi/4)",
    "M_1_PI": "(1/pi)",
    "M_2_PI": "(2/pi)",
    "M_2_SQRTPI": "(2/sqrt(pi))",
    "SQRT2": "sqrt(2)",
    "SQRT1_2": "sqrt(1/2)",
    "TRUE": "(0 < 1)",
    "FALSE": "(1 < 0)",
}

_SAME_NAME = (
    "exp exp2 expm1 log log10 log2 log1p sqrt cbrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc lgamma ceil floor"
)
_OTHERS = {
    ("-", 1): "(-{0})",
    ("+", 1): "{0}",
    ("fabs", 1): "abs({0})",
    ("fma", 3): "({0}*{1} + {2})",
    ("pow", 2): "({0}^{1})",
    ("hypot", 2): "hypot({0}, {1})",
    ("atan2", 2): "atan2({0}, {1})",
    ("tgamma", 1): "gamma({0})",
    ("fmax", 2): "max({0}, {1})",
    ("fmin", 2): "min({0}, {1})",
    ("fdim", 2): "max({0} - {1}, 0)",
    ("trunc", 1): "(sign({0})*floor(abs({0})))",
    ("round", 1): "(sign({0})*floor(abs({0}) + 1/2))",
    ("copysign", 2): "(abs({0})*where({1} < 0, -1, 1))",
    ("!=", 2): "({0} != {1})",
    ("not", 1): "(not {0})",
    ("if", 3): "where({0}, {1}, {2})",
    ("cast", 1): "{0}",
    ("!", 1): "{0}",
}
FUNCTIONS = {**{(name, 1): f"{name}({{0}})" for name in _SAME_NAME.split()}, **_OTHERS}
