"""Measures the accuracy of JAX's functions and writes accuracy.toml; takes some minutes.

python -m diffcheck.judgement.accuracy                     measure all functions with the installed JAX; write
python -m diffcheck.judgement.accuracy NAME …              measure these, new ones say; write them beside the others
python -m diffcheck.judgement.accuracy --check [NAME …]    measure these (or every tenth) again; exit with 1 where they differ
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import jax

from diffcheck.errors import UnsupportedError
from diffcheck.formats import FORMATS
from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.judgement.accuracy.measure import MEASURABLE, measure
from diffcheck.judgement.accuracy.table import DATA, PLATFORM, Table, read, written

PATH = Path(__file__).with_name(DATA)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description="Measures the accuracy of JAX's functions.")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is written")
    parser.add_argument("names", nargs="*", help="the functions to measure; default all, with --check every tenth")
    given = parser.parse_args(arguments)
    known = read(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    named = [FUNCTIONS[name] for name in given.names]
    if given.check:
        return _compared(known, _measured(named or MEASURABLE[::10]))
    PATH.write_text(written(beside(known, _measured(named)) if named else known | _measured(MEASURABLE)), encoding="utf-8")
    return 0


def _measured(rows: Sequence[Function]) -> Table:
    table: Table = {}
    for dtype, fmt in FORMATS.items():
        measured = table[jax.__version__, PLATFORM, dtype] = {}
        for row in rows:
            try:
                measured[row.name] = measure(row, fmt)
            except UnsupportedError as refused:
                print(f"{dtype} {row.name}: {refused.reason}", file=sys.stderr, flush=True)
                continue
            print(f"{dtype} {row.name}: {measured[row.name].ulps:g} ulps", file=sys.stderr, flush=True)
    return table


def beside(known: Table, measured: Table) -> Table:
    """What is known with what was measured anew, the functions of each section in the order of the table."""
    together = {key: known.get(key, {}) | found for key, found in measured.items()}
    return known | {key: {row.name: found[row.name] for row in MEASURABLE if row.name in found} for key, found in together.items()}


def _compared(known: Table, measured: Table) -> int:
    different = 0
    for key, found in measured.items():
        for function, accuracy in found.items():
            written_there = known.get(key, {}).get(function)
            if accuracy != written_there:
                different += 1
                print(f"{' '.join(key)} {function}: {written_there} is written, {accuracy} is measured")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
