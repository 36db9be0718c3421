"""Reports as JSON: one object for each case, point and variable; strict JSON, so nan and inf are texts.

The TypedDicts are the format: `schema()` is generated from them, and the tests hold every line to it. A number that a
float can hold is a JSON number of up to 17 digits; the enclosure's float midpoint and radius contain the decimal ones.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from functools import cache
from typing import Any, NotRequired, TextIO

from typing_extensions import TypedDict  # pydantic reads typing's only from Python 3.12 on

from diffcheck.enclosure import UP, Enclosure
from diffcheck.records import CaseResult, Fault, FaultKind, Record
from diffcheck.results import Blame, Findings, Header, IntervalReport, Outcome, Piece, Result, RuleCheck, Sample, Status, Tally, Verdict

SCHEMA_VERSION = 1
SMALLEST_NORMAL = 2.0**-1022
_encode = json.JSONEncoder(allow_nan=False).encode
_text = json.encoder.encode_basestring_ascii  # ASCII: a lone surrogate in an id can be written too

Number = float | str  # a text where JSON has no such number: "nan", "inf", "-inf", or out of the range of floats


class EnclosureJson(TypedDict):
    """A proved interval: [midpoint - radius, midpoint + radius] contains [lower, upper], which contains the number."""

    midpoint: Number
    radius: Number
    lower: str  # decimal, all digits
    upper: str


class BlameJson(TypedDict):
    """The operation to blame: characters `start` to `end` (exclusive) of the expression, of the claim, or of a line of a Python file."""

    start: int
    end: int
    text: str
    file: NotRequired[str]
    line: NotRequired[int]


class ResultJson(TypedDict):
    engine: str
    mode: str | None
    value: Number | None
    value_hex: str | None
    ulps: Number | None
    verdict: str
    outcome: str
    reason: str
    blame: BlameJson | None


class SampleJson(TypedDict):
    """One point and one variable."""

    schema_version: int
    id: NotRequired[str]  # in suites, with the file and the line where the case stands
    file: NotRequired[str]
    line: NotRequired[int]
    point: dict[str, Number]
    point_hex: dict[str, str]
    wrt: str
    order: int
    output: NotRequired[str]  # which entry of the result of a JAX function, where it is an array or a tree
    status: str
    status_reason: str
    primal: Number | None
    primal_hex: str | None
    value: EnclosureJson | None
    enclosure: EnclosureJson | None
    clarke: list[EnclosureJson] | None
    confirmed: bool
    results: list[ResultJson]
    beside: NotRequired[list[ResultJson]]  # of other engines, where no outcome depends on them
    outcome: str
    expected: NotRequired[str]  # in suites, where the case says what it expects
    matched: NotRequired[bool]
    cost: NotRequired[dict[str, dict[str, float]]]  # with the first sample of a case with cost = true


class FaultJson(TypedDict):
    """A case of a suite that could not be checked."""

    schema_version: int
    id: str
    file: str
    line: int
    error: str
    kind: str
    results: list[ResultJson]
    outcome: str
    expected: NotRequired[str]  # where the case says what it expects
    matched: NotRequired[bool]


class PieceJson(TypedDict):
    """A part of an interval, with what is proved of all of it or, where there is a point, at that point."""

    lower: float
    upper: float
    lower_hex: str
    upper_hex: str
    status: str
    point: float | None
    reason: str


class WorstJson(TypedDict):
    """The largest error of a derivative under test among the samples, or its gravest verdict; `result` is one of `sample`'s."""

    result: ResultJson
    sample: SampleJson


class IntervalJson(TypedDict):
    """A function on an interval."""

    schema_version: int
    variable: str
    lower: float
    upper: float
    smooth: bool  # proved: defined and smooth on all of it
    pieces: list[PieceJson]
    points: int  # how many were sampled
    worst: list[WorstJson]
    summary: dict[str, Any]  # of the samples


class IntervalReportJson(TypedDict):
    schema_version: int
    header: dict[str, Any]
    interval: IntervalJson


class RuleCheckJson(TypedDict):
    """A check of a JAX function's derivative rules; its outcome is null where it does not apply."""

    schema_version: int
    check: str
    outcome: str | None
    detail: str


class ReportJson(TypedDict):
    schema_version: int
    header: dict[str, Any]
    samples: list[SampleJson]
    checks: NotRequired[list[RuleCheckJson]]  # of a JAX function
    summary: dict[str, Any]


def schema() -> dict[str, Any]:
    """The JSON schema of a line of `--format jsonl`."""
    from pydantic import TypeAdapter

    found: dict[str, Any] = TypeAdapter(SampleJson | FaultJson | IntervalJson | RuleCheckJson).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "diffcheck", **found}


def write_lines(samples: Iterable[Sample], stream: TextIO, checks: Sequence[RuleCheck] = ()) -> Tally:
    """One line a sample, while they come, then one a check of a function's rules; returns the counts."""
    tally = Tally()
    for sample in samples:
        tally.add(sample)
        stream.write(sample_as_line(sample) + "\n")
    for check in checks:
        tally.add_check(check)
        stream.write(_encode(_check(check)) + "\n")
    return tally


def write_report(header: Header, samples: Iterable[Sample], stream: TextIO, checks: Sequence[RuleCheck] = ()) -> Tally:
    """One object: header, samples (a line each, while they come), checks, summary; returns the counts."""
    tally = Tally()
    stream.write(f'{{"schema_version": {SCHEMA_VERSION},\n"header": {_encode(asdict(header))},\n"samples": [')
    for sample in samples:
        stream.write((",\n" if tally.samples else "\n") + sample_as_line(sample))
        tally.add(sample)
    for check in checks:
        tally.add_check(check)
    found = f',\n"checks": {_encode([_check(check) for check in checks])}' if checks else ""
    stream.write(f'\n]{found},\n"summary": {_encode(_summary(tally))}}}\n')
    return tally


def write_interval(report: IntervalReport, stream: TextIO, *, whole: bool) -> None:
    """A line with what was found on an interval; as a `whole` report it stands in one object with the header."""
    found = interval_as_line(report)
    if whole:
        found = f'{{"schema_version": {SCHEMA_VERSION},\n"header": {_encode(asdict(report.header))},\n"interval": {found}}}'
    stream.write(found + "\n")


def report_as_text(report: Findings) -> str:
    """What `write_report` writes."""
    stream = io.StringIO()
    write_report(report.header, report.samples, stream, report.checks)
    return stream.getvalue()


def sample_as_line(sample: Sample) -> str:
    """One sample as a line of JSON, without the line's end."""
    return f'{{"schema_version": {SCHEMA_VERSION}, {_sample(sample)}, "outcome": "{sample.outcome._value_}"}}'


def interval_as_line(report: IntervalReport) -> str:
    """What was found on an interval as a line of JSON, without the line's end."""
    worst = (f'{{"result": {_result(found.result)}, "sample": {sample_as_line(found.sample)}}}' for found in report.worst)
    return (
        f'{{"schema_version": {SCHEMA_VERSION}, "variable": {_text(report.variable)}, '
        f'"lower": {report.lower!r}, "upper": {report.upper!r}, "smooth": {_encode(report.is_smooth)}, '
        f'"pieces": [{", ".join(map(_piece, report.pieces))}], "points": {report.points}, "worst": [{", ".join(worst)}], '
        f'"summary": {_encode(_summary(report.tally))}}}'
    )


def _piece(piece: Piece) -> str:
    ends = {"lower": piece.lower, "upper": piece.upper, "lower_hex": piece.lower.hex(), "upper_hex": piece.upper.hex()}
    return _encode({**ends, "status": piece.status.value, "point": piece.point, "reason": piece.reason})


def record_as_line(record: Record) -> str:
    """A record of a suite as a line of JSON: a sample with the case's id, or why there is none."""
    case = f'"schema_version": {SCHEMA_VERSION}, "id": {_text(record.id)}, "file": {_text(record.file)}, "line": {record.line}'
    found = _fault(record.fault) if record.sample is None else _sample(record.sample)
    expected = "" if record.expected is None else f', "expected": {_text(record.expected)}, "matched": {_encode(record.matched)}'
    cost = f', "cost": {_encode(record.cost)}' if record.cost else ""
    return f'{{{case}, {found}, "outcome": "{record.outcome.value}"{expected}{cost}}}'


def case_result(number: int, lines: Sequence[str]) -> CaseResult:
    """What lines of JSON say of a case. The enclosures stay in the text, which holds all their digits."""
    return CaseResult(number, tuple(_record(json.loads(line), number) for line in lines), tuple(lines))


def case_result_of(number: int, records: object) -> CaseResult:
    """The same of records that a file holds; raises ValueError where no case can have them."""
    if not isinstance(records, list) or not records:
        raise ValueError("there are no records")
    for fields in records:
        _form()(fields)
    try:
        result = case_result(number, [json.dumps(fields, allow_nan=False) for fields in records])
    except ArithmeticError as error:  # a number that no float is
        raise ValueError(str(error)) from error
    if any(record.outcome.value != fields["outcome"] for record, fields in zip(result.records, records, strict=True)):
        raise ValueError("an outcome is not what its results come to")
    return result


@cache
def _form() -> Callable[[object], object]:
    """What a record of a suite is held to: no other keys, and no other types."""
    from pydantic import ConfigDict, TypeAdapter

    form: TypeAdapter[Any] = TypeAdapter(SampleJson | FaultJson, config=ConfigDict(strict=True, extra="forbid"))
    return form.validate_python


def _record(fields: Mapping[str, Any], case: int) -> Record:
    sample = None if "error" in fields else _read_sample(fields)
    fault = Fault(FaultKind(fields["kind"]), fields["error"]) if sample is None else None
    told = fields.get("expected"), fields.get("matched"), fields["file"]
    return Record(case, fields["id"], fields["line"], sample, fault, *told, cost=fields.get("cost", {}))


def _read_sample(fields: Mapping[str, Any]) -> Sample:
    results = tuple(_read_result(result) for result in fields["results"])
    beside = tuple(map(_read_result, fields.get("beside", ())))
    point = {name: float(value) for name, value in fields["point"].items()}
    status, primal = Status(fields["status"]), _read_number(fields["primal"])
    said, confirmed = fields["status_reason"], fields["confirmed"]
    output = fields.get("output", "")
    return Sample(point, fields["wrt"], fields["order"], status, said, primal, None, None, None, results, confirmed, output, beside)


def _read_result(fields: Mapping[str, Any]) -> Result:
    value, ulps = _read_number(fields["value"]), _read_number(fields["ulps"])
    verdict, outcome = Verdict(fields["verdict"]), Outcome(fields["outcome"])
    return Result(fields["engine"], fields["mode"], value, ulps, verdict, outcome, fields["reason"])


def _read_number(value: Number | None) -> float | None:
    return None if value is None else float(value)


def _check(check: RuleCheck) -> RuleCheckJson:
    outcome = None if check.outcome is None else check.outcome.value
    return {"schema_version": SCHEMA_VERSION, "check": check.name, "outcome": outcome, "detail": check.detail}


def _sample(sample: Sample) -> str:
    # written out: a million samples pass through here, and a dictionary handed to json.dumps takes three times as long
    point = sample.point.items()
    clarke = "null" if sample.clarke is None else f"[{', '.join(map(enclosure_json, sample.clarke))}]"
    beside = f', "beside": [{", ".join(map(_result, sample.beside))}]' if sample.beside else ""
    output = f'"output": {_text(sample.output)}, ' if sample.output else ""
    return (
        f'"point": {{{", ".join([f"{_text(name)}: {number_json(value)}" for name, value in point])}}}, '
        f'"point_hex": {{{", ".join([f"{_text(name)}: {_hex(value)}" for name, value in point])}}}, '
        f'"wrt": {_text(sample.wrt)}, "order": {sample.order}, {output}'
        f'"status": "{sample.status._value_}", "status_reason": {_text(sample.status_reason)}, '
        f'"primal": {number_json(sample.primal)}, "primal_hex": {_hex(sample.primal)}, '
        f'"value": {enclosure_json(sample.value)}, "enclosure": {enclosure_json(sample.enclosure)}, "clarke": {clarke}, '
        f'"confirmed": {"true" if sample.confirmed else "false"}, '
        f'"results": [{", ".join(map(_result, sample.results))}]{beside}'
    )


def _result(result: Result) -> str:
    mode = "null" if result.mode is None else _text(result.mode)
    return (
        f'{{"engine": {_text(result.engine)}, "mode": {mode}, "value": {number_json(result.value)}, "value_hex": {_hex(result.value)}, '
        f'"ulps": {number_json(result.ulps)}, "verdict": "{result.verdict._value_}", "outcome": "{result.outcome._value_}", '
        f'"reason": {_text(result.reason)}, "blame": {_blame(result.blame)}}}'
    )


def _blame(blame: Blame | None) -> str:
    if blame is None:
        return "null"
    place = f', "file": {_text(blame.file)}, "line": {blame.line}' if blame.file else ""
    return f'{{"start": {blame.start}, "end": {blame.end}, "text": {_text(blame.quoted)}{place}}}'


def _fault(fault: Fault | None) -> str:
    assert fault is not None
    return f'"error": {_text(fault.message)}, "kind": "{fault.kind.value}", "results": []'


def number_json(value: float | None) -> str:
    """A number, as a text where JSON has no such number."""
    if value is None:
        return "null"
    return repr(value) if math.isfinite(value) else f'"{value}"'


def _hex(value: float | None) -> str:
    return "null" if value is None else f'"{value.hex()}"'


def enclosure_json(enclosure: Enclosure | None) -> str:
    """An enclosure, with floats and with all its digits."""
    if enclosure is None:
        return "null"
    midpoint, radius = _float_interval(enclosure)
    lower, upper = _decimal(enclosure.lower), _decimal(enclosure.upper)
    return f'{{"midpoint": {midpoint}, "radius": {radius}, "lower": {lower}, "upper": {upper}}}'


def _float_interval(enclosure: Enclosure) -> tuple[str, str]:
    """Floats whose interval contains the decimal one; the decimals themselves as texts where floats lack the range."""
    midpoint = float(enclosure.midpoint)
    if math.isfinite(midpoint) and (abs(midpoint) >= SMALLEST_NORMAL or not enclosure.midpoint):
        low, high = sorted((enclosure.midpoint, Decimal(midpoint)))
        exact = UP.add(enclosure.radius, UP.subtract(high, low))
        radius = float(exact)
        if math.isfinite(radius):
            return repr(midpoint), repr(radius if Decimal(radius) >= exact else math.nextafter(radius, math.inf))
    return _decimal(enclosure.midpoint), _decimal(enclosure.radius)


def _decimal(number: Decimal) -> str:
    return f'"{number}"' if number.is_finite() else f'"{float(number)}"'


def _summary(tally: Tally) -> dict[str, object]:
    return {
        "samples": tally.samples,
        "unsampled": tally.unsampled,
        "outcomes": {outcome.value: count for outcome, count in tally.outcomes.items()},
        **({"checks": {outcome.value: count for outcome, count in tally.checks.items()}} if tally.checks else {}),
        "verdicts": {verdict.value: count for verdict, count in tally.verdicts.items()},
    }
