"""Programs timed: built again and again, run in turn at one point, and at many where there is time and memory for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
from numpy.typing import NDArray

from diffcheck.costs.agreement import Agreement
from diffcheck.costs.routes import Route
from diffcheck.costs.subject import Costed
from diffcheck.engines.jax.lacking import lacking
from diffcheck.engines.jax.measuring import Compiled
from diffcheck.engines.jax.settings import settings
from diffcheck.errors import UnsupportedError
from diffcheck.measures import Way

ROUNDS = 7  # in each of which every way runs once, after f
BUILDS = 3  # how often each program is traced and compiled, if that takes less than
REBUILT_SECONDS = 1.0
MANY = 1_000_000  # points
PROBED = 1_000
MOST_SECONDS = 0.5  # of one run of f at many points, or there are fewer
MOST_BYTES = 1_000_000_000  # of a program at many points
HOW = f"Times are medians of {ROUNDS} rounds with their quartiles, and ratios are taken within a round, in which all run in turn."


@dataclass(slots=True)
class Entry:
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


def time_all(subject: Costed, entries: Sequence[Entry], points: int) -> int:
    """Time all that is right; returns at how many points programs were run at once, 0 where they were not.

    Raises UnsupportedError where there is no room for the points.
    """
    _build_again([entry for entry in entries if entry.is_timed])
    _run("run", entries, lambda entry: entry.compiled, subject.leaves)
    count = _number_of_points(subject, entries, points) if subject.takes_numbers else 0
    if count:
        many = _on_device(subject.around(count), subject.is_wide)
        for entry in entries:
            _compile_for(entry, many, count)
        _run("run_many", entries, lambda entry: entry.at_many, many)
    return count


def _build_again(entries: Sequence[Entry]) -> None:
    """Tracing and compiling, in turn; what takes long is done once."""
    for turn in range(BUILDS):
        for entry in entries:
            made = entry.compiled
            if made is not None and (turn == 0 or made.trace_seconds + made.compile_seconds < REBUILT_SECONDS):
                made = made if turn == 0 else _compiled(entry)
                entry.seconds.setdefault("trace", []).append(made.trace_seconds)
                entry.seconds.setdefault("compile", []).append(made.compile_seconds)


def _compiled(entry: Entry) -> Compiled:
    assert entry.route is not None
    return entry.route.program.compiled()


def _compile_for(entry: Entry, many: Sequence[Any], count: int) -> None:
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


def _run(name: str, entries: Sequence[Entry], program: Callable[[Entry], Compiled | None], arguments: Sequence[Any]) -> None:
    """All ways in turn, round by round."""
    running = [(entry, made) for entry in entries if entry.is_timed and (made := program(entry)) is not None]
    repeats: dict[Way, int] = {}
    for entry, made in running:
        try:
            repeats[entry.way] = made.repeats(arguments)
        except UnsupportedError as unsupported:
            entry.missing = unsupported.reason
    for _ in range(ROUNDS):
        for entry, made in running:
            if entry.way in repeats:
                entry.seconds.setdefault(name, []).append(made.seconds(arguments, repeats[entry.way]))


def _number_of_points(subject: Costed, entries: Sequence[Entry], wanted: int) -> int:
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
    with settings(wide), lacking():
        return [jax.device_put(column) for column in columns]
