"""From the text to tokens: limits, brackets, literals. Nothing is built here and no number is computed.

Lark's lexer cuts the text by the terminals of `grammar.lark`; this pass checks each token as it comes, so that a
hostile text is refused at its first fault, before the rest of it is read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lark import Token
from lark.exceptions import UnexpectedCharacters

from diffcheck.errors import ExpressionError
from diffcheck.language.latex import braced, command
from diffcheck.language.refusals import refused_spelling
from diffcheck.language.written import VULGAR, plain_name

MAXIMUM_BYTES = 64 * 1024
MAXIMUM_NODES = 10_000
MAXIMUM_NESTING = 500
MAXIMUM_DIGITS = 1_000
MAXIMUM_EXPONENT = 10_000
MAXIMUM_NAME = 100
LONGEST_LINE = 70  # characters of the user's text that a correction repeats

KEYWORDS = {"and": "AND", "or": "OR", "not": "NOT", "if": "IF", "else": "ELSE"}

ARITHMETIC = frozenset(("ADD", "SUBTRACT", "MULTIPLY", "DIVIDE", "POWER", "ROOT"))
COMPARISONS = frozenset(("LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL", "EQUAL", "NOT_EQUAL"))
OPERATOR_TOKENS = ARITHMETIC | COMPARISONS | {"AND", "OR", "NOT", "IF"}

OPENING = {
    "LPAR": "RPAR",
    "BAR": "CLOSING_BAR",
    "LEFT_FLOOR": "RIGHT_FLOOR",
    "LEFT_CEIL": "RIGHT_CEIL",
    "CASES": "END_CASES",
    "LEFT_SQUARE": "RIGHT_SQUARE",
    "LEFT_INDEX": "RIGHT_INDEX",
}
CLOSING = frozenset(OPENING.values())
ENDS_A_VALUE = CLOSING | {"NAME", "PRIME"}  # of which an entry may be chosen

# how many nodes of the tree a token stands for; brackets and separators stand for none
NODES_OF_A_TOKEN = {
    **dict.fromkeys(OPERATOR_TOKENS, 1),
    **dict.fromkeys(("NAME", "NUMBER", "BAR", "JUXTAPOSED", "FUNCTION", "REWRITTEN", "WHERE", "PIECEWISE", "ITERATE", "PRIME"), 1),
    **dict.fromkeys(("FRACTION", "LEFT_FLOOR", "LEFT_CEIL", "ROW", "LEFT_SQUARE", "LEFT_INDEX"), 1),
    "SUPERSCRIPT": 4,
    "INDEXED_ROOT": 2,
    "FACTORIAL": 1,
    "DEGREE": 4,
}


def start(token: Token) -> int:
    """The offset of a token; Lark's type allows None, its lexer never gives it."""
    return token.start_pos or 0


def end(token: Token) -> int:
    """The offset behind a token."""
    return token.end_pos or 0


def error_at(text: str, first: Token, last: Token, message: str, fix: str = "") -> ExpressionError:
    """The error for the tokens `first` to `last`."""
    return ExpressionError(message, text, start(first), end(last), fix)


def corrected(text: str, first: int, last: int, *readings: str) -> str:
    """What to write instead of the characters `first` to `last`: the whole line for each reading, or the part of a long one."""
    begins = text.rfind("\n", 0, first) + 1
    stops = text.find("\n", last) if "\n" in text[last:] else len(text)
    before, after = (text[begins:first], text[last:stops]) if stops - begins <= LONGEST_LINE else ("", "")
    lines = [(before + reading + after).strip() for reading in readings]
    return f"Write {' or '.join(lines)}."


def check_size(text: str) -> None:
    """Refuse a text of more than 64 KiB; raises ExpressionError."""
    if len(text) > MAXIMUM_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAXIMUM_BYTES:
        place = min(len(text), MAXIMUM_BYTES)
        message = f"the text is longer than the limit of {MAXIMUM_BYTES // 1024} KiB"
        raise ExpressionError(message, text, place - 1, place, "Write it with definitions: f(x) = …; f(f(x)).")


def read_tokens(text: str, raw: Iterator[Token]) -> list[Token]:
    """The tokens of a text with the brackets in pairs and the newlines inside them left out; raises ExpressionError."""
    brackets = _Brackets(text)
    tokens: list[Token] = []
    try:
        for token in map(_plain, raw):
            if token.type in ("OPENING_SQUARE", "CLOSING_SQUARE"):
                token = brackets.square(token, tokens)
            if token.type == "NAME":
                token = _name(text, token)
            elif token.type == "NUMBER" or token.type == "SUPERSCRIPT":
                _check_literal(text, token)
            elif token.type == "SEPARATOR":
                brackets.check_separator(token)
                if brackets.open or not tokens or tokens[-1].type == "SEPARATOR":
                    continue
            elif token.type != "SPACE":
                token = brackets.read(token)
            if token.type != "SPACE":
                tokens.append(token)
            if token == "}":
                _unwrap(tokens)
    except UnexpectedCharacters as fault:
        raise _unknown_text(text, fault.pos_in_stream or 0) from None
    brackets.check_closed()
    return braced(text, _without_last_separator(text, tokens))


def retyped(token: Token, kind: str, text: str) -> Token:
    """A token of another type and text at the place of this one."""
    return Token.new_borrow_pos(kind, text, token)


def _plain(token: Token) -> Token:
    """The token that a command of LaTeX stands for, or the token itself."""
    if token.type == "COMMAND":
        kind, word = command(token)
        return retyped(token, kind or "SPACE", word)
    return token


def _unwrap(tokens: list[Token]) -> None:
    """x^{2} is x^2: braces around one token of an exponent are left out."""
    is_one = len(tokens) > 3 and tokens[-3] == "{" and tokens[-2].type in ("NAME", "NUMBER")
    if is_one and tokens[-4].type == "POWER":
        tokens[-3:] = [tokens[-2]]


def _name(text: str, token: Token) -> Token:
    """A name without the module before it and the braces of its index, or a keyword; raises ExpressionError."""
    name = plain_name(token)
    if name is None:
        owner, _, method = token.rpartition(".")
        inside = owner if text.startswith("()", end(token)) else "…"
        fix = f"Write {method}({inside})." if text.startswith("(", end(token)) else "For a product write *."
        raise error_at(text, token, token, "'.' stands only in numbers, and behind the name of a module", fix)
    token = retyped(token, KEYWORDS.get(name, "NAME"), name)
    _check_name(text, token)
    return token


def check_nodes(text: str, tokens: list[Token]) -> None:
    """Refuse more than 10,000 nodes as written; raises ExpressionError."""
    count = 0
    for token in tokens:
        count += NODES_OF_A_TOKEN.get(token.type, 0)
        if count > MAXIMUM_NODES:
            message = f"the expression has more than the limit of {MAXIMUM_NODES:,} nodes"
            raise error_at(text, token, token, message, "Write it with definitions: f(x) = …; f(f(x)).")


def _without_last_separator(text: str, tokens: list[Token]) -> list[Token]:
    if tokens and tokens[-1].type == "SEPARATOR":
        tokens.pop()
    if not tokens:
        what = "the text holds no expression" if text.strip() else "the text is empty"
        raise ExpressionError(what, text, 0, 0, "Write an expression such as x^2 + 3x + 2.")
    return tokens


def _unknown_text(text: str, position: int) -> ExpressionError:
    message, fix, length = refused_spelling(text, position)
    # a lone surrogate cannot be printed: it would turn this error into another one
    printable = text.encode("utf-8", "replace").decode("utf-8")
    return ExpressionError(message.encode("utf-8", "replace").decode(), printable, position, position + length, fix)


def _check_name(text: str, token: Token) -> None:
    if len(token) > MAXIMUM_NAME:
        message = f"the name has more than the limit of {MAXIMUM_NAME} characters"
        raise error_at(text, token, token, message, "Choose a shorter one.")


def _check_literal(text: str, token: Token) -> None:
    if token.type == "SUPERSCRIPT":
        _check_superscript(text, token)
        return
    if token[-1] in VULGAR:
        return
    mantissa, _, exponent = token.lower().partition("e")
    digits = len(mantissa) - mantissa.count(".")
    following = text[end(token) : end(token) + 2].lower()
    if digits > MAXIMUM_DIGITS:
        message = f"the number has {digits:,} digits, more than the limit of {MAXIMUM_DIGITS:,}"
        raise error_at(text, token, token, message, "Write it with an exponent, as in 1.5e300.")
    magnitude = exponent.lstrip("+-").lstrip("0")
    # the length is looked at first, because reading a long exponent is what must not happen
    if len(magnitude) > 5 or int(magnitude or "0") > MAXIMUM_EXPONENT:
        message = f"the number's exponent is beyond the limit of ±{MAXIMUM_EXPONENT:,}"
        raise error_at(text, token, token, message, "Write inf for infinity.")
    if following[:1] == "_":
        raise error_at(text, token, token, "a number has no underscores", "Write 1000000 or 1e6.")
    if token == "0" and following[:1] in ("x", "b", "o") and following[1:].isalnum() and _is_digit_of(following):
        raise error_at(text, token, token, f"'0{following[:1]}' does not begin a number", "Write numbers in decimal.")


def _is_digit_of(following: str) -> bool:
    return following[1] in {"x": "0123456789abcdef", "o": "01234567", "b": "01"}[following[0]]


def _check_superscript(text: str, token: Token) -> None:
    if len(token) > MAXIMUM_DIGITS:
        raise error_at(text, token, token, f"the exponent has more than the limit of {MAXIMUM_DIGITS:,} digits")


class _Brackets:
    """The brackets and bars that are open, innermost last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[Token] = []
        self.kinds: Counter[str] = Counter()

    def read(self, token: Token) -> Token:
        """The token, of the kind that the brackets around it make it."""
        if token.type == "BAR":
            return self._bar(token)
        if token.type in OPENING:
            self._push(token)
        elif token.type in CLOSING:
            self._close(token)
        elif token.type in ("AMPERSAND", "ROW", "EQUALS"):
            return self._in_cases(token)
        return token

    def square(self, token: Token, tokens: list[Token]) -> Token:
        """What a square bracket is: Sin[x] is sin(x), [x, y] a vector, and v[0] one of its entries."""
        if token == "[":
            return retyped(token, self._opening_square(token, tokens), str(token))
        if not self.open or self.open[-1] != "[":
            raise _unknown_text(self.text, start(token))
        opening = self.open[-1]
        is_row = len(self.open) > 1 and self.open[-2].type == "LEFT_SQUARE"
        if opening.type == "LEFT_SQUARE" and not is_row and not self._has_comma(opening, tokens):
            raise _unknown_text(self.text, start(opening))
        if opening.type == "LEFT_INDEX" and not (tokens[-1].isdigit() and tokens[-2] is opening):
            raise error_at(self.text, opening, token, "an entry of a vector is chosen by a whole number", "Write v[0] for the first one.")
        return retyped(token, OPENING[opening.type], str(token))

    @staticmethod
    def _opening_square(token: Token, tokens: list[Token]) -> str:
        last = tokens[-1] if tokens else None
        if last is None or last.type not in ENDS_A_VALUE or end(last) != start(token):
            return "LEFT_SQUARE"
        is_call = last.type == "NAME" and (len(last) > 1 or last == "D")
        return "LPAR" if is_call else "LEFT_INDEX"

    def _has_comma(self, opening: Token, tokens: list[Token]) -> bool:
        """Whether a bracket that is about to be closed holds several entries: [x + 1] would only group."""
        depth = 0
        for token in reversed(tokens):
            if token is opening:
                return False
            depth += (token.type in CLOSING) - (token.type in OPENING)
            if token.type == "COMMA" and depth == 0:
                return True
        return False

    def check_separator(self, token: Token) -> None:
        """A newline inside brackets is white space; a semicolon there is a fault."""
        if self.open and self.open[-1].type == "BAR":
            raise self._unclosed(self.open[-1])
        if self.open and token == ";":
            fix = "Separate arguments by ',' and close every bracket before ';'."
            raise error_at(self.text, token, token, "a ';' stands inside brackets", fix)

    def check_closed(self) -> None:
        if self.open:
            raise self._unclosed(self.open[-1])

    def _push(self, token: Token) -> None:
        self.open.append(token)
        self.kinds[token.type] += 1
        if len(self.open) > MAXIMUM_NESTING:
            message = f"the brackets are nested deeper than the limit of {MAXIMUM_NESTING}"
            raise error_at(self.text, token, token, message, "Write it with definitions: f(x) = …; f(f(x)).")

    def _close(self, token: Token) -> None:
        if not self.open:
            raise error_at(self.text, token, token, "a closing bracket has no opening one", "Remove it, or add a '('.")
        opening = self.open[-1]
        if opening.type == "BAR" and token.type != "CLOSING_BAR":
            raise self._unclosed(opening)
        kinds = ("{}", "[]")
        if OPENING[opening.type] != token.type or any((opening == kind[0]) != (token == kind[1]) for kind in kinds):
            raise error_at(self.text, token, token, f"'{opening}' is closed by '{token}'", "Close each bracket by its own kind.")
        self.kinds[self.open.pop().type] -= 1

    def _bar(self, token: Token) -> Token:
        """The bars of LaTeX know their sides, \\left| and \\right|; plain ones are not nested."""
        is_last = bool(self.open) and self.open[-1].type == "BAR"
        is_plain = token in ("|", "∣", "\\vert", "\\mid")
        if token.startswith(("\\right", "\\rvert")) or (is_last and is_plain):
            if is_last and end(self.open[-1]) == start(token):
                fix = "Write or for a logical or, abs(x)*abs(y) for a product, abs(…) for nested bars."
                raise error_at(self.text, self.open[-1], token, "'||' is not an operator", fix)
            token = retyped(token, "CLOSING_BAR", token)
            self._close(token)
        elif is_plain and self.kinds["BAR"]:
            fix = "Write abs(…) for the inner or the outer one."
            raise error_at(self.text, token, token, "bars |…| cannot be nested", fix)
        else:
            self._push(token)
        return token

    def _in_cases(self, token: Token) -> Token:
        """What \\begin{cases} holds: & before a condition, \\\\ between rows, and = compares."""
        inside = self.kinds["CASES"] > 0
        if inside and token.type == "EQUALS":
            return retyped(token, "EQUAL", token)
        if not inside and token.type != "EQUALS":
            raise _unknown_text(self.text, start(token))
        return token

    def _unclosed(self, token: Token) -> ExpressionError:
        if token.type == "BAR":
            return error_at(self.text, token, token, "the closing bar is missing for this '|'", "Write |x| or abs(x).")
        closing = {"LPAR": "'}'" if token == "{" else "')'", "CASES": "\\end{cases}", "LEFT_SQUARE": "']'", "LEFT_INDEX": "']'"}.get(
            token.type, "the closing one"
        )
        return error_at(self.text, token, token, f"the closing bracket is missing for this '{token}'", f"Add a {closing}.")
