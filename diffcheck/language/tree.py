"""The tree, built during the parse: a method for each rule of `grammar.lark`, called when the rule is complete."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from lark import Token

from diffcheck.language.cover import cover_everything
from diffcheck.language.foreign import FORMS_OF_REWRITTEN, REWRITTEN, logarithm, root
from diffcheck.language.literals import degree_of, literal, place, whole
from diffcheck.language.literals import exponent as power_of
from diffcheck.language.names import CONSTANTS, LOGARITHM
from diffcheck.language.parts import Asked, Claimed, Keyword, Pair
from diffcheck.language.refusals import RefusalError
from diffcheck.language.syntax import Binding, Component, Composition, Expression, Factor, Literal, Name, Operation, Span, Vector, postorder
from diffcheck.results import counted

ALWAYS = frozenset(("True", "true", "otherwise", "else"))  # conditions of the last piece
Statement: TypeAlias = Binding | Expression | Asked | Claimed
Part: TypeAlias = Token | Expression | Factor | Pair | Keyword
Argument: TypeAlias = Expression | Keyword
Factors: TypeAlias = tuple[Factor, ...]


def _start(part: Part) -> int:
    return part.start_pos or 0 if isinstance(part, Token) else part.span.start


def _end(part: Part) -> int:
    return part.end_pos or 0 if isinstance(part, Token) else part.span.end


def _span(first: Part, last: Part) -> Span:
    return Span(_start(first), _end(last))


def _refuse(message: str, first: Part, last: Part, fix: str = "", *quoted: tuple[Part, Part]) -> RefusalError:
    """The error for `first` to `last`; `fix` quotes the text of ranges of parts as {0}, {1}, …"""
    return RefusalError(message, _start(first), _end(last), fix, *((_start(a), _end(b)) for a, b in quoted))


def _ambiguous(message: str, what: Span, readings: tuple[str, ...], *quoted: Span) -> RefusalError:
    """The error for what can be read in several ways; `readings` quote the text of spans as {0}, {1}, …"""
    return RefusalError(message, what.start, what.end, "", *((span.start, span.end) for span in quoted), readings=readings)


def _compare(operator: Token, left: Expression, right: Expression) -> Operation:
    return Operation(operator.type.lower(), (left, right), _span(left, right))


def _is_chain(part: Expression) -> bool:
    """Whether a part is a < b < c: its comparisons share their middle operand."""
    if not (isinstance(part, Operation) and part.operator == "and"):
        return False
    left, right = part.operands
    left = left.operands[-1] if isinstance(left, Operation) and left.operator == "and" else left
    return isinstance(left, Operation) and isinstance(right, Operation) and left.operands[-1] is right.operands[0]


def _is_last(pieces: list[Pair | Expression]) -> bool:
    """Whether the last condition holds wherever the others do not."""
    conditions = [piece.condition for piece in pieces if isinstance(piece, Pair)]
    last = conditions[-1]
    return isinstance(last, Name) and last.name in ALWAYS or cover_everything(conditions)


def _no_keywords(arguments: list[Argument], form: str) -> tuple[Expression, ...]:
    """The arguments, none of which is `name = value`."""
    plain: list[Expression] = []
    for argument in arguments:
        if isinstance(argument, Keyword):
            raise _unknown_keyword(argument, form)
        plain.append(argument)
    return tuple(plain)


def _unknown_keyword(argument: Keyword, form: str) -> RefusalError:
    if argument.name == "base":
        message, fix = f"{form} has no argument 'base' here", "Write log(x, base=2): two arguments of log."
    else:
        message, fix = f"'=' does not compare, and {form} has no argument '{argument.name}'", "To compare, write ==."
    return RefusalError(message, argument.equals.start, argument.equals.end, fix)


class TreeBuilder:
    """The methods of the grammar's rules; each takes the rule's parts, tokens included."""

    # ── programs ──

    def start(self, parts: list[Statement | Token]) -> tuple[Statement, ...]:
        return tuple(part for part in parts if not isinstance(part, Token))

    def applied_to_x(self, parts: list[Factors]) -> Composition:
        (factors,) = parts
        span = _span(factors[0], factors[-1])
        return Composition(factors, (Name("x", span),), span)

    def definition(self, parts: tuple[Token, Token, tuple[str, ...], Token, Token, Expression]) -> Binding:
        name, _, parameters, _, _, body = parts
        return Binding(str(name), parameters, body, _span(name, body))

    def parameters(self, parts: list[Token]) -> tuple[str, ...]:
        return tuple(str(part) for part in parts if part.type == "PARAMETER")

    def alias(self, parts: tuple[Token, Token, Factors]) -> Binding:
        name, _, factors = parts
        return Binding(str(name), ("x",), self.applied_to_x([factors]), _span(name, factors[-1]))

    def missing_argument(self, parts: tuple[Token, Token, tuple[str, ...], Token, Token, Factors]) -> None:
        name, _, parameters, _, _, factors = parts
        what = (factors[0], factors[-1])
        fix = f"Write {name}({parameters[0]}) = ({{0}})({parameters[0]}), or {name} = {{0}}."
        raise _refuse("a function stands where its value is needed", *what, fix, what)

    def value(self, parts: tuple[Token, Token, Expression]) -> Binding:
        """y = x^2"""
        name, _, body = parts
        return Binding(str(name), (), body, _span(name, body))

    def derivative(self, parts: tuple[Token, Expression]) -> Asked:
        """d/dx x^2 asks for the derivative of x^2; of d/dx x^2 + x it is not clear how far it goes."""
        sign, body = parts
        first: Expression = body
        while isinstance(first, Operation) and first.operator in ("add", "subtract") and first.span.start == first.operands[0].span.start:
            first = first.operands[0]
        if first is not body:
            quoted = (_span(sign, sign), body.span, first.span, Span(first.span.end, body.span.end))
            variable = str(sign).split()[0]
            readings = ("{0} ({1})", f"f({variable}) = {{2}}; f'({variable}){{3}}")
            raise _ambiguous("how far the derivative goes can be read in two ways", _span(sign, body), readings, *quoted)
        return Asked(tuple(str(sign).split()), body, _span(sign, body))

    def claimed(self, parts: tuple[Token, Expression]) -> Claimed:
        """f'(x) = 2x"""
        sign, body = parts
        return Claimed(body, _span(sign, body))

    # ── operators ──

    def binary(self, parts: tuple[Expression, Token, Expression]) -> Operation:
        left, operator, right = parts
        name = "multiply" if operator.type == "JUXTAPOSED" else operator.type.lower()
        return Operation(name, (left, right), _span(left, right))

    def unary(self, parts: tuple[Token, Expression]) -> Operation:
        operator, operand = parts
        name = "negate" if operator.type == "SUBTRACT" else operator.type.lower()
        return Operation(name, (operand,), _span(operator, operand))

    def plus(self, parts: tuple[Token, Expression]) -> Expression:
        sign, operand = parts
        return replace(operand, span=_span(sign, operand))

    def conditional(self, parts: tuple[Expression, Token, Expression, Token, Expression]) -> Operation:
        then, _, condition, _, otherwise = parts
        return Operation("where", (condition, then, otherwise), _span(then, otherwise))

    def chain(self, parts: list[Expression | Token]) -> Operation:
        """a < b <= c: the middle operands belong to two comparisons each."""
        operands = [part for part in parts if not isinstance(part, Token)]
        operators = [part for part in parts if isinstance(part, Token)]
        for operand in operands[1:-1]:
            # a chain in a middle operand would double at each level: 2^500 nodes from a text of a few kilobytes
            if any(_is_chain(part) for part in postorder(operand)):
                message = "a chain of comparisons stands inside another one"
                raise _refuse(message, operand, operand, "Write it with and.")
        whole = _compare(operators[0], operands[0], operands[1])
        for operator, left, right in zip(operators[1:], operands[1:-1], operands[2:], strict=True):
            whole = Operation("and", (whole, _compare(operator, left, right)), _span(operands[0], right))
        return whole

    def superscripted(self, parts: tuple[Expression, Token]) -> Operation:
        base, exponent = parts
        return Operation("power", (base, power_of(exponent)), _span(base, exponent))

    def root(self, parts: tuple[Token, Expression]) -> Expression:
        sign, radicand = parts
        return root((radicand, whole(degree_of(sign), place(sign))), _span(sign, radicand))

    def factorial(self, parts: tuple[Expression, Token]) -> Composition:
        """x!"""
        operand, sign = parts
        return Composition((Factor("factorial", _span(sign, sign)),), (operand,), _span(operand, sign))

    def degrees(self, parts: tuple[Expression, Token]) -> Operation:
        """30° is 30*pi/180."""
        operand, sign = parts
        turned = Operation("multiply", (operand, Name("pi", _span(sign, sign))), _span(operand, sign))
        return Operation("divide", (turned, whole(180, place(sign))), turned.span)

    # ── what can be read in two ways ──

    def ambiguous_quotient(self, parts: tuple[Operation, Token, Expression]) -> None:
        quotient, _, right = parts
        numerator, denominator = quotient.operands
        if isinstance(numerator, Name) and isinstance(denominator, Name) and (numerator.name, denominator.name[:1]) == ("d", "d"):
            raise _refuse("d/dx stands within an expression", quotient, right, "Define f(x) = …, and write f'(x) here.")
        readings = ("({0}/{1})*{2}", "{0}/({1}*{2})")
        what = "a '/' is followed by an implied product"
        raise _ambiguous(what, _span(quotient, right), readings, numerator.span, denominator.span, right.span)

    def ambiguous_tower(self, parts: tuple[Operation, Token, Expression]) -> None:
        power, _, exponent = parts
        base, inner = power.operands
        digits = inner.literal if isinstance(inner, Literal) else ""
        readings = ("({0})^{1}", f"{{2}}^({digits}^{{1}})")
        raise _ambiguous("a power of a power needs brackets", _span(power, exponent), readings, power.span, exponent.span, base.span)

    def ambiguous_root(self, parts: list[Composition | Token | Expression]) -> None:
        root, last = parts[0], parts[-1]
        assert isinstance(root, Composition)
        radicand = root.arguments[0]
        quoted = (radicand.span, _span(parts[1], last), root.span)
        raise _ambiguous("a power behind a root can be read in two ways", _span(root, last), ("√({0}{1})", "({2}){1}"), *quoted)

    # ── atoms ──

    def number(self, parts: list[Token]) -> Expression:
        (token,) = parts
        return literal(token)

    def name(self, parts: list[Token]) -> Name:
        (name,) = parts
        return Name(CONSTANTS.get(name, str(name)), _span(name, name))

    def bracketed(self, parts: tuple[Token, Expression, Token]) -> Expression:
        opening, inside, closing = parts
        return replace(inside, span=_span(opening, closing))

    def absolute(self, parts: tuple[Token, Expression, Token]) -> Composition:
        opening, inside, closing = parts
        span = _span(opening, closing)
        return Composition((Factor("abs", span),), (inside,), span)

    def vector(self, parts: list[Expression | Token]) -> Vector:
        """[a, b]"""
        return Vector(tuple(part for part in parts if not isinstance(part, Token)), _span(parts[0], parts[-1]))

    def component(self, parts: tuple[Expression, Token, Token, Token]) -> Component:
        """v[0]"""
        vector, _, place, closing = parts
        return Component(vector, int(place), _span(vector, closing))

    # ── calls ──

    def arguments(self, parts: list[Argument | Token]) -> list[Argument]:
        return [part for part in parts if not isinstance(part, Token)]

    def keyword(self, parts: tuple[Token, Token, Expression]) -> Keyword:
        name, equals, value = parts
        return Keyword(str(name), value, _span(name, value), _span(equals, equals))

    def call(self, parts: tuple[Factors, Token, list[Argument], Token]) -> Expression:
        factors, _, arguments, closing = parts
        span = _span(factors[0], closing)
        plain = _no_keywords(arguments, factors[-1].name)
        match factors:
            case [Factor(name, primes=0, iterations=1)] if len(plain) == 1 and LOGARITHM.fullmatch(name):
                base = name.removeprefix("log_")
                return logarithm((*plain, whole(int(base), factors[0].span) if base.isdigit() else Name(base, factors[0].span)), span)
        return Composition(factors, plain, span)

    def rewritten(self, parts: tuple[Token, Token, list[Argument], Token]) -> Expression:
        """pow(x, 2), log(x, base=2): what another program writes as a function."""
        name, _, arguments, closing = parts
        span = _span(name, closing)
        match arguments:
            case [argument, Keyword("base", base)] if name in ("log", "ln"):
                arguments = [argument, base]
        plain = _no_keywords(arguments, str(name))
        if closing == "]" and name == "log":  # Mathematica's Log[b, x]
            plain = plain[::-1]
        least, most, write = REWRITTEN[name]
        if least <= len(plain) <= most:
            return write(plain, span)
        if name in FORMS_OF_REWRITTEN:
            message = f"{name} does not take {counted(len(plain), 'argument')}"
            raise _refuse(message, name, closing, f"Write {FORMS_OF_REWRITTEN[name]}.")
        return Composition((Factor(str(name), _span(name, name)),), plain, span)

    def fraction(self, parts: tuple[Token, Token, Expression, Token, Token, Expression, Token]) -> Expression:
        """\\frac{a}{b}, \\binom{n}{k}"""
        command, both, span = parts[0], (parts[2], parts[5]), _span(parts[0], parts[-1])
        if command.endswith("binom"):
            return Composition((Factor("binomial", _span(command, command)),), both, span)
        return Operation("divide", both, span)

    def indexed_root(self, parts: tuple[Token, Token, Expression, Token]) -> Expression:
        """\\sqrt[3]{x}"""
        sign, _, radicand, closing = parts
        index = sign.partition("[")[2].strip("] \t\n")
        degree = whole(int(index), place(sign)) if index.isdigit() else Name(index, _span(sign, sign))
        return root((radicand, degree), _span(sign, closing))

    def rounded(self, parts: tuple[Token, Expression, Token]) -> Composition:
        """⌊x⌋, ⌈x⌉"""
        opening, inside, closing = parts
        span = _span(opening, closing)
        return Composition((Factor("floor" if opening.type == "LEFT_FLOOR" else "ceil", span),), (inside,), span)

    def row(self, parts: list[Token | Expression]) -> Pair | Expression:
        """A line of \\begin{cases}: a value and its condition, or the last value alone."""
        value, *conditions = (part for part in parts if not isinstance(part, Token))
        assert not isinstance(value, (Pair, Keyword))
        return Pair(value, conditions[0], _span(parts[0], parts[-1])) if conditions else value

    def cases(self, parts: list[Token | Pair | Expression]) -> Expression:
        return self._pieces(parts, "Write the last line as c & \\text{{otherwise}}.")

    def powered_call(self, parts: list[Token | list[Argument]]) -> Operation:
        """sin^2(x), sin²(x)"""
        name, closing = parts[0], parts[-1]
        exponent, arguments = parts[-4], parts[-2]
        assert isinstance(name, Token)
        assert isinstance(exponent, Token)
        assert isinstance(closing, Token)
        assert isinstance(arguments, list)
        span = _span(name, closing)
        call = Composition(self.function([name]), _no_keywords(arguments, str(name)), span)
        return Operation("power", (call, power_of(exponent)), span)

    def where(self, parts: tuple[Token, Token, list[Argument], Token]) -> Operation:
        name, _, arguments, closing = parts
        operands = _no_keywords(arguments, "where")
        if len(operands) != 3:
            message = f"where needs 3 arguments, not {len(operands)}"
            raise _refuse(message, name, closing, "Write where(condition, then, otherwise).")
        return Operation("where", operands, _span(name, closing))

    def pair(self, parts: tuple[Token, Expression, Token, Expression, Token]) -> Pair:
        opening, value, _, condition, closing = parts
        return Pair(value, condition, _span(opening, closing))

    def piecewise(self, parts: list[Token | Pair | Expression]) -> Expression:
        return self._pieces(parts, "Write piecewise((value, condition), …, otherwise).")

    def _pieces(self, parts: list[Token | Pair | Expression], form: str) -> Expression:
        pairs: list[Pair | Expression]
        *pairs, otherwise = (part for part in parts if not isinstance(part, Token))
        if isinstance(otherwise, Pair) and _is_last([*pairs, otherwise]):
            otherwise = otherwise.value
        if isinstance(otherwise, Pair):
            message = "piecewise lacks its last part: the value where no condition holds"
            raise _refuse(message, otherwise, parts[-1], form)
        span = _span(parts[0], parts[-1])
        for pair in reversed(pairs):
            if not isinstance(pair, Pair):
                raise _refuse("a part of piecewise has no condition", pair, pair, form)
            otherwise = Operation("where", (pair.condition, pair.value, otherwise), span)
        return otherwise if pairs else replace(otherwise, span=span)

    # ── functions ──

    def function(self, parts: list[Token]) -> Factors:
        return (Factor(str(parts[0]), _span(parts[0], parts[-1]), primes=len(parts) - 1),)

    def entry(self, parts: tuple[Token, Token, Token, Token]) -> Factors:
        """F[0]"""
        name, _, place, closing = parts
        return (Factor(str(name), _span(name, closing), entry=int(place)),)

    def iterated(self, parts: list[Token]) -> Factors:
        """f@3, iterate(f, 3)"""
        name = next(part for part in parts if part.type == "FUNCTION")
        count = next(part for part in parts if part.type == "COUNT")
        return (Factor(str(name), _span(parts[0], parts[-1]), iterations=int(count)),)

    def grouped(self, parts: tuple[Token, Factors, Token]) -> Factors:
        return parts[1]

    def composition(self, parts: list[Factors | Token]) -> Factors:
        return tuple(factor for part in parts if not isinstance(part, Token) for factor in part)
