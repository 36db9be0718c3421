"""JAX functions in suites: executed only where that is allowed, judged by their own rules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import PASS, USAGE, diffcheck

from diffcheck.errors import SuiteError
from diffcheck.suites.suite import read_suite

RULE = """
from pathlib import Path
import jax, jax.numpy as jnp
Path(__file__).with_name("was executed").touch()
@jax.custom_vjp
def f(x):
    return jnp.sin(x)
f.defvjp(lambda x: (f(x), x), lambda x, g: (2 * g * jnp.cos(x),))
def loss(w, x):
    print("from the user's code")
    return jnp.sum(w @ x)
def right(x):
    return jnp.sin(x)
"""
SUITE = """
[[case]]
name = "a factor 2"
function = "rule.py:f"
at = [1.5]
expect = "wrong"

[[case]]
name = "arrays"
function = "rule.py:loss"
at = "w=[[1,2],[3,4]],x=[1,2]"

[[case]]
name = "by a formula"
function = "rule.py:right"
against = "sin(x)"
at = [1, 2]

[[case]]
name = "by another function"
function = "rule.py:f"
against = "rule.py:right"
at = 1
expect = "fail"
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    (tmp_path / "rule.py").write_text(RULE)
    path = tmp_path / "functions.toml"
    path.write_text(SUITE)
    return path


def test_nothing_is_executed_unless_that_is_allowed(suite: Path) -> None:
    done = diffcheck("run", str(suite))
    assert done.code == USAGE
    assert done.stdout.count("give --allow-code") == 4
    assert not suite.with_name("was executed").exists()


def test_functions_are_judged_by_their_own_rules(suite: Path) -> None:
    done = diffcheck("run", str(suite), "--allow-code")
    assert done.code == PASS, done.stdout
    assert "4 cases at" in done.stdout
    assert "4 passed" in done.stdout


def test_claims_for_functions_are_texts_and_tables(suite: Path) -> None:
    cases = ['at = 1\nclaim = "cos(x)"', 'at = 1\nclaim = { x = "cos(x)" }', 'at = 1\nhessian = true\nclaim = { "x x" = "-sin(x)" }']
    tables = [f'[[case]]\nfunction = "rule.py:right"\n{case}\n' for case in cases]
    suite.write_text("\n".join([*tables, '[[case]]\nfunction = "rule.py:right"\nat = 1\nclaim = "sin(x)"\nexpect = "wrong"\n']))
    done = diffcheck("run", str(suite), "--allow-code", "--format", "jsonl")
    assert done.code == PASS, done.stdout + done.stderr
    claims = [result for line in done.stdout.splitlines() for result in json.loads(line)["results"] if result["engine"] == "claim"]
    assert [claim["verdict"] in ("exact", "agrees") for claim in claims] == [True, True, True, False]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ('function = "a.py:f"\nexpr = "x"\nat = 1', "'expr': a case has an expression or a function, not both"),
        ("at = 1", "'expr' is missing"),
        ('function = "a.py:f"\nat = 1\nwrt = "x"', "'wrt': this is for expressions only"),
        ('function = "a.py:f"\nat = 1\nof = "x"', "'of': this is for expressions only"),
        ('functoin = "a.py:f"\nat = 1', "Did you mean 'function'?"),
    ],
)
def test_a_case_is_an_expression_or_a_function(tmp_path: Path, fields: str, message: str) -> None:
    path = tmp_path / "suite.toml"
    path.write_text(f"[[case]]\n{fields}\n")
    with pytest.raises(SuiteError) as refused:
        read_suite(path)
    assert message in str(refused.value)
