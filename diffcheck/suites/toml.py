"""Suites in TOML: every fault in a file's form is reported, with its line, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from diffcheck.errors import SuiteError
from diffcheck.printable import quoted, shown
from diffcheck.suites.cases import Case
from diffcheck.suites.fields import TomlCase, TomlSuite, complaint
from diffcheck.suites.toml_places import Place, Places, parsed

MAX_FAULTS = 50  # that are told at once
Model = TypeVar("Model", bound=BaseModel)
Fault = tuple[int, str]  # a line, and what is wrong there


def read_toml(content: bytes, path: Path) -> list[Case]:
    """The cases of a file; raises SuiteError."""
    # floats as texts, so that a coordinate is rounded once, to the format under test
    found, places = parsed(content, path, SuiteError, parse_float=lambda digits: digits.replace("_", ""))
    tables = _validated(found, places, path)
    _refuse_equal_names(tables, places, path)
    return [_case(table, number, places.line(("case", number)), path) for number, table in enumerate(tables)]


def _validated(tables: Mapping[str, Any], places: Places, path: Path) -> list[TomlCase]:
    """The cases, one after the other: of very many that are wrong only the first are looked at."""
    listed = tables.get("case")
    if not isinstance(listed, list):
        listed = []
    else:
        tables = {**tables, "case": []}
    cases, faults = list[TomlCase](), list[Fault]()
    _read(TomlSuite, tables, (), places, faults)
    for number, table in enumerate(listed):
        if len(faults) >= MAX_FAULTS:
            break
        case = _read(TomlCase, table, ("case", number), places, faults)
        cases += [case] if case is not None else []
    if faults:
        told = "\n".join(f"{shown(path)}:{line}: {said}" for line, said in sorted(faults)[:MAX_FAULTS])
        raise SuiteError(told, "There may be more faults than these." if len(faults) >= MAX_FAULTS else "")
    return cases


def _read(model: type[Model], table: object, place: Place, places: Places, faults: list[Fault]) -> Model | None:
    """The table as the model has it, or what is wrong with it among the faults."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:MAX_FAULTS]
        faults += [(places.line((*place, *fault["loc"])), complaint(fault, model)) for fault in found]
        return None


def _refuse_equal_names(tables: Sequence[TomlCase], places: Places, path: Path) -> None:
    """A name stands for one case, in -k and in reports."""
    lines = dict[str, int]()
    for number, table in enumerate(tables):
        line = places.line(("case", number, "name"))
        if table.name and lines.setdefault(table.name, line) != line:
            what = f"{quoted(table.name)} is the name of the case in line {lines[table.name]} too"
            raise SuiteError(f"{shown(path)}:{line}: {what}", "Give each its own.")


def _case(table: TomlCase, number: int, line: int, path: Path) -> Case:
    return Case(
        table.name or f"case {number + 1}",
        line,
        table.expr,
        table.at,
        of=table.of,
        wrt=tuple(tuple(names.split()) for names in table.wrt),
        claims=table.claim,
        dtype=table.dtype,
        expect=table.expect,
        file=str(path),
        sampling=None if table.sample is None else table.sample.sampling,
        function=_beside(path, table.function),
        against=_beside(path, table.against),
        cost=table.cost,
    )


def _beside(path: Path, reference: str) -> str:
    """FILE.py:NAME with the file where the suite is."""
    return str(path.parent / reference) if ".py:" in reference else reference
