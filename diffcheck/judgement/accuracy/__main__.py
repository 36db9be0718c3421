"""Measures the accuracy of JAX's functions and writes accuracy.toml; takes some minutes.

python -m diffcheck.judgement.accuracy                     measure all functions with the installed JAX; write
python -m diffcheck.judgement.accuracy --check [NAME …]    measure these (or every tenth) again; exit with 1 where they differ
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import jax

from diffcheck.graph.functions import FUNCTIONS, Function
from diffcheck.judgement.accuracy.measure import MEASURABLE, measure
from diffcheck.judgement.accuracy.table import DATA, PLATFORM, Table, read, written
from diffcheck.judgement.formats import FORMATS

PATH = Path(__file__).with_name(DATA)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog=f"python -m {__package__}", description="Measures the accuracy of JAX's functions.")
    parser.add_argument("--check", action="store_true", help="write nothing; compare with what is written")
    parser.add_argument("names", nargs="*", help="with --check: the functions to measure; default every tenth")
    given = parser.parse_args(arguments)
    known = read(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}
    if given.check:
        return _compared(known, _measured([FUNCTIONS[name] for name in given.names] or MEASURABLE[::10]))
    PATH.write_text(written(known | _measured(MEASURABLE)), encoding="utf-8")
    return 0


def _measured(rows: Sequence[Function]) -> Table:
    table: Table = {}
    for dtype, fmt in FORMATS.items():
        measured = table[jax.__version__, PLATFORM, dtype] = {}
        for row in rows:
            measured[row.name] = measure(row, fmt)
            print(f"{dtype} {row.name}: {measured[row.name].ulps:g} ulps", file=sys.stderr, flush=True)
    return table


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
