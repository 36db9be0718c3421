"""Random expressions and points of the kinds that people ask about, with the coefficients that people write: for `families`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random


@dataclass(frozen=True, slots=True)
class Point:
    """An expression, a point, and the derivative asked for."""

    text: str
    at: dict[str, float]
    names: tuple[str, ...] = ("x",)

    def __str__(self) -> str:
        return f"{self.text} at {', '.join(f'{name} = {x!r}' for name, x in self.at.items())}, by {' '.join(self.names)}"


# What the families are made of

DECIMALS, THIRDS = ("0.1", "0.2", "0.3", "0.7", "1.2", "-0.4", "1.7"), ("1/3", "-2/3", "1/7")
DYADICS = ("1", "2", "3", "-1", "-2", "0.5", "0.25")
COEFFICIENTS = tuple(map(Fraction, DECIMALS + THIRDS + DYADICS))
TIES = tuple(map(Fraction, ("0", "0", "1", "2", "3", "5", "-1", "-2", "0.5", "-0.5", "1.5", "10", "0.25", "-4", "7")))
SMOOTH = (
    "0.3*x", "pi", "sin(x + 1)", "exp(x/2)", "log(x^2 + 2)", "tanh(x + 0.3)", "x^2", "e*x", "gelu(x)", "x/3", "cos(x)*x",
    "sigmoid(0.7x)",
)  # fmt: skip
AT_TIES = (  # {u} has the value behind it at the tie
    ("abs({u})", "0"), ("relu({u})", "0"), ("max({u}, 0)", "0"), ("min({u}, 0.3)", "0.3"), ("max(0.7*{u}, {u})", "0"),
    ("clip({u}, 0, 1)", "0"), ("clip({u}, 0, 1)", "1"), ("clip({u}, -0.3, 0.3)", "0.3"), ("leaky_relu({u})", "0"),
    ("leaky_relu({u}, 0.2)", "0"), ("elu({u})", "0"), ("celu({u}, 2)", "0"), ("selu({u})", "0"), ("hard_tanh({u})", "1"),
    ("hard_tanh({u})", "-1"), ("relu6({u})", "6"), ("hard_sigmoid({u})", "3"), ("hard_silu({u})", "-3"), ("softsign({u})", "0"),
    ("sign({u})", "0"), ("floor({u})", "2"), ("ceil({u})", "1"), ("mod({u}, 1)", "3"), ("mod({u}, 0.3)", "0.9"),
    ("abs(mod({u}, 2) - 1)", "2"), ("heaviside({u})", "0"), ("where({u} > 0, {u}, 0.2*{u})", "0"),
    ("where({u} >= 0.7, {u}, 2*{u})", "0.7"), ("where({u} < 1, {u}^2, 2*{u} - 1)", "1"), ("sqrt({u}^2)", "0"), ("{u}*abs({u})", "0"),
    ("max({u}, 0)^2", "0"), ("abs({u})^3", "0"), ("where(abs({u}) <= 1, {u}^2/2, abs({u}) - 1/2)", "1"), ("cbrt({u})", "0"),
    ("sqrt(abs({u}))", "0"), ("abs({u})^1.5", "0"), ("max({u}, 0) + log1p(exp(-abs({u})))", "0"), ("{u}/max(abs({u}), 0.001)", "0"),
    ("sin({u})/{u}", "0"), ("where({u} == 0, 1, sin({u})/{u})", "0"), ("(1 - cos({u}))/{u}^2", "0"), ("abs({u})/(1 + abs({u}))", "0"),
    ("max(0.9*{u}, -0.1*{u})", "0"),
)  # fmt: skip
LEVEL_SETS = (  # the tie behind is met exactly
    ("abs(x^2 - 9)", 3.0), ("abs(2^x - 8)", 3.0), ("abs(sqrt(x) - 3)", 9.0), ("abs(log2(x) - 3)", 8.0), ("floor(log10(x))", 100.0),
    ("abs(sin(pi*x))", 2.0), ("abs(cbrt(x) - 2)", 8.0), ("relu(x^3 - 8)", 2.0), ("abs(exp(x) - e)", 1.0), ("abs(log(x))", 1.0),
    ("abs(cos(pi*x) + 1)", 1.0), ("max(x^1.5, 8)", 4.0), ("relu(cos(pi*x/3) - 1/2)", 1.0), ("abs(hypot(x, 4) - 5)", 3.0),
)  # fmt: skip
AROUND = (
    "{p}", "{p} + {s}", "{a}*{p}", "({s})*{p}", "sin({p})", "exp({p})", "tanh({p}) + {s}", "{p} + {q}", "sqrt(1 + ({p})^2)",
    "{p}^2 + {s}", "max({p}, {q})",
)  # fmt: skip


def written(number: Fraction) -> str:
    """A rational as people write it."""
    as_decimal = f"{float(number):.6g}"
    text = as_decimal if Fraction(as_decimal) == number else f"{number.numerator}/{number.denominator}"
    return f"({text})" if number < 0 or "/" in text else text


def affine(random: Random, tie: Fraction, level: Fraction = Fraction(0)) -> str:
    """a·x + b, which is exactly `level` at the tie."""
    slope = random.choice(COEFFICIENTS)
    rest = level - slope * tie
    product = "x" if slope == 1 else f"{written(slope)}*x"
    return f"({product}{' - ' if rest < 0 else ' + '}{written(abs(rest))})" if rest else f"({product})" if slope != 1 else "x"


def piece(random: Random, tie: Fraction) -> str:
    template, level = random.choice(AT_TIES)
    return template.format(u=affine(random, tie, Fraction(level)))


def beside(random: Random, x: float) -> float:
    """The tie itself, or a neighbour of it among the floats."""
    return random.choice((x, x, math.nextafter(x, -math.inf), math.nextafter(x, math.inf)))


def kinks(random: Random) -> Point:
    """Points exactly at kinks and one ulp away."""
    if random.random() < 0.15:
        inside, x = random.choice(LEVEL_SETS)
        tie = Fraction(x)
    else:
        tie = random.choice(TIES)
        inside, x = piece(random, tie), float(tie)
    other = piece(random, random.choice((tie, random.choice(TIES))))
    text = random.choice(AROUND).format(p=inside, q=other, s=random.choice(SMOOTH), a=written(random.choice(COEFFICIENTS)))
    return Point(text, {"x": beside(random, x)})


NESTING = (
    "max({0}, {1})", "min({0}, {1})", "where({0} > {1}, {2}, {3})", "where({0} >= {1}, {2}, {3})", "floor({0})", "ceil({0})",
    "mod({0}, {a})", "clip({0}, -1, {b})", "relu({0})", "abs({0})", "{0} + {1}", "({0})*({1})", "{0} - ({1})", "sign({0})*{1}",
    "mod({0}, 1)", "max({0}, {a}, {1})",
)  # fmt: skip


def nest(random: Random, depth: int) -> str:
    a, b = (written(abs(random.choice(COEFFICIENTS))) for _ in range(2))
    if depth == 0:
        line = f"({written(random.choice(COEFFICIENTS))}*x + {b})"
        return random.choice(("x", "x", f"{a}*x", line, line, "x^2", a, "abs(x)", "sin(x)"))
    parts = [nest(random, max(0, depth - random.choice((1, 1, 2)))) for _ in range(4)]
    return random.choice(NESTING).format(*parts, a=a, b=b)


def coordinate(random: Random) -> float:
    """Halves and integers, tenths, and in one of ten cases any number."""
    kind = random.random()
    return random.uniform(-3, 3) if kind < 0.1 else random.randint(-30, 30) / 10 if kind < 0.4 else random.randint(-6, 6) / 2


def nested(random: Random) -> Point:
    """Pieces within pieces."""
    return Point(nest(random, random.choice((2, 3))), {"x": coordinate(random)})


CURVED = (
    "{u}*abs({u})", "max({u}, 0)^2", "max({u}, 0)^3", "abs({u})^3", "sqrt({u}^2)^2", "sqrt({u}^2)^3", "abs({u})", "relu({u})", "{u}^2",
    "elu({u})", "where({u} == 0, 1, sin({u})/{u})", "exp(-sqrt({u}^2)^2)", "max({u}, 0) + log1p(exp(-abs({u})))", "cbrt({u})^4",
    "silu({u})",
)  # fmt: skip
PLANES = ("(x - y)", "(x + y - 2)", "(0.1*x - 0.1*y)", "(2*x - y - 1)", "(x/3 - y/3)")  # 0 at x = y = 1
SURFACES = (  # with mixed derivatives, but where x = -2 or y = -3
    "sqrt({u}^2)^2", "exp(-sqrt({u}^2)^2)", "sqrt({u}^2)^4", "abs({u})^5", "max({u}, 0)^4", "{u}^2*abs({u})^3", "hypot(x - 1, y - 1)^2",
    "x*y", "where({u} == 0, 1, sin({u})/{u})", "log(1 + hypot(x - 1, y - 1)^2)", "sin(x*y)", "exp(x)*cos(y)", "x/(1 + y^2)",
    "log(x^2 + y^2 + 0.1)", "tanh(0.3*x + 0.7*y)", "x^2*y^3", "relu({u} + 0.3)*y", "max(x, 0.1)*max(y, 0.2)", "cosh({u})",
    "abs(x + 2)*abs(y + 3)",
)  # fmt: skip
BY_SURFACES = ("{p}", "{p} + {q}", "0.3*{p}", "({p})*({q})", "sin({p})", "exp({p}/3)", "{p}/3 + x*y")


def orders(random: Random) -> Point:
    """Second, third and mixed derivatives, at kinks and through steps that are not smooth."""
    if random.random() < 0.5:
        tie = random.choice(TIES)
        text = random.choice(("{p}", "{p} + {s}", "{a}*{p}", "({s})*{p}", "sin({p})", "{p} + {q}", "exp({p})"))
        p, q = (random.choice(CURVED).format(u=affine(random, place)) for place in (tie, random.choice(TIES)))
        filled = text.format(p=p, q=q, s=random.choice(SMOOTH), a=written(random.choice(COEFFICIENTS)))
        return Point(filled, {"x": random.choice((float(tie), float(tie), coordinate(random)))}, ("x",) * random.choice((2, 2, 3)))
    p, q = (random.choice(SURFACES).format(u=random.choice(PLANES)) for _ in range(2))
    at = random.choice(({"x": 1.0, "y": 1.0}, {"x": coordinate(random), "y": coordinate(random)}))
    text = random.choice(BY_SURFACES).format(p=p, q=q) + " + 0*x*y"  # both are there
    return Point(text, at, random.choice((("x", "y"), ("x", "y"), ("x", "x", "y"))))


BASES = (
    "x", "x", "(-x)", "(x - 1)", "(2*x + 1)", "abs(x)", "(x^2)", "(-2)", "0", "3", "(x + 0.3)", "(0.1*x)", "(1 - x^2)", "sin(x)",
)  # fmt: skip
EXPONENTS = (
    "0", "1", "2", "3", "(-1)", "(-2)", "0.5", "(1/3)", "(2/3)", "1.5", "(-0.5)", "0.1", "(4/3)", "2.0", "x", "(-x)", "(x - 1)",
    "(2*x)", "pi", "7",
)  # fmt: skip
POWERS = ("{0}", "{0} + x", "{0}*{1}", "{0}/{1}", "({0})^{e}", "abs({0})", "2*{0} - {1}", "sqrt({0})", "exp({0})", "x*{0}")


def powers(random: Random) -> Point:
    """Powers with all signs of bases and exponents: 0^0, x^x, negative bases."""
    one, other = (f"{random.choice(BASES)}^{random.choice(EXPONENTS)}" for _ in range(2))
    text = random.choice(POWERS).format(one, other, e=random.choice(EXPONENTS))
    if "x" not in text:
        text = f"x*{text}"
    return Point(text, {"x": random.choice((0.0, 0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, random.uniform(-3, 3)))})


FAMILIES: dict[str, Callable[[Random], Point]] = {"kinks": kinks, "nested": nested, "orders": orders, "powers": powers}
