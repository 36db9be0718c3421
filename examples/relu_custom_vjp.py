"""ReLU as a jax.custom_vjp, next to jax.nn.relu: what runs forward, what is kept, how the cotangent is pulled back.

At 0 ReLU has a corner. Every slope between 0 and 1, the Clarke interval, is a subgradient there; each implementation
chooses one of them, and none is wrong.
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import diffcheck
from diffcheck.engines.jax import relu as custom_rules
from diffcheck.pictures.figure import Options, plot

PICTURE = Path(__file__).parent / "pictures" / "relu.png"
IMPLEMENTATIONS = {
    "custom_rules.relu": custom_rules.relu,
    "jax.nn.relu": jax.nn.relu,
    "jnp.maximum(x, 0)": lambda x: jnp.maximum(x, 0),
}


def show_the_rule():
    """The two halves of the custom_vjp, called by hand."""
    for x in (-1.0, 3.0):
        value, mask = custom_rules.relu_forward(jnp.array(x))
        cotangent = 2 * value  # of y², by the chain rule
        (pulled_back,) = custom_rules.relu_backward(mask, cotangent)
        print(f"x = {x:2g}: forward y = {value:g}; residual kept: {mask}; cotangent {cotangent:g} is pulled back to {pulled_back:g}")


def show_the_square():
    """relu(x)² has the slope 0 at -1 and 6 at 3, by every engine."""
    for sample in diffcheck.check("relu(x)^2", at=["-1", "3"]).samples:
        print(f"(relu²)'({sample.point['x']:g}) = {float(sample.enclosure):g}")
        for result in sample.results:
            print(f"    {result.engine:<10}{result.mode or '':<8}{result.value:>5}  {result.verdict.value}")
        for name, relu in IMPLEMENTATIONS.items():
            print(f"    {name:<18}{jax.grad(lambda x, relu=relu: relu(x) ** 2)(sample.point['x']):>5}")


def show_the_corner():
    """At 0: the Clarke interval is proved, and every implementation's choice lies in it."""
    (sample,) = plot(diffcheck.Check("relu(x)"), {"x": np.array([0.0])}, "x", path=PICTURE, options=Options(-2, 2))
    left, right = sample.clarke
    print(f"relu at 0: {sample.status.value}, Clarke interval [{float(left):g}, {float(right):g}]")
    for result in sample.results:
        print(f"    {result.engine:<10}{result.mode or '':<8}chose {result.value:g}  {result.verdict.value}")
    for name, relu in IMPLEMENTATIONS.items():
        print(f"    {name:<18}chose {jax.grad(relu)(0.0):g}")
    print(f"drawn: {PICTURE.name}")


if __name__ == "__main__":
    show_the_rule()
    show_the_square()
    show_the_corner()
