"""Suites that tests write into files, and what becomes of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from diffcheck.records import Record, Summary
from diffcheck.suites.runner import run
from diffcheck.suites.suite import read_suite


def written(directory: Path, name: str, content: str | bytes) -> Path:
    path = directory / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*cases: Any) -> str:
    return "".join(json.dumps(case) + "\n" for case in cases)


def run_lines(directory: Path, *cases: Any) -> list[Record]:
    return list(run(read_suite(written(directory, "suite.jsonl", lines(*cases)))))


def run_toml(directory: Path, text: str) -> list[Record]:
    return list(run(read_suite(written(directory, "suite.toml", text))))


def summary_of(records: Sequence[Record]) -> Summary:
    summary = Summary()
    for _, of_one_case in groupby(records, lambda record: record.case):
        summary.add(list(of_one_case))
    return summary


def verdicts(record: Record) -> list[str]:
    assert record.sample is not None, record.fault
    return [result.verdict.value for result in record.sample.results]


# SymPy takes minutes over it, JAX, which meets the same three operations again and again, a second
STUCK_IN_SYMPY = f"max({', '.join(f'x^2 - {k}x' for k in range(1, 91))})"
SQUARE = {"id": "square", "expr": "x^2", "points": [{"x": 3.0}]}
