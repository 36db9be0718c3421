"""A trace as JSON: all numbers, floats as hexadecimal texts too, enclosures with all their digits."""

from __future__ import annotations

import json
from typing import Any, TextIO

from diffcheck.results import Blame
from diffcheck.views.json_ import SCHEMA_VERSION, enclosure_json, number_json
from diffcheck.workings import Row, TracedNumber, TraceRecord


def write(trace: TraceRecord, stream: TextIO) -> None:
    """One object: what was traced, `rows`, `pullback` where a function has derivative rules, and what is proved of each derivative."""
    stream.write(json.dumps(as_data(trace), indent=1, ensure_ascii=True, allow_nan=False) + "\n")


def as_data(trace: TraceRecord) -> dict[str, Any]:
    """The same as dictionaries and lists."""
    return {
        "schema_version": SCHEMA_VERSION,
        "read_as": trace.read_as,
        "name": trace.name,
        "output": trace.output,
        "point": {name: _float(value) for name, value in trace.point.items()},
        "dtype": trace.dtype,
        "wrt": list(trace.wrt),
        "rows": [_row(row, trace.wrt) for row in trace.rows],
        "pullback": [_row(row, ()) for row in trace.pullback],
        "pushforward": [_row(row, ()) for row in trace.pushforward],
        "tangents": {name: {"row": row, "number": _number(number)} for name, row, number in trace.tangents},
        "cotangents": dict(zip(trace.wrt, trace.cotangents, strict=False)),
        "derivatives": [{"wrt": each.wrt, "status": each.status.value, "reason": each.reason} for each in trace.derivatives],
        "saved": list(trace.saved),
        "heaviest": {direction.value: name for direction, name in trace.heaviest},
        "notes": list(trace.notes),
    }


def _row(row: Row, wrt: tuple[str, ...]) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind.value,
        "operation": row.operation,
        "operands": list(row.operands),
        "holds": row.holds,
        "value": _number(row.value),
        "tangents": {name: _number(tangent) for name, tangent in zip(wrt, row.tangents, strict=False)},
        "adjoint": _number(row.adjoint),
        "partials": [{"operand": operand, "value": json.loads(enclosure_json(partial))} for operand, partial in row.partials],
        "saved": row.is_saved,
        "saves": list(row.saves),
        "note": row.note,
        "place": _place(row.place),
    }


def _number(number: TracedNumber | None) -> dict[str, Any] | None:
    if number is None:
        return None
    sides = None if number.sides is None else [json.loads(enclosure_json(side)) for side in number.sides]
    jax = number.computed
    return {
        "proved": json.loads(enclosure_json(number.proved)),
        "sides": sides,
        "jax": None if jax is None else _float(jax),
        "jax_hex": None if jax is None else jax.hex(),
        "ulps": None if number.ulps is None else _float(number.ulps),
    }


def _float(value: float) -> Any:
    return json.loads(number_json(value))


def _place(place: Blame | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return {"text": place.quoted, "start": place.start, "end": place.end, "file": place.file, "line": place.line}
