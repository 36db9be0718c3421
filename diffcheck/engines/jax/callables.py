"""Functions that the table names where JAX's own callable has another form, or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from diffcheck.engines.jax.names import Tracer
from diffcheck.errors import UnsupportedError


def _integer(n: Any) -> int:
    """An argument that JAX wants as a Python integer; raises where it is traced or is none."""
    order = float(np.asarray(n).flat[0])
    if not order.is_integer():
        raise UnsupportedError(f"JAX wants an integer here, not {order:g}")
    return int(order)


def integer_power(x: Any, n: Any) -> Any:
    return lax.integer_pow(x, _integer(n))


def polygamma(n: Any, x: Any) -> Any:
    return jax.scipy.special.polygamma(_integer(n), x)


def expint(n: Any, x: Any) -> Any:
    order = _integer(n)
    if order < 0:
        raise UnsupportedError("JAX has expint of order 0 and above only")
    return _one_by_one(_expn(order), x)


@cache
def _expn(order: int) -> Callable[[Any], Any]:
    """JAX knows a function that it has compiled by its identity."""
    return partial(jax.scipy.special.expn, order)


def Ei(x: Any) -> Any:  # noqa: N802
    return _one_by_one(jax.scipy.special.expi, x)


def E1(x: Any) -> Any:  # noqa: N802
    return _one_by_one(jax.scipy.special.exp1, x)


@partial(jax.jit, static_argnums=0)
def _one_by_one(f: Callable[[Any], Any], x: Any) -> Any:
    """JAX's exponential integrals loop until all entries of an array have converged: two arguments of 1e-10 never do together."""
    return lax.map(f, x) if jnp.ndim(x) else f(x)


def maximum(*arguments: Any) -> Any:
    result = arguments[0]
    for argument in arguments[1:]:
        result = jnp.maximum(result, argument)
    return result


def minimum(*arguments: Any) -> Any:
    result = arguments[0]
    for argument in arguments[1:]:
        result = jnp.minimum(result, argument)
    return result


def heaviside(x: Any, at_zero: Any) -> Any:
    return jnp.heaviside(x, at_zero)


def leaky_relu(x: Any, slope: Any) -> Any:
    return jax.nn.leaky_relu(x, slope)


def elu(x: Any, alpha: Any) -> Any:
    return jax.nn.elu(x, alpha)


def celu(x: Any, alpha: Any) -> Any:
    return jax.nn.celu(x, alpha)


def squareplus(x: Any, b: Any) -> Any:
    return jax.nn.squareplus(x, b)


def gelu(x: Any) -> Any:
    return jax.nn.gelu(x, approximate=False)


def unsinc(x: Any) -> Any:
    return jnp.sinc(x / np.pi)


def uppergamma(a: Any, x: Any) -> Any:
    if not isinstance(a, Tracer) and np.all(np.asarray(a) <= 0):
        raise UnsupportedError("JAX has uppergamma of positive order only")
    defined = jnp.where(a > 0, 1.0, jnp.nan)  # jax.scipy.special.gammaincc(a, x) is 1 for every a below 0
    return jax.scipy.special.gammaincc(a, x) * jax.scipy.special.gamma(a) * defined


def lowergamma(a: Any, x: Any) -> Any:
    return jax.scipy.special.gammainc(a, x) * jax.scipy.special.gamma(a)


def erfi(x: Any) -> Any:
    return 2 / np.sqrt(np.pi) * jnp.exp(x * x) * jax.scipy.special.dawsn(x)


def besselj0(x: Any) -> Any:
    return jax.scipy.special.bessel_jn(x, v=0)[0]


def besselj1(x: Any) -> Any:
    return jax.scipy.special.bessel_jn(x, v=1)[1]


def Si(x: Any) -> Any:  # noqa: N802  (the name in the literature)
    return jax.scipy.special.sici(x)[0]


def Ci(x: Any) -> Any:  # noqa: N802
    return jax.scipy.special.sici(x)[1]


def fresnels(x: Any) -> Any:
    return jax.scipy.special.fresnel(x)[0]


def fresnelc(x: Any) -> Any:
    return jax.scipy.special.fresnel(x)[1]
