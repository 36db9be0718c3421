"""The symbolic engine: right in exact arithmetic, linear in size, and no input hangs SymPy."""

from __future__ import annotations

import ast
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import assume, given, settings
from measured import within
from strategies import points, smooth_expressions

import diffcheck
from diffcheck.engines.certified import certify, enclose_value
from diffcheck.engines.symbolic import Differentiator
from diffcheck.engines.symbolic.heads import ToSympy
from diffcheck.engines.symbolic.plain import derivative
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Call, Constant, Definition, evaluate
from diffcheck.graph.text import Infix, derivative_text
from diffcheck.results import Outcome, Status

SECONDS = 20.0  # what a hazard may take at most, on a slow and busy machine; without its remedy it hangs


def derivative_of(text: str, wrt: str = "x") -> Definition:
    return Differentiator(read(text)).derivative(wrt)


def shown(text: str, wrt: str = "x") -> str:
    return derivative_text(derivative_of(text, wrt), Infix())[0]


@pytest.mark.parametrize(
    ("text", "x"),
    [
        ("x^2 + 3*x + 2", 1.7),
        ("sin(x)^2*cos(x)", 0.4),
        ("exp(-x^2)/x", 2.0),
        ("x^x", 1.5),
        ("log(x, base=3)", 2.5),
        ("cbrt(x)", -8.0),
        ("abs(sin(x))", 4.0),
        ("sign(x)*x^2", -1.5),
        ("max(x, x^2, 3)", 2.5),
        ("where(x > 1, x^2, sin(x))", 0.5),
        ("where(x > 1, x^2, sin(x))", 1.5),
        ("atan2(x, 2)", 0.3),
        ("heaviside(x)*x", 2.0),
        ("f(x) = 4*x*(1 - x); f@5(x)", 0.3),
        ("f(x) = x^3; f'(x)*f(x)", 1.1),
        ("f(x) = sin(x); f''(x^2)", 0.8),
        ("g(x, y) = x*y^2; g(sin(x), x)", 0.7),
        ("gamma(x)*lgamma(x)", 2.5),
        ("besselj(2, x)", 1.3),
        ("polygamma(2, x)", 1.5),
        ("hyp2f1(1, 2, 3, x)", 0.4),
        ("erfinv(x)", 0.3),
        ("LambertW(x)", 1.2),
        ("x^(2/3)", 5.0),
        ("2^x", 1.5),
        ("factorial(3000)^0*x^2", 2.0),
        ("1e-400*x^3", 2.0),
    ],
)
def test_the_formula_has_the_certified_value_in_exact_arithmetic(text: str, x: float) -> None:
    proof = certify(read(text).target.flat, {"x": x}, "x")
    found = enclose_value(derivative_of(text).flat, {"x": x})
    assert proof.status is Status.SMOOTH
    assert found is not None
    assert found.overlaps(proof.derivative)


@settings(max_examples=60)
@given(smooth_expressions(), points())
def test_the_formula_of_a_random_expression_is_right(text: str, x: float) -> None:
    graph = read(text).target.flat
    assume("x" in graph.variables)
    proof = certify(graph, {"x": x}, "x")
    assume(proof.derivative is not None)
    found = enclose_value(derivative_of(text).flat, {"x": x})
    assume(found is not None)
    assert found.overlaps(proof.derivative)


PARTS = (
    "x*y*exp(x*y)*sin(x)", "(x + y)*(x - y)*(x + 1)*(x - 1)", "sqrt(x*(x + y)*(x - y)*y)", "x^y + y^x",
    "(x^2 + 1)^3/(y - x)^2", "atan2(x*y, x - y)", "exp(asin(x))*(3*x + x^3 - 3*sqrt(1 - x^2))/10",
    "log(x + sqrt(x^2 + y^2))", "gammainc(y, x)*digamma(x)", "abs(x*y) + max(x, y)*sign(x)",
    "besselj(2, x*y) + erf(x)^2", "polygamma(2, x*y)*zeta(x)", "x/(1 + x/(1 + x/(1 + x)))", "tan(x)^3*cosh(x/y)",
    "beta(x, y)*lambertw(x)", "hyp2f1(1, 2, 3, x*y)*x", "betainc(2, 3, x*y)", "relu(x*y)*elu(x, 2)", "cbrt(x*y)*floor(x)",
    "zeta(2, x)*li(y)", "abs(log(x*y))", "x^floor(y)", "min(x, y, 2)^3",
)  # fmt: skip


@pytest.mark.parametrize("text", PARTS)
def test_the_derivative_of_a_part_is_that_of_sympy(text: str) -> None:
    graph = read(text).target.flat
    x, y = sympy.symbols("x y", real=True)
    part = evaluate(graph, ToSympy(), {"x": x, "y": y})
    assert derivative(part, x) == part.diff(x)
    assert derivative(part, y) == part.diff(y)


def test_what_has_no_derivative_is_left_to_sympy() -> None:
    with pytest.raises(AttributeError):
        derivative(None, sympy.Symbol("x"))
    x = sympy.Symbol("x", real=True)
    unknown = sympy.Integral(sympy.exp(-(x**2)), (x, 0, x))
    assert derivative(2 * unknown, x) == 2 * unknown.diff(x)


def test_a_condition_between_constants_is_a_constant() -> None:
    assert diffcheck.check("max(x, where(1 < 2, 3, 4))", at=[1.5]).outcome is Outcome.PASS


def test_each_variable_has_its_own_derivative() -> None:
    text = "x*y^2 + a"
    assert [shown(text, name) for name in ("x", "y", "a")] == ["y^2", "2*x*y", "1"]


def test_a_constant_has_the_derivative_zero() -> None:
    assert shown("y^2", "y") == "2*y"
    assert derivative_of("f(x) = 3; f(x) + 0*x").flat.nodes == (Constant(Fraction(0)),)


# Size


@pytest.mark.parametrize("levels", [10, 100, 1000])
def test_chained_definitions_are_linear_in_size(levels: int) -> None:
    found = derivative_of(f"f(x) = 4*x*(1 - x); f@{levels}(x)")
    assert len(found.written.nodes) <= 8 * levels
    assert len(found.flat.nodes) <= 8 * levels


def test_a_definition_is_differentiated_once_and_called() -> None:
    found = derivative_of("f(x) = sin(x)*x; f(f(f(x)))")
    assert {node.definition.name for node in found.written.nodes if isinstance(node, Call)} == {"f", "f'"}


def nested(template: str, depth: int) -> str:
    text = "x"
    for k in range(depth):
        text = template.format(text, k)
    return text


HAZARDS = {
    "a chain of 300 sines": nested("sin({})", 300),
    "a nested where of depth 12": nested("where(x > {1}, {0}, x^{1})", 12),
    "a nested max of depth 14": nested("max({}, x^{})", 14),
    "a nested abs of depth 100": nested("abs({} - 1)", 100),
    "a product of 60 factors": "*".join(f"(x - {k})" for k in range(60)),
    "a sum of 300 terms": "+".join(f"sin({k}*x)*cos(x)" for k in range(300)),
    "a tower of powers": "x^x^x^x",
    "a large factorial": "factorial(3000)*x^2",
    "a large gamma": "gamma(2500)*sin(x)",
    "a large power of a number": "2^10000*x",
    "a large exponent": "x^1000000",
    "a large decimal exponent": "x*1e9999",
    "a long literal": "x*0." + "123456789" * 100,
    "many nested quotients": nested("1/(1 + {})", 200),
    "a thousand compositions": "f(x) = 4*x*(1 - x); f@1000(x)",
}


@pytest.mark.parametrize("name", HAZARDS)
def test_a_hazard_of_sympy_finishes(name: str) -> None:
    with within(SECONDS):
        found = derivative_of(HAZARDS[name])
        assert found.flat.functions <= set(FUNCTIONS)


@pytest.mark.parametrize("name", HAZARDS)
def test_a_hazard_is_shown_within_its_budget(name: str) -> None:
    with within(2 * SECONDS):
        text, _ = derivative_text(derivative_of(HAZARDS[name]), Infix())
        assert text


@pytest.mark.parametrize(
    ("text", "function"), [("factorial(3000)*x^2", "factorial"), ("gamma(2500)*x^2", "gamma"), ("sin(10^50)*x^2", "sin")]
)
def test_constants_are_not_evaluated(text: str, function: str) -> None:
    """They stay as they were written: SymPy would work them out when it builds them."""
    assert function in derivative_of(text).flat.functions


def test_powers_of_literals_are_not_folded() -> None:
    assert Constant(Fraction(10_000)) in derivative_of("2^10000*x^2").flat.nodes


# What SymPy does differently


@pytest.mark.parametrize("text", ["besselj(x, 2)", "zeta(x)"])
def test_a_derivative_that_sympy_leaves_open_is_unsupported(text: str) -> None:
    with pytest.raises(UnsupportedError):
        derivative_of(text)


def test_what_one_variable_lacks_does_not_take_the_others_along() -> None:
    differentiator = Differentiator(read("besselj(n, x)"))
    with pytest.raises(UnsupportedError):
        differentiator.derivative("n")
    assert "besselj" in differentiator.derivative("x").flat.functions


@pytest.mark.parametrize(
    ("text", "x"), [("cbrt(x)", -8.0), ("sign(x)", 2.0), ("max(x, 1)", 2.0), ("abs(x^3)", -2.0), ("heaviside(x)", 1.0)]
)
def test_derivatives_of_real_functions_are_real(text: str, x: float) -> None:
    proof = certify(read(text).target.flat, {"x": x}, "x")
    found = enclose_value(derivative_of(text).flat, {"x": x})
    assert found is not None
    assert found.overlaps(proof.derivative)


def test_names_of_users_mean_nothing_to_sympy() -> None:
    """S, I, E1 and Q are objects in SymPy's namespace, lambda a keyword of Python."""
    assert shown("S*I^2 + Q", "I") == "2*I*S"
    assert shown("lambda^2*zoo", "lambda") == "2*lambda*zoo"


LONG = {
    Fraction(1, 10**9999): "1e-9999",
    Fraction(10**9999, 3): "1e9999/3",
    Fraction(-(10**9999)): "-1e9999",
    Fraction(-1, 8): "-0.125",
    Fraction(1, 7**6000): f"1/{Decimal(7**6000):f}",
}


@pytest.mark.parametrize("value", LONG, ids=range(len(LONG)))
def test_a_constant_of_any_length_is_written_exactly(value: Fraction) -> None:
    """Python's own str gives up at 4,300 digits."""
    assert Infix().constant(value).text == LONG[value]


def test_a_hypergeometric_function_with_equal_parameters_is_a_power() -> None:
    derivative = derivative_of("hyp2f1(x, x, x, y)", "y").flat
    value = enclose_value(derivative, {"x": 3.0, "y": 0.125})
    assert value is not None
    assert value.contains(Fraction(3) / Fraction(7, 8) ** 4)


UNTOUCHED = """
import sys
import sympy

def methods():
    kinds = [kind for module in list(sys.modules.values()) if getattr(module, "__name__", "").startswith("sympy")
             for kind in vars(module).values() if isinstance(kind, type) and kind.__module__.startswith("sympy")]
    names = ("diff", "fdiff", "_eval_derivative", "_eval_derivative_n_times", "_diff_wrt", "__new__")
    return {(kind, name): vars(kind)[name] for kind in kinds for name in names if name in vars(kind)}

before = methods()
import diffcheck
texts = ("x^3*sin(x)", "abs(x)*max(x, 1)", "piecewise((x, x < 0), x^2)", "floor(x)*cbrt(x)", "hyp2f1(1, 2, 3, x/9)", "gamma(x)^x")
for text in texts:
    diffcheck.check(text, at=1.5)
after = methods()
assert len(before) > 100, len(before)
print([str(key) for key in before if after[key] is not before[key]])
"""


def test_no_class_of_sympys_is_changed() -> None:
    """Not for good; that others do not see a change for a while is tested with threads."""
    done = subprocess.run([sys.executable, "-c", UNTOUCHED], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_nothing_of_a_library_is_replaced() -> None:
    """No assignment to an attribute of SymPy's, anywhere in the package."""
    for path in (Path(__file__).parent.parent / "diffcheck").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
            assert not [each for each in targets if ast.unparse(each).startswith(("sympy.", "Expr.", "Function.", "AtomicExpr."))], path
