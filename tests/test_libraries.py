"""Functions of JAX libraries by their natural calls, each where the library is installed."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from diffcheck import Outcome, check

X, Y = np.array([[0.5, 0.25], [0.75, 0.125]]), np.array([1.0, 0.5])
KEY = jax.random.key(1)


def differentiated_by(function: Any, *given: Any, **options: Any) -> set[str]:
    """The arguments, without their entries, all of whose derivatives pass."""
    report = check(function, *given, lint=False, **options)
    assert report.outcome in (Outcome.PASS, Outcome.WARN)
    return {sample.wrt.partition("[")[0].partition(".")[0] for sample in report.samples}


def test_equinox() -> None:
    equinox = pytest.importorskip("equinox")
    model = equinox.nn.MLP(2, "scalar", 2, 1, activation=jnp.tanh, key=KEY)

    def loss(model: Any, x: Any, y: Any) -> Any:
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    assert differentiated_by(loss, (model, X, Y)) == {"model", "x", "y"}
    assert differentiated_by(equinox.filter_jit(loss), args=(model, X), kwargs={"y": Y}) == {"model", "x", "y"}
    assert differentiated_by(model, X[0]) == {"x"}
    assert differentiated_by(equinox.nn.Dropout(0.5), args=(X[0],), kwargs={"key": KEY}) == {"x"}


def test_flax_linen() -> None:
    linen = pytest.importorskip("flax.linen")
    model = linen.Sequential([linen.Dense(2), jnp.tanh])
    variables = model.init(KEY, X)
    assert differentiated_by(model.apply, (variables, X)) == {"variables", "args"}
    assert differentiated_by(model.apply, args=(variables, X), kwargs={"mutable": ["batch_stats"]}) == {"variables", "args"}
    assert differentiated_by(lambda variables: model.apply(variables, X).sum(), variables) == {"variables"}


def test_flax_nnx() -> None:
    nnx = pytest.importorskip("flax.nnx")

    class Net(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.linear, self.dropout = nnx.Linear(2, 2, rngs=rngs), nnx.Dropout(0.5, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            return jnp.tanh(self.dropout(self.linear(x))).sum()

    model = Net(nnx.Rngs(0))
    assert differentiated_by(lambda model, x: model(x), (model, X)) == {"model", "x"}
    assert differentiated_by(nnx.Linear(2, 2, rngs=nnx.Rngs(0)), X) == {"inputs"}


def test_haiku() -> None:
    haiku = pytest.importorskip("haiku")
    net = haiku.transform(lambda x: haiku.Linear(2)(x))
    params = net.init(jax.random.PRNGKey(0), X)
    assert differentiated_by(net.apply, (params, None, X)) == {"params", "x"}
    assert differentiated_by(haiku.without_apply_rng(net).apply, (params, X)) == {"params", "x"}


def test_optax() -> None:
    optax = pytest.importorskip("optax")
    assert differentiated_by(optax.l2_loss, (3.0, 1.0)) == {"predictions", "targets"}
    assert differentiated_by(optax.softmax_cross_entropy_with_integer_labels, (X, np.array([0, 1]))) == {"logits"}
    point = {"predictions": X[0], "targets": X[1], "delta": 1.5}
    assert differentiated_by(optax.huber_loss, point) == {"predictions", "targets", "delta"}


def test_numpyro() -> None:
    distributions = pytest.importorskip("numpyro.distributions")
    assert differentiated_by(distributions.Normal(0.25, 1.5).log_prob, 0.5) == {"value"}
    assert differentiated_by(lambda d, x: d.log_prob(x), (distributions.Normal(0.25, 1.5), 0.5)) == {"d", "x"}
