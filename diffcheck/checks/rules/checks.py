"""What the checks of derivative rules do: each passes, fails, or says why it does not apply."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from diffcheck.checks.entries import Jacobian
from diffcheck.checks.matrices import NoForwardMode
from diffcheck.checks.rules.exactly import primals_differ, transposes_differ
from diffcheck.checks.rules.hessian import Hessian
from diffcheck.checks.rules.lines import WRONG, beyond_the_clarke_set, combination, second_derivative
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.narrowing import narrowings
from diffcheck.errors import UnsupportedError
from diffcheck.results import Outcome, leibniz, wrt_and_order

SEED = 20_240_229
ROUNDING = 1000  # units roundoff, relative to the largest entry: what two ways to compute the same may differ by
BROKEN_RULES = ("Custom VJP", "Custom JVP")  # how JAX's complaints of a rule begin
Vector = NDArray[Any]
Found = tuple[Outcome | None, str]
PASS, WARN, FAIL = Outcome.PASS, Outcome.WARN, Outcome.FAIL


class NotApplicable(UnsupportedError):  # noqa: N818
    """A check has nothing to say here; the reason says why."""


@dataclass(frozen=True)
class RulesAtPoint:
    """A function's rules at a point, run in floats; `seconds` of this process's work is all that their checks may take."""

    jacobian: Jacobian
    seconds: float = math.inf
    begun: float = field(default_factory=time.process_time)

    def require_time(self) -> None:
        """Raises NotApplicable when the time is spent."""
        if time.process_time() - self.begun > self.seconds:
            raise NotApplicable(f"left out: the checks have taken {self.seconds:g} s; --lint (lint=True) makes all of them")

    @property
    def function(self) -> Any:
        return self.jacobian.function

    @cached_property
    def weights(self) -> tuple[Vector, Vector]:
        """Two cotangents of small numbers that floats hold exactly."""
        generator = np.random.default_rng(SEED)
        dtype = self.value.dtype
        first, second = (generator.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], len(self.value)).astype(dtype) for _ in range(2))
        return first, second

    @property
    def combined(self) -> Vector:
        """The weights that combine several results into one; 1 for a single result."""
        return self.weights[0] if len(self.value) > 1 else np.ones_like(self.value)

    @cached_property
    def direction(self) -> Vector:
        generator = np.random.default_rng(SEED + 1)
        return generator.choice([-2.0, -1.0, -0.5, 0.5, 1.0, 2.0], len(self.function.vector)).astype(self.function.vector.dtype)

    @cached_property
    def value(self) -> Vector:
        return self.run(self.function.raveled, self.function.vector)

    def run(self, program: Callable[..., Any], *arguments: Any) -> Vector:
        return np.asarray(self.function.scoped(program)(*arguments))

    def pullback(self, weights: Vector) -> Vector:
        """Jᵀw, run operation by operation."""
        return self.run(self.pull, self.function.vector, weights)

    def pull(self, vector: Any, weights: Any) -> Any:
        (cotangent,) = jax.vjp(self.function.raveled, vector)[1](jnp.asarray(weights))
        return cotangent

    def pushforward(self, direction: Vector) -> Vector:
        """Jv; raises NotApplicable where there is no forward mode."""
        if isinstance(self.jacobian.forward, Exception):
            raise NotApplicable("there is no forward mode")
        return self.run(self.push, self.function.vector, direction)

    def push(self, vector: Any, direction: Vector) -> Any:
        return jax.jvp(self.function.raveled, (vector,), (jnp.asarray(direction),))[1]

    def moved(self, program: Callable[..., Any], *rest: Vector) -> Vector:
        """How far rounding the point otherwise moves a result: all that rounding makes of a residual that is 0."""
        x = self.function.vector
        here, up, down = (
            self.run(program, np.asarray(each, x.dtype), *rest)
            for each in (x, *(np.nextafter(x, x.dtype.type(end)) for end in (np.inf, -np.inf)))
        )
        return np.asarray(np.nan_to_num(np.maximum(abs(up - here), abs(down - here)), nan=0.0, posinf=0.0))

    def close(self, a: Vector, b: Vector, times: float = ROUNDING, moved: Vector | float = 0.0) -> bool:
        """Whether two vectors differ by rounding only, or by no more than `moved`; NaN and infinities must be the same."""
        finite = np.isfinite(a) & np.isfinite(b)
        if not np.array_equal(np.where(finite, 0.0, a), np.where(finite, 0.0, b), equal_nan=True):
            return False
        largest = max(abs(a[finite]).max(initial=0.0), abs(b[finite]).max(initial=0.0))
        allowed = times * self.jacobian.format.unit_roundoff * largest + np.max(moved, initial=0.0)
        return bool((abs(a[finite] - b[finite]) <= allowed).all())


def primal(rules: RulesAtPoint) -> Found:
    """The rule's primal output equals the function."""
    beside = {"reverse": rules.run(lambda x: jax.vjp(rules.function.raveled, x)[0], rules.function.vector)}
    if not isinstance(rules.jacobian.forward, Exception):
        beside["forward"] = rules.run(lambda x: jax.jvp(rules.function.raveled, (x,), (x,))[0], rules.function.vector)
    for mode, value in beside.items():
        if not rules.close(value, rules.value) and primals_differ(rules.jacobian, mode):
            k = int(np.nanargmax(abs(value - rules.value)))
            return FAIL, f"the rule of {mode} mode returns {value[k]:.10g} as the value, and the function {rules.value[k]:.10g}"
    return PASS, "the rule returns the function's value"


def linear(rules: RulesAtPoint) -> Found:
    """The pullback is linear in the cotangent."""
    u, w = rules.weights
    first, second, together = rules.pullback(u), rules.pullback(w), rules.pullback(u + 2 * w)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise NotApplicable("the pullback is not finite here")
    expected, size = first + 2 * second, (abs(first) + 2 * abs(second)).max(initial=0.0)
    if (abs(together - expected) > ROUNDING * rules.jacobian.format.unit_roundoff * size).any():
        k = int(np.argmax(abs(together - expected)))
        return FAIL, f"at {_column(rules, k)} the pullback of u + 2w is {together[k]:.10g}, and those of u and w make {expected[k]:.10g}"
    return PASS, "the pullback of u + 2w is that of u and twice that of w"


def zero_cotangent(rules: RulesAtPoint) -> Found:
    """A zero cotangent gives zero."""
    if not np.isfinite(rules.pullback(rules.weights[0])).all():
        raise NotApplicable("the pullback is not finite here")
    pulled = rules.pullback(np.zeros_like(rules.value))
    k = int(np.argmax(pulled != 0)) if pulled.size else 0
    if pulled.any():
        return FAIL, f"a zero cotangent gives {pulled[k]:.6g} at {_column(rules, k)}"
    return PASS, "a zero cotangent gives zero"


def adjoint(rules: RulesAtPoint) -> Found:
    """⟨w, Jv⟩ = ⟨Jᵀw, v⟩."""
    w, v = rules.weights[0], rules.direction
    pushed, pulled = rules.pushforward(v), rules.pullback(w)
    if not (np.isfinite(pushed).all() and np.isfinite(pulled).all()):
        raise NotApplicable("the derivatives are not finite here")
    left, right, size = float(w @ pushed), float(pulled @ v), float(abs(w) @ abs(pushed) + abs(pulled) @ abs(v))
    if abs(left - right) > ROUNDING * rules.jacobian.format.unit_roundoff * size and transposes_differ(rules.jacobian):
        if abs(left - right) <= float(rules.moved(rules.push, v) @ abs(w) + rules.moved(rules.pull, w) @ abs(v)):
            raise NotApplicable("the derivatives are made of roundings here")
        return FAIL, f"⟨w, Jv⟩ = {left:.10g} by forward mode, and ⟨Jᵀw, v⟩ = {right:.10g} by reverse mode"
    return PASS, "forward and reverse mode are adjoint"


def types(rules: RulesAtPoint) -> Found:
    """Cotangents have the shapes and types of the arguments."""
    function, reverse = rules.function, rules.jacobian.reverse
    if isinstance(reverse, Exception):
        if any(words in str(reverse) for words in BROKEN_RULES):
            return FAIL, str(reverse)
        raise NotApplicable("there is no reverse mode")
    cotangents = function.reverse_program.out_avals
    for (name, leaf), cotangent in zip(function.point.items(), cotangents, strict=True):
        if (cotangent.shape, cotangent.dtype) != (leaf.shape, leaf.dtype):
            return FAIL, f"the cotangent of {name} is {cotangent.str_short()}, and {name} is {leaf.dtype}{list(leaf.shape)}"
    return PASS, "cotangents have the shapes and types of the arguments"


def arguments(rules: RulesAtPoint) -> Found:
    """What is not differentiated has a cotangent of type float0, and the rule takes it as it is."""
    if not rules.function.fixed_arrays:
        raise NotApplicable("what is no float is static" if rules.function.fixed else "every argument is a float")
    problem = rules.function.problem_with_fixed_arguments()
    return (FAIL, problem) if problem else (PASS, f"no cotangent for {', '.join(rules.function.fixed_arrays)}")


def formats(rules: RulesAtPoint) -> Found:
    """The rule computes in the format of the function."""
    own = narrowings(rules.function.program, rules.function.precision_bits)
    rule = [place for place in narrowings(rules.function.reverse_program, rules.function.precision_bits) if place not in own]
    if rule:
        return FAIL, f"the rule rounds to {rule[0]}, which the function does not"
    return (WARN, f"the function itself rounds to {own[0]}") if own else (PASS, "no operation rounds to a narrower format")


def same_under(transformed: Callable[[Callable[..., Any]], Callable[..., Any]], how: str) -> Callable[[RulesAtPoint], Found]:
    def check(rules: RulesAtPoint) -> Found:
        """Value and pullback are the same."""
        x, w = rules.function.vector, rules.weights[0]
        value, pulled = rules.run(transformed(rules.function.raveled), x), rules.run(transformed(rules.pull), x, w)

        def is_same(times: float, moved: Vector | float = 0.0, pulled_moved: Vector | float = 0.0) -> bool:
            return rules.close(value, rules.value, times, moved) and rules.close(pulled, rules.pullback(w), times, pulled_moved)

        if is_same(ROUNDING) or is_same(ROUNDING, rules.moved(rules.function.raveled), rules.moved(rules.pull, w)):
            return PASS, f"value and derivative are the same {how} as in eager mode"
        nearly = is_same(rules.jacobian.format.unit_roundoff**-0.5)
        return (WARN if nearly else FAIL), f"value or derivative differ {how}"

    return check


def in_a_batch(program: Callable[..., Any]) -> Callable[..., Any]:
    """The first of a batch of two; the other one is the point halved."""

    def run(*arguments: Any) -> Any:
        return jax.vmap(program)(*(jnp.stack([jnp.asarray(a), jnp.asarray(a) / 2]) for a in arguments))[0]

    return run


def forward(rules: RulesAtPoint) -> Found:
    """A forward derivative exists."""
    found = rules.jacobian.forward
    if isinstance(found, NoForwardMode):
        raise NotApplicable(found.reason)
    return (WARN, found.reason) if isinstance(found, Exception) else (PASS, "forward mode is there too")


def second_order(rules: RulesAtPoint) -> Found:
    """The second derivative through the rule is right."""
    if not rules.jacobian.is_small:
        raise NotApplicable("not tried for very many arguments")
    direction = rules.direction if rules.jacobian.columns > 1 else np.ones_like(rules.direction)
    outcome, detail = second_derivative(rules.jacobian, direction, rules.combined, rules.pull)
    return (outcome, detail) if outcome is None or rules.jacobian.columns == 1 else _hessian(rules, outcome, detail)


def _hessian(rules: RulesAtPoint, along_a_line: Outcome, detail: str) -> Found:
    """The same entry by entry: a line may miss what is wrong in one of them."""
    try:
        rules.require_time()
        with lacking():
            hessian = Hessian(rules.jacobian, rules.combined)
    except UnsupportedError as lack:  # for the whole, or for the function without its rules
        return along_a_line, f"{detail}; the entries of the Hessian were not compared: {lack.reason}"
    for suspect in hessian.suspects():
        rules.require_time()
        if suspect.result.outcome is Outcome.FAIL and suspect.result.verdict in WRONG:
            what = f"{leibniz(combination(rules.jacobian, rules.combined), *wrt_and_order(suspect.names))} is {suspect.result.value:.10g}"
            return FAIL, f"{what}, {suspect.result.verdict.value}: {suspect.result.reason}"
    compared = f"{hessian.compared:,} of {hessian.size:,}" if hessian.compared < hessian.size else f"all {hessian.size:,}"
    judged = f", and the {len(hessian.places)} that differ most are not wrong" if hessian.places else ""
    return along_a_line, f"{detail}; {compared} entries of the Hessian were compared with those without the rules{judged}"


def ties(rules: RulesAtPoint) -> Found:
    """At a kink the slopes chosen for the arguments belong together: they are a generalised gradient in Clarke's sense."""
    if not rules.jacobian.is_small or isinstance(rules.jacobian.reverse, Exception):
        raise NotApplicable("not tried for very many arguments")
    found = beyond_the_clarke_set(rules.jacobian, rules.require_time)
    return (FAIL, found) if found else (PASS, "the slopes at kinks belong together")


def _column(rules: RulesAtPoint, k: int) -> str:
    return str(rules.function.variables[k])
