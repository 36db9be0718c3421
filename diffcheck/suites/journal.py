"""The journal of a run: a header, then a line for each case that is done, appended by one write each.

A run that is killed loses at most the cases in flight: the next one drops a last line without an end and goes on.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any, BinaryIO

from diffcheck.errors import InputError, OutputError
from diffcheck.records import CaseResult
from diffcheck.views.json_ import case_result

LIBRARIES = ("diffcheck-ad", "jax", "sympy", "python-flint")  # what decides on verdicts

Header = Mapping[str, Any]


def versions() -> dict[str, str]:
    """What decides on verdicts, as it is installed here."""
    return {name: version(name) for name in LIBRARIES}


def header_of(files: Sequence[Path], options: Mapping[str, Any]) -> Header:
    """What a run must have in common with the one that it continues."""
    suites = {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return {"journal": 1, "versions": versions(), "options": dict(options), "suites": suites}


def beside(output: Path) -> Path:
    """Where the journal of a run lies that writes to `output`."""
    return output.with_name(f"{output.name}.journal")


class Journal:
    """Results of cases, kept in a file; `places` says where each case's line begins."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._end = 0
        self.places: dict[int, int] = {}

    def go_on(self, header: Header) -> None:
        """Find the cases that are done, and cut off what was not written to its end. Raises InputError for another run's journal."""
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            if self._end == 0:
                _refuse_another(json.loads(line), header, self._path)
            else:
                self.places[json.loads(line)["case"]] = self._end
            self._end += len(line)
        self._file.truncate(self._end)
        if self._end == 0:
            self._write(json.dumps(header))

    def append(self, result: CaseResult) -> None:
        """Write down a case that is done."""
        place = self._end
        self._write(f'{{"case": {result.number}, "records": [{", ".join(result.lines)}]}}')
        self.places[result.number] = place

    def _write(self, line: str) -> None:
        content = line.encode() + b"\n"
        try:
            while content:
                written = os.write(self._file.fileno(), content)
                self._end += written
                content = content[written:]
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror}") from error

    def results(self) -> Iterator[CaseResult]:
        """What is written down, in the order of the cases."""
        for number in sorted(self.places):
            self._file.seek(self.places[number])
            yield case_result(number, [json.dumps(record) for record in json.loads(self._file.readline())["records"]])


def _refuse_another(theirs: Header, ours: Header, path: Path) -> None:
    differing = [
        f"{group}: {name} was {theirs.get(group, {}).get(name, 'not there')}, and is {ours[group].get(name, 'not there')}"
        for group in ("versions", "options", "suites")
        for name in {**theirs.get(group, {}), **ours[group]}
        if theirs.get(group, {}).get(name) != ours[group].get(name)
    ]
    if differing:
        fix = f"Repeat the command as it was, or remove {path} and start again."
        raise InputError("\n  ".join(["cannot resume, because the interrupted run had other conditions:", *differing]), fix)


@contextmanager
def kept(path: Path, header: Header, resume: bool) -> Iterator[Journal]:
    """The journal at `path`, which is removed at the end unless something goes wrong.

    Raises InputError where there is one already and `resume` is not asked for, OutputError where it cannot be written.
    """
    if path.exists() and not resume:
        raise InputError(f"{path} was left behind by an interrupted run", "Add --resume to continue that run, or remove the file.")
    with _opened(path) as file:
        journal = Journal(file, path)
        journal.go_on(header)
        yield journal
        path.unlink()


def _opened(path: Path) -> BinaryIO:
    try:
        file = path.open("a+b")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise InputError(f"{path} is being written by another run") from error
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}") from error
    file.seek(0)
    return file


@contextmanager
def unnamed(header: Header) -> Iterator[Journal]:
    """A journal that nobody can go on with, for a report that is written when all is known."""
    with tempfile.TemporaryFile() as file:
        journal = Journal(file, Path(tempfile.gettempdir()))
        journal.go_on(header)
        yield journal
