"""Threads that check at once find what one alone finds, and leave what all threads share as it was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import flint
import jax
import jax.numpy as jnp
import pytest
from sympy.core.expr import Expr

from diffcheck import check
from diffcheck.engines.certified import scope
from diffcheck.engines.jax.lacking import whole_tracebacks


def without_rule(x: Any) -> Any:
    return jax.lax.while_loop(lambda y: y < 10, lambda y: y * 2, x)  # has no reverse mode


SUBJECTS: tuple[tuple[Any, Any], ...] = (
    ("exp(x)*sin(x^2)/x", [0.5, 1.5]),
    ("relu(x) + abs(x)", [0.0, 2.0]),
    ("besselj(2, x)", 1.5),
    ("x^y + atan2(x, y)", {"x": 2.0, "y": 3.0}),
    ("(1 - cos(x))/x^2", 1e-9),
    ("exp(-1/x^2)", 1e-3),
    (lambda x: jnp.sum(jnp.tanh(x) ** 2), [jnp.array([0.5, -1.5])]),
    (without_rule, 1.5),
)


def found(place: int) -> str:
    return check(*SUBJECTS[place]).to_json()


@contextmanager
def watched(seen: Callable[[], object]) -> Iterator[set[object]]:
    """What another thread sees meanwhile, often."""
    values, over = set[object](), threading.Event()

    def watch() -> None:
        while not over.wait(0.0005):
            values.add(seen())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield values
    finally:
        over.set()
        watcher.join()


@pytest.fixture(name="hasty")
def hasty_fixture() -> Iterator[None]:
    """Threads take turns a hundred times more often than they would."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_four_threads_find_what_one_finds_and_leave_everything_as_it_was() -> None:
    alone = [found(place) for place in range(len(SUBJECTS))]
    flint.ctx.prec, flint.ctx.cap = 77, 7
    filtering, diff = jax.config.jax_traceback_filtering, Expr.diff
    try:
        with watched(lambda: Expr.diff) as seen, ThreadPoolExecutor(4) as threads:
            places = [place for shift in range(3) for place in (*range(shift, len(SUBJECTS)), *range(shift))]
            together = list(threads.map(found, places))
        assert (flint.ctx.prec, flint.ctx.cap) == (77, 7)
    finally:
        flint.ctx.prec, flint.ctx.cap = 53, 10
    assert [alone[place] for place in places] == together
    assert seen == {diff}
    assert jax.config.jax_traceback_filtering == filtering


def test_a_precision_is_for_one_thread_at_a_time() -> None:
    order = list[str]()
    inside, outside = threading.Event(), threading.Event()

    def other() -> None:
        inside.wait()
        outside.set()
        with scope(200):
            order.append(f"other at {flint.ctx.prec}")

    thread = threading.Thread(target=other)
    thread.start()
    with scope(100):
        inside.set()
        outside.wait()
        with scope(300):
            order.append(f"first at {flint.ctx.prec}")
        order.append(f"first at {flint.ctx.prec}")
    thread.join()
    assert order == ["first at 300", "first at 100", "other at 200"]
    assert flint.ctx.prec == 53


def test_the_last_thread_that_wants_whole_tracebacks_puts_the_setting_back() -> None:
    before = jax.config.jax_traceback_filtering
    first, second = whole_tracebacks(), whole_tracebacks()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert jax.config.jax_traceback_filtering == "off"
    second.__exit__(None, None, None)
    assert jax.config.jax_traceback_filtering == before != "off"
