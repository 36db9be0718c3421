"""What every name is, and where a product is implied: the two questions that the grammar leaves open.

A name before a bracket is a function if the caller or the text defines it, a variable if the text uses it as one (or if
it is a single letter), and otherwise a mistake. This has to be known before parsing: 1/x(y+1) is ambiguous, 1/sin(y+1)
is not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from lark import Token

from diffcheck.errors import ExpressionError
from diffcheck.language.application import apply_functions
from diffcheck.language.foreign import REWRITTEN, WORDS
from diffcheck.language.heads import read_heads
from diffcheck.language.joined import reading_before_power, reading_of_joined
from diffcheck.language.latex import ELSEWHERE, GREEK
from diffcheck.language.lexer import corrected, end, error_at, retyped, start
from diffcheck.language.names import CONSTANTS, FORMS, MAXIMUM_ITERATIONS, UNBRACKETED, Names
from diffcheck.language.notations import read_notations
from diffcheck.language.products import Products
from diffcheck.language.spellings import is_bare, read_spellings
from diffcheck.language.tokens import BEGINS_A_FACTOR, ENDS_A_FACTOR, FOLLOWS_A_FUNCTION, Brackets, kind_at
from diffcheck.language.written import SUPERSCRIPTS

LONGEST_QUOTE = 40  # characters of the user's text inside a message
POWERS = frozenset(("POWER", "SUPERSCRIPT"))


def resolve_names(text: str, tokens: list[Token], function_names: Collection[str], beside: Mapping[str, int]) -> list[Token]:
    """The tokens with every name's kind settled and JUXTAPOSED where a product is implied; raises ExpressionError."""
    names = Names(frozenset(function_names), beside)
    tokens = read_notations(text, tokens)
    tokens = read_heads(text, tokens, names, Brackets(tokens))
    read_spellings(tokens, names)
    bare = [index for index in range(len(tokens)) if is_bare(tokens, index)]
    names.variables = {str(tokens[index]) for index in bare}
    names.plain_variables = {str(tokens[i]) for i in bare if kind_at(tokens, i + 1) not in POWERS}
    clash = next((token for token in tokens if token.type == "PARAMETER" and token in names.defined), None)
    if clash is not None:
        message = f"the parameter '{clash}' has the name of a definition"
        raise error_at(text, clash, clash, message, "Choose another name.")
    tokens = apply_functions(text, tokens, names, Brackets(tokens))
    brackets = Brackets(tokens)
    closing = brackets.closing
    denominators = {closing[i + 1] + 1 for i, token in enumerate(tokens) if token.type == "FRACTION" and i + 1 in closing}
    return list(Products(text, names.table, denominators).marked(_Resolver(text, tokens, brackets, names).settled()))


class _Resolver:
    """One pass over the tokens that settles what each name is, by the first row of ACTIONS that fits it."""

    def __init__(self, text: str, tokens: Sequence[Token], brackets: Brackets, names: Names) -> None:
        self.text = text
        self.tokens = list(tokens)
        self.brackets = brackets
        self.names = names

    def settled(self) -> Iterator[Token]:
        """The tokens, each with its kind; those behind it may get theirs as well. Raises ExpressionError."""
        for index, token in enumerate(self.tokens):
            if token.type == "NAME":
                self._settle(index)
            elif token.type == "AT":
                self._count(index + 1)
            yield self.tokens[index]

    def _settle(self, index: int) -> None:
        token = self.tokens[index]
        self._check_spelling(token)
        following = "COMPOSE" if kind_at(self.tokens, index - 1) == "COMPOSE" else kind_at(self.tokens, index + 1)
        settle = next((act for kinds, fits, act in ACTIONS if following in (kinds or (following,)) and fits(self.names, token)), None)
        if settle is not None:
            settle(self, index)

    def _make(self, index: int, kind: str) -> None:
        """Give a token its kind."""
        self.tokens[index] = retyped(self.tokens[index], kind, self.tokens[index])

    def _error(self, first: Token, last: Token, message: str, fix: str) -> ExpressionError:
        return error_at(self.text, first, last, message, fix)

    def _entry_of_a_vector(self, index: int) -> None:
        """F[0](x, y)"""
        self._make(index, "FUNCTION")

    def _without_brackets(self, index: int) -> None:
        token = self.tokens[index]
        fix = f"Write {token}(…); if {token} is a variable, {token}*…"
        raise self._error(token, token, f"functions need parentheses: {token}(x)", fix)

    def _alone(self, index: int) -> None:
        token = self.tokens[index]
        is_sign = kind_at(self.tokens, index + 1) == "SUBTRACT" and kind_at(self.tokens, index + 2) in ("NAME", "NUMBER")
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
        if token in WORDS and token not in self.names.parameters | self.names.values and kind_at(self.tokens, index + 1) in BEGINS_A_FACTOR:
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
        if token.type != "NAME" or kind_at(self.tokens, index + 1) == "LPAR":
            return ""
        if token in self.names.parameters | self.names.values | self.names.table or token in CONSTANTS:
            return ""
        others = self.names.variables - {str(token)}
        reading = reading_of_joined(token, others)
        if reading is None and kind_at(self.tokens, index + 1) == "POWER":
            exponent = self.tokens[index + 2 : self._exponent_end(index + 1) + 1]
            reading = reading_before_power(token, any(part.type == "NAME" for part in exponent), others)
        if reading is None:
            return ""
        before = kind_at(self.tokens, index - 1)
        is_glued = before in ENDS_A_FACTOR - {"NUMBER"} and end(self.tokens[index - 1]) == start(token)
        whole = f"({reading})" if before == "DIVIDE" and "*" in reading else reading
        return f"*{whole}" if is_glued else whole

    def _function(self, index: int) -> None:
        self._check_function(index, "Define it first: {}(x) = …")

    def _check_function(self, index: int, otherwise: str) -> None:
        """Make a name a function; where it is none, `otherwise` is the fix unless a similar name is one."""
        token = self.tokens[index]
        if not self.names.is_function(token):
            fix = self.names.suggestion(token, otherwise.format(token))
            raise self._error(token, token, f"unknown function '{token}'", fix)
        self._make(index, "FUNCTION")

    def _before_a_bracket(self, index: int) -> None:
        token = self.tokens[index]
        if self.tokens[index + 1] == "[" and token in self.names.values:  # v[0], where Sin[x] is a call
            self._make(index + 1, "LEFT_INDEX")
            self._make(self.brackets.closing[index + 1], "RIGHT_INDEX")
        elif token in FORMS:
            self._make(index, FORMS[token])
            if token == "iterate":
                self._iterate(index)
        elif index + 1 in self.brackets.with_comma:
            self._function(index)  # x(1, 2) is not a product
        elif self.names.is_function(token) or not self.names.is_variable(token):
            self._check_function(index, "For a product write {}*(…).")
        if self.tokens[index].type == "FUNCTION" and token in REWRITTEN and token not in self.names.defined:
            self._make(index, "REWRITTEN")

    def _iterate(self, index: int) -> None:
        """iterate(f, 3)"""
        inside = self.tokens[index + 2 : self.brackets.closing[index + 1]]
        if [token.type for token in inside] != ["NAME", "COMMA", "NUMBER"]:
            fix = "Write iterate(f, 3): the name of a function and a number."
            raise self._error(self.tokens[index], self.tokens[index], "iterate needs a function and a count", fix)
        self._function(index + 2)
        self._count(index + 4)

    def _count(self, index: int) -> None:
        """The number of f@3."""
        if kind_at(self.tokens, index) != "NUMBER":
            return
        token = self.tokens[index]
        if not token.isdigit():
            raise self._error(token, token, "the count of a composition is a whole number", "Write f@3 for f(f(f(x))).")
        if len(token.lstrip("0")) > 7 or int(token) > MAXIMUM_ITERATIONS:
            message = f"the count is beyond the limit of {MAXIMUM_ITERATIONS:,}"
            raise self._error(token, token, message, "Compose less often.")
        self._make(index, "COUNT")

    # ── powers of functions: sin^2(x) ──

    def _before_a_power(self, index: int) -> None:
        name, last = self.tokens[index], self._exponent_end(index + 1)
        is_applied = kind_at(self.tokens, last + 1) == "LPAR"
        exponent = self._written(index + 1, last).lstrip("^*. ").strip("{}").translate(SUPERSCRIPTS)
        exponent = exponent if len(exponent) <= LONGEST_QUOTE else "(…)"
        if name in self.names.defined:
            fix = f"Write {name}(x)^{exponent} for the power, {name}@{exponent}(x) for the iterate."
            raise self._error(name, self.tokens[last], f"'{name}^{exponent}' is ambiguous: power or iterate?", fix)
        is_before_a_factor = kind_at(self.tokens, last + 1) in ("NAME", "NUMBER", "FUNCTION")
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
        while kind_at(self.tokens, index) in ("SUBTRACT", "ADD"):
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
        self._make(index, "FUNCTION")
        self._make(last, "EXPONENT")

    def _two_readings(self, name: str, exponent: str) -> str:
        if exponent.strip("()").replace(" ", "").replace("−", "-") != "-1":
            return f"Write {name}(x)^{exponent} for the power; a repeated function is {name}@3(x)."
        inverse = next((i for i in (f"a{name}", f"arc{name}", name[1:]) if i in self.names.table), None)
        wording = f"{inverse}(x) for the inverse function" if inverse else "the inverse function by its own name"
        return f"{name}^-1: {inverse or 'the inverse'} or 1/{name}? Write {wording}, 1/{name}(x) for the reciprocal."


def _is_free(names: Names, name: str) -> bool:
    """Whether a name is no function here: not in the table and not defined, or a parameter."""
    return not names.is_function(name) or name in names.parameters


def _any(names: Names, name: str) -> bool:
    return True


# what stands behind a name (() for anything; COMPOSE also before it), what the name is, and what settles it; the first that fits
ACTIONS: Sequence[tuple[Collection[str], Callable[[Names, str], bool], Callable[[_Resolver, int], None]]] = (
    (("LEFT_INDEX",), lambda names, name: name in names.defined and name not in names.values, _Resolver._entry_of_a_vector),
    (FOLLOWS_A_FUNCTION, _any, _Resolver._function),
    (("LPAR",), _any, _Resolver._before_a_bracket),
    (POWERS, Names.is_function, _Resolver._before_a_power),
    ((), _is_free, _Resolver._variable),
    (BEGINS_A_FACTOR, Names.is_applied, _Resolver._without_brackets),
    ((), lambda _, name: name in UNBRACKETED, _Resolver._alone),
)
