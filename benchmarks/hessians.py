"""What a Hessian costs: CPU time of whole commands, start-up included, each in a process of its own.

    python benchmarks/hessians.py

A Hessian in 10 variables (55 entries, four modes of JAX, certified) against the gradient check of the same function, and against
`jax.test_util.check_grads(order=2)`.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile

VARIABLES = 10
ROUNDS = 2
COORDINATES = {f"x_{k}": 0.3 + 0.1 * k for k in range(VARIABLES)}
FUNCTIONS = {
    "Rosenbrock": "+".join(f"(1 - x_{k})^2 + 100(x_{k + 1} - x_{k}^2)^2" for k in range(VARIABLES - 1)),
    "log-sum-exp": f"log({' + '.join(f'exp(x_{k})' for k in range(VARIABLES))})",
    "Gaussian": f"exp(-({' + '.join(f'x_{k}^2' for k in range(VARIABLES))})/2)",
}
AT = ",".join(f"{name}={value!r}" for name, value in COORDINATES.items())
CHECK_GRADS = """
import jax, jax.numpy as jnp
from jax.test_util import check_grads
jax.config.update("jax_enable_x64", True)
F = {
    "Rosenbrock": lambda x: jnp.sum((1 - x[:-1])**2 + 100*(x[1:] - x[:-1]**2)**2),
    "log-sum-exp": lambda x: jnp.log(jnp.sum(jnp.exp(x))),
    "Gaussian": lambda x: jnp.exp(-jnp.sum(x**2)/2),
}
check_grads(F[NAME], (jnp.array(POINT),), order=2)
"""


def seconds(command: list[str]) -> float:
    """The least CPU time of some runs, that of children included; nothing is kept from one run to the next."""
    best = float("inf")
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as cache:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run(command, check=False, env={**os.environ, "XDG_CACHE_HOME": cache}, **quiet)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return best


def main() -> None:
    for name, text in FUNCTIONS.items():
        command = [sys.executable, "-m", "diffcheck", "check", text, "--at", AT]
        gradient, hessian = seconds(command), seconds([*command, "--hessian"])
        code = CHECK_GRADS.replace("NAME", repr(name)).replace("POINT", repr(list(COORDINATES.values())))
        peer = seconds([sys.executable, "-c", code])
        found = {"gradient": gradient, "hessian": hessian, "check_grads": peer}
        ratios = {"hessian/gradient": hessian / gradient, "hessian/check_grads": hessian / peer}
        print(name, json.dumps({key: round(value, 2) for key, value in {**found, **ratios}.items()}))


if __name__ == "__main__":
    main()
