"""SymPy expressions as input: converted by node, symbols become variables, what has no row is refused in words."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

import diffcheck
from diffcheck.engines.symbolic.given import text_of
from diffcheck.errors import InputError
from diffcheck.graph.build import read
from diffcheck.results import Outcome

x, y = sympy.symbols("x y")
t = sympy.Symbol("theta_1", positive=True)

READ = (
    (x**2 + 3 * x + 2, "x^2 + 3*x + 2"),
    (sympy.sin(x) * sympy.exp(-(x**2)), "exp(-x^2)*sin(x)"),
    (sympy.Rational(1, 3) * x, "x/3"),
    (sympy.Float(0.5) * x, "0.5*x"),
    (sympy.sqrt(x) + sympy.pi, "sqrt(x) + pi"),
    (sympy.Piecewise((x, x > 0), (0, True)), "where(x > 0, x, 0)"),
    (sympy.Max(x, 0), "max(0, x)"),
    (sympy.floor(x) + sympy.ceiling(x), "ceil(x) + floor(x)"),
    (sympy.Mod(x, 3), "mod(x, 3)"),
    (sympy.Abs(x), "abs(x)"),
    (sympy.atan2(y, x), "atan2(y, x)"),
    (sympy.log(x, 2), "log(x)/log(2)"),
    (sympy.besselj(2, x), "besselj(2, x)"),
    (sympy.cos(t) ** 2, "cos(theta_1)^2"),
    (sympy.Integer(5), "5"),
)


@pytest.mark.parametrize(("expression", "text"), READ, ids=lambda part: str(part)[:30])
def test_a_sympy_expression_is_written_in_the_language(expression: Any, text: str) -> None:
    assert text_of(expression) == text
    assert read(text)


REFUSED = (
    (sympy.Function("g")(x), "g(x)"),
    (sympy.Integral(x, x), "Integral(x, x)"),
    (sympy.Derivative(x**2, x), "Derivative(x**2, x)"),
    (sympy.I * x, "I"),
    (sympy.re(x), "re(x)"),
    (sympy.Symbol("pi") * x, "'pi' cannot be a variable"),
    (sympy.Symbol("two words") * x, "'two words' cannot be a variable"),
    (x + sympy.Symbol("x", real=True), "two symbols 'x'"),
)


@pytest.mark.parametrize(("expression", "what"), REFUSED, ids=lambda part: str(part)[:30])
def test_what_the_language_lacks_is_refused_in_words(expression: Any, what: str) -> None:
    with pytest.raises(InputError) as refused:
        diffcheck.check(expression, at=2)
    assert what in refused.value.message


def test_a_sympy_expression_is_checked() -> None:
    report = diffcheck.check(x**2 * y, at={x: 2, y: 3}, wrt=[x], claim=2 * x * y)
    assert report.outcome is Outcome.PASS
    assert report.header.read_as == "y*(x^2)"


@pytest.mark.parametrize(
    ("subject", "at", "what"), [(3, 2, "3 is not an expression"), ("x^2", None, "no point is given"), (None, 2, "None is not")]
)
def test_what_is_neither_expression_nor_function_is_refused_in_words(subject: Any, at: Any, what: str) -> None:
    with pytest.raises(InputError, match=what):
        diffcheck.check(subject, at=at)
