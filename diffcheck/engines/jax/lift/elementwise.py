"""Primitives that work entry by entry, as functions of the table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from jax import numpy as jnp

from diffcheck.engines.jax.lift.scalars import Nodes, NotLifted, Scalars
from diffcheck.errors import UnsupportedError
from diffcheck.graph.functions import FUNCTIONS
from diffcheck.graph.graph import Apply, Graph

Rule = Callable[[Scalars, Sequence[int], Any], int]  # the nodes of one entry of each argument, and the equation


def elementwise(scalars: Scalars, equation: Any, arguments: Sequence[Nodes]) -> list[Nodes]:
    """The result of an equation whose primitive has a rule for single entries."""
    rule = _rule(equation)
    entries = [array.ravel().tolist() for array in np.broadcast_arrays(*arguments)]
    results = [rule(scalars, entry, equation) for entry in zip(*entries, strict=True)]
    return [np.array(results, np.int64).reshape(equation.outvars[0].aval.shape)]


def has_rule(equation: Any) -> bool:
    """Whether the primitive of an equation works entry by entry."""
    try:
        _rule(equation)
    except NotLifted:
        return False
    return True


def graph_of(equation: Any, function: str = "") -> Graph:
    """What an equation does to the entries x0, x1, … of its arguments; `function` of the table if that is known.

    Raises UnsupportedError where there is no such graph.
    """
    if function:
        return graph_of_function(function, len(equation.invars))
    scalars = Scalars()
    scalars.dtype = equation.outvars[0].aval.dtype
    try:
        return scalars.graph(_rule(equation)(scalars, _entries(scalars, len(equation.invars)), equation))
    except NotLifted as what:
        raise UnsupportedError(f"the function uses {what}, which is not followed on arrays") from None


@cache
def graph_of_function(function: str, count: int) -> Graph:
    """A function of the table, applied to x0, x1, …."""
    scalars = Scalars()
    return scalars.graph(scalars.apply(function, *_entries(scalars, count)))


def _entries(scalars: Scalars, count: int) -> list[int]:
    return [scalars.variable(f"x{k}") for k in range(count)]


def _rule(equation: Any) -> Rule:
    name = equation.primitive.name
    of_conditions = bool(equation.invars) and equation.invars[0].aval.dtype == np.bool_
    rule = (CONDITION_RULES if of_conditions else NUMBER_RULES).get(name)
    if rule is None:
        raise NotLifted(f"the primitive {name}")
    return rule


def _named(name: str) -> Rule:
    return lambda scalars, arguments, equation: scalars.apply(name, *arguments)


def _compared(name: str) -> Rule:
    """A comparison; that of integers chosen by conditions may come out the same whichever they are."""

    def rule(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
        if jnp.issubdtype(equation.invars[0].aval.dtype, np.integer):
            a, b = map(scalars.possible, arguments)
            found = {FUNCTIONS[name].exactly(x, y) for x in a for y in b} if a and b else set()  # type: ignore[misc]
            if len(found) == 1:
                return scalars.constant(found.pop())
        return scalars.apply(name, *arguments)

    return rule


def _select(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """By a condition, false first, or by an integer."""
    which, *cases = arguments
    if equation.invars[0].aval.dtype == np.bool_:
        return scalars.apply("where", which, cases[-1], cases[0])
    return scalars.choice(which, list(enumerate(cases)))


def _clamp(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    lower, x, upper = arguments
    return scalars.apply("min", scalars.apply("max", x, lower), upper)


def _whole_quotient(scalars: Scalars, x: int, y: int) -> int:
    """x/y, cut off towards zero."""
    a, b = scalars.known(x), scalars.known(y)
    if a is not None and b:
        return scalars.constant(math.trunc(Fraction(a) / Fraction(b)))
    return _cut_off(scalars, scalars.apply("divide", x, y))


def _cut_off(scalars: Scalars, x: int) -> int:
    """The integer next to x on the side of zero."""
    negative = scalars.apply("less", x, scalars.constant(0))
    return scalars.apply("where", negative, scalars.apply("ceil", x), scalars.apply("floor", x))


def _divide(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    if jnp.issubdtype(scalars.dtype, np.integer):
        return _whole_quotient(scalars, *arguments)
    return scalars.apply("divide", *arguments)


def _remainder(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """x - y·trunc(x/y)."""
    x, y = arguments
    return scalars.apply("subtract", x, scalars.apply("multiply", y, _whole_quotient(scalars, x, y)))


def _round(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """The nearest integer; a tie goes to the even one, or away from zero."""
    (x,) = arguments
    up = scalars.apply("floor", scalars.apply("add", x, scalars.constant(Fraction(1, 2))))
    down = scalars.apply("ceil", scalars.apply("subtract", x, scalars.constant(Fraction(1, 2))))
    if int(equation.params["rounding_method"]):
        odd = scalars.apply("not_equal", scalars.apply("mod", up, scalars.constant(2)), scalars.constant(0))
        return scalars.apply("where", odd, down, up)
    return scalars.apply("where", scalars.apply("less", x, scalars.constant(0)), down, up)


def _is_finite(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """Exact arithmetic has finite numbers only, once they are defined."""
    return scalars.apply("equal", arguments[0], arguments[0])


def _differ(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """One of two conditions holds, the other does not."""
    a, b = arguments
    first, second = (scalars.apply("and", p, scalars.apply("not", q)) for p, q in ((a, b), (b, a)))
    return scalars.apply("or", first, second)


def _converted(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """Between formats a value stays what it is; an integer is cut off; a condition is 1 or 0, and holds where it is not 0."""
    (x,) = arguments
    before, after = equation.invars[0].aval.dtype, scalars.dtype
    if before == np.bool_ and after != np.bool_:
        return scalars.apply("where", x, scalars.constant(1), scalars.constant(0))
    if after == np.bool_:
        return x if before == np.bool_ else scalars.apply("not_equal", x, scalars.constant(0))
    if jnp.issubdtype(after, np.integer) and jnp.issubdtype(before, np.floating):
        return _cut_off(scalars, x)
    if jnp.issubdtype(after, np.floating) or jnp.issubdtype(after, np.integer):
        return x
    raise NotLifted(f"the type {after}")


def _bits(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """The bits of a float have no meaning but for their sign."""
    return scalars.unusable(BITS, *arguments)


def _sign_bit(scalars: Scalars, arguments: Sequence[int], equation: Any) -> int:
    """The bits of a float, shifted until the sign alone is left: -1 below zero (and for -0, which is 0 here), else 0."""
    match scalars.node(arguments[0]):
        case Apply(function, (x,)) if function == BITS and scalars.known(arguments[1]) == np.iinfo(scalars.dtype).bits - 1:
            negative = scalars.apply("less", x, scalars.constant(0))
            return scalars.apply("where", negative, scalars.constant(-1), scalars.constant(0))
    raise NotLifted("the primitive shift_right_arithmetic")


BITS = "the primitive bitcast_convert_type"

# primitives that have another name in the table; those of SAME_NAME are called alike
OTHER_NAMES = {
    "add": "add", "add_any": "add", "sub": "subtract", "mul": "multiply", "neg": "negate", "pow": "power",
    "max": "max", "min": "min", "logistic": "sigmoid", "erf_inv": "erfinv", "igamma": "gammainc", "igammac": "gammaincc",
    "regularized_incomplete_beta": "betainc", "bessel_i0e": "i0e", "bessel_i1e": "i1e",
}  # fmt: skip
COMPARISONS = {
    "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal", "lt_to": "less",
    "le_to": "less_equal", "eq_to": "equal",
}  # fmt: skip
SAME_NAME = (
    "abs", "sign", "floor", "ceil", "exp", "exp2", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sqrt", "rsqrt", "cbrt", "square", "erf", "erfc", "lgamma", "digamma",
    "polygamma", "zeta",
)  # fmt: skip
NUMBER_RULES: dict[str, Rule] = {
    **{primitive: _named(name) for primitive, name in OTHER_NAMES.items()},
    **{name: _named(name) for name in SAME_NAME},
    **{primitive: _compared(name) for primitive, name in COMPARISONS.items()},
    "nextafter": lambda scalars, arguments, equation: arguments[0],  # but for rounding
    "div": _divide,
    "integer_pow": lambda scalars, arguments, equation: scalars.apply("integer_power", *arguments, scalars.constant(equation.params["y"])),
    "select_n": _select,
    "clamp": _clamp,
    "rem": _remainder,
    "round": _round,
    "is_finite": _is_finite,
    "convert_element_type": _converted,
    "bitcast_convert_type": _bits,
    "shift_right_arithmetic": _sign_bit,
}
CONDITION_RULES: dict[str, Rule] = {
    "and": _named("and"),
    "or": _named("or"),
    "not": _named("not"),
    "eq": lambda scalars, arguments, equation: scalars.apply("not", _differ(scalars, arguments, equation)),
    "ne": _differ,
    "xor": _differ,
    "max": _named("or"),
    "min": _named("and"),
    "select_n": _select,
    "convert_element_type": _converted,
}
