"""Random input: whatever is typed, it is read or refused in words, and every case of a suite ends as a record."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from strategies import expressions

from diffcheck.errors import InputError, SuiteError, UnsupportedError
from diffcheck.graph.build import read
from diffcheck.records import FaultKind
from diffcheck.suites.cases import Case
from diffcheck.suites.fpcore import read_fpcore
from diffcheck.suites.runner import run_case
from diffcheck.suites.suite import read_suite

TEXTS, CASES, MANY = 10_000, 15, 10_000  # of each run; MANY cases in a long one
PIECES = (
    *"xyzfg0123456789.+-*/^()|,;=<>!' \n@#[]{}\\\"_π²×·−≤∘",
    *("sin(", "log(x, base=", "where(", "piecewise((", "f(x) = ", "; ", "f@3(x)", "f'(x)", "**", "1e9", "e", "pi"),
    *(" if ", " else ", " and ", "max(x, "),
    *("polygamma(2, ", "mod(x, ", "abs(", "9^9^9", "1e-9999", "\x00", "\ud800", "\N{COMBINING ACUTE ACCENT}"),
)
SEEDS = (
    "x^2 + 3x + 2",
    "f(x) = x^2 + 3x + 2; g(x) = f(f(f(x)))",
    "where(x == 0, 0, sin(x)/x)",
    "piecewise((x, x < 1), (x^2, x < 2), 3)",
    "log(x, base=2)*|x|",
    "x if 0 < x <= 1 else -x",
    "max(x, y, 1e-3)^(1/3)",
)


def mutated(chance: random.Random) -> str:
    """A seed with pieces put in, taken out and doubled."""
    text = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        piece = chance.choice((*PIECES, text[start:end]))
        end = chance.choice((start, end, min(start + 1, len(text))))
        text = text[:start] + piece + text[end:]
    return text


def assert_read_or_refused(text: str) -> None:
    try:
        read(text)
    except (InputError, UnsupportedError) as refused:
        assert str(refused)  # noqa: PT017  (that it is one of these is the claim)


def test_mutated_texts_are_read_or_refused() -> None:
    chance = random.Random(1)
    for _ in range(TEXTS):
        assert_read_or_refused(mutated(chance))


@settings(max_examples=1_000, suppress_health_check=list(HealthCheck))
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@example("\ud800")
def test_heaps_of_tokens_are_read_or_refused(text: str) -> None:
    assert_read_or_refused(text)


def assert_recorded(text: str, point: str) -> None:
    records = list(run_case(Case("fuzz", 1, text, (point,))))
    assert records
    for record in records:
        assert record.sample is not None or record.fault is not None
        assert record.fault is None or record.fault.kind is not FaultKind.INTERNAL, record.fault.message


@pytest.mark.parametrize("count", [CASES, pytest.param(MANY, marks=pytest.mark.long)])
def test_random_cases_end_as_records(count: int) -> None:
    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(expressions(), st.floats(allow_nan=False, allow_infinity=False).map(repr))
    def check(text: str, point: str) -> None:
        assert_recorded(text, point)

    check()


@pytest.mark.parametrize("count", [300, pytest.param(MANY, marks=pytest.mark.long)])
def test_mutated_cases_end_as_records(count: int) -> None:
    chance = random.Random(2)
    for _ in range(count):
        assert_recorded(mutated(chance), chance.choice(("0", "1", "-1", "0.5", "x=1,y=2", "1e300")))


LINE = {"id": "a", "expr": "x^2", "points": [{"x": 1}], "wrt": [["x"]], "expected": [{"var": "x", "expr": "2*x"}]}
FILES = {
    "suite.toml": '[[case]]\nexpr = "x^2"\nat = [1, "x=2"]\nclaim = "2x"\nsample = { domain = { x = [0, 1] } }\nexpect = "pass"\n',
    "suite.jsonl": json.dumps(LINE) + "\n",
    "suite.fpcore": '(FPCore (x y) :name "a" :pre (and (< 0 x y) (<= y 1)) (let* ((t (* x y))) (if (< t 1/2) (sqrt t) (- t))))\n',
}
BITS = (b"", b'"', b"(", b")", b"[", b"{", b"\n", b"1e9", b"\xff", b"x", b"=")


@pytest.mark.parametrize("name", FILES)
def test_mutated_files_are_read_or_refused(name: str, tmp_path: Path) -> None:
    chance, path = random.Random(3), tmp_path / name
    for _ in range(1_000):
        content = bytearray(FILES[name].encode())
        for _ in range(chance.randint(1, 5)):
            place = chance.randrange(len(content))
            content[place : place + chance.choice((0, 1, 5))] = chance.choice(BITS)
            content = content or bytearray(b" ")
        path.write_bytes(content)
        try:
            assert read_suite(path)
        except SuiteError as refused:
            assert name in str(refused)  # noqa: PT017


def test_deep_and_wide_files_are_read_or_refused(tmp_path: Path) -> None:
    deep, wide = b"(FPCore (x) " + b"(- " * 100_000 + b"x" + b")" * 100_001, b"(FPCore (x) (+ " + b"x " * 100_000 + b"))"
    for content in (b"(" * 100_000, deep, wide):
        try:
            assert read_fpcore(content, Path("deep.fpcore"))
        except SuiteError as refused:
            assert "deep.fpcore" in str(refused)  # noqa: PT017
