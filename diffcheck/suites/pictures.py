"""Pictures of the worst cases, drawn by the workers that checked them, under the limits of the run."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from diffcheck.errors import DiffcheckError
from diffcheck.processes.deaths import Death
from diffcheck.processes.limits import Limits
from diffcheck.processes.workers import WORKERS
from diffcheck.records import CaseResult, worst_outcome
from diffcheck.results import PROVED, Outcome, Sample
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.units import Unit
from diffcheck.views.html import badness

PICTURES = 6


def illustrated(results: Iterable[CaseResult], units: Iterable[Unit], worst: Iterable[int], limits: Limits) -> Iterator[CaseResult]:
    """The same results, with what was checked, and with pictures of those that are named in `worst`. Both come by number."""
    wanted, rest = set(worst), iter(units)
    for result in results:
        case = next(unit.case for unit in rest if unit.number == result.number)
        if isinstance(case, Unreadable):
            yield result
        else:
            picture = _drawn(case, result, limits) if result.number in wanted else b""
            seed = case.sampling.seed if case.sampling is not None and case.sampling.random else None
            yield replace(result, text=case.text or case.function, picture=picture, seed=seed)


def worst_of(results: Iterable[CaseResult]) -> list[int]:
    """The numbers of the few cases that did not pass and are worst."""
    faulty = (result for result in results if worst_outcome(result.records) is not Outcome.PASS and _shown(result) is not None)
    return [result.number for result in heapq.nlargest(PICTURES, faulty, key=badness)]


def _shown(result: CaseResult) -> tuple[Sample, str] | None:
    """The first of its worst samples that a picture can show, with its line: a derivative of first order at a point."""
    outcome = worst_outcome(result.records)
    for record, line in zip(result.records, result.lines, strict=True):
        if record.outcome is outcome and record.sample and record.sample.order == 1:
            return record.sample, line
    return None


def _drawn(case: Case, result: CaseResult, limits: Limits) -> bytes:
    """An SVG, or nothing where none can be drawn."""
    found = _shown(result)
    if found is None or case.function:
        return b""
    sample, line = found
    point = {name: value.hex() for name, value in sample.point.items()}
    check = {"text": case.text, "of": case.of, "wrt": [sample.wrt], "dtype": case.dtype or "float64", "variables": [*point]}
    wanted = {"check": check, "point": point, "wrt": sample.wrt, "slopes": _slopes(sample, line), "proved": _height(line)}
    answer = WORKERS.ask(f"{__name__}:draw", json.dumps(wanted), limits)
    return b"" if isinstance(answer, Death) else "\n".join(answer).encode()


def _height(line: str) -> str | None:
    """The value of f that is proved."""
    value = json.loads(line)["value"]
    return float(value["midpoint"]).hex() if value else None


def _slopes(sample: Sample, line: str) -> dict[str, str]:
    """What is proved of the slope, then what was found instead: each slope once, with the names of those who say it."""
    fields = json.loads(line)
    proved = {PROVED: fields["enclosure"]} if fields["enclosure"] else dict(zip(("left", "right"), fields["clarke"] or (), strict=False))
    said = {name: float(enclosure["midpoint"]).hex() for name, enclosure in proved.items()}
    by: dict[str, list[str]] = {}
    for found in sample.results:
        if found.value is not None and found.outcome is not Outcome.PASS:
            by.setdefault(found.value.hex(), []).append(found.title)
    return {**said, **{", ".join(names): value for value, names in by.items()}}


def draw(wanted: str, on_stage: Callable[[str], None]) -> list[str]:
    """What a worker answers: the picture, line by line, or nothing."""
    from diffcheck.checks.expression import Check
    from diffcheck.pictures.sketch import sketch

    fields = json.loads(wanted)
    point, slopes = ({name: float.fromhex(value) for name, value in fields[key].items()} for key in ("point", "slopes"))
    height = float.fromhex(fields["proved"]) if fields["proved"] else None
    try:
        # eager, as cases are checked: compiling a program takes longer than the picture
        return sketch(Check(**fields["check"], compiled=False), point, fields["wrt"], slopes, height).splitlines()
    except DiffcheckError:
        return []
