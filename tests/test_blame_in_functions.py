"""What is to blame in a JAX function: the line of the user's file, the operation in it, and the rule that is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import pytest
from command_line import FAIL, diffcheck

from diffcheck import check
from diffcheck.checks.loading import load
from diffcheck.engines.jax.code_places import code_span
from diffcheck.results import Result

FILE = """\
import jax
import jax.numpy as jnp

def cancels(x):
    ä, y = 0.0, jnp.cos(x)
    return (1 - y) / x**2

def dead(x):
    return jnp.where(x > 2, jnp.log(x
                                    - 1), x)

@jax.custom_vjp
def softplus(x):
    return jnp.log1p(jnp.exp(x))

def forward(x):
    return softplus(x), x

def backward(x, cotangent):
    return (cotangent * jnp.exp(x),)

softplus.defvjp(forward, backward)

@jax.custom_jvp
def cube(x):
    return x**3

@cube.defjvp
def cube_rule(primals, tangents):
    (x,), (dx,) = primals, tangents
    return cube(x), 3 * x**2 * dx

@jax.custom_jvp
def square(x):
    return x**2

square.defjvps(lambda t, ans, x: 3 * x * t)

@jax.custom_vjp
def sigmoid(x):
    return jax.nn.sigmoid(x)

sigmoid.defvjp(lambda x: (sigmoid(x), x), lambda x, g: (g * x,))

@jax.custom_jvp
def series(x):
    return x - x**3 / 6 + x**5 / 120 - x**7 / 5040

@series.defjvp
def series_rule(primals, tangents):
    return series(*primals), jnp.cos(*primals) * tangents[0]

@jax.custom_jvp
def sine(x):
    return jnp.sin(x)

@sine.defjvp
def a_billionth_off(primals, tangents):
    return sine(*primals), (1 + 1e-9) * jnp.cos(*primals) * tangents[0]

def both(x):
    return softplus(x) + cube(x)

def three(x):
    return softplus(x) + cube(x) + square(x)

@jax.custom_jvp
def host(x):
    return jax.pure_callback(lambda v: v, jax.ShapeDtypeStruct((), x.dtype), x)
host.defjvp(lambda primals, tangents: (host(*primals), tangents[0]))

def opaque(x):
    return host(x) * square(x)
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def blamed(path: Path, name: str, at: float) -> tuple[Result, str]:
    """The worst result, and the piece of the file that it blames."""
    result = check(load(f"{path}:{name}"), at).samples[0].results[-1]
    assert result.blame is not None
    assert (result.blame.file, result.blame.text) == (str(path), FILE.splitlines()[result.blame.line - 1])
    return result, result.blame.text[result.blame.start : result.blame.end]


@pytest.mark.parametrize(
    ("name", "at", "line", "piece"),
    [
        ("cancels", 1e-8, 5, "jnp.cos(x)"),
        ("dead", 1.0, 9, "jnp.log(x"),
        ("softplus", 0.5, 19, "backward"),
        ("cube", 0.5, None, None),
        ("both", 0.5, 19, "backward"),
        ("square", 0.5, 34, "square"),
        ("sigmoid", 0.5, 43, "sigmoid.defvjp(lambda x: (sigmoid(x), x), lambda x, g: (g * x,))"),
    ],
)
def test_the_operation_is_underlined_in_the_file(rules: Path, name: str, at: float, line: int | None, piece: str | None) -> None:
    if line is None:  # nothing is wrong
        assert [result.blame for result in check(load(f"{rules}:{name}"), at).samples[0].results] == [None, None]
        return
    result, found = blamed(rules, name, at)
    assert result.blame is not None
    assert (result.blame.line, found) == (line, piece)


def test_the_rule_without_which_the_value_is_right_is_named(rules: Path) -> None:
    result, _ = blamed(rules, "both", 0.5)
    assert result.reason.endswith("the rule `backward` (rules.py:19) is to blame; without it JAX gives 1.372459331")


def test_so_are_rules_that_are_wrong_together(rules: Path) -> None:
    result, _ = blamed(rules, "three", 0.5)
    assert ": the rule `backward` (rules.py:19) and the rule of `square` (rules.py:34) are to blame; without them" in result.reason


def test_so_is_one_that_only_evidence_contradicts(rules: Path) -> None:
    result = check(load(f"{rules}:opaque"), 3.0).samples[0].results[0]
    assert "(numerical evidence, not certified): the rule of `square` (rules.py:34) is to blame" in result.reason


def test_a_rule_that_is_right_is_not_blamed_for_another_formula(rules: Path) -> None:
    (result, _) = check(load(f"{rules}:cube"), 0.5, against="x^4").samples[0].results
    assert (result.verdict.value, result.blame) == ("wrong", None)


@pytest.mark.parametrize(("name", "rule", "gap"), [("series", "series_rule", "2.5e-13"), ("sine", "a_billionth_off", "1.0e-09")])
def test_a_rule_that_is_off_by_very_little_is_wrong_and_both_explanations_are_given(rules: Path, name: str, rule: str, gap: str) -> None:
    """The rule of an approximation cannot be told from a fault of that size, without knowing what is approximated."""
    for result in check(load(f"{rules}:{name}"), 0.1).samples[0].results:
        assert (result.verdict.value, result.outcome.value) == ("wrong", "fail" if float(gap) > 1e-11 else "warn")
        assert f"the rule `{rule}` (rules.py:" in result.reason
        assert f"differs from the derivative of the code by {gap} of it. If the code approximates" in result.reason
        assert result.reason.endswith("with --against")


def test_with_what_is_approximated_the_two_are_told_apart(rules: Path) -> None:
    right, off = (check(load(f"{rules}:{name}"), 0.1, against="sin(x)") for name in ("series", "sine"))
    assert [result.verdict.value for result in right.samples[0].results] == ["exact", "exact"]
    assert [result.verdict.value for result in off.samples[0].results] == ["wrong", "wrong"]
    assert "--against" not in off.samples[0].results[0].reason


def test_reports_show_the_line_and_what_gives_the_derivative(rules: Path) -> None:
    shown = diffcheck("check-jax", f"{rules}:cancels", "--at", "1e-8")
    assert shown.code == FAIL
    assert "\n    rules.py:5\n    ä, y = 0.0, jnp.cos(x)\n                ^^^^^^^^^^\n" in shown.stdout
    assert "its derivative is given by the rule `cube_rule` (rules.py:29)" in diffcheck("check-jax", f"{rules}:cube", "--at", "1").stdout
    result = json.loads(diffcheck("check-jax", f"{rules}:cancels", "--at", "1e-8", "--format", "json").stdout)["samples"][0]["results"][0]
    assert result["blame"] == {"start": 16, "end": 26, "text": "jnp.cos(x)", "file": str(rules), "line": 5}


def test_the_code_that_calls_diffcheck_is_not_the_users_function() -> None:
    closed = jax.make_jaxpr(jax.nn.softplus)(1.0)
    (inner,) = (equation.params["jaxpr"] for equation in closed.jaxpr.eqns if "jaxpr" in equation.params)
    assert {code_span(equation) for equation in inner.jaxpr.eqns} == {None}
    (result, _) = check(jax.nn.gelu, -8.2278).samples[0].results
    assert (result.verdict.value, result.blame) == ("unstable", None)


def test_a_jax_without_tracebacks_is_no_obstacle(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import diffcheck.engines.jax.code_places as places

    class Mute:
        traceback: Any = object()

    class Equation:
        source_info = Mute()

    assert places.code_span(Equation()) is None
    assert places.function_of(Equation()) is None
