"""The fields of suites in TOML and in JSON Lines, and what is said of one that is not as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationInfo,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from diffcheck.formats import FORMATS
from diffcheck.printable import did_you_mean, quoted, shown
from diffcheck.results import Outcome, Verdict
from diffcheck.suites.cases import MAX_NAME, ClaimedText, Point, Sampling

MAX_ORDER = 50
MAX_ORDERS = 8  # of all derivatives of an order
MAX_BITS = 3_322  # of a whole number: 1,000 digits
MAX_GRID = 10_000


def _is_number(value: object) -> bool:
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise ValueError("a number of more than 1,000 digits")
    return isinstance(value, (int, float)) and not isinstance(value, bool)


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
        if not all(isinstance(value, str) or _is_number(value) for value in coordinates):
            raise ValueError('a point is a number, a text such as "x=1,y=2", or a value for each variable')
    return tuple(points)


def _as_domain(domain: object) -> dict[str, tuple[str, str]]:
    if not isinstance(domain, dict) or not domain:
        raise ValueError("a domain is written { x = [-4, 4] }, with all variables")
    for ends in domain.values():
        if not isinstance(ends, list) or len(ends) != 2 or not all(isinstance(end, str) or _is_number(end) for end in ends):
            raise ValueError("the domain of a variable is two numbers, the smaller one first")
    return {name: (str(lower), str(upper)) for name, (lower, upper) in domain.items()}


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_text(value: object) -> object:
    return repr(value) if _is_number(value) else value


def _as_claims(claim: object) -> tuple[ClaimedText, ...]:
    texts = claim if isinstance(claim, dict) else {"": claim}
    if not texts:
        raise ValueError("there is no claim")
    for text in map(_as_text, texts.values()):
        if not isinstance(text, str):
            raise ValueError('a claim is an expression, or a table of one for each variable: { x = "2x" }')
    return tuple(ClaimedText(wrt, 1, str(_as_text(text))) for wrt, text in texts.items())


def _of_some_letters(name: str) -> str:
    """pydantic's own limit refuses half a surrogate pair, too, which JSON may hold."""
    if len(name) > MAX_NAME:
        raise ValueError(f"at most {MAX_NAME:,} letters are wanted")
    return name


def _one_of(names: Sequence[str]) -> AfterValidator:
    def known(name: str) -> str:
        if name not in names:
            raise ValueError(f"{quoted(name)} is unknown. {did_you_mean(name, names) or 'Known: ' + ', '.join(names) + '.'}")
        return name

    return AfterValidator(known)


_EXPECTATIONS = tuple(dict.fromkeys(member.value for kind in (Outcome, Verdict) for member in kind if member is not Verdict.UNSAMPLED))
_Number = int | float | str
_Name = Annotated[str, AfterValidator(_of_some_letters), Field(json_schema_extra={"maxLength": MAX_NAME})]
_Coordinates = _Number | dict[str, _Number]
_Domain = Annotated[dict[str, tuple[str, str]], PlainValidator(_as_domain, json_schema_input_type=dict[str, tuple[_Number, _Number]])]
_Points = Annotated[tuple[Point, ...], PlainValidator(_as_points, json_schema_input_type=_Coordinates | list[_Coordinates])]


class SampleSpec(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    domain: _Domain
    grid: int = Field(0, ge=0, le=MAX_GRID)
    random: int = Field(0, ge=0, le=MAX_GRID)
    special: bool = False
    seed: int = Field(1, ge=0, lt=2**63)
    where: str = ""

    @model_validator(mode="after")
    def _asks_for_something(self) -> SampleSpec:
        if not (self.grid or self.random or self.special):
            raise ValueError("no point is asked for: write random = 10, or grid = 10, or special = true")
        if "seed" in self.model_fields_set and not (self.random or self.special):
            raise ValueError("a seed is for random points, and none is asked for")
        return self

    @property
    def sampling(self) -> Sampling:
        return Sampling(**self.model_dump())


def _expression_or_function(expr: str, beside: ValidationInfo) -> str:
    """A case has the one or the other."""
    if bool(expr) is bool(beside.data.get("function")):
        raise ValueError("a case has an expression or a function, not both") if expr else PydanticCustomError("missing", "")
    return expr


def _of_expressions(value: object, beside: ValidationInfo) -> object:
    if value and beside.data.get("function"):
        raise ValueError("this is for expressions only")
    return value


def _of_functions(value: object, beside: ValidationInfo) -> object:
    if value and not beside.data.get("function"):
        raise ValueError("this is for functions only; an expression's derivative is judged as a claim")
    return value


class TomlCase(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    function: _Name = ""
    against: Annotated[str, AfterValidator(_of_functions)] = ""
    expr: Annotated[str, AfterValidator(_expression_or_function)] = Field("", validate_default=True)
    sample: Annotated[SampleSpec | None, AfterValidator(_of_expressions)] = None
    at: _Points = Field(None, validate_default=True)
    name: _Name = ""
    cost: Annotated[bool, AfterValidator(_of_expressions)] = False
    wrt: Annotated[
        list[str],
        BeforeValidator(_as_list, json_schema_input_type=str | list[str]),
        Field(min_length=1),
        AfterValidator(_of_expressions),
    ] = []
    of: Annotated[_Name | None, AfterValidator(_of_expressions)] = None
    claim: Annotated[
        tuple[ClaimedText, ...],
        PlainValidator(_as_claims, json_schema_input_type=_Number | dict[str, _Number]),
    ] = ()
    hessian: bool = False
    order: Annotated[int | None, Field(ge=1, le=MAX_ORDERS)] = None
    along: _Coordinates | None = None
    hvp: _Coordinates | None = None

    @model_validator(mode="after")
    def _asks_for_one_thing(self) -> TomlCase:
        given = [name for name in ("hessian", "order", "hvp") if getattr(self, name)]
        if len(given) > 1:
            raise ValueError(f"{given[0]} and {given[1]} do not go together")
        return self

    dtype: Annotated[str, _one_of(tuple(FORMATS)), Field(json_schema_extra={"enum": list(FORMATS)})] | None = None
    expect: Annotated[str, _one_of(_EXPECTATIONS), Field(json_schema_extra={"enum": list(_EXPECTATIONS)})] | None = None


class TomlSuite(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    case: list[TomlCase] = []


class _Expected(BaseModel):
    model_config = ConfigDict(strict=True)

    var: str
    expr: Annotated[str, BeforeValidator(_as_text)]
    order: int = Field(1, ge=1, le=MAX_ORDER)


class _ExpectedMixed(BaseModel):
    model_config = ConfigDict(strict=True)

    wrt: list[str] = Field(min_length=2, max_length=MAX_ORDER)
    expr: Annotated[str, BeforeValidator(_as_text)]


class CaseLine(BaseModel):
    model_config = ConfigDict(strict=True)  # other fields are ignored: corpora keep their sources and truths beside

    expr: str
    sample: SampleSpec | None = None
    points: _Points = Field(None, validate_default=True)
    id: Annotated[_Name, BeforeValidator(_as_text)] = ""
    cost: bool = False
    expected: list[_Expected] = []
    expected_mixed: list[_ExpectedMixed] = []
    wrt: list[Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1, max_length=MAX_ORDER)]] = []

    @property
    def claims(self) -> tuple[ClaimedText, ...]:
        mixed = [ClaimedText(" ".join(claim.wrt), 1, claim.expr) for claim in self.expected_mixed]
        return (*(ClaimedText(claim.var, claim.order, claim.expr) for claim in self.expected), *mixed)


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of a suite in TOML ("suite"), or of one line of a suite in JSON Lines ("line")."""
    model: type[BaseModel] = TomlSuite if kind == "suite" else CaseLine
    found = {key: value for key, value in TypeAdapter(model).json_schema().items() if key != "title"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"diffcheck {kind}", **found}


def complaint(fault: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong, in words."""
    names = [shown(key, 40) for key in fault["loc"] if isinstance(key, str)]
    name = ".".join(names)
    if fault["type"] == "missing":
        return f"'{name}' is missing"
    if fault["type"] == "extra_forbidden":
        within = SampleSpec if "sample" in names[:-1] else model
        known = ["case"] if within is TomlSuite else list(within.model_fields)
        return f"unknown key '{name}'. {did_you_mean(names[-1], known) or 'Known: ' + ', '.join(known) + '.'}"
    said = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else _WANTED.get(fault["type"]) or fault["msg"].lower()
    if not names and fault["type"] == "value_error":
        return said
    if not names or model is TomlSuite:
        return 'a case is an object: {"expr": …, "points": …}' if model is CaseLine else "a case is a table, headed by [[case]]"
    return f"'{name}': {said}"


_WANTED = {
    "string_type": 'a text is wanted, in quotes: "…"',
    "list_type": 'a name is wanted, or a list of them: ["x", "y"]',
    "too_short": "at least one name is wanted",
    "int_type": "a whole number is wanted",
    "bool_type": "true or false is wanted",
    "model_type": "a table is wanted: { domain = { x = [-4, 4] }, random = 10 }",
}
