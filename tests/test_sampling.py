"""Points that a case asks for: where they lie, that they are the same in every run, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from diffcheck.errors import PointError
from diffcheck.formats import format_named
from diffcheck.graph.build import read
from diffcheck.suites.cases import Sampling
from diffcheck.suites.sampling import sampled

FLOAT64 = format_named("float64")
SQUARE = {"x": ("-2", "2"), "y": ("0", "1")}


def points(text: str, sampling: Sampling) -> list[tuple[float, ...]]:
    columns = sampled(sampling, read(text), FLOAT64)
    return list(zip(*(column.tolist() for column in columns.values()), strict=True))


def test_a_grid_has_every_corner() -> None:
    found = points("x*y", Sampling(SQUARE, grid=3))
    assert len(found) == 9
    assert {(-2.0, 0.0), (2.0, 1.0), (0.0, 0.5)} <= set(found)


def test_random_points_lie_inside_and_depend_on_the_seed_alone() -> None:
    found = points("x*y", Sampling(SQUARE, random=50))
    assert len(found) == 50
    assert all(-2 <= x <= 2 and 0 <= y <= 1 for x, y in found)
    assert found == points("x*y", Sampling(SQUARE, random=50))
    assert found != points("x*y", Sampling(SQUARE, random=50, seed=2))


def test_special_values_are_zeros_extremes_kinks_and_the_ends_of_domains() -> None:
    found = [x for (x,) in points("relu6(x) + acosh(x)", Sampling({"x": ("-7", "1e308")}, special=True))]
    assert {0.0, 1.0, -1.0, 6.0, -7.0, 1e308, FLOAT64.smallest_normal} <= set(found)
    assert [math.copysign(1, x) for x in found if x == 0] == [1.0, -1.0]


def test_a_special_value_of_one_variable_meets_random_values_of_the_others() -> None:
    found = points("x*y", Sampling(SQUARE, special=True))
    assert len({y for x, y in found if x == 0}) > 1


def test_a_condition_holds_at_every_point() -> None:
    found = points("x*y", Sampling(SQUARE, grid=9, random=20, where="x^2 + y^2 < 1 and x != 0"))
    assert len(found) > 20
    assert all(x * x + y * y < 1 and x != 0 for x, y in found)


def test_coordinates_are_rounded_to_the_format() -> None:
    columns = sampled(Sampling({"x": ("0.1", "0.2")}, grid=4), read("x^2"), format_named("float32"))
    assert columns["x"].dtype == np.float32
    assert columns["x"][0] == np.float32("0.1")


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        (Sampling({"x": ("0", "1")}, grid=2), "the domain of y is not given"),
        (Sampling({"x": ("1", "0"), "y": ("0", "1")}, grid=2), "the domain of x is empty"),
        (Sampling({"x": ("zero", "0"), "y": ("0", "1")}, grid=2), "'zero' is not a number"),
        (Sampling(SQUARE), "no point of the domain was found"),
        (Sampling(SQUARE, random=5, where="x > 2"), "no point of the domain was found"),
        (Sampling(SQUARE, grid=101), "10,201 points are more than 10,000"),
    ],
)
def test_what_gives_no_points_is_refused(sampling: Sampling, message: str) -> None:
    with pytest.raises(PointError) as caught:
        points("x*y", sampling)
    assert message in str(caught.value)
