"""How a statement begins: with the left side of a definition, with d/dx, or with the left side of a claim."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from diffcheck.language.lexer import end, error_at, retyped
from diffcheck.language.names import Names
from diffcheck.language.tokens import Brackets, kind_at

LONGEST_HEAD = 20  # tokens of \frac{\mathrm{d}^{2}}{\mathrm{d}x^{2}}
ORDER = r"(?:\^?[2-9²³⁴])?"
# over the tokens of a statement joined without spaces; LaTeX's braces are brackets there
DERIVATIVE = re.compile(
    rf"(?:(?P<opening>\()?[d∂](?P<m>{ORDER})/[d∂](?P<a>[^\W\d_]){ORDER}(?(opening)\))|"
    rf"\\[dt]?frac[({{][d∂](?P<n>{ORDER})[)}}][({{][d∂](?P<b>[^\W\d_]){ORDER}[)}}])"
)
CLAIMED = re.compile(
    r"(?:[^\W\d_]'+(?:\([^\W\d_]\))?|[d∂][^\W\d_](?:\([^\W\d_]\))?/[d∂][^\W\d_]|\\[dt]?frac[({][d∂][^\W\d_][)}][({][d∂][^\W\d_][)}])="
)
DIGITS = str.maketrans("²³⁴′", "234'")
OPERATORS = frozenset(("ADD", "SUBTRACT", "MULTIPLY", "DIVIDE", "POWER", "EQUALS", "SEPARATOR", "COMMA", ""))
COMPOSED = re.compile(r"(?:(?:\w+( ')*( @ \d+)?|iterate \w+ , \d+)(?: ∘ |$))+")


def read_heads(text: str, tokens: list[Token], names: Names, brackets: Brackets) -> list[Token]:
    """The tokens with the beginning of each statement marked, and what d/dx or f'(x) = is made of as one token."""
    kept: list[Token] = []
    first = 0
    for last in _ends(tokens):
        special = _special(tokens[first:last])
        if special is not None:
            kept.append(special[0])
            first += special[1]
        else:
            _read_definition(text, tokens, first, last, brackets, names)
        kept.extend(tokens[first : last + 1])
        first = last + 1
    return kept


def _ends(tokens: list[Token]) -> Iterator[int]:
    """Where each statement ends: the index of its separator, or behind the last token."""
    for index, token in enumerate(tokens):
        if token.type == "SEPARATOR":
            yield index
    yield len(tokens)


def _special(statement: list[Token]) -> tuple[Token, int] | None:
    """d/dx or f'(x) = as one token, and how many tokens it was made of."""
    head = statement[:LONGEST_HEAD]
    joined = "".join(head).translate(DIGITS)
    for kind, pattern in (("DERIVATIVE", DERIVATIVE), ("CLAIMED", CLAIMED)):
        match = pattern.match(joined)
        count = _count(head, match.end()) if match else 0
        if match and count and (kind == "CLAIMED" or kind_at(statement, count) not in OPERATORS):
            word = "=" if kind == "CLAIMED" else " ".join([match["a"] or match["b"]] * int((match["m"] or match["n"] or "1")[-1]))
            marked = retyped(head[0], kind, word)
            marked.end_pos = end(head[count - 1])
            return marked, count
    return None


def _count(head: list[Token], length: int) -> int:
    """How many tokens make up the first characters of them all; 0 where a token goes on behind these."""
    for count, token in enumerate(head, 1):
        length -= len(token)
        if length <= 0:
            return count if length == 0 else 0
    return 0


def _read_definition(text: str, tokens: list[Token], first: int, last: int, brackets: Brackets, names: Names) -> None:
    """Mark the left side of a definition, `f(x, y) =`, `f =` or `y =`, if the statement is one."""
    if kind_at(tokens, first) != "NAME":
        return
    closing = brackets.closing.get(first + 1, first)
    if kind_at(tokens, closing + 1) != "EQUALS":
        return
    name = tokens[first]
    names.check_new(text, name)
    if closing > first:
        _read_parameters(text, tokens, first, closing, names)
    elif not COMPOSED.fullmatch(" ".join(token for token in tokens[first + 2 : last] if token not in ("(", ")"))) or _is_value(
        tokens[first + 2 : last]
    ):
        names.values.add(str(name))
    tokens[first] = retyped(name, "DEFINED", name)
    names.defined.add(str(name))


def _is_value(body: list[Token]) -> bool:
    """Whether what looks like a composition without its brackets is a number: y = x."""
    return not any(token.type in ("COMPOSE", "PRIME", "AT") or token == "iterate" for token in body)


def _read_parameters(text: str, tokens: list[Token], first: int, closing: int, names: Names) -> None:
    opening = first + 1
    if closing == opening + 1:
        fix = f"Write {tokens[first]}(x) = …"
        raise error_at(text, tokens[first], tokens[closing], "a definition needs a parameter", fix)
    seen: set[str] = set()
    for index in range(opening + 1, closing):
        token, is_name = tokens[index], (index - opening) % 2 == 1
        if token.type != ("NAME" if is_name else "COMMA"):
            fix = "A definition is written f(x, y) = …; to compare, write ==."
            raise error_at(text, token, token, "the parameters of a definition are names separated by ','", fix)
        if is_name:
            names.check_parameter(text, token, seen)
            seen.add(str(token))
            tokens[index] = retyped(token, "PARAMETER", token)
    names.parameters |= seen
