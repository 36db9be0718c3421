"""What every name is, and where a product is implied: the two questions that the grammar leaves open.

A name before a bracket is a function if the caller or the text defines it, a variable if the text uses it as one (or if
it is a single letter), and otherwise a mistake. This has to be known before parsing: 1/x(y+1) is ambiguous, 1/sin(y+1)
is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from lark import Token

from diffcheck.errors import ExpressionError
from diffcheck.language.application import SCIENCE, UNBRACKETED, apply_functions
from diffcheck.language.foreign import HINTS, REWRITTEN, WORDS
from diffcheck.language.heads import read_heads
from diffcheck.language.joined import reading_before_power, reading_of_joined
from diffcheck.language.latex import ELSEWHERE, GREEK
from diffcheck.language.lexer import CLOSING, OPENING, corrected, end, error_at, start
from diffcheck.language.notations import read_notations
from diffcheck.language.spellings import BEGINS_A_FACTOR, ENDS_A_FACTOR, FOLLOWS_A_FUNCTION, FORMS, is_bare, read_spellings
from diffcheck.language.written import SUPERSCRIPTS

CONSTANTS = {"e": "e", "pi": "pi", "π": "pi", "tau": "tau", "τ": "tau", "inf": "inf", "∞": "inf"}
OF_VECTORS = ("norm", "dot", "sum", "det")  # functions of vectors; a text may define others of these names
LOGARITHM = re.compile(r"log_(?:[0-9]+|[a-z])")
MAXIMUM_ITERATIONS = 1_000_000
LONGEST_QUOTE = 40  # characters of the user's text inside a message

ENDS_A_FUNCTION = frozenset(("FUNCTION", "PRIME", "COUNT"))


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


def resolve_names(text: str, tokens: list[Token], function_names: Collection[str], beside: Mapping[str, int]) -> list[Token]:
    """The tokens with every name's kind settled and JUXTAPOSED where a product is implied; raises ExpressionError."""
    names = Names(frozenset(function_names), beside)
    tokens = read_notations(text, tokens)
    tokens = read_heads(text, tokens, names, Brackets(tokens))
    read_spellings(tokens, names)
    bare = [index for index in range(len(tokens)) if is_bare(tokens, index)]
    names.variables = {str(tokens[index]) for index in bare}
    names.plain_variables = {str(tokens[i]) for i in bare if _type(tokens, i + 1) not in ("POWER", "SUPERSCRIPT")}
    clash = next((token for token in tokens if token.type == "PARAMETER" and token in names.defined), None)
    if clash is not None:
        message = f"the parameter '{clash}' has the name of a definition"
        raise error_at(text, clash, clash, message, "Choose another name.")
    tokens = apply_functions(text, tokens, names, Brackets(tokens))
    return list(_Resolver(text, tokens, Brackets(tokens), names).run())


def _type(tokens: list[Token], index: int) -> str:
    return tokens[index].type if 0 <= index < len(tokens) else ""


class Brackets:
    """Where each opening bracket is closed, and which pairs hold a comma; both by the index of the opening one."""

    def __init__(self, tokens: list[Token]) -> None:
        self.closing: dict[int, int] = {}
        self.with_comma: set[int] = set()
        opened: list[int] = []
        for index, token in enumerate(tokens):
            if token.type in OPENING:
                opened.append(index)
            elif token.type in CLOSING:
                self.closing[opened.pop()] = index
            elif token.type == "COMMA" and opened:
                self.with_comma.add(opened[-1])


# ── bodies and expressions ──


class _Resolver:
    """One pass over the tokens: settle each name by its neighbours, then see whether a product is implied before it."""

    def __init__(self, text: str, tokens: list[Token], brackets: Brackets, names: Names) -> None:
        self.text = text
        self.tokens = tokens
        self.brackets = brackets
        self.names = names
        # per open bracket: whether an implied product follows a bar in it, which makes the next bar ambiguous
        self.bar_products = [False]

    def run(self) -> Iterator[Token]:
        previous: Token | None = None
        closing = self.brackets.closing
        denominators = {closing[i + 1] + 1 for i, token in enumerate(self.tokens) if token.type == "FRACTION" and i + 1 in closing}
        previous_is_function = False  # what ends here is a function, not a number: (f∘g), iterate(f, 3), f'
        for index, token in enumerate(self.tokens):
            if token.type == "NAME":
                self._settle(index)
            elif token.type == "AT":
                self._count(index + 1)
            if previous is not None and not previous_is_function and index not in denominators and self._is_product(previous, token):
                yield Token("JUXTAPOSED", "", start(token), end_pos=start(token))
            self._follow_bars(token)
            is_entry = token.type == "RIGHT_INDEX" and _type(self.tokens, index - 3) == "FUNCTION"
            previous_is_function = token.type in ENDS_A_FUNCTION or is_entry or (token.type == "RPAR" and previous_is_function)
            previous = token
            yield token

    def _error(self, first: Token, last: Token, message: str, fix: str) -> ExpressionError:
        return error_at(self.text, first, last, message, fix)

    def _settle(self, index: int) -> None:
        """Give a NAME its kind."""
        token = self.tokens[index]
        following = _type(self.tokens, index + 1)
        is_function = self.names.is_function(token) and token not in self.names.parameters
        self._check_spelling(token)
        if following == "LEFT_INDEX" and token in self.names.defined - self.names.values:
            token.type = "FUNCTION"  # F[0](x, y)
        elif following in FOLLOWS_A_FUNCTION or _type(self.tokens, index - 1) == "COMPOSE":
            self._function(token)
        elif following == "LPAR":
            self._before_a_bracket(index)
        elif following in ("POWER", "SUPERSCRIPT") and self.names.is_function(token):
            self._before_a_power(index)
        elif not is_function:
            self._variable(index)
        elif following in BEGINS_A_FACTOR and self.names.is_applied(token):
            fix = f"Write {token}(…); if {token} is a variable, {token}*…"
            raise self._error(token, token, f"functions need parentheses: {token}(x)", fix)
        elif token in UNBRACKETED:
            is_sign = following == "SUBTRACT" and _type(self.tokens, index + 2) in ("NAME", "NUMBER")
            raise self._without_argument(token, token, f"{token}({self._written(index + 1, index + 2) if is_sign else 'x'})")

    def _without_argument(self, first: Token, last: Token, form: str) -> ExpressionError:
        what = f"'{first}' is a function, and nothing says what it is applied to"
        return self._error(first, last, what, f"Write {form}; a variable needs another name.")

    def _check_spelling(self, token: Token) -> None:
        """Refuse np.x, \\foo and ∂x, which are not variables."""
        written = self.text[start(token) : end(token)]
        is_known = self.names.is_function(token) or token in CONSTANTS or token in FORMS
        if "." in written and not is_known:
            raise self._error(token, token, f"unknown function '{written}'", self.names.suggestion(token, f"Write {token} for a variable."))
        if written.startswith("\\") and "{" not in written and not is_known and token.partition("_")[0] not in GREEK | {"∂"}:
            fix = "Functions, Greek letters and operators are read, and \\frac{a}{b}, \\sqrt[n]{x}, x^{2}, \\left( \\right)."
            fix = ELSEWHERE.get(token.partition("_")[0], fix)
            raise self._error(token, token, f"'{written}' is not a command that is read here", fix)
        if token.startswith("∂"):
            fix = "Write d/dx before the whole expression, or f'(x) for the derivative of a function f."
            raise self._error(token, token, "'∂' is not in the language", fix)

    def _variable(self, index: int) -> None:
        """Refuse a name that is a product or a call written without its signs: sinx, xe^x."""
        token, reading = self.tokens[index], self._joined(index)
        if token in WORDS and token not in self.names.parameters | self.names.values and _type(self.tokens, index + 1) in BEGINS_A_FACTOR:
            raise self._error(token, token, f"'{token}' is not a name of a factor", WORDS[token])
        if not reading:
            return
        last = next((i for i in range(index, len(self.tokens)) if self.tokens[i].type == "SEPARATOR"), len(self.tokens))
        line, at = "", start(token)
        for i in range(index, last):
            whole = self._joined(i)
            if whole:
                line += self.text[at : start(self.tokens[i])] + whole
                at = end(self.tokens[i])
        fix = corrected(self.text, start(token), at, line)
        fix += "" if reading.endswith("e") else f" A variable needs another name, such as {token}_."
        reading = reading.removeprefix("*")
        reading = reading[1:-1] if reading.startswith("(") else reading
        raise self._error(token, token, f"'{token}' is one name here, and reads like {reading}", fix)

    def _joined(self, index: int) -> str:
        """What to write instead of such a name; '' for a name that is one."""
        token = self.tokens[index]
        if token.type != "NAME" or _type(self.tokens, index + 1) == "LPAR":
            return ""
        if token in self.names.parameters | self.names.values | self.names.table or token in CONSTANTS:
            return ""
        others = self.names.variables - {str(token)}
        reading = reading_of_joined(token, others)
        if reading is None and _type(self.tokens, index + 1) == "POWER":
            exponent = self.tokens[index + 2 : self._exponent_end(index + 1) + 1]
            reading = reading_before_power(token, any(part.type == "NAME" for part in exponent), others)
        if reading is None:
            return ""
        before = _type(self.tokens, index - 1)
        is_glued = before in ENDS_A_FACTOR - {"NUMBER"} and end(self.tokens[index - 1]) == start(token)
        whole = f"({reading})" if before == "DIVIDE" and "*" in reading else reading
        return f"*{whole}" if is_glued else whole

    def _function(self, token: Token, otherwise: str = "Define it first: {}(x) = …") -> None:
        if not self.names.is_function(token):
            fix = self.names.suggestion(token, otherwise.format(token))
            raise self._error(token, token, f"unknown function '{token}'", fix)
        token.type = "FUNCTION"

    def _before_a_bracket(self, index: int) -> None:
        token = self.tokens[index]
        if self.tokens[index + 1] == "[" and token in self.names.values:  # v[0], where Sin[x] is a call
            self.tokens[index + 1].type, self.tokens[self.brackets.closing[index + 1]].type = "LEFT_INDEX", "RIGHT_INDEX"
            return
        if token in FORMS:
            token.type = FORMS[token]
            if token == "iterate":
                self._iterate(index)
        elif index + 1 in self.brackets.with_comma:
            self._function(token)  # x(1, 2) is not a product
        elif self.names.is_function(token) or not self.names.is_variable(token):
            self._function(token, "For a product write {}*(…).")
        if token.type == "FUNCTION" and token in REWRITTEN and token not in self.names.defined:
            token.type = "REWRITTEN"

    def _iterate(self, index: int) -> None:
        """iterate(f, 3)"""
        inside = self.tokens[index + 2 : self.brackets.closing[index + 1]]
        if [token.type for token in inside] != ["NAME", "COMMA", "NUMBER"]:
            fix = "Write iterate(f, 3): the name of a function and a number."
            raise self._error(self.tokens[index], self.tokens[index], "iterate needs a function and a count", fix)
        self._function(inside[0])
        self._count(index + 4)

    def _count(self, index: int) -> None:
        """The number of f@3."""
        if _type(self.tokens, index) != "NUMBER":
            return
        token = self.tokens[index]
        if not token.isdigit():
            raise self._error(token, token, "the count of a composition is a whole number", "Write f@3 for f(f(f(x))).")
        if len(token.lstrip("0")) > 7 or int(token) > MAXIMUM_ITERATIONS:
            message = f"the count is beyond the limit of {MAXIMUM_ITERATIONS:,}"
            raise self._error(token, token, message, "Compose less often.")
        token.type = "COUNT"

    # ── powers of functions: sin^2(x) ──

    def _before_a_power(self, index: int) -> None:
        name, last = self.tokens[index], self._exponent_end(index + 1)
        is_applied = _type(self.tokens, last + 1) == "LPAR"
        exponent = self._written(index + 1, last).lstrip("^*. ").strip("{}").translate(SUPERSCRIPTS)
        exponent = exponent if len(exponent) <= LONGEST_QUOTE else "(…)"
        if name in self.names.defined:
            fix = f"Write {name}(x)^{exponent} for the power, {name}@{exponent}(x) for the iterate."
            raise self._error(name, self.tokens[last], f"'{name}^{exponent}' is ambiguous: power or iterate?", fix)
        is_before_a_factor = _type(self.tokens, last + 1) in ("NAME", "NUMBER", "FUNCTION")
        if is_before_a_factor and self.names.is_applied(name) and name not in self.names.parameters:
            fix = f"Write {name}(…)^{exponent}; if {name} is a variable, {name}^{exponent}*…"
            raise self._error(name, self.tokens[last], f"functions need parentheses: {name}^{exponent}(x)", fix)
        if is_applied:
            self._power_of_a_call(index, last, exponent)
        elif name in UNBRACKETED and name not in self.names.parameters:
            raise self._without_argument(name, self.tokens[last], f"{name}(x)^{exponent}")

    def _exponent_end(self, index: int) -> int:
        """The index of the last token of the exponent that begins with the POWER or SUPERSCRIPT at `index`."""
        if self.tokens[index].type == "SUPERSCRIPT":
            return index
        index += 1
        while _type(self.tokens, index) in ("SUBTRACT", "ADD"):
            index += 1
        return min(self.brackets.closing.get(index, index), len(self.tokens) - 1)

    def _written(self, first: int, last: int) -> str:
        return self.text[start(self.tokens[first]) : end(self.tokens[last])]

    def _power_of_a_call(self, index: int, last: int, exponent: str) -> None:
        name, number = self.tokens[index], self.tokens[last]
        if number.type == "NAME" and self.names.is_function(number):
            return  # sin^f(x): the exponent is f(x)
        if name in self.names.parameters or name in self.names.plain_variables:
            fix = f"Write {name}(…)^{exponent} for the function, {name}^{exponent}*(…) for the variable."
            raise self._error(name, number, f"'{name}^{exponent}(' is ambiguous: function or variable?", fix)
        is_literal = number.type in ("NUMBER", "SUPERSCRIPT") and last <= index + 2 and exponent.isdigit()
        if not is_literal or int(exponent) < 2:
            raise self._error(name, number, f"'{name}^{exponent}' is ambiguous", self._two_readings(name, exponent))
        name.type, number.type = "FUNCTION", "EXPONENT"

    def _two_readings(self, name: str, exponent: str) -> str:
        if exponent.strip("()").replace(" ", "").replace("−", "-") != "-1":
            return f"Write {name}(x)^{exponent} for the power; a repeated function is {name}@3(x)."
        inverse = next((i for i in (f"a{name}", f"arc{name}", name[1:]) if i in self.names.table), None)
        wording = f"{inverse}(x) for the inverse function" if inverse else "the inverse function by its own name"
        return f"{name}^-1: {inverse or 'the inverse'} or 1/{name}? Write {wording}, 1/{name}(x) for the reciprocal."

    # ── implied products ──

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
            raise self._error(token, token, "this row of bars can be read in two ways", "Write abs(…).")
        return True

    def _number_behind(self, previous: Token, token: Token) -> ExpressionError:
        if previous.type == "NUMBER":
            fix = f"Write {previous}*{token} for a product."
            behind = self.text[end(token) :].lstrip()
            if len(token) == 3 and len(previous) <= 3 and token.isdigit() and previous.isdigit():
                fix += f" A number has no spaces: {previous}{token}."
            elif behind[:1] in ("/", "∕", "⁄") and token.isdigit() and behind[1:].lstrip()[:1].isdigit():
                fix += f" A mixed number is a sum: ({previous} + {token}/…)."
            return self._error(previous, token, "two numbers stand side by side", fix)
        if previous.type == "NAME":
            fix = f"Write {token}*{previous} for a product, {previous}^{token} for a power."
        else:
            fix = f"Write *{token} for a product, ^{token} for a power."
        return self._error(token, token, "a number stands behind a factor", fix)

    def _check_exponent_form(self, number: Token) -> None:
        """2E1(x): the number 20, or twice the exponential integral?"""
        match = re.fullmatch(r"(.*?)([eE][0-9]+)", number)
        if match and match[2] in self.names.table:
            fix = f"Write {match[1]}*{match[2]}(…) for the function, ({number})*(…) for the number."
            raise self._error(number, number, f"'{number}(' is ambiguous: a number or the function {match[2]}?", fix)

    def _follow_bars(self, token: Token) -> None:
        if token.type == "LPAR":
            self.bar_products.append(False)
        elif token.type == "RPAR":
            self.bar_products.pop()
        elif token.type in ("SEPARATOR", "COMMA"):
            self.bar_products[-1] = False
