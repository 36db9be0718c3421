"""A run: the cases of some files, checked by somebody, into a report.

Text and lines go out while cases end. What goes to a file, or has a beginning that counts what follows, is written from a
journal when all cases have ended, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from diffcheck.errors import InputError
from diffcheck.printable import shown
from diffcheck.processes.limits import Limits
from diffcheck.records import CaseResult, Summary
from diffcheck.suites import journal as journals
from diffcheck.suites.dispatch import Hands, check_all
from diffcheck.suites.pictures import illustrated, worst_of
from diffcheck.suites.selection import Selection, Shard
from diffcheck.suites.suite import open_suite
from diffcheck.suites.units import Unit
from diffcheck.views.output import is_replaceable, opened, require_writable
from diffcheck.views.progress import progress
from diffcheck.views.reports import WRITERS


@dataclass(frozen=True)
class Run:
    """What is to be checked and how it is shown. `summary` grows while `execute` works, so that an interrupted run has one."""

    files: Sequence[Path]
    dtype: str = "float64"
    limits: Limits = Limits()
    pattern: str = ""
    shard: Shard = Shard()
    allow_code: bool = False
    format: str = "text"
    color: str = "never"
    summary: Summary = field(default_factory=Summary)

    def execute(self, hands: AbstractContextManager[Hands], output: Path | None = None, resume: bool = False) -> None:
        """Check the cases and write the report to a file, or to standard output for None."""
        named = output is not None and is_replaceable(output)
        if resume and not named:
            raise InputError("--resume goes on with a run that wrote to a file", "Name it: -o FILE.")
        if output is not None and any(output.exists() and path.exists() and output.samefile(path) for path in self.files):
            raise InputError(f"{shown(output)} is a suite that is read: the report would take its place", "Name another file for it.")
        with ExitStack() as open_files:
            suites = [open_files.enter_context(open_suite(path, self.limits.seconds)) for path in dict.fromkeys(self.files)]
            units = Selection(suites, self.pattern, self.shard, self.dtype, self.allow_code)
            if named or not WRITERS[self.format].streams:
                self._by_journal(units, hands, output, output if named else None, resume)
                return
            with opened(output) as stream, progress(0, units.count, stream, self.color) as display, hands as at_work:
                WRITERS[self.format].write(self._checked(units, at_work, display.advance), self.summary, display.stream, self.color)

    def _by_journal(
        self, units: Selection, hands: AbstractContextManager[Hands], output: Path | None, named: Path | None, resume: bool
    ) -> None:
        if named is not None:
            require_writable(named)
        with self._journal(units, named, resume) as journal, opened(output) as stream:
            for result in journal.results():
                self.summary.add(result.records)
            missing = (unit for unit in units if unit.number not in journal.places)
            with hands as at_work:  # while they draw pictures too: another worker would have all to import again
                with progress(self.summary.cases, units.count, stream, self.color) as display:
                    for result in self._checked(missing, at_work, display.advance):
                        journal.append(result)
                WRITERS[self.format].write(self._shown(journal, units), self.summary, stream, self.color)

    def _shown(self, journal: journals.Journal, units: Iterable[Unit]) -> Iterator[CaseResult]:
        if not WRITERS[self.format].illustrated:
            return journal.results()
        return illustrated(journal.results(), units, worst_of(journal.results()), self.limits)

    def _journal(self, units: Iterable[Unit], output: Path | None, resume: bool) -> AbstractContextManager[journals.Journal]:
        if output is None:
            return journals.unnamed()
        options = {
            "dtype": self.dtype,
            "timeout": self.limits.seconds,
            "max_memory": self.limits.megabytes,
            "pattern": self.pattern,
            "allow_code": self.allow_code,
            "shard": f"{self.shard.number}/{self.shard.of}",
        }
        header = journals.header_of(self.files, options)
        return journals.kept(journals.beside(output), header, units, resume)

    def _checked(self, units: Iterable[Unit], hands: Hands, advance: Callable[[], object]) -> Iterator[CaseResult]:
        for result in check_all(units, self.limits, hands):
            self.summary.add(result.records)
            advance()
            yield result
