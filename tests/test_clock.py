"""No verdict depends on the clock: budgets count work, and a deadline only ends a case as `timed out`."""

from __future__ import annotations

import ast
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from command_line import process

from diffcheck.engines.certified import certify, certify_mixed, enclose_value
from diffcheck.engines.certified.status.interval import parts
from diffcheck.graph.build import read

PACKAGE = Path(__file__).parent.parent / "diffcheck"
FLOORS = ("engines", "judgement")  # what computes and what judges
MEASURES = PACKAGE / "engines" / "jax" / "measuring.py"  # what `diffcheck cost` shows
CLOCKS = {"time", "datetime", "timeit", "sched", "resource"}


def clocks_in(tree: ast.Module) -> set[str]:
    """The modules that tell the time, as far as a module imports them."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in names} & CLOCKS


@pytest.mark.parametrize("floor", FLOORS)
def test_what_computes_and_judges_has_no_clock(floor: str) -> None:
    modules = sorted({*(PACKAGE / floor).rglob("*.py")} - {MEASURES})
    assert len(modules) > 10
    found = {path.relative_to(PACKAGE).as_posix(): clocks_in(ast.parse(path.read_text(encoding="utf-8"))) for path in modules}
    assert {name: clocks for name, clocks in found.items() if clocks} == {}


@pytest.mark.parametrize("text", ["import time", "import os, time as t", "from time import monotonic", "def f():\n    import datetime"])
def test_an_imported_clock_would_be_found(text: str) -> None:
    assert clocks_in(ast.parse(text))


# A clock that runs away

READINGS = ("monotonic", "perf_counter", "process_time", "thread_time", "time")


@contextmanager
def hours_fly() -> Iterator[None]:
    """Each look at any clock finds it a day later."""
    days = count(1)
    with pytest.MonkeyPatch.context() as patch:
        for reading in READINGS:
            patch.setattr(time, reading, lambda: 86_400.0 * next(days))
            patch.setattr(time, f"{reading}_ns", lambda: 86_400 * 10**9 * next(days))
        yield


def proved(text: str, at: dict[str, float], names: Sequence[str] = ("x",)) -> object:
    graph = read(text).target.flat
    return certify(graph, at, names[0], len(names)) if len(set(names)) == 1 else certify_mixed(graph, at, names)


WORK: dict[str, Callable[[], object]] = {
    "one precision": lambda: proved("sin(x)", {"x": 1.0}),
    "several precisions": lambda: proved("f(x) = 4x(1 - x); f@300(x)", {"x": 0.3}),
    "all precisions in vain": lambda: proved("max(sin(x)^2 + cos(x)^2, 1)", {"x": 1.0}),
    "a small difference": lambda: proved("1 - tanh(x)", {"x": 300.0}),
    "a kink": lambda: proved("abs(x) + exp(x)", {"x": 0.0}),
    "a second derivative": lambda: proved("f(x) = 4x(1 - x); f@100(x)", {"x": 0.3}, ("x", "x")),
    "a mixed derivative": lambda: proved("exp(-(x - 1/3)^2*y)", {"x": 0.33333333, "y": 2.0}, ("x", "y")),
    "a value": lambda: enclose_value(read("f(x) = 4x(1 - x); f@300(x)").target.flat, {"x": 0.3}),
    "an interval": lambda: parts(read("abs(sin(7x)) + sqrt(x)").target.flat, "x", -1.0, 2.0),
    "an interval whose budget runs out": lambda: parts(read("acos(cos(x))").target.flat, "x", -4.0, 4.0),
}


@pytest.mark.parametrize("work", WORK)
def test_what_is_proved_is_the_same_when_hours_fly(work: str) -> None:
    undisturbed = WORK[work]()
    with hours_fly():
        assert WORK[work]() == undisturbed


def test_the_planted_clock_is_what_a_program_sees() -> None:
    with hours_fly():
        begun = time.monotonic()
        assert time.monotonic() - begun > 3600
        assert time.process_time_ns() > 0
    begun = time.monotonic()
    assert time.monotonic() - begun < 3600


# A busy machine

BUSY = 4  # processes
SLOW = """
[[case]]
expr = "hyp2f1(0.5, 1, 1.5, x)"
at = [0.5, -3]

[[case]]
expr = "f(x) = 4x(1 - x); f@3000(x)"
at = [0.3]

[[case]]
expr = "f(x) = 4x(1 - x); f@500(x)"
at = [0.3, 0.7]
wrt = ["x", "x x"]

[[case]]
expr = "zeta(50x) - zeta(50x + 1)"
at = [0.9, 2]

[[case]]
expr = "max(sin(x)^2 + cos(x)^2, 1)"
at = [1, 2]

[[case]]
expr = "abs(exp(log(x)) - x) + gammainc(x, 2x)"
at = [2, 3]

[[case]]
expr = "betainc(2, x, 0.3) + polygamma(3, x)"
at = [3, 0.25]

[[case]]
expr = "log(softplus(x))"
at = [-6000, 3]

[[case]]
expr = "where(sin(pi*x) > sin(3pi*x), besselj(1.5, x), x^x)"
at = [1, 0, 2.5]

[[case]]
expr = "exp(-sqrt((x - y)^2)^2)*erf(x*y)"
at = ["x=1,y=1", "x=1e-9,y=2"]
wrt = ["x y", "x"]
"""


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """A machine that has other things to do."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def records(directory: Path, name: str) -> bytes:
    """What a run writes whose deadline is far away: a verdict is the same then however long it takes."""
    ended = process(["run", "suite.toml", "--format", "jsonl", "-o", name, "--timeout", "1200"], directory, timeout=3600)
    assert "Traceback" not in ended.stderr
    return (directory / name).read_bytes()


@pytest.mark.long
def test_a_busy_machine_writes_the_same_records(tmp_path: Path) -> None:
    (tmp_path / "suite.toml").write_text(SLOW, encoding="utf-8")
    alone = records(tmp_path, "alone.jsonl")
    with busy(BUSY):
        assert records(tmp_path, "busy.jsonl") == alone
    assert alone.count(b"\n") >= 20
    assert b"timed out" not in alone
