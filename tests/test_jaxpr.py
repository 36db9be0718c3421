"""JAX's derivative program, lifted into the graph: its exact value is f' but for the rounding of its literals."""

from __future__ import annotations

from collections import Counter

import jax
import pytest

from diffcheck import Outcome, Verdict, check
from diffcheck.checks.expression import Check
from diffcheck.engines.certified import Arithmetic, certify, enclose_value, rounding_bound
from diffcheck.errors import UnsupportedError
from diffcheck.graph.functions import LACKS, ROWS, Function
from diffcheck.judgement.accuracy.table import roundings

# loops until a series has converged, for any order in one way (expint) or another (hyp1f1, hyp2f1)
NOT_LIFTED = {"E1", "expint", "hyp1f1", "hyp2f1"}
PARAMETER_NOT_LIFTED = {(name, "a") for name in ("gammainc", "gammaincc", "uppergamma", "lowergamma")}  # igamma_grad_a
NO_RULE = {("betainc", "a"), ("betainc", "b")}  # JAX itself has none
CALLABLE = [row for row in ROWS if row.parameters and not row.operator and not row.conditions and row.column("jax") is not LACKS]
DOUBLE = Arithmetic(2.0**-53, 2.0**-1022, roundings(jax.__version__, "float64"))
JAX_IS_NAN = ("spence", "reverse", 1.7)


def _called(row: Function) -> str:
    """The row called with its parameters as variables; orders are the integer 2."""
    return f"{row.name}({', '.join('2' if row.tried(name) else name for name in row.names)})"


@pytest.mark.parametrize("row", CALLABLE, ids=lambda row: row.name)
def test_the_exact_value_of_jax_s_program_is_the_derivative(row: Function) -> None:
    """But for B: literals are rounded, and some functions are rational approximations, good to a few ulps."""
    job = Check(_called(row))
    judged: Counter[str] = Counter()
    for base in (0.37, 1.7):
        point = {name: base + 0.11 * i for i, name in enumerate(job.problem.variables)}
        for (wrt,) in job.wrt:
            truth = certify(job.problem.target.flat, point, wrt).derivative
            if truth is None or row.name in NOT_LIFTED or (row.name, wrt) in PARAMETER_NOT_LIFTED | NO_RULE:
                continue
            for mode in ("forward", "reverse"):
                program = job.program.derivative(mode, (wrt,))
                exact, bound = enclose_value(program, point), rounding_bound(program, point, DOUBLE)
                if (row.name, mode, base) == JAX_IS_NAN:
                    assert exact is bound is None
                    continue
                assert exact is not None, (point, wrt, mode)
                assert bound is not None, (point, wrt, mode)
                assert abs(exact.midpoint - truth.midpoint) <= bound + exact.radius + truth.radius, (point, wrt, mode)
                judged[mode] += 1
    assert judged or row.name in NOT_LIFTED


def test_a_fault_of_jax_shows_in_the_lifted_program() -> None:
    """jax.grad of spence is NaN between 1.5 and 2: the branch of jnp.where that is not taken has a log of 1 - x."""
    (sample,) = check("spence(x)", at="1.7").samples
    forward, reverse = (result for result in sample.results if result.engine == "automatic")
    assert (forward.outcome, reverse.verdict) == (Outcome.WARN, Verdict.NONFINITE)
    assert "an operation of `spence(x)` has no value there (log is not defined there" in reverse.reason


@pytest.mark.parametrize(
    ("expression", "names", "what"),
    [
        ("E1(x)", ("x",), "a loop whose end depends on the input"),
        ("expint(3, x)", ("x",), "a loop whose end depends on the input"),
        ("hyp2f1(0.5, 1.5, 2.5, x)", ("x",), "a loop whose end depends on the input"),
        ("gammainc(a, x)", ("a",), "the primitive igamma_grad_a"),
    ],
)
def test_what_is_not_lifted_is_named(expression: str, names: tuple[str, ...], what: str) -> None:
    job = Check(expression)
    for mode in ("forward", "reverse"):
        with pytest.raises(UnsupportedError, match=f"JAX's derivative uses {what}, which is not lifted"):
            job.program.derivative(mode, names)


@pytest.mark.parametrize(
    ("expression", "at"),
    [("relu(x) - relu(-x)", "0"), ("where(x == 0, 0, x)", "0"), ("where(x == 1, 1, x^2)", "1"), ("abs(x) * sign(x)", "0")],
)
def test_a_rule_that_is_wrong_in_exact_arithmetic_is_called_wrong(expression: str, at: str) -> None:
    (sample,) = check(expression, at=at).samples
    verdicts = {result.verdict for result in sample.results if result.engine == "automatic"}
    assert verdicts == {Verdict.WRONG}


@pytest.mark.parametrize(("expression", "at"), [("(1 - cos(x))/x^2", "1e-8"), ("tanh(x)", "20"), ("sin(x)^2 + cos(x)^2", "0.7")])
def test_a_right_rule_spoiled_by_rounding_is_called_unstable(expression: str, at: str) -> None:
    (sample,) = check(expression, at=at).samples
    verdicts = {result.verdict for result in sample.results if result.engine == "automatic"}
    assert verdicts == {Verdict.UNSTABLE}


def test_a_primitive_s_own_error_is_called_inaccurate() -> None:
    (sample,) = check("digamma(x)", at="-9.5").samples
    assert {result.verdict for result in sample.results} == {Verdict.INACCURATE}


def test_a_dead_branch_is_named_as_the_cause_of_a_nan() -> None:
    (sample,) = check("where(x > 1, sqrt(x - 1), x)", at="0").samples
    (reverse,) = [result for result in sample.results if result.mode == "reverse"]
    assert reverse.verdict is Verdict.NONFINITE
    assert "the branch of `where` that is not taken" in reverse.reason
