"""Gradients of whole models: `python benchmarks/gradients.py`, or with the names of some models.

For each model and kind of work a process of its own: its CPU time without imports, and its peak memory. diffcheck proves every entry;
beside it `jax.test_util.check_grads` (order 1) and `jax.grad` alone, compilation included.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.test_util import check_grads

Model = tuple[Callable[[Any], Any], Any]
RANDOM = np.random.default_rng(0)


def normal(*shape: int, scale: float = 1.0) -> Any:
    return RANDOM.standard_normal(shape) * scale


def cross_entropy(logits: Any, labels: Any) -> Any:
    return -jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], 1).mean()


def mlp(dtype: str = "float64", dense: Callable[..., Any] = jnp.matmul) -> Model:
    """784-1000-10, batch 32: 795,010 parameters."""
    x, labels = normal(32, 784).astype(dtype), RANDOM.integers(0, 10, 32)
    parameters = {
        "w1": normal(784, 1000, scale=1 / 28),
        "b1": normal(1000, scale=0.1),
        "w2": normal(1000, 10, scale=1 / 32),
        "b2": np.zeros(10),
    }

    def loss(p: Any) -> Any:
        return cross_entropy(jnp.tanh(dense(jnp.asarray(x), p["w1"]) + p["b1"]) @ p["w2"] + p["b2"], labels)

    return loss, jax.tree.map(lambda leaf: leaf.astype(dtype), parameters)


def one_wrong_entry() -> Model:
    """The same net, with a rule that is wrong in one entry of 795,010, by a factor 1 + 1e-6."""

    @jax.custom_vjp
    def dense(x: Any, w: Any) -> Any:
        return x @ w

    def backward(saved: Any, cotangent: Any) -> Any:
        x, w = saved
        return cotangent @ w.T, (x.T @ cotangent).at[3, 17].multiply(1 + 1e-6)

    dense.defvjp(lambda x, w: (x @ w, (x, w)), backward)
    return mlp(dense=dense)


def cnn() -> Model:
    """Three convolutions on 28 × 28, batch 8, max and average pooling."""
    x, labels = normal(8, 28, 28, 1), RANDOM.integers(0, 10, 8)
    shapes = {"c1": (3, 3, 1, 8), "c2": (3, 3, 8, 16), "c3": (3, 3, 16, 16), "w": (144, 10)}
    parameters = {name: normal(*shape, scale=int(np.prod(shape[:-1])) ** -0.5) for name, shape in shapes.items()}
    pool: dict[str, Any] = {"window_dimensions": (1, 2, 2, 1), "window_strides": (1, 2, 2, 1), "padding": "VALID"}

    def convolved(h: Any, kernel: Any) -> Any:
        return lax.conv_general_dilated(h, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    def loss(p: Any) -> Any:
        h = lax.reduce_window(jax.nn.relu(convolved(x, p["c1"])), -jnp.inf, lax.max, **pool)
        h = lax.reduce_window(jax.nn.relu(convolved(h, p["c2"])), -jnp.inf, lax.max, **pool)
        h = lax.reduce_window(jnp.tanh(convolved(h, p["c3"])), 0.0, lax.add, **pool) / 4
        return cross_entropy(h.reshape(8, -1) @ p["w"], labels)

    return loss, parameters


def gru() -> Model:
    """50 steps, 16 inputs, 32 units."""
    x, units = normal(50, 16), 32
    parameters = {**{name: normal(16 + units, units, scale=0.15) for name in ("z", "r", "h")}, "o": normal(units)}

    def loss(p: Any) -> Any:
        def step(state: Any, x: Any) -> Any:
            both = jnp.concatenate([x, state])
            update, reset = jax.nn.sigmoid(both @ p["z"]), jax.nn.sigmoid(both @ p["r"])
            state = (1 - update) * state + update * jnp.tanh(jnp.concatenate([x, reset * state]) @ p["h"])
            return state, state @ p["o"]

        return (lax.scan(step, jnp.zeros(units), x)[1] ** 2).mean()

    return loss, parameters


def transformer() -> Model:
    """One block: 16 tokens, d = 128, 4 heads, 197,000 parameters."""
    tokens, d, heads = 16, 128, 4
    x = normal(tokens, d)
    shapes = {"q": (d, d), "k": (d, d), "v": (d, d), "o": (d, d), "up": (d, 4 * d), "down": (4 * d, d)}
    parameters = {name: normal(*shape, scale=shape[0] ** -0.5) for name, shape in shapes.items()} | {
        "scale": np.ones(d),
        "shift": np.zeros(d),
    }

    def loss(p: Any) -> Any:
        def normed(h: Any) -> Any:
            return p["scale"] * (h - h.mean(-1, keepdims=True)) / jnp.sqrt(h.var(-1, keepdims=True) + 1e-5) + p["shift"]

        def split(h: Any) -> Any:
            return h.reshape(tokens, heads, -1).transpose(1, 0, 2)

        u = normed(x)
        scores = jnp.einsum("hid,hjd->hij", split(u @ p["q"]), split(u @ p["k"])) / (d / heads) ** 0.5
        weights = jax.nn.softmax(jnp.where(np.tri(tokens, dtype=bool), scores, -jnp.inf))
        h = x + (weights @ split(u @ p["v"])).transpose(1, 0, 2).reshape(tokens, d) @ p["o"]
        return jnp.cos(h + jax.nn.gelu(normed(h) @ p["up"]) @ p["down"]).mean()

    return loss, parameters


def mlp_float32() -> Model:
    return mlp("float32")


def gp() -> Model:
    """The log marginal likelihood of a Gaussian process at 50 points, by its three hyperparameters."""
    x = np.sort(normal(50, scale=2.0))
    y = np.sin(x) + normal(50, scale=0.1)

    def loss(p: Any) -> Any:
        distances = (x[:, None] - x) / jnp.exp(p["length"])
        kernel = jnp.exp(2 * p["size"] - distances**2 / 2) + jnp.exp(2 * p["noise"]) * np.eye(len(x))
        root = jnp.linalg.cholesky(kernel)
        whitened = jax.scipy.linalg.solve_triangular(root, y, lower=True)
        return whitened @ whitened / 2 + jnp.log(jnp.diagonal(root)).sum()

    return loss, {"length": np.array(0.1), "size": np.array(-0.2), "noise": np.array(-1.5)}


def rk4() -> Model:
    """100 steps of the classical Runge-Kutta method for the Lotka-Volterra equations, by the four rates and the start."""

    def slope(state: Any, p: Any) -> Any:
        prey, hunters = state
        a, b, c, d = p
        return jnp.stack([a * prey - b * prey * hunters, c * prey * hunters - d * hunters])

    def loss(p: Any) -> Any:
        def step(state: Any, _: Any) -> tuple[Any, None]:
            h = 0.05
            k1 = slope(state, p["rates"])
            k2 = slope(state + h / 2 * k1, p["rates"])
            k3 = slope(state + h / 2 * k2, p["rates"])
            k4 = slope(state + h * k3, p["rates"])
            return state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4), None

        return lax.scan(step, p["start"], None, length=100)[0].sum()

    return loss, {"rates": np.array([1.1, 0.4, 0.1, 0.4]), "start": np.array([10.0, 5.0])}


MODELS = {model.__name__: model for model in (mlp, mlp_float32, one_wrong_entry, cnn, gru, transformer, gp, rk4)}


def by_diffcheck(loss: Callable[[Any], Any], parameters: Any) -> str:
    import diffcheck

    dtype = jax.tree.leaves(parameters)[0].dtype.name
    report = diffcheck.check(loss, (parameters,), lint=False, dtype=dtype)
    bad = [sample.wrt for sample in report.samples if sample.outcome is diffcheck.Outcome.FAIL]
    if not report.checks:
        proved = sum(sample.enclosure is not None for sample in report.samples)
        return f"{proved} of {len(report.samples)} entries are proved: {report.outcome.value}"
    return "; ".join([*(f"{check.name}: {check.detail}" for check in report.checks), *(f"wrong: {name}" for name in bad)])


def by_check_grads(loss: Callable[[Any], Any], parameters: Any) -> str:
    try:
        check_grads(loss, (parameters,), order=1, modes=("rev",))
    except AssertionError:
        return "fails"
    return "passes"


def by_grad(loss: Callable[[Any], Any], parameters: Any) -> str:
    return f"{sum(leaf.size for leaf in jax.tree.leaves(jax.block_until_ready(jax.jit(jax.grad(loss))(parameters)))):,} entries"


KINDS = {"diffcheck": by_diffcheck, "check_grads": by_check_grads, "jax.grad": by_grad}


def measure(model: str, kind: str) -> None:
    """One line: CPU seconds, peak memory, what was found."""
    if kind == "diffcheck":
        import diffcheck  # noqa: F401  (start-up is not measured)
    jax.config.update("jax_enable_x64", model != "mlp_float32")
    loss, parameters = MODELS[model]()
    start = time.process_time()
    said = KINDS[kind](loss, parameters)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{model:16} {kind:12} {time.process_time() - start:8.1f} s CPU {peak:6.2f} GiB  {said}", flush=True)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--one"]:
        return measure(*arguments[1:])
    for model in arguments or MODELS:
        for kind in KINDS:
            subprocess.run([sys.executable, __file__, "--one", model, kind], check=True)
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
