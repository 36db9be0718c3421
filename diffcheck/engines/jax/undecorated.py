"""A JAX function without its custom rules: jax.custom_jvp and jax.custom_vjp replaced by the computations that they decorate.

Its derivatives are JAX's own, operation by operation: a second opinion in floats on rules for very many entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax

from diffcheck.engines.jax.equations import CALLS, RULES, CustomRule, mapped, rule_of, rule_of_function, rules, rules_in
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr, closed_call_p, jaxpr_as_fun
from diffcheck.errors import UnsupportedError

Removed = Callable[[CustomRule], bool]
BECOME_CALLS = {*RULES, "custom_vmap_call"} & set(CALLS)  # of the last, since its batching rule calls functions that JAX does not show


def every(rule: CustomRule) -> bool:
    """All rules, those of JAX's library included."""
    return True


def undecorated(function: Callable[..., Sequence[Any]], removed: Removed = every) -> Callable[..., list[Any]]:
    """The same function of arrays, a list of arrays, without its custom rules, or without some of them.

    It raises UnsupportedError, when it is run or traced, where one of these rules cannot be taken off.
    """

    def primal(*arguments: Any) -> list[Any]:
        results: list[Any] = jaxpr_as_fun(without(jax.make_jaxpr(function)(*arguments), removed))(*arguments)
        return results

    return primal


def without(program: ClosedJaxpr, removed: Removed = every) -> ClosedJaxpr:
    """A program without these rules, wherever in it they are held. Raises UnsupportedError where one is left."""
    result: ClosedJaxpr = _plain(program, removed)
    left = next((holder for rule, holder in rules(result.jaxpr) if removed(rule)), None)
    if left is not None:
        raise UnsupportedError(f"a custom rule inside {left} could not be taken off")
    return result


def _plain(parameter: Any, removed: Removed) -> Any:
    """What an equation holds, without rules."""

    def change(value: Any) -> Any:
        if isinstance(value, Jaxpr):
            return value.replace(eqns=[_equation(equation, removed) for equation in value.eqns])  # type: ignore[no-untyped-call]
        return value.fun if removed(rule_of_function(value)) else value

    return mapped(parameter, change)


def _equation(equation: Any, removed: Removed) -> Any:
    """An equation without rules: one that runs a rule's function becomes a call. Without such a rule it stays the same object."""
    if not any(removed(rule) for rule, _ in rules_in(equation)):
        return equation
    name, params = equation.primitive.name, equation.params
    if name in BECOME_CALLS and not (name in RULES and not removed(rule_of(equation))):
        return equation.replace(primitive=closed_call_p, params={"call_jaxpr": _plain(params[CALLS[name]], removed)})
    changed = {CALLS.get(name)} if name in RULES else params.keys()  # the other parameters belong to a rule that stays
    return equation.replace(params={key: _plain(value, removed) if key in changed else value for key, value in params.items()})
