"""A JAX function without its custom rules: jax.custom_jvp and jax.custom_vjp replaced by the computations that they decorate.

Its derivatives are JAX's own, operation by operation: a second opinion in floats on rules for very many entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from diffcheck.engines.code_places import Function, function_of

INLINED = {"custom_jvp_call": "call_jaxpr", "custom_vjp_call": "call_jaxpr", "jit": "jaxpr", "closed_call": "call_jaxpr"}
RULES = ("jvp_jaxpr_fun", "bwd")  # what holds the rule of such a call


@dataclass(frozen=True, slots=True)
class CustomRule:
    """A function with a derivative rule of its own, and that rule, as far as JAX tells where they are."""

    of: Function | None
    rule: Function | None

    @property
    def is_library(self) -> bool:
        return all(function is None or function.is_library for function in (self.of, self.rule))


Removed = Callable[[CustomRule], bool]


def undecorated(function: Callable[..., Sequence[Any]], removed: Removed = lambda rule: True) -> Callable[..., list[Any]]:
    """The same function of arrays, a list of arrays, without its custom rules, or without some of them."""

    def primal(*arguments: Any) -> list[Any]:
        return _run(jax.make_jaxpr(function)(*arguments), arguments, removed)

    return primal


def custom_rules(closed: ClosedJaxpr) -> list[CustomRule]:
    """The functions that a program calls with a derivative rule of their own, JAX's library included."""
    found: dict[CustomRule, None] = {}
    for equation in closed.jaxpr.eqns:
        if _is_custom(equation):
            found[_rule_of(equation)] = None
        for inner in programs(equation.params):
            found |= dict.fromkeys(custom_rules(inner))
    return list(found)


def _is_custom(equation: Any) -> bool:
    return bool(equation.primitive.name.startswith("custom_"))


def _rule_of(equation: Any) -> CustomRule:
    rule = next((equation.params[name] for name in RULES if name in equation.params), None)
    return CustomRule(function_of(equation.params.get("call_jaxpr")), function_of(rule))


def _run(closed: ClosedJaxpr, arguments: Sequence[Any], removed: Removed) -> list[Any]:
    jaxpr = closed.jaxpr
    places = dict(zip((*jaxpr.constvars, *jaxpr.invars), (*closed.consts, *arguments), strict=True))

    def value(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else places[atom]

    for equation in jaxpr.eqns:
        places.update(zip(equation.outvars, _results(equation, [value(atom) for atom in equation.invars], removed), strict=True))
    return [value(atom) for atom in jaxpr.outvars]


def _results(equation: Any, arguments: Sequence[Any], removed: Removed) -> Sequence[Any]:
    primitive, params = equation.primitive, equation.params
    if primitive.name in INLINED and (not _is_custom(equation) or removed(_rule_of(equation))):
        return _run(_closed(params[INLINED[primitive.name]]), arguments, removed)
    params = primitive.get_bind_params({name: _rewritten(value, removed) for name, value in params.items()})
    with equation.ctx.manager:
        results = primitive.bind(*arguments, **params)
    return results if primitive.multiple_results else [results]


def _rewritten(value: Any, removed: Removed) -> Any:
    """A parameter of an equation: the bodies of loops and branches lose their rules too."""
    if isinstance(value, ClosedJaxpr):
        changed = any(map(removed, custom_rules(value)))
        return jax.make_jaxpr(lambda *arguments: _run(value, arguments, removed))(*value.in_avals) if changed else value
    if isinstance(value, tuple) and any(isinstance(each, ClosedJaxpr) for each in value):
        return tuple(_rewritten(each, removed) for each in value)
    return value


def programs(params: dict[str, Any]) -> list[ClosedJaxpr]:
    """The programs that an equation holds: of calls, branches and loops."""
    values = [entry for value in params.values() for entry in (value if isinstance(value, tuple) else (value,))]
    return [_closed(value) for value in values if isinstance(value, (ClosedJaxpr, Jaxpr))]


def _closed(jaxpr: ClosedJaxpr | Jaxpr) -> ClosedJaxpr:
    return ClosedJaxpr(jaxpr, ()) if isinstance(jaxpr, Jaxpr) else jaxpr
