"""f(x) = x² + 3x + 2 and its local linear approximation at x* = 2, as a picture.

    f(x* + δ) ≈ f(x*) + f'(x*)·δ = 12 + 7δ

What is left over is δ² exactly, here: the dots in the right-hand panel follow the line of slope 2, down to where
floating-point numbers cannot tell f(x* + δ) from its approximation any more.
"""

from pathlib import Path

import numpy as np

from diffcheck import Check
from diffcheck.pictures.figure import Options, plot

PICTURE = Path(__file__).parent / "pictures" / "local_linear.png"


def f(x):
    return x**2 + 3 * x + 2


def main():
    check = Check("x^2 + 3x + 2")
    (sample,) = plot(check, {"x": np.array([2.0])}, "x", path=PICTURE, options=Options(-4, 4, samples=100))
    value, slope = float(sample.value), float(sample.enclosure)
    print(f"f(2 + δ) ≈ {value:g} + {slope:g}·δ")
    for step in (1.0, 0.1, 0.01):
        exact, approximate = f(2 + step), value + slope * step
        print(f"    δ = {step:<5g} f = {exact:<8g} approximation = {approximate:<6g} left over: {exact - approximate:g}")
    print(f"drawn: {PICTURE.name}")


if __name__ == "__main__":
    main()
