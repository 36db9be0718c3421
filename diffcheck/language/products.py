"""Where a product is implied: 2x, x(y + 1), (a)(b); and where one that seems to be is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from lark import Token

from diffcheck.errors import ExpressionError
from diffcheck.language.lexer import end, error_at, start
from diffcheck.language.tokens import BEGINS_A_FACTOR, ENDS_A_FACTOR

ENDS_A_FUNCTION = frozenset(("FUNCTION", "PRIME", "COUNT"))


class Products:
    """One pass over tokens of which the kinds are settled. `denominators` are the places behind the first half of a fraction."""

    def __init__(self, text: str, table: Collection[str], denominators: Collection[int]) -> None:
        self.text = text
        self.table = table
        self.denominators = denominators
        # per open bracket: whether an implied product follows a bar in it, which makes the next bar ambiguous
        self.bar_products = [False]

    def marked(self, tokens: Iterable[Token]) -> Iterator[Token]:
        """The tokens, each taken when it is needed, with JUXTAPOSED where a product is implied; raises ExpressionError."""
        kinds = ["", "", ""]  # of the tokens so far
        previous: Token | None = None
        previous_is_function = False  # what ends here is a function, not a number: (f∘g), iterate(f, 3), f'
        for index, token in enumerate(tokens):
            if previous is not None and not previous_is_function and index not in self.denominators and self._is_product(previous, token):
                yield Token("JUXTAPOSED", "", start(token), end_pos=start(token))
            self._follow_bars(token)
            is_entry = token.type == "RIGHT_INDEX" and kinds[-3] == "FUNCTION"
            previous_is_function = token.type in ENDS_A_FUNCTION or is_entry or (token.type == "RPAR" and previous_is_function)
            kinds.append(token.type)
            previous = token
            yield token

    def _is_product(self, previous: Token, token: Token) -> bool:
        if previous.type not in ENDS_A_FACTOR or token.type not in BEGINS_A_FACTOR:
            return False
        if token.type == "NUMBER":
            raise self._number_behind(previous, token)
        if previous.type == "NUMBER" and token.type == "LPAR":
            self._check_exponent_form(previous)
        if previous.type == "CLOSING_BAR":
            self.bar_products[-1] = True
        elif token.type == "BAR" and self.bar_products[-1]:
            raise error_at(self.text, token, token, "this row of bars can be read in two ways", "Write abs(…).")
        return True

    def _number_behind(self, previous: Token, token: Token) -> ExpressionError:
        if previous.type == "NUMBER":
            fix = f"Write {previous}*{token} for a product."
            behind = self.text[end(token) :].lstrip()
            if len(token) == 3 and len(previous) <= 3 and token.isdigit() and previous.isdigit():
                fix += f" A number has no spaces: {previous}{token}."
            elif behind[:1] in ("/", "∕", "⁄") and token.isdigit() and behind[1:].lstrip()[:1].isdigit():
                fix += f" A mixed number is a sum: ({previous} + {token}/…)."
            return error_at(self.text, previous, token, "two numbers stand side by side", fix)
        if previous.type == "NAME":
            fix = f"Write {token}*{previous} for a product, {previous}^{token} for a power."
        else:
            fix = f"Write *{token} for a product, ^{token} for a power."
        return error_at(self.text, token, token, "a number stands behind a factor", fix)

    def _check_exponent_form(self, number: Token) -> None:
        """2E1(x): the number 20, or twice the exponential integral?"""
        match = re.fullmatch(r"(.*?)([eE][0-9]+)", number)
        if match and match[2] in self.table:
            fix = f"Write {match[1]}*{match[2]}(…) for the function, ({number})*(…) for the number."
            raise error_at(self.text, number, number, f"'{number}(' is ambiguous: a number or the function {match[2]}?", fix)

    def _follow_bars(self, token: Token) -> None:
        if token.type == "LPAR":
            self.bar_products.append(False)
        elif token.type == "RPAR":
            self.bar_products.pop()
        elif token.type in ("SEPARATOR", "COMMA"):
            self.bar_products[-1] = False
