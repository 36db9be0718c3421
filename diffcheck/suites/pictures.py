"""Pictures of the worst cases, each drawn by a `diffcheck plot` of its own, under the limits of the run."""

from __future__ import annotations

import heapq
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from diffcheck.records import CaseResult, Record, worst_outcome
from diffcheck.results import Outcome
from diffcheck.suites.cases import Case
from diffcheck.suites.limits import Limits
from diffcheck.suites.supervision import environment
from diffcheck.views.html import badness

PICTURES = 6


def illustrated(results: Iterable[CaseResult], cases: Mapping[int, Case], worst: Iterable[int], limits: Limits) -> Iterator[CaseResult]:
    """The same results, with what was checked, and with pictures of those that are named in `worst`."""
    wanted = set(worst)
    for result in results:
        case = cases.get(result.number)
        if case is None:
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
    point = ",".join(f"{name}={value.hex()}" for name, value in record.sample.point.items())
    with tempfile.TemporaryDirectory() as directory:
        picture = Path(directory, "case.png")
        options = ["--at", point, "--wrt", record.sample.wrt, "-o", str(picture), *_options(case, record.sample.wrt)]
        limited = ["--timeout", str(limits.seconds), "--max-memory", str(limits.megabytes)]
        words = [sys.executable, "-m", "diffcheck", "plot", *options, *limited, "--", case.text]
        subprocess.run(words, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, check=False)
        return picture.read_bytes() if picture.exists() else b""


def _options(case: Case, wrt: str) -> list[str]:
    """What the case says, as far as it is about the derivative with respect to `wrt`."""
    claims = [claim.text for claim in case.claims if claim.order == 1 and claim.wrt in ("", wrt)]
    given = {"--of": case.of, "--dtype": case.dtype, "--claim": claims[0] if claims else None}
    return [word for name, value in given.items() if value for word in (name, value)]
