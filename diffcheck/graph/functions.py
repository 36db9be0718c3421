"""THE table: one row per function, its columns facts. The parser, the engines, the docs and the tests derive from it.

How an engine finds a function:

* its own column names it (lazily: no engine's library is imported here);
* the column is `ABSENT`: the engine lacks the function and says `unsupported`;
* the column is empty and the row has a `meaning`: the engine uses that expression, written in diffcheck's own language;
* the column is empty otherwise: the function has the same name in the engine's library.

Columns of the certified engine (`ball`): `native:NAME` is a method of arb_series; `values:NAME` a function of
engines/certified/special.py that gives values only (Taylor coefficients follow from Cauchy's formula); `rule:NAME` a function of
engines/certified/rules.py or composed.py, which treats the ends of its domain itself. On complex boxes NAME is a function of
engines/certified/continued.py, or else a method of acb.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from diffcheck.graph.domains import (
    ABOVE_MINUS_ONE,
    ALL,
    BELOW_ONE,
    CLOSED_PM_ONE,
    CLOSED_ROOT_ON_THE_WAY,
    CLOSED_UNIT,
    FROM_MINUS_ONE,
    FROM_ONE,
    NO_POLE_ON_THE_WAY,
    NO_POLES,
    NONNEGATIVE,
    NOT_ONE,
    NOT_ZERO,
    OF_BESSEL,
    OF_BOXCOX,
    OF_EXPINT,
    OF_HYP2F1,
    OF_LAMBERTW,
    OF_LEGENDRE,
    OF_LI,
    OF_POLYGAMMA,
    OF_POLYLOG,
    OF_UPPERGAMMA,
    OF_ZETA,
    OPEN_PM_ONE,
    POSITIVE,
    ROOT_ON_THE_WAY,
    UNIT,
    UP_TO_ONE,
    Demand,
    Domain,
)

ABSENT = ""


@dataclass(frozen=True, slots=True)
class Kink:
    """A corner at `at` with one-sided slopes `left` and `right`: the Clarke interval lies between them."""

    at: int
    left: Fraction
    right: Fraction


def kink(at: int, left: int | str, right: int | str) -> Kink:
    """A kink whose slopes are written as exact decimals or fractions."""
    return Kink(at, Fraction(left), Fraction(right))


@dataclass(frozen=True)
class Function:
    """One row of the table."""

    name: str
    doc: str
    parameters: str = "x"  # names, "name=literal" where it may be left out; a last "…" allows any number
    aliases: tuple[str, ...] = ()
    meaning: str = ""
    sympy: str | None = None
    jax: str | None = None
    jax_forward: str | None = None  # where forward mode needs another implementation (a custom_vjp has none)
    ball: str | None = None
    domain: tuple[Domain, ...] = ()  # one per parameter; empty: all real numbers
    demands: tuple[Demand, ...] = ()  # on several arguments together
    kinks: tuple[Kink, ...] = ()
    conditions: str = ""  # "first" or "all": which arguments are conditions
    gives_condition: bool = False
    may_jump: bool = False  # where it is defined, it need not be continuous
    is_step: bool = False  # constant between its jumps
    decides_by: str = ""  # what turns at a tie: its first argument's "sign", the "difference" of two, the distance from a "whole" number
    operator: str = ""  # how the language writes it between its operands

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters."""
        return tuple(part.partition("=")[0] for part in self.parameters.split() if part != "…")

    @cached_property
    def defaults(self) -> tuple[Fraction, ...]:
        """The values of the last parameters where they are left out."""
        return tuple(Fraction(part.partition("=")[2]) for part in self.parameters.split() if "=" in part)

    def accepts(self, count: int) -> bool:
        """Whether the function can be called with this many arguments."""
        unbounded = self.parameters.endswith("…")
        return len(self.names) - len(self.defaults) <= count and (unbounded or count <= len(self.names))

    @cached_property
    def signature(self) -> str:
        """The call as documentation writes it: `leaky_relu(x, slope=0.01)`."""
        return f"{self.name}({', '.join(self.parameters.split())})" if self.parameters else self.name

    @cached_property
    def jumps(self) -> bool:
        """Whether the function, or one that its meaning is made of, need not be continuous where it is defined."""
        words = set(re.findall(r"\w+", self.meaning))
        return self.may_jump or any(row.jumps for row in ROWS if row.name in words)

    def column(self, engine: str) -> str | None:
        """The entry for `sympy`, `jax`, `jax_forward` or `ball`: a name, ABSENT, or None where the meaning is to be used."""
        entry: str | None = getattr(self, engine)
        if entry is None and engine == "jax_forward":
            return self.column("jax")
        return entry if entry is not None or self.meaning else self.name


def _operator(name: str, symbol: str, jax: str, doc: str, **facts: object) -> Function:
    facts = {"parameters": "x y", "sympy": f"diffcheck.engines.symbolic:{name}", **facts}
    return Function(name, doc, jax=f"jax.numpy:{jax}", ball=f"rule:{name}", operator=symbol, **facts)  # type: ignore[arg-type]


def _comparison(name: str, symbol: str, doc: str) -> Function:
    return _operator(name, symbol, name, doc, gives_condition=True, decides_by="difference")


NN = "jax.nn:"
SPECIAL = "jax.scipy.special:"
LAX = "jax.lax:"
OWN = "diffcheck.engines.jax_callables:"
CUSTOM = "diffcheck.engines.custom_rules:"
HEADS = "diffcheck.engines.symbolic:"

SELU_SCALE = "1.0507009873554804934193349852946"  # Klambauer et al. 2017, "Self-normalizing neural networks", section 2
SELU_ALPHA = "1.6732632423543772848170429916717"

OPERATORS = (
    _operator("add", "+", "add", "sum"),
    _operator("subtract", "-", "subtract", "difference"),
    _operator("multiply", "*", "multiply", "product"),
    _operator("divide", "/", "divide", "quotient"),
    _operator("power", "^", "power", "power; the base must be positive unless the exponent is an integer"),
    Function(
        "integer_power",
        "power with an integer literal as exponent",
        "x n",
        sympy=HEADS + "power",
        jax=OWN + "integer_power",
        ball="rule:integer_power",
        operator="^",
    ),
    _operator("negate", "-", "negative", "minus", parameters="x"),
    _comparison("less", "<", "comparison"),
    _comparison("less_equal", "<=", "comparison"),
    _comparison("greater", ">", "comparison"),
    _comparison("greater_equal", ">=", "comparison"),
    _comparison("equal", "==", "comparison"),
    _comparison("not_equal", "!=", "comparison"),
    _operator("and", "and", "logical_and", "both conditions", conditions="all", gives_condition=True),
    _operator("or", "or", "logical_or", "one condition or both", conditions="all", gives_condition=True),
    _operator("not", "not", "logical_not", "the opposite condition", parameters="x", conditions="all", gives_condition=True),
)

CONSTANTS = (
    Function("pi", "3.14159…, half a turn", "", aliases=("π",), jax="jax.numpy:pi", ball="rule:pi"),
    Function("e", "2.71828…, the base of ln", "", sympy="E", jax="jax.numpy:e", ball="rule:e"),
    Function("tau", "2π, a full turn", "", aliases=("τ",), meaning="2*pi"),
    Function("inf", "infinity, as a bound in max, min, clip and conditions", "", sympy="oo", jax="jax.numpy:inf", ball="rule:inf"),
)

ELEMENTARY = (
    Function("sin", "sine"),
    Function("cos", "cosine"),
    Function("tan", "tangent", aliases=("tg",), ball="rule:tan"),
    Function("sec", "secant, 1/cos", meaning="1/cos(x)", sympy="sec"),
    Function("csc", "cosecant, 1/sin", aliases=("cosec",), meaning="1/sin(x)", sympy="csc"),
    Function("cot", "cotangent, cos/sin", aliases=("ctg", "cotg", "cotan"), meaning="cos(x)/sin(x)", sympy="cot"),
    Function("asin", "inverse sine", aliases=("arcsin",), ball="rule:asin", domain=(CLOSED_PM_ONE,)),
    Function("acos", "inverse cosine", aliases=("arccos",), ball="rule:acos", domain=(CLOSED_PM_ONE,)),
    Function("atan", "inverse tangent", aliases=("arctan", "arctg")),
    Function("asec", "inverse secant, acos(1/x)", aliases=("arcsec",), meaning="acos(1/x)", sympy="asec"),
    Function("acsc", "inverse cosecant, asin(1/x)", aliases=("arccsc",), meaning="asin(1/x)", sympy="acsc"),
    Function("acot", "inverse cotangent, atan(1/x)", aliases=("arccot",), meaning="atan(1/x)", sympy="acot"),
    Function("atan2", "angle of the point (x, y)", "y x", aliases=("arctan2",), jax="jax.numpy:arctan2", ball="rule:atan2", may_jump=True),
    Function("sinh", "hyperbolic sine", ball="rule:sinh"),
    Function("cosh", "hyperbolic cosine", ball="rule:cosh"),
    Function("tanh", "hyperbolic tangent", ball="rule:tanh"),
    Function("sech", "hyperbolic secant, 1/cosh", meaning="1/cosh(x)", sympy="sech"),
    Function("csch", "hyperbolic cosecant, 1/sinh", meaning="1/sinh(x)", sympy="csch"),
    Function("coth", "hyperbolic cotangent, 1/tanh", meaning="1/tanh(x)", sympy="coth"),
    Function("asinh", "inverse hyperbolic sine", aliases=("arcsinh", "arsinh"), ball="rule:asinh"),
    Function("acosh", "inverse hyperbolic cosine", aliases=("arccosh", "arcosh"), ball="rule:acosh", domain=(FROM_ONE,)),
    Function("atanh", "inverse hyperbolic tangent", aliases=("arctanh", "artanh"), ball="rule:atanh", domain=(OPEN_PM_ONE,)),
    Function("asech", "inverse hyperbolic secant, acosh(1/x)", meaning="acosh(1/x)", sympy="asech"),
    Function("acsch", "inverse hyperbolic cosecant, asinh(1/x)", meaning="asinh(1/x)", sympy="acsch"),
    Function("acoth", "inverse hyperbolic cotangent, atanh(1/x)", meaning="atanh(1/x)", sympy="acoth"),
    Function("exp", "exponential"),
    Function("exp2", "2^x", meaning="2^x", jax="jax.numpy:exp2"),
    Function("expm1", "exp(x) - 1", meaning="exp(x) - 1", jax="jax.numpy:expm1", ball="rule:expm1"),
    Function("log", "natural logarithm", aliases=("ln",), domain=(POSITIVE,)),
    Function("log2", "logarithm to base 2", meaning="log(x)/log(2)", jax="jax.numpy:log2"),
    Function("log10", "logarithm to base 10", meaning="log(x)/log(10)", jax="jax.numpy:log10"),
    Function("log1p", "log(1 + x)", meaning="log(1 + x)", jax="jax.numpy:log1p", ball="rule:log1p", domain=(ABOVE_MINUS_ONE,)),
    Function("log1mexp", "log(1 - exp(-x))", meaning="log(-expm1(-x))", jax=NN + "log1mexp"),
    Function("sqrt", "square root", domain=(NONNEGATIVE,), ball="rule:sqrt"),
    Function("rsqrt", "1/sqrt(x)", aliases=("inversesqrt",), meaning="1/sqrt(x)", jax=LAX + "rsqrt"),
    Function("cbrt", "real cube root, negative numbers included", sympy=HEADS + "cbrt", ball="rule:cbrt"),
    Function("square", "x^2", meaning="x^2", jax="jax.numpy:square"),
    Function("hypot", "sqrt(x^2 + y^2), of more arguments likewise", "x y", meaning="sqrt(x^2 + y^2)", jax="jax.numpy:hypot"),
)

PIECEWISE = (
    Function(
        "abs", "absolute value", aliases=("fabs", "absolute"), sympy="Abs", ball="rule:abs", kinks=(kink(0, -1, 1),), decides_by="sign"
    ),
    Function("sign", "-1, 0 or 1", aliases=("sgn", "signum"), ball="rule:sign", may_jump=True, is_step=True, decides_by="sign"),
    Function(
        "floor", "greatest integer not above x", sympy=HEADS + "floor", ball="rule:floor", may_jump=True, is_step=True, decides_by="whole"
    ),
    Function(
        "ceil",
        "least integer not below x",
        aliases=("ceiling",),
        sympy=HEADS + "ceil",
        ball="rule:ceil",
        may_jump=True,
        is_step=True,
        decides_by="whole",
    ),
    Function(
        "trunc",
        "x without its decimals, rounded towards 0",
        aliases=("fix",),
        meaning="where(x < 0, ceil(x), floor(x))",
        jax="jax.numpy:trunc",
        is_step=True,
    ),
    Function(
        "round",
        "nearest integer, the even one of two",
        aliases=("rint", "nint"),
        meaning="where(mod(x - 0.5, 2) == 0, x - 0.5, floor(x + 0.5))",
        jax="jax.numpy:round",
        is_step=True,
    ),
    Function("copysign", "|x| where y ≥ 0, else -|x|", "x y", meaning="where(y < 0, -abs(x), abs(x))", jax="jax.numpy:copysign"),
    Function(
        "mod",
        "remainder of the floored division",
        "x y",
        meaning="x - y*floor(x/y)",
        sympy=HEADS + "mod",
        jax="jax.numpy:mod",
        ball="rule:mod",
        may_jump=True,
    ),
    Function(
        "max",
        "greatest argument",
        "x …",
        aliases=("maximum", "fmax"),
        sympy="Max",
        jax=OWN + "maximum",
        ball="rule:maximum",
        decides_by="difference",
    ),
    Function(
        "min",
        "least argument",
        "x …",
        aliases=("minimum", "fmin"),
        sympy="Min",
        jax=OWN + "minimum",
        ball="rule:minimum",
        decides_by="difference",
    ),
    Function("clip", "x held between a and b", "x a b", aliases=("clamp",), meaning="min(max(x, a), b)", jax="jax.numpy:clip"),
    Function(
        "where",
        "a where the condition holds, else b",
        "condition a b",
        sympy=HEADS + "where",
        ball="rule:where",
        conditions="first",
        may_jump=True,
    ),
    Function(
        "heaviside",
        "0 below zero, ½ (or the second argument) at zero, 1 above",
        "x at_zero=0.5",
        aliases=("Heaviside",),
        may_jump=True,
        is_step=True,
        sympy="Heaviside",
        jax=OWN + "heaviside",
        ball="rule:heaviside",
        decides_by="sign",
    ),
)

ACTIVATIONS = (
    Function(
        "relu",
        "max(x, 0); in reverse mode diffcheck's own jax.custom_vjp",
        meaning="max(x, 0)",
        jax=CUSTOM + "relu",
        jax_forward=NN + "relu",
        kinks=(kink(0, 0, 1),),
    ),
    Function("relu6", "min(max(x, 0), 6)", meaning="min(max(x, 0), 6)", jax=NN + "relu6", kinks=(kink(0, 0, 1), kink(6, 1, 0))),
    Function(
        "leaky_relu",
        "x where x ≥ 0, else slope*x (slope 0.01)",
        "x slope=0.01",
        meaning="where(x >= 0, x, slope*x)",
        jax=OWN + "leaky_relu",
        kinks=(kink(0, "0.01", 1),),
    ),
    Function(
        "elu", "x where x > 0, else alpha*(exp(x) - 1) (alpha 1)", "x alpha=1", meaning="where(x > 0, x, alpha*expm1(x))", jax=OWN + "elu"
    ),
    Function(
        "celu",
        "max(x, 0) + min(alpha*(exp(x/alpha) - 1), 0) (alpha 1)",
        "x alpha=1",
        meaning="max(x, 0) + min(alpha*expm1(x/alpha), 0)",
        jax=OWN + "celu",
    ),
    Function(
        "selu",
        "1.0507… * elu(x, 1.6732…)",
        meaning=f"{SELU_SCALE}*where(x > 0, x, {SELU_ALPHA}*expm1(x))",
        jax=NN + "selu",
        kinks=(Kink(0, Fraction(SELU_SCALE) * Fraction(SELU_ALPHA), Fraction(SELU_SCALE)),),
    ),
    Function("gelu", "x * Φ(x), exact (not the tanh approximation)", meaning="x*(1 + erf(x/sqrt(2)))/2", jax=OWN + "gelu"),
    Function("silu", "x * sigmoid(x)", aliases=("swish",), meaning="x/(1 + exp(-x))", jax=NN + "silu"),
    Function("softplus", "log(1 + exp(x))", meaning="log1p(exp(x))", jax=NN + "softplus"),
    Function("sigmoid", "1/(1 + exp(-x))", aliases=("logistic", "expit"), meaning="1/(1 + exp(-x))", jax=NN + "sigmoid"),
    Function("logit", "log(x/(1 - x))", meaning="log(x/(1 - x))", jax=SPECIAL + "logit", domain=(UNIT,)),
    Function("log_sigmoid", "-softplus(-x)", meaning="-log1p(exp(-x))", jax=NN + "log_sigmoid"),
    Function("mish", "x * tanh(softplus(x))", meaning="x*tanh(log1p(exp(x)))", jax=NN + "mish"),
    Function("softsign", "x/(1 + |x|)", aliases=("soft_sign",), meaning="x/(1 + abs(x))", jax=NN + "soft_sign"),
    Function("squareplus", "(x + sqrt(x^2 + b))/2 (b 4)", "x b=4", meaning="(x + sqrt(x^2 + b))/2", jax=OWN + "squareplus"),
    Function(
        "hard_tanh", "x held between -1 and 1", meaning="min(max(x, -1), 1)", jax=NN + "hard_tanh", kinks=(kink(-1, 0, 1), kink(1, 1, 0))
    ),
    Function(
        "hard_sigmoid",
        "relu6(x + 3)/6",
        meaning="min(max(x + 3, 0), 6)/6",
        jax=NN + "hard_sigmoid",
        kinks=(kink(-3, 0, "1/6"), kink(3, "1/6", 0)),
    ),
    Function(
        "hard_silu",
        "x * hard_sigmoid(x)",
        aliases=("hard_swish",),
        meaning="x*min(max(x + 3, 0), 6)/6",
        jax=NN + "hard_silu",
        kinks=(kink(-3, 0, "-1/2"), kink(3, "3/2", 1)),
    ),
    Function(
        "logaddexp", "log(exp(x) + exp(y)), of more arguments likewise", "x y", meaning="log(exp(x) + exp(y))", jax="jax.numpy:logaddexp"
    ),
    Function("logaddexp2", "log2(2^x + 2^y)", "x y", meaning="log(2^x + 2^y)/log(2)", jax="jax.numpy:logaddexp2"),
    Function(
        "xlogy",
        "x*log(y), and 0 at x = 0",
        "x y",
        meaning="where(x == 0, 0, x*log(y))",
        jax=SPECIAL + "xlogy",
        sympy=HEADS + "xlogy",
        ball="rule:xlogy",
    ),
    Function("xlog1py", "x*log(1 + y), and 0 at x = 0", "x y", meaning="xlogy(x, 1 + y)", jax=SPECIAL + "xlog1py", sympy=HEADS + "xlog1py"),
    Function(
        "entr", "-x*log(x), and 0 at x = 0", meaning="-xlogy(x, x)", jax=SPECIAL + "entr", sympy=HEADS + "entr", domain=(NONNEGATIVE,)
    ),
    Function(
        "rel_entr",
        "x*log(x/y)",
        "x y",
        meaning="xlogy(x, x/y)",
        jax=SPECIAL + "rel_entr",
        sympy=HEADS + "rel_entr",
        domain=(NONNEGATIVE, POSITIVE),
    ),
    Function(
        "kl_div",
        "x*log(x/y) - x + y",
        "x y",
        meaning="xlogy(x, x/y) - x + y",
        jax=SPECIAL + "kl_div",
        sympy=HEADS + "kl_div",
        domain=(NONNEGATIVE, POSITIVE),
    ),
    Function(
        "boxcox",
        "(x^lambda - 1)/lambda, and log(x) at lambda = 0",
        "x lambda",
        meaning="where(lambda == 0, log(x), (x^lambda - 1)/lambda)",
        jax=SPECIAL + "boxcox",
        ball="rule:boxcox",
        domain=(NONNEGATIVE, ALL),
        demands=OF_BOXCOX,
    ),
    Function(
        "boxcox1p",
        "boxcox(1 + x, lambda)",
        "x lambda",
        meaning="boxcox(1 + x, lambda)",
        jax=SPECIAL + "boxcox1p",
        domain=(FROM_MINUS_ONE, ALL),
    ),
)

SPECIAL_FUNCTIONS = (
    Function("gamma", "gamma function", aliases=("Gamma",), jax=SPECIAL + "gamma", ball="rule:gamma", domain=(NO_POLES,)),
    Function("rgamma", "1/gamma(x), and 0 where gamma has a pole", meaning="1/gamma(x)", ball="native:rgamma"),
    Function(
        "lgamma",
        "log|gamma(x)|",
        aliases=("loggamma", "gammaln"),
        sympy="loggamma",
        jax=SPECIAL + "gammaln",
        ball="rule:lgamma",
        domain=(NO_POLES,),
    ),
    Function(
        "digamma", "derivative of log(gamma(x))", aliases=("psi",), jax=SPECIAL + "digamma", ball="values:digamma", domain=(NO_POLES,)
    ),
    Function(
        "polygamma",
        "n-th derivative of digamma",
        "n x",
        jax=OWN + "polygamma",
        ball="values:polygamma",
        domain=(ALL, NO_POLES),
        demands=OF_POLYGAMMA,
    ),
    Function(
        "beta",
        "Euler's beta function",
        "x y",
        aliases=("Beta",),
        sympy="beta",
        meaning="gamma(x)*gamma(y)*rgamma(x + y)",
        jax=SPECIAL + "beta",
    ),
    Function(
        "lbeta", "log|beta(x, y)|", "x y", aliases=("betaln",), meaning="lgamma(x) + lgamma(y) - lgamma(x + y)", jax=SPECIAL + "betaln"
    ),
    Function("factorial", "gamma(x + 1)", meaning="gamma(x + 1)"),
    Function(
        "binomial",
        "binomial coefficient, by gamma functions",
        "n k",
        aliases=("binom", "nCr", "comb", "choose"),
        meaning="gamma(n + 1)*rgamma(k + 1)*rgamma(n - k + 1)",
    ),
    Function("poch", "rising factorial, gamma(x + m)/gamma(x)", "x m", meaning="gamma(x + m)*rgamma(x)", jax=SPECIAL + "poch"),
    Function(
        "gammainc",
        "regularised lower incomplete gamma function P(a, x)",
        "a x",
        meaning="1 - uppergamma(a, x)/gamma(a)",
        jax=SPECIAL + "gammainc",
        ball="values:gammainc",
        domain=(POSITIVE, NONNEGATIVE),
    ),
    Function(
        "gammaincc",
        "regularised upper incomplete gamma function Q(a, x)",
        "a x",
        meaning="uppergamma(a, x)/gamma(a)",
        jax=SPECIAL + "gammaincc",
        ball="values:gammaincc",
        domain=(POSITIVE, NONNEGATIVE),
    ),
    Function(
        "uppergamma",
        "upper incomplete gamma function Γ(a, x)",
        "a x",
        jax=OWN + "uppergamma",
        ball="values:uppergamma",
        demands=OF_UPPERGAMMA,
    ),
    Function(
        "lowergamma",
        "lower incomplete gamma function γ(a, x)",
        "a x",
        jax=OWN + "lowergamma",
        ball="values:lowergamma",
        domain=(POSITIVE, NONNEGATIVE),
    ),
    Function(
        "betainc",
        "regularised incomplete beta function",
        "a b x",
        sympy=HEADS + "betainc",
        jax=SPECIAL + "betainc",
        ball="values:betainc",
        domain=(POSITIVE, POSITIVE, CLOSED_UNIT),
    ),
    Function("erf", "error function", jax=SPECIAL + "erf"),
    Function("erfc", "1 - erf(x)", jax=SPECIAL + "erfc"),
    Function("erfi", "imaginary error function, -i erf(ix)", jax=OWN + "erfi"),
    Function("erfinv", "inverse of erf", jax=SPECIAL + "erfinv", ball="rule:erfinv", domain=(OPEN_PM_ONE,)),
    Function("erfcinv", "inverse of erfc", jax=ABSENT, meaning="erfinv(1 - x)", sympy="erfcinv"),
    Function("dawson", "Dawson's integral", aliases=("dawsn",), meaning="sqrt(pi)/2*exp(-x^2)*erfi(x)", jax=SPECIAL + "dawsn"),
    Function("ndtr", "normal distribution function Φ(x)", meaning="erfc(-x/sqrt(2))/2", jax=SPECIAL + "ndtr"),
    Function("log_ndtr", "log Φ(x)", meaning="log(erfc(-x/sqrt(2))/2)", jax=SPECIAL + "log_ndtr"),
    Function("ndtri", "inverse of Φ", meaning="sqrt(2)*erfinv(2*x - 1)", jax=SPECIAL + "ndtri", domain=(UNIT,)),
    Function("besselj", "Bessel function of the first kind", "n x", jax=ABSENT, ball="values:besselj", demands=OF_BESSEL),
    Function("bessely", "Bessel function of the second kind", "n x", jax=ABSENT, ball="values:bessely", domain=(ALL, POSITIVE)),
    Function("besseli", "modified Bessel function of the first kind", "n x", jax=ABSENT, ball="values:besseli", demands=OF_BESSEL),
    Function("besselk", "modified Bessel function of the second kind", "n x", jax=ABSENT, ball="values:besselk", domain=(ALL, POSITIVE)),
    Function("besselj0", "besselj(0, x)", aliases=("j0",), meaning="besselj(0, x)", jax=OWN + "besselj0"),
    Function("besselj1", "besselj(1, x)", aliases=("j1",), meaning="besselj(1, x)", jax=OWN + "besselj1"),
    Function("i0", "besseli(0, x)", aliases=("besseli0",), meaning="besseli(0, x)", jax=SPECIAL + "i0"),
    Function("i1", "besseli(1, x)", aliases=("besseli1",), meaning="besseli(1, x)", jax=SPECIAL + "i1"),
    Function("i0e", "exp(-|x|) besseli(0, x)", meaning="exp(-abs(x))*besseli(0, x)", jax=SPECIAL + "i0e", kinks=(kink(0, 1, -1),)),
    Function("i1e", "exp(-|x|) besseli(1, x)", meaning="exp(-abs(x))*besseli(1, x)", jax=SPECIAL + "i1e"),
    Function(
        "zeta",
        "Riemann's zeta function, or Hurwitz's with a second argument",
        "s a=1",
        jax=SPECIAL + "zeta",
        ball="values:zeta",
        domain=(NOT_ONE,),
        demands=OF_ZETA,
    ),
    Function(
        "lambertw",
        "principal branch of the inverse of x*exp(x)",
        aliases=("LambertW",),
        sympy="LambertW",
        jax=ABSENT,
        ball="rule:lambertw",
        demands=OF_LAMBERTW,
    ),
    Function("sinc", "sin(πx)/(πx), and 1 at 0", meaning="where(x == 0, 1, sin(pi*x)/(pi*x))", jax="jax.numpy:sinc", ball="rule:sinc"),
    Function("unsinc", "sin(x)/x, and 1 at 0", sympy="sinc", jax=OWN + "unsinc", ball="rule:unsinc"),
    Function("airyai", "Airy function Ai", jax=ABSENT, ball="native:airy_ai"),
    Function("airybi", "Airy function Bi", jax=ABSENT, ball="native:airy_bi"),
    Function("airyaiprime", "derivative of Ai", jax=ABSENT, ball="native:airy_ai_prime"),
    Function("airybiprime", "derivative of Bi", jax=ABSENT, ball="native:airy_bi_prime"),
    Function("Si", "sine integral", jax=OWN + "Si", ball="native:si"),
    Function("Ci", "cosine integral", jax=OWN + "Ci", ball="native:ci", domain=(POSITIVE,)),
    Function("Shi", "hyperbolic sine integral", jax=ABSENT, ball="native:shi"),
    Function("Chi", "hyperbolic cosine integral", jax=ABSENT, ball="native:chi", domain=(POSITIVE,)),
    Function("Ei", "exponential integral, principal value", jax=OWN + "Ei", ball="native:ei", domain=(NOT_ZERO,)),
    Function("E1", "expint(1, x)", aliases=("exp1",), meaning="expint(1, x)", jax=OWN + "E1", domain=(POSITIVE,)),
    Function(
        "expint",
        "generalised exponential integral E_n(x)",
        "n x",
        aliases=("expn",),
        jax=OWN + "expint",
        ball="values:expint",
        demands=OF_EXPINT,
    ),
    Function("li", "logarithmic integral, Ei(log(x)), and 0 at 0", meaning="where(x == 0, 0, Ei(log(x)))", sympy="li", demands=OF_LI),
    Function("fresnels", "Fresnel integral of sin(πt²/2)", jax=OWN + "fresnels", ball="native:fresnel_s"),
    Function("fresnelc", "Fresnel integral of cos(πt²/2)", jax=OWN + "fresnelc", ball="native:fresnel_c"),
    Function("polylog", "polylogarithm Li_s(x)", "s x", jax=ABSENT, ball="values:polylog", demands=OF_POLYLOG),
    Function("spence", "polylog(2, 1 - x)", meaning="polylog(2, 1 - x)", jax=SPECIAL + "spence", domain=(NONNEGATIVE,)),
    Function(
        "hyp2f1",
        "Gauss's hypergeometric function",
        "a b c x",
        sympy=HEADS + "hyp2f1",
        jax=SPECIAL + "hyp2f1",
        ball="values:hyp2f1",
        demands=OF_HYP2F1,
    ),
    Function("legendre", "Legendre function P_n(x)", "n x", jax=ABSENT, ball="values:legendre", demands=OF_LEGENDRE),
    Function(
        "elliptic_k",
        "complete elliptic integral of the first kind, parameter m",
        "m",
        jax=ABSENT,
        ball="values:elliptic_k",
        domain=(BELOW_ONE,),
    ),
    Function(
        "elliptic_f",
        "incomplete elliptic integral of the first kind",
        "phi m",
        jax=ABSENT,
        ball="values:elliptic_f",
        demands=ROOT_ON_THE_WAY,
    ),
    Function("elliptic_e", "complete elliptic integral of the second kind", "m", jax=ABSENT, ball="values:elliptic_e", domain=(UP_TO_ONE,)),
    Function(
        "elliptic_einc",
        "incomplete elliptic integral of the second kind",
        "phi m",
        aliases=("elliptic_e",),
        sympy="elliptic_e",
        jax=ABSENT,
        ball="values:elliptic_einc",
        demands=CLOSED_ROOT_ON_THE_WAY,
    ),
    Function(
        "elliptic_pi",
        "complete elliptic integral of the third kind",
        "n m",
        jax=ABSENT,
        ball="values:elliptic_pi",
        domain=(BELOW_ONE, BELOW_ONE),
    ),
    Function(
        "elliptic_piinc",
        "incomplete elliptic integral of the third kind",
        "n phi m",
        aliases=("elliptic_pi",),
        sympy="elliptic_pi",
        jax=ABSENT,
        ball="values:elliptic_piinc",
        demands=(*ROOT_ON_THE_WAY, *NO_POLE_ON_THE_WAY),
    ),
)

GROUPS = {
    "operators": OPERATORS,
    "constants": CONSTANTS,
    "elementary": ELEMENTARY,
    "piecewise": PIECEWISE,
    "activations and logarithms": ACTIVATIONS,
    "special": SPECIAL_FUNCTIONS,
}
ROWS = tuple(row for rows in GROUPS.values() for row in rows)
FUNCTIONS = {row.name: row for row in ROWS}
CONSTANT_NAMES = {name: row for row in CONSTANTS for name in (row.name, *row.aliases)}


def spellings() -> frozenset[str]:
    """Every name that may stand before a bracket."""
    return frozenset(_SPELLINGS)


def lookup(name: str, count: int) -> Function | None:
    """The row that `name(…)` with `count` arguments means; None when no row takes that many."""
    return next((row for row in _SPELLINGS.get(name, ()) if row.accepts(count)), None)


def rows_named(name: str) -> tuple[Function, ...]:
    """The rows that a name may mean, whatever the number of arguments."""
    return _SPELLINGS.get(name, ())


_CALLED = tuple(row for group, rows in GROUPS.items() if group not in ("operators", "constants") for row in rows)
_SPELLINGS = {
    name: tuple(row for row in _CALLED if name in (row.name, *row.aliases)) for each in _CALLED for name in (each.name, *each.aliases)
}
