"""Programs followed on arrays of balls: values and derivatives of every primitive, and large Jacobians judged at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flint import arb
from jax import lax
from test_jaxpr_primitives import FAMILIES, V, _primitives

from diffcheck import check
from diffcheck.checks.rules.lines import weighted
from diffcheck.engines.certified import certify, scope
from diffcheck.engines.certified.arrays import BITS, Arrays, Undecided, balls_of, floats_of
from diffcheck.engines.jax.lift import lift_arrays
from diffcheck.engines.jax.lift.follower import ARITHMETIC, CONTROL, follow
from diffcheck.engines.jax.lift.moves import IDENTITIES, MOVES
from diffcheck.engines.jax.undecorated import without
from diffcheck.errors import InputError
from diffcheck.results import Findings, Outcome, Verdict

Family = Callable[[V, V], list[V]]
LINE = np.array([-0.7, 1.3, 2.5]), np.array([0.4, 1.2, 1.75])
PLANE = np.array([[0.3, -0.7, 1.1], [0.45, 0.6, -1.4]]), np.array([[0.9, 0.2, 0.7], [1.3, 0.55, 0.8]])


def windows(x: V, y: V) -> list[V]:
    image, kernel = x[None, :, :, None], y.reshape(1, 2, 1, 3)
    numbers = ("NHWC", "HWIO", "NHWC")
    strided = lax.conv_general_dilated(image, kernel, (1, 2), [(1, 0), (1, 2)], (1, 2), (1, 1), numbers)
    grouped = lax.conv_general_dilated(x.reshape(1, 2, 3), y.reshape(2, 1, 3), (1,), "SAME", feature_group_count=2)
    kinds = ((-jnp.inf, lax.max), (jnp.inf, lax.min), (0.0, lax.add))
    pools = [lax.reduce_window(x, start, op, (2, 2), (1, 1), "SAME") for start, op in kinds]
    return [strided, grouped, *pools]


def orders(x: V, y: V) -> list[V]:
    return [lax.sort(x), lax.sort(x, dimension=0), *lax.sort((x, y), num_keys=1), x[jnp.argmax(x, 0), 0], x[1, jnp.argmin(x[1])]]


def updates(x: V, y: V) -> list[V]:
    at = x.at[0, np.array([0, 2])]
    twice = x.at[0, np.zeros(4, int)].add(y[0, 0])
    return [twice, at.set(y[0, :2]), at.add(y[0, :2]), at.multiply(y[0, :2], unique_indices=True), at.min(y[0, :2]), at.max(y[0, :2])]


def random_numbers(x: V, y: V) -> list[V]:
    key = jax.random.key(7)
    return [jnp.where(jax.random.bernoulli(key, 0.5, x.shape), x, 0.0), x * jax.random.normal(key, x.shape)]


def masks(x: V, y: V) -> list[V]:
    return [jax.nn.softmax(jnp.where(np.tri(2, 3, dtype=bool), x, -jnp.inf)), jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1.0)), y)]


def pool_of_slopes(x: V, y: V) -> list[V]:
    def pooled(v: V) -> V:
        return lax.reduce_window(v, -jnp.inf, lax.max, (2, 2), (1, 1), "VALID")

    return [jax.vjp(pooled, x)[1](y[:1, :2])[0], jax.jvp(pooled, (x,), (y,))[1]]


ON_ARRAYS = [*FAMILIES, pool_of_slopes, windows, orders, updates, random_numbers, masks]
LEFT_OUT = {"bits_of_the_sign", "comparisons"}  # bits of floats that depend on the input are not followed; conditions have no slope


def _followed(program: Callable[..., Any], *leaves: Any) -> tuple[Arrays, list[Any], list[Any]]:
    arrays = Arrays()
    with jax.enable_x64(True):
        closed = without(jax.make_jaxpr(program)(*leaves))
    with scope(BITS):
        inputs = [arrays.input(np.asarray(leaf)) for leaf in leaves]
        return arrays, inputs, [arrays.known(each) for each in follow(closed, inputs, arrays)]


def _gradient(program: Callable[..., Any], *leaves: Any, weights: Sequence[Any]) -> list[Any]:
    arrays, inputs, outputs = _followed(program, *leaves)
    with scope(BITS):
        pairs = [(o.variable, balls_of(w)) for o, w in zip(outputs, weights, strict=True) if o.variable is not None]
        return arrays.tape.pull(pairs, [each.variable for each in inputs])


def _floating(family: Family) -> Callable[..., list[V]]:
    return lambda x, y: [each for each in family(x, y) if jnp.issubdtype(each.dtype, jnp.floating)]


@pytest.mark.parametrize("family", [each for each in ON_ARRAYS if each.__name__ not in LEFT_OUT], ids=lambda family: family.__name__)
def test_values_and_derivatives_are_those_of_jax(family: Family) -> None:
    program, point = _floating(family), (LINE if family in FAMILIES else PLANE)
    generator = np.random.default_rng(1)
    with jax.enable_x64(True):
        values = [np.asarray(value) for value in program(*map(jnp.asarray, point))]
    weights = [generator.choice([-1.0, 0.5, 2.0], value.shape) for value in values]
    expected = _entry_by_entry(program, point, values, weights) if family in FAMILIES else _by_jax(program, point, weights)
    _, _, outputs = _followed(program, *point)
    for mine, theirs in zip(outputs, values, strict=True):
        np.testing.assert_allclose(floats_of(mine.entries), theirs, rtol=1e-12, atol=1e-14)
    for mine, theirs in zip(_gradient(program, *point, weights=weights), expected, strict=True):
        np.testing.assert_allclose(0.0 if mine is None else floats_of(mine), theirs, rtol=1e-11, atol=1e-13)


def _by_jax(program: Callable[..., Any], point: Sequence[Any], weights: list[Any]) -> Any:
    with jax.enable_x64(True):
        return jax.vjp(program, *point)[1]([jnp.asarray(w) for w in weights])


def _entry_by_entry(program: Callable[..., Any], point: Sequence[Any], values: list[Any], weights: list[Any]) -> list[Any]:
    """The same by graphs of scalars, each entry certified by itself; without those that have no value, which do not depend on anything."""
    arrays = zip(lift_arrays(program, dict(zip("xy", point, strict=True))), values, weights, strict=True)
    terms = [term for array in arrays for term in zip(*map(np.ravel, array), strict=True) if np.isfinite(term[1])]
    total = weighted([graph for graph, _, _ in terms], [float(weight) for _, _, weight in terms])
    coordinates = {f"{name}[{i}]": float(v) for name, array in zip("xy", point, strict=True) for i, v in enumerate(array)}

    def slope(name: str) -> float:
        derivative = certify(total, coordinates, name).derivative if name in total.variables else None
        return 0.0 if name not in total.variables else float(derivative) if derivative is not None else np.nan

    return [np.array([slope(f"{name}[{i}]") for i in range(len(array))]) for name, array in zip("xy", point, strict=True)]


def test_every_primitive_that_is_followed_is_in_a_family() -> None:
    used: set[str] = set()
    for family in ON_ARRAYS:
        with jax.enable_x64(True):
            used |= {name for name, _ in _primitives(jax.make_jaxpr(family)(*(LINE if family in FAMILIES else PLANE)).jaxpr)}
    assert {*MOVES, *ARITHMETIC, *CONTROL} - set(IDENTITIES) - used <= {"copy_p"}


# Judged at once


def _report(program: Callable[..., Any], *at: Any, **options: Any) -> Findings:
    return check(program, at, lint=False, **options)


def _of(report: Findings, name: str) -> tuple[Outcome | None, str]:
    return next((each.outcome, each.detail) for each in report.checks if each.name == name)


def _results(report: Findings, wrt: str) -> list[Verdict]:
    return [result.verdict for sample in report.samples if sample.wrt == wrt for result in sample.results if result.engine == "automatic"]


RANDOM = np.random.default_rng(5)
INPUTS, LABELS = RANDOM.standard_normal((6, 12)), RANDOM.integers(0, 5, 6)
PARAMETERS = {
    "first": {"kernel": RANDOM.standard_normal((12, 30)) / 3, "bias": RANDOM.standard_normal(30) / 9},
    "second": {"kernel": RANDOM.standard_normal((30, 5)) / 5, "bias": np.zeros(5)},
}


def _loss(activation: Callable[[V], V], dense: Callable[[V, V], V] = jnp.matmul) -> Callable[[Any], V]:
    def loss(params: Any) -> V:
        first, second = params["first"], params["second"]
        hidden = activation(dense(jnp.asarray(INPUTS, first["kernel"].dtype), first["kernel"]) + first["bias"])
        logits = hidden @ second["kernel"] + second["bias"]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), LABELS[:, None], 1).mean()

    return loss


def _ruled(primal: Callable[..., V], backward: Callable[..., Any]) -> Any:
    function = jax.custom_vjp(primal)
    function.defvjp(lambda *x: (primal(*x), x), backward)
    return function


@pytest.mark.parametrize("activation", [jnp.tanh, jax.nn.relu, jax.nn.gelu, jax.nn.softplus, jnp.abs])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_every_entry_of_a_right_gradient_is_proved(activation: Callable[[V], V], dtype: str) -> None:
    report = _report(_loss(activation), jax.tree.map(lambda leaf: leaf.astype(dtype), PARAMETERS), dtype=dtype)
    outcome, said = _of(report, "entries")
    assert outcome is Outcome.PASS
    assert said.startswith("all 545 entries are proved")
    assert _of(report, "directions")[0] is Outcome.PASS
    assert report.tally.outcomes.keys() == {Outcome.PASS}


def _one_wrong(saved: Any, cotangent: V) -> Any:
    x, w = saved
    return cotangent @ w.T, (x.T @ cotangent).at[3, 17].multiply(1 + 1e-6)


def test_one_wrong_entry_is_found_and_named_with_its_rule() -> None:
    report = _report(_loss(jnp.tanh, _ruled(jnp.matmul, _one_wrong)), PARAMETERS)
    assert _of(report, "entries")[0] is Outcome.FAIL
    assert _of(report, "entries")[1].startswith("1 of 545 entries is wrong")
    (wrong,) = [sample for sample in report.samples if sample.outcome is Outcome.FAIL]
    assert wrong.wrt == "params['first']['kernel'][3,17]"
    (result,) = [result for result in wrong.results if result.mode == "reverse"]
    assert result.verdict is Verdict.WRONG
    assert "`_one_wrong` (test_arrays.py:" in result.reason


def test_an_entry_that_is_off_by_less_than_the_rounding_of_constants_is_named() -> None:
    parameters = jax.tree.map(lambda leaf: leaf.astype("float32"), PARAMETERS)

    def nearly(saved: Any, cotangent: V) -> Any:
        return cotangent @ saved[1].T, (saved[0].T @ cotangent).at[3, 17].multiply(1 + 2e-7)

    outcome, said = _of(_report(_loss(jnp.tanh, _ruled(jnp.matmul, nearly)), parameters, dtype="float32"), "entries")
    assert outcome is Outcome.WARN
    assert said.endswith("unlike the others of their argument, it is not exact at params['first']['kernel'][3,17]")


def test_a_leaf_that_is_wrong_is_found_however_little_it_moves_the_result() -> None:
    scaled = _ruled(lambda b: b * 1e-9, lambda saved, cotangent: (cotangent * 2e-9,))

    def loss(params: Any) -> V:
        return _loss(jnp.tanh)(params["net"]) + scaled(params["tiny"]).sum()

    report = _report(loss, {"net": PARAMETERS, "tiny": np.ones(3)})
    assert _of(report, "entries")[1].startswith("3 of 548 entries are wrong")
    assert all(_results(report, f"params['tiny'][{k}]").count(Verdict.WRONG) == 1 for k in range(3))


def test_a_wrong_forward_rule_is_found_by_halves() -> None:
    @jax.custom_jvp
    def halved(x: V) -> V:
        return x.sum() / 2

    halved.defjvp(lambda primals, tangents: (halved(*primals), (tangents[0] * jnp.where(jnp.arange(500) == 321, 0.25, 0.5)).sum()))
    report = _report(lambda x: halved(x) + jnp.sin(x).sum(), np.linspace(0, 1, 500))
    assert _of(report, "directions")[0] is Outcome.FAIL
    assert _results(report, "x[321]") == [Verdict.WRONG, Verdict.WRONG]


def test_rows_that_are_too_many_are_combined() -> None:
    matrix = RANDOM.standard_normal((3000, 400)).astype(np.float64)
    doubled = _ruled(jnp.matmul, lambda saved, c: (jnp.outer(c, saved[1]), (saved[0].T @ c) * jnp.where(jnp.arange(400) == 7, 2.0, 1.0)))
    report = _report(lambda x: doubled(matrix, x), RANDOM.standard_normal(400))
    assert _of(report, "combined")[0] is Outcome.FAIL
    assert Verdict.WRONG in _results(report, "x[7]")


def test_at_ties_values_lie_between_the_slopes_of_both_sides() -> None:
    report = _report(lambda p: jax.nn.relu(p["x"] @ p["w"]).sum(), {"x": np.ones((2, 20)), "w": np.zeros((20, 25))})
    outcome, said = _of(report, "entries")
    assert outcome is Outcome.PASS
    assert "500 of them lie at ties (tie at entry [0,0] of max (test_arrays.py:" in said


def test_beyond_both_sides_of_a_tie_a_value_is_wrong() -> None:
    steep = _ruled(lambda x: jnp.maximum(x, 0.0), lambda saved, cotangent: (jnp.where(saved[0] == 0, 1.5, saved[0] > 0) * cotangent,))
    report = _report(lambda x: steep(x).sum(), np.concatenate([[0.0], np.linspace(-1, 1, 500)]))
    assert _of(report, "entries")[0] is Outcome.FAIL
    assert _results(report, "x[0]") == [Verdict.OUTSIDE]


def test_a_tie_that_makes_no_difference_is_proved_to_make_none() -> None:
    report = _report(lambda x: jax.nn.logsumexp(x) + jax.nn.log_softmax(x)[3], np.zeros(450))
    assert "ties" not in _of(report, "entries")[1]
    assert {sample.status.value for sample in report.samples} == {"smooth"}


def test_what_is_not_followed_is_judged_as_before() -> None:
    report = _report(lambda a: jnp.linalg.slogdet(a)[1], RANDOM.standard_normal((21, 21)) + 5 * np.eye(21))
    assert [each.name for each in report.checks if each.name in ("entries", "directions")] == []
    assert all(sample.status.value == "undecided" for sample in report.samples)


def test_sums_of_matrices_and_their_transposes_agree_with_floats() -> None:
    arrays, (x, w), (out,) = _followed(lambda x, w: jnp.tanh(x @ w).sum(), RANDOM.standard_normal((4, 3)), RANDOM.standard_normal((3, 5)))
    v, u = RANDOM.standard_normal((4, 3)), RANDOM.standard_normal((3, 5))
    with scope(BITS):
        (pushed,) = arrays.tape.push({x.variable: balls_of(v), w.variable: balls_of(u)}, [out.variable])
        of_x, of_w = arrays.tape.pull([(out.variable, balls_of(np.ones(())))], [x.variable, w.variable])
        away = pushed.item() - (of_x * balls_of(v)).sum() - (of_w * balls_of(u)).sum()
    assert isinstance(away, arb)
    assert away.contains(0)
    assert away.rad() < 1e-30


def test_an_index_that_depends_on_a_tie_is_not_decided() -> None:
    with pytest.raises(Undecided):
        _followed(lambda x: x[jnp.argmax(x)], np.array([1.0, 1.0, 0.0]))


@pytest.mark.parametrize(("entries", "shown"), [(None, 12), (50, 60), ("all", 900)])
def test_as_many_entries_are_shown_as_are_wanted(entries: int | str | None, shown: int) -> None:
    report = check(lambda w: jnp.sum(jnp.tanh(w @ w)), jax.random.normal(jax.random.PRNGKey(1), (30, 30)) / 5, entries=entries)
    assert report.outcome is Outcome.PASS
    assert (shown - 12) <= len(report.samples) <= shown


@pytest.mark.parametrize("entries", ["some", 0, True])
def test_a_number_of_entries_is_one(entries: Any) -> None:
    with pytest.raises(InputError, match="number"):
        check(jnp.sin, 1.0, entries=entries)
