"""What literals stand for: 2.5e3, 3½, the ⁻² of x⁻², the 3 of ³√x."""

from __future__ import annotations

from fractions import Fraction

from lark import Token

from diffcheck.language.lexer import end, start
from diffcheck.language.syntax import Expression, Literal, Name, Operation, Span
from diffcheck.language.written import SUPERSCRIPTS, VULGAR, mixed


def place(token: Token) -> Span:
    """Where a token stands."""
    return Span(start(token), end(token))


def whole(value: int, span: Span) -> Literal:
    """An integer that a sign stands for."""
    return Literal(Fraction(value), True, span, str(value))


def literal(token: Token) -> Expression:
    """2, 2.5, 2e3; ½ and 3½, which are quotients."""
    if token[-1] in VULGAR:
        over, under = mixed(token).as_integer_ratio()
        return Operation("divide", (whole(over, place(token)), whole(under, place(token))), place(token))
    return Literal(_decimal(token), token.isdigit(), place(token), str(token))


def _decimal(text: str) -> Fraction:
    mantissa, _, exponent = text.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    power = int(exponent or "0") - len(decimals)
    digits = int(whole + decimals)
    return Fraction(digits * 10**power) if power >= 0 else Fraction(digits, 10**-power)


def exponent(token: Token) -> Expression:
    """The 2 of x² and of sin^2(x), the -2x of e⁻²ˣ."""
    span = place(token)
    written = token.translate(SUPERSCRIPTS)
    digits = written.strip("+-xyn")
    factors: list[Expression] = [Literal(Fraction(int(digits)), True, span, digits)] if digits else []
    factors += [Name(written[-1], span)] * written[-1].isalpha()
    value = factors[0] if len(factors) == 1 else Operation("multiply", tuple(factors), span)
    return Operation("negate", (value,), span) if written.startswith("-") else value


def degree_of(sign: str) -> int:
    """The degree that a root's sign gives: √, ∛, ∜, ³√."""
    return {"√": 2, "∛": 3, "∜": 4}[sign] if len(sign) == 1 else int(sign[0].translate(SUPERSCRIPTS))
