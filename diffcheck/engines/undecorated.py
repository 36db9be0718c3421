"""A JAX function without its custom rules: jax.custom_jvp and jax.custom_vjp replaced by the computations that they decorate.

Its derivatives are JAX's own, operation by operation: a second opinion in floats on rules for very many entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

INLINED = {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "jit": "jaxpr", "closed_call": "call_jaxpr"}


def undecorated(function: Callable[..., Sequence[Any]]) -> Callable[..., list[Any]]:
    """The same function of arrays, a list of arrays, with no custom rule left in it."""

    def primal(*arguments: Any) -> list[Any]:
        return _run(jax.make_jaxpr(function)(*arguments), arguments)

    return primal


def has_custom_rule(closed: ClosedJaxpr) -> bool:
    """Whether a program calls a function with a derivative rule of its own, JAX's library included."""
    return any(
        equation.primitive.name.startswith("custom_") or any(map(has_custom_rule, programs(equation.params)))
        for equation in closed.jaxpr.eqns
    )


def _run(closed: ClosedJaxpr, arguments: Sequence[Any]) -> list[Any]:
    jaxpr = closed.jaxpr
    places = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*closed.consts, *arguments), strict=True))

    def value(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else places[atom]

    for equation in jaxpr.eqns:
        places.update(zip(equation.outvars, _results(equation, [value(atom) for atom in equation.invars]), strict=True))
    return [value(atom) for atom in jaxpr.outvars]


def _results(equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
    primitive, params = equation.primitive, equation.params
    if primitive.name in INLINED:
        return _run(_closed(params[INLINED[primitive.name]]), arguments)
    params = primitive.get_bind_params({name: _rewritten(value) for name, value in params.items()})
    with equation.ctx.manager:
        results = primitive.bind(*arguments, **params)
    return results if primitive.multiple_results else [results]


def _rewritten(value: Any) -> Any:
    """A parameter of an equation: the bodies of loops and branches lose their rules too."""
    if isinstance(value, ClosedJaxpr):
        return jax.make_jaxpr(lambda *arguments: _run(value, arguments))(*value.in_avals) if has_custom_rule(value) else value
    return tuple(map(_rewritten, value)) if isinstance(value, tuple) and any(isinstance(v, ClosedJaxpr) for v in value) else value


def programs(params: dict[str, Any]) -> list[ClosedJaxpr]:
    """The programs that an equation holds: of calls, branches and loops."""
    values = [entry for value in params.values() for entry in (value if isinstance(value, tuple) else (value,))]
    return [_closed(value) for value in values if isinstance(value, (ClosedJaxpr, Jaxpr))]


def _closed(jaxpr: ClosedJaxpr | Jaxpr) -> ClosedJaxpr:
    return ClosedJaxpr(jaxpr, ()) if isinstance(jaxpr, Jaxpr) else jaxpr
