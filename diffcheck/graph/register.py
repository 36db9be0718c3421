"""Functions from outside: a row of the table that somebody else wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from diffcheck.errors import InputError
from diffcheck.graph.build import in_parameters
from diffcheck.graph.domains import ALWAYS, NEVER
from diffcheck.graph.functions import FUNCTIONS, ITSELF, LACKS, Function, table
from diffcheck.language.foreign import REWRITTEN
from diffcheck.language.lexer import KEYWORDS, MAXIMUM_NAME
from diffcheck.language.names import FORMS, LOGARITHM
from diffcheck.printable import quoted

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]+")


def register(function: Function) -> Function:
    """Take a function of your own into the table, for the rest of this process, and return its row.

    From then on the language reads it, and the engines know it: `check("wave(x)", at=1)`. The certified engine needs a `meaning`, an
    expression in diffcheck's language, or `ball`, a function of complex boxes (`flint.acb`) that encloses the values on them and gives
    NaN for a box on which the function may not be analytic. SymPy and JAX use what `sympy` and `jax` name, or else the meaning; an
    engine that has neither lacks the function, and says so.

    Raises InputError for a name that is taken or reserved, for a row that no engine can prove anything of, and ExpressionError for a
    meaning or a demand that cannot be read; then the table is as it was. Registering an equal row again does nothing.
    """
    row = _completed(function)
    if FUNCTIONS.get(row.name) == row:
        return row
    problems = [*_problems(row)]
    if problems:
        raise InputError(f"{quoted(row.name)} cannot be registered: {'; '.join(problems)}", "Choose another name, or complete the row.")
    table.add(row)
    try:
        _read(row)
    except InputError:
        table.remove(row)
        raise
    return row


def _completed(row: Function) -> Function:
    """The row with engines that have nothing to compute it by marked as lacking it."""
    if row.meaning:
        return row
    return replace(row, sympy=row.sympy or LACKS, jax=row.jax or LACKS)


def _problems(row: Function) -> Iterator[str]:
    names = [row.name, *row.aliases]
    for name in names:
        if not IDENTIFIER.fullmatch(name) or len(name) > MAXIMUM_NAME:
            yield f"{quoted(name)} is not a name of two letters or more, digits and _"
        elif table.taken(name):
            yield f"there is a function {name} already"
        elif name in KEYWORDS or name in FORMS or name in REWRITTEN or LOGARITHM.fullmatch(name):
            yield f"{name} is a word of the language"
    if len(set(names)) < len(names):
        yield "it has one name twice"
    if not row.names or row.operator or row.gives_condition or row.conditions:
        yield "it must be a function of numbers, written with its name before a bracket"
    if row.ball in (ITSELF, LACKS) or (row.ball is None and not row.meaning):
        yield "nothing is proved of it without a meaning or a function of complex boxes (ball)"
    if ITSELF in (row.sympy, row.jax):
        yield "name the functions of SymPy and JAX themselves"


def _read(row: Function) -> None:
    """Raises InputError where a text of the row cannot be read."""
    texts = [text for demand in row.demands for text in (demand.distance, demand.closed, demand.unless) if text not in (ALWAYS, NEVER)]
    for text in [row.meaning, *texts] if row.meaning else texts:
        graph = in_parameters(row.name, text)
        if row.name in graph.functions:
            raise InputError(f"{row.name} is defined by itself: {text}")
        unknown = [name for name in graph.variables if name not in row.names]
        if unknown:
            raise InputError(f"{', '.join(unknown)} in {text} is not a parameter of {row.signature}")
