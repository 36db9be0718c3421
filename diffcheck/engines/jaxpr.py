"""JAX's own derivative program, lifted into the graph: what JAX runs, custom rules included, evaluated exactly elsewhere.

Only scalar elementwise programs are lifted. A primitive without an entry raises UnsupportedError with its name.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import jax
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from diffcheck.errors import UnsupportedError
from diffcheck.graph.graph import Graph, GraphBuilder


def lift(program: Callable[..., Any], variables: Sequence[str], dtype: str) -> Graph:
    """The graph of a scalar JAX function of scalars. Raises UnsupportedError for a primitive that is not lifted."""
    with jax.enable_x64(True):
        closed = jax.make_jaxpr(program)(*(np.ones((), dtype) for _ in variables))
    builder = GraphBuilder()
    (output,) = _Lifter(builder).run(closed, [builder.variable(name) for name in variables])
    return builder.graph(output)


class _Lifter:
    """Adds the equations of a jaxpr to a builder; calls are followed into."""

    def __init__(self, builder: GraphBuilder) -> None:
        self._builder = builder

    def run(self, closed: ClosedJaxpr, arguments: Sequence[int]) -> list[int]:
        return self._run(closed.jaxpr, [self._constant(value) for value in closed.consts], arguments)

    def _run(self, jaxpr: Jaxpr, constants: Sequence[int], arguments: Sequence[int]) -> list[int]:
        places = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*constants, *arguments), strict=True))

        def place(atom: Any) -> int:
            return self._constant(atom.val) if isinstance(atom, Literal) else places[atom]

        for equation in jaxpr.eqns:
            results = self._equation(equation, [place(atom) for atom in equation.invars])
            places.update(zip(equation.outvars, results, strict=True))
        return [place(atom) for atom in jaxpr.outvars]

    def _equation(self, equation: Any, arguments: list[int]) -> list[int]:
        name = equation.primitive.name
        inner = next((equation.params[key] for key in ("jaxpr", "call_jaxpr", "fun_jaxpr") if key in equation.params), None)
        if inner is not None and name in CALLS:
            return self.run(inner, arguments) if isinstance(inner, ClosedJaxpr) else self._run(inner, [], arguments)
        if any(variable.aval.shape for variable in equation.outvars):
            raise UnsupportedError(f"JAX's derivative uses {name} on arrays, which is not lifted")
        if name == "convert_element_type":
            return [self._converted(equation, arguments[0])]
        if name in SAME:
            return arguments[:1]
        of_conditions = name in ("eq", "ne") and equation.invars[0].aval.dtype == np.bool_
        rule = CONDITION_RULES[name] if of_conditions else RULES.get(name)
        if rule is None:
            raise UnsupportedError(f"JAX's derivative uses the primitive {name}, which is not lifted")
        return [rule(self._builder, arguments, equation.params)]

    def _converted(self, equation: Any, argument: int) -> int:
        """Between formats a value stays what it is; a condition becomes 1 or 0."""
        before, after = equation.invars[0].aval.dtype, equation.outvars[0].aval.dtype
        if before == np.bool_ and after != np.bool_:
            return self._builder.apply("where", (argument, self._constant(1.0), self._constant(0.0)))
        if before == after or np.issubdtype(after, np.floating):
            return argument
        raise UnsupportedError(f"JAX's derivative converts {before} to {after}, which is not lifted")

    def _constant(self, value: Any) -> int:
        if np.ndim(value):
            raise UnsupportedError("JAX's derivative holds an array, which is not lifted")
        if np.asarray(value).dtype == np.bool_:
            one, zero = self._builder.constant(Fraction(1)), self._builder.constant(Fraction(0))
            return self._builder.apply("less", (zero, one) if value else (one, zero))
        number = float(value)
        if math.isnan(number):
            zero = self._builder.constant(Fraction(0))
            return self._builder.apply("divide", (zero, zero))
        if math.isinf(number):
            infinity = self._builder.apply("inf", ())
            return infinity if number > 0 else self._builder.apply("negate", (infinity,))
        return self._builder.constant(Fraction(number))


Rule = Callable[[GraphBuilder, Sequence[int], dict[str, Any]], int]

CALLS = ("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr", "remat", "checkpoint")
SAME = ("copy", "copy_p", "broadcast_in_dim", "reshape", "squeeze", "stop_gradient", "optimization_barrier", "reduce_precision")


def _named(name: str) -> Rule:
    return lambda builder, arguments, params: builder.apply(name, tuple(arguments))


def _integer_power(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    return builder.apply("integer_power", (arguments[0], builder.constant(Fraction(params["y"]))))


def _select(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    which, *cases = arguments
    if len(cases) != 2:
        raise UnsupportedError("JAX's derivative selects among more than two cases, which is not lifted")
    return builder.apply("where", (which, cases[1], cases[0]))


def _clamp(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    lower, x, upper = arguments
    return builder.apply("min", (builder.apply("max", (x, lower)), upper))


def _remainder(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    """The remainder of the division that is cut off towards zero: x - y·trunc(x/y)."""
    x, y = arguments
    quotient = builder.apply("divide", (x, y))
    negative = builder.apply("less", (quotient, builder.constant(Fraction(0))))
    whole = builder.apply("where", (negative, builder.apply("ceil", (quotient,)), builder.apply("floor", (quotient,))))
    return builder.apply("subtract", (x, builder.apply("multiply", (y, whole))))


def _is_finite(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    """Exact arithmetic has finite numbers only, once they are defined."""
    return builder.apply("equal", (arguments[0], arguments[0]))


def _differ(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    """One of two conditions holds, the other does not."""
    a, b = arguments
    first, second = (builder.apply("and", (p, builder.apply("not", (q,)))) for p, q in ((a, b), (b, a)))
    return builder.apply("or", (first, second))


def _coincide(builder: GraphBuilder, arguments: Sequence[int], params: dict[str, Any]) -> int:
    return builder.apply("not", (_differ(builder, arguments, params),))


CONDITION_RULES: dict[str, Rule] = {"eq": _coincide, "ne": _differ}

# primitives that have another name in the table; the others in SAME_NAME are called alike
OTHER_NAMES = {
    "add": "add", "add_any": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "neg": "negate", "pow": "power",
    "max": "max", "min": "min", "eq": "equal", "ne": "not_equal", "lt": "less", "le": "less_equal", "gt": "greater",
    "ge": "greater_equal", "logistic": "sigmoid", "erf_inv": "erfinv", "igamma": "gammainc", "igammac": "gammaincc",
    "regularized_incomplete_beta": "betainc", "bessel_i0e": "i0e", "bessel_i1e": "i1e",
}  # fmt: skip
SAME_NAME = (
    "abs", "sign", "floor", "ceil", "exp", "exp2", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "atan2",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "sqrt", "rsqrt", "cbrt", "square", "erf", "erfc", "lgamma", "digamma",
    "polygamma", "zeta", "and", "or", "not",
)  # fmt: skip
RULES: dict[str, Rule] = {
    **{primitive: _named(name) for primitive, name in OTHER_NAMES.items()},
    **{name: _named(name) for name in SAME_NAME},
    "integer_pow": _integer_power,
    "select_n": _select,
    "clamp": _clamp,
    "rem": _remainder,
    "is_finite": _is_finite,
}
