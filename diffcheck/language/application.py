"""Functions without brackets: `sin 2x` is sin(2x), `sin x cos x` is sin(x)*cos(x), `ln|x|` is ln(|x|).

What a function is applied to is the run of factors side by side that follows its name; another function, and e^…, ends it.
Brackets of no width are put around the run, so that the grammar need not know of it.
"""

from __future__ import annotations

from lark import Token

from diffcheck.errors import ExpressionError
from diffcheck.language.lexer import OPENING, corrected, end, start
from diffcheck.language.names import Names
from diffcheck.language.tokens import Brackets, kind_at

SINGLE = frozenset(("NAME", "NUMBER"))
DELIMITED = frozenset(OPENING) - {"LPAR", "LEFT_INDEX"}
BEGINS_A_RUN = SINGLE | DELIMITED | {"ROOT", "FRACTION", "INDEXED_ROOT"}


def apply_functions(text: str, tokens: list[Token], names: Names, brackets: Brackets) -> list[Token]:
    """The tokens with brackets around what each function is applied to; raises ExpressionError where that is not clear."""
    runs = _Runs(text, tokens, names, brackets)
    if not runs.stops:
        return tokens
    opened = dict.fromkeys(runs.arguments.values(), 1)
    closed: dict[int, int] = {}
    for stop in runs.stops.values():
        closed[stop] = closed.get(stop, 0) + 1
    found: list[Token] = []
    for index, token in enumerate(tokens):
        found += _marks("RPAR", end(tokens[index - 1]), closed.get(index, 0)) + _marks("LPAR", start(token), opened.get(index, 0))
        found.append(token)
    return found + _marks("RPAR", end(tokens[-1]), closed.get(len(tokens), 0))


def _marks(kind: str, place: int, count: int) -> list[Token]:
    return [Token(kind, "", place, end_pos=place) for _ in range(count)]


class _Runs:
    """Where the argument of each function without brackets begins and stops, by the index of its name."""

    def __init__(self, text: str, tokens: list[Token], names: Names, brackets: Brackets) -> None:
        self.text = text
        self.tokens = tokens
        self.names = names
        self.brackets = brackets
        self.arguments: dict[int, int] = {}
        self.stops: dict[int, int] = {}
        for index in range(len(tokens) - 1, -1, -1):  # from the right: ln sin x needs the run of sin first
            argument = self._argument(index)
            if argument:
                self.arguments[index] = argument
                self.stops[index] = self._stop(index, argument)

    def _type(self, index: int) -> str:
        return kind_at(self.tokens, index)

    def _is_function(self, index: int) -> bool:
        token = self.tokens[index]
        return token.type == "NAME" and self.names.is_function(token) and token not in self.names.parameters

    def _argument(self, index: int) -> int:
        """The index behind a function's name and its power where a run begins there, else 0."""
        name = self.tokens[index]
        if not self._is_function(index) or not self.names.is_applied(name) or name in ("max", "min") or self._type(index - 1) == "COMPOSE":
            return 0
        behind = self._behind_powers(index + 1)
        return behind if self._type(behind) in BEGINS_A_RUN else 0

    def _behind_powers(self, index: int) -> int:
        while self._type(index) in ("POWER", "SUPERSCRIPT", "FACTORIAL", "DEGREE"):
            if self._type(index) == "POWER":
                index += 1
                while self._type(index) in ("SUBTRACT", "ADD"):
                    index += 1
                index = self._behind_atom(index)
            else:
                index += 1
        return index

    def _behind_atom(self, index: int) -> int:
        """The index behind what is one piece: x, 2, (…), |x|, √x, a fraction, a call."""
        while self._type(index) in ("ROOT", "INDEXED_ROOT"):
            index += 1
        if index in self.stops:
            return self.stops[index]
        if self._type(index) == "FRACTION":
            return self._closed(self._closed(index + 1))
        is_call = self._type(index) == "NAME" and self._type(index + 1) == "LPAR" and not self.names.is_variable(self.tokens[index])
        return self._closed(index + 1) if is_call else self._closed(index)

    def _closed(self, index: int) -> int:
        return self.brackets.closing.get(index, index) + 1

    def _stop(self, function: int, argument: int) -> int:
        is_delimited = self._type(argument) in DELIMITED
        is_whole = is_delimited or (self._type(argument) == "NAME" and self._is_function(argument))
        index = self._behind_powers(self._behind_atom(argument))
        coefficient = self._is_coefficient(argument)
        while self._goes_on(index):
            if is_whole or (self._type(index) == "LPAR" and not coefficient):
                raise self._ambiguous(function, argument, index, index)
            coefficient = coefficient and self._is_coefficient(index)
            index = self._behind_powers(self._behind_atom(index))
        if self._type(index) in ("MULTIPLY", "DIVIDE") and not is_delimited:
            raise self._ambiguous(function, argument, index, index + 1)
        return index

    def _is_coefficient(self, index: int) -> bool:
        """2, π, ½: a bracket behind it belongs to the same run."""
        return self._type(index) in ("NUMBER", "FRACTION") or self.names.is_constant(self.tokens[index])

    def _goes_on(self, index: int) -> bool:
        if self._type(index) == "NAME":
            is_exponential = self.tokens[index] == "e" and self._type(index + 1) == "POWER"
            return not is_exponential and not self._is_function(index)
        return self._type(index) in ("LPAR", "ROOT", "FRACTION", "INDEXED_ROOT")

    def _ambiguous(self, function: int, argument: int, stop: int, following: int) -> ExpressionError:
        """`stop` is the index behind the argument, `following` that of the factor that may belong to it."""
        after = self._behind_powers(self._behind_atom(following)) if following < len(self.tokens) else following
        last = self.tokens[min(after, len(self.tokens)) - 1]
        begins, stops = start(self.tokens[argument]), end(self.tokens[stop - 1])
        head = self.text[start(self.tokens[function]) : begins].rstrip()
        rest = self.text[stops : end(last)].rstrip()
        inside = self.text[begins:stops]
        product = "" if following > stop or rest.startswith(" ") else " "
        readings = (f"{head}({inside}{rest})", f"{head}({inside}){product}{rest}")
        where = (start(self.tokens[function]), end(last))
        fix = corrected(self.text, *where, *readings)
        return ExpressionError(f"where the argument of {self.tokens[function]} ends can be read in two ways", self.text, *where, fix)
