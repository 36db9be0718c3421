"""Cases are checked by workers: `check_units` asks, here in a thread or on another machine, and `answer` is what a worker does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from diffcheck.errors import LostError
from diffcheck.processes.deaths import Death, Lost, outlasted
from diffcheck.processes.limits import Limits
from diffcheck.processes.workers import WORKERS
from diffcheck.records import FaultKind
from diffcheck.suites.cases import Unreadable
from diffcheck.suites.units import Unit, as_line, faulty, from_line
from diffcheck.views.json_ import record_as_line

ANSWER = f"{__name__}:answer"
TRIES = 2  # of a case whose worker crashed: somebody else may have killed it


def check_units(units: Sequence[str], limits: Limits) -> list[list[str]]:
    """The records of each unit, a line each."""
    return [_checked(from_line(unit), limits) for unit in units]


def _checked(unit: Unit, limits: Limits) -> list[str]:
    def asked(lost: Lost) -> list[str] | Death:
        return WORKERS.ask(ANSWER, as_line(replace(unit, lost=lost)), limits)

    if isinstance(unit.case, Unreadable):
        return [record_as_line(faulty(unit.case, unit.number, FaultKind.INPUT, unit.case.message))]
    try:
        return outlasted(asked, TRIES)
    except LostError as error:
        return [record_as_line(faulty(unit.case, unit.number, FaultKind(error.verdict), error.reason))]


def answer(line: str, on_stage: Callable[[str], None]) -> Iterable[str]:
    """The records of a unit, a line each."""
    from diffcheck.suites.runner import RunOptions, run_case

    unit = from_line(line)
    conditions = RunOptions(unit.dtype, on_stage, unit.lost, unit.allow_code)
    return [record_as_line(record) for record in run_case(unit.case, unit.number, conditions)]
