"""The pipeline: a subject → the derivations that engines and users have of it → points, a chunk at a time → a sample for each derivative.

An expression and a JAX function are two subjects of it; what is below does not know which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import repeat
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from diffcheck import registry
from diffcheck.checks.screening import evenly
from diffcheck.engines.derivation import Columns, Derivation, Found, Inapplicable, Missing, Names, Subject, Wanted
from diffcheck.engines.jax.lacking import first_line
from diffcheck.errors import DiffcheckError, LostError, UnsupportedError
from diffcheck.graph.graph import Definition
from diffcheck.graph.text import Infix, Latex, derivative_text
from diffcheck.judgement.judge import Point, Value, result_of
from diffcheck.judgement.verdict import Judgement
from diffcheck.printable import LONGEST_MESSAGE, shown
from diffcheck.registry import AUTOMATIC, CERTIFIED, Engine
from diffcheck.results import Derivative, Outcome, Sample, Status, Verdict, wrt_and_order

CERTIFIED_POINTS = 10_000  # beyond this many an even sample is certified, the others are evaluated only
CHUNK = 250_000  # points that are evaluated at a time: memory stays bounded whatever their number
BLOCK = 10_000  # points of a chunk that are Python floats at a time
NOT_SAMPLED = Judgement(Verdict.UNSAMPLED, Outcome.UNDECIDED, None, "not in the sample that is certified")
OnStage = Callable[[str], object]  # is told the name of the engine whose turn it is
Lost = Mapping[str, LostError]  # the names of engines that are not asked, and why


class Evaluated(Protocol):
    """What has values at points: f, and the derivations of each derivative, in the order in which they are shown."""

    @property
    def derivations(self) -> Mapping[Wanted, Sequence[Derivation]]: ...

    def primals(self, columns: Columns) -> Mapping[int, Found]:
        """The values of each output."""


class UnderTest(Evaluated, Protocol):
    """A subject whose derivatives are judged."""

    @property
    def swift(self) -> Evaluated:
        """What is evaluated of it at points that are too many to judge."""

    def sample(self, point: Point, wanted: Wanted, values: Mapping[Derivation, Value], primal: float | None) -> Sample:
        """What is found of one derivative at one point."""

    def output_of(self, wanted: Wanted) -> str:
        """Which entry of the result it is a derivative of, "[0]"; "" if the result is one number."""


class PointValues(NamedTuple):
    """What was found at one point."""

    point: dict[str, float]
    primals: Mapping[int, Value]
    values: Mapping[Wanted, Mapping[Derivation, Value]]

    def primal(self, wanted: Wanted) -> float | None:
        return _number(self.primals[wanted[0]])


# Derivations


def derived(subject: Subject, on_stage: OnStage = lambda name: None, lost: Lost = {}) -> list[Derivation]:  # noqa: B006  (read only)
    """What every engine has of a subject, in the order of their table."""
    found: list[Derivation] = []
    for engine in registry.engines():
        if engine.derivations:
            if engine.has_formulas:
                on_stage(engine.name)
            found += _derived(engine, subject, lost.get(engine.name))
    return found


def under_test(subject: Subject, kind: type[Derivation]) -> tuple[list[Derivation], list[Derivation]]:
    """Of what is derived of a JAX function, its own modes, which decide, and what is shown beside them."""
    derived_here = derived(subject)
    for derivation in derived_here:
        derivation.decides = isinstance(derivation, kind)
    rules, beside = ([each for each in derived_here if each.decides is decides] for decides in (True, False))
    return rules, beside


def _derived(engine: Engine, subject: Subject, lost: LostError | None) -> Sequence[Derivation]:
    reason: UnsupportedError | None = lost
    if reason is None:
        try:
            return list(engine.load()(subject))
        except ImportError as error:
            reason = UnsupportedError(f"{engine.title} is not installed: {error}{f'; install {engine.extra}' if engine.extra else ''}")
        except Exception as error:
            reason = _foreign(engine, error)
    return [Missing(engine, mode, reason) for mode in engine.modes_of_all(len(names) for _, names in subject.wanted)]


def _foreign(engine: Engine, error: Exception) -> UnsupportedError:
    """What an engine from outside raises is its own affair, and takes nothing else with it; faults of our own pass."""
    if isinstance(error, UnsupportedError):
        return error
    if engine in registry.OWN or isinstance(error, DiffcheckError):
        raise error
    return UnsupportedError(shown(f"{engine.title}: {type(error).__name__}: {first_line(error)}", LONGEST_MESSAGE))


def _values(derivation: Derivation, columns: Columns, wanted: Sequence[Wanted]) -> Mapping[Wanted, Found]:
    try:
        return {each: _as_column(found, columns) for each, found in derivation.values(columns, wanted).items()}
    except Exception as error:
        return dict.fromkeys(wanted, _foreign(derivation.engine, error))


def _as_column(found: Found, columns: Columns) -> Found:
    shape = next(iter(columns.values())).shape
    return found if isinstance(found, UnsupportedError) or np.shape(found) == shape else np.broadcast_to(np.asarray(found, float), shape)


# Samples


def samples(subject: UnderTest, columns: Columns, on_stage: OnStage = lambda name: None) -> Iterator[Sample]:
    """Yields, for each point in order, one sample per derivative. Of very many points an even sample is certified, with both ends."""
    total = len(next(iter(columns.values())))
    if total <= CERTIFIED_POINTS:
        for row in rows(subject, columns, on_stage):
            on_stage(CERTIFIED.name)
            yield from _certified(subject, row)
        return
    chosen = evenly(total, CERTIFIED_POINTS)
    certified = zip(chosen, rows(subject, {name: column[chosen] for name, column in columns.items()}), strict=True)
    place, row = next(certified)
    output_of = cache(subject.output_of)
    for i, evaluated in enumerate(rows(subject.swift, columns)):
        if i == place:
            on_stage(CERTIFIED.name)
            yield from _certified(subject, row)
            place, row = next(certified, (total, row))
        else:
            yield from _unsampled(evaluated, output_of)


def _certified(subject: UnderTest, row: PointValues) -> Iterator[Sample]:
    return (subject.sample(row.point, wanted, given, row.primal(wanted)) for wanted, given in row.values.items())


def _unsampled(row: PointValues, output_of: Callable[[Wanted], str]) -> Iterator[Sample]:
    """f and a derivative at one of very many points, and that is all."""
    for wanted, given in row.values.items():
        results = tuple([result_of(derivation, _number(value), NOT_SAMPLED) for derivation, value in given.items()])
        name, order = _named(wanted)
        primal = row.primal(wanted)
        yield Sample(row.point, name, order, Status.UNSAMPLED, "", primal, None, None, None, results, output=output_of(wanted))


@cache
def _named(wanted: Wanted) -> tuple[str, int]:
    return wrt_and_order(wanted[1])


def rows(subject: Evaluated, columns: Columns, on_stage: OnStage = lambda name: None) -> Iterator[PointValues]:
    """Every point with what was found there: evaluated a chunk at a time, handed out as Python floats a block at a time."""
    total = len(next(iter(columns.values())))
    for start in range(0, total, CHUNK):
        chunk = {name: column[start : start + CHUNK] for name, column in columns.items()}
        on_stage(AUTOMATIC.name)  # JAX runs f itself
        primals, found = subject.primals(chunk), found_at(chunk, subject.derivations, on_stage)
        for offset in range(0, min(CHUNK, total - start), BLOCK):
            yield from _block(chunk, primals, found, slice(offset, offset + BLOCK))


def found_at(
    columns: Columns, derivations: Mapping[Wanted, Sequence[Derivation]], on_stage: OnStage = lambda name: None
) -> Mapping[Wanted, Mapping[Derivation, Found]]:
    """The values of each derivation of each derivative, without those that do not exist."""
    wanted: dict[Derivation, list[Wanted]] = {}
    for each, several in derivations.items():
        for derivation in several:
            wanted.setdefault(derivation, []).append(each)
    values = {}
    for derivation, places in wanted.items():
        on_stage(derivation.runs_in.name)
        values[derivation] = _values(derivation, columns, places)
    return {
        each: {derivation: found for derivation in several if not isinstance(found := values[derivation][each], Inapplicable)}
        for each, several in derivations.items()
    }


def _block(
    chunk: Columns, primals: Mapping[int, Found], found: Mapping[Wanted, Mapping[Derivation, Found]], block: slice
) -> Iterator[PointValues]:
    """Rows of Python floats: reading array entries one by one would cost more than everything else."""
    points = zip(*(_floats(column, block) for column in chunk.values()), strict=True)
    first = zip(*(_floats(column, block) for column in primals.values()), strict=False)
    values = [zip(*(_floats(column, block) for column in each.values()), strict=False) if each else repeat(()) for each in found.values()]
    who = [tuple(each) for each in found.values()]
    for point, primal, *given in zip(points, first, *values, strict=False):
        by_whom = map(dict, map(zip, who, given))
        yield PointValues(dict(zip(chunk, point)), dict(zip(primals, primal)), dict(zip(found, by_whom)))  # noqa: B905  (a million times)


def _floats(column: Found | NDArray[Any], block: slice) -> Any:
    """A reason stands at every point."""
    return repeat(column) if isinstance(column, UnsupportedError) else column[block].astype(float).tolist()


def _number(value: Value) -> float | None:
    """A value that may be missing."""
    return None if isinstance(value, UnsupportedError) else value


def closed_forms(subject: Evaluated, notations: tuple[Infix, Latex], labels: Sequence[str] = ("",)) -> tuple[Derivative, ...]:
    """The formulas of the first engine that has any: closed within a budget, else chained definitions; or why it has none.

    `notations` are one for text and one for LaTeX, and `labels` what the outputs are called behind the function's name.
    """
    for derivation in next(iter(subject.derivations.values())):
        written = derivation.written([wanted for wanted, several in subject.derivations.items() if derivation in several])
        if written:
            found = ((wanted, each) for wanted, each in written.items() if not isinstance(each, Inapplicable))
            return tuple(_as_text(names, each, notations, labels[output]) for (output, names), each in found)
    return ()


def _as_text(names: Names, found: Definition | UnsupportedError, notations: tuple[Infix, Latex], output: str) -> Derivative:
    if isinstance(found, UnsupportedError):
        return Derivative(*wrt_and_order(names), found.reason, "", False, output)
    (text, chained), (latex, _) = (derivative_text(found, notation) for notation in notations)
    return Derivative(*wrt_and_order(names), text, latex, chained, output)
