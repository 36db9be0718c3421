"""Random input: whatever is typed, it is read or refused in words, and every case of a suite ends as a record."""

from __future__ import annotations

from pathlib import Path

import fuzz_files as fuzz_files_module
import pytest
from fuzz import READING_SECONDS, Found, fuzz
from fuzz_files import FORMATS, Format
from fuzz_files import Found as FoundFiles
from fuzz_files import fuzz as fuzz_files

from diffcheck.errors import InputError, SuiteError
from diffcheck.records import FaultKind, Summary
from diffcheck.suites.cases import Case
from diffcheck.suites.fpcore import read_fpcore
from diffcheck.suites.runner import run_case

TEXTS = 3_000  # of each seed


@pytest.mark.parametrize("seed", [1, 2])
def test_random_texts_are_refused_in_words_or_checked(seed: int) -> None:
    """Six thousand texts of the two seeds: all are read; what can be read, one in twenty, is checked, and half of that is judged."""
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


FILES = 300  # of each format


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("files", [FILES, pytest.param(100_000, marks=pytest.mark.long)])
def test_mutated_files_are_read_or_refused_in_words(format: str, files: int) -> None:
    found = FoundFiles()
    for _ in fuzz_files(format, range(files), found):
        pass
    assert found.findings == []
    assert found.files == found.read + found.refused == files
    assert found.read > files / 20


def test_the_harness_finds_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path) -> None:
        raise {b"a": KeyError("what"), b"b": InputError(""), b"c": InputError("in words")}[path.read_bytes()]

    monkeypatch.setitem(FORMATS, "planted", Format("a", lambda: [b"a", b"b", b"c"], read))
    monkeypatch.setattr(fuzz_files_module, "mutated", lambda chance, seeds: chance.choice(seeds))
    found = FoundFiles()
    list(fuzz_files("planted", range(30), found))
    said = {finding.partition(": ")[2] for finding in found.findings}
    assert said == {"KeyError: 'what'", "a refusal of 0 letters"}


def test_deep_and_wide_files_are_read_or_refused(tmp_path: Path) -> None:
    deep, wide = b"(FPCore (x) " + b"(- " * 100_000 + b"x" + b")" * 100_001, b"(FPCore (x) (+ " + b"x " * 100_000 + b"))"
    for content in (b"(" * 100_000, deep, wide):
        try:
            assert read_fpcore(content, Path("deep.fpcore"))
        except SuiteError as refused:
            assert "deep.fpcore" in str(refused)  # noqa: PT017
