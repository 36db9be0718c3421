"""How JAX functions are called: `at=` by the signature, `args=` and `kwargs=`, what is static, trees from files, and what is refused."""

from __future__ import annotations

import re
import threading
from collections import namedtuple
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from command_line import PASS, USAGE, diffcheck
from jax import Array

from diffcheck import Outcome, assert_derivative, check
from diffcheck.checks import function as function_checks
from diffcheck.errors import InputError, LostError, PointError, UserCodeError

Pair = namedtuple("Pair", "a b")  # noqa: PYI024  (what users have)


def optional(x: Any, target: Any = None, scale: Any = 1.0) -> Any:
    return scale * (x if target is None else x - target) ** 2


def keyword_only(x: Any, *, scale: Any) -> Any:
    return x * scale


def applied(variables: Any, *args: Any) -> Any:
    return variables["w"] * args[0] ** 2


def any_names(**given: Any) -> Any:
    return given["a"] * given["b"]


def by_position(x: Any, y: Any = 2.0, /) -> Any:
    return x * y


def polynomial(x: Any, n: int) -> Any:
    return sum(x**k for k in range(n))


def mode_of(x: Any, mode: Any) -> Any:
    return x**2 if mode in ("square", True, jnp.sin) else 2 * x


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def power(x: Any, n: Any) -> Any:
    return x**n


power.defvjp(lambda x, n: (x**n, x), lambda n, x, g: (g * n * x ** (n - 1),))


@jax.tree_util.register_pytree_node_class
class Model:
    """An Equinox module in small: an activation function is a leaf."""

    def __init__(self, w: Any, act: Any) -> None:
        self.w, self.act = w, act

    def tree_flatten(self) -> Any:
        return (self.w, self.act), None

    @classmethod
    def tree_unflatten(cls, aux: Any, children: Any) -> Model:
        return cls(*children)

    def __call__(self, x: Any) -> Any:
        return self.act(self.w * x)


@wraps(optional)
def wrapped(*args: Any, **kwargs: Any) -> Any:
    return optional(*args, **kwargs)


CALLS: list[tuple[Callable[..., Any], Any, tuple[str, ...]]] = [  # the function, the point, and what it is differentiated by
    (optional, 3.0, ("x",)),
    (optional, (3.0, 1.0), ("x", "target")),
    (optional, (3.0, None, 2.0), ("x", "scale")),
    (optional, {"x": 3.0, "scale": 1.5}, ("x", "scale")),
    (wrapped, (3.0, 1.0), ("x", "target")),
    (partial(optional, scale=2.0), (3.0, 1.0), ("x", "target")),
    (keyword_only, {"scale": 2.0, "x": 3.0}, ("x", "scale")),
    (applied, ({"w": 2.0}, 3.0), ("variables['w']", "args[0]")),
    (any_names, {"a": 1.0, "b": 2.0}, ("a", "b")),
    (by_position, {"x": 3.0, "y": 1.5}, ("x", "y")),
    (jnp.maximum, (1.0, 2.0), ("x0", "x1")),
    (lambda *args, **kwargs: jnp.sin(args[0]), 1.0, ("args[0]",)),
    (lambda pair: pair[0] * pair[1], (1.0, 2.0), ("pair[0]", "pair[1]")),
    (lambda pair: pair.a * pair.b, Pair(1.0, 2.0), ("pair.a", "pair.b")),
    (lambda p: p["w"] * p["b"], {"w": 1.0, "b": 2.0}, ("p['w']", "p['b']")),
    (Model(2.0, jnp.tanh), 0.5, ("x",)),
    (Model(2.0, jnp.tanh).__call__, 0.5, ("x",)),
    (lambda model, x: model(x), (Model(0.5, jnp.tanh), 1.25), ("model[<flat index 0>]", "x")),
    (polynomial, (3.0, 4), ("x",)),
    (polynomial, "x=3,n=4", ("x",)),
    (mode_of, (3.0, "square"), ("x",)),
    (mode_of, (3.0, True), ("x",)),
    (mode_of, (3.0, jnp.sin), ("x",)),
    (lambda x, kind: x.astype(kind) * 2, (1.0, jnp.float32), ("x",)),
    (power, (2.0, 3), ("x",)),
    (power, (2.0, 3.0), ("x",)),
    (jax.jit(polynomial, static_argnums=-1), (3.0, 4), ("x",)),
    (jax.jit(lambda x, n: x ** int(n), static_argnames="n"), (3.0, 4.0), ("x",)),
    (jax.jit(lambda x, n: sum(x**k for k in range(n)), static_argnums=1), "x=3,n=4", ("x",)),
    (lambda x, y: x * y, (2, 3), ("x", "y")),  # integers are floats where there is no other
    (lambda x, table: x * table[1], (2.0, np.array([1, 2])), ("x",)),
    (lambda x: (x**2, "a note", 3), 3.0, ("x",)),
    (lambda x: x.sum() ** 2, np.array([1, 2], np.float16), ("x[0]", "x[1]")),
    (jnp.square, jnp.bfloat16(3.0), ("x",)),
]


@pytest.mark.parametrize(("function", "at", "by"), CALLS, ids=range(len(CALLS)))
def test_a_function_is_called_as_it_is_called(function: Callable[..., Any], at: Any, by: tuple[str, ...]) -> None:
    report = check(function, at, lint=False)
    assert report.outcome is Outcome.PASS
    assert {sample.wrt for sample in report.samples} == set(by)


@pytest.mark.parametrize("key", [jax.random.key(0), jax.random.PRNGKey(0)], ids=["typed", "raw"])
def test_a_key_stays_what_it_is(key: Any) -> None:
    (sample,) = check(lambda key, x: x * jax.random.normal(key), (key, 1.5)).samples
    assert (sample.wrt, sample.outcome) == ("x", Outcome.PASS)


def test_a_complex_number_is_two_variables_and_a_complex_result_two_results() -> None:
    report = check(lambda z: z * z, 1 + 2j)
    assert report.outcome is Outcome.PASS
    values = {(sample.output, sample.wrt): {result.value for result in sample.results} for sample in report.samples}
    assert values == {(".real", "z.real"): {2}, (".real", "z.imag"): {-4}, (".imag", "z.real"): {4}, (".imag", "z.imag"): {2}}


def test_args_and_kwargs_are_the_mixed_case() -> None:
    report = check(optional, args=(3.0,), kwargs={"scale": 1.5})
    assert (report.outcome, report.header.read_as) == (Outcome.PASS, "optional(x, scale) = scale*x^2")
    assert check(lambda p: p["x"] ** 2, args=({"x": 2.0},)).samples[0].wrt == "p['x']"
    assert_derivative(keyword_only, args=(3.0,), kwargs={"scale": 2.0}, seed=1)


def test_the_claim_and_the_other_function_are_called_in_the_same_way() -> None:
    assert_derivative(keyword_only, args=(3.0,), kwargs={"scale": 2.0}, claim=lambda x, *, scale: (scale, x))
    assert_derivative(keyword_only, args=(3.0,), kwargs={"scale": 2.0}, against=lambda x, *, scale: scale * x)
    assert_derivative(lambda x, n: x * n, (2.0, 3), claim="n", against="x*n")
    with pytest.raises(InputError, match="the formula uses n, which is no number at this point"):
        check(lambda x, n: x, (2.0, "text"), against="x*n")
    with pytest.raises(InputError, match="the function to judge against takes x, and keyword_only takes x, scale"):
        check(keyword_only, args=(3.0,), kwargs={"scale": 2.0}, against=lambda x: x)


def test_a_claim_may_hold_what_is_static() -> None:
    assert_derivative(lambda m: m["act"](m["w"]), {"w": 2.0, "act": jnp.sin}, claim=lambda m: {**m, "w": jnp.cos(m["w"])})


def test_what_is_static_is_named() -> None:
    program = check(lambda model, x, mode: model(x), (Model(2.0, jnp.tanh), 0.5, "train")).header.program
    assert program.endswith("; not differentiated by model[<flat index 1>] and mode: static, or no floats")


def test_static_values_of_one_function_are_told_apart() -> None:
    report = check(mode_of, [(3.0, "square"), (3.0, "line"), (3.0, jnp.sin)])
    assert [float(sample.enclosure) for sample in report.samples if sample.enclosure] == [6, 2, 6]


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        (optional, {"args": (1.0,), "kwargs": {"x": 2.0}}, "x is given twice"),
        (optional, {"args": (1.0, 2.0, 3.0, 4.0)}, "4 arguments are given by position, and the function takes 3"),
        (optional, {"kwargs": {"z": 1.0}}, "the function has no argument z"),
        (optional, {"at": {"x": 1.0, "z": 1.0}}, "the function has no argument z"),
        (keyword_only, {"args": (1.0,)}, "no value for scale"),
        (keyword_only, {"at": 1.0}, "does not say what each argument is"),
        (optional, {"at": 1.0, "args": (1.0,)}, "the point is given twice, by at= and by args= or kwargs="),
        (optional, {"args": 1.0}, "args= is a tuple of arguments"),
        (optional, {"at": "x=1,x=2"}, "x is given twice"),
        (optional, {"at": np.array([1.0, np.nan])}, "x[1] is NaN"),
        (lambda p: p["w"], {"at": {"w": np.array([[np.nan]])}}, "p['w'][0,0] is NaN"),
        (polynomial, {"at": "x=1,n=2.5"}, "n is an int, and 2.5 is not"),
        (lambda x, mode: x, {"args": ("a", "b")}, "no argument of f is a floating-point number"),
        (lambda x: jnp.round(x).astype(int), {"at": 1.0}, "f returns no floating-point number"),
        (lambda x: None, {"at": 1.0}, "f returns no floating-point number"),
        ("x^2", {"args": (1.0,)}, "args= is not for an expression"),
        (3.5, {"at": 1.0}, "3.5 is not an expression, nor a function"),
        (lambda x: jnp.outer(x, x).sum(), {"at": np.zeros(10_000_000)}, "f needs at least 762,9"),
    ],
)
def test_a_call_that_cannot_be_made_is_one_sentence(function: Any, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as raised:
        check(function, **given)
    assert said in raised.value.message
    assert "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("function", "at", "remedy"),
    [
        (lambda x, n: x**2 if n > 1 else x, (2.0, 3.0), "Make n static, by jax.jit(f, static_argnames='n')"),
        (lambda x, n: sum(x**k for k in range(n)), (2.0, 3.0), "Make n static"),
        (
            lambda x, n: x[n],
            (np.ones(3), 1.0),
            "as an integer, which JAX traces. Make n static, by an integer in its place; numbers that are",
        ),
        (lambda x, n: jnp.take(x, n), (np.ones(3), 1.0), "unless the argument is annotated as int (n: int)"),
        (lambda p: p["x"] ** int(p["n"]), {"x": 2.0, "n": 3.0}, "Make p['n'] static, by an integer in its place"),
        (lambda x: x if x > 0 else -x, 2.0, "Use jax.numpy, jax.lax.cond or jax.lax.fori_loop"),
        (np.sin, 2.0, "Use jax.numpy"),
    ],
)
def test_a_float_that_python_uses_is_named(function: Any, at: Any, remedy: str) -> None:
    with pytest.raises(UserCodeError) as raised:
        check(lambda *args: function(*args), at) if function is np.sin else check(function, at)
    assert remedy in raised.value.message
    assert "\n" not in raised.value.message


def test_what_jax_is_tracing_is_no_point() -> None:
    with pytest.raises(PointError, match="a value that JAX is tracing"):
        jax.jit(lambda x: check(jnp.sin, x))(1.0)


def test_a_call_goes_to_another_process() -> None:
    given: dict[str, Any] = {"args": (Model(2.0, jnp.tanh), jax.random.key(0)), "kwargs": {"mode": "train"}, "timeout": 60}
    report = check(lambda model, key, mode: model(jax.random.uniform(key)), **given)
    assert report.outcome is Outcome.PASS
    with pytest.raises(InputError, match="cannot be sent: TypeError"):
        check(lambda x, lock: x, args=(1.0, threading.Lock()), timeout=60)
    with pytest.raises(LostError, match="crashed: SIGKILL"):
        check(lambda x: __import__("os").kill(__import__("os").getpid(), 9), 1.0, timeout=60)
    with pytest.raises(UserCodeError, match="f raised SystemExit: 3"):
        check(lambda x: __import__("sys").exit(3), 1.0, timeout=60)


# The linter


@jax.custom_jvp
def mine(x: Any) -> Any:
    return jnp.sin(x)


mine.defjvp(lambda p, t: (mine(*p), jnp.cos(p[0]) * t[0]))


@pytest.mark.parametrize(
    ("function", "at", "is_linted"),
    [
        (jax.nn.log_sigmoid, 0.3, False),
        (jax.scipy.special.betaln, (2.0, 1.5), False),
        (jnp.linalg.solve, (np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([1.0, 2.0])), False),
        (mine, 1.0, True),
    ],
)
def test_the_linter_is_for_rules_that_are_not_jax_s_own(function: Any, at: Any, is_linted: bool) -> None:
    assert bool(check(function, at).checks) == is_linted


def test_the_linter_s_time_is_limited_unless_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_checks, "LINT_SECONDS", 0.0)
    details = [each.detail for each in check(mine, 1.0).checks]
    assert all("left out" in detail and "--lint" in detail for detail in details)
    assert not any("left out" in each.detail for each in check(mine, 1.0, lint=True).checks)


# The command line

MODEL = """
import jax, jax.numpy as jnp, numpy as np
def loss(params, x, *, scale=1.0):
    return scale * jnp.sum((x @ params["dense"]["kernel"] + params["dense"]["bias"]) ** 2)
def total(layers):
    return sum(jnp.sum(layer["w"]) ** 2 for layer in layers)
def make():
    return {"params": POINT[0], "x": np.ones(2), "scale": 2.0}
def broken():
    raise ValueError("no point today")
POINT = ({"dense": {"kernel": np.ones((2, 2)), "bias": np.zeros(2)}}, np.ones(2))
def big(x):
    return jnp.sum(jnp.outer(x, x))
"""


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "model.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("point", "read_as"), [("POINT", "loss(params, x) = "), ("make", "loss(params, x, scale) = ")])
def test_a_python_object_is_a_point(point: str, read_as: str, model: Path) -> None:
    found = diffcheck("check-jax", "model.py:loss", "--at", f"model.py:{point}")
    assert (found.code, found.stdout.partition(read_as)[0]) == (PASS, "read as: ")


def test_dotted_names_in_a_file_are_trees(model: Path) -> None:
    np.savez("loss.npz", **{"params.dense.kernel": np.ones((2, 2)), "params.dense.bias": np.zeros(2), "x": np.ones(2)})
    np.savez("total.npz", **{"layers.0.w": np.ones(2), "layers.1.w": np.ones(1)})
    assert diffcheck("check-jax", "model.py:loss", "--points", "loss.npz").code == PASS
    assert "d_total/d_layers[1]['w'][0]".replace("_", "") in diffcheck("check-jax", "model.py:total", "--points", "total.npz").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("loss", "--at", "model.py:nothing"), "model.py has no point 'nothing'"),
        (("loss", "--at", "model.py:broken"), "model.py:broken raised ValueError: no point today"),
        (("loss", "--at", "nowhere.py:make"), "there is no file nowhere.py"),
        (("loss", "--points", "twice.npz"), "'params.dense' is both an array and a tree of arrays"),
        (("big", "--random", "1", "--shape", "200000"), "big needs at least 305,17"),
        (("big", "--random", "1", "--shape", "100000,100000"), "random arrays of these shapes need 76,293 MB"),
    ],
)
def test_what_is_no_point_is_one_error(words: tuple[str, ...], said: str, model: Path) -> None:
    np.savez("twice.npz", **{"params.dense.bias": np.zeros(2), "params.dense": np.ones(2)})
    found = diffcheck("check-jax", f"model.py:{words[0]}", *words[1:])
    assert (found.code, found.stdout) == (USAGE, "")
    assert found.stderr.startswith(f"error: {said}")


def test_names_may_hold_blanks() -> None:
    report = check(lambda p: jnp.sum(p["dense layer"]["a kernel"] ** 2), {"dense layer": {"a kernel": np.array([0.5, 2.0])}})
    assert "dp['dense layer']['a kernel'][0] = " in str(report).replace("df/", "")
    hessian = check(lambda p: p["a b"] ** 2 * p["c"], {"a b": 2.0, "c": 3.0}, hessian=True)
    assert hessian.outcome is Outcome.PASS
    assert "d/dp['a b']" in str(hessian)


# What is differentiated by


def tuned(params: dict[str, Array], x: Array, scale: float) -> Array:
    return scale * jnp.sum(jnp.sin(x * params["w"]) + params["b"])


TUNED_AT = {"params": {"w": np.array([0.5, 2.0]), "b": np.array(1.0)}, "x": np.array([1.0, 3.0]), "scale": 2.0}


@pytest.mark.parametrize(
    ("wrt", "columns"),
    [
        (["scale"], ["scale"]),
        ("scale", ["scale"]),
        (["params"], ["params['b']", "params['w'][0]", "params['w'][1]"]),
        (["x", "params['b']"], ["params['b']", "x[0]", "x[1]"]),
    ],
)
def test_a_function_is_differentiated_by_the_arguments_that_are_named(wrt: Any, columns: list[str]) -> None:
    report = check(tuned, at=TUNED_AT, wrt=wrt)
    assert sorted(sample.wrt for sample in report.samples) == columns
    assert report.outcome.value == "pass"
    assert "not asked for" in report.header.program


def test_orders_directions_and_claims_keep_to_the_arguments_that_are_named() -> None:
    hessian = check(tuned, at=TUNED_AT, wrt=["scale", "params['b']"], hessian=True)
    assert {sample.wrt for sample in hessian.samples} == {"params['b']", "params['b'] scale", "scale"}
    assert check(tuned, at=TUNED_AT, wrt=["params['b']"], claim=np.array(4.0)).outcome.value == "pass"
    assert check(tuned, at=TUNED_AT, wrt=["params['b']"], claim=np.array(2.0)).outcome.value == "fail"


@pytest.mark.parametrize(
    ("wrt", "message"),
    [
        (["weights"], "tuned has nothing called 'weights' to differentiate by"),
        (["par"], "tuned has nothing called 'par' to differentiate by"),
        (["x[0]"], "tuned has nothing called 'x[0]' to differentiate by"),
        ([("x", "x")], "wrt= of a function names its arguments"),
    ],
)
def test_a_name_that_no_argument_has_is_refused(wrt: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        check(tuned, at=TUNED_AT, wrt=wrt)


def test_texts_take_an_argument_that_is_not_asked_for_as_a_number() -> None:
    def cube(x: Array, scale: float) -> Array:
        return scale * jnp.sum(x**3)

    at = {"x": np.array([1.0, 2.0]), "scale": 2.5}
    assert check(cube, at=at, wrt=["x"], claim="[3scale*x[0]^2, 3scale*x[1]^2]").outcome is Outcome.PASS
    assert check(cube, at=at, wrt=["x"], claim="[3x[0]^2, 3x[1]^2]").outcome is Outcome.FAIL
    assert check(lambda x, y: x**2 * y, at=(3.0, 2.5), wrt=["x"], against="y*x^2").outcome is Outcome.PASS
