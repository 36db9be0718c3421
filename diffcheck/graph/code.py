"""Graphs as code that can be pasted into a file and run: Python with the standard library, JAX with nothing but JAX."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import meaning
from diffcheck.graph.functions import ITSELF, LACKS, MEANT, NUMPY, Function, Named
from diffcheck.graph.graph import Definition, evaluate
from diffcheck.graph.text import Infix, Text, digits, identifier, listed, wrap

PYTHON_DIGITS = 4_300  # Python reads no longer integer
LARGEST_INT = 2**31 - 1  # that JAX takes for a number of any format


class PythonCode(Infix):
    """Python code that needs nothing but the standard library's `math`, and the `helpers` that it names."""

    power = "**"

    def variable(self, name: str) -> Text:
        return Text(f"{name}_" if keyword.iskeyword(name) else name)

    def constant(self, value: Fraction) -> Text:
        numerator, denominator = digits(value.numerator), digits(value.denominator)
        if max(len(numerator), len(denominator)) > PYTHON_DIGITS:
            raise UnsupportedError(f"Python reads no number of more than {PYTHON_DIGITS:,} digits: use the text form")
        return Text(numerator, 10 if value >= 0 else 7) if denominator == "1" else Text(f"{numerator}/{denominator}", 6)

    def function(self, function: Function, arguments: Sequence[Text]) -> Text:
        name, written = function.name, listed(arguments)
        if name == "where":
            return Text(f"({wrap(arguments[1], 1)} if {arguments[0].text} else {wrap(arguments[2], 1)})")
        if name in HELPERS:
            return Text(f"{name}({written})")
        standard = in_standard_library(function)
        if standard:
            return Text(f"{standard}({written})" if function.parameters else standard)
        if not function.meaning:
            raise UnsupportedError(f"Python's standard library has no {name}: use --format jax, or the text form")
        return self.meant(function, arguments)

    def meant(self, function: Function, arguments: Sequence[Text]) -> Text:
        return evaluate(meaning(function.name), self, dict(zip(function.names, arguments, strict=True)))

    def call(self, definition: Definition, order: int, arguments: Sequence[Text]) -> Text:
        return Text(f"{identifier(definition.name)}({listed(arguments)})")


class JaxCode(PythonCode):
    """JAX code with the same callables that the automatic engine runs."""

    def constant(self, value: Fraction) -> Text:
        if max(abs(value.numerator), value.denominator) <= LARGEST_INT:
            return super().constant(value)
        try:
            return Text(repr(float(value)), 10 if value >= 0 else 7)
        except OverflowError:
            return Text("jnp.inf" if value > 0 else "-jnp.inf", 10 if value > 0 else 7)

    def apply(self, function: Function, arguments: Sequence[Text]) -> Text:
        if function.name in ("and", "or", "not"):  # Python's own want to know which one it is
            return Text(f"jnp.logical_{function.name}({listed(arguments)})")
        return super().apply(function, arguments)

    def function(self, function: Function, arguments: Sequence[Text]) -> Text:
        column = function.column("jax")
        if column is MEANT:
            return self.meant(function, arguments)
        if column is LACKS:
            raise UnsupportedError(f"JAX has no {function.name}")
        named = column if isinstance(column, Named) else NUMPY(function.name)
        if named.module.startswith("diffcheck."):
            return Text(*IN_JAX[named.name](*(argument.text for argument in arguments)))
        name = f"{'jnp' if named.module == 'jax.numpy' else named.module}.{named.name}"
        return Text(f"{name}({listed(arguments)})" if function.parameters else name)


def in_standard_library(function: Function) -> str:
    """How the standard library calls a function; empty if it has none."""
    column = function.python or (ITSELF if hasattr(math, function.name) else LACKS)
    if isinstance(column, Named):
        return column.name if column.module == "builtins" else f"{column.module}.{column.name}"
    return f"math.{function.name}" if column is ITSELF else ""


def _called(form: str, precedence: int = 10) -> Callable[..., tuple[str, int]]:
    return lambda *arguments: (form.format(*arguments), precedence)


def _folded(name: str) -> Callable[..., tuple[str, int]]:
    def fold(first: str, *others: str) -> tuple[str, int]:
        for other in others:
            first = f"{name}({first}, {other})"
        return first if others else f"({first})", 10

    return fold


SPECIAL = "jax.scipy.special."
IN_JAX: dict[str, Callable[..., tuple[str, int]]] = {  # what engines/jax/callables.py and custom_rules.py compute
    "maximum": _folded("jnp.maximum"),
    "minimum": _folded("jnp.minimum"),
    "heaviside": _called("jnp.heaviside({0}, {1})"),
    "relu": _called("jax.nn.relu({0})"),
    "leaky_relu": _called("jax.nn.leaky_relu({0}, {1})"),
    "elu": _called("jax.nn.elu({0}, {1})"),
    "celu": _called("jax.nn.celu({0}, {1})"),
    "squareplus": _called("jax.nn.squareplus({0}, {1})"),
    "gelu": _called("jax.nn.gelu({0}, approximate=False)"),
    "integer_power": _called("jax.lax.integer_pow({0}, {1})"),
    "polygamma": _called(SPECIAL + "polygamma({0}, {1})"),
    "expint": _called(SPECIAL + "expn({0}, {1})"),
    "Ei": _called(SPECIAL + "expi({0})"),
    "E1": _called(SPECIAL + "exp1({0})"),
    "unsinc": _called("jnp.sinc(({0})/jnp.pi)"),
    "uppergamma": _called(f"{SPECIAL}gammaincc({{0}}, {{1}})*{SPECIAL}gamma({{0}})", 6),
    "lowergamma": _called(f"{SPECIAL}gammainc({{0}}, {{1}})*{SPECIAL}gamma({{0}})", 6),
    "erfi": _called(f"2/jnp.sqrt(jnp.pi)*jnp.exp(({{0}})**2)*{SPECIAL}dawsn({{0}})", 6),
    "besselj0": _called(SPECIAL + "bessel_jn({0}, v=0)[0]"),
    "besselj1": _called(SPECIAL + "bessel_jn({0}, v=1)[1]"),
    "Si": _called(SPECIAL + "sici({0})[0]"),
    "Ci": _called(SPECIAL + "sici({0})[1]"),
    "fresnels": _called(SPECIAL + "fresnel({0})[0]"),
    "fresnelc": _called(SPECIAL + "fresnel({0})[1]"),
}

# Functions that the standard library lacks, as they stand before code that calls them; a helper may call those above it.
HELPERS = {
    "sign": """def sign(x):
    return (x > 0) - (x < 0) if x == x else x
""",
    "heaviside": """def heaviside(x, at_zero):
    return at_zero if x == 0 else float(x > 0) if x == x else x
""",
    "unsinc": """def unsinc(x):
    return math.sin(x)/x if x else 1.0
""",
    "digamma": """def digamma(x):
    total = 0.0
    while x < 12:  # then the asymptotic series has all digits
        total -= 1/x
        x += 1
    t = 1/(x*x)
    series = t*(1/12 - t*(1/120 - t*(1/252 - t*(1/240 - t*(1/132 - t*(691/32760 - t/12))))))
    return total + math.log(x) - 1/(2*x) - series
""",
    "polygamma": """def polygamma(n, x):
    if n == 0:
        return digamma(x)
    sign_of, total = (-1)**(n + 1), 0.0
    while x < 24 + n:
        total += math.factorial(n)/x**(n + 1)
        x += 1
    total += math.factorial(n - 1)/x**n + math.factorial(n)/(2*x**(n + 1))
    for k, bernoulli in enumerate((1/6, -1/30, 1/42, -1/30, 5/66, -691/2730, 7/6), 1):
        total += bernoulli*math.factorial(2*k + n - 1)/math.factorial(2*k)/x**(2*k + n)
    return sign_of*total
""",
    "erfi": """def erfi(x):
    term, total, k = x, x, 0
    while abs(term) > 1e-17*abs(total):
        k += 1
        term *= x*x/k
        total += term/(2*k + 1)
    return 2/math.sqrt(math.pi)*total
""",
    "erfinv": """def erfinv(y):
    t = math.log(1 - y*y)/2 + 2/(math.pi*0.147)
    x = math.copysign(math.sqrt(math.sqrt(t*t - math.log(1 - y*y)/0.147) - t), y)
    for _ in range(4):  # Newton's steps
        x -= (math.erf(x) - y)*math.sqrt(math.pi)/2*math.exp(x*x)
    return x
""",
    "lambertw": """def lambertw(x):
    w = math.log1p(x) if x > 0 else math.sqrt(max(0, 2*(1 + math.e*x))) - 1
    for _ in range(40):  # Halley's steps
        residual = w*math.exp(w) - x
        if residual:
            w -= residual/(math.exp(w)*(w + 1) - (w + 2)*residual/(2*w + 2))
    return w
""",
}


def helpers_of(code: str) -> list[str]:
    """The helpers that a piece of code calls, those first that others call."""
    wanted: list[str] = []
    for name, helper in reversed(HELPERS.items()):
        if re.search(rf"(?<![\w.]){name}\(", "\n".join([code, *wanted])):
            wanted.insert(0, helper)
    return wanted
