"""What checkers of derivatives make of nine wrong rules and fifteen right functions; prints the table of README.md.

    python benchmarks/checkers.py            a summary
    python benchmarks/checkers.py --cases    case by case

The cases are those of tests/planted_rules.py, in float64, and every checker has its default steps and tolerances. torch's, which run
where torch is installed, get each JAX function as a torch function with the same values and the same backward pass.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax.test_util import check_grads

import diffcheck

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from planted_rules import RIGHT, WRONG, Case

Checker = Callable[[Case], bool]  # whether it complains
SEED = 0


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


def in_torch(function: Callable[..., Any]) -> Callable[..., Any]:
    """A JAX function as a torch function whose backward pass is JAX's, rule and all; that pass can be differentiated again."""
    import torch

    def run(*tensors: torch.Tensor) -> Any:
        with jax.enable_x64(True):
            found = function(*(jax.numpy.asarray(tensor.detach().numpy()) for tensor in tensors))
        return jax.tree.map(lambda array: torch.from_numpy(np.array(array)), found)

    def pullback(*arguments: Any) -> tuple[Any, ...]:
        primals, cotangents = arguments[:-results], arguments[-results:]
        return jax.vjp(function, *primals)[1](cotangents if is_tuple else cotangents[0])

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *tensors: torch.Tensor) -> Any:
            nonlocal is_tuple, results
            found = run(*tensors)
            is_tuple, results = isinstance(found, tuple), len(found) if isinstance(found, tuple) else 1
            context.save_for_backward(*tensors)
            return found

        @staticmethod
        def backward(context: Any, *cotangents: torch.Tensor) -> Any:
            return in_torch(pullback)(*context.saved_tensors, *cotangents)

    is_tuple, results = False, 1
    return Function.apply


def by_gradcheck(order: int) -> Checker:
    """torch's gradcheck; of order 2 gradgradcheck too."""

    def complains(case: Case) -> bool:
        from torch import autograd, manual_seed, tensor

        manual_seed(SEED)  # gradgradcheck draws cotangents
        tensors = [tensor(np.asarray(value, np.float64), requires_grad=True) for value in case.at]
        # of 300,000 directions a matrix would have as many columns: the fast mode, a random direction, is what torch offers for this
        options = {"raise_exception": False, "fast_mode": np.size(case.at[0]) > 1000}
        checks = (autograd.gradcheck, autograd.gradgradcheck)[:order]
        return not all(check(in_torch(case.function), tensors, **options) for check in checks)

    return complains


OF_JAX: dict[str, Checker] = {
    "diffcheck": by_diffcheck,
    "jax.test_util.check_grads, order 1": by_check_grads(1),
    "jax.test_util.check_grads, order 2": by_check_grads(2),
}
OF_TORCH: dict[str, Checker] = {
    "torch.autograd.gradcheck": by_gradcheck(1),
    "torch.autograd.gradcheck and gradgradcheck": by_gradcheck(2),
}


def checkers() -> dict[str, Checker]:
    """Those that can run here, by what the table calls them."""
    return OF_JAX | (OF_TORCH if importlib.util.find_spec("torch") else {})


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
