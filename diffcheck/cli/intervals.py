"""Intervals on the command line: their options, their ends, and the report of one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from diffcheck.cli.arguments import Color, OutputFormat, option
from diffcheck.errors import InputError, PointError, shown_in
from diffcheck.printable import quoted

if TYPE_CHECKING:
    from diffcheck.formats import Format
    from diffcheck.results import IntervalReport
    from diffcheck.views.reports import Single

OWN = (OutputFormat.text, OutputFormat.json, OutputFormat.jsonl)  # in the others, a check is a suite of one case

Interval = Annotated[str, option("--interval", help="Judge f on all of an interval, and its derivatives at samples.", metavar="A,B")]
Samples = Annotated[int, typer.Option("--samples", help="How many points of an interval are sampled.")]


def ends(fmt: Format, option: str, text: str) -> tuple[float, float]:
    """The ends of an interval A,B, numbers of the format under test."""
    from diffcheck.checks.numbers import read_number, split

    with shown_in(text):
        lower, *upper = split(text)
        if len(upper) != 1:
            raise PointError(f"{quoted(text)} is not an interval", f"Write {option} -4,4.")
        return read_number(lower, fmt), read_number(upper[0], fmt)


def window(variables: Sequence[str], fmt: Format, option: str, text: str) -> dict[str, tuple[float, float]]:
    """The ends of the axes x=A,B,y=C,D; without a name those of the only variable."""
    from diffcheck.checks.numbers import split

    parts = split(text) if "=" in text else split(f"{variables[0]}={text}")
    found = dict[str, tuple[float, float]]()
    for lower, upper in zip_longest(parts[::2], parts[1::2], fillvalue=""):
        name, _, start = (part.strip() for part in lower.partition("="))
        if name not in variables or name in found or not start or not upper:
            wanted = ",".join(f"{each}=-2,2" for each in variables)
            raise InputError(f"{quoted(text)} does not give each axis two ends", f"Write {option} {wanted}.")
        found[name] = low, high = ends(fmt, option, f"{start},{upper}")
        if not (low < high and math.isfinite(high - low)):
            raise InputError(f"the range of {name} in {quoted(text)} is empty or not finite", "The lower end comes first.")
    return found


def require_no_points(are_given: bool, options: str) -> None:
    """Raises InputError where points are given next to an interval."""
    if are_given:
        raise InputError("points are given, and an interval too", f"Write either --interval A,B or {options}.")


def write_interval(report: IntervalReport, case: Single, format: OutputFormat, latex: bool, color: Color, stream: TextIO) -> None:
    """The report in a format; `case` is what it is in those of suites."""
    if format not in OWN:
        worst = {id(found.sample): found.sample for found in report.worst}.values()
        case.write(format.value, worst, (), stream, color.value)
    elif format is OutputFormat.text:
        from diffcheck.views import console
        from diffcheck.views import interval as view

        view.show(console.console_for(stream, color.value), report, latex)
    else:
        from diffcheck.views import json_

        json_.write_interval(report, stream, whole=format is OutputFormat.json)
