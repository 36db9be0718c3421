"""Graphs as text: mathematics and LaTeX (`code` has Python and JAX). Each notation is an algebra whose values are text with a precedence.

A graph whose shared nodes would be written out too often is written as named intermediates instead: v1 = …, v2 = ….
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from diffcheck.graph.functions import FUNCTIONS, Function, LatexForm
from diffcheck.graph.graph import Apply, Call, Constant, Definition, Graph, Variable, arguments_of, evaluate

MAX_PLACES = 12_000  # a literal has 1,000 digits and an exponent down to -10,000
MAX_DIGITS = 1_000
PLAIN_DIGITS = 40
FLOAT_DIGITS = 17  # tell every float64 from its neighbours
FLOATS = (Fraction(2) ** -1022, Fraction(2) ** 1023)
EXACT_DIGITS = Context(prec=40_000, Emin=-100_000, Emax=100_000)
OF_PRODUCTS = 6  # precedence
INLINE_SIZE = 120  # operations in one line, shared ones counted each time


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of an expression and how tightly its outermost operator binds."""

    text: str
    precedence: int = 10


class Infix:
    """diffcheck's own language: what is printed can be typed again."""

    power = "^"

    def variable(self, name: str) -> Text:
        return Text(name)

    def constant(self, value: Fraction) -> Text:
        decimal = exact_decimal(value)
        if decimal:
            return Text(decimal, 10 if value >= 0 else 7)
        numerator, denominator = (exact_decimal(Fraction(part)) or digits(part) for part in (value.numerator, value.denominator))
        return Text(f"{numerator}/{denominator}", 6)

    def apply(self, function: Function, arguments: Sequence[Text]) -> Text:
        return self.operation(function, arguments) if function.binding is not None else self.function(function, arguments)

    def operation(self, function: Function, arguments: Sequence[Text]) -> Text:
        """An operator between its operands, or before the only one."""
        binding, symbol = function.binding, self.symbol(function)
        assert binding is not None
        if len(arguments) == 1:
            return Text(f"{symbol}{self.wrapped(arguments[0], binding.right)}", binding.precedence)
        left, right = self.wrapped(arguments[0], binding.left), self.wrapped(arguments[1], binding.right)
        return Text(f"{left}{symbol}{right}", binding.precedence)

    def symbol(self, function: Function) -> str:
        """An operator with the blanks around it."""
        symbol = self.power if function.operator == "^" else function.operator
        return _spaced(symbol, function)

    def wrapped(self, part: Text, precedence: int) -> str:
        """A part that binds as tightly as is wanted, in brackets if it does not by itself."""
        return wrap(part, precedence)

    def function(self, function: Function, arguments: Sequence[Text]) -> Text:
        if not function.parameters:
            return Text(function.name)
        return Text(f"{function.name}({listed(arguments)})")

    def call(self, definition: Definition, order: int, arguments: Sequence[Text]) -> Text:
        return Text(f"{definition.name}{chr(39) * order}{f'({listed(arguments[: definition.arity])})' if definition.arity else ''}")


class Short(Infix):
    """The same with at most 17 digits per number: 0.1, not the 55 digits of the float that a program holds for it."""

    def constant(self, value: Fraction) -> Text:
        written = super().constant(value)
        if sum(map(str.isdigit, written.text)) <= FLOAT_DIGITS:
            return written
        is_float = FLOATS[0] < abs(value) < FLOATS[1]
        decimal = Context(FLOAT_DIGITS).divide(Decimal(value.numerator), Decimal(value.denominator))
        return Text(f"{float(value)!r}" if is_float else f"{decimal}", 10 if value >= 0 else 7)


class Latex(Infix):
    """LaTeX for a mathematics environment."""

    def variable(self, name: str) -> Text:
        return Text(latex_name(name))

    def constant(self, value: Fraction) -> Text:
        written = super().constant(abs(value))
        numerator, _, denominator = written.text.partition("/")
        text = rf"\frac{{{numerator}}}{{{denominator}}}" if denominator else numerator
        return Text(text if value >= 0 else f"-{text}", 10 if value >= 0 else 7)

    def apply(self, function: Function, arguments: Sequence[Text]) -> Text:
        if function.latex_form is not None:
            return self._of_form(function.latex_form, arguments)
        if function.name == "multiply":
            factor = self.wrapped(arguments[1], 8 if arguments[1].text.startswith("-") else 7)
            dot = r" \cdot " if factor[:1].isdigit() or factor.startswith(r"\frac{") else " "
            return Text(f"{self.wrapped(arguments[0], 6)}{dot}{factor}", 6)
        return super().apply(function, arguments)

    def _of_form(self, form: LatexForm, arguments: Sequence[Text]) -> Text:
        def written(place: re.Match[str]) -> str:
            k = int(place[1]) - 1
            return self.wrapped(arguments[k], form.wanted[k] if k < len(form.wanted) else 0)

        return Text(re.sub(r"#(\d)", written, form.body), form.precedence)

    def symbol(self, function: Function) -> str:
        return _spaced(function.latex or function.operator, function)

    def wrapped(self, part: Text, precedence: int) -> str:
        return part.text if part.precedence >= precedence else rf"\left({part.text}\right)"

    def function(self, function: Function, arguments: Sequence[Text]) -> Text:
        if not function.parameters:
            return Text(function.latex)
        if function.latex_omits_default and arguments[-1].text in self._spellings(function.defaults[-1]):
            arguments = arguments[:-1]
        head = function.latex or rf"\operatorname{{{function.name.replace('_', chr(92) + '_')}}}"
        return Text(rf"{head}\left({listed(arguments)}\right)")

    def _spellings(self, value: Fraction) -> tuple[str, str]:
        """A literal, and a quotient of two."""
        return self.constant(value).text, rf"\frac{{{value.numerator}}}{{{value.denominator}}}"

    def call(self, definition: Definition, order: int, arguments: Sequence[Text]) -> Text:
        applied = rf"\left({listed(arguments[: definition.arity])}\right)" if definition.arity else ""
        return Text(f"{latex_name(definition.name)}{chr(39) * order}{applied}")


class ShortLatex(Latex, Short):
    """LaTeX with at most 17 digits per number."""


EXACT = Infix(), Latex()
SHORT = Short(), ShortLatex()  # for graphs that hold floats


def _spaced(symbol: str, function: Function) -> str:
    """A word or a LaTeX command before its operand, or an operator: blanks around all that bind less tightly than a product."""
    if len(function.names) == 1:
        return f"{symbol} " if symbol[-1].isalpha() else symbol
    return f" {symbol} " if function.binding is not None and function.binding.precedence < OF_PRODUCTS else symbol


def listed(arguments: Sequence[Text]) -> str:
    return ", ".join(argument.text for argument in arguments)


def wrap(part: Text, precedence: int) -> str:
    return part.text if part.precedence >= precedence else f"({part.text})"


def exact_decimal(value: Fraction) -> str:
    """The decimal that spells a rational exactly, with an exponent where zeros abound; '' when it has none of reasonable length."""
    twos, fives = _power_in(value.denominator, 2), _power_in(value.denominator, 5)
    places = max(twos, fives)
    if value.denominator != 2**twos * 5**fives or places > MAX_PLACES:
        return ""
    number = Decimal(abs(value.numerator) * 10**places // value.denominator).scaleb(-places, EXACT_DIGITS).normalize(EXACT_DIGITS)
    if len(number.as_tuple().digits) > MAX_DIGITS:
        return ""
    exponent = number.adjusted()
    plain = f"{number:f}" if -7 <= exponent < PLAIN_DIGITS else f"{number:e}".replace("e+", "e")
    return plain if value >= 0 else f"-{plain}"


def digits(number: int) -> str:
    """An integer written out; str refuses one of more than 4,300 digits."""
    return f"{Decimal(number):f}"


def _power_in(number: int, base: int) -> int:
    """How often a base divides a number; no further than is of interest."""
    power = 0
    while power <= MAX_PLACES and number % base == 0:
        number //= base
        power += 1
    return power


def identifier(name: str) -> str:
    """A definition's name as Python can write it: f' is df, f_y' is df_dy."""
    primes = name.count("'")
    plain = name.rstrip("'").replace("/", "_").replace("[", "_").replace("]", "").replace(",", "_")
    return "d" * primes + plain or "f"


def latex_name(name: str) -> str:
    if name.startswith("d/d"):
        return rf"\frac{{d}}{{d{name[3:]}}}"
    head, _, index = name.partition("_")
    head = rf"\{head}" if head in GREEK else head
    return rf"{head}_{{{index}}}" if index else head


GREEK = frozenset(
    ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma",
     "tau", "upsilon", "phi", "chi", "psi", "omega", "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi",
     "Omega")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """One line: a definition (`parameters` not empty) or a named intermediate of the definition that follows it."""

    name: str
    parameters: tuple[str, ...]
    body: str

    @property
    def left(self) -> str:
        """What stands left of the equals sign."""
        return f"{self.name}({', '.join(self.parameters)})" if self.parameters else self.name


def expanded_sizes(graph: Graph) -> list[int]:
    """For every node the number of operations when shared ones are written out each time."""
    sizes: list[int] = []
    for node in graph.nodes:
        sizes.append(sum(sizes[i] for i in arguments_of(node)) + (not isinstance(node, (Constant, Variable))))
    return sizes


def statements(definition: Definition, notation: Infix) -> Iterator[Statement]:
    """The lines that compute a definition, the definitions that it calls first."""
    for below in called(definition):
        yield from _body(below, notation)
    yield from _body(definition, notation)


def one_line(graph: Graph, notation: Infix) -> str | None:
    """The graph in one line, or None when it is too long for one."""
    if expanded_sizes(graph)[graph.output] > INLINE_SIZE:
        return None
    return evaluate(graph, notation, _Names(graph, notation)).text


def derivative_text(derivative: Definition, notation: Infix) -> tuple[str, bool]:
    """A derivative to read: its closed form in one line where it fits, else its chained definitions (True)."""
    line = one_line(derivative.flat, notation)
    if line is not None:
        return line, False
    return "\n".join(f"{statement.left} = {statement.body}" for statement in statements(derivative, notation)), True


def called(definition: Definition) -> list[Definition]:
    """Every definition called, each after those that it calls itself; with an explicit stack."""
    done: dict[Definition, None] = {}
    stack = [definition]
    while stack:
        top = stack[-1]
        below = [node.definition for node in top.written.nodes if isinstance(node, Call) and node.definition not in done]
        below = [each for each in below if each not in stack]
        if below:
            stack.append(below[0])
            continue
        done[stack.pop()] = None
    return list(done)[:-1]


def _body(definition: Definition, notation: Infix) -> Iterator[Statement]:
    """One line if it fits, else one line for each shared or large part."""
    graph = definition.written
    line = one_line(graph, notation)
    if line is not None:
        yield Statement(definition.name, definition.parameters, line)
        return
    texts: list[Text] = []
    sizes: list[int] = []
    count = 0
    for i, node in enumerate(graph.nodes):
        arguments = [texts[j] for j in arguments_of(node)]
        text = node_text(node, arguments, notation)
        size = 1 + sum(sizes[j] for j in arguments_of(node))
        shared = graph.use_counts[i] > 1 and not isinstance(node, (Constant, Variable))
        if i != graph.output and (shared or size > INLINE_SIZE // 4):
            count += 1
            yield Statement(f"v{count}", (), text.text)
            text, size = Text(f"v{count}"), 0
        texts.append(text)
        sizes.append(size)
    yield Statement(definition.name, definition.parameters, texts[graph.output].text)


def node_text(node: object, arguments: Sequence[Text], notation: Infix) -> Text:
    """A node between the texts of its arguments."""
    match node:
        case Constant(value):
            return notation.constant(value)
        case Variable(name):
            return notation.variable(name)
        case Call(definition, _, order):
            return notation.call(definition, order, arguments)
        case Apply(function, _):
            return notation.apply(FUNCTIONS[function], arguments)
    raise TypeError(node)


class _Names(dict[str, Text]):
    """Every variable is written as its name."""

    def __init__(self, graph: Graph, notation: Infix) -> None:
        super().__init__({name: notation.variable(name) for name in graph.variables})
