"""Primitives that are programs of simpler ones: their exact values are JAX's, and so are their derivatives, by graphs and on arrays."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax_programs import assert_lifts
from linear_families import ON_ARRAYS_ONLY, PROGRAMS, WITHOUT_DERIVATIVES, Family
from test_arrays import LINE, _floating, _followed, _gradient
from test_jaxpr_primitives import _floats, _primitives

from diffcheck.engines.certified.arrays import floats_of
from diffcheck.engines.jax.lift.meanings import MEANINGS
from diffcheck.engines.jax.lift.pairs import PAIRS
from diffcheck.engines.jax.lift.spectral import SPECTRAL
from diffcheck.engines.jax.lift.windows import WINDOWS


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
