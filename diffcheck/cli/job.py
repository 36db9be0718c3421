"""An expression and its points, from what the command line says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

from diffcheck.cli.arguments import Dtype, names
from diffcheck.errors import InputError
from diffcheck.printable import quoted
from diffcheck.processes.forked import UNWATCHED, Watch

if TYPE_CHECKING:
    from diffcheck.checks.csv_points import Table
    from diffcheck.checks.expression import Check
    from diffcheck.checks.orders import Orders
    from diffcheck.checks.points import Columns
    from diffcheck.results import Header


def checked(
    text: str,
    of: str,
    wrt: str,
    claims: Sequence[str],
    dtype: Dtype,
    watch: Watch = UNWATCHED,
    variables: Sequence[str] = (),
    orders: Orders | None = None,
    side: str = "",
) -> Check:
    from diffcheck.checks.claimed import side_of
    from diffcheck.checks.expression import Check
    from diffcheck.engines.jax.program_cache import use_persistent_cache

    use_persistent_cache()
    with watch.running():
        return Check(
            text,
            of=of or None,
            wrt=names(wrt),
            claims=claims,
            dtype=dtype.value,
            on_stage=watch.on_stage,
            lost=watch.lost,
            variables=variables,
            orders=orders,
            side=side_of(side or None),
        )


def orders_of(
    order: int | None, along: str, hvp: str, every: bool, hessian: bool, gradient: bool = False, jacobian: bool = False
) -> Orders | None:
    """Which derivatives the options ask for; None where they ask for those of --wrt."""
    from diffcheck.checks.orders import asked

    if order is None and not (gradient or jacobian or hessian or along or hvp or every):
        return None
    return asked(
        1 if jacobian and order is None else order, gradient=gradient, hessian=hessian, along=along or None, times=hvp or None, every=every
    )


def opened_table(at: Sequence[str], points: Path | None) -> AbstractContextManager[Table | None]:
    """The file of --points, if there is one and nothing else says where to check."""
    from diffcheck.checks.csv_points import Table

    if at and points is not None:
        raise InputError("both --at and --points are given", "Write the one or the other.")
    return nullcontext() if points is None else Table(points)


def names_at(at: Sequence[str], points: Table | None) -> tuple[str, ...]:
    """The names that points give to their coordinates; a constant is a function of them."""
    from diffcheck.checks.points import names_in

    return (*names_in(at), *(() if points is None else points.names()))


def ends(job: Check, option: str, text: str) -> tuple[float, float]:
    """The ends of an interval A,B, numbers of the format under test."""
    from diffcheck.checks.numbers import read_number, split

    lower, *upper = split(text)
    if len(upper) != 1:
        raise InputError(f"{quoted(text)} is not an interval", f"Write {option} -4,4.")
    return read_number(lower, job.format), read_number(upper[0], job.format)


def window(job: Check, option: str, text: str) -> dict[str, tuple[float, float]]:
    """The ends of the axes x=A,B,y=C,D; without a name those of the only variable."""
    from diffcheck.checks.numbers import split

    parts = split(text) if "=" in text else split(f"{job.problem.variables[0]}={text}")
    found = dict[str, tuple[float, float]]()
    for lower, upper in zip_longest(parts[::2], parts[1::2], fillvalue=""):
        name, _, start = (part.strip() for part in lower.partition("="))
        if name not in job.problem.variables or name in found or not start or not upper:
            wanted = ",".join(f"{each}=-2,2" for each in job.problem.variables)
            raise InputError(f"{quoted(text)} does not give each axis two ends", f"Write {option} {wanted}.")
        found[name] = low, high = ends(job, option, f"{start},{upper}")
        if not (low < high and math.isfinite(high - low)):
            raise InputError(f"the range of {name} in {quoted(text)} is empty or not finite", "The lower end comes first.")
    return found


def header_at(job: Check, at: Sequence[str]) -> Header:
    """What was checked; of coordinates that are written as expressions, which floats they are."""
    from diffcheck.checks.points import noted

    return noted(job.header, at, job.format)


def columns_at(job: Check, at: Sequence[str], points: Table | None) -> Columns:
    from diffcheck.checks.points import from_texts

    if not at and points is None:
        wanted = ",".join(f"{name}=1" for name in job.given) if len(job.given) > 1 else "2"
        raise InputError("no point is given", f"Write --at {wanted}, or --points FILE.csv.")
    if points is not None:
        return points.columns(job.given, job.format)
    return from_texts(at, job.given, job.format)
