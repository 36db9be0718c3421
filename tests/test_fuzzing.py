"""Random input: whatever is typed, it is read or refused in words, and every case of a suite ends as a record."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from fuzz import READING_SECONDS, Found, fuzz

from diffcheck.errors import SuiteError
from diffcheck.records import FaultKind, Summary
from diffcheck.suites.cases import Case
from diffcheck.suites.fpcore import read_fpcore
from diffcheck.suites.runner import run_case
from diffcheck.suites.suite import read_suite

TEXTS = 5_000  # of each seed


@pytest.mark.parametrize("seed", [1, 2])
def test_random_texts_are_refused_in_words_or_checked(seed: int) -> None:
    """Ten thousand texts of the two seeds: all are read; what can be read, one in twenty, is checked, and half of that is judged."""
    found = Found()
    for _ in fuzz(TEXTS, seed, 1.0, 1, found):
        pass
    assert found.findings == []
    assert found.texts == TEXTS
    assert found.checked == found.read > TEXTS / 40
    assert found.judged > TEXTS / 80
    assert found.slowest_reading < READING_SECONDS / 10


@pytest.mark.parametrize(
    ("text", "point", "dtype"),
    [
        ("piecewise((x, x < 1), (x^1e-9999, x < 2), 3)", "x=-1e-320", "float32"),
        ("where(1e-9999 == 0, 0, sin(x)/x)", "x=-1", "float64"),
        ("x9^9^19^2 + 3x + 2", "x9=0,x=-1e-320", "float64"),
        ("hyp2f1(x, x, x, y)", "x=3,y=0.1", "float64"),
        ("x^-   3x + 2", "x=-1e-320", "float64"),
    ],
)
def test_what_was_found_once_ends_as_a_record(text: str, point: str, dtype: str) -> None:
    summary = Summary()
    summary.add(list(run_case(Case("found", 1, text, (point,), dtype=dtype))))
    assert summary.cases == 1
    assert not summary.faults[FaultKind.INTERNAL]


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
