"""ReLU as a jax.custom_vjp: what is computed forward, which residual is saved, how the cotangent is pulled back.

                 forward                          backward
    x ──▶ max(x, 0) ──▶ y           ȳ ──▶ ȳ where the mask holds, else 0 ──▶ x̄
    x ──▶ x > 0     ──▶ mask (the residual: one bit, not x itself)

At x = 0 every number in [0, 1] is a subgradient; the strict comparison chooses 0, as jax.nn.relu does.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array


@jax.custom_vjp
def relu(x: Array) -> Array:
    """max(x, 0), elementwise."""
    return jnp.maximum(x, 0)


def relu_forward(x: Array) -> tuple[Array, Array]:
    """The value, and the residual that the backward pass needs: where x > 0.

    The value is jax.nn.relu's: derivatives of the backward pass go through it, forward ones too, for which a custom_vjp has no rule.
    """
    return jax.nn.relu(x), x > 0


def relu_backward(mask: Array, cotangent: Array) -> tuple[Array]:
    """The pullback: the cotangent passes where the mask holds."""
    return (jnp.where(mask, cotangent, jnp.zeros_like(cotangent)),)


relu.defvjp(relu_forward, relu_backward)
