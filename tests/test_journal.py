"""Journals that were damaged, forged, or were never journals: what is whole is not lost, and what is not is never a fault of ours."""

from __future__ import annotations

import fcntl
import json
import os
import random
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import OUTPUT, PASS, USAGE, Ended, diffcheck
from suite_files import lines, written

from diffcheck import __version__
from diffcheck.errors import InputError, OutputError
from diffcheck.records import CaseResult
from diffcheck.suites.journal import LONGEST_NAME, Journal, beside, header_of, kept
from diffcheck.suites.runner import run_case
from diffcheck.suites.suite import read_suite
from diffcheck.suites.units import Unit
from diffcheck.versions import versions
from diffcheck.views.json_ import case_result, record_as_line

COUNT = 6
CASES = [
    *({"id": f"case {k} \ud800\x1b", "expr": f"x^{k}", "points": [{"x": 2.0}, {"x": 3.0}]} for k in range(2, COUNT)),
    {"id": "wrong", "expr": "x^2", "points": [{"x": 3}], "expected": [{"var": "x", "expr": "3x"}]},
    {"id": "no expression"},
]  # fmt: skip
JOURNAL = "out.jsonl.journal"


@pytest.fixture(scope="module", name="done")
def done_fixture(tmp_path_factory: pytest.TempPathFactory) -> list[CaseResult]:
    """The results of the suite."""
    suite = written(tmp_path_factory.mktemp("suite"), "suite.jsonl", lines(*CASES))
    cases = read_suite(suite)
    records = ([record_as_line(record) for record in run_case(case, number)] for number, case in enumerate(cases))
    return [case_result(number, of_case) for number, of_case in enumerate(records)]


class Interrupted:
    """A journal that a run has left behind, with the results of all cases, and what can be said about it."""

    def __init__(self, directory: Path, done: list[CaseResult]) -> None:
        self.path, self.done = directory / JOURNAL, done
        self.suite = Path(done[0].records[0].file)
        self.units = [Unit(number, case, "float64") for number, case in enumerate(read_suite(self.suite))]
        self.header = header_of([self.suite], {"dtype": "float64"})
        with pytest.raises(ZeroDivisionError), kept(self.path, self.header, self.units, resume=False) as journal:
            self._fill(journal)
        self.lines = self.path.read_bytes().splitlines(keepends=True)
        assert len(self.lines) == 1 + len(done)

    def _fill(self, journal: Journal) -> None:
        for result in self.done:
            journal.append(result)
        raise ZeroDivisionError

    def resumed(self, content: bytes) -> list[int]:
        """Which cases a run knows that goes on with such a journal; what it knows is right, and it can finish."""
        self.path.write_bytes(content)
        with kept(self.path, self.header, self.units, resume=True) as journal:
            known = list(journal.results())
            assert known == [self.done[result.number] for result in known]
            for result in self.done:
                if result.number not in journal.places:
                    journal.append(result)
            assert list(journal.results()) == self.done
        assert not self.path.exists()
        return [result.number for result in known]

    def forged(self, content: str | bytes) -> bytes:
        """A line with the checksum that it must have."""
        data = content.encode() if isinstance(content, str) else content
        with self.path.open("w+b") as file:
            return Journal(file, self.path, self.header)._checksum(data) + b" " + data + b"\n"


@pytest.fixture(name="left")
def left_fixture(tmp_path: Path, done: list[CaseResult]) -> Interrupted:
    return Interrupted(tmp_path, done)


ALL = list(range(COUNT))


def test_a_journal_that_is_whole_knows_all(left: Interrupted) -> None:
    assert left.resumed(b"".join(left.lines)) == ALL


# Damaged


@pytest.mark.parametrize("damage", [b"\0" * 50, b"", b"garbage", b"\xff\xfe", b"{}", b"[]", b"1", b"x\ny\n\n", "\u2028".encode(), b" " * 9])
@pytest.mark.parametrize("number", range(COUNT + 1))
def test_a_damaged_line_costs_its_case_only(number: int, damage: bytes, left: Interrupted) -> None:
    """Of the header, too: the other lines say themselves that they are of a run like this one."""
    damaged = list(left.lines)
    damaged[number] = damaged[number][:20] + damage + damaged[number][30:]
    assert left.resumed(b"".join(damaged)) == [k for k in ALL if k != number - 1]
    damaged[number] = damage + b"\n"
    assert left.resumed(b"".join(damaged)) == [k for k in ALL if k != number - 1]
    damaged[number] = damage  # where the end of the line is lost, the next line stands behind it
    lost = {number - 1} if damage[-1:] in (b"", b"\n") else {number - 1, number}
    assert left.resumed(b"".join(damaged)) == [k for k in ALL if k not in lost]


def test_a_journal_that_is_cut_anywhere_knows_what_was_written_to_its_end(left: Interrupted) -> None:
    whole = b"".join(left.lines)
    ends = [sum(map(len, left.lines[: k + 1])) for k in range(len(left.lines))]
    for length in random.Random(1).sample(range(len(whole)), 60) + ends + [end - 1 for end in ends]:
        assert left.resumed(whole[:length]) == ALL[: max(0, sum(end <= length for end in ends) - 1)]


def test_any_bit_may_flip(left: Interrupted) -> None:
    whole, chance = b"".join(left.lines), random.Random(2)
    starts = [sum(map(len, left.lines[:k])) for k in range(len(left.lines))]
    for _ in range(60):
        place = chance.randrange(len(whole))
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        hit = max(k for k, start in enumerate(starts) if start <= place)
        lost = {hit - 1, hit} if whole[place : place + 1] == b"\n" else {hit - 1}
        assert left.resumed(bytes(flipped)) == [k for k in ALL if k not in lost]


@pytest.mark.parametrize("times", [100, pytest.param(100_000, marks=pytest.mark.long)])
def test_a_journal_that_was_mutated_is_gone_on_with_or_refused(times: int, left: Interrupted) -> None:
    whole, chance = b"".join(left.lines), random.Random(times)
    for _ in range(times):
        mutated = bytearray(whole)
        for _ in range(chance.randint(1, 20)):
            start = chance.randrange(len(mutated) + 1)
            end = start + chance.choice((0, 1, 1, 10, 500))
            others = b"", b"\0" * 64, b"\n", chance.randbytes(3), whole[start : start + 99], b'{"', b"[" * 2_000
            mutated[start:end] = chance.choice(others)
        left.path.write_bytes(mutated)
        try:
            with kept(left.path, left.header, left.units, resume=True) as journal:
                assert all(result == left.done[result.number] for result in journal.results())
        except InputError as error:
            assert "is not the journal" in str(error) or "other conditions" in str(error)  # noqa: PT017


def test_lines_may_stand_twice_and_in_any_order(left: Interrupted) -> None:
    header, *rest = left.lines
    assert left.resumed(b"".join([header, *reversed(rest), *rest])) == ALL
    assert left.resumed(b"".join([*rest, header])) == ALL


@pytest.mark.parametrize(
    "content",
    [b"my diary\n", b"my diary",
     b"\0" * 1000 + b"\n", b"[]\n", b'{"journal": 2}\n', b"[" * 100_000 + b"\n", b'{"versions": [], "options": 1}\n',
     "e\u0301\n".encode("utf-16"), b"1e999\n", b"9" * 5_000 + b"\n", b'"text"\nmore'],
)  # fmt: skip
def test_what_is_no_journal_is_refused_and_left_as_it_is(content: bytes, left: Interrupted) -> None:
    with pytest.raises(InputError, match="is not the journal of a run, or has no whole line\nRemove it and start again"):
        left.resumed(content)
    assert left.path.read_bytes() == content


def test_another_runs_journal_is_refused_with_the_difference(left: Interrupted) -> None:
    header = {**left.header, "options": {"dtype": "float32\x1b[31m"}, "versions": {**versions(), "jax": "9"}}
    left.path.unlink()
    with pytest.raises(ZeroDivisionError), kept(left.path, header, left.units, resume=False) as journal:
        left._fill(journal)
    with pytest.raises(InputError) as caught:
        left.resumed(left.path.read_bytes())
    assert r"options: dtype was float32\x1b[31m, and is float64" in str(caught.value)
    assert "versions: jax was 9, and is " in str(caught.value)


# Forged


def _records(left: Interrupted, number: int = 0) -> Any:
    return [json.loads(line) for line in left.done[number].lines]


def _with(field: str, value: object) -> Callable[[Any], None]:
    def change(records: Any) -> None:
        records[0][field] = value

    return change


def _in_result(field: str, value: object) -> Callable[[Any], None]:
    def change(records: Any) -> None:
        records[0]["results"][0][field] = value

    return change


FORGERIES: dict[str, Callable[[Any], object]] = {
    "verdict": _in_result("verdict", "splendid"),
    "outcome of a result": _in_result("outcome", "splendid"),
    "outcome that does not follow": _with("outcome", "fail"),
    "no outcome": lambda records: records[0].pop("outcome"),
    "id": _with("id", "another"),
    "file": _with("file", "/etc/passwd"),
    "line": _with("line", 7),
    "line as text": _with("line", "1"),
    "line as truth": _with("line", True),
    "huge line": _with("line", 10**300),
    "status": _with("status", "splendid"),
    "status of another type": _with("status", []),
    "results": _with("results", {}),
    "a result is a number": _with("results", [1]),
    "value": _in_result("value", "ten"),
    "huge value": _in_result("value", 10**400),
    "value that JSON has not": _in_result("value", float("nan")),
    "ulps": _in_result("ulps", [1]),
    "reason": _in_result("reason", None),
    "blame": _in_result("blame", {"start": "x"}),
    "point": _with("point", []),
    "point of texts": _with("point", {"x": "two"}),
    "order": _with("order", 1.5),
    "other keys": _with("evil", "<script>"),
    "fault of no kind": lambda records: records[0].update(error="e", kind="splendid"),
    "a record is empty": lambda records: records.__setitem__(0, {}),
    "a record is a list": lambda records: records.__setitem__(0, []),
    "a record is missing": lambda records: records.__setitem__(0, None),
    "no records": lambda records: records.clear(),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forged_records_are_not_believed(forgery: str, left: Interrupted) -> None:
    records = _records(left)
    FORGERIES[forgery](records)
    line = left.forged(json.dumps({"case": 0, "records": records}))
    assert left.resumed(b"".join([left.lines[0], line, *left.lines[2:]])) == ALL[1:]


@pytest.mark.parametrize(
    "content",
    ["[]", "{}", "1", "null", '""', "", "{", "\0", '{"case": 0}', '{"records": []}',
     '{"case": 0, "records": {}}', '{"case": 0, "records": 1}', '{"case": "0", "records": []}', '{"case": true, "records": []}',
     '{"case": -1, "records": []}', '{"case": 1e9, "records": []}',
     "[" * 100_000, '{"case": ' + "9" * 5_000 + "}", b"\xff\xfe", '{"case": NaN}'],
)  # fmt: skip
def test_forged_lines_are_not_believed(content: str | bytes, left: Interrupted) -> None:
    line = left.forged(content)
    assert left.resumed(b"".join([*left.lines, line])) == ALL
    assert left.resumed(b"".join([left.lines[0], line, *left.lines[2:]])) == ALL[1:]


@pytest.mark.parametrize("number", [-1, 1, COUNT, 10**30])
def test_records_of_one_case_are_not_those_of_another(number: int, left: Interrupted) -> None:
    line = left.forged(json.dumps({"case": number, "records": _records(left)}))
    assert left.resumed(b"".join([*left.lines, line])) == ALL
    assert left.resumed(b"".join([left.lines[0], line, *left.lines[2:]])) == ALL[1:]


def test_a_journal_that_changes_during_the_run_is_one_sentence(left: Interrupted) -> None:
    left.path.write_bytes(b"".join(left.lines))
    with kept(left.path, left.header, left.units, resume=True) as journal:
        left.path.write_bytes(b"".join(left.lines).replace(b"case", b"CASE"))
        with pytest.raises(OutputError, match="was changed by another program"):
            list(journal.results())


# What may not be a journal, by the command


def _resumed(directory: Path, *options: str) -> Ended:
    suite = written(directory, "suite.jsonl", lines({"expr": "x", "points": [1]}))
    return diffcheck("run", str(suite), "--format", "jsonl", "-o", str(directory / "out.jsonl"), *options)


@pytest.mark.parametrize("options", [[], ["--resume"]])
@pytest.mark.parametrize("kind", ["link", "dangling link", "pipe", "directory"])
def test_a_journal_is_a_regular_file(kind: str, options: list[str], tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("old\n")
    journal = tmp_path / JOURNAL
    {
        "link": lambda: journal.symlink_to("precious"),
        "dangling link": lambda: journal.symlink_to("nowhere"),
        "pipe": lambda: os.mkfifo(journal),
        "directory": journal.mkdir,
    }[kind]()
    ended = _resumed(tmp_path, *options)
    why = {"link": "it is a link", "dangling link": "it is a link", "pipe": "it is not a regular file", "directory": "Is a directory"}[kind]
    assert ended == Ended(OUTPUT, "", f"error: cannot write {journal}: {why}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [JOURNAL, "precious", "suite.jsonl"]
    assert (tmp_path / "precious").read_text() == "old\n"


def test_what_is_left_behind_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_text("my diary\n")
    for options, what in (([], "was left behind by an interrupted run"), (["--resume"], "is not the journal of a run")):
        ended = _resumed(tmp_path, *options)
        assert (ended.code, ended.stdout) == (USAGE, "")
        assert what in ended.stderr
    assert (tmp_path / JOURNAL).read_text() == "my diary\n"


def test_an_empty_journal_is_a_new_one(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).touch()
    assert _resumed(tmp_path).code == PASS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.jsonl", "suite.jsonl"]


def test_a_journal_that_another_run_writes_stays_its_own(left: Interrupted) -> None:
    left.path.write_bytes(b"".join(left.lines))
    with left.path.open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for resume in (False, True):
            with pytest.raises(InputError, match="is being written by another run"), kept(left.path, left.header, left.units, resume):
                pass
    assert left.path.read_bytes() == b"".join(left.lines)


def test_nobody_else_may_read_or_write_a_journal(left: Interrupted) -> None:
    assert stat.S_IMODE(left.path.stat().st_mode) == 0o600


# Names and versions


@pytest.mark.parametrize("name", ["x" * 250, "é" * 125, "x" * 255, os.fsdecode(b"\xff" * 250), "x" * 247 + "é" * 2])
def test_long_names_have_journals_of_their_own(name: str, tmp_path: Path) -> None:
    journal, other = beside(tmp_path / name), beside(tmp_path / (name[:-1] + "y"))
    assert journal.name.endswith(".journal")
    assert len(os.fsencode(journal.name)) <= LONGEST_NAME
    assert journal != other
    journal.touch()


def test_short_names_are_kept() -> None:
    assert beside(Path("a/report.xml")) == Path("a/report.xml.journal")
    assert beside(Path("x" * 247)).name == "x" * 247 + ".journal"


def test_an_output_with_a_long_name_can_be_written(tmp_path: Path) -> None:
    suite = written(tmp_path, "suite.jsonl", lines({"expr": "x", "points": [1]}))
    output = tmp_path / ("x" * 250)
    assert diffcheck("run", str(suite), "--format", "jsonl", "-o", str(output)).code == PASS
    assert sorted(path.name for path in tmp_path.iterdir()) == ["suite.jsonl", output.name]


def test_the_version_is_known_where_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    real = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: {}[name] if "diffcheck" in name else real(name))
    assert versions()["diffcheck"] == __version__


def test_what_can_be_read_once_cannot_be_gone_on_with(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "suite.jsonl")  # and is not opened, which would wait for somebody to write
    first, second = (header_of([tmp_path / "suite.jsonl"], {}) for _ in range(2))
    assert first != second
