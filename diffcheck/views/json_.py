"""Reports as JSON: one object for each case, point and variable; strict JSON, so nan and inf are texts.

The rows below are the format: writer, reader and `schema()` come from them, and the tests hold every line to the schema.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import cache
from typing import Any, NotRequired, TextIO

from diffcheck.records import CaseResult, Fault, FaultKind, Record
from diffcheck.results import Findings, Header, IntervalReport, Outcome, Result, RuleCheck, Sample, Status, Tally, Verdict
from diffcheck.views.json_keys import (
    Key,
    Keys,
    Number,
    as_it_is,
    by_name,
    enclosure_json,
    encode,
    form,
    hexadecimal,
    in_the_text,
    list_of,
    member,
    number_json,
    or_empty,
    or_null,
    read_number,
    text,
    truth,
)

SCHEMA_VERSION = 1
VERSION = {"schema_version": int}
EnclosureJson = form(
    "EnclosureJson",
    {"midpoint": Number, "radius": Number, "lower": str, "upper": str},  # the ends are decimal, with all digits
    "A proved interval: [midpoint - radius, midpoint + radius] contains [lower, upper], which contains the number.",
)
BLAME = Keys(
    Key("start", int, str),
    Key("end", int, str),
    Key("text", str, text, of="quoted"),
    Key("file", str, text, is_optional=True),
    Key("line", int, str, is_optional=True),
)
BlameJson = form(
    "BlameJson",
    BLAME.types,
    "The operation to blame: characters `start` to `end` (exclusive) of the expression, of the claim, or of a line of a Python file.",
)
RESULT = Keys(
    Key("engine", str, text, str),
    Key("mode", str | None, or_null(text), as_it_is),
    Key("value", Number | None, number_json, read_number),
    Key("value_hex", str | None, hexadecimal, of="value"),
    Key("ulps", Number | None, number_json, read_number),
    Key("verdict", str, member, Verdict),
    Key("outcome", str, member, Outcome),
    Key("reason", str, text, as_it_is),
    Key("blame", BlameJson | None, or_null(BLAME.object), in_the_text),
    make=Result,
)
ResultJson = form("ResultJson", RESULT.types)


def _read_results(rows: Iterable[Mapping[str, Any]] | None) -> tuple[Result, ...]:
    return tuple([RESULT.read(row) for row in rows or ()])


SAMPLE = Keys(
    Key("point", dict[str, Number], by_name(number_json), lambda point: {name: float(value) for name, value in point.items()}),
    Key("point_hex", dict[str, str], by_name(hexadecimal), of="point"),
    Key("wrt", str, text, as_it_is),
    Key("order", int, str, as_it_is),
    Key("output", str, text, or_empty, is_optional=True),  # which entry of the result of a JAX function that is an array or a tree
    Key("status", str, member, Status),
    Key("status_reason", str, text, as_it_is),
    Key("primal", Number | None, number_json, read_number),
    Key("primal_hex", str | None, hexadecimal, of="primal"),
    Key("value", EnclosureJson | None, enclosure_json, in_the_text),
    Key("enclosure", EnclosureJson | None, enclosure_json, in_the_text),
    Key("clarke", list_of(EnclosureJson) | None, or_null(lambda ends: f"[{', '.join(map(enclosure_json, ends))}]"), in_the_text),
    Key("confirmed", bool, truth, as_it_is),
    Key("results", list_of(ResultJson), RESULT.array, _read_results),
    Key("beside", list_of(ResultJson), RESULT.array, _read_results, is_optional=True),  # of other engines; no outcome depends on them
    make=Sample,
)
CASE = Keys(Key("id", str, text, as_it_is), Key("file", str, text, as_it_is), Key("line", int, str, as_it_is))
OUTCOME = Key("outcome", str, member)
EXPECTED = (  # where a case says what it expects
    Key("expected", str, text, as_it_is, is_optional=True),
    Key("matched", bool, truth, as_it_is, is_optional=True),
)
COST = Key(
    "cost", dict[str, dict[str, float]], encode, lambda cost: cost or {}, is_optional=True
)  # with the first sample of a case with cost = true
ALONE, ENDING = Keys(OUTCOME), Keys(OUTCOME, *EXPECTED, COST)
FAULT = Keys(Key("error", str, text, as_it_is, of="message"), Key("kind", str, member, FaultKind), make=Fault)
SampleJson = form(
    "SampleJson",
    {**VERSION, **{name: NotRequired[kind] for name, kind in CASE.types.items()}, **SAMPLE.types, **ENDING.types},
    "One point and one variable.",
)
FaultJson = form(
    "FaultJson",
    {**VERSION, **CASE.types, **FAULT.types, "results": list_of(ResultJson), **Keys(OUTCOME, *EXPECTED).types},
    "A case of a suite that could not be checked.",
)


def sample_as_line(sample: Sample) -> str:
    """One sample as a line of JSON, without the line's end."""
    return _line(SAMPLE.written(sample), ALONE.written(sample))


def _line(*parts: str) -> str:
    return f'{{"schema_version": {SCHEMA_VERSION}, {", ".join(parts)}}}'


PIECE = Keys(
    Key("lower", float, number_json),
    Key("upper", float, number_json),
    Key("lower_hex", str, hexadecimal, of="lower"),
    Key("upper_hex", str, hexadecimal, of="upper"),
    Key("status", str, member),
    Key("point", float | None, number_json),
    Key("reason", str, text),
)
PieceJson = form(
    "PieceJson",
    PIECE.types,
    "A part of an interval, with what is proved of all of it or, where there is a point, at that point.",
)
WORST = Keys(Key("result", ResultJson, RESULT.object), Key("sample", SampleJson, sample_as_line))
WorstJson = form(
    "WorstJson",
    WORST.types,
    "The largest error of a derivative under test among the samples, or its gravest verdict; `result` is one of `sample`'s.",
)
INTERVAL = Keys(
    Key("variable", str, text),
    Key("lower", float, number_json),
    Key("upper", float, number_json),
    Key("smooth", bool, truth, of="is_smooth"),  # proved: defined and smooth on all of it
    Key("pieces", list_of(PieceJson), PIECE.array),
    Key("points", int, str),  # how many were sampled
    Key("worst", list_of(WorstJson), WORST.array),
    Key("summary", dict[str, Any], lambda tally: encode(_summary(tally)), of="tally"),  # of the samples
)
IntervalJson = form("IntervalJson", VERSION | INTERVAL.types, "A function on an interval.")
CHECK = Keys(Key("check", str, text, of="name"), Key("outcome", str | None, or_null(member)), Key("detail", str, text))
RuleCheckJson = form(
    "RuleCheckJson",
    VERSION | CHECK.types,
    "A check of a JAX function's derivative rules; its outcome is null where it does not apply.",
)
HEADER = {"header": dict[str, Any]}
IntervalReportJson = form("IntervalReportJson", {**VERSION, **HEADER, "interval": IntervalJson})
ReportJson = form(
    "ReportJson",
    {**VERSION, **HEADER, "samples": list_of(SampleJson), "checks": NotRequired[list_of(RuleCheckJson)], "summary": dict[str, Any]},
)


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
        stream.write(_check(check) + "\n")
    return tally


def write_report(header: Header, samples: Iterable[Sample], stream: TextIO, checks: Sequence[RuleCheck] = ()) -> Tally:
    """One object: header, samples (a line each, while they come), checks, summary; returns the counts."""
    tally = Tally()
    stream.write(f'{{"schema_version": {SCHEMA_VERSION},\n"header": {encode(asdict(header))},\n"samples": [')
    for sample in samples:
        stream.write((",\n" if tally.samples else "\n") + sample_as_line(sample))
        tally.add(sample)
    for check in checks:
        tally.add_check(check)
    found = f',\n"checks": [{", ".join(map(_check, checks))}]' if checks else ""
    stream.write(f'\n]{found},\n"summary": {encode(_summary(tally))}}}\n')
    return tally


def write_interval(report: IntervalReport, stream: TextIO, *, whole: bool) -> None:
    """A line with what was found on an interval; as a `whole` report it stands in one object with the header."""
    found = interval_as_line(report)
    if whole:
        found = f'{{"schema_version": {SCHEMA_VERSION},\n"header": {encode(asdict(report.header))},\n"interval": {found}}}'
    stream.write(found + "\n")


def report_as_text(report: Findings) -> str:
    """What `write_report` writes."""
    stream = io.StringIO()
    write_report(report.header, report.samples, stream, report.checks)
    return stream.getvalue()


def interval_as_line(report: IntervalReport) -> str:
    """What was found on an interval as a line of JSON, without the line's end."""
    return _line(INTERVAL.written(report))


def record_as_line(record: Record) -> str:
    """A record of a suite as a line of JSON: a sample with the case's id, or why there is none."""
    if record.sample is not None:
        return _line(CASE.written(record), SAMPLE.written(record.sample), ENDING.written(record))
    return _line(CASE.written(record), FAULT.written(record.fault), '"results": []', ENDING.written(record))


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
    told = CASE.read(fields) | ENDING.read(fields)
    if "error" in fields:
        return Record(case, sample=None, fault=FAULT.read(fields), **told)
    return Record(case, sample=SAMPLE.read(fields), **told)


def _check(check: RuleCheck) -> str:
    return _line(CHECK.written(check))


def _summary(tally: Tally) -> dict[str, object]:
    return {
        "samples": tally.samples,
        "unsampled": tally.unsampled,
        "outcomes": {outcome.value: count for outcome, count in tally.outcomes.items()},
        **({"checks": {outcome.value: count for outcome, count in tally.checks.items()}} if tally.checks else {}),
        "verdicts": {verdict.value: count for verdict, count in tally.verdicts.items()},
    }
