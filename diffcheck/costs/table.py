"""The table: every way to the derivatives of a subject is counted, compiled, compared with what is proved, and timed in turn with f."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcheck import registry
from diffcheck.costs.agreement import MOST, agreements
from diffcheck.costs.routes import Route, Routes
from diffcheck.costs.subject import Costed
from diffcheck.costs.timing import HOW, MANY, Entry, time_all
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.measures import IN_JAX, MEASURES, UNDEFINED, Cost, Costs, MeasureUnit, Quantity, Spread, Way, spread_of
from diffcheck.results import Outcome


def costs(subject: Costed, timed: bool = True, points: int = MANY) -> Costs:
    """What the derivatives of a subject cost. Without `timed` nothing is run but what the comparison with the proved values takes."""
    entries = [_entry(way, route) for way, route in Routes(subject).each()]
    for entry in entries:
        _compile(entry)
    _compare(subject, entries)
    count, notes = _timed(subject, entries, points) if timed else (0, [])
    return Costs(
        read_as=subject.read_as,
        name=subject.name,
        variables=subject.variables,
        entries=subject.entries,
        results=next((entry.route.program.results for entry in entries if entry.way is Way.F and entry.compiled and entry.route), 1),
        dtype=subject.format.name,
        point=subject.point,
        points=count,
        rows=tuple(_rows(entries)),
        notes=(*_about(subject, entries), *notes),
        machine=machine(),
        versions=registry.versions(),
    )


def _timed(subject: Costed, entries: Sequence[Entry], points: int) -> tuple[int, list[str]]:
    """At how many points programs were run at once, and how to read the times."""
    try:
        count = time_all(subject, entries, points)
    except UnsupportedError as unsupported:
        return 0, [f"Programs were run at one point only: {unsupported.reason.rstrip('.')}.", HOW]
    if count:
        return count, [HOW]
    why = "" if subject.takes_numbers else ", as it takes arrays"
    return 0, [f"Programs were run at one point only{why}.", HOW]


def judged(subject: Costed) -> str:
    """What comes of the comparison with the proved derivatives, as the beginning of a sentence."""
    entries = [_entry(way, route) for way, route in Routes(subject).each()]
    for entry in entries:
        _compile(entry)
    _compare(subject, entries)
    agreements = [entry.agreement for entry in entries if entry.agreement.verdict]
    others = dict.fromkeys(each.verdict for each in agreements if each.outcome is not Outcome.PASS)
    if not agreements:
        return "Nothing was compared with proved derivatives"
    if all(each.verdict == UNDEFINED for each in agreements):
        return "The function is not defined, and nothing says that its derivatives are right,"
    told = f"are {', '.join(others)}, or right," if others else "are right, judged as by `diffcheck check`,"
    return f"The derivatives of all ways {told}"


def machine() -> str:
    """Where it was measured."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            model = next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def _entry(way: Way, route: Route | UnsupportedError) -> Entry:
    return Entry(way, missing=route.reason) if isinstance(route, UnsupportedError) else Entry(way, route)


def _compile(entry: Entry) -> None:
    """Whatever can be compiled is; IN_JAX is f again."""
    if entry.route is None or entry.way is Way.IN_JAX:
        return
    try:
        entry.compiled = entry.route.program.compiled()
    except UnsupportedError as unsupported:
        entry.missing = unsupported.reason
        if entry.way is not Way.F:
            entry.route = None  # what does not run has no operations


def _compare(subject: Costed, entries: Sequence[Entry]) -> None:
    found: dict[Way, tuple[Route, NDArray[Any]]] = {}
    for entry in entries:
        if entry.route is not None and entry.compiled is not None and entry.way is not Way.F:
            with settings(subject.is_wide), lacking():
                values = np.asarray(entry.route.flat(entry.compiled(subject.leaves)))
            found[entry.way] = entry.route, values
    for way, agreement in agreements(subject, found).items():
        entry = next(each for each in entries if each.way is way)
        entry.agreement = agreement
        if agreement.problem:
            entry.missing = f"not timed, as it is {agreement.verdict}: {agreement.problem}"


# What was found, as values


def _rows(entries: Sequence[Entry]) -> Iterator[Cost]:
    by_way = {entry.way: entry for entry in entries}
    for entry in entries:
        f = by_way[Way.IN_JAX] if entry.way in IN_JAX and Way.IN_JAX in by_way else by_way[Way.F]
        yield Cost(entry.way, dict(_quantities(entry, f, by_way[Way.F])), entry.agreement.verdict, entry.agreement.outcome, entry.missing)


def _quantities(entry: Entry, counted: Entry, timed: Entry) -> Iterator[tuple[str, Quantity]]:
    """All measures of a way that are known; counts have their ratio to `counted`, everything else to `timed`."""
    for measure in MEASURES:
        if measure.unit is MeasureUnit.SECONDS:
            times = _times(entry, measure.name)
            if times:
                yield measure.name, Quantity(statistics.median(times), spread_of(times), _ratio(times, _times(timed, measure.name)))
            continue
        value = _counts(entry).get(measure.name)
        if value is not None:
            base = _counts(counted if entry.route and measure.name in entry.route.counts else timed).get(measure.name)
            yield measure.name, Quantity(value, None, Spread(*[value / base] * 3) if base else None)


def _times(entry: Entry, name: str) -> Sequence[float]:
    if name == "differentiate":
        return entry.route.seconds if entry.route is not None else ()
    return entry.seconds.get(name, ())


def _counts(entry: Entry) -> Mapping[str, float]:
    counts: dict[str, float] = dict(entry.route.counts) if entry.route is not None else {}
    if entry.compiled is not None:
        analysis = entry.compiled.analysis
        names = {"xla_flops": ("flops", "transcendentals"), "xla_bytes": ("bytes accessed",)}
        counts |= {ours: sum(analysis.get(name, 0.0) for name in theirs) for ours, theirs in names.items() if theirs[0] in analysis}
    if entry.at_many is not None and entry.at_many.bytes_at_peak is not None:
        counts["peak_memory"] = entry.at_many.bytes_at_peak
    return counts


def _ratio(times: Sequence[float], of_f: Sequence[float]) -> Spread | None:
    """Round by round; where one of the two was measured once, of the first round."""
    ratios = [ours / theirs for ours, theirs in zip(times, of_f, strict=False) if theirs > 0]
    return spread_of(ratios) or (Spread(*[ratios[0]] * 3) if ratios else None)


def _about(subject: Costed, entries: Sequence[Entry]) -> Iterator[str]:
    """What a reader must know."""
    judged = [entry for entry in entries if entry.agreement.verdict]
    if not judged:
        yield "Its derivatives were not compared with anything."
    if any(entry.way is Way.IN_JAX for entry in entries):
        yield "JAX runs f by other operations than it is written in; operations of JAX's rows are compared with those."
    if subject.graph is not None and any(entry.route is not None and len(entry.route.names) > MOST for entry in judged):
        yield f"Of more than {MOST} derivatives an even sample was judged."
    if any(entry.route is not None and entry.route.is_at_least for entry in entries if entry.way in IN_JAX):
        yield "It holds a loop that turns as often as its numbers say; one turn is counted."
