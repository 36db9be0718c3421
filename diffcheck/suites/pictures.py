"""Pictures of the worst cases, drawn by workers, under the limits of the run."""

from __future__ import annotations

import heapq
import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from diffcheck.errors import DiffcheckError
from diffcheck.processes.deaths import Death
from diffcheck.processes.limits import Limits
from diffcheck.processes.workers import WORKERS
from diffcheck.records import CaseResult, Record, worst_outcome
from diffcheck.results import Outcome, Stage
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
            yield replace(result, text=case.text or case.function, picture=picture)


def worst_of(results: Iterable[CaseResult]) -> list[int]:
    """The numbers of the few cases that did not pass and are worst."""
    faulty = (result for result in results if worst_outcome(result.records) is not Outcome.PASS and _shown(result) is not None)
    return [result.number for result in heapq.nlargest(PICTURES, faulty, key=badness)]


def _shown(result: CaseResult) -> Record | None:
    """The first of its worst records that a picture can show: a derivative of first order at a point."""
    outcome = worst_outcome(result.records)
    return next((record for record in result.records if record.outcome is outcome and record.sample and record.sample.order == 1), None)


def _drawn(case: Case, result: CaseResult, limits: Limits) -> bytes:
    """A PNG, or nothing where none can be drawn."""
    record = _shown(result)
    if record is None or record.sample is None:
        return b""
    sample = record.sample
    point = {name: value.hex() for name, value in sample.point.items()}
    claims = [claim.text for claim in case.claims if claim.order == 1 and claim.wrt in ("", sample.wrt)]
    wanted = {"text": case.text, "of": case.of, "wrt": sample.wrt, "claims": claims[:1], "dtype": case.dtype or "float64", "point": point}
    answer = WORKERS.ask(f"{__name__}:draw", json.dumps(wanted), limits)
    return b"" if isinstance(answer, Death) else b64decode("".join(answer))


def draw(wanted: str, on_stage: Callable[[Stage], None]) -> list[str]:
    """What a worker answers: the picture in base 64, or nothing."""
    from diffcheck.judgement.check import Check
    from diffcheck.judgement.points import from_mappings
    from diffcheck.views.drawing import import_matplotlib

    import_matplotlib()
    from diffcheck.views.plot import picture

    fields = json.loads(wanted)
    point, wrt = fields.pop("point"), fields.pop("wrt")
    try:
        check = Check(**fields, wrt=[wrt], variables=[*point])
        return [b64encode(picture(check, from_mappings([point], check.problem.variables, check.format), wrt)).decode()]
    except DiffcheckError:
        return []
