"""Rows of THE table: operators, constants, elementary functions and pieces."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from diffcheck.graph import limits
from diffcheck.graph.domains import ABOVE_MINUS_ONE, CLOSED_PM_ONE, FROM_ONE, NONNEGATIVE, OPEN_PM_ONE, POSITIVE
from diffcheck.graph.functions import exact
from diffcheck.graph.functions.row import (
    BUILTIN,
    CALLABLES,
    HEADS,
    ITSELF,
    LAX,
    NN,
    NUMPY,
    OPERATOR,
    SYMPY,
    Conditions,
    DecidesBy,
    Function,
    LatexForm,
    LiteralArgument,
    Named,
    Precedence,
    kink,
)

POWER = LatexForm("#1^{#2}", 8, (10,))


def _operator(name: str, symbol: str, doc: str, sympy: Named, jax: str, *binding: int, parameters: str = "x y", **facts: Any) -> Function:
    bound = Precedence(*binding)
    return Function(name, doc, parameters, sympy=sympy, jax=NUMPY(jax), operator=symbol, binding=bound, **facts)


def _comparison(name: str, symbol: str, sympy: str, exactly: Callable[..., Any], latex: str = "") -> Function:
    facts: dict[str, Any] = {"gives_condition": True, "decides_by": DecidesBy.DIFFERENCE, "exactly": exactly, "latex": latex}
    return _operator(name, symbol, "comparison", SYMPY(sympy), name, 4, 5, 5, **facts)


def _connective(name: str, doc: str, sympy: str, latex: str, *binding: int, **facts: Any) -> Function:
    facts = {"conditions": Conditions.ALL, "gives_condition": True, "latex": latex, **facts}
    return _operator(name, name, doc, SYMPY(sympy), f"logical_{name}", *binding, **facts)


RING: dict[str, Any] = {"is_arithmetic": True, "is_polynomial": True, "is_correctly_rounded": True}

OPERATORS = (
    _operator("add", "+", "sum", OPERATOR("add"), "add", 5, 5, 6, exactly=operator.add, growth=limits.total, **RING),
    _operator("subtract", "-", "difference", OPERATOR("sub"), "subtract", 5, 5, 6, exactly=operator.sub, growth=limits.difference, **RING),
    _operator("multiply", "*", "product", OPERATOR("mul"), "multiply", 6, 6, 7, exactly=operator.mul, growth=limits.product, **RING),
    _operator(
        "divide",
        "/",
        "quotient",
        OPERATOR("truediv"),
        "divide",
        *(6, 6, 7),
        exactly=exact.quotient,
        growth=limits.quotient,
        is_arithmetic=True,
        latex_form=LatexForm(r"\frac{#1}{#2}", 9),
    ),
    _operator(
        "power",
        "^",
        "power; the base must be positive unless the exponent is an integer",
        OPERATOR("pow"),
        "power",
        *(8, 9, 8),
        growth=limits.power,
        latex_form=POWER,
    ),
    Function(
        "integer_power",
        "power with an integer literal as exponent",
        "x n",
        sympy=OPERATOR("pow"),
        jax=CALLABLES("integer_power"),
        literals=(LiteralArgument("n", (-7, -1, 2, 3, 10)),),
        exactly=exact.integer_power,
        growth=limits.power,
        operator="^",
        binding=Precedence(8, 9, 8),
        latex_form=POWER,
    ),
    _operator(
        "negate",
        "-",
        "minus",
        OPERATOR("neg"),
        "negative",
        *(6, 0, 6),
        parameters="x",
        exactly=operator.neg,
        growth=limits.opposite,
        is_arithmetic=True,
        is_polynomial=True,
        may_be_infinite=True,
    ),
    _comparison("less", "<", "Lt", operator.lt),
    _comparison("less_equal", "<=", "Le", operator.le, r"\le"),
    _comparison("greater", ">", "Gt", operator.gt),
    _comparison("greater_equal", ">=", "Ge", operator.ge, r"\ge"),
    _comparison("equal", "==", "Eq", operator.eq, "="),
    _comparison("not_equal", "!=", "Ne", operator.ne, r"\ne"),
    _connective("and", "both conditions", "And", r"\land", 2, 2, 3, is_lazy=True),
    _connective("or", "one condition or both", "Or", r"\lor", 1, 1, 2, is_lazy=True),
    _connective("not", "the opposite condition", "Not", r"\lnot", 3, 0, 3, parameters="x", exactly=operator.not_),
)

CONSTANTS = (
    Function("pi", "3.14159…, half a turn", "", aliases=("π",), jax=NUMPY("pi"), latex=r"\pi"),
    Function("e", "2.71828…, the base of ln", "", sympy=SYMPY("E"), jax=NUMPY("e"), latex="e"),
    Function("tau", "2π, a full turn", "", aliases=("τ",), meaning="2*pi", latex=r"\tau"),
    Function(
        "inf",
        "infinity, as a bound in max, min, clip and conditions",
        "",
        sympy=SYMPY("oo"),
        jax=NUMPY("inf"),
        may_be_infinite=True,
        latex=r"\infty",
    ),
)

ELEMENTARY = (
    Function("sin", "sine", latex=r"\sin", fpcore="sin"),
    Function("cos", "cosine", latex=r"\cos", fpcore="cos"),
    Function("tan", "tangent", aliases=("tg",), latex=r"\tan", fpcore="tan"),
    Function("sec", "secant, 1/cos", meaning="1/cos(x)", sympy=SYMPY("sec"), latex=r"\sec"),
    Function("csc", "cosecant, 1/sin", aliases=("cosec",), meaning="1/sin(x)", sympy=SYMPY("csc"), latex=r"\csc"),
    Function("cot", "cotangent, cos/sin", aliases=("ctg", "cotg", "cotan"), meaning="cos(x)/sin(x)", sympy=SYMPY("cot"), latex=r"\cot"),
    Function("asin", "inverse sine", aliases=("arcsin",), domain=(CLOSED_PM_ONE,), latex=r"\arcsin", fpcore="asin"),
    Function("acos", "inverse cosine", aliases=("arccos",), domain=(CLOSED_PM_ONE,), latex=r"\arccos", fpcore="acos"),
    Function("atan", "inverse tangent", aliases=("arctan", "arctg"), latex=r"\arctan", fpcore="atan"),
    Function("asec", "inverse secant, acos(1/x)", aliases=("arcsec",), meaning="acos(1/x)", sympy=SYMPY("asec")),
    Function("acsc", "inverse cosecant, asin(1/x)", aliases=("arccsc",), meaning="asin(1/x)", sympy=SYMPY("acsc")),
    Function("acot", "inverse cotangent, atan(1/x)", aliases=("arccot",), meaning="atan(1/x)", sympy=SYMPY("acot")),
    Function("atan2", "angle of the point (x, y)", "y x", aliases=("arctan2",), jax=NUMPY("arctan2"), may_jump=True, fpcore="atan2"),
    Function("sinh", "hyperbolic sine", growth=limits.hyperbolic, latex=r"\sinh", fpcore="sinh"),
    Function("cosh", "hyperbolic cosine", growth=limits.hyperbolic, latex=r"\cosh", fpcore="cosh"),
    Function("tanh", "hyperbolic tangent", latex=r"\tanh", fpcore="tanh"),
    Function("sech", "hyperbolic secant, 1/cosh", meaning="1/cosh(x)", sympy=SYMPY("sech")),
    Function("csch", "hyperbolic cosecant, 1/sinh", meaning="1/sinh(x)", sympy=SYMPY("csch")),
    Function("coth", "hyperbolic cotangent, 1/tanh", meaning="1/tanh(x)", sympy=SYMPY("coth"), latex=r"\coth"),
    Function("asinh", "inverse hyperbolic sine", aliases=("arcsinh", "arsinh"), fpcore="asinh"),
    Function("acosh", "inverse hyperbolic cosine", aliases=("arccosh", "arcosh"), domain=(FROM_ONE,), fpcore="acosh"),
    Function("atanh", "inverse hyperbolic tangent", aliases=("arctanh", "artanh"), domain=(OPEN_PM_ONE,), fpcore="atanh"),
    Function("asech", "inverse hyperbolic secant, acosh(1/x)", meaning="acosh(1/x)", sympy=SYMPY("asech")),
    Function("acsch", "inverse hyperbolic cosecant, asinh(1/x)", meaning="asinh(1/x)", sympy=SYMPY("acsch")),
    Function("acoth", "inverse hyperbolic cotangent, atanh(1/x)", meaning="atanh(1/x)", sympy=SYMPY("acoth")),
    Function("exp", "exponential", growth=limits.exponential, latex_form=LatexForm("e^{#1}", 8), fpcore="exp"),
    Function("exp2", "2^x", meaning="2^x", jax=NUMPY("exp2"), growth=limits.power_of_two, fpcore="exp2"),
    Function("expm1", "exp(x) - 1", meaning="exp(x) - 1", jax=NUMPY("expm1"), ball=ITSELF, fpcore="expm1"),
    Function("log", "natural logarithm", aliases=("ln",), domain=(POSITIVE,), latex=r"\log", fpcore="log"),
    Function("log2", "logarithm to base 2", meaning="log(x)/log(2)", jax=NUMPY("log2"), fpcore="log2"),
    Function("log10", "logarithm to base 10", meaning="log(x)/log(10)", jax=NUMPY("log10"), fpcore="log10"),
    Function("log1p", "log(1 + x)", meaning="log(1 + x)", jax=NUMPY("log1p"), ball=ITSELF, domain=(ABOVE_MINUS_ONE,), fpcore="log1p"),
    Function("log1mexp", "log(1 - exp(-x))", meaning="log(-expm1(-x))", jax=NN("log1mexp")),
    Function("sqrt", "square root", domain=(NONNEGATIVE,), is_correctly_rounded=True, latex_form=LatexForm(r"\sqrt{#1}"), fpcore="sqrt"),
    Function("rsqrt", "1/sqrt(x)", aliases=("inversesqrt",), meaning="1/sqrt(x)", jax=LAX("rsqrt")),
    Function(
        "cbrt", "real cube root, negative numbers included", sympy=HEADS("cbrt"), latex_form=LatexForm(r"\sqrt[3]{#1}"), fpcore="cbrt"
    ),
    Function("square", "x^2", meaning="x^2", jax=NUMPY("square"), exactly=exact.square, is_polynomial=True, is_correctly_rounded=True),
    Function("hypot", "sqrt(x^2 + y^2), of more arguments likewise", "x y", meaning="sqrt(x^2 + y^2)", jax=NUMPY("hypot"), fpcore="hypot"),
)

PIECEWISE = (
    Function(
        "abs",
        "absolute value",
        aliases=("fabs", "absolute"),
        sympy=SYMPY("Abs"),
        python=BUILTIN("abs"),
        kinks=(kink(0, -1, 1),),
        decides_by=DecidesBy.SIGN,
        lipschitz=1,
        exactly=abs,
        latex_form=LatexForm(r"\left|#1\right|"),
        fpcore="fabs",
    ),
    Function("sign", "-1, 0 or 1", aliases=("sgn", "signum"), may_jump=True, is_step=True, decides_by=DecidesBy.SIGN, exactly=exact.sign),
    Function(
        "floor",
        "greatest integer not above x",
        sympy=HEADS("floor"),
        may_jump=True,
        is_step=True,
        decides_by=DecidesBy.WHOLE,
        exactly=exact.floor,
        latex_form=LatexForm(r"\left\lfloor #1 \right\rfloor"),
        fpcore="floor",
    ),
    Function(
        "ceil",
        "least integer not below x",
        aliases=("ceiling",),
        sympy=HEADS("ceil"),
        may_jump=True,
        is_step=True,
        decides_by=DecidesBy.WHOLE,
        exactly=exact.ceil,
        latex_form=LatexForm(r"\left\lceil #1 \right\rceil"),
        fpcore="ceil",
    ),
    Function(
        "trunc",
        "x without its decimals, rounded towards 0",
        aliases=("fix",),
        meaning="where(x < 0, ceil(x), floor(x))",
        jax=NUMPY("trunc"),
        is_step=True,
    ),
    Function(
        "round",
        "nearest integer, the even one of two",
        aliases=("rint", "nint"),
        meaning="where(mod(x - 0.5, 2) == 0, x - 0.5, floor(x + 0.5))",
        jax=NUMPY("round"),
        is_step=True,
    ),
    Function("copysign", "|x| where y ≥ 0, else -|x|", "x y", meaning="where(y < 0, -abs(x), abs(x))", jax=NUMPY("copysign")),
    Function(
        "mod",
        "remainder of the floored division",
        "x y",
        meaning="x - y*floor(x/y)",
        sympy=HEADS("mod"),
        jax=NUMPY("mod"),
        ball=ITSELF,
        may_jump=True,
    ),
    Function(
        "max",
        "greatest argument",
        "x …",
        aliases=("maximum", "fmax"),
        sympy=SYMPY("Max"),
        jax=CALLABLES("maximum"),
        python=BUILTIN("max"),
        decides_by=DecidesBy.DIFFERENCE,
        lipschitz=1,
        exactly=exact.greatest,
        latex=r"\max",
        fpcore="fmax",
    ),
    Function(
        "min",
        "least argument",
        "x …",
        aliases=("minimum", "fmin"),
        sympy=SYMPY("Min"),
        jax=CALLABLES("minimum"),
        python=BUILTIN("min"),
        decides_by=DecidesBy.DIFFERENCE,
        lipschitz=1,
        exactly=exact.least,
        latex=r"\min",
        fpcore="fmin",
    ),
    Function("clip", "x held between a and b", "x a b", aliases=("clamp",), meaning="min(max(x, a), b)", jax=NUMPY("clip")),
    Function(
        "where",
        "a where the condition holds, else b",
        "condition a b",
        sympy=HEADS("where"),
        conditions=Conditions.FIRST,
        is_lazy=True,
        may_jump=True,
        latex_form=LatexForm(r"\begin{cases} #2 & #1 \\ #3 & \text{otherwise} \end{cases}"),
    ),
    Function(
        "heaviside",
        "0 below zero, ½ (or the second argument) at zero, 1 above",
        "x at_zero=0.5",
        aliases=("Heaviside",),
        may_jump=True,
        is_step=True,
        sympy=SYMPY("Heaviside"),
        jax=CALLABLES("heaviside"),
        decides_by=DecidesBy.SIGN,
        latex=r"\theta",
        latex_omits_default=True,
    ),
)
