"""Derivations rule by rule: 250 exercises reach the certified derivative, no step is wrong, and the last line is what derive prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import USAGE
from command_line import diffcheck as command

from diffcheck.engines.certified import certify, enclose_value
from diffcheck.errors import InternalError, UnsupportedError
from diffcheck.graph.build import read
from diffcheck.steps import rules
from diffcheck.steps.derivation import derivation

EXERCISES = [
    line for line in Path(__file__).with_name("textbook_derivatives.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]  # fmt: skip
PIECES = 8  # tests over the exercises


def test_there_are_250_exercises_and_each_is_another_one():
    assert len(set(EXERCISES)) == len(EXERCISES) >= 250


@pytest.mark.parametrize("part", range(PIECES))
def test_the_steps_of_every_exercise_end_in_the_certified_derivative(part):
    for text in EXERCISES[part::PIECES]:
        problem = read(text)
        problem = problem.in_variables(())
        for name in problem.variables[:2]:
            (found,) = derivation(problem, [name])
            is_constant = name not in problem.target.flat.variables
            exact = None if is_constant else certify(problem.target.flat, found.point, name).derivative
            reached = enclose_value(read(found.result.text).target.flat, found.point)
            assert reached is not None, text
            assert reached.midpoint == 0 if exact is None else exact.overlaps(reached), text
            for step in found.steps:
                proved = certify(read(step.before.text).target.flat, step.point, name).derivative
                value = enclose_value(read(step.after.text).target.flat, step.point)
                assert proved.overlaps(value), (text, step)


def test_a_wrong_rule_is_never_shown(monkeypatch):
    wrong = {**rules.RULES, "multiply": ((any, rules.DerivativeRule("product rule", lambda a, u, du: a.times(*map(rules._known, du)))),)}
    monkeypatch.setattr(rules, "RULES", wrong)
    with pytest.raises(InternalError, match="a step of a derivation is wrong"):
        derivation(read("x*sin(x)"), ["x"])


def test_a_wrong_derivative_of_sympys_is_not_shown_and_is_called_so(monkeypatch):
    wrong = read("cos(x)").target.flat
    monkeypatch.setattr(rules, "_partial", lambda function, k: wrong)
    with pytest.raises(UnsupportedError, match="SymPy's derivative of tan is not the derivative"):
        derivation(read("tan(x)*x"), ["x"])


def test_the_rules_have_their_names():
    named = {
        "x^2*sin(x)": ["product rule", "power rule", "derivative of sin"],
        "sin(x)/x": ["quotient rule", "derivative of sin"],
        "(x^2 + 1)^3": ["power rule, chain rule", "sum rule", "power rule"],
        "x^x": ["logarithmic differentiation", "product rule", "derivative of log"],
        "2^x": ["exponential rule"],
        "1/x": ["reciprocal rule"],
        "where(x > 0, x^2, 3x)": ["branch by branch", "power rule", "constant factor"],
        "floor(x)*x": ["product rule", "constant between its jumps"],
    }
    for text, rules_applied in named.items():
        (found,) = derivation(read(text), ["x"])
        assert [step.rule for step in found.steps] == rules_applied, text


def test_laws_are_written_in_letters():
    (found,) = derivation(read("x^2*sin(3x)"), ["x"])
    assert [step.law.text for step in found.steps] == [
        "(u*v)' = u'*v + u*v'",
        "(u^n)' = n*u^(n - 1)*u'",
        "(sin(u))' = cos(u)*u'",
        "(c*u)' = c*u'",
    ]


@pytest.mark.parametrize("text", ["x^2*sin(3x)", "x^x", "sqrt(1 - x^2)*asin(x)", "f(x) = x^2 + 1; f(f(x))", "x^2*y^3"])
def test_the_last_line_is_what_derive_prints(text):
    printed = command("derive", text).stdout.splitlines()
    lines = command("derive", text, "--steps").stdout.splitlines()
    assert [line for line in lines if line in printed] == printed


def test_a_derivative_of_the_second_order_is_derived_twice():
    first, second = derivation(read("x^3"), ["x", "x"])
    assert (first.simplified.text, second.function.text, second.symbol.text) == ("3*x^2", "3*x^2", "d^2f/dx^2")


def test_what_was_derived_before_is_not_derived_again():
    (found,) = derivation(read("sin(x^2 + x)*(sin(x^2 + x) + 1)"), ["x"])
    again = [step for step in found.steps if step.is_repeated]
    assert [step.before.text for step in again] == ["sin(x^2 + x)"]
    assert sum(step.before.text == "x^2 + x" for step in found.steps) == 1


@pytest.mark.parametrize("format", ["text", "latex", "markdown", "html", "json"])
def test_every_format_has_every_step(format):
    if format == "html":
        pytest.importorskip("latex2mathml")
    shown = command("derive", "x^2*sin(3x)", "--steps", "--format", format).stdout
    names = ("product rule", "power rule", "derivative of sin, chain rule", "constant factor")
    assert all(name in shown for name in names)
    if format == "json":
        assert len(json.loads(shown)["derivations"][0]["steps"]) == 4
    if format == "html":
        assert shown.count("<math ") >= 10
        assert "http://www.w3.org/1998/Math/MathML" in shown
        assert shown.count("http") == shown.count("http://www.w3.org/1998/Math/MathML")  # nothing is fetched


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x^3", "--steps", "--format", "python"], "steps are not written as python"),
        (["x^3", "--format", "html"], "Add --steps"),
        (["f(x) = 4x(1-x); f@10(x)", "--steps"], "too long to be read"),
        (["x^3", "--steps", "--wrt", "y"], "no variable 'y'"),
    ],
)
def test_bad_input_is_said_in_a_sentence(words, said):
    result = command("derive", *words)
    assert (result.code, said in result.stderr) == (USAGE, True)


def test_what_has_no_point_to_be_checked_at_is_not_shown():
    result = command("derive", "log(-1 - x^2)", "--steps")
    assert (result.code, result.stdout) == (3, "")
    assert "cannot be checked" in result.stderr
