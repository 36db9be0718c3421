"""Runs the cases of a suite: a record for each point and variable, and never an exception.

What is wrong with a case is a record too, so that the others go on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from diffcheck.checks.arguments import from_value
from diffcheck.checks.expression import Check, Claim
from diffcheck.checks.function import FunctionCheck
from diffcheck.checks.leaves import Integers
from diffcheck.checks.loading import load
from diffcheck.checks.orders import Orders, asked
from diffcheck.checks.points import Columns, from_points, listed, names_in
from diffcheck.errors import InputError, LostError, PointError, UnsupportedError
from diffcheck.formats import Format
from diffcheck.graph.build import read
from diffcheck.records import FaultKind, Record
from diffcheck.results import Outcome, Sample, Status
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.sampling import sampled
from diffcheck.suites.units import faulty


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What is the same for every case, and who wants to know how far one has come."""

    dtype: str = "float64"  # for cases that name none
    on_stage: Callable[[str], object] = lambda stage: None
    lost: Mapping[str, LostError] = field(default_factory=dict)  # engines that are not asked, and why
    allow_code: bool = False  # functions that cases name may be executed


def run(cases: Sequence[Case | Unreadable], conditions: RunOptions = RunOptions()) -> Iterator[Record]:
    """The records of all cases in their order, by this process."""
    for number, case in enumerate(cases):
        yield from run_case(case, number, conditions)


def run_case(case: Case | Unreadable, number: int = 0, conditions: RunOptions = RunOptions()) -> Iterator[Record]:
    """The records of one case, point by point; a fault comes last. Raises MemoryError, as whoever set a limit knows what it was."""
    if isinstance(case, Unreadable):
        yield faulty(case, number, FaultKind.INPUT, case.message)
        return
    try:
        samples = _samples_of_function(case, conditions) if case.function else _samples(case, conditions)
        if case.expect is None:
            records: Iterator[Record] = (Record(number, case.id, case.line, sample, file=case.file) for sample in samples)
        else:
            records = _matched(case, number, case.expect, list(samples))
        yield from _with_cost(case, records) if case.cost else records
    except InputError as error:
        yield faulty(case, number, FaultKind.INPUT, str(error))
    except UnsupportedError as error:
        yield faulty(case, number, FaultKind.UNSUPPORTED, error.reason)
    except MemoryError:
        raise
    except Exception as error:  # one bug must not take the rest of the suite with it
        yield faulty(case, number, FaultKind.INTERNAL, f"internal error: {type(error).__name__}: {error}")


def _matched(case: Case, number: int, expect: str, samples: Sequence[Sample]) -> Iterator[Record]:
    """A case is what it is expected to be when its worst outcome or any verdict is so called."""
    seen = [sample for sample in samples if sample.status is not Status.UNSAMPLED]
    worst = Outcome.worst(sample.outcome for sample in seen)
    matched = expect in {worst.value, *(result.verdict.value for sample in seen for result in sample.results)}
    for sample in samples:
        yield Record(number, case.id, case.line, sample, None, expect, matched, case.file)


def _with_cost(case: Case, records: Iterator[Record]) -> Iterator[Record]:
    """The first record says what the ways to the derivatives of the case cost."""
    from diffcheck.costs.counted import counted

    wrt = tuple(names[0] for names in case.wrt if len(names) == 1)
    first = next(records)
    yield replace(first, cost=counted(read(case.text, case.of).in_variables([*first.sample.point]), wrt) if first.sample else {})
    yield from records


def _samples(case: Case, conditions: RunOptions) -> Iterator[Sample]:
    # eager: most expressions of a suite run once, and compiling one takes longer than that
    check = Check(
        case.text,
        of=case.of,
        wrt=case.wrt or None,
        claims=_claims(case),
        dtype=case.dtype or conditions.dtype,
        compiled=False,
        on_stage=conditions.on_stage,
        lost=conditions.lost,
        variables=[*names_in(case.at), *(case.sampling.domain if case.sampling is not None else ())],
        orders=_orders(case),
    )
    variables, fmt = check.given, check.format
    _require_used_domains(case, variables)
    columns = [_columns(case, variables, fmt)] if case.at else []
    columns += [sampled(case.sampling, check.problem, fmt)] if case.sampling is not None else []
    return check.samples({name: np.concatenate([part[name] for part in columns]) for name in variables})


def _claims(case: Case) -> list[Claim | str]:
    return [Claim(claim.wrt, claim.order, claim.text) if claim.wrt else claim.text for claim in case.claims]


def _require_used_domains(case: Case, variables: Sequence[str]) -> None:
    unused = [name for name in case.sampling.domain if name not in variables] if case.sampling is not None else []
    if unused and not case.spare_coordinates:
        raise PointError(f"there is a domain for {listed(unused)}, but no such variable", f"The variables: {listed(variables)}.")


def _samples_of_function(case: Case, conditions: RunOptions) -> Iterator[Sample]:
    """The derivatives of a JAX function, by its own rules; the checks of these rules are `check-jax`'s."""
    if not conditions.allow_code:
        raise InputError(f"checking {case.function} would execute its file: give --allow-code, if you trust it")
    dtype = case.dtype or conditions.dtype
    wide = dtype == "float64"
    with redirect_stdout(sys.stderr):  # what the function prints is not a record
        against = load(case.against, wide) if ":" in case.against else case.against or None
        name = case.function.rpartition(":")[2]
        how: dict[str, Any] = {"against": against, "dtype": dtype, "linted": False, "orders": _orders(case)}
        check = FunctionCheck(load(case.function, wide), name=name, claim=_claims(case) or None, **how)
        return iter(check.report(from_value(list(case.at), check.parameters, check.format, Integers.COORDINATES)).samples)


def _orders(case: Case) -> Orders | None:
    """Which derivatives a case is about; None where they are the first ones, or those of its `wrt`."""
    if case.order is None and not case.hessian and case.along is None and case.hvp is None:
        return None
    orders = asked(case.order, hessian=case.hessian, along=case.along, times=case.hvp)
    return orders.beyond_first if case.function else orders


def _columns(case: Case, variables: Sequence[str], fmt: Format) -> Columns:
    return from_points([_wanted(point, case, variables) if isinstance(point, Mapping) else point for point in case.at], variables, fmt)


def _wanted(point: Mapping[str, Any], case: Case, variables: Sequence[str]) -> Mapping[str, Any]:
    return {name: value for name, value in point.items() if name in variables} if case.spare_coordinates else point
