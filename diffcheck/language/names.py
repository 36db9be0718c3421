"""What is known of the names of one text: which are functions, values, parameters and variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lark import Token

from diffcheck.language.foreign import HINTS, REWRITTEN
from diffcheck.language.lexer import error_at

CONSTANTS = {"e": "e", "pi": "pi", "π": "pi", "tau": "tau", "τ": "tau", "inf": "inf", "∞": "inf"}
OF_VECTORS = ("norm", "dot", "sum", "det")  # functions of vectors; a text may define others of these names
LOGARITHM = re.compile(r"log_(?:[0-9]+|[a-z])")
MAXIMUM_ITERATIONS = 1_000_000
FORMS = {"where": "WHERE", "ifelse": "WHERE", "iif": "WHERE", "piecewise": "PIECEWISE", "iterate": "ITERATE"}
# functions that are written without brackets in schools, and never the names of variables
UNBRACKETED = frozenset((
    "sin", "cos", "tan", "sec", "csc", "cot", "sinh", "cosh", "tanh", "sech", "csch", "coth", "asin", "acos", "atan", "asec", "acsc",
    "acot", "asinh", "acosh", "atanh", "arcsin", "arccos", "arctan", "arcsec", "arccsc", "arccot", "arcsinh", "arccosh", "arctanh",
    "tg", "ctg", "cosec", "cotg", "arctg", "arcctg", "exp", "ln", "log", "log2", "log10", "lg", "sqrt", "cbrt", "arsinh", "arcosh",
    "artanh",
))  # fmt: skip
# names of functions that science uses for variables: before a space they are factors
SCIENCE = frozenset(("beta", "gamma", "zeta", "psi", "Beta", "Gamma"))


class Names:
    """The names of one text by what they are."""

    def __init__(self, table: frozenset[str], beside: Mapping[str, int]) -> None:
        self.table = table
        self.defined = set(beside)
        self.values = {name for name, parameters in beside.items() if not parameters}  # definitions without parameters
        self.parameters: set[str] = set()
        self.variables: set[str] = set()  # names that stand somewhere without a bracket behind them
        self.plain_variables: set[str] = set()  # ... and without a power either

    def is_function(self, name: str) -> bool:
        is_known = name in self.table or name in REWRITTEN or name in OF_VECTORS or LOGARITHM.fullmatch(name) is not None
        return name not in self.values and (is_known or name in self.defined)

    def is_applied(self, name: str) -> bool:
        """Whether a function's name before a factor is applied to it; gamma x and power x are products."""
        return name not in SCIENCE and (name in self.table or name in self.defined or LOGARITHM.fullmatch(name) is not None)

    def is_constant(self, name: str) -> bool:
        return name in CONSTANTS and name not in self.parameters

    def is_variable(self, name: str) -> bool:
        return len(name) == 1 or name in CONSTANTS or name in self.variables | self.parameters | self.values

    def suggestion(self, name: str, otherwise: str) -> str:
        """What to write for a name that is not a function; `otherwise` is said where nothing is similar."""
        if name in HINTS or name.lower() in HINTS:
            return HINTS.get(name) or HINTS[name.lower()]
        # difflib costs a millisecond of start-up and is needed by mistakes only
        from difflib import get_close_matches

        candidates = sorted({*self.table, *self.defined, *FORMS})
        close = get_close_matches(name, candidates, 1) or get_close_matches(name.lower(), candidates, 1)
        hint = f"Did you mean '{close[0]}'?" if close else otherwise
        return f"{hint} `diffcheck functions` lists all of them."

    def check_new(self, text: str, name: Token) -> None:
        """Refuse a name that a definition cannot have; raises ExpressionError."""
        if name in CONSTANTS:
            raise error_at(text, name, name, f"'{name}' is a reserved constant", "Choose another name.")
        if name in FORMS:
            raise error_at(text, name, name, f"'{name}' is a reserved word", "Choose another name.")
        if name in self.table:
            raise error_at(text, name, name, f"'{name}' is already a function of diffcheck", "Choose another name.")
        if name in self.defined:
            raise error_at(text, name, name, f"'{name}' is defined twice", "Choose another name for one of them.")

    def check_parameter(self, text: str, token: Token, seen: set[str]) -> None:
        """Refuse a name that a parameter cannot have; raises ExpressionError."""
        if token in CONSTANTS:
            raise error_at(text, token, token, f"'{token}' is a reserved constant, not a parameter", "Choose another name.")
        if token in seen:
            raise error_at(text, token, token, f"the parameter '{token}' is written twice", "Choose another name.")
