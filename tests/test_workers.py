"""Workers: what a case does to the process that checks it costs that case, and no other."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from command_line import UNDECIDED, process
from suite_files import STUCK_IN_SYMPY

from diffcheck.processes import workers
from diffcheck.processes.deaths import Death
from diffcheck.processes.limits import Limits
from diffcheck.records import CaseResult, FaultKind
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.dispatch import check_all, local_hands
from diffcheck.suites.units import Unit, as_line, from_line

TESTS = Path(__file__).parent
LIMITS = Limits(seconds=10.0, megabytes=1024)
GOOD = Case("good", 1, "x^2", (3.0,))


def checked(cases: Sequence[Case | Unreadable], workers: int = 1, limits: Limits = LIMITS) -> dict[str, CaseResult]:
    units = [Unit(number, case, "float64") for number, case in enumerate(cases)]
    with local_hands(workers) as hands:
        results = list(check_all(units, limits, hands))
    assert sorted(result.number for result in results) == list(range(len(cases)))
    return {result.records[0].id: result for result in results}


def verdicts(result: CaseResult) -> list[str]:
    (record,) = result.records
    assert record.sample is not None, record.fault
    return [each.verdict.value for each in record.sample.results]


def fault(result: CaseResult) -> tuple[FaultKind, str]:
    (record,) = result.records
    assert record.fault is not None
    return record.fault.kind, record.fault.message


# Natural cases


STUCK_IN_FLINT = "polygamma(1000000, x)"
TOO_LARGE_FOR_JAX = "f(x) = sin(x) + 1; g(x) = f@20000(x)"


def test_where_only_sympy_is_stuck_the_others_are_reported() -> None:
    results = checked([GOOD, Case("stuck", 2, STUCK_IN_SYMPY, (2.0,)), Case("after", 3, "x^3", (2.0,))])
    assert verdicts(results["stuck"]) == ["timed out", "exact", "exact"]
    (record,) = results["stuck"].records
    assert record.sample is not None
    assert record.sample.results[0].reason == "timed out after 10 s in the symbolic stage"
    assert verdicts(results["good"]) == verdicts(results["after"]) == ["exact"] * 3


def test_a_case_that_is_stuck_in_flint_times_out_at_its_stage() -> None:
    results = checked([Case("stuck", 1, STUCK_IN_FLINT, (2.0,)), GOOD], limits=Limits(seconds=8.0))
    assert fault(results["stuck"]) == (FaultKind.TIMED_OUT, "timed out after 8 s in the certified stage")
    assert verdicts(results["good"]) == ["exact"] * 3


def test_a_check_reports_the_engines_that_came_back(tmp_path: Path) -> None:
    ended = process(["check", STUCK_IN_SYMPY, "--at", "2", "--timeout", "8"], tmp_path)
    assert ended.code == UNDECIDED
    assert ended.stdout.count("read as: ") == 1
    assert [line.split()[-1] for line in ended.stdout.splitlines() if "JAX " in line and "✓" in line] == ["exact", "exact"]
    assert "SymPy: timed out after 8 s in the symbolic stage" in ended.stdout


def test_a_check_that_needs_too_much_memory_loses_that_engine_only(tmp_path: Path) -> None:
    ended = process(["check", TOO_LARGE_FOR_JAX, "--at", "2", "--max-memory", "512", "--format", "jsonl"], tmp_path)
    assert ended.code == UNDECIDED
    symbolic, forward, reverse = json.loads(ended.stdout)["results"]
    assert (symbolic["outcome"], forward["verdict"], reverse["verdict"]) == ("pass", "crashed", "crashed")
    assert reverse["reason"].startswith("crashed in the automatic stage: ")


def test_a_check_that_is_stuck_in_flint_ends_in_time(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = process(["check", STUCK_IN_FLINT, "--at", "2", "--timeout", "1", "-o", "report"], tmp_path)
    assert time.monotonic() - begun < 20
    assert ended.code == UNDECIDED
    assert ended.stderr.splitlines()[0] == "error: timed out after 1 s in the certified stage"
    assert not list(tmp_path.iterdir())


# Planted ones


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setattr(workers, "PROGRAM", "planted_worker")
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    monkeypatch.setenv("DIFFCHECK_TEST_MARK", str(tmp_path / "mark"))
    return tmp_path / "mark"


def at(point: float, name: str = "bad", **options: Any) -> Case:
    return Case(name, 1, "x^2", (point,), **options)


Faults = Sequence[tuple[float, FaultKind, str]]
PLANTED = (
    (101.0, FaultKind.CRASHED, "crashed in the certified stage: SIGABRT"),
    (104.0, FaultKind.CRASHED, "crashed in the certified stage: it needs more than 1,024 MB"),
)
SLOWER = (
    (102.0, FaultKind.CRASHED, "crashed in the certified stage: SIGSEGV"),
    (103.0, FaultKind.CRASHED, "crashed in the certified stage: SIGKILL"),
)


@pytest.mark.parametrize("faults", [PLANTED, pytest.param(SLOWER, marks=pytest.mark.long)])
def test_whatever_becomes_of_a_worker_is_the_record_of_its_case_alone(faults: Faults, planted: Path) -> None:
    cases: list[Case | Unreadable] = []
    for point, _, _ in faults:
        cases += [at(point, str(point)), at(point - 100, f"good {point}")]
    results = checked(cases, workers=2, limits=Limits(seconds=60.0, megabytes=1024))
    for point, kind, message in faults:
        assert fault(results[str(point)]) == (kind, message)
        assert verdicts(results[f"good {point}"]) == ["exact"] * 3


def test_a_worker_that_dies_once_costs_one_more_try(planted: Path) -> None:
    results = checked([at(106.0)])
    assert planted.exists()
    assert verdicts(results["bad"]) == ["exact"] * 3


def test_what_a_library_prints_is_no_answer(planted: Path) -> None:
    assert verdicts(checked([at(105.0)])["bad"]) == ["exact"] * 3


def test_a_case_may_expect_to_crash_or_to_time_out(planted: Path) -> None:
    results = checked([at(103.0, "met", expect="crashed"), at(103.0, "not met", expect="timed out")], workers=2)
    assert [results[name].records[0].matched for name in ("met", "not met")] == [True, False]
    assert results["met"].records[0].outcome.value == "pass"


def test_a_worker_that_cannot_start_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PROGRAM", "no_such_module")
    with pytest.raises(Exception, match="no worker process can be started: .*No module named .no_such_module"):
        checked([GOOD])


def test_what_is_no_case_is_a_record_without_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PROGRAM", "no_such_module")
    assert fault(checked([Unreadable("line 1", 1, "what")])["line 1"]) == (FaultKind.INPUT, "what")


# Units and deaths


CASES = (
    Case("a", 3, "x*y", ({"x": 1, "y": "0.1"}, "x=1,y=2"), None, (("x",), ("x", "x")), (), "float32", "pass", True, "suite.toml"),
    Case("b", 4, "x", (10**400,)),
    Unreadable("c", 5, "what", "suite.jsonl"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_unit_survives_as_a_line(case: Case | Unreadable) -> None:
    unit = Unit(7, case, "float64")
    assert from_line(as_line(unit)) == unit


def test_deaths_name_the_signal() -> None:
    assert str(Death(-signal.SIGBUS, None, LIMITS)) == "crashed: SIGBUS"
    assert str(Death(1, None, LIMITS)) == "crashed: exit code 1"
