"""The table: every way to the derivatives of a subject is counted, compiled, compared with what is proved, and timed in turn with f."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from diffcheck import registry
from diffcheck.costs.agreement import MOST, Agreement, agreements
from diffcheck.costs.routes import Route, Routes
from diffcheck.costs.subject import Costed
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.measuring import Compiled
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.measures import IN_JAX, MEASURES, Cost, Costs, MeasureUnit, Quantity, Spread, Way, spread_of
from diffcheck.results import Outcome

ROUNDS = 7  # in each of which every way runs once, after f
BUILDS = 3  # how often each program is traced and compiled
MANY = 1_000_000  # points
PROBED = 1_000
MOST_SECONDS = 0.5  # of one run of f at many points, or there are fewer
MOST_BYTES = 1_000_000_000  # of a program at many points


@dataclass(slots=True)
class _Entry:
    """What is known of a way by now."""

    way: Way
    route: Route | None = None
    missing: str = ""
    agreement: Agreement = Agreement()
    compiled: Compiled | None = None
    at_many: Compiled | None = None
    seconds: dict[str, list[float]] = field(default_factory=dict)

    @property
    def is_timed(self) -> bool:
        return self.compiled is not None and not self.agreement.problem


def costs(subject: Costed, timed: bool = True, points: int = MANY) -> Costs:
    """What the derivatives of a subject cost. Without `timed` nothing is run but what the comparison with the proved values takes."""
    entries = [_entry(way, route) for way, route in Routes(subject).each()]
    for entry in entries:
        _compile(entry)
    _compare(subject, entries)
    notes = list[str]()
    count = 0
    if timed:
        _build_again([entry for entry in entries if entry.is_timed])
        _run("run", entries, lambda entry: entry.compiled, subject.leaves)
        count = _number_of_points(subject, entries, points) if subject.takes_numbers else 0
        if count:
            many = _on_device(subject.around(count), subject.is_wide)
            for entry in entries:
                _compile_for(entry, many, count)
            _run("run_many", entries, lambda entry: entry.at_many, many)
        else:
            notes.append(
                "It takes arrays, and was run at one point only." if not subject.takes_numbers else "It was run at one point only."
            )
        notes.append(
            f"Times are medians of {ROUNDS} rounds with their quartiles, and ratios are taken within a round, in which all run in turn."
        )
    return Costs(
        read_as=subject.read_as,
        name=subject.name,
        variables=subject.variables or ("",) * subject.entries,
        results=next((entry.route.program.results for entry in entries if entry.way is Way.F and entry.compiled and entry.route), 1),
        dtype=subject.format.name,
        point=subject.point,
        points=count,
        rows=tuple(_rows(entries)),
        notes=(*_about(subject, entries), *notes),
        machine=machine(),
        versions=registry.versions(),
    )


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


def _entry(way: Way, route: Route | UnsupportedError) -> _Entry:
    return _Entry(way, missing=route.reason) if isinstance(route, UnsupportedError) else _Entry(way, route)


def _compile(entry: _Entry) -> None:
    """Whatever can be compiled is; IN_JAX is f again."""
    if entry.route is None or entry.way is Way.IN_JAX:
        return
    try:
        entry.compiled = entry.route.program.compiled()
    except UnsupportedError as unsupported:
        entry.missing = unsupported.reason


def _compare(subject: Costed, entries: Sequence[_Entry]) -> None:
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


def _build_again(entries: Sequence[_Entry]) -> None:
    """Tracing and compiling, in turn."""
    for turn in range(BUILDS):
        for entry in entries:
            made = entry.compiled if turn == 0 else _compiled(entry)
            if made is not None:
                entry.seconds.setdefault("trace", []).append(made.trace_seconds)
                entry.seconds.setdefault("compile", []).append(made.compile_seconds)


def _compiled(entry: _Entry) -> Compiled:
    assert entry.route is not None
    return entry.route.program.compiled()


def _compile_for(entry: _Entry, many: Sequence[Any], count: int) -> None:
    """The program for many points, unless its results or its memory would be too much."""
    if entry.route is None or not entry.is_timed:
        return
    try:
        _require_room(len(entry.route.names) * count * 8, count)
        made = entry.route.program.compiled(many)
        _require_room(made.bytes_at_peak or 0, count)
        entry.at_many = made
    except UnsupportedError as unsupported:
        entry.missing = unsupported.reason


def _require_room(of_bytes: int, count: int) -> None:
    if of_bytes > MOST_BYTES:
        raise UnsupportedError(f"not run at {count:,} points, which takes {of_bytes / 1e9:.2g} GB")


def _run(name: str, entries: Sequence[_Entry], program: Callable[[_Entry], Compiled | None], arguments: Sequence[Any]) -> None:
    """All ways in turn, round by round."""
    running = [(entry, made) for entry in entries if entry.is_timed and (made := program(entry)) is not None]
    repeats = {entry.way: made.repeats(arguments) for entry, made in running}
    for _ in range(ROUNDS):
        for entry, made in running:
            entry.seconds.setdefault(name, []).append(made.seconds(arguments, repeats[entry.way]))


def _number_of_points(subject: Costed, entries: Sequence[_Entry], wanted: int) -> int:
    """As many as are wanted, or a tenth or less of them where f alone takes too long."""
    f = next(entry for entry in entries if entry.way is Way.F)
    if f.route is None or not f.is_timed:
        return 0
    few = min(PROBED, wanted)
    probe = _on_device(subject.around(few), subject.is_wide)
    made = f.route.program.compiled(probe)
    made(probe)
    seconds, count = made.seconds(probe) / few, wanted
    while count > PROBED and seconds * count > MOST_SECONDS:
        count //= 10
    return count


def _on_device(columns: Sequence[NDArray[Any]], wide: bool) -> list[Any]:
    with settings(wide):
        return [jax.device_put(column) for column in columns]


# What was found, as values


def _rows(entries: Sequence[_Entry]) -> Iterator[Cost]:
    by_way = {entry.way: entry for entry in entries}
    for entry in entries:
        f = by_way[Way.IN_JAX] if entry.way in IN_JAX and Way.IN_JAX in by_way else by_way[Way.F]
        yield Cost(entry.way, dict(_quantities(entry, f, by_way[Way.F])), entry.agreement.verdict, entry.agreement.outcome, entry.missing)


def _quantities(entry: _Entry, counted: _Entry, timed: _Entry) -> Iterator[tuple[str, Quantity]]:
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


def _times(entry: _Entry, name: str) -> Sequence[float]:
    if name == "differentiate":
        return entry.route.seconds if entry.route is not None else ()
    return entry.seconds.get(name, ())


def _counts(entry: _Entry) -> Mapping[str, float]:
    counts: dict[str, float] = dict(entry.route.counts) if entry.route is not None else {}
    if entry.compiled is not None:
        analysis = entry.compiled.analysis
        names = {"xla_flops": ("flops", "transcendentals"), "xla_bytes": ("bytes accessed",)}
        counts |= {ours: sum(analysis.get(name, 0.0) for name in theirs) for ours, theirs in names.items() if theirs[0] in analysis}
    if entry.at_many is not None and entry.at_many.bytes_at_peak is not None:
        counts["peak_memory"] = entry.at_many.bytes_at_peak
    return counts


def _ratio(times: Sequence[float], of_f: Sequence[float]) -> Spread | None:
    if len(times) != len(of_f):
        return None
    ratios = [ours / theirs for ours, theirs in zip(times, of_f, strict=True) if theirs > 0]
    return spread_of(ratios)


def _about(subject: Costed, entries: Sequence[_Entry]) -> Iterator[str]:
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
