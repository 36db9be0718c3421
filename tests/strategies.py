"""Random expressions in diffcheck's language: text, so that what fails can be typed in again."""

from __future__ import annotations

from random import Random

from hypothesis import strategies as st

from diffcheck.graph.functions import ROWS, Function

NUMBERS = ("0.5", "1", "1.5", "2", "3", "7", "1/3")
ENTIRE = ("sin", "cos", "exp", "sinh", "cosh", "tanh", "atan", "asinh", "erf", "square", "sigmoid", "softplus")


def _is_plain(row: Function) -> bool:
    """A function of one real variable that every engine has."""
    return bool(len(row.names) == 1 and not row.operator and not row.conditions)


PLAIN = tuple(row.name for row in ROWS if _is_plain(row))


def points(limit: float = 3.0) -> st.SearchStrategy[float]:
    """Coordinates of moderate size, no ties: a random double is hardly ever a special point."""
    return st.floats(-limit, limit, allow_nan=False).filter(lambda x: abs(x) > 1e-3)


def special_points() -> st.SearchStrategy[float]:
    """Where functions of the table have kinks, jumps, poles and the ends of their domains."""
    return st.sampled_from((0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 6.0))


def smooth_expressions(depth: int = 3) -> st.SearchStrategy[str]:
    """Expressions in x that are smooth at all real x: sums, products and compositions of entire functions."""
    return _expressions(ENTIRE, ("+", "-", "*"), depth)


def expressions(depth: int = 3) -> st.SearchStrategy[str]:
    """Expressions in x with any function of one variable of the table; many are undefined or not smooth at many points."""
    return _expressions(PLAIN, ("+", "-", "*", "/", "^"), depth)


def _expressions(functions: tuple[str, ...], operators: tuple[str, ...], depth: int) -> st.SearchStrategy[str]:
    leaves = st.one_of(st.just("x"), st.sampled_from(NUMBERS).map(lambda number: f"({number})"))

    def larger(smaller: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.one_of(
            st.builds("{}({})".format, st.sampled_from(functions), smaller),
            st.builds("({} {} {})".format, smaller, st.sampled_from(operators), smaller),
        )

    return st.recursive(leaves, larger, max_leaves=2**depth)


COMPARISONS = tuple(row for row in ROWS if row.gives_condition and not row.conditions)
SLOW = ("elliptic_piinc",)  # FLINT integrates it numerically where m > 1: seconds a value
VALUES = tuple(row for row in ROWS if row.parameters and not row.gives_condition and row.name not in ("integer_power", *SLOW))
CONSTANTS = tuple(row.name for row in ROWS if not row.parameters and row.name != "inf")
SPECIAL = (0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 6.0)
ORDERS = (  # mostly integers
    "polygamma.n", "expint.n", "legendre.n", "besselj.n", "bessely.n", "besseli.n", "besselk.n", "chebyshev_t.n", "chebyshev_u.n",
    "hermite.n", "laguerre.n",
)  # fmt: skip


def any_expression(random: Random, size: int) -> str:
    """An expression in x and y with `size` functions of the whole table, those of several arguments and pieces included."""
    if size == 0:
        return random.choice(("x", "x", "x", "y", f"({random.choice(NUMBERS)})", random.choice(CONSTANTS)))
    row = random.choice(VALUES)
    names = row.names if not row.parameters.endswith("…") else ("a", "b")
    sizes = [0] * len(names)
    for _ in range(size - 1):
        sizes[random.randrange(len(names))] += 1
    arguments = [_argument(random, row, name, part) for name, part in zip(names, sizes, strict=True)]
    if not row.operator:
        return f"{row.name}({', '.join(arguments)})"
    return f"({row.operator}{arguments[0]})" if len(names) == 1 else f"({arguments[0]} {row.operator} {arguments[1]})"


def _argument(random: Random, row: Function, name: str, size: int) -> str:
    if row.conditions and name == "condition":
        return f"{any_expression(random, size)} {random.choice(COMPARISONS).operator} {any_expression(random, 0)}"
    if row.name == "lambertwk" and name == "k":
        return random.choice(("0", "-1"))
    if f"{row.name}.{name}" in ORDERS and random.random() < 0.8:
        return random.choice(("0", "1", "2", "3"))
    return any_expression(random, size)


def any_coordinate(random: Random) -> float:
    """A coordinate of moderate size, in one of five cases a special one."""
    return random.choice(SPECIAL) if random.random() < 0.2 else random.uniform(-3.0, 3.0)


COMMON_FUNCTIONS = ("sin", "cos", "exp", "tanh", "sqrt", "log", "atan", "sigmoid", "softplus", "abs", "erf")


def with_long_literals(random: Random, size: int) -> str:
    """An expression in x and y with `size` operations, each literal of which must be rounded to a float."""
    if size == 0:
        return random.choice(("x", "y", f"{random.uniform(0.1, 9.9):.6f}"))
    if random.random() < 0.5:
        return f"{random.choice(COMMON_FUNCTIONS)}({with_long_literals(random, size - 1)})"
    left = random.randrange(size)
    return f"({with_long_literals(random, left)} {random.choice('+-*/')} {with_long_literals(random, size - 1 - left)})"
