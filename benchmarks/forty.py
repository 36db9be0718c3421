"""Forty functions of jax.nn, jax.scipy and Optax at one point each: diffcheck.check beside jax.test_util.check_grads, in CPU time.

    python benchmarks/forty.py [--rounds N]

Start-up is left out: both have run once on another function before. Each function is new to both, as it is to a user: tracing
and compiling count. The two take turns in going first. Optax' functions are left out where it is not installed.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy as jsp
from jax.test_util import check_grads

import diffcheck

VECTOR = jnp.array([0.3, -1.2, 2.5])
OF_NN = [
    "relu",
    "gelu",
    "silu",
    "softplus",
    "sigmoid",
    "log_sigmoid",
    "elu",
    "selu",
    "celu",
    "mish",
    "squareplus",
    "tanh",
    "soft_sign",
    "hard_tanh",
    "leaky_relu",
]
OF_ARRAYS = ["softmax", "log_softmax", "logsumexp", "standardize"]
OF_SPECIAL = {"erf": 0.4, "erfc": 0.4, "erfinv": 0.3, "expit": 0.4, "logit": 0.3, "entr": 0.3, "ndtr": 0.4, "log_ndtr": 0.4, "gammaln": 1.7}
OF_SPECIAL |= {"digamma": 1.7, "i0e": 0.8, "i1": 0.8}
OF_STATS = {"norm": "logpdf", "laplace": "logpdf", "logistic": "logpdf", "cauchy": "logpdf", "expon": "logpdf"}
OF_OPTAX = ["squared_error", "huber_loss", "log_cosh", "sigmoid_binary_cross_entropy"]


def functions() -> Iterator[tuple[str, Callable[..., Any], tuple[Any, ...]]]:
    """Name, function and arguments."""
    for name in OF_NN:
        yield f"nn.{name}", getattr(jax.nn, name), (0.7,)
    for name in OF_ARRAYS:
        yield f"nn.{name}", getattr(jax.nn, name), (VECTOR,)
    for name, x in OF_SPECIAL.items():
        yield f"special.{name}", getattr(jsp.special, name), (x,)
    for name, density in OF_STATS.items():
        yield f"stats.{name}.{density}", getattr(getattr(jsp.stats, name), density), (0.6,)
    try:
        import optax
    except ModuleNotFoundError:
        return
    for name in OF_OPTAX:
        yield f"optax.{name}", getattr(optax, name), (0.7, 0.2)


def cpu(work: Callable[..., Any], *arguments: Any) -> float:
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


def ours(f: Callable[..., Any], at: tuple[Any, ...]) -> None:
    report = diffcheck.check(f, at=at if len(at) > 1 else at[0])
    assert report.outcome.value in ("pass", "warn"), report


def theirs(f: Callable[..., Any], at: tuple[Any, ...]) -> None:
    with jax.enable_x64(True):
        check_grads(f, tuple(jnp.asarray(x, jnp.float64) for x in at), order=1)


def _warm(x: Any) -> Any:
    return jnp.sin(x) * x


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1, help="how often the forty are run, each time afresh")
    rounds = parser.parse_args().rounds
    warnings.filterwarnings("ignore")
    ours(_warm, (0.5,))
    theirs(_warm, (0.5,))
    every: dict[str, list[tuple[float, float]]] = {}
    for turn in range(rounds):
        for k, (name, f, at) in enumerate(functions()):
            jax.clear_caches()
            first, second = (ours, theirs) if (k + turn) % 2 else (theirs, ours)
            times = {first: cpu(first, f, at), second: cpu(second, f, at)}
            every.setdefault(name, []).append((times[ours], times[theirs]))
    ratios = {}
    for name, pairs in every.items():
        own, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratios[name] = own / other
        print(f"{name:32} {own:6.2f} s {other:6.2f} s {own / other:6.1f}")
    print(f"{len(ratios)} functions: the median ratio is {statistics.median(ratios.values()):.2f}, the worst {max(ratios.values()):.1f}")


if __name__ == "__main__":
    main()
