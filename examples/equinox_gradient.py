"""An Equinox model as the argument of its loss: what is no array in it (its activation) is static, all else is differentiated."""

import equinox
import jax
import jax.numpy as jnp
import numpy as np

import diffcheck

X, Y = np.array([[0.5, 0.25], [0.75, 0.1]]), np.array([1.0, 0.5])


def loss(model, x, y):
    return jnp.mean((jax.vmap(model)(x) - y) ** 2)


def main():
    model = equinox.nn.MLP(2, "scalar", 3, 1, activation=jnp.tanh, key=jax.random.key(1))
    report = diffcheck.check(loss, at=(model, X, Y))
    print(report.header.program)
    print("differentiated by", *sorted(sample.wrt for sample in report.samples if "bias" in sample.wrt), "and all weights and data")
    print(report.outcome.value)


if __name__ == "__main__":
    main()
