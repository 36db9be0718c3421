"""Derivatives of higher order by JAX, in each of the ways in which people nest its modes.

A function takes named coordinates, arrays of one shape, to an array of that shape, elementwise. ∂²f/∂a∂b is the derivative by a, the
inner one, differentiated by b, the outer one. All entries of a second derivative are computed together, as `jax.hessian` does: the
directions are the basis vectors, so that the tangents of the other coordinates are zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental.jet import jet

from diffcheck.engines.derivation import Inapplicable
from diffcheck.errors import UnsupportedError
from diffcheck.registry import (
    FORWARD,
    FORWARD_NESTED,
    FORWARD_OVER_FORWARD,
    FORWARD_OVER_REVERSE,
    JET,
    REVERSE,
    REVERSE_NESTED,
    REVERSE_OVER_FORWARD,
    REVERSE_OVER_REVERSE,
)

Coordinates = dict[str, Array]
Function = Callable[[Coordinates], Array]
Names = Sequence[str]
PURE_ONLY = Inapplicable("jax.experimental.jet gives derivatives by one variable")


def pushed(f: Function, at: Coordinates, tangent: Coordinates) -> Array:
    """The derivative of f along a tangent, by forward mode."""
    found: Array = jax.jvp(f, (at,), (tangent,))[1]
    return found


def pulled(f: Function, at: Coordinates) -> Coordinates:
    """The gradient of f, by reverse mode."""
    primal, vjp = jax.vjp(f, at)
    gradient: Coordinates = vjp(jnp.ones_like(primal))[0]
    return gradient


def _basis(at: Coordinates, names: Names) -> Coordinates:
    """A tangent for each name, stacked along a new first axis."""
    return {each: jnp.stack([jnp.full_like(x, each == name) for name in names]) for each, x in at.items()}


def _along_each(f: Callable[[Coordinates], Any], directions: Coordinates, names: Names) -> Any:
    """What f gives for the direction of each name, stacked; of several names in one batch, as `jax.jacfwd` does."""
    if len(names) == 1:
        return jax.tree.map(lambda x: x[None], f({name: rows[0] for name, rows in directions.items()}))
    return jax.vmap(f)(directions)


def _forward_over_reverse(f: Function, at: Coordinates, inner: Names, outer: Names) -> Any:
    gradient = partial(pulled, f)
    return _along_each(lambda v: jax.jvp(gradient, (at,), (v,))[1], _basis(at, outer), outer)


def _reverse_over_forward(f: Function, at: Coordinates, inner: Names, outer: Names) -> Any:
    return _along_each(lambda v: pulled(lambda p: pushed(f, p, v), at), _basis(at, inner), inner)


def _forward_over_forward(f: Function, at: Coordinates, inner: Names, outer: Names) -> Any:
    def row(v: Coordinates) -> Array:
        found: Array = _along_each(lambda w: pushed(lambda p: pushed(f, p, v), at, w), _basis(at, outer), outer)
        return found

    return _along_each(row, _basis(at, inner), inner)


def _reverse_over_reverse(f: Function, at: Coordinates, inner: Names, outer: Names) -> Any:
    gradient = partial(pulled, f)
    return _along_each(lambda v: jax.vjp(gradient, at)[1](v)[0], _basis(at, inner), inner)


_SECOND: Mapping[str, Callable[[Function, Coordinates, Names, Names], Any]] = {
    FORWARD_OVER_REVERSE: _forward_over_reverse,
    REVERSE_OVER_FORWARD: _reverse_over_forward,
    FORWARD_OVER_FORWARD: _forward_over_forward,
    REVERSE_OVER_REVERSE: _reverse_over_reverse,
}


@dataclass(frozen=True, slots=True)
class SecondOrder:
    """∂²f/∂a∂b for each a of the inner and b of the outer names by a mode, as it comes from JAX: few arrays, which compile quickly."""

    mode: str
    inner: Names
    outer: Names

    def of(self, f: Function, at: Coordinates) -> Any:
        """The arrays; all coordinates move."""
        return _SECOND[self.mode](f, at, self.inner, self.outer)

    def entry(self, arrays: Any, a: str, b: str) -> Any:
        """One of the derivatives, for each point."""
        match self.mode:
            case mode if mode == FORWARD_OVER_REVERSE:
                return arrays[a][self.outer.index(b)]
            case mode if mode == FORWARD_OVER_FORWARD:
                return arrays[self.inner.index(a)][self.outer.index(b)]
            case _:
                return arrays[b][self.inner.index(a)]


def nested(mode: str, f: Function, at: Coordinates, names: Names) -> Array:
    """A derivative of any order: each variable in turn differentiates what the ones before it have made."""
    if mode == JET:
        return _by_jet(f, at, names)
    for name in names:
        f = partial(_SLOPES[mode], f, name)
    return f(at)


def _slope(f: Function, name: str, at: Coordinates) -> Array:
    return pushed(lambda moved: f({**at, **moved}), {name: at[name]}, {name: jnp.ones_like(at[name])})


def _pulled_back(f: Function, name: str, at: Coordinates) -> Array:
    return pulled(lambda moved: f({**at, **moved}), {name: at[name]})[name]


_SLOPES = {FORWARD: _slope, FORWARD_NESTED: _slope, REVERSE: _pulled_back, REVERSE_NESTED: _pulled_back}


def _by_jet(f: Function, at: Coordinates, names: Names) -> Array:
    name, *others = dict.fromkeys(names)
    if others:
        raise PURE_ONLY
    x = at[name]
    return taylor(lambda u: f({**at, name: u}), x, jnp.ones_like(x), len(names))


def taylor(f: Callable[[Array], Array], x: Array, direction: Array, order: int) -> Array:
    """A derivative along a direction by `jax.experimental.jet`, which has all up to its order in one go."""
    series = [direction, *(jnp.zeros_like(x) for _ in range(order - 1))]
    try:
        _, derivatives = jet(f, (x,), (series,))  # type: ignore[no-untyped-call]
    except KeyError as primitive:
        raise UnsupportedError(f"jax.experimental.jet has no rule for {str(primitive.args[0]) if primitive.args else 'this'}") from None
    found: Array = derivatives[-1]
    return found


def begins_with(mode: str) -> str:
    """The mode that differentiates f itself: forward or reverse."""
    return REVERSE if mode.endswith(REVERSE) or mode == REVERSE_NESTED else FORWARD
