"""A JAX function is judged in the format of its program: that of its arrays, or the coarsest to which it rounds on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from command_line import diffcheck as command
from jax import Array, lax

from diffcheck import check
from diffcheck.errors import InputError
from diffcheck.results import Outcome, Verdict

SINGLE = jnp.array([0.3, 0.7], jnp.float32)


def energy(x: Array) -> Array:
    return jnp.sum(jnp.sin(x) ** 2)


def mixed(x: Array, w: Array) -> Array:
    """A float32 model whose product is one of bfloat16."""
    return jnp.sum(jnp.tanh((x.astype(jnp.bfloat16) @ w.astype(jnp.bfloat16)).astype(jnp.float32)))


@jax.custom_vjp
def square(x: Array) -> Array:
    return x * x


square.defvjp(lambda x: (x * x, x), lambda x, g: (2.01 * x * g,))


@pytest.mark.parametrize(
    ("at", "dtype"),
    [
        (SINGLE, "float32"),
        (np.array([0.3, 0.7]), "float64"),
        (np.array([0.3, 0.7], np.float32), "float32"),
        (SINGLE.astype(jnp.bfloat16), "bfloat16"),
        (SINGLE.astype(jnp.float16), "float16"),
        (0.3, "float64"),
        ("x=[0.3,0.7]", "float64"),
    ],
)
def test_arrays_keep_their_format(at: Any, dtype: str) -> None:
    report = check(energy, at)
    assert (report.header.dtype, report.outcome) == (dtype, Outcome.PASS)


@pytest.mark.parametrize("other", [0.1, np.array([0.1, 0.2])], ids=["number", "NumPy"])
def test_what_stands_beside_arrays_of_jax_takes_their_format(other: Any) -> None:
    report = check(lambda x, c: jnp.sum(x * c), (SINGLE, other))
    assert report.header.dtype == "float32"
    assert {result.verdict for sample in report.samples for result in sample.results} == {Verdict.EXACT}


def test_a_format_that_is_given_is_that_of_all_floats() -> None:
    assert check(energy, SINGLE, dtype="float64").header.dtype == "float64"
    assert check(energy, np.array([0.3, 0.7]), dtype="bfloat16").header.dtype == "bfloat16"


def test_mixed_precision_is_judged_by_the_coarsest_format_on_the_way() -> None:
    at = (SINGLE, jnp.full((2, 2), 0.3, jnp.float32))
    report = check(mixed, at)
    assert (report.header.dtype, report.outcome) == ("bfloat16", Outcome.PASS)
    assert "it takes float32, and is judged in bfloat16, the coarsest format on its way" in report.header.program
    assert check(mixed, at, dtype="float64").outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("function", "dtype"),
    [
        (lambda x: jnp.sum(jnp.sin(lax.reduce_precision(x, 8, 7)) ** 2), "bfloat16"),
        (lambda x: lax.reduce_precision(jnp.sin(x), 8, 23).sum(), "float32"),
        (lambda x: lax.dot(x.astype(jnp.float32), x.astype(jnp.float32), preferred_element_type=jnp.bfloat16), "bfloat16"),
        (lambda x: jnp.real(jnp.exp((1j * x).astype(jnp.complex64)).astype(complex) * x).sum(), "float32"),
    ],
    ids=["digits cut off", "digits of single precision", "a product of a narrower type", "complex numbers"],
)
def test_whatever_rounds_to_fewer_digits_counts(function: Any, dtype: str) -> None:
    report = check(function, np.array([0.3, 0.7]))
    assert (report.header.dtype, report.outcome) == (dtype, Outcome.PASS)


def test_a_format_that_has_no_verdicts_is_a_sentence() -> None:
    def quantised(x: Array) -> Array:
        return jnp.sum(x.astype(jnp.float8_e4m3fn).astype(x.dtype) ** 2)

    with pytest.raises(InputError, match=r"quantised rounds to float8_e4m3fn on the way") as raised:
        check(quantised, SINGLE)
    assert "--dtype" in str(raised.value)
    assert check(quantised, SINGLE, dtype="bfloat16").header.dtype == "bfloat16"


def test_a_wrong_rule_is_found_among_few_digits() -> None:
    report = check(lambda x: jnp.sum(square(x.astype(jnp.bfloat16)).astype(jnp.float32)), SINGLE)
    assert {result.verdict for sample in report.samples for result in sample.results if result.value is not None} == {Verdict.WRONG}


def test_a_large_model_keeps_its_format() -> None:
    w = jax.random.normal(jax.random.PRNGKey(0), (24, 24), jnp.float32) / 5
    assert check(lambda w: jnp.sum(jnp.tanh(w @ w)), w).header.dtype == "float32"
    report = check(lambda w: jnp.sum((w.astype(jnp.bfloat16) @ w.astype(jnp.bfloat16)).astype(jnp.float32)), w)
    assert (report.header.dtype, report.outcome) == ("bfloat16", Outcome.PASS)


def test_the_command_takes_objects_as_their_files_make_them(tmp_path: Path) -> None:
    model = tmp_path / "model.py"
    model.write_text(
        "import jax.numpy as jnp\nX = jnp.array([0.3, 0.7])\ndef f(x):\n    return jnp.sum(jnp.sin(x) ** 2)\n", encoding="utf-8"
    )
    for words, dtype in (([], "float32"), (["--dtype", "float64"], "float64")):
        done = command("check-jax", f"{model}:f", "--at", f"{model}:X", "--format", "json", *words)
        assert (done.code, f'"dtype":"{dtype}"' in done.stdout.replace(" ", "")) == (0, True), done.stderr
