"""Functions by the names that other programs give them: what is the same is read, for the rest a hint says what to write.

Names that mean a row of the table exactly are aliases there (`graph/functions/`). Calls that are an operator here, or a function
of another number of arguments, are written so in the tree; `read as:` shows it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from diffcheck.language.literals import whole
from diffcheck.language.syntax import Composition, Expression, Factor, Literal, Operation, Span

Arguments = tuple[Expression, ...]


def _operation(operator: str) -> Callable[[Arguments, Span], Expression]:
    return lambda arguments, span: Operation(operator, arguments, span)


def _call(name: str, argument: Expression, span: Span) -> Composition:
    return Composition((Factor(name, span),), (argument,), span)


def logarithm(arguments: Arguments, span: Span) -> Expression:
    """log(x, b) is log(x)/log(b)."""
    return Operation("divide", tuple(_call("log", argument, span) for argument in arguments), span)


def root(arguments: Arguments, span: Span) -> Expression:
    """The square and cube roots by their names, else x^(1/n)."""
    radicand, degree = arguments
    exact = degree.value if isinstance(degree, Literal) else None
    if exact in (2, 3):
        return _call("sqrt" if exact == 2 else "cbrt", radicand, span)
    return Operation("power", (radicand, Operation("divide", (whole(1, span), degree), span)), span)


def _hypotenuse(arguments: Arguments, span: Span) -> Expression:
    squares = [Operation("power", (argument, whole(2, span)), span) for argument in arguments]
    return _call("sqrt", reduce(lambda total, square: Operation("add", (total, square), span), squares), span)


def _logaddexp(arguments: Arguments, span: Span) -> Expression:
    return reduce(lambda total, argument: Composition((Factor("logaddexp", span),), (total, argument), span), arguments)


ANY = 1_000
# name: the least and the greatest number of arguments, and what they make
REWRITTEN: dict[str, tuple[int, int, Callable[[Arguments, Span], Expression]]] = {
    "log": (2, 2, logarithm),
    "ln": (2, 2, logarithm),
    "logn": (2, 2, logarithm),
    **dict.fromkeys(("pow", "power"), (2, 2, _operation("power"))),
    **dict.fromkeys(("root", "nthroot", "surd"), (2, 2, root)),
    "hypot": (3, ANY, _hypotenuse),
    "logaddexp": (3, ANY, _logaddexp),
    "logsumexp": (2, ANY, _logaddexp),
    "add": (2, 2, _operation("add")),
    "subtract": (2, 2, _operation("subtract")),
    "multiply": (2, 2, _operation("multiply")),
    **dict.fromkeys(("divide", "true_divide", "rational"), (2, 2, _operation("divide"))),
    **dict.fromkeys(("neg", "negative"), (1, 1, _operation("negate"))),
}
# spellings above that are not functions of the table, and need their brackets: what they look like
FORMS_OF_REWRITTEN = {
    "pow": "pow(x, y), which is x^y", "power": "power(x, y), which is x^y", "root": "root(x, 3) for the third root",
    "nthroot": "nthroot(x, 3)", "surd": "surd(x, 3)", "logn": "logn(x, b)", "logsumexp": "logsumexp(x, y)", "add": "x + y",
    "subtract": "x - y", "multiply": "x*y", "divide": "x/y", "true_divide": "x/y", "rational": "x/y", "neg": "-x", "negative": "-x",
}  # fmt: skip

# names before an argument that schools elsewhere give to functions of the table; `read as:` shows the table's
ALIASES = {
    "sh": "sinh", "ch": "cosh", "th": "tanh", "cth": "coth", "arsh": "asinh", "arch": "acosh", "arth": "atanh", "arcsh": "asinh",
    "arcch": "acosh", "arcth": "atanh", "ld": "log2", "lb": "log2", "arcctg": "acot", "arccotan": "acot", "cuberoot": "cbrt",
    "Γ": "gamma", "ζ": "zeta", "ψ": "psi",
}  # fmt: skip

DERIVATIVE = "Give the function alone, or write d/dx before it: its derivative is taken; --wrt x says by which variable."
HINTS = {
    **dict.fromkeys(("log", "ln"), "Write log(x), or log(x, b) for the logarithm to base b."),
    **dict.fromkeys(("dx", "dy", "dt"), "d/dx stands before the whole expression; within one, define f(x) = … and write f'(x)."),
    "lg": "Write log10(x) for the logarithm to base 10, log2(x) for that to base 2.",
    "arctan": "Write atan2(y, x) for the angle of the point (x, y).",
    "atan": "Write atan2(y, x) for the angle of the point (x, y).",
    "step": "Write heaviside(x), which is 1/2 at 0, or where(x < 0, 0, 1).",
    "unitstep": "Write heaviside(x), which is 1/2 at 0, or where(x < 0, 0, 1).",
    "rem": "Write x - y*trunc(x/y) for the remainder with the sign of x, mod(x, y) for that with the sign of y.",
    "remainder": "Write x - y*trunc(x/y) for the remainder with the sign of x, mod(x, y) for that with the sign of y.",
    "fmod": "Write x - y*trunc(x/y); mod(x, y) has the sign of y.",
    "modf": "Write x - trunc(x).",
    "frac": "Write x - floor(x).",
    "fract": "Write x - floor(x).",
    "int": "Write trunc(x) for the whole part; an integral is given as an expression.",
    "integer": "Write trunc(x) for the whole part.",
    "sqr": "Write x^2 for the square, sqrt(x) for the root.",
    "npr": "Write factorial(n)/factorial(n - k).",
    "perm": "Write factorial(n)/factorial(n - k).",
    "jv": "Write besselj(n, x).",
    "yv": "Write bessely(n, x).",
    "iv": "Write besseli(n, x).",
    "kv": "Write besselk(n, x).",
    "cdf": "Write (1 + erf(x/sqrt(2)))/2 for that of the normal distribution.",
    "pdf": "Write exp(-x^2/2)/sqrt(2*pi) for that of the normal distribution.",
    "cosine": "Write cos(x).",
    "cosinus": "Write cos(x).",
    **dict.fromkeys(("float", "float32", "float64", "double", "real", "array", "tensor"), "Write the number or the expression alone."),
    "deg": "Write 180*x/pi for an angle in degrees, pi*x/180 or x° for one in radians.",
    "nanmax": "Write max(x, y).",
    "nanmin": "Write min(x, y).",
    "matmul": "Write the product out: the language has real numbers only.",
    "sind": "Write sin(pi*x/180).",
    "cosd": "Write cos(pi*x/180).",
    "tand": "Write tan(pi*x/180).",
    "radians": "Write pi*x/180.",
    "deg2rad": "Write pi*x/180.",
    "degrees": "Write 180*x/pi.",
    "rad2deg": "Write 180*x/pi.",
    "cis": "Write cos(x) and sin(x): the language has real numbers only.",
    "arg": "Write atan2(y, x): the language has real numbers only.",
    "norm2": "Write hypot(x, y).",
    "reciprocal": "Write 1/x.",
    "inv": "Write 1/x.",
    "exp10": "Write 10^x.",
    "pow10": "Write 10^x.",
    "cube": "Write x^3.",
    "softmax": "Write one entry: exp(x)/(exp(x) + exp(y)).",
    "normcdf": "Write (1 + erf(x/sqrt(2)))/2.",
    "cond": "Write where(condition, a, b).",
    "select": "Write where(condition, a, b).",
    "cases": "Write piecewise((value, condition), …, otherwise).",
    "switch": "Write piecewise((value, condition), …, otherwise).",
    "average": "Write (x + y)/2.",
    "mean": "Write (x + y)/2.",
    "median": "Write min and max: of three, max(min(x, y), min(max(x, y), z)).",
    **dict.fromkeys(("diff", "derivative", "derive", "deriv", "differentiate", "grad", "d"), DERIVATIVE),
    **dict.fromkeys(("integrate", "integral", "quad"), "Give the integral as an expression."),
    **dict.fromkeys(("summation", "prod", "product"), "Write sum(x_i, i=1..3) or prod(x_i, i=1..3)."),
    **dict.fromkeys(("lim", "limit"), "Give the function alone: where it has a gap, `check` says what its limits are."),
}

# words before a factor that are neither variables nor functions here
WORDS = {
    "lg": HINTS["lg"],
    "arc": "Write arcsin(x), arccos(x), arctan(x) as one word.",
    **dict.fromkeys(("derivative", "differentiate", "derive", "diff"), DERIVATIVE),
    **dict.fromkeys(("integral", "integrate"), HINTS["integral"]),
    "return": "Write the expression alone.",
    "limit": HINTS["limit"],
    "lim": HINTS["limit"],
    **dict.fromkeys(
        ("squared", "cubed", "of", "the", "times", "plus", "minus", "over"), "Write the formula in signs: x^2, x + 1, sqrt(x), 1/x."
    ),
}
