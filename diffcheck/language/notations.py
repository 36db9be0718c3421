"""Statements in other notations, as tokens of this one: `f: x ↦ x^2`, `lambda x: x**2`, `diff(x^2, x)`, `(x^2)'`, `d(x^2)/dx`."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

from diffcheck.language.lexer import CLOSING, OPENING, end, error_at, retyped, start
from diffcheck.language.tokens import kind_at

DIFFERENTIATORS = frozenset(("diff", "Diff", "D", "derivative", "Derivative", "deriv", "differentiate"))
INTRODUCTIONS = frozenset(("let", "def", "function", "define"))
WITHOUT_ITS_FUNCTION = ("this is the sign of a derivative, without its function", "Write the function itself: its derivative is taken.")
ARROWS = frozenset(("ARROW", "COLON"))


def read_notations(text: str, tokens: list[Token]) -> list[Token]:
    """The tokens with what other programs write about a function put as diffcheck does; raises ExpressionError."""
    if [token.type for token in tokens] == ["NAME", "PRIME"] and len(tokens[0]) == 1:
        raise error_at(text, tokens[0], tokens[-1], *WITHOUT_ITS_FUNCTION)
    statement: list[Token] = []
    found: list[Token] = []
    for token in tokens:
        if token.type == "SEPARATOR":
            found += [*_rewritten(statement), token]
            statement = []
        else:
            statement.append(token)
    return found + _rewritten(statement)


def _rewritten(statement: list[Token]) -> list[Token]:
    if len(statement) > 2 and statement[0] in INTRODUCTIONS and statement[1].type == "NAME":
        statement = statement[1:]
    return _asked(statement) or _mapping(statement) or statement


# ── x ↦ x^2 ──


def _mapping(statement: list[Token]) -> list[Token] | None:
    """f: x ↦ x^2 and f = lambda x: x^2 as f(x) = x^2; x ↦ x^2 as x^2."""
    is_named = kind_at(statement, 0) == "NAME" and kind_at(statement, 1) in ("COLON", "EQUALS")
    rest = statement[2:] if is_named else statement
    is_lambda = bool(rest) and rest[0] in ("lambda", "λ")
    rest = rest[1:] if is_lambda else rest
    if kind_at(rest, 0) == "AT" and kind_at(rest, 1) == "LPAR":  # Matlab's @(x) x^2
        last = next((index for index, token in enumerate(rest) if token.type == "RPAR"), len(rest) - 1)
        rest = [*rest[1 : last + 1], retyped(rest[0], "ARROW", "↦"), *rest[last + 1 :]]
    stop = next((index for index, token in enumerate(rest) if token.type in ARROWS), 0)
    head, body = rest[:stop], rest[stop + 1 :]
    if not head or not body:
        return None
    body = body[1:] if body[0] == "return" and len(body) > 1 else body
    is_call = not is_named and not is_lambda and kind_at(head, 0) == "NAME" and kind_at(head, 1) == "LPAR" and head[-1].type == "RPAR"
    if is_call:  # def f(x): return x^2
        return [*head, retyped(rest[stop], "EQUALS", "="), *body]
    parameters = head[1:-1] if head[0].type == "LPAR" and head[-1].type == "RPAR" else head
    if any(token.type != ("COMMA" if index % 2 else "NAME") for index, token in enumerate(parameters)):
        return None
    is_limit = rest[stop] != "↦" and not any(token.type == "NAME" for token in body)
    if (rest[stop].type == "COLON" and not is_lambda) or (is_limit and not is_named and not is_lambda):
        return None
    if not is_named:
        return body
    return [statement[0], _mark("LPAR", head[0]), *parameters, _mark("RPAR", head[0]), retyped(rest[stop], "EQUALS", "="), *body]


def _mark(kind: str, place: Token) -> Token:
    return Token(kind, "", start(place), end_pos=start(place))


# ── diff(x^2, x) ──


def _asked(statement: list[Token]) -> list[Token] | None:
    """diff(x^2, x), (x^2)' and d(x^2)/dx as d/dx (x^2)."""
    if kind_at(statement, 0) == "NAME" and statement[0] in DIFFERENTIATORS and _closes(statement[1:]):
        body, *by = _split(statement[2:-1])
        variables = _variables(by)
        return None if variables is None or not body else _derivative(statement, body, variables)
    if kind_at(statement, len(statement) - 1) == "PRIME" and _closes(statement[:-1]):
        return _derivative(statement, statement[1:-2], [])
    is_quotient = kind_at(statement, 0) == "NAME" and statement[0] == "d" and kind_at(statement, len(statement) - 2) == "DIVIDE"
    if is_quotient and statement[-1].type == "NAME" and statement[-1][0] == "d" and len(statement[-1]) == 2 and _closes(statement[1:-2]):
        return _derivative(statement, statement[2:-3], [statement[-1][1]])
    return None


def _derivative(statement: list[Token], body: list[Token], variables: list[str]) -> list[Token]:
    sign = retyped(statement[0], "DERIVATIVE", " ".join(variables))
    opening = next(token for token in statement if token.type == "LPAR")
    return [sign, opening, *body, Token("RPAR", "", end(body[-1]), end_pos=end(body[-1]))]


def _closes(tokens: list[Token]) -> bool:
    """Whether a bracket begins here which the last token closes, with something in it."""
    depths = list(_depths(tokens))
    return len(tokens) > 2 and tokens[0].type == "LPAR" and tokens[-1].type == "RPAR" and all(depths[:-1]) and depths[-1] == 0


def _depths(tokens: list[Token]) -> Iterator[int]:
    depth = 0
    for token in tokens:
        depth += (token.type in OPENING) - (token.type in CLOSING)
        yield depth


def _split(tokens: list[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token, depth in zip(tokens, _depths(tokens), strict=True):
        if token.type == "COMMA" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _variables(parts: list[list[Token]]) -> list[str] | None:
    """The names behind the function: x, or x, x, or x, 2; None for what is neither."""
    names: list[str] = []
    for part in parts:
        if len(part) == 1 and part[0].type == "NAME":
            names.append(str(part[0]))
        elif len(part) == 1 and names and part[0] in ("1", "2", "3", "4"):
            names += names[-1:] * (int(part[0]) - 1)
        else:
            return None
    return names
