"""Functions from outside: what is registered is read, computed by every engine, and judged; what cannot be is refused at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import pytest
import sympy
from flint import acb

from diffcheck import LACKS, Domain, ExpressionError, Function, InputError, Kink, Outcome, Status, Verdict, check, register
from diffcheck.graph.build import read
from diffcheck.graph.functions import table

Register = Callable[..., Function]


def logcosh_in_jax(x: Any) -> Any:
    return jnp.logaddexp(x, -x) - jnp.log(2.0)


@jax.custom_jvp
def wrong_in_jax(x: Any) -> Any:
    return logcosh_in_jax(x)


@wrong_in_jax.defjvp
def _twice(primals: Any, tangents: Any) -> Any:
    return wrong_in_jax(*primals), 2 * jnp.tanh(primals[0]) * tangents[0]


def logcosh_in_sympy(x: Any) -> Any:
    return sympy.log(sympy.cosh(x))


class lambda_hat(sympy.Function):  # noqa: N801
    def fdiff(self, argindex: int = 1) -> Any:
        return 2 * self.args[0] * lambda_hat(self.args[0])


def logcosh_on_boxes(z: acb) -> acb:
    return z.cosh().log() if z.cosh().real > 0 else acb("nan")


def gauss_on_boxes(z: acb) -> acb:
    return (z * z).exp()


@pytest.fixture
def take() -> Iterator[Register]:
    """Registers rows, and takes them out of the table again."""
    before = set(table.registered())

    def registered(*arguments: Any, **columns: Any) -> Function:
        return register(Function(*arguments, **columns))

    yield registered
    for row in table.registered():
        if row not in before:
            table.remove(row)


def test_a_function_of_one_s_own_is_checked_in_every_engine(take: Register) -> None:
    row = take("logcosh1", "log(cosh(x))", jax=logcosh_in_jax, sympy=logcosh_in_sympy, ball=logcosh_on_boxes, aliases=("lncosh1",))
    report = check("3 logcosh1(x^2) + lncosh1(x)", at=0.75)
    assert report.outcome is Outcome.PASS
    assert [result.engine for result in report.samples[0].results] == ["symbolic", "automatic", "automatic"]
    assert report.samples[0].status is Status.SMOOTH
    assert row in table.registered()


def test_a_wrong_rule_of_one_s_own_is_caught(take: Register) -> None:
    take("logcosh2", "log(cosh(x))", jax=wrong_in_jax, sympy=logcosh_in_sympy, ball=logcosh_on_boxes)
    verdicts = [result.verdict for result in check("logcosh2(x)", at=0.5).samples[0].results]
    assert verdicts[1:] == [Verdict.WRONG, Verdict.WRONG]
    assert verdicts[0] in (Verdict.EXACT, Verdict.AGREES)


def test_a_meaning_is_enough(take: Register) -> None:
    take("hinge", "max(0, 1 - x)", meaning="max(0, 1 - x)", kinks=(Kink(1, Fraction(-1), Fraction(0)),))
    assert check("hinge(x)^2", at="0.5,2").outcome is Outcome.PASS
    assert check("hinge(x)", at=1).samples[0].status is Status.KINK


def test_what_an_engine_was_not_given_it_lacks(take: Register) -> None:
    take("logcosh3", "log(cosh(x))", ball=logcosh_on_boxes)
    report = check("logcosh3(x)", at=0.5)
    assert {result.verdict for result in report.samples[0].results} == {Verdict.UNSUPPORTED}
    assert [result.reason for result in report.samples[0].results][:2] == ["SymPy lacks logcosh3", "JAX has no logcosh3"]


def test_a_class_of_sympy_s_comes_back_from_its_derivative(take: Register) -> None:
    take("gauss1", "exp(x^2)", sympy=lambda_hat, ball=gauss_on_boxes)
    assert check("gauss1(x)", at=0.5).samples[0].results[0].outcome is Outcome.PASS


def test_outside_its_domain_it_is_undefined(take: Register) -> None:
    take("logcosh4", "log(cosh(x)) of small numbers", ball=logcosh_on_boxes, domain=(Domain(Fraction(-1), Fraction(1)),))
    samples = check("logcosh4(x)", at="0.5,2").samples
    assert [sample.status for sample in samples] == [Status.SMOOTH, Status.UNDEFINED]


def test_a_process_of_its_own_knows_it_too(take: Register) -> None:
    take("logcosh5", "log(cosh(x))", jax=logcosh_in_jax, sympy=logcosh_in_sympy, ball=logcosh_on_boxes)
    assert check("logcosh5(x)", at=0.75, timeout=120).outcome is Outcome.PASS


def test_an_equal_row_may_be_registered_again(take: Register) -> None:
    take("twofold", "2x", meaning="2*x")
    take("twofold", "2x", meaning="2*x")
    with pytest.raises(InputError, match="there is a function twofold already"):
        take("twofold", "3x", meaning="3*x")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("sin", "there is a function sin already"),
        ("arctan", "there is a function arctan already"),
        ("subtract", "there is a function subtract already"),
        ("pi", "there is a function pi already"),
        ("where", "there is a function where already"),
        ("piecewise", "piecewise is a word of the language"),
        ("else", "else is a word of the language"),
        ("log_2", "log_2 is a word of the language"),
        ("f", "is not a name of two letters or more"),
        ("f'", "is not a name of two letters or more"),
        ("so so", "is not a name of two letters or more"),
        ("x" * 101, "is not a name of two letters or more"),
    ],
)
def test_a_name_that_is_taken_or_reserved_is_refused(take: Register, name: str, problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        take(name, "2x", meaning="2*x")
    with pytest.raises(InputError, match=re.escape(problem)):
        take("harmless", "2x", meaning="2*x", aliases=(name,))
    assert table.registered() == ()


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({}, "nothing is proved of it without a meaning or a function of complex boxes"),
        ({"ball": LACKS}, "nothing is proved of it"),
        ({"meaning": "2*x", "parameters": ""}, "it must be a function of numbers"),
        ({"meaning": "2*x", "aliases": ("harmless",)}, "it has one name twice"),
        ({"meaning": "2*x + y"}, "y in 2*x + y is not a parameter of harmless(x)"),
        ({"meaning": "harmless(x)"}, "harmless is defined by itself"),
    ],
)
def test_a_row_of_which_nothing_can_be_proved_is_refused(take: Register, columns: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError, match=re.escape(problem)):
        take("harmless", "a row", **columns)
    assert table.registered() == ()


def test_all_that_is_wrong_is_one_error(take: Register) -> None:
    with pytest.raises(InputError, match="there is a function sin already; piecewise is a word of the language; nothing is proved"):
        take("sin", "sine", aliases=("piecewise",))


def test_a_meaning_that_cannot_be_read_leaves_the_table_as_it_was(take: Register) -> None:
    with pytest.raises(ExpressionError, match="unknown function 'sni'"):
        take("harmless", "2x", meaning="sni(x)")
    with pytest.raises(ExpressionError, match="unknown function 'harmless'"):
        read("harmless(x)")


@pytest.mark.parametrize("function", [lambda x: 2 * x, partial(pow, 2), Fraction.limit_denominator])
def test_a_function_without_a_name_to_find_it_by_is_refused(take: Register, function: Callable[..., Any]) -> None:
    with pytest.raises(InputError, match="cannot be found by its name"):
        take("harmless", "2x", meaning="2*x", jax=function)
