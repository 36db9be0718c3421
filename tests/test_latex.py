"""LaTeX: what `derive --format latex` writes for every function of the table is read again, and is the same function."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flint import arb
from test_functions import each_row, smooth_points, text_of

import diffcheck
from diffcheck.checks.formulas import derivatives
from diffcheck.engines.certified import scope
from diffcheck.engines.certified.line.algebra import POINT
from diffcheck.engines.symbolic import Differentiator
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import read
from diffcheck.graph.functions import Function
from diffcheck.graph.graph import Graph, evaluate
from diffcheck.graph.text import Latex, one_line

PRECISION_BITS = 200


def graphs_of(row: Function) -> Iterator[Graph]:
    """The function and its derivatives."""
    problem = read(text_of(row))
    yield problem.target.flat
    differentiator = Differentiator(problem)
    for name in problem.variables:
        try:
            yield differentiator.derivative(name).flat
        except UnsupportedError:
            continue


@each_row
def test_latex_is_read_back_as_the_same_function(row: Function) -> None:
    for graph in graphs_of(row):
        written = one_line(graph, Latex())
        if written is not None:
            assert_equal(graph, read(written).target.flat, row, written)


def assert_equal(graph: Graph, again: Graph, row: Function, written: str) -> None:
    if graph.nodes == again.nodes or row.name == "inf":  # the values of which are no balls
        return
    for point in smooth_points(row)[:3]:
        with scope(PRECISION_BITS):
            exact = {name: arb(coordinate) for name, coordinate in point.items()}
            value, other = (evaluate(each, POINT, exact) for each in (graph, again))
            assert arb(value).is_finite(), (written, point)
            assert abs(arb(value) - arb(other)) < abs(arb(value)) * arb(2) ** -100 + arb(2) ** -100, (written, point)


@pytest.mark.parametrize("text", ["x e^(-x^2)", "f(x) = x^2; f(sin(x))", "where(x == 0, 1, sin(x)/x)", "⌊x⌋ x", "abs(|x| - 1)"])
def test_what_derive_prints_is_a_right_claim(text: str) -> None:
    written = derivatives(text, None, None, "latex").strip()
    (sample,) = diffcheck.check(text, 0.3, claim=written).samples
    assert [result.outcome for result in sample.results if result.engine == "claim"] == [diffcheck.Outcome.PASS], written
