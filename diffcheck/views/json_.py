"""Reports as JSON: one object for each case, point and variable; strict JSON, so nan and inf are texts.

The TypedDicts are the format: mypy holds the code below to them, and `schema()` is generated from them. A number that a
float can hold is a JSON number of up to 17 digits; the enclosure's float midpoint and radius contain the decimal ones.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from decimal import Decimal
from typing import Any, NotRequired, TextIO

from typing_extensions import TypedDict  # pydantic reads typing's only from Python 3.12 on

from diffcheck.results import UP, Enclosure, Header, Report, Result, Sample, Tally
from diffcheck.suites.runner import Record

SCHEMA_VERSION = 1
SMALLEST_NORMAL = 2.0**-1022
_encode = json.JSONEncoder(allow_nan=False, check_circular=False).encode

Number = float | str  # a text where JSON has no such number: "nan", "inf", "-inf", or out of the range of floats


class EnclosureJson(TypedDict):
    """A proved interval: [midpoint - radius, midpoint + radius] contains [lower, upper], which contains the number."""

    midpoint: Number
    radius: Number
    lower: str  # decimal, all digits
    upper: str


class ResultJson(TypedDict):
    engine: str
    mode: str | None
    value: Number | None
    value_hex: str | None
    ulps: Number | None
    verdict: str
    outcome: str
    reason: str


class SampleJson(TypedDict):
    """One point and one variable."""

    schema_version: int
    id: NotRequired[str]  # in suites, with the line of the case in its file
    line: NotRequired[int]
    point: dict[str, Number]
    point_hex: dict[str, str]
    wrt: str
    order: int
    status: str
    status_reason: str
    primal: Number | None
    value: EnclosureJson | None
    enclosure: EnclosureJson | None
    clarke: list[EnclosureJson] | None
    results: list[ResultJson]
    outcome: str
    expected: NotRequired[str]  # in suites, where the case says what it expects
    matched: NotRequired[bool]


class FaultJson(TypedDict):
    """A case of a suite that could not be checked."""

    schema_version: int
    id: str
    line: int
    error: str
    kind: str
    results: list[ResultJson]
    outcome: str


class ReportJson(TypedDict):
    schema_version: int
    header: dict[str, Any]
    samples: list[SampleJson]
    summary: dict[str, Any]


def schema() -> dict[str, Any]:
    """The JSON schema of a line of `--format jsonl`."""
    from pydantic import TypeAdapter

    found: dict[str, Any] = TypeAdapter(SampleJson | FaultJson).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "diffcheck", **found}


def sample_as_line(sample: Sample) -> str:
    """One sample as a line of JSON, without the line's end."""
    return _encode(sample_as_dict(sample))


def record_as_line(record: Record) -> str:
    """One record of a suite as a line of JSON, without the line's end."""
    return _encode(record_as_dict(record))


def write_lines(samples: Iterable[Sample], stream: TextIO) -> Tally:
    """One line a sample, while they come; returns the counts."""
    tally = Tally()
    for sample in samples:
        tally.add(sample)
        stream.write(sample_as_line(sample) + "\n")
    return tally


def write_report(header: Header, samples: Iterable[Sample], stream: TextIO) -> Tally:
    """One object: header, samples (a line each, while they come), summary; returns the counts."""
    tally = Tally()
    stream.write(f'{{"schema_version": {SCHEMA_VERSION},\n"header": {_encode(asdict(header))},\n"samples": [')
    for sample in samples:
        stream.write((",\n" if tally.samples else "\n") + sample_as_line(sample))
        tally.add(sample)
    stream.write(f'\n],\n"summary": {_encode(_summary(tally))}}}\n')
    return tally


def report_as_dict(report: Report) -> ReportJson:
    """What `write_report` writes, as plain values."""
    samples = [sample_as_dict(sample) for sample in report.samples]
    header = asdict(report.header)
    return {"schema_version": SCHEMA_VERSION, "header": header, "samples": samples, "summary": _summary(report.tally)}


def record_as_dict(record: Record) -> SampleJson | FaultJson:
    """A record of a suite as plain values: a sample with the case's name, or why there is none."""
    if record.sample is None:
        return _fault_as_dict(record)
    found = sample_as_dict(record.sample)
    found |= {"id": record.id, "line": record.line, "outcome": record.outcome.value}
    if record.expected is not None and record.matched is not None:
        found |= {"expected": record.expected, "matched": record.matched}
    return found


def sample_as_dict(sample: Sample) -> SampleJson:
    """A sample as plain values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "point": {name: _number(value) for name, value in sample.point.items()},
        "point_hex": {name: value.hex() for name, value in sample.point.items()},
        "wrt": sample.wrt,
        "order": sample.order,
        "status": sample.status._value_,
        "status_reason": sample.status_reason,
        "primal": None if sample.primal is None else _number(sample.primal),
        "value": _enclosure(sample.value),
        "enclosure": _enclosure(sample.enclosure),
        "clarke": None if sample.clarke is None else [_interval(side) for side in sample.clarke],
        "results": [_result(result) for result in sample.results],
        "outcome": sample.outcome._value_,
    }


def _fault_as_dict(record: Record) -> FaultJson:
    assert record.fault is not None
    return {
        "schema_version": SCHEMA_VERSION,
        "id": record.id,
        "line": record.line,
        "error": record.fault.message,
        "kind": record.fault.kind.value,
        "results": [],
        "outcome": record.outcome.value,
    }


def _result(result: Result) -> ResultJson:
    value = result.value
    return {
        "engine": result.engine,
        "mode": result.mode,
        "value": None if value is None else _number(value),
        "value_hex": None if value is None else value.hex(),
        "ulps": None if result.ulps is None else _number(result.ulps),
        "verdict": result.verdict._value_,  # the attribute: `.value` is a descriptor, six times slower
        "outcome": result.outcome._value_,
        "reason": result.reason,
    }


def _number(value: float) -> Number:
    return value if math.isfinite(value) else repr(value)


def _enclosure(enclosure: Enclosure | None) -> EnclosureJson | None:
    return None if enclosure is None else _interval(enclosure)


def _interval(enclosure: Enclosure) -> EnclosureJson:
    midpoint, radius = _float_interval(enclosure)
    return {"midpoint": midpoint, "radius": radius, "lower": _decimal(enclosure.lower), "upper": _decimal(enclosure.upper)}


def _float_interval(enclosure: Enclosure) -> tuple[Number, Number]:
    """Floats whose interval contains the decimal one; the decimals themselves as texts where floats lack the range."""
    midpoint = float(enclosure.midpoint)
    if math.isfinite(midpoint) and (abs(midpoint) >= SMALLEST_NORMAL or not enclosure.midpoint):
        low, high = sorted((enclosure.midpoint, Decimal(midpoint)))
        exact = UP.add(enclosure.radius, UP.subtract(high, low))
        radius = float(exact)
        if math.isfinite(radius):
            return midpoint, radius if Decimal(radius) >= exact else math.nextafter(radius, math.inf)
    return _decimal(enclosure.midpoint), _decimal(enclosure.radius)


def _decimal(number: Decimal) -> str:
    return str(number) if number.is_finite() else repr(float(number))


def _summary(tally: Tally) -> dict[str, Any]:
    return {
        "samples": tally.samples,
        "unsampled": tally.unsampled,
        "outcomes": {outcome.value: count for outcome, count in tally.outcomes.items()},
        "verdicts": {verdict.value: count for verdict, count in tally.verdicts.items()},
    }
