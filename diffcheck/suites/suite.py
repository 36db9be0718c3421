"""Suite files: many cases, as TOML written by hand, as JSON Lines written by programs, or as FPCore; docs/suites.md shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diffcheck.errors import SuiteError
from diffcheck.printable import shown
from diffcheck.reading import MAX_BYTES, PATIENCE_SECONDS, OpenFile, opened
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.fields import schema
from diffcheck.suites.fpcore import read_fpcore
from diffcheck.suites.json_lines import count_lines, read_lines
from diffcheck.suites.toml import read_toml

__all__ = ["Suite", "open_suite", "read_suite", "schema"]

LINES = (".jsonl", ".ndjson", ".json")
Reader = Callable[[bytes, Path], Sequence[Case | Unreadable]]
READERS: dict[str, Reader] = {".toml": read_toml, ".fpcore": read_fpcore}  # of whole files
MAX_WHOLE = 4_000_000  # bytes: fifty thousand cases, or some seconds whatever there is
Numbered = Iterator[tuple[int, Case | Unreadable]]


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite file that is open: `count` cases, which are made whenever they are asked for."""

    path: Path
    source: OpenFile
    count: int
    make: Callable[[Callable[[str], bool]], Numbered]

    def __enter__(self) -> Suite:
        return self

    def __exit__(self, *ended: object) -> None:
        self.source.close()

    def cases(self, wanted: Callable[[str], bool] = lambda name: True) -> Numbered:
        """The cases whose names are wanted, each with its number from 0."""
        return self.make(wanted)


def read_suite(path: Path) -> list[Case | Unreadable]:
    """The cases of a file, all at once; raises SuiteError."""
    with open_suite(path) as suite:
        return [case for _, case in suite.cases()]


def open_suite(path: Path, seconds: float = PATIENCE_SECONDS) -> Suite:
    """The suite in a .toml, .jsonl, .ndjson, .json or .fpcore file, which is waited for so long if it is a pipe.

    Raises SuiteError for a file that cannot be read, or that holds no case.
    """
    suffix = path.suffix.lower()
    if suffix not in (*LINES, *READERS):
        known = ".toml, .jsonl, .ndjson, .json, .fpcore"
        raise SuiteError(f"{shown(path)}: a suite is a {known} file", "docs/suites.md shows the formats.")
    try:
        source = opened(path, MAX_BYTES if suffix in LINES else MAX_WHOLE, seconds)
    except OSError as error:
        raise SuiteError(f"cannot read {shown(path)}: {error.strerror}") from error
    try:
        return _suite(source, path, READERS.get(suffix))
    except BaseException:
        source.close()
        raise


def _suite(source: OpenFile, path: Path, reader: Reader | None) -> Suite:
    if reader is None:
        count = count_lines(source.stream())
        suite = Suite(path, source, count, lambda wanted: read_lines(source.stream(), path, wanted))
    else:
        cases = reader(source.stream().read().removeprefix(b"\xef\xbb\xbf"), path)
        suite = Suite(path, source, len(cases), lambda wanted: ((n, case) for n, case in enumerate(cases) if wanted(case.id)))
    if not suite.count:
        raise SuiteError(f"{shown(path)}: nothing to check: the file holds no case", "An empty run is an error, not a pass.")
    return suite
