"""What checkers of derivatives make of nine wrong rules and fifteen right functions; prints the table of README.md.

    python benchmarks/checkers.py            a summary
    python benchmarks/checkers.py --cases    case by case

The cases are those of tests/planted_rules.py. `jax.test_util.check_grads` runs in float64 with its default tolerances, of orders 1
and 2; `torch.autograd.gradcheck`, where torch is installed, gets the JAX function as an autograd function.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
from jax.test_util import check_grads

import diffcheck

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from planted_rules import RIGHT, WRONG, Case

Checker = Callable[[Case], bool]  # whether it complains


def by_diffcheck(case: Case) -> bool:
    return diffcheck.check(case.function, case.at).outcome in (diffcheck.Outcome.FAIL, diffcheck.Outcome.UNDECIDED)


def by_check_grads(order: int) -> Checker:
    def complains(case: Case) -> bool:
        with jax.enable_x64(True):
            arguments = tuple(jax.numpy.asarray(value, jax.numpy.float64) for value in case.at)
            try:
                check_grads(case.function, arguments, order, modes=["rev"])
            except AssertionError:
                return True
        return False

    return complains


def by_gradcheck(case: Case) -> bool:
    import torch

    class Function(torch.autograd.Function):
        """The JAX function, with its rule for reverse mode."""

        @staticmethod
        def forward(context, *tensors):  # type: ignore[no-untyped-def]
            with jax.enable_x64(True):
                value, context.pullback = jax.vjp(case.function, *(jax.numpy.asarray(tensor.numpy()) for tensor in tensors))
            return torch.from_numpy(np.array(value))

        @staticmethod
        def backward(context, cotangent):  # type: ignore[no-untyped-def]
            with jax.enable_x64(True):
                return tuple(torch.from_numpy(np.array(part)) for part in context.pullback(jax.numpy.asarray(cotangent.numpy())))

    tensors = [torch.tensor(np.asarray(value, np.float64), requires_grad=True) for value in case.at]
    # of 300,000 directions a matrix would have as many columns: the fast mode, a random direction, is what torch offers for this
    return not torch.autograd.gradcheck(Function.apply, tensors, raise_exception=False, fast_mode=np.size(case.at[0]) > 1000)


def checkers() -> dict[str, Checker]:
    """Those that can run here, by what the table calls them."""
    found = {
        "diffcheck": by_diffcheck,
        "jax.test_util.check_grads, order 1": by_check_grads(1),
        "jax.test_util.check_grads, order 2": by_check_grads(2),
    }
    try:
        import torch  # noqa: F401
    except ImportError:
        return found
    return found | {"torch.autograd.gradcheck": by_gradcheck}


def summary() -> str:
    lines = ["| checker | wrong rules caught | right functions accused |", "| --- | --- | --- |"]
    for name, complains in checkers().items():
        caught, accused = (sum(map(complains, cases)) for cases in (WRONG, RIGHT))
        lines.append(f"| {name} | {caught} of {len(WRONG)} | {accused} of {len(RIGHT)} |")
    return "\n".join(lines)


def by_case() -> str:
    found = checkers()
    lines = [f"| case | {' | '.join(found)} |", f"| --- |{' --- |' * len(found)}"]
    for kind, cases in (("wrong", WRONG), ("right", RIGHT)):
        for case in cases:
            said = ("complains" if complains(case) else "passes" for complains in found.values())
            lines.append(f"| {kind}: {case.name} | {' | '.join(said)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(by_case() if "--cases" in sys.argv[1:] else summary())
