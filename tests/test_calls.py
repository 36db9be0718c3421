"""Limits for Python: `timeout=` and `max_memory=` send the work to a process that can be stopped."""

from __future__ import annotations

import threading
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from suite_files import STUCK_IN_SYMPY

import diffcheck
from diffcheck.errors import ExpressionError, InputError, LostError, UserCodeError


@jax.custom_vjp
def square(x: Any) -> Any:
    return x * x


square.defvjp(lambda x: (x * x, x), lambda x, cotangent: (3 * x * cotangent,))


@pytest.mark.parametrize("subject", ["x^2 + 1/x", jnp.tanh, lambda x: jnp.sin(x) * 2, square, jax.jit(square), partial(jnp.power, 2.0)])
def test_a_report_is_the_same_from_another_process(subject: Any) -> None:
    here = diffcheck.check(subject, 2.0)
    there = diffcheck.check(subject, 2.0, timeout=60)
    assert (there.samples, there.checks, there.outcome) == (here.samples, here.checks, here.outcome)
    assert there.header.read_as == here.header.read_as


def test_a_report_from_another_process_can_be_drawn() -> None:
    assert diffcheck.check("x^2", 2, timeout=60).picture().png.startswith(b"\x89PNG")


def test_what_does_not_come_back_is_lost() -> None:
    with pytest.raises(LostError, match=r"^timed out after 3 s in the certified stage$"):
        diffcheck.check("polygamma(1000000, x)", 2, timeout=3)
    with pytest.raises(LostError, match="timed out after 1 s"):
        diffcheck.check(_endless, 2.0, timeout=1)
    with pytest.raises(LostError, match=r"it needs more than 600 MB|SIGABRT"):
        diffcheck.check(lambda x: x * len(bytearray(1 << 31)), 2.0, max_memory=600)


def _endless(x: Any) -> Any:
    while True:
        x = x + 1


def test_where_sympy_does_not_come_back_the_others_are_reported() -> None:
    (sample,) = diffcheck.check(STUCK_IN_SYMPY, 2, timeout=8).samples
    assert [result.verdict.value for result in sample.results] == ["timed out", "exact", "exact"]


def test_what_is_wrong_is_raised_here() -> None:
    with pytest.raises(ExpressionError, match="unknown function 'sni'") as raised:
        diffcheck.check("sni(x)", 2, timeout=60)
    assert (raised.value.text, raised.value.start) == ("sni(x)", 0)
    with pytest.raises(UserCodeError, match="ZeroDivisionError"):
        diffcheck.check(lambda x: x * (1 // 0), 2.0, timeout=60)
    with pytest.raises(AssertionError, match="is wrong"):
        diffcheck.assert_derivative("x^2", 2, claim="3x", timeout=60)


@pytest.mark.parametrize(("limits", "said"), [({"timeout": -1}, "a time limit of -1 s"), ({"max_memory": 1}, "a memory limit of 1 MB")])
def test_a_limit_that_cannot_be_kept_is_refused(limits: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        diffcheck.check("x", 1, **limits)


def test_what_cannot_be_sent_is_said_so() -> None:
    lock = threading.Lock()
    with pytest.raises(InputError, match="cannot be sent: TypeError"):
        diffcheck.check(lambda x: (lock, x)[1], 2.0, timeout=60)
