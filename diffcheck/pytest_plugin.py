"""The pytest plugin: cases of `*.diffcheck.toml` are tests, and `assert_derivative` is a fixture.

A case passes or fails as `diffcheck run` says, and is checked as there: by a worker, within limits that the ini file may set. One
that an engine does not support is skipped; one that is expected to be a kink, or a fault, and is, is an expected failure; what
stays undecided fails. No engine is imported before a test runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from diffcheck.errors import InputError, SuiteError
from diffcheck.printable import message, printable, shown
from diffcheck.processes.limits import DEFAULT_MEGABYTES, DEFAULT_SECONDS, Limits
from diffcheck.records import FaultKind, Record, explained, reason
from diffcheck.results import Outcome, Status, Verdict
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.suite import read_suite
from diffcheck.suites.units import Unit, as_line
from diffcheck.views.json_ import case_result

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

SUFFIX = ".diffcheck.toml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The limits of cases: `diffcheck_timeout = 10` and `diffcheck_max_memory = 1000` in the ini file."""
    parser.addini("diffcheck_timeout", "Seconds that a case of diffcheck may take.", default=str(DEFAULT_SECONDS))
    parser.addini("diffcheck_max_memory", "Megabytes that the process that checks it may use.", default=str(DEFAULT_MEGABYTES))


def limits_of(config: pytest.Config) -> Limits:
    """Raises pytest.UsageError for what is not a limit."""
    try:
        return Limits(float(config.getini("diffcheck_timeout")), int(config.getini("diffcheck_max_memory")))
    except (ValueError, InputError) as error:
        raise pytest.UsageError(f"diffcheck_timeout, diffcheck_max_memory: {error}") from None


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark that every case has: -m diffcheck."""
    config.addinivalue_line("markers", f"diffcheck: a case of a *{SUFFIX} file")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Suites of diffcheck are test files."""
    if not file_path.name.endswith(SUFFIX):
        return None
    suite: pytest.Collector = SuiteFile.from_parent(parent, path=file_path, **_harmless_id(file_path, parent.config.rootpath))
    return suite


def _harmless_id(path: Path, root: Path) -> dict[str, Any]:
    """What pytest is to print in place of a file's name that a terminal or a CI server would obey."""
    name = os.path.relpath(path, root)
    return {} if printable(name) == name else {"nodeid": printable(name)}


@pytest.fixture
def assert_derivative() -> Callable[..., None]:
    """`diffcheck.assert_derivative`: fails unless every derivative of an expression or of a JAX function is right."""
    import diffcheck

    return diffcheck.assert_derivative


class WrongDerivative(Exception):  # noqa: N818  (it is one)
    """What a case says that did not pass."""


class SuiteFile(pytest.File):
    """A suite: its cases are the tests."""

    def collect(self) -> Iterator[pytest.Item]:
        try:
            cases = read_suite(self.path)
        except SuiteError as error:
            raise self.CollectError(message(str(error))) from None
        for number, case in enumerate(cases):
            yield CaseItem.from_parent(self, name=shown(case.id), case=case, number=number)


class CaseItem(pytest.Item):
    """One case, at all of its points."""

    def __init__(self, *, case: Case | Unreadable, number: int, **options: Any) -> None:
        super().__init__(**options)
        self.case = case
        self.number = number
        self.add_marker("diffcheck")

    def runtest(self) -> None:
        from diffcheck.suites.remote import check_units

        (lines,) = check_units([as_line(Unit(self.number, self.case, "float64"))], limits_of(self.config))
        records = case_result(self.number, lines).records
        self.user_properties += _properties(records)
        _end(self.case, records)

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: Any = None) -> str | TerminalRepr:
        return str(excinfo.value) if isinstance(excinfo.value, WrongDerivative) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, int, str]:
        return printable(str(self.path)), self.case.line - 1, self.name


def _end(case: Case | Unreadable, records: Sequence[Record]) -> None:
    """Raises what makes a test fail, be skipped, or fail as expected."""
    wrong = [record for record in records if record.outcome in (Outcome.FAIL, Outcome.UNDECIDED)]
    if wrong and all(map(_is_unsupported, wrong)):
        pytest.skip(reason(wrong[0]))
    if wrong:
        raise WrongDerivative("\n".join(f"{shown(case.file)}:{case.line}: {explained(record)}" for record in wrong))
    remarkable = [record.sample for record in records if record.matched and record.sample is not None]
    if any(sample.status is Status.KINK or sample.outcome is not Outcome.PASS for sample in remarkable):
        pytest.xfail(f"expected {records[0].expected}")


def _is_unsupported(record: Record) -> bool:
    """Whether nothing is wrong but that an engine lacks something."""
    if record.sample is None:
        return record.fault is not None and record.fault.kind is FaultKind.UNSUPPORTED
    worst = [result for result in record.sample.counted if result.outcome in (Outcome.FAIL, Outcome.UNDECIDED)]
    return bool(worst) and all(result.verdict is Verdict.UNSUPPORTED for result in worst)


def _properties(records: Sequence[Record]) -> list[tuple[str, object]]:
    """For JUnit files: the verdicts, and the largest error in ulps."""
    results = [result for record in records if record.sample is not None for result in record.sample.results]
    verdicts = ", ".join(dict.fromkeys(result.verdict.value for result in results))
    errors = [result.ulps for result in results if result.ulps is not None]
    return [("verdicts", verdicts), *([("largest_error_ulps", max(errors))] if errors else [])]
