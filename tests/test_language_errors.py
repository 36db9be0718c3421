"""What the language refuses, where it puts the caret, and what it says to do instead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import within

from diffcheck.errors import ExpressionError
from diffcheck.language.lexer import MAXIMUM_BYTES, MAXIMUM_DIGITS, MAXIMUM_NAME, MAXIMUM_NESTING, MAXIMUM_NODES
from diffcheck.language.parser import parse
from diffcheck.language.reading import read_back
from diffcheck.language.refusals import SPELLINGS, Spelling
from diffcheck.language.syntax import Script

FUNCTIONS = frozenset([
    "abs", "asin", "binomial", "cbrt", "cos", "E1", "exp", "factorial", "gamma", "log", "max", "mod", "sin", "sinh", "sqrt",
])  # fmt: skip


def fault(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse(text, FUNCTIONS)
    return caught.value


# the text, what is said, where the carets stand, what is advised
REFUSED = (
    # what could be read in two ways
    ("1/2x", "implied product", "1/2x", "(1/2)*x or 1/(2*x)"),
    ("3 + 1/2(x+1)", "implied product", "1/2(x+1)", "Write 3 + (1/2)*(x+1) or 3 + 1/(2*(x+1))."),
    ("1/x(y+1)", "implied product", "1/x(y+1)", "(1/x)*(y+1) or 1/(x*(y+1))"),
    ("a/b c", "implied product", "a/b c", "(a/b)*c or a/(b*c)"),
    ("a*b/c d", "implied product", "a*b/c d", "(a*b/c)*d or a*b/(c*d)"),
    ("1/-2x", "implied product", "1/-2x", "(1/-2)*x or 1/(-2*x)"),
    ("1/sin(x)cos(x)", "implied product", "1/sin(x)cos(x)", "(1/sin(x))*cos(x)"),
    ("sin^-1(x)", "ambiguous", "sin^-1", "asin or 1/sin"),
    ("sin^(-1)(x)", "ambiguous", "sin^(-1)", "asin or 1/sin"),
    ("exp^-1(x)", "ambiguous", "exp^-1", "1/exp(x)"),
    ("sin^1(x)", "ambiguous", "sin^1", "sin(x)^1"),
    ("sin^2.5(x)", "ambiguous", "sin^2.5", "sin(x)^2.5"),
    ("sin^-2(x)", "ambiguous", "sin^-2", "sin(x)^-2"),
    ("sin^n(x)", "ambiguous", "sin^n", "sin(x)^n"),
    ("gamma + gamma^2(x)", "function or variable", "gamma^2", "gamma(…)^2"),
    ("f(x)=x; f^3", "power or iterate", "f^3", "f(x)^3 for the power, f@3(x)"),
    ("f(x)=x; f^3(x)", "power or iterate", "f^3", "f(x)^3 for the power, f@3(x)"),
    ("f(x)=x; f²(x)", "power or iterate", "f²", "f@2(x)"),
    ("√x^2", "behind a root", "√x^2", "√(x^2) or (√x)^2"),
    ("√x²", "behind a root", "√x²", "√(x²) or (√x)²"),
    ("x²^3", "needs brackets", "x²^3", "(x²)^3 or x^(2^3)"),
    ("|a|b|c|", "two ways", "|", "abs"),
    ("2E1(x)", "ambiguous", "2E1", "2*E1(…)"),
    # factors side by side that are no product
    ("2 3", "side by side", "2 3", "2*3"),
    ("1.2.3", "side by side", "1.2.3", "*"),
    ("x 2", "number stands behind", "2", "2*x for a product, x^2"),
    ("(x+1)2", "number stands behind", "2", "*2"),
    ("max x", "need parentheses: max(x)", "max", "max(…)"),
    ("max^2 x", "need parentheses: max^2(x)", "max^2", "max(…)^2"),
    # names
    ("2*sni(x)", "unknown function 'sni'", "sni", "Did you mean 'sin'? `diffcheck functions` lists all of them."),
    ("SNI(x)", "unknown function 'SNI'", "SNI", "Did you mean 'sin'"),
    ("speed(t+1)", "unknown function 'speed'", "speed", "speed*(…)"),
    ("q(1, 2)", "unknown function 'q'", "q", "Define it first"),
    ("q'(x)", "unknown function 'q'", "q", "q(x) = …"),
    ("sin∘q", "unknown function 'q'", "q", "q(x) = …"),
    ("iterate(q, 3)(x)", "unknown function 'q'", "q", "q(x) = …"),
    # brackets and bars
    ("2*(x + sin(x)", "closing bracket is missing", "(", "Add a ')'"),
    ("sin(x", "closing bracket is missing", "(", "Add a ')'"),
    ("(x + 1)) + 2", "no opening one", ")", "Remove it"),
    ("(x + 1}", "closed by '}'", "}", "own kind"),
    ("{x + 1", "closing bracket is missing", "{", "Add a '}'"),
    ("()", "nothing stands between", "()", "expression"),
    ("sin()", "nothing stands between", "()", "expression"),
    ("|x", "closing bar is missing", "|", "|x|"),
    ("(|x)", "closing bar is missing", "|", "|x|"),
    ("||", "'||'", "||", "or for a logical or"),
    ("||x|+1|", "'||'", "||", "abs"),
    ("|sin(|x|)|", "nested", "|", "abs"),
    ("f(x; y)", "';' stands inside", ";", "','"),
    # operands
    ("x +", "missing after '+'", "+", "number"),
    ("x + * y", "missing between '+' and '*'", "+ *", "number"),
    ("* x", "missing before '*'", "*", "number"),
    ("(x*)", "missing after '*'", "*", "number"),
    ("x^", "missing after '^'", "^", "number"),
    ("√-x", "missing between '√' and '-'", "√-", "√(-…)"),
    ("x + not y", "missing between '+' and 'not'", "+ not", "brackets"),
    ("max(x,)", "argument is missing", ",)", "','"),
    ("max(,x)", "argument is missing", "(,", "','"),
    ("1,000", "unexpected ','", ",", "point"),
    ("(1, 2)", "unexpected ','", ",", "arguments"),
    # = and conditions
    ("x^2 + y^2 = 1", "'=' does not compare", "=", "=="),
    ("where(x=0, 1, 2)", "'=' does not compare", "=", "=="),
    ("where(x^2=0, 1, 2)", "'=' does not compare", "=", "=="),
    ("max(x=0, 1)", "'=' does not compare", "=", "=="),
    ("sin(x, base=2)", "no argument 'base'", "=", "log(x, base=2)"),
    ("where(x, 1)", "3 arguments, not 2", "where(x, 1)", "where(condition, then, otherwise)"),
    ("piecewise((x, x>0), (y, y>0))", "last part", "(y, y>0))", "otherwise"),
    ("piecewise(x, (y, y>0), 0)", "no condition", "x", "piecewise((value, condition)"),
    ("x if y", "else of an if is missing", "y", "a if c else b"),
    ("(x if y) + 1", "else of an if is missing", ")", "a if c else b"),
    ("x else y", "unexpected 'else'", "else", "a if c else b"),
    ("a < (b < c < d) < e", "inside another one", "(b < c < d)", "and"),
    # definitions
    ("f(x)=x; f(x)=2", "'f' is defined twice", "f", "another name"),
    ("f(x, x)=x", "'x' is written twice", "x", "another name"),
    ("e(x)=x", "reserved constant", "e", "another name"),
    ("f(π)=π", "reserved constant", "π", "another name"),
    ("where(x)=x", "reserved word", "where", "another name"),
    ("gamma(x)=x", "already a function", "gamma", "another name"),
    ("f()=2", "needs a parameter", "f()", "f(x)"),
    ("f(x+1)=2", "names separated by ','", "+", "=="),
    ("f(2)=2", "names separated by ','", "2", "=="),
    ("f(g)=g; g(x)=x", "name of a definition", "g", "another name"),
    ("f(x)=f(x-1)", "defined by itself", "f", "f@3"),
    ("h = h∘h", "defined by itself", "h", "f@3"),
    ("f(x)=g(x); g(x)=x", "before it is defined", "g", "first"),
    ("f(x)=x; f + 1", "defined as a function", "f", "f(…)"),
    ("f(x)=x; f(1, 2)", "needs 1 argument, not 2", "f(1, 2)", "each parameter"),
    ("f(x, y)=x; f(1)", "needs 2 arguments, not 1", "f(1)", "each parameter"),
    ("f(x, y)=x; f'(1, 2)", "2 parameters", "f'", "one variable"),
    ("f(x, y)=x; (sin∘f@2)(1)", "2 parameters", "f@2", "one variable"),
    ("x; y", "follows the expression", "x", "first"),
    ("x; f(x) = 2", "follows the expression", "x", "first"),
    ("f(x) =", "missing after '='", "=", "number"),
    # functions of functions
    ("h(x) = sin'", "function stands where its value", "sin'", "h(x) = (sin')(x)"),
    ("(sin∘sin) + 1", "function stands where its value", "+", "(f∘g)(x)"),
    ("sin∘2", "function is missing after '∘'", "∘2", "f∘g"),
    ("f(x)=x; f@x(x)", "count behind '@'", "@x", "f@3"),
    ("f(x)=x; f@2.5(x)", "whole number", "2.5", "f@3"),
    ("f(x)=x; f@1000001(x)", "limit of 1,000,000", "1000001", ""),
    ("f(x)=x; f@" + "9" * 900, "limit of 1,000,000", "9" * 900, ""),
    ("f(x)=x; f@3'(x)", "behind the name of a function", "'", "h = f@3"),
    ("f(x)=x; f'@3(x)", "behind the name of a function", "@", "h = f@3"),
    ("2(x + 1)'", "behind the name of a function", "'", "f'(x)"),
    ("iterate(sin, n)(x)", "function and a count", "iterate", "iterate(f, 3)"),
    # numbers
    ("0x1F", "does not begin a number", "0", "decimal"),
    ("0b101", "does not begin a number", "0", "decimal"),
    ("1_000", "underscores", "1", "1e6"),
    ("x⁻", "SUPERSCRIPT MINUS", "⁻", ""),
    ("x^²", "missing between '^' and '²'", "^²", "number"),
    # characters
    ("x + ２", "FULLWIDTH DIGIT TWO (U+FF12)", "２", "0 to 9"),
    ("х + 1", "CYRILLIC SMALL LETTER HA (U+0445)", "х", "Latin and Greek"),
    ("x\u1680y", "OGHAM SPACE MARK (U+1680)", "\u1680", "ordinary space"),
    ("x\u200by", "ZERO WIDTH SPACE (U+200B)", "\u200b", "Remove it"),
    ("x\0y", "U+0000", "\0", "Remove it"),
    ("x\x1b[0m", "U+001B", "\x1b", "Remove it"),
    ("x ☃", "SNOWMAN (U+2603)", "☃", "brackets and names"),
    # nothing
    ("", "empty", "", "x^2"),
    (" \t ", "empty", "", "x^2"),
    ("# only a comment", "no expression", "", "x^2"),
    (";;\n;", "no expression", "", "x^2"),
)


@pytest.mark.parametrize(("text", "message", "marked", "fix"), REFUSED)
def test_a_fault_is_named_and_marked_and_mended(text: str, message: str, marked: str, fix: str) -> None:
    error = fault(text)
    assert message in error.message
    assert text[error.start : error.end] == marked
    assert fix in error.fix


@pytest.mark.parametrize("spelling", SPELLINGS, ids=lambda spelling: spelling.text)
def test_another_notation_gets_its_translation(spelling: Spelling) -> None:
    error = fault(spelling.sample)
    assert (error.message, error.fix) == (spelling.message, spelling.fix)
    assert spelling.sample[error.start : error.end] == spelling.text


LIMITS = (
    ("longer than the limit of 64 KiB", "x+" * (MAXIMUM_BYTES // 2) + "x"),
    ("longer than the limit of 64 KiB", "α" * (MAXIMUM_BYTES // 2 + 1)),
    (f"limit of {MAXIMUM_NODES:,} nodes", "+".join(["x"] * 5001)),
    (f"limit of {MAXIMUM_NODES:,} nodes", "x " * 5001),
    (f"limit of {MAXIMUM_NODES:,} nodes", "f(x)=x;f" + "'" * 20000 + "(x)"),
    (f"deeper than the limit of {MAXIMUM_NESTING}", "(" * (MAXIMUM_NESTING + 1) + "x" + ")" * (MAXIMUM_NESTING + 1)),
    (f"deeper than the limit of {MAXIMUM_NESTING}", "(" * 10_000),
    (f"limit of {MAXIMUM_DIGITS:,}", "1" * (MAXIMUM_DIGITS + 1)),
    (f"limit of {MAXIMUM_DIGITS:,}", "x" + "²" * (MAXIMUM_DIGITS + 1)),
    ("limit of ±10,000", "1e10001"),
    ("limit of ±10,000", "1e-10001"),
    ("limit of ±10,000", "1e" + "9" * 5000),
    (f"limit of {MAXIMUM_NAME} characters", "x" * (MAXIMUM_NAME + 1)),
)


@pytest.mark.parametrize(("message", "text"), LIMITS, ids=lambda value: value[:30])
def test_a_limit_is_checked_before_anything_is_built(message: str, text: str) -> None:
    with within(5):
        error = fault(text)
    assert message in error.message
    assert 0 <= error.start < error.end <= len(text)


def test_what_is_just_inside_the_limits_is_read() -> None:
    assert parse("(" * MAXIMUM_NESTING + "x" + ")" * MAXIMUM_NESTING, FUNCTIONS).expression is not None
    assert parse("1" * MAXIMUM_DIGITS + "e-10000", FUNCTIONS).expression is not None
    assert parse("+".join(["x"] * 5000), FUNCTIONS).expression is not None
    assert parse("x" * MAXIMUM_NAME, FUNCTIONS).expression is not None
    assert parse("f(x)=x; f@1000000(x)", FUNCTIONS).expression is not None


def test_an_error_is_shown_with_its_line_and_carets() -> None:
    assert str(fault("f(x) = x^2\n2*sni(x)")) == (
        "unknown function 'sni' (line 2, column 3)\n  2*sni(x)\n    ^^^\nDid you mean 'sin'? `diffcheck functions` lists all of them."
    )


def test_an_error_with_a_lone_surrogate_can_be_printed() -> None:
    assert str(fault("x + \ud800")).encode("utf-8")


def test_advice_quotes_braces_and_long_texts_safely() -> None:
    assert len(fault("+".join(["x"] * 100) + " + 1/2x").fix) < 100
    assert len(fault("sin^(" + "x+" * 500 + "x)(y)").message) < 100


# ── nothing but ExpressionError ──

# fmt: off
PIECES = (
    "x", "y", "sin", "f", "g", "gamma", "e", "π", "2", "2.5", "1e3", "E1", "(", ")", "(", ")", ",", ";", "\n", "|",
    "+", "-", "*", "/", "^", "**", "²", "√", "<", "<=", "==", "=", "!=", "and", "or", "not", "if", "else", "'", "@",
    "∘", "f(x)=", "g(x,y)=", "where(", "piecewise(", "iterate(f,", "max(", "log(x,base=", "#", "&", ".", "_", "0x1",
    "sin ", "cos", "y=", "d/dx", "d", "f'(x)=", "np.sin", "pow(", "Sin(", "\\frac{", "}{", "}", "{", "\\sqrt[3]{", "\\left|", "\\right|",
    "\\cdot", "\\begin{cases}", "\\\\", "\\end{cases}", "⌊", "⌋", "xe", "sinx", "∂", "\\sin", "log_2", "if(",
    "!", "°", "½", "³√", "⁻¹", "ˣ", "[", "]", "Sin[", "\\frac", "\\sqrt", "\\binom", "->", ":", "lambda", "diff(", "D[", "d(", "/dx",
    "sh", "Γ(",
    "x₁", "std::", "$", "\\{", "\\}", "mod", ":=", "let",
)
# fmt: on


def survives(text: str) -> None:
    """A text is read, and then so is its reading, or refused inside its own bounds."""
    found = _parsed(text)
    if isinstance(found, ExpressionError):
        assert 0 <= found.start <= found.end <= len(text)
        assert found.message
        assert str(found)
    else:
        reading = read_back(found)
        assert read_back(parse(reading, FUNCTIONS)) == reading


def _parsed(text: str) -> Script | ExpressionError:
    try:
        return parse(text, FUNCTIONS)
    except ExpressionError as error:
        return error


@settings(derandomize=True, max_examples=3000, deadline=None, database=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_no_row_of_tokens_breaks_the_parser(pieces: list[str]) -> None:
    survives(" ".join(pieces))
    survives("".join(pieces))


@settings(derandomize=True, max_examples=1000, deadline=None, database=None)
@given(st.text(max_size=20))
def test_no_text_breaks_the_parser(text: str) -> None:
    survives(text)
