"""The automatic engine: forward and reverse mode, eager and compiled, agree; what JAX lacks is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import points, smooth_expressions

from diffcheck.checks.expression import check
from diffcheck.engines.certified import certify
from diffcheck.engines.jax.program import PADDED_LENGTHS, Program
from diffcheck.engines.jax.relu import relu, relu_backward, relu_forward
from diffcheck.errors import UnsupportedError
from diffcheck.graph.build import read
from diffcheck.results import Outcome, Status

X = np.array([-2.5, -1.0, -0.3, 0.2, 0.7, 1.0, 3.5])


def run(
    text: str,
    columns: Mapping[str, np.ndarray] | None = None,
    *,
    compiled: bool = False,
    dtype: str = "float64",
    modes: Sequence[str] = ("forward", "reverse"),
) -> dict[str, np.ndarray | UnsupportedError]:
    problem = read(text)
    program = Program(problem.target.flat, problem.variables, [(name,) for name in problem.variables], {}, dtype, compiled, modes)
    return program.run(columns if columns is not None else {"x": X.astype(dtype)})


SMOOTH = [
    "x^3 - 2*x",
    "sin(x)*exp(x/2)",
    "1/(1 + x^2)",
    "tanh(x) + sigmoid(x)",
    "gelu(x)*softplus(x)",
    "f(x) = x*(1 - x); f@6(x)",
    "f(x) = sin(x); f'(x^2)",
    "f(x) = x^4; f'''(x)*x",
    "where(x > 0.5, x^2, exp(x))",
    "leaky_relu(x + 0.05)",
    "relu(x)^2 + relu6(2*x)*x",
    "cbrt(x)",
    "erf(x) + atan2(x, 2)",
]


@pytest.mark.parametrize("text", SMOOTH)
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_forward_and_reverse_mode_agree(text: str, compiled: bool) -> None:
    found = run(text, compiled=compiled)
    np.testing.assert_allclose(found["forward:x"], found["reverse:x"], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("text", SMOOTH)
def test_eager_and_compiled_programs_agree(text: str) -> None:
    eager, compiled = run(text), run(text, compiled=True)
    assert eager.keys() == compiled.keys()
    for key, values in eager.items():
        np.testing.assert_allclose(values, compiled[key], rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("text", SMOOTH)
def test_the_derivative_is_the_certified_one(text: str) -> None:
    graph = read(text).target.flat
    for x, slope in zip(X, run(text)["reverse:x"], strict=True):
        proof = certify(graph, {"x": float(x)}, "x")
        assert proof.status is Status.SMOOTH
        assert slope == pytest.approx(float(proof.derivative), rel=1e-12, abs=1e-12)


@settings(max_examples=40)
@given(smooth_expressions(), st.lists(points(), min_size=1, max_size=5))
def test_the_modes_agree_on_random_expressions(text: str, xs: list[float]) -> None:
    assume("x" in read(text).target.flat.variables)
    found = run(text, {"x": np.array(xs)})
    finite = np.isfinite(found["primal"]) & (np.abs(found["forward:x"]) < 1e100)
    np.testing.assert_allclose(found["forward:x"][finite], found["reverse:x"][finite], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("length", [1, 2, PADDED_LENGTHS[0] - 1, PADDED_LENGTHS[0], PADDED_LENGTHS[0] + 1, PADDED_LENGTHS[-1] + 7])
@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_any_number_of_points_comes_back_in_order(length: int, compiled: bool) -> None:
    x, y = np.linspace(-1, 1, length), np.linspace(3, 5, length)
    found = run("x^2*y", {"x": x, "y": y}, compiled=compiled)
    np.testing.assert_array_equal(found["primal"], x * x * y)
    for mode in ("forward", "reverse"):
        np.testing.assert_allclose(found[f"{mode}:x"], 2 * x * y, rtol=1e-15)
        np.testing.assert_allclose(found[f"{mode}:y"], x * x, rtol=1e-15)


def test_a_program_runs_again_with_fewer_points_and_is_compiled_once(caplog: pytest.LogCaptureFixture) -> None:
    program = Program(read("x^3").target.flat, ("x",), [("x",)], {}, "float64", True)
    compiled = []
    for length in (5, 5, 2):
        x = np.arange(1.0, length + 1)
        with jax.log_compiles():
            np.testing.assert_allclose(program.run({"x": x})["reverse:x"], 3 * x * x)
        compiled.append(sum("Compiling" in record.message for record in caplog.records))
    assert compiled[0] > 0
    assert compiled == [compiled[0]] * 3


def test_further_graphs_run_in_the_same_program() -> None:
    problem, claim = read("x^2"), read("2*x").target.flat
    found = Program(problem.target.flat, ("x",), [("x",)], {"claim:0": claim}, "float64", False).run({"x": X})
    np.testing.assert_array_equal(found["claim:0"], 2 * X)


def test_only_the_modes_asked_for_are_run() -> None:
    assert set(run("x^2", modes=("reverse",))) == {"primal", "reverse:x"}


def test_an_expression_runs_as_it_was_written() -> None:
    """x/x is not 1, and (x + 1e20) - 1e20 is not x."""
    found = run("x/x", {"x": np.array([0.0])})
    assert np.isnan(found["primal"][0])
    assert run("(x + 1e20) - 1e20", {"x": np.array([3.0])})["primal"][0] == 0.0


@pytest.mark.parametrize(("literal", "rounded"), [("0.1", 0.1), ("1e400", np.inf), ("-1e400", -np.inf), ("1e-400", 0.0), ("1/3", 1 / 3)])
def test_a_literal_is_rounded_once(literal: str, rounded: float) -> None:
    assert run(f"max(min(x, 0), 0) + {literal}", {"x": np.array([1.0])})["primal"][0] == rounded


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_single_precision_is_single_throughout(compiled: bool) -> None:
    found = run("sin(x)/3 + 0.1", compiled=compiled, dtype="float32")
    assert {values.dtype for values in found.values()} == {np.dtype("float32")}
    np.testing.assert_allclose(found["reverse:x"], np.cos(X) / 3, rtol=1e-6)


def test_jax_keeps_the_setting_it_had() -> None:
    before = jax.config.jax_enable_x64
    run("x^2")
    assert jax.config.jax_enable_x64 == before
    assert jnp.asarray(1.0).dtype == (jnp.float64 if before else jnp.float32)


# What JAX lacks


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "jit"])
def test_a_function_that_jax_lacks_is_said(compiled: bool) -> None:
    found = run("LambertW(x)", {"x": np.array([1.0])}, compiled=compiled)
    for key in ("primal", "forward:x", "reverse:x"):
        assert isinstance(found[key], UnsupportedError)
        assert "lambertw" in found[key].reason


def test_a_derivative_that_jax_lacks_does_not_take_the_others_along() -> None:
    """JAX wants the order of polygamma as a Python integer: it cannot move."""
    found = run("polygamma(n, x)", {"n": np.array([1.0]), "x": np.array([2.0])})
    assert isinstance(found["reverse:n"], UnsupportedError)
    assert np.isfinite(found["primal"]).all()
    assert np.isfinite(found["reverse:x"]).all()


# relu, the project's own custom_vjp


def test_relu_saves_the_mask_and_pulls_the_cotangent_back_through_it() -> None:
    with jax.enable_x64(True):
        x = jnp.array([-2.0, -0.0, 0.0, 1e-300, 3.0])
        y, residual = relu_forward(x)
        assert residual.dtype == jnp.bool_
        np.testing.assert_array_equal(y, [0, 0, 0, 1e-300, 3])
        np.testing.assert_array_equal(residual, [False, False, False, True, True])
        (cotangent,) = relu_backward(residual, jnp.array([7.0, 7.0, 7.0, 7.0, jnp.nan]))
    np.testing.assert_array_equal(cotangent, [0, 0, 0, 7, np.nan])


def test_a_cotangent_of_nan_does_not_pass_a_closed_gate() -> None:
    (cotangent,) = relu_backward(jnp.array([False]), jnp.array([jnp.nan]))
    assert cotangent[0] == 0


def test_relu_has_the_slopes_of_jax_nn_relu() -> None:
    x = jnp.linspace(-2, 2, 9)
    ours, theirs = (jax.vmap(jax.grad(f))(x) for f in (relu, jax.nn.relu))
    np.testing.assert_array_equal(ours, theirs)
    assert jax.grad(relu)(0.0) == 0.0


def test_relu_works_inside_other_transformations() -> None:
    assert jax.jit(jax.grad(lambda x: relu(x) ** 2))(3.0) == 6.0
    assert jax.grad(jax.grad(lambda x: relu(x) ** 3))(2.0) == 12.0


@pytest.mark.parametrize("text", ["relu(x)", "relu(relu(x)*x) - relu(-x)"])
def test_both_modes_of_relu_agree_in_a_program(text: str) -> None:
    found = run(text, {"x": np.array([-1.5, 0.0, 2.5])})
    np.testing.assert_array_equal(found["forward:x"], found["reverse:x"])


def test_constants_are_exact_rationals_until_they_are_rounded() -> None:
    problem = read("x*0.3")
    assert Fraction(3, 10) in [getattr(node, "value", None) for node in problem.target.flat.nodes]


@pytest.mark.parametrize("point", ["2", "1e-200"])
def test_a_negative_integer_exponent_is_a_literal_for_jax_too(point: str) -> None:
    """A compiled program knows the exponent before it runs, and so does a lifted one, which tells why the value is infinite."""
    (sample,) = check("x^(-2) + 1/x", point).samples
    assert [result.outcome for result in sample.results] == [Outcome.PASS] * 3
