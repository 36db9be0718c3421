"""Primitives that are programs of simpler ones: their exact values are JAX's, and so are their derivatives, by graphs and on arrays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from jax_programs import assert_lifts
from linear_families import ON_ARRAYS_ONLY, PROGRAMS, WITHOUT_DERIVATIVES, Family, V, kernels
from test_arrays import LINE, _floating, _followed, _gradient
from test_jaxpr_primitives import _floats, _primitives

from diffcheck import check
from diffcheck.engines.certified.arrays import floats_of
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.engines.jax.lift.meanings import MEANINGS
from diffcheck.engines.jax.lift.pairs import PAIRS
from diffcheck.engines.jax.lift.spectral import SPECTRAL
from diffcheck.engines.jax.lift.windows import WINDOWS
from diffcheck.errors import UnsupportedError
from diffcheck.results import Outcome, Status, Verdict


def _named(family: Family) -> str:
    return family.__name__


@pytest.mark.parametrize("family", PROGRAMS, ids=_named)
def test_exact_values_are_those_that_jax_computes(family: Family) -> None:
    assert_lifts(_floats(family), *LINE)


@pytest.mark.parametrize("family", [*PROGRAMS, *ON_ARRAYS_ONLY], ids=_named)
def test_values_and_derivatives_on_arrays_are_those_of_jax(family: Family) -> None:
    program = _floating(family)
    with jax.enable_x64(True):
        values = [np.asarray(value) for value in jax.jit(program)(*LINE)]
    for mine, theirs in zip(_followed(program, *LINE)[2], values, strict=True):
        np.testing.assert_allclose(floats_of(mine.entries), theirs, rtol=1e-12, atol=1e-13)
    if family in WITHOUT_DERIVATIVES:
        return
    generator = np.random.default_rng(1)
    weights = [generator.choice([-1.0, 0.5, 2.0], value.shape) for value in values]
    with jax.enable_x64(True):
        slopes = jax.jit(lambda *point: jax.vjp(program, *point)[1]([jnp.asarray(w) for w in weights]))(*LINE)
    for mine, theirs in zip(_gradient(program, *LINE, weights=weights), slopes, strict=True):
        np.testing.assert_allclose(0.0 if mine is None else floats_of(mine), theirs, rtol=1e-11, atol=1e-11)


def test_every_row_is_in_a_family() -> None:
    with jax.enable_x64(True):
        used = {name for f in [*PROGRAMS, *ON_ARRAYS_ONLY] for name, _ in _primitives(jax.make_jaxpr(_floats(f))(*LINE).jaxpr)}
    assert {*MEANINGS, *PAIRS, *SPECTRAL, *WINDOWS} - used == set()


def test_what_the_documents_call_not_lifted_has_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "docs")
    from lifted_page import KINDS, NOT_LIFTED

    lifted = {name for _, names in KINDS.values() for name in names} - {"bitcast_convert_type"}  # that of a sign is
    assert {name for names in NOT_LIFTED for name in names} & lifted == set()


# Through the public interface


def _newton(y: V) -> V:
    return lax.while_loop(lambda s: abs(s * s - y) > 1e-12, lambda s: (s + y / s) / 2, y)


def _eigenvalues(m: V, factor: float) -> V:
    values = jax.custom_vjp(lambda a: jnp.linalg.eigvalsh(a))
    values.defvjp(lambda a: (jnp.linalg.eigvalsh(a), jnp.linalg.eigh(a)[1]), lambda v, g: (factor * (v * g) @ v.T,))
    return values(m)


def _dropped(x: V, seed: int) -> V:
    def masked(v: V, key: int) -> V:
        return jnp.where(jax.random.bernoulli(jax.random.key(key), 0.5, v.shape), 2 * v, 0.0)

    dropout = jax.custom_vjp(lambda v: masked(v, 1))
    dropout.defvjp(lambda v: (masked(v, 1), None), lambda saved, g: (masked(g, seed),))
    return dropout(x)


MATRIX = np.array([[2.0, 0.5], [0.5, 1.0]])


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (lambda m: _eigenvalues(m, 1.0), MATRIX), (lambda x: _dropped(x, 1), np.arange(1.0, 9.0)), (_newton, 3.0),
        (jnp.linalg.inv, MATRIX), (jnp.sort, np.array([1.0, 1.0, 2.0])), (lambda x: abs(jnp.fft.fft(x)), np.array([1.0, 2.0, 4.0])),
    ],
)  # fmt: skip
def test_what_is_right_is_proved(function: Callable[..., V], at: Any) -> None:
    report = check(function, at, lint=False)
    assert report.outcome is Outcome.PASS
    assert {sample.status for sample in report.samples} <= {Status.SMOOTH, Status.KINK}


@pytest.mark.parametrize(
    ("function", "at"),
    [(lambda m: _eigenvalues(m, 1 + 1e-6), MATRIX), (lambda x: _dropped(x, 2), np.arange(1.0, 9.0))],
)
def test_what_is_wrong_is_found(function: Callable[..., V], at: Any) -> None:
    report = check(function, at, lint=False)
    assert Verdict.WRONG in {result.verdict for sample in report.samples for result in sample.results}


def test_equal_eigenvalues_are_not_guessed() -> None:
    report = check(jnp.linalg.eigvalsh, np.eye(2), lint=False)
    assert {sample.status for sample in report.samples} == {Status.UNDECIDED}


def test_a_part_of_a_complex_number_that_is_not_lifted_is_no_zero() -> None:
    def f(x: V) -> V:
        found: V = jax.pure_callback(lambda v: np.asarray(v) * 1j, jax.ShapeDtypeStruct((), complex), x)
        return found.imag

    with pytest.raises(UnsupportedError, match="pure_callback"):
        lift_arrays(f, {"x": np.array(1.0)})


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (lambda x: x.at[()].set(2 * x) * jnp.zeros((), int).at[()].add(1), 0.3),
        (lambda x: jnp.sin(x).at[()].get() + x[()], 0.3),
        (lambda x: x[jnp.array([], int)].sum() + x.at[jnp.array([], int)].add(jnp.zeros(0)).sum(), np.array([0.3, 0.4])),
    ],
)
def test_arrays_without_a_dimension_and_without_entries_have_places_too(function: Any, at: Any) -> None:
    report = check(function, at)
    assert report.outcome is Outcome.PASS
    assert all(sample.enclosure is not None for sample in report.samples)


def test_a_kernel_that_is_interpreted_is_certified() -> None:
    report = check(lambda x, y: kernels(x, y)[1], (np.array([0.3, 0.4, 0.5]), np.array([1.0, 2.0, 3.0])))
    assert report.outcome is Outcome.PASS  # JAX has no reverse mode of kernels, and says so
    assert {sample.status for sample in report.samples} == {Status.SMOOTH}
    verdicts = {result.verdict for sample in report.samples for result in sample.results}
    assert Verdict.UNSUPPORTED in verdicts
    assert verdicts <= {Verdict.EXACT, Verdict.AGREES, Verdict.UNSUPPORTED}


@pytest.mark.parametrize("way", ["get", "add", "set", "max"])
@pytest.mark.parametrize("mode", ["clip", "fill", "promise_in_bounds"])
def test_indices_out_of_bounds_do_what_xla_does(mode: str, way: str) -> None:
    def family(x: V, y: V) -> list[V]:
        at = x.at[np.array([1, 7, -9])]
        return [at.get(mode=mode, fill_value=1.5) if way == "get" else getattr(at, way)(y * y, mode=mode)]

    assert_lifts(_floats(family), *LINE)


def test_an_index_out_of_bounds_has_no_derivative_by_reverse_mode() -> None:
    """XLA reads the last entry, and JAX drops what comes back to it."""
    (sample,) = check(lambda x: 3 * x[jnp.array([2])].sum(), np.array([0.5])).samples
    assert {result.value: result.verdict for result in sample.results} == {3.0: Verdict.EXACT, 0.0: Verdict.WRONG}


def test_the_real_part_of_a_transform_is_proved_on_arrays() -> None:
    """One zero stands for all imaginary parts that come back to it."""
    report = check(lambda x: jnp.fft.fft(x).real[:3], np.linspace(0.1, 1.0, 140))
    assert {sample.status for sample in report.samples} == {Status.SMOOTH}
    assert report.outcome in (Outcome.PASS, Outcome.WARN)
