"""Functions of one number with their true slope and wrong ones: a seeded family for evidence from values alone."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

Function = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Planted:
    """`slope` is None where f has none; `row` is how large other entries of the Jacobian's row are."""

    kind: str
    f: Function
    x: float
    slope: float | None
    row: float = 0.0

    @property
    def scale(self) -> float:
        return max(self.row, abs(self.f(self.x)) / max(1.0, abs(self.x)))

    def wrong(self, size: float) -> Iterator[float]:
        """Values that are not the slope; those of a slope 0 are wrong by the size of f."""
        assert self.slope is not None
        if self.slope:
            yield from (1.001 * self.slope, 2 * self.slope, -self.slope, 0.0, math.inf)
        else:
            yield from (1e-3 * size, -size, math.inf)
        yield math.nan


def planted(seed: int, number: int) -> Iterator[Planted]:
    """As many functions, of all kinds in turn."""
    source = random.Random(seed)
    for k in range(number):
        kind, make = list(KINDS.items())[k % len(KINDS)]
        x = source.choice([0.0, 1.0, -2.0, source.uniform(-3, 3), source.uniform(-100, 100), 10 ** source.uniform(-6, 0)])
        f, slope, row = make(source, x, 10 ** source.uniform(-6, 6))
        yield Planted(kind, f, x, slope, row)


Made = tuple[Function, float | None, float]


def _factors(source: random.Random) -> tuple[float, float, float]:
    return source.uniform(0.2, 3) * source.choice([1, -1]), source.uniform(-3, 3), 10 ** source.uniform(-1, 1.5)


def _constant(source: random.Random, x: float, size: float) -> Made:
    b = source.uniform(-3, 3)
    return lambda t: size * b, 0.0, 0.0


def _extremum(source: random.Random, x: float, size: float) -> Made:
    a, b, w = _factors(source)
    return lambda t: size * (b + a * math.cos(w * (t - x))), 0.0, 0.0


def _power(source: random.Random, x: float, size: float) -> Made:
    order = source.choice([2, 3, 4, 5])
    return lambda t: size * (t - x) ** order, 0.0, 0.0


def _tiny_beside_large(source: random.Random, x: float, size: float) -> Made:
    a, b, _ = _factors(source)
    share = 10 ** source.uniform(-9, -1)
    return lambda t: size * (b + share * math.sin(a * (t - x))), size * share * a, size


def _usual(source: random.Random, x: float, size: float) -> Made:
    a, _, w = _factors(source)
    return lambda t: size * (math.sin(w * t) + a * t), size * (w * math.cos(w * x) + a), 0.0


def _corner(source: random.Random, x: float, size: float) -> Made:
    a, height = _factors(source)[0], source.uniform(0.01, 2)
    return lambda t: size * (math.sin(a * t) + height * abs(t - x)), None, 0.0


def _jump(source: random.Random, x: float, size: float) -> Made:
    a, height = _factors(source)[0], source.uniform(0.01, 2)
    return lambda t: size * (math.sin(a * t) + height * (t > x)), None, 0.0


def _vertical(source: random.Random, x: float, size: float) -> Made:
    b, root = source.uniform(-3, 3), source.choice([2, 3])
    return lambda t: size * (b + abs(t - x) ** (1 / root) * (1 if root == 2 else math.copysign(1, t - x))), None, 0.0


def _wiggle(source: random.Random, x: float, size: float) -> Made:
    a, b, _ = _factors(source)
    return lambda t: size * (a * (t - x) * math.sin(1 / (t - x)) if t != x else 0.0) + size * b, None, 0.0


def _noisy(source: random.Random, x: float, size: float) -> Made:
    a = _factors(source)[0]
    slope = size * a * math.fsum(math.cos(a * x + k) for k in range(60))
    return lambda t: size * sum(math.sin(a * t + k) for k in range(60)), slope, 0.0


def _cancelling(source: random.Random, x: float, size: float) -> Made:
    a, large = _factors(source)[0], 10 ** source.uniform(2, 8)
    return lambda t: size * ((math.sin(a * t) + large) - large), size * a * math.cos(a * x), 0.0


def _joined(source: random.Random, x: float, size: float) -> Made:
    a, b, _ = _factors(source)
    return lambda t: size * (a * max(t - x, 0.0) ** 2 + b * t), size * b, 0.0


def _in_float32(source: random.Random, x: float, size: float) -> Made:
    a, scale = np.float32(_factors(source)[0]), np.float32(size)
    return lambda t: float(scale * np.sin(a * np.float32(t))), float(scale) * float(a) * math.cos(float(a) * x), 0.0


def _bisected(source: random.Random, x: float, size: float) -> Made:
    tolerance = 10 ** source.uniform(-13, -9)

    def root(y: float) -> float:
        lower, upper = -10.0, 10.0
        while upper - lower > tolerance:
            middle = (lower + upper) / 2
            lower, upper = (lower, middle) if middle**3 + middle > y else (middle, upper)
        return (lower + upper) / 2

    return root, 1 / (3 * root(x) ** 2 + 1), 0.0


def _eigenvalue(source: random.Random, x: float, size: float) -> Made:
    numbers = np.random.default_rng(source.randrange(2**32))
    matrix, direction = (part + part.T for part in numbers.normal(size=(2, 4, 4)))
    vectors, k = np.linalg.eigh(matrix)[1], source.randrange(4)
    is_zero = source.random() < 0.5
    if is_zero:  # off the diagonal in the basis of the eigenvectors
        direction = np.outer(vectors[:, 0], vectors[:, 1]) + np.outer(vectors[:, 1], vectors[:, 0])
    slope = 0.0 if is_zero else size * float(vectors[:, k] @ direction @ vectors[:, k])
    return lambda t: size * float(np.linalg.eigvalsh(matrix + (t - x) * direction)[k]), slope, 0.0


def _fast(source: random.Random, x: float, size: float) -> Made:
    w = 10 ** source.uniform(2, 8)
    return lambda t: size * math.sin(w * t), size * w * math.cos(w * x), 0.0


KINDS = {
    "constant": _constant,
    "even extremum": _extremum,
    "power": _power,
    "tiny beside large": _tiny_beside_large,
    "usual": _usual,
    "corner": _corner,
    "jump": _jump,
    "vertical": _vertical,
    "x sin(1/x)": _wiggle,
    "noisy sum": _noisy,
    "sum that cancels": _cancelling,
    "joined": _joined,
    "float32 within": _in_float32,
    "bisection": _bisected,
    "eigenvalue": _eigenvalue,
    "fast": _fast,
}
