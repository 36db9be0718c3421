"""The operations of JAX's programs: equations, each as often as it is carried out, and nothing that only moves numbers.

An elementwise operation counts once for each entry of its result, a reduction once for each entry of its argument, a product of matrices
twice for each product of entries. A loop counts as often as it turns; of branches the longest counts. What is not needed for the results
is left out, and so are products by the literal 1, with which JAX seeds its cotangents: no compiler keeps them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np

from diffcheck.engines.jax.equations import CALLS, programs
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr, Literal


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


MOVES = _names(
    """
    broadcast broadcast_in_dim reshape squeeze transpose rev slice dynamic_slice dynamic_update_slice concatenate pad gather scatter
    convert_element_type reduce_precision copy copy_p iota stop_gradient expand_dims split device_put optimization_barrier
    bitcast_convert_type real imag complex zeros_like pvary
    """
)
KINDS = {"mul": "multiplications", "dot_general": "multiplications", "conv_general_dilated": "multiplications", "div": "divisions"}
ARITHMETIC = _names(
    """
    add add_any sub neg mul div rem integer_pow square sqrt rsqrt cbrt abs sign max min clamp floor ceil round nextafter select_n
    eq ne lt le gt ge eq_to le_to lt_to and or not xor is_finite reduce_sum reduce_max reduce_min reduce_prod reduce_and reduce_or
    argmax argmin cumsum cumprod cummax cummin dot_general conv_general_dilated sort scatter-add reduce_window_sum reduce_window_max
    reduce_window_min shift_left shift_right_logical shift_right_arithmetic select_and_scatter_add top_k random_bits threefry2x32
    """
)


@dataclass(slots=True)
class Work:
    """What a program does: operations in all and by kind, and how long the longest chain of them is."""

    total: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    depth: int = 0
    is_lower_bound: bool = False  # it holds a loop that turns as often as its numbers say

    def add(self, other: Work, times: int = 1) -> None:
        """The same with another program's work that is done so many times."""
        self.total += other.total * times
        self.by_kind.update({kind: count * times for kind, count in other.by_kind.items()})
        self.is_lower_bound |= other.is_lower_bound


def equations_in(program: Jaxpr) -> int:
    """How many equations a program has, with those of the programs that it holds: what compiling it takes grows with them."""
    return sum(1 + sum(map(equations_in, programs(equation.params))) for equation in program.eqns)


def work_of(program: ClosedJaxpr) -> Work:
    """The work of a program, without what its results do not need."""
    return _work(program.jaxpr)


def _work(program: Jaxpr) -> Work:
    work, depths = Work(), dict[Any, int]()
    for equation in _needed(program):
        below = max((depths.get(var, 0) for var in equation.invars if not isinstance(var, Literal)), default=0)
        own = _of_equation(equation)
        work.add(own)
        for var in equation.outvars:
            depths[var] = below + own.depth
    work.depth = max((depths.get(var, 0) for var in program.outvars if not isinstance(var, Literal)), default=0)
    return work


def _needed(program: Jaxpr) -> list[Any]:
    """The equations that the results need."""
    wanted = {var for var in program.outvars if not isinstance(var, Literal)}
    kept: list[Any] = []
    for equation in reversed(program.eqns):
        if equation.effects or not wanted.isdisjoint(equation.outvars):
            kept.append(equation)
            wanted.update(var for var in equation.invars if not isinstance(var, Literal))
    return kept[::-1]


def _of_equation(equation: Any) -> Work:
    name, params = equation.primitive.name, equation.params
    if name in LOOPS:
        return LOOPS[name](params)
    if name in CALLS:
        return _work(_opened(params[CALLS[name]]))
    held = programs(params)
    if held and name not in WEIGHTS:
        return max(map(_work, held), key=lambda work: work.total)
    if name in MOVES or _is_by_one(equation):
        return Work()
    count = WEIGHTS.get(name, _entries_out)(equation)
    kind = KINDS.get(name) or ("transcendental" if name not in ARITHMETIC else "")
    return Work(count, Counter({kind: count} if kind else {}), 1)


def _opened(program: ClosedJaxpr | Jaxpr) -> Jaxpr:
    return program.jaxpr if isinstance(program, ClosedJaxpr) else program


def _is_by_one(equation: Any) -> bool:
    """A product by the literal 1."""
    return equation.primitive.name == "mul" and any(isinstance(var, Literal) and np.all(var.val == 1) for var in equation.invars)


def _entries(var: Any) -> int:
    shape: Sequence[int] = var.aval.shape
    return math.prod(shape)


def _entries_out(equation: Any) -> int:
    return sum(map(_entries, equation.outvars))


def _entries_in(equation: Any) -> int:
    return max(map(_entries, equation.invars))


def _of_product(equation: Any) -> int:
    """Each entry of the result is a sum of products."""
    (contracted, _), _ = equation.params["dimension_numbers"]
    lengths: Sequence[int] = equation.invars[0].aval.shape
    return 2 * _entries_out(equation) * int(np.prod([lengths[axis] for axis in contracted]))


def _of_convolution(equation: Any) -> int:
    kernel: Sequence[int] = equation.invars[1].aval.shape
    channels: int = kernel[equation.params["dimension_numbers"].rhs_spec[0]]
    return 2 * _entries_out(equation) * math.prod(kernel) // channels


def _of_window(equation: Any) -> int:
    window: Sequence[int] = equation.params["window_dimensions"]
    return _entries_out(equation) * math.prod(window)


WEIGHTS: dict[str, Callable[[Any], int]] = {
    "dot_general": _of_product,
    "conv_general_dilated": _of_convolution,
    **dict.fromkeys(("reduce_window_sum", "reduce_window_max", "reduce_window_min", "reduce_window"), _of_window),
    **dict.fromkeys(
        ("reduce", "reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_and", "reduce_or", "argmax", "argmin", "scatter-add"),
        _entries_in,
    ),
}


def _scan(params: Mapping[str, Any]) -> Work:
    body, turns = _work(_opened(params["jaxpr"])), params["length"]
    work = Work(depth=body.depth * turns)
    work.add(body, turns)
    return work


def _while(params: Mapping[str, Any]) -> Work:
    """At least one turn."""
    work = Work(is_lower_bound=True)
    for name in ("cond_jaxpr", "body_jaxpr"):
        part = _work(_opened(params[name]))
        work.add(part)
        work.depth += part.depth
    return work


def _branches(params: Mapping[str, Any]) -> Work:
    return max((_work(_opened(branch)) for branch in params["branches"]), key=lambda work: work.total)


LOOPS: dict[str, Callable[[Mapping[str, Any]], Work]] = {"scan": _scan, "while": _while, "cond": _branches}


def residuals(program: Callable[..., Any], arguments: Sequence[Any]) -> tuple[int, int]:
    """How many arrays `jax.vjp` keeps from the pass forward, and their bytes; those that are kept twice count once."""
    kept = jax.make_jaxpr(lambda *leaves: jax.tree.leaves(jax.vjp(program, *leaves)[1]))(*arguments)
    arrays = {var for var in kept.jaxpr.outvars if not isinstance(var, Literal)}
    return len(arrays), sum(_entries(var) * var.aval.dtype.itemsize for var in arrays)
