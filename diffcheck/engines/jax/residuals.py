"""What reverse mode keeps from its way forward: the residuals of a pullback, and which nodes of the computation they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax

from diffcheck.engines.jax.lift.scopes import number_of
from diffcheck.engines.jax.names import Literal


@dataclass(frozen=True, slots=True)
class NodeValue:
    """The value of a node of the computation."""

    node: int


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of the function, by its place."""

    place: int


Operand = NodeValue | Argument | float


@dataclass(frozen=True, slots=True)
class Made:
    """Another number, or a condition: what JAX's `primitive` makes of the operands, on behalf of a node. None: JAX does not say."""

    primitive: str
    operands: tuple[Operand, ...] | None
    within: int | None


Residual = NodeValue | Argument | Made


def kept(function: Callable[..., tuple[Any, Mapping[int, Any]]], arguments: Sequence[Any]) -> list[Residual]:
    """The residuals of a function that returns its value and, beside it, the values of its nodes; each number once."""

    def program(*leaves: Any) -> tuple[Any, Any]:
        _, pullback, nodes = jax.vjp(function, *leaves, has_aux=True)
        return nodes, jax.tree.leaves(pullback)

    closed, shapes = jax.make_jaxpr(program, return_shape=True)(*arguments)
    indices = sorted(shapes[0])
    outputs = closed.jaxpr.outvars
    known: dict[Any, Operand] = {variable: Argument(k) for k, variable in enumerate(closed.jaxpr.invars)}
    known |= {variable: NodeValue(i) for variable, i in zip(outputs, indices, strict=False) if not isinstance(variable, Literal)}
    made = {variable: equation for equation in closed.jaxpr.eqns for variable in equation.outvars}
    found = dict.fromkeys(variable for variable in outputs[len(indices) :] if not isinstance(variable, Literal))
    return [_residual(variable, known, made.get(variable)) for variable in found]


def _residual(variable: Any, known: Mapping[Any, Operand], equation: Any) -> Residual:
    found = known.get(variable)
    if found is not None and not isinstance(found, float):
        return found
    if equation is None:
        return Made("", None, None)
    operands = [float(atom.val) if isinstance(atom, Literal) else known.get(atom) for atom in equation.invars]
    every = None if any(operand is None for operand in operands) else tuple(operand for operand in operands if operand is not None)
    return Made(equation.primitive.name, every, number_of(equation))
