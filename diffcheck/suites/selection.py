"""Which cases of the files are run: all, those whose names match a pattern, a part of them for one machine of several."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from diffcheck.errors import InputError, SuiteError
from diffcheck.printable import quoted
from diffcheck.results import counted
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.suite import read_suite
from diffcheck.suites.units import Unit


@dataclass(frozen=True, slots=True)
class Shard:
    """The `number`-th of `of` parts, from 1: every `of`-th case, so that neighbours, which take equally long, are spread."""

    number: int = 1
    of: int = 1

    @classmethod
    def read(cls, text: str) -> Shard:
        """Raises InputError for what is not a part such as 2/5."""
        parts = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
        shard = cls(int(parts[1]), int(parts[2])) if parts else cls(0, 0)
        if not 1 <= shard.number <= shard.of:
            raise InputError(f"{quoted(text)} is not a part of the cases", "Write --shard 1/4 for the first of four parts.")
        return shard


def selected(files: Sequence[Path], pattern: str, shard: Shard, dtype: str, allow_code: bool = False) -> list[Unit]:
    """The units of all files that are wanted, numbered over all that there are. Raises SuiteError where none is left."""
    cases = [case for path in dict.fromkeys(files) for case in read_suite(path)]
    units = [Unit(number, case, dtype, allow_code=allow_code) for number, case in enumerate(cases) if _matches(case, pattern)]
    chosen = units[shard.number - 1 :: shard.of]
    if not chosen:
        wanted = [f"-k {quoted(pattern)}"] * bool(pattern) + [f"--shard {shard.number}/{shard.of}"] * (shard.of > 1)
        problem = f"nothing to check: {' and '.join(wanted)} selects none of {counted(len(cases), 'case')}"
        raise SuiteError(problem, "An empty run is an error, not a pass.")
    return chosen


def _matches(case: Case | Unreadable, pattern: str) -> bool:
    return fnmatchcase(case.id.lower(), f"*{pattern.lower()}*")
