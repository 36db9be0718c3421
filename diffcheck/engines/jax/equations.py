"""The programs (jaxprs) that the equations of a JAX program hold, and the equations that have a custom derivative rule.

A program may be open or closed, may have constants, and may lie in tuples, lists, mappings and partial functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import getclosurevars
from types import FunctionType
from typing import Any

import jax

from diffcheck.engines.jax.code_places import TracedFunction, defined, function_of, is_users
from diffcheck.engines.jax.names import ClosedJaxpr, Jaxpr

CALLS = {  # a primitive that does nothing but run a program, and the parameter that holds it
    "jit": "jaxpr",
    "closed_call": "call_jaxpr",
    "remat2": "jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vmap_call": "call",
}
RULES = {  # a primitive with a derivative rule of the user's, and the parameter that holds the rule
    "custom_jvp_call": "jvp_jaxpr_fun",
    "custom_vjp_call": "bwd",
    "custom_lin": "bwd",
}
BESIDE_ITS_PROGRAM = {"reduce": "computation"}  # the same function as a Python object; JAX differentiates the program


@dataclass(frozen=True, slots=True)
class CustomRule:
    """A function with a derivative rule, and that rule, as far as JAX tells where they are."""

    of: TracedFunction | None
    rule: TracedFunction | None

    @property
    def is_library(self) -> bool:
        """Whether JAX or Python brought it; what nobody knows the place of may be the user's."""
        known = [function for function in (self.of, self.rule) if function is not None]
        return bool(known) and all(function.is_library for function in known)


def programs(params: Mapping[str, Any]) -> list[Jaxpr]:
    """The programs that an equation holds: of calls, branches and loops, and any other."""
    return [each for each in _held(list(params.values())) if isinstance(each, Jaxpr)]


def bound(equation: Any, arguments: Sequence[Any]) -> Sequence[Any]:
    """The results of an equation, run."""
    params = equation.primitive.get_bind_params(equation.params)
    with equation.ctx.manager:
        results = equation.primitive.bind(*arguments, **params)
    return results if equation.primitive.multiple_results else [results]


def equations(program: Jaxpr) -> Iterator[Any]:
    """The equations of a program and of all that it holds."""
    for equation in program.eqns:
        yield equation
        for held in programs(equation.params):
            yield from equations(held)


def rules(program: Jaxpr) -> Iterator[tuple[CustomRule, str]]:
    """The custom rules of a program and of all that it holds, each with the primitive that it was found in."""
    for equation in program.eqns:
        yield from rules_in(equation)


def rules_in(equation: Any) -> Iterator[tuple[CustomRule, str]]:
    """The custom rules of one equation: its own, and those of the programs that it holds."""
    name, params = equation.primitive.name, equation.params
    if name in RULES:
        yield rule_of(equation), name
        params = {key: value for key, value in params.items() if key == CALLS.get(name)}  # the others belong to the rule
    for held in _held([value for key, value in params.items() if key != BESIDE_ITS_PROGRAM.get(name)]):
        if isinstance(held, Jaxpr):
            yield from rules(held)
        else:
            yield rule_of_function(held), name


def rule_of(equation: Any) -> CustomRule:
    """The rule of an equation whose primitive has one."""
    name, params = equation.primitive.name, equation.params
    return CustomRule(function_of(params.get(CALLS.get(name))), function_of(params[RULES[name]]))


def rule_of_function(function: Any) -> CustomRule:
    """The rule of a jax.custom_jvp or jax.custom_vjp."""
    return CustomRule(defined(function.fun), defined(function.jvp if isinstance(function, jax.custom_jvp) else function.bwd))


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """A parameter with all programs and functions with a rule that lie in it changed, as far as it can be put together again."""
    match value:
        case Jaxpr() | jax.custom_jvp() | jax.custom_vjp():
            return change(value)
        case ClosedJaxpr():
            return value.replace(jaxpr=change(value.jaxpr))  # type: ignore[no-untyped-call]
        case partial():
            return partial(mapped(value.func, change), *mapped(value.args, change), **mapped(value.keywords, change))
        case tuple() if hasattr(value, "_fields"):
            return type(value)(*(mapped(entry, change) for entry in value))
        case tuple() | list():
            return type(value)(mapped(entry, change) for entry in value)
        case dict():
            return {key: mapped(entry, change) for key, entry in value.items()}
    return value


def _held(waiting: list[Any]) -> Iterator[Any]:
    """The programs and the functions with a rule that lie in some values, or that a function of the user's among them refers to."""
    seen: list[Any] = []
    while waiting:
        match value := waiting.pop(0):
            case Jaxpr() | jax.custom_jvp() | jax.custom_vjp():
                yield value
            case ClosedJaxpr():
                yield value.jaxpr
            case partial():
                waiting += [value.func, *value.args, *value.keywords.values()]
            case tuple() | list():
                waiting += value
            case dict():
                waiting += value.values()
            case FunctionType() if is_users(value.__code__.co_filename) and not any(value is each for each in seen):
                seen.append(value)
                found = getclosurevars(value)
                waiting += [*found.nonlocals.values(), *found.globals.values()]
