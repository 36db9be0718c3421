"""What to say about a token that cannot stand where it stands."""

from __future__ import annotations

import re

from lark import Token
from lark.exceptions import UnexpectedToken

from diffcheck.errors import ExpressionError
from diffcheck.language.lexer import OPERATOR_TOKENS, corrected, end, error_at, start

OPERATORS = OPERATOR_TOKENS | {"ELSE", "SUPERSCRIPT"}
DECIMALS = re.compile(r"[0-9],[0-9]")
POINT = re.compile(r"(?:\bat|\bwhere|\bfor|,|\|)\s*([^\W\d]\w*\s*=\s*[^\s=]+)\s*$")
OPERAND = "Write a number, a name or brackets."
FUNCTION_SIGNS = {"PRIME": "f'(x)", "AT": "f@3(x)", "COMPOSE": "(f∘g)(x)"}


def complain(text: str, tokens: list[Token], fault: UnexpectedToken) -> ExpressionError:
    """The error for the first token that no rule of the grammar takes."""
    token = fault.token
    is_end = token.type == "$END"
    index = len(tokens) if is_end else next(i for i, other in enumerate(tokens) if other is token)
    previous = tokens[index - 1] if index else None
    return _complain(text, previous, None if is_end or token.type == "SEPARATOR" else token, fault.expected)


def _complain(text: str, previous: Token | None, token: Token | None, expected: set[str]) -> ExpressionError:
    """`token` is None at the end of a statement."""
    here = token or previous
    assert here is not None  # an empty text was refused earlier
    if token is not None and token.type == "EQUALS":
        fix = "To compare, write ==; a definition is written f(x) = … at the beginning. Of an equation give one side."
        if point := POINT.search(text):
            fix = f"Give a point by --at {point[1]}."
        return error_at(text, token, token, "'=' does not compare", fix)
    if "COUNT" in expected:
        return error_at(text, previous or here, here, "the count behind '@' is missing", "Write f@3 for f(f(f(x))).")
    if "NAME" in expected:
        return _missing_operand(text, previous, token)
    if previous is not None and previous.type == "COMPOSE":
        return error_at(text, previous, here, "a function is missing after '∘'", "Write f∘g with two functions.")
    if expected <= {"ELSE", "OR"}:
        fix = "Write a if c else b; an if inside another needs brackets."
        return error_at(text, here, here, "the else of an if is missing", fix)
    if token is not None and token.type in FUNCTION_SIGNS:
        return _misplaced_sign(text, token)
    if "LPAR" in expected:
        fix = "Apply it, as in f'(x), f@3(x) or (f∘g)(x)."
        return error_at(text, here, here, "a function stands where its value is needed", fix)
    return _unexpected(text, here)


def _missing_operand(text: str, previous: Token | None, token: Token | None) -> ExpressionError:
    if previous is None or previous.type == "SEPARATOR":
        assert token is not None  # empty statements were left out
        return error_at(text, token, token, f"an operand is missing before '{token}'", OPERAND)
    if previous.type in OPERATORS or previous.type == "EQUALS":
        return _missing_behind(text, previous, token)
    if token is None or token.type in ("COMMA", "RPAR", "CLOSING_BAR"):
        last = token or previous
        if previous.type == "COMMA" or (token is not None and token.type == "COMMA"):
            return error_at(text, previous, last, "an argument is missing", "Write one, or remove the ','.")
        return error_at(text, previous, last, "nothing stands between the brackets", "Write an expression there.")
    return error_at(text, token, token, f"an operand is missing before '{token}'", OPERAND)


def _missing_behind(text: str, previous: Token, token: Token | None) -> ExpressionError:
    if token is None or token.type not in OPERATORS:
        message, last = f"an operand is missing after '{previous}'", previous
    else:
        message, last = f"an operand is missing between '{previous}' and '{token}'", token
    fix = OPERAND
    if token is not None and token.type in ("SUBTRACT", "ADD", "NOT", "ROOT"):
        fix = f"Write brackets: {previous}({token}…)."
    return error_at(text, previous, last, message, fix)


def _misplaced_sign(text: str, token: Token) -> ExpressionError:
    form = FUNCTION_SIGNS[token.type]
    fix = f"Write {form} with the name of a function; name a composition first: h = f@3; h'(x)."
    if token.type == "PRIME":
        fix = "Give the function alone: its derivative is taken. Within an expression define f(x) = …, or h = f@3, and write f'(x)."
    return error_at(text, token, token, f"{str(token)!r} stands only behind the name of a function", fix)


def _unexpected(text: str, token: Token) -> ExpressionError:
    fixes = {
        "COMMA": "A comma separates the arguments of a function, and the decimals of a number begin with a point.",
        "COLON": "A definition is written f(x) = x^2.",
        "ARROW": "A definition is written f(x) = x^2; where it is looked at is said by --at.",
        "ELSE": "Write a if c else b.",
        "IF": "Write a if c else b; an if inside another needs brackets.",
        "NOT": "Write a and not b, or not (…).",
        "POWER": "Write a bracket around what is raised.",
    }
    fix = fixes.get(token.type, "Remove it, or write what is missing before it.")
    if token.type == "COMMA" and (point := POINT.search(text)) and point.start() == start(token):
        fix = f"Give a point by --at {point[1]}."
    elif token.type == "COMMA" and DECIMALS.match(text, max(0, start(token) - 1)):
        fix += f" {corrected(text, start(token), end(token), '.')}"
    return error_at(text, token, token, f"unexpected '{token}'", fix)
