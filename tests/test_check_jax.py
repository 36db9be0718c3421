"""`check-jax`: what is loaded and how, where points come from, what is shown, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from command_line import FAIL, PASS, UNDECIDED, USAGE, diffcheck
from jax import Array

from diffcheck import check

RULES = """
import jax
import jax.numpy as jnp
import numpy as np
from beside import TWO

class Box:
    square = staticmethod(lambda x: x**2)

def square(x):
    return x**2

def scaled(x, factor=3.0):
    return factor * x

def power(x, n: int):
    return x**n

def pick(x, mask):
    return jnp.sum(jnp.where(mask, x, 0.0)) * TWO

def tree(p):
    return {"sum": p["w"] @ p["w"], "bias": p["b"]}

def broken(x):
    return helper(x)

def helper(x):
    raise RuntimeError("the user's own fault")

@jax.custom_vjp
def bad_backward(x):
    return x
def backward(_, g):
    raise RuntimeError("in the backward pass")
bad_backward.defvjp(lambda x: (x, None), backward)

def opaque(x):
    return jax.lax.while_loop(lambda s: s > 1, lambda s: s / 2, x)

@jax.custom_jvp
def stepped(x):
    return jax.pure_callback(lambda v: np.abs(np.asarray(v)), jax.ShapeDtypeStruct((), x.dtype), x)
stepped.defjvp(lambda p, t: (stepped(*p), jnp.sign(p[0]) * t[0]))

CONSTANT = 3
def integers(x):
    return jnp.round(x).astype(int)
"""


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "beside.py").write_text("TWO = 2\n")
    (tmp_path / "rules.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def points_of(stdout: str) -> list[dict[str, float]]:
    return [sample["point"] for sample in map(json.loads, stdout.splitlines()) if "point" in sample]


@pytest.mark.parametrize(
    ("function", "at", "point"),
    [
        ("rules.py:square", "2", {"x": 2.0}),
        ("rules.py:Box.square", "x=2", {"x": 2.0}),
        ("rules.py:scaled", "0x1p1", {"x": 2.0}),
        ("jax.numpy:sin", "2", {"x": 2.0}),
        ("jax.numpy:maximum", "x=1,y=2", {"x": 1.0, "y": 2.0}),
        ("rules.py:square", "[1,2]", {"x[0]": 1.0, "x[1]": 2.0}),
        ("rules.py:square", "x=[[1],[2]]", {"x[0,0]": 1.0, "x[1,0]": 2.0}),
        ("rules.py:power", "x=2,n=3", {"x": 2.0}),
    ],
)
def test_a_function_is_found_and_checked_at_a_point(rules: Path, function: str, at: str, point: dict[str, float]) -> None:
    ended = diffcheck("check-jax", function, "--at", at, "--format", "jsonl")
    assert (ended.code, ended.stderr) == (PASS, "")
    assert points_of(ended.stdout)[0] == point


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["rules.py", "--at", "1"], "Write rules.py:NAME."),
        (["none.py:f", "--at", "1"], "there is no file none.py"),
        (["rules.py:sqare", "--at", "1"], "rules.py has no function 'sqare'\nDid you mean 'square'?"),
        (["rules.py:Box", "--at", "1"], "rules.py:Box is a class"),
        (["math:sin", "--at", "1"], "Did you mean jax.numpy:sin?"),
        (["numpy:cumsum", "--at", "1"], "Did you mean jax.numpy:cumsum?"),
        (["rules.py:CONSTANT", "--at", "1"], "is not a function: it is int"),
        (["no.such.module:f", "--at", "1"], "there is no module 'no'"),
        (["rules.py:square"], "no point is given"),
        (["rules.py:square", "--at", "1", "--random", "2"], "points are given in more than one way"),
        (["rules.py:square", "--at", "y=[1]"], "the function has no argument y\n  y=[1]\n  ^\nIts arguments: x."),
        (["rules.py:square", "--at", "y=1"], "the function has no argument y\n  y=1\n  ^\nIts arguments: x."),
        (["rules.py:square", "--at", "1,2"], 'Write --at "x=[1,2]" for an array'),
        (["rules.py:power", "--at", "1,2"], "Write x=…,n=…."),
        (["rules.py:square", "--at", "1", "--against", "rules.py:power"], "takes x, n, and square takes x"),
        (["rules.py:square", "--at", "x=[1"], "lacks a closing bracket"),
        (["rules.py:square", "--at", "x=[[1],[1,2]]"], "have different lengths"),
        (["rules.py:square", "--random", "2", "--domain", "3,1"], "is not an interval"),
        (["rules.py:square", "--random", "2", "--shape", "n=1"], "the function has no argument n"),
        (["rules.py:square", "--at", "1", "--against", "2y"], "the formula uses y"),
        (["rules.py:integers", "--at", "1"], "returns no floating-point number"),
    ],
)
def test_what_cannot_be_used_is_said(rules: Path, arguments: list[str], message: str) -> None:
    ended = diffcheck("check-jax", *arguments)
    assert ended.code == USAGE
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(("name", "place"), [("broken", "in helper"), ("bad_backward", "in backward")])
def test_an_exception_of_the_users_is_shown_as_theirs(rules: Path, name: str, place: str) -> None:
    ended = diffcheck("check-jax", f"rules.py:{name}", "--at", "1")
    assert ended.code == USAGE
    assert ended.stderr.startswith(f"error: {name} raised RuntimeError: ")
    trace = ended.stderr.partition("Traceback (most recent call last):\n")[2]
    assert place in trace
    assert trace.lstrip().startswith(f'File "{rules / "rules.py"}"'.replace(str(rules) + "/", "")) or str(rules) in trace.splitlines()[0]
    assert "diffcheck/" not in trace


def test_a_file_that_fails_is_the_users_too(rules: Path) -> None:
    (rules / "fails.py").write_text("import sys\nsys.exit('not today')\n")
    ended = diffcheck("check-jax", "fails.py:f", "--at", "1")
    assert ended.code == USAGE
    assert ended.stderr.startswith("error: fails.py raised SystemExit: not today")


def test_help_says_that_the_file_is_executed() -> None:
    assert "the file is executed" in " ".join(diffcheck("check-jax", "--help").stdout.split())


def test_points_come_from_files(rules: Path) -> None:
    np.savez(rules / "point.npz", x=np.array([1.0, 2.0, 4.0]), mask=np.array([True, False, True]))
    ended = diffcheck("check-jax", "rules.py:pick", "--points", "point.npz", "--format", "json")
    report = json.loads(ended.stdout)
    assert {sample["wrt"]: sample["enclosure"]["midpoint"] for sample in report["samples"]} == {"x[0]": 2.0, "x[1]": 0.0, "x[2]": 2.0}
    assert "not differentiated by mask" in report["header"]["program"]
    np.save(rules / "point.npy", np.array([3.0]))
    assert points_of(diffcheck("check-jax", "rules.py:square", "--points", "point.npy", "--format", "jsonl").stdout) == [{"x[0]": 3.0}]


def test_random_points_are_those_of_their_seed(rules: Path) -> None:
    command = ["check-jax", "rules.py:square", "--random", "3", "--domain", "5,6", "--shape", "2", "--format", "jsonl", "--seed"]
    first, again, other = (points_of(diffcheck(*command, seed).stdout) for seed in ("1", "1", "2"))
    assert first == again != other
    assert all(5 <= value <= 6 for point in first for value in point.values())


def test_a_formula_and_another_function_judge_instead(rules: Path) -> None:
    assert diffcheck("check-jax", "rules.py:square", "--at", "3", "--against", "x^2").code == PASS
    assert diffcheck("check-jax", "rules.py:square", "--at", "3", "--against", "x^3").code == FAIL
    assert diffcheck("check-jax", "rules.py:square", "--at", "3", "--against", "rules.py:scaled").code == FAIL
    assert diffcheck("check-jax", "rules.py:square", "--at", "3", "--against", "rules.py:Box.square").code == PASS


def test_what_cannot_be_lifted_is_never_passed_in_silence(rules: Path) -> None:
    ended = diffcheck("check-jax", "rules.py:stepped", "--at", "0.5", "--no-lint")
    assert (ended.code, ended.stdout.count("numerical evidence, not certified")) == (PASS, 1)
    at_the_corner = diffcheck("check-jax", "rules.py:stepped", "--at", "0", "--no-lint")
    assert at_the_corner.code == UNDECIDED
    assert "the slopes to the left and to the right differ" in at_the_corner.stdout


def test_a_mode_that_jax_lacks_is_said_and_the_other_one_decides(rules: Path) -> None:
    """JAX has no reverse mode for a while loop."""
    ended = diffcheck("check-jax", "rules.py:opaque", "--at", "5")
    assert ended.code == PASS
    assert "Reverse-mode differentiation does not work for lax.while_loop" in ended.stdout
    assert "– unsupported" in ended.stdout
    assert "✓ 1 derivative value: 1 right." in ended.stdout
    report = json.loads(diffcheck("check-jax", "rules.py:opaque", "--at", "5", "--format", "json").stdout)
    assert report["summary"]["outcomes"] == {"pass": 1}


def test_float32_runs_without_64_bit_types(rules: Path) -> None:
    ended = diffcheck("check-jax", "rules.py:scaled", "--at", "0.1", "--dtype", "float32", "--format", "json")
    report = json.loads(ended.stdout)
    assert ended.code == PASS
    assert report["samples"][0]["point"]["x"] == float(np.float32(0.1))


@pytest.mark.parametrize("at", ["[1,1,2]", "[2,2,1]"])
def test_the_largest_argument_of_softmax_may_be_there_twice(at: str) -> None:
    """softmax subtracts the largest argument: its parts have corners, and it has none."""
    ended = diffcheck("check-jax", "jax.nn:softmax", "--at", at, "--format", "json")
    report = json.loads(ended.stdout)
    assert ended.code == PASS
    assert {sample["status"] for sample in report["samples"]} == {"smooth"}
    assert "not certified" not in ended.stdout
    assert {result["verdict"] for sample in report["samples"] for result in sample["results"]} <= {"consistent", "exact", "agrees"}


def test_softplus_has_no_corner_where_its_parts_have_one() -> None:
    ended = diffcheck("check-jax", "jax.nn:softplus", "--at", "0", "--format", "json", "--no-lint")
    (sample,) = json.loads(ended.stdout)["samples"]
    assert (ended.code, sample["status"], sample["enclosure"]["midpoint"]) == (PASS, "smooth", 0.5)


def test_a_pipe_that_is_closed_is_no_failed_derivative(rules: Path) -> None:
    command = [sys.executable, "-m", "diffcheck", "check-jax", f"{rules}/rules.py:square", "--at", "1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(timeout=120) == 141


def test_a_conversion_to_a_narrower_format_is_named_as_the_cause() -> None:
    def narrow(x: Array) -> Array:
        return jnp.sin(x.astype(jnp.float32)).astype(x.dtype)

    for result in check(narrow, 0.7, dtype="float64").samples[0].results:
        assert "it rounds to float32 (test_check_jax.py:" in result.reason


@pytest.mark.parametrize(
    "norm", [lambda x: jnp.sqrt(jnp.sum(x.astype(jnp.float16) ** 2)), lambda x: jnp.linalg.norm(x.astype("float16"))], ids=["own", "JAX"]
)
def test_an_overflow_in_a_narrower_format_is_the_cause_before_its_rounding(norm: Callable[[Array], Array]) -> None:
    report = check(lambda x: norm(x).astype(x.dtype), np.array([100.0, 200.0, 200.0]), dtype="float32", lint=False)
    for result in report.samples[0].results:
        assert "it overflows to inf in float16 (test_check_jax.py:" in result.reason
    report = check(lambda x: norm(x).astype(x.dtype), np.array([1.3, 2.1, 0.7]), dtype="float32", lint=False)
    for result in report.samples[0].results:
        assert result.reason.count("float16") == result.reason.count("float16 (test_check_jax.py:") > 0


def test_a_literal_of_a_program_is_shown_with_17_digits_at_most() -> None:
    """0.1 in a float64 program is a number of 55 digits."""
    (sample,) = check(lambda x: jnp.where(x < 0.2, x, jnp.sqrt(x - 0.1)), 0.1).samples
    assert "`sqrt(x - 0.1)`" in " ".join(result.reason for result in sample.results)


def test_where_jax_lacks_one_argument_the_others_have_their_causes() -> None:
    """The incomplete beta function has no slope by a and b; that by x is found for it alone."""
    report = check(lambda a, b, x: jax.scipy.special.betainc(a, b, x.astype(jnp.float32)), (2.0, 3.0, 0.3), lint=False, dtype="float64")
    (slope,) = (sample for sample in report.samples if sample.wrt == "x")
    assert all("it rounds to float32" in result.reason for result in slope.results)
