"""A picture of a JAX function along the coordinate of one entry of its Jacobian, with its tangents there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from diffcheck.checks.entries import Jacobian
from diffcheck.errors import InputError
from diffcheck.pictures.figure import Motif, figure_of, grid_around
from diffcheck.pictures.layout import Title, encoded, suffix_of
from diffcheck.pictures.section import Section
from diffcheck.pictures.text import NAME_WIDTH, held_line, within
from diffcheck.printable import printable, quoted
from diffcheck.results import Header, Sample
from diffcheck.views.output import opened

SAMPLES, OF_MANY = 100, 24  # points of the curve; the second where f has very many arguments, and takes its time
MANY = 10_000
SHOWN = 8  # names in a message
Entry = tuple[int, int]  # row and column of the Jacobian


def plot_function(
    header: Header, jacobians: Sequence[Jacobian], *, path: Path, wrt: str = "", lower: float | None = None, upper: float | None = None
) -> tuple[Sample, ...]:
    """Draw the worst entry of the Jacobians, of those with respect to `wrt` where it is given, to a .png, .svg or .pdf file.

    The function is drawn along the coordinate of that entry, with every point that differs in no other. Returns the samples
    drawn. Raises InputError for what cannot be drawn, OutputError where the file cannot be written.
    """
    suffix = suffix_of(path)
    with opened(path) as stream:
        worst, entry = _worst(jacobians, wrt)
        on_line = [jacobian for jacobian in jacobians if entry in jacobian.found and jacobian.function.on_line(worst.function, entry[1])]
        samples = tuple(jacobian.found[entry] for jacobian in on_line)
        places = np.array([sample.point[sample.wrt] for sample in samples])
        grid = grid_around(places, lower, upper, SAMPLES if worst.columns <= MANY else OF_MANY)
        subject = _subject(header, worst, entry)
        stream.buffer.write(encoded(lambda: figure_of(subject, samples, grid), suffix))
    return samples


def _worst(jacobians: Sequence[Jacobian], wrt: str) -> tuple[Jacobian, Entry]:
    every = [(jacobian, entry, sample) for jacobian in jacobians for entry, sample in jacobian.found.items()]
    wanted = [found for found in every if wrt in ("", found[2].wrt)]
    if not wanted:
        judged = list(dict.fromkeys(sample.wrt for _, _, sample in every))
        shown = ", ".join(judged[:SHOWN]) + ", …" * (len(judged) > SHOWN)
        raise InputError(f"no derivative with respect to {quoted(wrt)} was judged", f"Those that were: {shown}.")
    finite = [found for found in wanted if math.isfinite(found[2].point[found[2].wrt])]
    if not finite:
        raise InputError("there is no point to draw", "Give at least one, all of them finite numbers.")
    jacobian, entry, _ = max(finite, key=lambda found: found[2].badness)
    return jacobian, entry


def _subject(header: Header, jacobian: Jacobian, entry: Entry) -> Motif:
    """The function along one coordinate; the title says which, and where the others are."""
    row, column = entry
    function = jacobian.function
    held = {name: value for k, (name, value) in enumerate(jacobian.point.items()) if k != column}
    section = Section(function.along(row, column), function.variables[column], held, jacobian.format)
    full = printable(header.name + function.outputs[row])
    name = full.replace("$", r"\$") if len(full) <= NAME_WIDTH else "f"
    lines = within(header.read_as, 1)
    if held or name != header.name:
        what = f"{'' if name == full else f'{name} is '}{full} along {function.variables[column]}"
        lines += within(", ".join([what, *held_line(held)]), 1)
    return Motif(section, name, Title(lines))
