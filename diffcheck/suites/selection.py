"""Which cases of the files are run: all, those whose names match a pattern, a part of them for one machine of several."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice

from diffcheck.errors import InputError, SuiteError
from diffcheck.printable import quoted
from diffcheck.results import counted
from diffcheck.suites.suite import Suite
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


@dataclass(frozen=True)
class Selection:
    """The units of all suites that are wanted, numbered over all that there are: made while they are asked for, as often as they are.

    Raises SuiteError where none is left.
    """

    suites: Sequence[Suite]
    pattern: str = ""
    shard: Shard = Shard()
    dtype: str = "float64"
    allow_code: bool = False
    count: int = field(init=False)

    def __post_init__(self) -> None:
        total = sum(suite.count for suite in self.suites)
        count = sum(1 for _ in self) if self.pattern else len(range(self.shard.number - 1, total, self.shard.of))
        object.__setattr__(self, "count", count)
        if not count:
            part = f"--shard {self.shard.number}/{self.shard.of}"
            wanted = [f"-k {quoted(self.pattern)}"] * bool(self.pattern) + [part] * (self.shard.of > 1)
            problem = f"nothing to check: {' and '.join(wanted)} selects none of {counted(total, 'case')}"
            raise SuiteError(problem, "An empty run is an error, not a pass.")

    def __iter__(self) -> Iterator[Unit]:
        return islice(self._matching(), self.shard.number - 1, None, self.shard.of)

    def _matching(self) -> Iterator[Unit]:
        before = 0
        for suite in self.suites:
            for number, case in suite.cases(self._matches):
                yield Unit(before + number, case, self.dtype, allow_code=self.allow_code)
            before += suite.count

    def _matches(self, name: str) -> bool:
        return not self.pattern or fnmatchcase(name.lower(), f"*{self.pattern.lower()}*")
