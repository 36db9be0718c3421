"""What derivatives cost, for programs: JSON, and CSV with a line for each number."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any, TextIO

from diffcheck.measures import BY_NAME, Cost, Costs, Quantity, Spread, Swell, Swelling

SCHEMA_VERSION = 1
COST_COLUMNS = ("way", "measure", "unit", "value", "lower", "upper", "ratio", "ratio_lower", "ratio_upper")
SWELL_COLUMNS = ("n", "way", "operations", "seconds", "lower", "upper", "stopped")


def write_json(stream: TextIO, found: Costs | Swell) -> None:
    """One object; quantities by the names of their measures."""
    fields = _costs(found) if isinstance(found, Costs) else _swell(found)
    head = {"schema_version": SCHEMA_VERSION, "read_as": found.read_as}
    foot = {
        "sentences": list(found.sentences()),
        "notes": list(found.notes),
        "machine": found.machine,
        "versions": dict(found.versions),
    }
    json.dump(head | fields | foot, stream, indent=2, ensure_ascii=False, allow_nan=False)
    stream.write("\n")


def cost_fields(found: Costs) -> dict[str, Any]:
    """The rows of a table as JSON has them."""
    return {str(row.way): _row(row) for row in found.rows}


def _costs(found: Costs) -> dict[str, Any]:
    return {
        "name": found.name,
        "variables": list(found.variables),
        "entries": found.entries,
        "results": found.results,
        "dtype": found.dtype,
        "point": dict(found.point),
        "points": found.points,
        "measures": {name: {"unit": str(measure.unit), "meaning": measure.meaning} for name, measure in BY_NAME.items()},
        "ways": cost_fields(found),
    }


def _row(row: Cost) -> dict[str, Any]:
    quantities = {name: _quantity(quantity) for name, quantity in row.quantities.items()}
    return {"meaning": row.way.meaning, "agreement": row.agreement, "missing": row.missing, **quantities}


def _quantity(quantity: Quantity) -> dict[str, Any]:
    return {"value": quantity.value} | _spread("spread", quantity.spread) | _spread("ratio", quantity.ratio)


def _spread(name: str, spread: Spread | None) -> dict[str, Any]:
    return {} if spread is None else {name: {"median": spread.median, "lower": spread.lower, "upper": spread.upper}}


def _swell(found: Swell) -> dict[str, Any]:
    return {"index": found.index, "numbers": list(found.numbers), "ways": {str(each.way): _swelling(each) for each in found.ways}}


def _swelling(each: Swelling) -> dict[str, Any]:
    steps = {
        str(n): {"operations": step.operations, "seconds": step.seconds} | _spread("spread", step.spread) for n, step in each.steps.items()
    }
    stop = None if each.stop is None else {"n": each.stop.n, "reason": each.stop.reason}
    return {"meaning": each.way.meaning, "steps": steps, "stopped": stop}


def write_csv(stream: TextIO, found: Costs | Swell) -> None:
    """A line for each number, with a head."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COST_COLUMNS if isinstance(found, Costs) else SWELL_COLUMNS)
    writer.writerows(_cost_lines(found) if isinstance(found, Costs) else _swell_lines(found))


def _cost_lines(found: Costs) -> Iterator[tuple[object, ...]]:
    for row in found.rows:
        for name, quantity in row.quantities.items():
            ratio = quantity.ratio.median if quantity.ratio else ""
            unit = BY_NAME[name].unit.value
            yield row.way.value, name, unit, quantity.value, *_bounds(quantity.spread), ratio, *_bounds(quantity.ratio)


def _bounds(spread: Spread | None) -> tuple[object, object]:
    return ("", "") if spread is None else (spread.lower, spread.upper)


def _swell_lines(found: Swell) -> Iterator[tuple[object, ...]]:
    for each in found.ways:
        for n, step in each.steps.items():
            yield n, each.way.value, step.operations, step.seconds, *_bounds(step.spread), ""
        if each.stop is not None:
            yield each.stop.n, each.way.value, "", "", "", "", each.stop.reason
