"""The journal of a run: a header, then a line for each case that is done, appended by one write each.

A run that is killed loses at most the cases in flight. Each line begins with a checksum, whose key is what the run must have in
common with the one that it continues: a line that was not written whole, that was damaged later or that belongs to another run
has another one, and its case is checked again. Whoever can compute checksums can write a journal; what it says is then held to
the form of records and to the cases of the suite.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO

from diffcheck.errors import InputError, OutputError, SuiteError
from diffcheck.printable import shown
from diffcheck.records import CaseResult, Record
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.units import Unit
from diffcheck.versions import versions
from diffcheck.views.json_ import case_result_of

LONGEST_NAME = 255  # bytes that file systems allow
LONGEST_LINE = 2**28  # bytes that are read at once; a longer line is damaged

Header = Mapping[str, Any]


def header_of(files: Sequence[Path], options: Mapping[str, Any]) -> Header:
    """What a run must have in common with the one that it continues. Raises SuiteError where a file cannot be read."""
    suites = {os.fspath(path): _digest(path) for path in files}
    return {"journal": 2, "versions": versions(), "options": dict(options), "suites": suites}


def _digest(path: Path) -> str:
    if not path.is_file():
        return secrets.token_hex(32)  # a pipe, which nobody can read again: equal to nothing
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SuiteError(f"cannot read {shown(path)}: {error.strerror}") from error


def beside(output: Path) -> Path:
    """Where the journal of a run lies that writes to `output`."""
    name, ending = os.fsencode(output.name), b".journal"
    if len(name + ending) > LONGEST_NAME:
        ending = b"." + hashlib.sha256(name).hexdigest()[:16].encode() + ending
        name = name[: LONGEST_NAME - len(ending)].decode(errors="ignore").encode()  # no half letters
    return output.with_name(os.fsdecode(name + ending))


class Journal:
    """Results of cases, kept in a file; `places` says where each case's line begins."""

    def __init__(self, file: IO[bytes], path: Path, header: Header) -> None:
        self._file, self._path, self._header = file, path, header
        self._key = hashlib.sha256(json.dumps(header, sort_keys=True).encode()).digest()
        self._end = 0
        self.places: dict[int, int] = {}

    def go_on(self, units: Iterable[Unit]) -> None:
        """Find those units that are done, and cut off what was not written to its end. Raises InputError for another run's journal."""
        first, place, found = b"", 0, dict[tuple[int, int], int]()
        for line in iter(lambda: self._file.readline(LONGEST_LINE), b""):
            result = self._result(line)
            if result is not None:
                found[result.number, _identity(*result.records)] = place
            first, place = first or line, place + len(line)
            if line.endswith(b"\n"):
                self._end = place
        header = json.dumps(self._header).encode()
        if not found and not (self._end == 0 and header.startswith(first)):  # a line that is right says more than a header that is not
            _refuse_another(first, self._header, self._path)
        if found:
            keys = ((unit.number, _identity(unit.case)) for unit in units)
            self.places = {key[0]: found[key] for key in keys if key in found}
        self._file.truncate(self._end)
        if self._end == 0:
            self._write(header)

    def append(self, result: CaseResult) -> None:
        """Write down a case that is done."""
        place = self._end
        content = f'{{"case": {result.number}, "records": [{", ".join(result.lines)}]}}'.encode()
        self._write(self._checksum(content) + b" " + content)
        self.places[result.number] = place

    def _checksum(self, content: bytes) -> bytes:
        return hashlib.blake2b(content, digest_size=8, key=self._key).hexdigest().encode()

    def _write(self, line: bytes) -> None:
        content = line + b"\n"
        try:
            while content:
                written = os.write(self._file.fileno(), content)
                self._end += written
                content = content[written:]
        except OSError as error:
            raise OutputError(f"cannot write {shown(self._path)}: {error.strerror}") from error

    def results(self) -> Iterator[CaseResult]:
        """What is written down, in the order of the cases. Raises OutputError where somebody else has changed it."""
        for number in sorted(self.places):
            self._file.seek(self.places[number])
            result = self._result(self._file.readline())
            if result is None or result.number != number:
                raise OutputError(f"{shown(self._path)} was changed by another program during the run")
            yield result

    def _result(self, line: bytes) -> CaseResult | None:
        """What a line says, where it was written by a run like this one."""
        checksum, _, content = line.removesuffix(b"\n").partition(b" ")
        if not line.endswith(b"\n") or checksum != self._checksum(content):
            return None
        try:
            fields = json.loads(content)
            return case_result_of(_number(fields["case"]), fields["records"])
        except (ValueError, TypeError, LookupError, RecursionError):
            return None


def _number(case: object) -> int:
    if type(case) is not int:
        raise ValueError("a case has a number")
    return case


def _identity(*of: Record | Case | Unreadable) -> int:
    """What a case and all of its records have in common: what it is called, and where it stands."""
    return hash(frozenset((each.id, each.file, each.line) for each in of))


def _refuse_another(line: bytes, ours: Header, path: Path) -> None:
    """Raises InputError unless the first line of a journal, in which no case is done, says that it is of a run like this one."""
    try:
        theirs = json.loads(line)
        differing = [
            f"{group}: {shown(name)} was {shown(theirs[group].get(name, 'not there'))}, and is {shown(ours[group].get(name, 'not there'))}"
            for group in ("versions", "options", "suites")
            for name in {**theirs[group], **ours[group]}
            if theirs[group].get(name) != ours[group].get(name)
        ]
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        fix = "Remove it and start again, or name another output."
        raise InputError(f"{shown(path)} is not the journal of a run, or has no whole line", fix) from None
    if differing:
        fix = f"Repeat the command as it was, or remove {shown(path)} and start again."
        raise InputError("\n  ".join(["cannot resume, because the interrupted run had other conditions:", *differing]), fix)


@contextmanager
def kept(path: Path, header: Header, units: Iterable[Unit], resume: bool) -> Iterator[Journal]:
    """The journal at `path`, which is removed at the end unless something goes wrong.

    Raises InputError where there is one already and `resume` is not asked for, OutputError where it cannot be written.
    """
    with _opened(path) as file:
        if os.fstat(file.fileno()).st_size and not resume:
            fix = "Add --resume to continue that run, or remove the file."
            raise InputError(f"{shown(path)} was left behind by an interrupted run", fix)
        journal = Journal(file, path, header)
        journal.go_on(units)
        yield journal
        path.unlink(missing_ok=True)


def _opened(path: Path) -> BinaryIO:
    """The file, made where there is none, for this process alone. A link is not followed, and a pipe not waited for."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        what = "it is a link" if error.errno == errno.ELOOP else error.strerror
        raise OutputError(f"cannot write {shown(path)}: {what}") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OutputError(f"cannot write {shown(path)}: it is not a regular file")
    file = open(descriptor, "r+b")  # noqa: SIM115  (the caller closes it)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        is_ours = os.fstat(descriptor).st_nlink > 0  # else the other run has just removed it
    except OSError:
        is_ours = False
    if not is_ours:
        file.close()
        raise InputError(f"{shown(path)} is being written by another run")
    return file


@contextmanager
def unnamed() -> Iterator[Journal]:
    """A journal that nobody can go on with, for a report that is written when all is known."""
    with tempfile.TemporaryFile() as file:
        journal = Journal(file, Path(tempfile.gettempdir()), {})
        journal.go_on(())
        yield journal
