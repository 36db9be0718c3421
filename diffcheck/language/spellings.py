"""Names by the spelling of the table: Sin(x), MAX(a, b), log_3(x), sh x, Γ(x), IF(c, a, b)."""

from __future__ import annotations

from lark import Token

from diffcheck.language.foreign import ALIASES, REWRITTEN
from diffcheck.language.lexer import retyped
from diffcheck.language.names import FORMS, UNBRACKETED, Names
from diffcheck.language.tokens import BEGINS_A_FACTOR, ENDS_A_FACTOR, FOLLOWS_A_FUNCTION, kind_at


def read_spellings(tokens: list[Token], names: Names) -> None:
    """Sin(x), MAX(a, b) and log_3(x) by the names that the table has; a name that is known as it stands stays."""
    variables = {str(token) for i, token in enumerate(tokens) if is_bare(tokens, i) and kind_at(tokens, i + 1) not in BEGINS_A_FACTOR}
    taken = variables | names.defined | names.parameters
    for index, token in enumerate(tokens):
        following = kind_at(tokens, index + 1)
        if token.type == "IF" and following == "LPAR" and kind_at(tokens, index - 1) not in ENDS_A_FACTOR:
            tokens[index] = retyped(token, "NAME", "where")  # if(condition, a, b) of spreadsheets
        elif token.type == "NAME" and token not in taken and (alias := _alias(token, following)) in names.table:
            tokens[index] = retyped(token, "NAME", alias)
        elif token.type == "NAME" and len(token) > 1 and token not in names.table | names.defined | names.parameters:
            known = {"log_2": "log2", "log_10": "log10"}.get(token, token.lower())
            known = "where" if known == "if" else known
            is_called = following == "LPAR" and (known in names.table or known in FORMS or known in REWRITTEN)
            if token in ("Pi", "PI", "TAU") and following != "LPAR":
                tokens[index] = retyped(token, "NAME", known)
            if is_called or (known in UNBRACKETED and known in names.table):
                tokens[index] = retyped(token, "NAME", known)


def _alias(name: str, following: str) -> str:
    """The table's name for sh, Γ or ld before its argument, else ''; ζ x is a product."""
    is_applied = following == "LPAR" or (following in BEGINS_A_FACTOR and len(name) > 1)
    return (ALIASES.get(name) or ALIASES.get(name.lower(), "")) if is_applied else ""


def is_bare(tokens: list[Token], index: int) -> bool:
    """Whether the token is a name that is used as a variable, whatever it is elsewhere."""
    following = kind_at(tokens, index + 1)
    return (
        tokens[index].type == "NAME"
        and following not in FOLLOWS_A_FUNCTION
        and following not in ("LPAR", "EQUALS")
        and kind_at(tokens, index - 1) != "COMPOSE"
    )
