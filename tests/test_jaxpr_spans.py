"""Operations of JAX's derivative program know the piece of the user's text that they come from."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from diffcheck.checks.expression import Check
from diffcheck.engines.jax import scoped
from diffcheck.engines.jax.lift import lift, scope
from diffcheck.graph.graph import Apply
from diffcheck.language.syntax import Span


def _pieces(text: str, mode: str, function: str) -> set[str]:
    """What the text says where the operations of JAX's derivative that are this function come from."""
    graph = Check(text).program.derivative(mode, ("x",))
    spans = [span for node, span in zip(graph.nodes, graph.spans, strict=True) if isinstance(node, Apply) and node.function == function]
    return {text[span.start : span.end] if span else "" for span in spans}


@pytest.mark.parametrize("mode", ["forward", "reverse"])
@pytest.mark.parametrize(
    ("text", "function", "piece"),
    [
        ("x + (1 - cos(x))/x^2", "cos", "cos(x)"),
        ("x + (1 - cos(x))/x^2", "divide", "(1 - cos(x))/x^2"),
        ("f(x) = x*sqrt(x); f(f(x)) + exp(x)", "sqrt", "sqrt(x)"),
        ("exp(x)*relu(x)", "greater", "relu(x)"),  # a custom rule
        ("sin(x)*softplus(2x)", "exp", "softplus(2x)"),  # a custom_jvp in a jit
        ("exp(x)*unsinc(2x)", "sin", "unsinc(2x)"),  # jit in jit
        ("exp(x) + gamma(x)", "digamma", "gamma(x)"),
        ("exp(x) + besselj0(x)", "subtract", "besselj0(x)"),  # loops
    ],
)
def test_an_operation_comes_from_the_piece_of_text_that_needs_it(mode: str, text: str, function: str, piece: str) -> None:
    assert _pieces(text, mode, function) == {piece}


def test_what_is_run_is_traced_without_scopes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoped, "scope", pytest.fail)
    found = Check("sin(x)").program.run({"x": np.zeros(1)})
    assert found["reverse:x"] == [1]


def test_the_innermost_scope_counts_and_a_called_program_inherits_it() -> None:
    def program(x: jax.Array) -> jax.Array:
        with scope(Span(0, 9)):
            y = jax.numpy.sinh(x)
            with scope(Span(3, 5)):
                return jax.jit(jax.checkpoint(lambda z: jax.numpy.tanh(z)))(y)

    graph = lift(program, ["x"], "float64")
    spans = {node.function: span for node, span in zip(graph.nodes, graph.spans, strict=True) if isinstance(node, Apply)}
    assert spans == {"sinh": Span(0, 9), "tanh": Span(3, 5)}


def test_operations_outside_a_scope_come_from_nowhere() -> None:
    graph = lift(lambda x: x * x, ["x"], "float64")
    assert graph.spans[-1] is None
