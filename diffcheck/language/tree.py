"""The tree, built during the parse: a method for each rule of `grammar.lark`, called when the rule is complete."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from lark import Token

from diffcheck.language.names import CONSTANTS, SUPERSCRIPT_DIGITS
from diffcheck.language.refusals import RefusalError
from diffcheck.language.syntax import Call, Definition, Expression, Factor, Name, Number, Operation, Span, postorder


class Pair(NamedTuple):
    """`(value, condition)` inside piecewise."""

    value: Expression
    condition: Expression
    span: Span


class Keyword(NamedTuple):
    """`base=2` between the arguments of a call."""

    name: str
    value: Expression
    span: Span
    equals: Span


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


def _compare(operator: Token, left: Expression, right: Expression) -> Operation:
    return Operation(operator.type.lower(), (left, right), _span(left, right))


def _is_chain(part: Expression) -> bool:
    """Whether a part is a < b < c: its comparisons share their middle operand."""
    if not (isinstance(part, Operation) and part.operator == "and"):
        return False
    left, right = part.operands
    left = left.operands[-1] if isinstance(left, Operation) and left.operator == "and" else left
    return isinstance(left, Operation) and isinstance(right, Operation) and left.operands[-1] is right.operands[0]


def _literal(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    power = int(exponent or "0") - len(decimals)
    digits = int(whole + decimals)
    return Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)


def _integer_exponent(token: Token) -> Number:
    """The 2 of x² and of sin^2(x)."""
    digits = token.translate(SUPERSCRIPT_DIGITS)
    return Number(Fraction(int(digits)), True, _span(token, token), digits)


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

    def start(self, parts: list[Definition | Expression | Token]) -> tuple[Definition | Expression, ...]:
        return tuple(part for part in parts if not isinstance(part, Token))

    def applied_to_x(self, parts: list[Factors]) -> Call:
        (factors,) = parts
        span = _span(factors[0], factors[-1])
        return Call(factors, (Name("x", span),), span)

    def definition(self, parts: tuple[Token, Token, tuple[str, ...], Token, Token, Expression]) -> Definition:
        name, _, parameters, _, _, body = parts
        return Definition(str(name), parameters, body, _span(name, body))

    def parameters(self, parts: list[Token]) -> tuple[str, ...]:
        return tuple(str(part) for part in parts if part.type == "PARAMETER")

    def alias(self, parts: tuple[Token, Token, Factors]) -> Definition:
        name, _, factors = parts
        return Definition(str(name), ("x",), self.applied_to_x([factors]), _span(name, factors[-1]))

    def missing_argument(self, parts: tuple[Token, Token, tuple[str, ...], Token, Token, Factors]) -> None:
        name, _, parameters, _, _, factors = parts
        what = (factors[0], factors[-1])
        fix = f"Write {name}({parameters[0]}) = ({{0}})({parameters[0]}), or {name} = {{0}}."
        raise _refuse("a function stands where its value is needed", *what, fix, what)

    def missing_parameters(self, parts: tuple[Token, Token, Expression]) -> None:
        name, equals, body = parts
        short = _end(body) - _start(body) <= 40
        fix = f"Write {name}(x) = {'{0}' if short else '…'} for a definition, == for a comparison."
        raise _refuse(f"the definition of '{name}' has no parameters", name, equals, fix, (body, body))

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
        return Operation("power", (base, _integer_exponent(exponent)), _span(base, exponent))

    def root(self, parts: tuple[Token, Expression]) -> Call:
        sign, radicand = parts
        return Call((Factor("sqrt", _span(sign, sign)),), (radicand,), _span(sign, radicand))

    # ── what can be read in two ways ──

    def ambiguous_quotient(self, parts: tuple[Operation, Token, Expression]) -> None:
        quotient, _, right = parts
        numerator, denominator = quotient.operands
        fix = "Write ({0}/{1})*{2} or {0}/({1}*{2})."
        quoted = ((numerator, numerator), (denominator, denominator), (right, right))
        raise _refuse("a '/' is followed by an implied product", quotient, right, fix, *quoted)

    def ambiguous_tower(self, parts: tuple[Operation, Token, Expression]) -> None:
        power, _, exponent = parts
        base, inner = power.operands
        fix = f"Write ({{0}})^{{1}} or {{2}}^({inner.value}^{{1}})." if isinstance(inner, Number) else ""
        quoted = ((power, power), (exponent, exponent), (base, base))
        raise _refuse("a power of a power needs brackets", power, exponent, fix, *quoted)

    def ambiguous_root(self, parts: list[Call | Token | Expression]) -> None:
        root, last = parts[0], parts[-1]
        assert isinstance(root, Call)
        radicand = root.arguments[0]
        quoted = ((radicand, radicand), (parts[1], last), (root, root))
        fix = "Write √({0}{1}) or ({2}){1}."
        raise _refuse("a power behind a root can be read in two ways", root, last, fix, *quoted)

    # ── atoms ──

    def number(self, parts: list[Token]) -> Number:
        (literal,) = parts
        return Number(_literal(literal), literal.isdigit(), _span(literal, literal), str(literal))

    def name(self, parts: list[Token]) -> Name:
        (name,) = parts
        return Name(CONSTANTS.get(name, str(name)), _span(name, name))

    def bracketed(self, parts: tuple[Token, Expression, Token]) -> Expression:
        opening, inside, closing = parts
        return replace(inside, span=_span(opening, closing))

    def absolute(self, parts: tuple[Token, Expression, Token]) -> Call:
        opening, inside, closing = parts
        span = _span(opening, closing)
        return Call((Factor("abs", span),), (inside,), span)

    # ── calls ──

    def arguments(self, parts: list[Argument | Token]) -> list[Argument]:
        return [part for part in parts if not isinstance(part, Token)]

    def keyword(self, parts: tuple[Token, Token, Expression]) -> Keyword:
        name, equals, value = parts
        return Keyword(str(name), value, _span(name, value), _span(equals, equals))

    def call(self, parts: tuple[Factors, Token, list[Argument], Token]) -> Expression:
        factors, _, arguments, closing = parts
        span = _span(factors[0], closing)
        is_log = [(f.name, f.primes, f.iterations) for f in factors] == [("log", 0, 1)]
        match arguments:
            case [argument, Keyword("base", base)] if is_log:
                logarithms = (Call(factors, _no_keywords([part], "log"), span) for part in (argument, base))
                return Operation("divide", tuple(logarithms), span)
        return Call(factors, _no_keywords(arguments, factors[-1].name), span)

    def powered_call(self, parts: list[Token | list[Argument]]) -> Operation:
        """sin^2(x), sin²(x)"""
        name, closing = parts[0], parts[-1]
        exponent, arguments = parts[-4], parts[-2]
        assert isinstance(name, Token)
        assert isinstance(exponent, Token)
        assert isinstance(closing, Token)
        assert isinstance(arguments, list)
        span = _span(name, closing)
        call = Call(self.function([name]), _no_keywords(arguments, str(name)), span)
        return Operation("power", (call, _integer_exponent(exponent)), span)

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
        form = "Write piecewise((value, condition), …, otherwise)."
        *pairs, otherwise = (part for part in parts[2:-1] if not isinstance(part, Token))
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

    def iterated(self, parts: list[Token]) -> Factors:
        """f@3, iterate(f, 3)"""
        name = next(part for part in parts if part.type == "FUNCTION")
        count = next(part for part in parts if part.type == "COUNT")
        return (Factor(str(name), _span(parts[0], parts[-1]), iterations=int(count)),)

    def grouped(self, parts: tuple[Token, Factors, Token]) -> Factors:
        return parts[1]

    def composition(self, parts: list[Factors | Token]) -> Factors:
        return tuple(factor for part in parts if not isinstance(part, Token) for factor in part)
