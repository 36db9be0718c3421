"""Wrong derivative rules that common checkers pass are all caught, and right functions at hard points are never accused."""

from __future__ import annotations

import numpy as np
import pytest
from planted_rules import FLIPPED, RIGHT, WRONG, Case

import diffcheck
from diffcheck import Outcome

CAUGHT_BY = {
    "a rule through float32": "format",
    "wrong at ties only": "ties",
    "transposed matrix on a symmetric test point": "second",
    "right gradient, wrong second derivative": "second",
}


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_rule_is_caught(case: Case) -> None:
    report = diffcheck.check(case.function, case.at)
    assert report.outcome is Outcome.FAIL
    failed = {check.name for check in report.checks if check.outcome is Outcome.FAIL}
    if case.name in CAUGHT_BY:
        assert CAUGHT_BY[case.name] in failed
    else:
        assert any(sample.outcome is Outcome.FAIL for sample in report.samples)
    if case.name.endswith("directions"):
        assert [sample.wrt for sample in report.samples if sample.outcome is Outcome.FAIL] == [f"x[{FLIPPED}]"]


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_a_right_function_is_not_accused(case: Case) -> None:
    report = diffcheck.check(case.function, case.at)
    assert [check for check in report.checks if check.outcome in (Outcome.FAIL, Outcome.UNDECIDED)] == []
    assert {sample.outcome for sample in report.samples} <= {Outcome.PASS, Outcome.WARN}


@pytest.mark.parametrize("name", ["square root at 1e-6", "logistic map, tenfold", "quadratic form"])
def test_nor_are_the_rules_that_jax_derives_for_it(name: str) -> None:
    case = next(case for case in RIGHT if case.name == name)
    found = {check.name: check.outcome for check in diffcheck.check(case.function, case.at, lint=True).checks}
    assert set(found.values()) <= {Outcome.PASS, Outcome.WARN, None}
    assert found["second"] is not None


def test_at_a_point_without_symmetry_the_transposed_matrix_is_wrong_itself() -> None:
    transposed = next(case for case in WRONG if case.name.startswith("transposed"))
    matrix, x = transposed.at
    with pytest.raises(AssertionError, match="Mismatched derivatives: 2 / 12"):
        diffcheck.assert_derivative(transposed.function, (matrix + np.array([[0.0, 1.0], [0.0, 0.0]]), x))
