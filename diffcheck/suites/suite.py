"""Suite files: many cases, as TOML written by hand or as JSON Lines written by programs; docs/suites.md shows both.
FPCore files have a module of their own.

A TOML file is read as a whole: every fault in its form is reported, with its line, before anything runs. Of a JSON Lines
file each line stands for itself: one that cannot be read becomes an `Unreadable`, and the others go on.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from diffcheck.errors import SuiteError
from diffcheck.judgement.formats import FORMATS
from diffcheck.results import Outcome, Verdict
from diffcheck.suites.cases import Case, ClaimedText, Point, Sampling, Unreadable
from diffcheck.suites.fpcore import read_fpcore

MAX_ORDER = 50


def read_suite(path: Path) -> list[Case | Unreadable]:
    """The cases of a .toml, .jsonl, .ndjson, .json or .fpcore file. Raises SuiteError for a file without a case that could be run."""
    readers = {".toml": _read_toml, ".jsonl": _read_lines, ".ndjson": _read_lines, ".json": _read_lines, ".fpcore": read_fpcore}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SuiteError(f"{path}: a suite is a {', '.join(readers)} file", "docs/suites.md shows the formats.")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SuiteError(f"cannot read {path}: {error.strerror}") from error
    cases = reader(content.removeprefix(b"\xef\xbb\xbf"), path)
    if not cases:
        raise SuiteError(f"{path}: nothing to check: the file holds no case", "An empty run is an error, not a pass.")
    return cases


# The fields, as both formats have them.


def _as_points(at: object, beside: ValidationInfo) -> tuple[Point, ...]:
    if at is None and beside.data.get("sample", True) is None:
        raise PydanticCustomError("missing", "")
    if at is None:
        return ()
    points = at if isinstance(at, list) else [at]
    if not points:
        raise ValueError("there is no point")
    for point in points:
        coordinates = list(point.values()) if isinstance(point, dict) else [point]
        if any(isinstance(value, bool) or not isinstance(value, (str, int, float)) for value in coordinates):
            raise ValueError('a point is a number, a text such as "x=1,y=2", or a value for each variable')
    return tuple(points)


def _as_domain(domain: object) -> dict[str, tuple[str, str]]:
    if not isinstance(domain, dict) or not domain:
        raise ValueError("a domain is written { x = [-4, 4] }, with all variables")
    for ends in domain.values():
        if not isinstance(ends, list) or len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, (str, int)) for end in ends):
            raise ValueError("the domain of a variable is two numbers, the smaller one first")
    return {name: (str(lower), str(upper)) for name, (lower, upper) in domain.items()}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_text(value: object) -> object:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return repr(value) if number else value


def _as_claims(claim: object) -> tuple[ClaimedText, ...]:
    texts = claim if isinstance(claim, dict) else {"": claim}
    for text in map(_as_text, texts.values()):
        if not isinstance(text, str):
            raise ValueError('a claim is an expression, or a table of one for each variable: { x = "2x" }')
    return tuple(ClaimedText(wrt, 1, str(_as_text(text))) for wrt, text in texts.items())


def _one_of(names: Sequence[str]) -> AfterValidator:
    def known(name: str) -> str:
        if name not in names:
            raise ValueError(f"{name!r} is unknown.{_suggestion(name, names) or ' Known: ' + ', '.join(names) + '.'}")
        return name

    return AfterValidator(known)


_EXPECTATIONS = tuple(dict.fromkeys(member.value for kind in (Outcome, Verdict) for member in kind if member is not Verdict.UNSAMPLED))
_Number = int | float | str
_Coordinates = _Number | dict[str, _Number]
_Domain = Annotated[dict[str, tuple[str, str]], PlainValidator(_as_domain, json_schema_input_type=dict[str, tuple[_Number, _Number]])]
_Points = Annotated[tuple[Point, ...], PlainValidator(_as_points, json_schema_input_type=_Coordinates | list[_Coordinates])]


class _Sample(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    domain: _Domain
    grid: int = Field(0, ge=0)
    random: int = Field(0, ge=0)
    seed: int = Field(1, ge=0)
    special: bool = False
    where: str = ""


def _expression_or_function(expr: str, beside: ValidationInfo) -> str:
    """A case has the one or the other."""
    if bool(expr) is bool(beside.data.get("function")):
        raise ValueError("a case has an expression or a function, not both") if expr else PydanticCustomError("missing", "")
    return expr


def _of_expressions(value: object, beside: ValidationInfo) -> object:
    if value and beside.data.get("function"):
        raise ValueError("this is for expressions only")
    return value


class _TomlCase(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    function: str = ""
    against: str = ""
    expr: Annotated[str, AfterValidator(_expression_or_function)] = Field("", validate_default=True)
    sample: Annotated[_Sample | None, AfterValidator(_of_expressions)] = None
    at: _Points = Field(None, validate_default=True)
    name: str = ""
    wrt: Annotated[list[str], BeforeValidator(_as_list, json_schema_input_type=str | list[str]), AfterValidator(_of_expressions)] = []
    of: Annotated[str | None, AfterValidator(_of_expressions)] = None
    claim: Annotated[
        tuple[ClaimedText, ...],
        PlainValidator(_as_claims, json_schema_input_type=_Number | dict[str, _Number]),
        AfterValidator(_of_expressions),
    ] = ()
    dtype: Annotated[str, _one_of(tuple(FORMATS)), Field(json_schema_extra={"enum": list(FORMATS)})] | None = None
    expect: Annotated[str, _one_of(_EXPECTATIONS), Field(json_schema_extra={"enum": list(_EXPECTATIONS)})] | None = None


class _TomlSuite(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    case: list[_TomlCase] = []


class _Expected(BaseModel):
    model_config = ConfigDict(strict=True)

    var: str
    expr: Annotated[str, BeforeValidator(_as_text)]
    order: int = Field(1, ge=1, le=MAX_ORDER)


class _ExpectedMixed(BaseModel):
    model_config = ConfigDict(strict=True)

    wrt: list[str] = Field(min_length=2, max_length=MAX_ORDER)
    expr: Annotated[str, BeforeValidator(_as_text)]


class _Line(BaseModel):
    model_config = ConfigDict(strict=True)  # other fields are ignored: corpora keep their sources and truths beside

    expr: str
    sample: _Sample | None = None
    points: _Points = Field(None, validate_default=True)
    id: Annotated[str, BeforeValidator(_as_text)] = ""
    expected: list[_Expected] = []
    expected_mixed: list[_ExpectedMixed] = []
    wrt: list[Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1, max_length=MAX_ORDER)]] = []


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a suite in TOML ("suite"), or of one line of a suite in JSON Lines ("line")."""
    model: type[BaseModel] = _TomlSuite if kind == "suite" else _Line
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"diffcheck {kind}", **_titled(model)}


def _titled(model: type[BaseModel]) -> dict[str, Any]:
    return {key: value for key, value in TypeAdapter(model).json_schema().items() if key != "title"}


# TOML


def _read_toml(content: bytes, path: Path) -> list[Case | Unreadable]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: not a text in UTF-8: {error.reason} at byte {error.start}") from error
    lines = text.splitlines()
    try:
        suite = _TomlSuite.model_validate(_toml_tables(text, path))
    except ValidationError as error:
        faults = sorted((_line_of(lines, fault["loc"]), _complaint(fault, _TomlCase)) for fault in error.errors())
        raise SuiteError("\n".join(f"{path}:{line}: {complaint}" for line, complaint in faults)) from error
    _refuse_equal_names(suite, lines, path)
    return [_from_table(case, number, _line_of(lines, ("case", number)), path) for number, case in enumerate(suite.case)]


def _refuse_equal_names(suite: _TomlSuite, lines: Sequence[str], path: Path) -> None:
    """A name stands for one case, in -k and in reports."""
    places = dict[str, int]()
    for number, case in enumerate(suite.case):
        line = _line_of(lines, ("case", number, "name"))
        if case.name and places.setdefault(case.name, line) != line:
            raise SuiteError(f"{path}:{line}: {case.name!r} is the name of the case in line {places[case.name]} too", "Give each its own.")


def _toml_tables(text: str, path: Path) -> dict[str, object]:
    try:
        # floats as texts, so that a coordinate is rounded once, to the format under test
        return tomllib.loads(text, parse_float=lambda digits: digits.replace("_", ""))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", str(error))
        line = place[1] if place and place[1] else len(text.splitlines())
        raise SuiteError(f"{path}:{line}: {str(error)[: place.start()] if place else error}", "The file is not valid TOML.") from error
    except (ValueError, RecursionError) as error:  # an integer of 5,000 digits, brackets 1,000 deep
        raise SuiteError(f"{path}: {error}", "The file cannot be read as TOML.") from error


def _from_table(table: _TomlCase, number: int, line: int, path: Path) -> Case:
    wrt = tuple(tuple(names.split()) for names in table.wrt)
    name = table.name or f"case {number + 1}"
    sampling = _sampling(table.sample)
    functions = [_beside(path, reference) for reference in (table.function, table.against)]
    return Case(
        name, line, table.expr, table.at, table.of, wrt, table.claim, table.dtype, table.expect, False, str(path), sampling, *functions
    )


def _beside(path: Path, reference: str) -> str:
    """FILE.py:NAME with the file where the suite is."""
    return str(path.parent / reference) if ".py:" in reference else reference


def _line_of(lines: Sequence[str], place: Sequence[str | int]) -> int:
    """The line, from 1, of a place such as ("case", 2, "wrt"): tomllib tells no lines, so they are looked for."""
    names = [str(key) for key in place if isinstance(key, str)]
    start, end = 0, len(lines)
    if len(place) > 1 and isinstance(place[1], int):
        headers = [i for i, line in enumerate(lines) if re.match(r"\s*\[\[\s*case\s*\]\]", line)]
        start = headers[place[1]] if place[1] < len(headers) else 0
        end = next((i for i in range(start + 1, len(lines)) if re.match(r"\s*\[\[", lines[i])), len(lines))
        names = names[1:]
    for name in names:
        key = re.compile(rf"""\s*(\[+\s*(case\s*\.\s*)?)?["']?{re.escape(name)}["']?\s*[=.\]]""")
        start = next((i for i in range(start, end) if key.match(lines[i])), start)
    return start + 1


# JSON Lines


def _read_lines(content: bytes, path: Path) -> list[Case | Unreadable]:
    lines = enumerate(content.split(b"\n"), 1)
    return [_from_line(line, number, str(path)) for number, line in lines if line.strip()]


def _from_line(content: bytes, number: int, file: str) -> Case | Unreadable:
    name = f"line {number}"
    try:
        # texts, so that a coordinate is rounded once, to the format under test; NaN becomes one too, and is refused there
        fields = json.loads(content.decode(), parse_float=str, parse_constant=str)
        if isinstance(fields, dict) and isinstance(fields.get("id"), str):
            name = fields["id"] or name
        line = _Line.model_validate(fields)
    except ValidationError as error:
        return Unreadable(name, number, "; ".join(_complaint(fault, _Line) for fault in error.errors()), file)
    except json.JSONDecodeError as error:
        return Unreadable(name, number, f"not a line of JSON: {error.msg} at column {error.colno}", file)
    except (ValueError, RecursionError) as error:
        return Unreadable(name, number, f"not a line of JSON: {error}", file)
    claims = tuple(ClaimedText(claim.var, claim.order, claim.expr) for claim in line.expected)
    claims += tuple(ClaimedText(" ".join(claim.wrt), 1, claim.expr) for claim in line.expected_mixed)
    wrt = tuple(tuple(names) for names in line.wrt)
    sampling = _sampling(line.sample)
    return Case(line.id or name, number, line.expr, line.points, None, wrt, claims, None, None, True, file, sampling)


def _sampling(sample: _Sample | None) -> Sampling | None:
    return None if sample is None else Sampling(**sample.model_dump())


# What is wrong, in words


def _complaint(fault: ErrorDetails, model: type[BaseModel]) -> str:
    names = [str(key) for key in fault["loc"] if isinstance(key, str) and key != "case"]
    name = ".".join(names)
    if fault["type"] == "missing":
        return f"{name!r} is missing"
    if fault["type"] == "extra_forbidden":
        within = _Sample if "sample" in names[:-1] else model
        known = list(within.model_fields) if len(fault["loc"]) > 1 else ["case"]
        return f"unknown key {name!r}.{_suggestion(names[-1], known) or ' Known: ' + ', '.join(known) + '.'}"
    said = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else _WANTED.get(fault["type"]) or fault["msg"].lower()
    if not names:
        return "a case is a table, headed by [[case]]" if model is _TomlCase else 'a case is an object: {"expr": …, "points": …}'
    return f"{name!r}: {said}"


_WANTED = {
    "string_type": 'a text is wanted, in quotes: "…"',
    "list_type": 'a name is wanted, or a list of them: ["x", "y"]',
    "int_type": "a whole number is wanted",
    "bool_type": "true or false is wanted",
    "model_type": "a table is wanted: { domain = { x = [-4, 4] }, random = 10 }",
}


def _suggestion(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f" Did you mean {close[0]!r}?" if close else ""
