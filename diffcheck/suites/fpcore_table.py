"""FPCore's names and what they are in diffcheck's language: https://fpbench.org/spec/fpcore-2.0.html, sections on operators."""

from __future__ import annotations

from diffcheck.graph.functions import FUNCTIONS as TABLE
from diffcheck.graph.functions import ROWS, Function

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

_OTHERS = {
    ("-", 1): "(-{0})",
    ("+", 1): "{0}",
    ("fma", 3): "({0}*{1} + {2})",
    ("pow", 2): "({0}^{1})",
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


def _operands(row: Function) -> int:
    """FPCore has fmax and fmin of two."""
    return 2 if row.parameters.endswith("…") else len(row.names)


def _applied(row: Function) -> str:
    return f"{row.name}({', '.join(f'{{{k}}}' for k in range(_operands(row)))})"


FUNCTIONS = {**{(row.fpcore, _operands(row)): _applied(row) for row in ROWS if row.fpcore}, **_OTHERS}
