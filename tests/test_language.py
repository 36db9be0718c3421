"""What the language accepts, and how it reads it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from measured import within

from diffcheck.errors import ExpressionError
from diffcheck.graph.build import read
from diffcheck.language.parser import parse
from diffcheck.language.reading import SIGNS, SIGNS_BEFORE, read_back, suggest_product
from diffcheck.language.syntax import Binding, Composition, Expression, Factor, Literal, Name, Operation, Script, Span, children, postorder

FUNCTIONS = frozenset([
    "abs", "asin", "atan2", "beta", "cbrt", "cos", "E1", "exp", "factorial", "gamma", "ln", "log", "log2", "max", "relu", "sin", "sinh",
    "sqrt", "tan",
])  # fmt: skip
NOWHERE = Span(0, 0)


def shape(expression: Expression) -> list[object]:
    """The tree as a list, parts before wholes with their number of parts: equal lists are equal trees."""
    rows: list[object] = []
    for part in postorder(expression):
        match part:
            case Literal(value=value, is_integer=is_integer):
                rows.append((value, is_integer))
            case Name(name=name):
                rows.append(name)
            case Operation(operator=operator):
                rows.append((operator, len(children(part))))
            case Composition(factors=factors):
                rows.append(([(f.name, f.primes, f.iterations) for f in factors], len(children(part))))
    return rows


def shapes(program: Script) -> list[object]:
    definitions = [(d.name, d.parameters, shape(d.body)) for d in program.definitions]
    return [*definitions, shape(program.expression) if program.expression is not None else None]


READINGS = (
    # powers and signs
    ("x^2+3x+2", "((x^2) + (3*x)) + 2"),
    ("x**2", "x^2"),
    ("-x^2", "-(x^2)"),
    ("2^-x", "2^(-x)"),
    ("2^-x^2", "2^(-(x^2))"),
    ("x^y^z", "x^(y^z)"),
    ("-2x", "-(2*x)"),
    ("-x*y", "-(x*y)"),
    ("2*-x", "2*(-x)"),
    ("a - -b", "a - (-b)"),
    ("a - b - c", "(a - b) - c"),
    ("+x", "x"),
    ("(+x)^2", "x^2"),
    ("a/b/c", "(a/b)/c"),
    ("1/2*x", "(1/2)*x"),
    # implied products
    ("3x", "3*x"),
    ("2(x+1)", "2*(x + 1)"),
    ("(x+1)(x-1)", "(x + 1)*(x - 1)"),
    ("(x+1)y", "(x + 1)*y"),
    ("x y", "x*y"),
    ("x(y+1)", "x*(y + 1)"),
    ("x(y)^2", "x*(y^2)"),
    ("x sin(y)", "x*sin(y)"),
    ("2sin(x)cos(x)", "(2*sin(x))*cos(x)"),
    ("x^2y", "(x^2)*y"),
    ("2^3x", "(2^3)*x"),
    ("2x^2", "2*(x^2)"),
    ("(1/2)x", "(1/2)*x"),
    ("2x/3", "(2*x)/3"),
    ("speed + speed(t+1)", "speed + (speed*(t + 1))"),
    # numbers and constants
    ("2.5 + .5 + 2. + 1e-10 + 1E160", "(((2.5 + .5) + 2.) + 1e-10) + 1E160"),
    ("2e3", "2e3"),
    ("2e", "2*e"),
    ("2e x", "(2*e)*x"),
    ("2e-x", "(2*e) - x"),
    ("e^x + pi + tau + inf", "(((e^x) + pi) + tau) + inf"),
    ("2π r", "(2*pi)*r"),
    ("τ + E", "tau + E"),
    # functions and names of functions
    ("sin(x)^2", "sin(x)^2"),
    ("sin^2(x)", "sin(x)^2"),
    ("sin²(x)cos(x)", "(sin(x)^2)*cos(x)"),
    ("sin^2(x) + sin^3(y)", "(sin(x)^2) + (sin(y)^3)"),
    ("gamma*x + gamma(x)", "(gamma*x) + gamma(x)"),
    ("E1(x) + LambertW", "E1(x) + LambertW"),
    ("log(x, base=2)", "log(x)/log(2)"),
    ("max(x, y+1, 2)", "max(x, y + 1, 2)"),
    ("|x|", "abs(x)"),
    ("2|x-1| + |y|z", "(2*abs(x - 1)) + (abs(y)*z)"),
    ("(|x|)(|y|)", "abs(x)*abs(y)"),
    # unicode
    ("x² + x¹⁰y", "(x^2) + ((x^10)*y)"),
    ("2·x×y÷3−1", "(((2*x)*y)/3) - 1"),
    ("√x + √(x+1) + √2 x", "(sqrt(x) + sqrt(x + 1)) + (sqrt(2)*x)"),
    ("√√sin(x)", "sqrt(sqrt(sin(x)))"),
    ("x ≤ 1", "x <= 1"),
    ("αβ + α", "αβ + α"),
    # conditions
    ("where(x>0 and not y<1 or z==2, x, -x)", "where(((x > 0) and (not (y < 1))) or (z == 2), x, -x)"),
    ("x<y<=z", "(x < y) and (y <= z)"),
    ("0<x<1<y", "((0 < x) and (x < 1)) and (1 < y)"),
    ("x ≥ 0 and x ≠ 1", "(x >= 0) and (x != 1)"),
    ("x if x>0 else -x", "where(x > 0, x, -x)"),
    ("a if x>1 else b if x>0 else c", "where(x > 1, a, where(x > 0, b, c))"),
    ("piecewise((x, x>0), (-x, x<0), 0)", "where(x > 0, x, where(x < 0, -x, 0))"),
    ("where + 1", "where + 1"),
    # definitions and functions of functions
    ("f(x) = x^2 + 3x + 2; g(x) = f(f(f(x)))", "f(x) = ((x^2) + (3*x)) + 2; g(x) = f(f(f(x)))"),
    ("f(x, y) = x y; f(2, 3)", "f(x, y) = x*y; f(2, 3)"),
    ("f(x) = x; f'(x)", "f(x) = x; f'(x)"),
    ("f(x) = x; f′′(2x)", "f(x) = x; f''(2*x)"),
    ("f(x) = x; f@1000(x)", "f(x) = x; f@1000(x)"),
    ("f(x) = x; iterate(f, 3)(x) y", "f(x) = x; f@3(x)*y"),
    ("f(x) = x; g(x) = 2x; (f∘g)(x)", "f(x) = x; g(x) = 2*x; (f∘g)(x)"),
    ("f(x) = x; f∘sin(2x)", "f(x) = x; (f∘sin)(2*x)"),
    ("f(x) = x; f∘sin", "f(x) = x; (f∘sin)(x)"),
    ("f(x) = x; f'", "f(x) = x; f'(x)"),
    ("f(x) = x; h = f@3∘sin'; h(2)", "f(x) = x; h(x) = (f@3∘sin')(x); h(2)"),
    ("f(x) = x; g = iterate(f, 3)", "f(x) = x; g(x) = f@3(x)"),
    ("f(x) = x; ((f∘f)∘sin)(x)(x+1)", "f(x) = x; (f∘f∘sin)(x)*(x + 1)"),
    ("sin'(x)", "sin'(x)"),
    ("f(x) = x^2\n\n# a comment\ng(x) = f(\n  x)\n;;g(2) # another\n", "f(x) = x^2; g(x) = f(x); g(2)"),
    # expressions of the collected cases
    ("(((-((331.4 + (0.6 * T)))) * v) / (T))", "((-(331.4 + (0.6*T)))*v)/T"),
    ("((1 <= radius <= 10) and (0 <= theta))", "((1 <= radius) and (radius <= 10)) and (0 <= theta)"),
    ("sqrt((p-q*A_vec)**2*c**2)+q*Volt", "sqrt(((p - (q*A_vec))^2)*(c^2)) + (q*Volt)"),
    ("(((log(x))**(2) + ((2 * x) * log(x))))", "(log(x)^2) + ((2*x)*log(x))"),
)


@pytest.mark.parametrize(("text", "reading"), READINGS)
def test_a_text_is_read_so(text: str, reading: str) -> None:
    assert read_back(parse(text, FUNCTIONS)) == reading


@pytest.mark.parametrize(("text", "reading"), READINGS)
def test_a_reading_is_its_own_reading(text: str, reading: str) -> None:
    assert shapes(parse(reading, FUNCTIONS)) == shapes(parse(text, FUNCTIONS))


@pytest.mark.parametrize(
    ("literal", "value", "is_integer"),
    [
        ("2", Fraction(2), True),
        ("2.0", Fraction(2), False),
        ("2.", Fraction(2), False),
        (".5", Fraction(1, 2), False),
        ("0.1", Fraction(1, 10), False),
        ("2e3", Fraction(2000), False),
        ("1.25e-2", Fraction(1, 80), False),
        ("1e10000", Fraction(10**10000), False),
        ("1e-0000000000001", Fraction(1, 10), False),
        ("9" * 1000, Fraction(10**1000 - 1), True),
    ],
)
def test_a_literal_is_its_exact_value(literal: str, value: Fraction, is_integer: bool) -> None:
    number = parse(literal, FUNCTIONS).expression
    assert isinstance(number, Literal)
    assert (number.value, number.is_integer) == (value, is_integer)


@pytest.mark.parametrize(
    ("text", "part"),
    [("2*(x + y)", "(x + y)"), ("1 + sin(2x)", "sin(2x)"), ("a + x²", "x²"), ("1 - |x|", "|x|"), ("1 - -x", "-x")],
)
def test_a_part_knows_its_place_in_the_text(text: str, part: str) -> None:
    expression = parse(text, FUNCTIONS).expression
    assert isinstance(expression, Operation)
    assert (expression.span.start, expression.span.end) == (0, len(text))
    span = expression.operands[1].span
    assert text[span.start : span.end] == part


def test_a_program_of_definitions_has_no_expression() -> None:
    program = parse("f(x) = x^2; g(x, y) = f(x) y;", FUNCTIONS)
    assert program.expression is None
    assert [(d.name, d.parameters) for d in program.definitions] == [("f", ("x",)), ("g", ("x", "y"))]


def test_a_chain_shares_its_middle_operand() -> None:
    chain = parse("a < b + 1 < c", FUNCTIONS).expression
    assert isinstance(chain, Operation)
    left, right = chain.operands
    assert isinstance(left, Operation)
    assert isinstance(right, Operation)
    assert left.operands[1] is right.operands[0]


@pytest.mark.parametrize(
    "text",
    [
        "+".join(["x"] * 5000),
        "^".join(["x"] * 5000),
        "-" * 9999 + "x",
        "<".join(["x"] * 5000),
        "√" * 9999 + "x",
        " if x else ".join(["x"] * 3000),
        "f(x)=x;" + "∘".join(["f"] * 4000) + "(x)",
        "+".join(["3e-9999"] * 4000),
        "sin(" * 500 + "x" + ")" * 500,
    ],
    ids=lambda text: text[:12],
)
def test_long_and_deep_texts_are_read_quickly(text: str) -> None:
    with within(10):
        reading = read_back(parse(text, FUNCTIONS))
        # a generous bound: what it guards against, a walk that is quadratic or exponential, takes minutes
    assert len(reading) >= len(text) - 20


@pytest.mark.parametrize(
    ("name", "known", "product"),
    [
        ("xy", {"x", "y"}, "x*y"),
        ("xyx", {"x", "y"}, "x*y*x"),
        ("abc", {"a", "b", "c", "ab"}, "ab*c"),
        ("pix", {"x"}, "pi*x"),
        ("πr", {"r"}, "π*r"),
        ("xz", {"x", "y"}, None),
        ("x", {"x"}, None),
        ("", {"x"}, None),
    ],
)
def test_an_unknown_name_may_be_a_product_of_known_ones(name: str, known: set[str], product: str | None) -> None:
    assert suggest_product(name, known) == product


# ── the documentation ──

PAGE = (Path(__file__).parent.parent / "docs" / "language.md").read_text(encoding="utf-8")
DOCUMENTED = re.findall(r"^(\S.*?) +([→✗]) (.+)$", "".join(re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)), re.MULTILINE)


def test_the_documentation_has_examples() -> None:
    assert len(DOCUMENTED) > 40


@pytest.mark.parametrize(("text", "sign", "result"), DOCUMENTED)
def test_the_documentation_is_true(text: str, sign: str, result: str) -> None:
    if sign == "→":
        assert read_back(parse(text, FUNCTIONS)) == result
    else:
        with pytest.raises(ExpressionError, match=re.escape(result)):
            read(text)  # what is refused when the graph is built, too


# ── every tree reads back to itself ──

integers = st.integers(0, 10**30).map(lambda n: Literal(Fraction(n), True, NOWHERE))
decimals = st.builds(
    lambda digits, exponent: Literal(Fraction(digits) * Fraction(10) ** exponent, False, NOWHERE),
    st.integers(0, 10**20),
    st.integers(-400, 400),
)
names = st.sampled_from(["x", "y", "speed", "gamma", "beta", "e", "pi", "θ", "where"]).map(lambda n: Name(n, NOWHERE))
factors = st.one_of(
    st.builds(lambda n, p: Factor(n, NOWHERE, primes=p), st.sampled_from(["f", "sin", "gamma"]), st.integers(0, 2)),
    st.builds(lambda n, i: Factor(n, NOWHERE, iterations=i), st.sampled_from(["f", "exp"]), st.integers(0, 10**6)),
)


def compound(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    pairs, triples = st.tuples(parts, parts), st.tuples(parts, parts, parts)
    return st.one_of(
        st.builds(lambda o, p: Operation(o, p, NOWHERE), st.sampled_from(sorted(SIGNS)), pairs),
        st.builds(lambda o, p: Operation(o, (p,), NOWHERE), st.sampled_from(sorted(SIGNS_BEFORE)), parts),
        st.builds(lambda p: Operation("where", p, NOWHERE), triples),
        st.builds(lambda f, p: Composition(tuple(f), (p,), NOWHERE), st.lists(factors, min_size=1, max_size=3), parts),
        st.builds(lambda p: Composition((Factor("g", NOWHERE),), p, NOWHERE), pairs),
    )


trees = st.recursive(st.one_of(integers, decimals, names), compound, max_leaves=25)


@settings(derandomize=True, max_examples=500, deadline=None, database=None)
@given(trees, trees, trees)
def test_every_tree_parses_back_from_its_reading(first: Expression, second: Expression, last: Expression) -> None:
    inert = parse("1", FUNCTIONS).expression
    assert inert is not None
    definitions = (Binding("f", ("x",), _without_calls(first), NOWHERE), Binding("g", ("a", "b"), inert, NOWHERE))
    later = Binding("h", ("x",), second, NOWHERE)
    program = Script("", (*definitions, later), last)
    reading = read_back(program)
    assert shapes(parse(reading, FUNCTIONS)) == shapes(program)


def _without_calls(expression: Expression) -> Expression:
    """The tree itself if it calls nothing; the first definition can call no other."""
    return Name("x", NOWHERE) if any(isinstance(part, Composition) for part in postorder(expression)) else expression


# ── the cache ──


def run(program: str, cache_home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache_home)}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)


PARSE_ONE = "from diffcheck.language.parser import parse; print(parse('x + 1', ()).expression.operator)"


def test_the_grammar_is_kept_where_only_the_user_can_write(tmp_path: Path) -> None:
    assert run(PARSE_ONE, tmp_path / "home").stdout == "add\n"
    directory = tmp_path / "home" / "diffcheck"
    assert directory.stat().st_mode & 0o777 == 0o700
    (kept,) = directory.iterdir()
    kept.write_bytes(b"damaged")
    again = run(PARSE_ONE, tmp_path / "home")
    assert (again.stdout, again.stderr) == ("add\n", "")


def test_a_cache_that_others_can_write_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "diffcheck").mkdir()
    (tmp_path / "diffcheck").chmod(0o777)
    assert run(PARSE_ONE, tmp_path).stdout == "add\n"
    assert not list((tmp_path / "diffcheck").iterdir())


def test_no_cache_is_needed() -> None:
    without = run(PARSE_ONE, Path("/dev/null"))
    assert (without.stdout, without.stderr) == ("add\n", "")


def test_nothing_in_a_text_is_executed() -> None:
    with pytest.raises(ExpressionError):
        parse("__import__('os').system('true')", FUNCTIONS)
