"""A Flax model and an activation of one's own: the gradient of the loss by every parameter, and the rule that is wrong.

The loss is given as it is called: the variables that `init` made, a batch, and a static choice by keyword.
"""

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen

import diffcheck


@jax.custom_vjp
def softsign(x):
    return x / (1 + jnp.abs(x))


softsign.defvjp(lambda x: (softsign(x), x), lambda x, g: (g / (1 + jnp.abs(x)),))  # right: (1 + |x|)²


class Net(linen.Module):
    @linen.compact
    def __call__(self, x, activation):
        return linen.Dense(1)(activation(linen.Dense(3)(x)))


X, Y = np.array([[0.5, -1.0], [1.5, 2.0]]), np.array([1.0, -1.0])


def loss(variables, x, y, *, activation=jnp.tanh):
    return jnp.mean((Net().apply(variables, x, activation)[:, 0] - y) ** 2)


def main():
    variables = Net().init(jax.random.key(0), X, jnp.tanh)
    diffcheck.assert_derivative(loss, at=(variables, X, Y))
    print("with jnp.tanh: every entry is right")
    try:
        diffcheck.assert_derivative(loss, args=(variables, X, Y), kwargs={"activation": softsign})
    except AssertionError as error:
        print(f"with softsign: {error}")


if __name__ == "__main__":
    main()
