"""Whatever is read is read within bounds: pipes, devices and anybody's files end in time, in a message, and in little memory."""

from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from command_line import PASS, UNDECIDED, USAGE, Ended, diffcheck, process
from suite_files import SQUARE, lines, written

from diffcheck import reading
from diffcheck.checks import arrays
from diffcheck.checks.arrays import read_npy, read_npz
from diffcheck.checks.csv_points import Table
from diffcheck.errors import PointError, SuiteError
from diffcheck.formats import FORMATS
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.selection import Selection, Shard
from diffcheck.suites.suite import open_suite, read_suite

SECONDS = "0.5"
QUICK = 10.0  # wall-clock seconds that a command may take on a machine with other work; it hangs, or takes one or two


@pytest.fixture(name="fifo")
def fifo_fixture(tmp_path: Path) -> Callable[[str], Path]:
    def made(name: str) -> Path:
        os.mkfifo(tmp_path / name)
        return tmp_path / name

    return made


@contextmanager
def fed(fifo: Path, content: bytes) -> Iterator[None]:
    """A pipe that somebody writes to."""
    writer = threading.Thread(target=lambda: fifo.write_bytes(content))
    writer.start()
    yield
    writer.join()


def assert_one_error(ended: Ended, what: str, code: int = USAGE) -> None:
    assert (ended.code, ended.stdout) == (code, "")
    assert what in ended.stderr
    assert ended.stderr.startswith("error: ")
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr) < 1_000


# Pipes and devices


@pytest.mark.parametrize("name", ["suite.toml", "suite.jsonl", "suite.fpcore"])
def test_a_suite_that_nobody_writes_is_given_up(name: str, fifo: Callable[[str], Path]) -> None:
    assert_one_error(diffcheck("run", str(fifo(name)), "--timeout", SECONDS), "it has not come to an end within 0.5 s")


@pytest.mark.parametrize("command_name", ["check", "derive", "plot"])
def test_standard_input_that_never_ends_is_given_up(command_name: str, tmp_path: Path) -> None:
    options = {"check": ["--at", "1"], "derive": [], "plot": ["--at", "1", "-o", "x.png"]}[command_name]
    reader, writer = os.pipe()
    ended = process([command_name, "-", *options, "--timeout", SECONDS], tmp_path, stdin=reader)
    os.close(writer)
    os.close(reader)
    assert_one_error(ended, "cannot read standard input: it has not come to an end within 0.5 s")


def test_standard_input_is_read_no_further_than_an_expression_may_go(tmp_path: Path) -> None:
    with open("/dev/zero", "rb") as endless:
        ended = process(["check", "-", "--at", "1"], tmp_path, stdin=endless)
    assert_one_error(ended, "cannot read standard input: it is longer than the limit of 64 KiB")


@pytest.mark.parametrize(("target", "name"), [("/dev/zero", "suite.toml"), ("/dev/zero", "suite.fpcore"), ("/dev/urandom", "s.toml")])
def test_a_device_without_an_end_is_refused(target: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).symlink_to(target)
    assert_one_error(diffcheck("run", str(tmp_path / name)), "it is longer than the limit of 4 MB")


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "suite.jsonl").mkdir()
    assert_one_error(diffcheck("run", str(tmp_path / "suite.jsonl")), "Is a directory")
    assert_one_error(diffcheck("check", "x", "--points", str(tmp_path)), "Is a directory")


@pytest.mark.parametrize("arguments", [["check", "x"], ["check-jax", "jax.nn:relu"]])
@pytest.mark.parametrize("name", ["points.csv", "points.npz"])
def test_the_clock_runs_while_points_are_read(arguments: list[str], name: str, fifo: Callable[[str], Path]) -> None:
    path = fifo(name)
    begun = time.monotonic()
    ended = process([*arguments, "--points", path.name, "--timeout", "2"], path.parent)
    assert_one_error(ended, "timed out after 2 s", UNDECIDED)
    assert time.monotonic() - begun < 2 + QUICK


def test_a_pipe_is_as_good_as_a_file(fifo: Callable[[str], Path]) -> None:
    points, suite = fifo("points.csv"), fifo("suite.jsonl")
    with fed(points, b"x\n1\n2\n"):
        assert diffcheck("check", "x^2", "--points", str(points), "--format", "jsonl").stdout.count("\n") == 2
    with fed(suite, lines(SQUARE, SQUARE).encode()):
        ended = diffcheck("run", str(suite), "--format", "jsonl")
    assert (ended.code, ended.stdout.count("\n")) == (PASS, 2)


def test_what_is_appended_to_an_open_file_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a", "one")
    with reading.opened(path) as source:
        path.write_text("one and two")
        assert source.stream().read() == b"one"
        assert source.stream().read() == b"one"


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = written(tmp_path, "a", "12345")
    assert reading.content(path, 5) == b"12345"
    with pytest.raises(OSError, match="longer than the limit"):
        reading.content(path, 4)


# TOML


def seconds_for(read: Callable[[], object]) -> float:
    begun = time.thread_time()
    read()
    return time.thread_time() - begun


def refusal(path: Path) -> str:
    with pytest.raises(SuiteError) as caught:
        read_suite(path)
    assert len(str(caught.value)) < 12_000
    return str(caught.value)


def test_four_thousand_cases_are_read_in_two_seconds(tmp_path: Path) -> None:
    text = "".join(f'[[case]]\nexpr = "x^{k}"\nat = 1.5\nname = "case {k}"\n' for k in range(4_000))
    path = written(tmp_path, "suite.toml", text)
    cases = list[Case | Unreadable]()
    assert seconds_for(lambda: cases.extend(read_suite(path))) < 2
    assert [case.line for case in cases] == list(range(1, 16_000, 4))


COSTLY = (
    ("a." * 50_000 + "a = 1", "suite.toml:1: a key has more than 32 parts"),
    ("\n[[case]]\nsample = { " + "a." * 50_000 + "a = 1 }", "suite.toml:3: a key has more than 32 parts"),
    ("[" + "a." * 50_000 + "a]", "suite.toml:1: a key has more than 32 parts"),
    ("x = 1\ny = " + "{ a = " * 50_000, "suite.toml:2: brackets are nested deeper than 100"),
    ("[[case]]\n" * 100_000, "suite.toml:1: 'expr' is missing"),
    ("[[case]]\n" + "".join(f"k{k} = 1\n" for k in range(50_000)), "suite.toml:2: unknown key 'k0'"),
    ("k" * 1_000_000 + " = 1", "unknown key 'kkk"),
    (f'[[case]]\nexpr = "x"\nat = 1\nname = "{"n" * 1_000_000}"\n', "'name': at most 1,000 letters are wanted"),
    ('"""\\' * 100_000, "suite.toml:1: "),
    ('a = """' + '\\"x' * 100_000, "suite.toml:1: "),
    ("[[case]]\nexpr = 'x'\nat = 0x" + "f" * 5_000, "suite.toml:3: 'at': a number of more than 1,000 digits"),
    ("[[case]" + "e]" * 50_000, "suite.toml:1: "),
    ("a b " * 50_000 + "= 1", "suite.toml:1: "),
    ("#" * 4_000_001, "it is longer than the limit of 4 MB"),
)


@pytest.mark.parametrize(("text", "message"), COSTLY)
def test_what_would_take_long_is_refused_quickly(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, "suite.toml", text)
    told = list[str]()
    assert seconds_for(lambda: told.append(refusal(path))) < 4
    assert message in told[0]


PLACES = '''\
note = """
[[case]]
a.b.c.d = '[[[['  # [[case]]
"""

[[ "case" ]]  # the first
expr = 'a # "b" [[case]]'
at = [
  1, { x = 2 },
]
"sample".domain.x = [0, 1]
[[case]]
expr = \'\'\'
[[case]]
\'\'\'
at = 1
  [case.sample]
  gird = 1
'''


def test_texts_comments_and_brackets_do_not_shift_lines(tmp_path: Path) -> None:
    told = refusal(written(tmp_path, "suite.toml", PLACES)).splitlines()
    assert [line.partition("suite.toml:")[2] for line in told] == [
        "1: unknown key 'note'. Known: case.",
        "11: 'sample': no point is asked for: write random = 10, or grid = 10, or special = true",
        "17: 'sample.domain' is missing",
        "18: unknown key 'sample.gird'. Did you mean 'grid'?",
    ]


IGNORED = (
    ('against = "x"', "'against': this is for functions only"),
    ("wrt = []", "'wrt': at least one name is wanted"),
    ("claim = {}", "'claim': there is no claim"),
    ("sample = { domain = { x = [0, 1] } }", "'sample': no point is asked for"),
    ("sample = { domain = { x = [0, 1] }, grid = 2, seed = 3 }", "'sample': a seed is for random points"),
)


@pytest.mark.parametrize(("line", "message"), IGNORED)
def test_a_key_that_would_be_ignored_is_an_error(line: str, message: str, tmp_path: Path) -> None:
    told = refusal(written(tmp_path, "suite.toml", f'[[case]]\nexpr = "x"\nat = 1\n{line}\n'))
    assert "suite.toml:4: " + message in told


def test_a_domain_of_what_is_no_variable_is_an_error(tmp_path: Path) -> None:
    text = '[[case]]\nexpr = "x"\nsample = { domain = { x = [0, 1], z = [0, 1] }, grid = 2 }\n'
    ended = diffcheck("run", str(written(tmp_path, "suite.toml", text)), "--format", "jsonl")
    assert json.loads(ended.stdout)["error"].startswith("there is a domain for z, but no such variable")


# FPCore


def laughs(count: int) -> str:
    bindings = "(a0 (+ 1 1)) " + " ".join(f"(a{k} (+ a{k - 1} a{k - 1}))" for k in range(1, count))
    return f"(FPCore (x) (let* ({bindings}) (* x a{count - 1})))"


def test_a_value_that_is_shared_stays_shared(tmp_path: Path) -> None:
    """2^40 additions in 950 letters."""
    ended = diffcheck("run", str(written(tmp_path, "suite.fpcore", laughs(40))))
    assert ended.stdout == "1 case at 10 points: 1 passed; largest error 0 ulps (core 1)\n"


ARGUMENTS = [f"x{k}" for k in range(3_000)]
CHAIN = " ".join(f"(< {a} {b})" for a, b in zip(ARGUMENTS, ARGUMENTS[1:], strict=False))
LARGE = (
    laughs(2_000),
    f"(FPCore ({' '.join(ARGUMENTS)}) :pre (and (< 0 x0) {CHAIN} (< x2999 1)) x0)",
    f"(FPCore ({' '.join(ARGUMENTS)}) (let ((t (+ {' '.join(ARGUMENTS)}))) (+ {'(- t) ' * 50_000})))",
    f"(FPCore ({' '.join('a' + '*' * (k % 7) + '+' * (k // 7) for k in range(3_000))}) 1)",
    "(FPCore (x) " + "(trunc " * 150 + "x" + ")" * 151,
    "(FPCore (x) " + "(- " * 300_000 + "x" + ")" * 300_001,
    '(FPCore (x) "' + '\\"' * 500_000,
    "(FPCore (x) (+ x " + "9" * 1_000_000 + "))",
)


@pytest.mark.parametrize("text", LARGE, ids=range(len(LARGE)))
def test_cores_are_read_in_time_that_is_linear(text: str, tmp_path: Path) -> None:
    path = written(tmp_path, "suite.fpcore", text)

    def read() -> None:
        try:
            (case,) = read_suite(path)
            assert len(case.text if isinstance(case, Case) else case.message) <= 64 * 1024
        except SuiteError as refused:
            assert "suite.fpcore:1: " in str(refused)  # noqa: PT017

    assert seconds_for(read) < 10  # a second alone; many objects of other tests make collecting garbage slow


def test_bounds_spread_along_chains_and_circles(tmp_path: Path) -> None:
    pre = "(and (< 0 a) (<= b a c) (< c d) (<= d c 2) (> b -3))"
    (case,) = read_suite(written(tmp_path, "suite.fpcore", f"(FPCore (a b c d) :pre {pre} a)"))
    assert isinstance(case, Case)
    assert case.sampling is not None
    assert case.sampling.domain == {"a": ("0.0", "2.0"), "b": ("-3.0", "2.0"), "c": ("0.0", "2.0"), "d": ("0.0", "2.0")}


def test_a_number_that_is_none_costs_its_own_core(tmp_path: Path) -> None:
    numbers = ("0x..", "0x1p9999", "1/0")
    bad = "".join(f"(FPCore (x)\n :pre (< {number} x) {number})\n" for number in numbers)
    found = read_suite(written(tmp_path, "suite.fpcore", bad + "(FPCore (x) x)"))
    assert [type(case) for case in found] == [Unreadable, Unreadable, Unreadable, Case]
    assert [case.message.partition("suite.fpcore:")[2][:2] for case in found if isinstance(case, Unreadable)] == ["2:", "4:", "6:"]


# JSON Lines


def test_a_line_that_is_too_long_costs_itself(tmp_path: Path) -> None:
    long = json.dumps({**SQUARE, "note": "x" * 3_000_000}) + "\n"
    first, second, third = read_suite(written(tmp_path, "suite.jsonl", lines(SQUARE) + long + lines(SQUARE)))
    assert isinstance(second, Unreadable)
    assert (second.id, second.message) == ("line 2", "not a line of JSON: it is longer than 1,000,000 bytes")
    assert [first.line, second.line, third.line] == [1, 2, 3]


def test_a_name_that_is_too_long_is_refused(tmp_path: Path) -> None:
    (case,) = read_suite(written(tmp_path, "suite.jsonl", lines({**SQUARE, "id": "n" * 100_000})))
    assert isinstance(case, Unreadable)
    assert (case.id, case.message) == ("line 1", "'id': at most 1,000 letters are wanted")


def test_a_name_may_hold_half_a_letter(tmp_path: Path) -> None:
    (case,) = read_suite(written(tmp_path, "suite.jsonl", lines({**SQUARE, "id": "a\ud800\x1b"})))
    assert (type(case), case.id) == (Case, "a\ud800\x1b")


def test_cases_are_made_again_whenever_they_are_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, "suite.jsonl", lines(*({**SQUARE, "id": f"case {k}"} for k in range(9)), {"id": 9}))
    with open_suite(path) as first, open_suite(path) as second:
        units = Selection([first, second], "e", Shard(2, 3))
        twice = zip(units, units, strict=True)
        assert [one.number for one, other in twice if one == other] == [1, 4, 7, 11, 14, 17] == [unit.number for unit in units]
        assert units.count == 6
        assert [unit.case.id for unit in Selection([first], "9")] == ["9"]


def peak_of_selecting(count: int, directory: Path) -> int:
    """Bytes that are in use at most while a suite is opened and its cases are made."""
    path = directory / "suite.jsonl"
    with path.open("w") as file:
        file.writelines(lines({**SQUARE, "id": f"case {k}"}) for k in range(count))
    tracemalloc.start()
    with open_suite(path) as suite:
        assert sum(1 for _ in Selection([suite], "case")) == count
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_cases_take_no_memory_before_they_are_needed(tmp_path: Path) -> None:
    peak_of_selecting(10, tmp_path)  # pydantic makes what it needs
    assert peak_of_selecting(4_000, tmp_path) < peak_of_selecting(500, tmp_path) + 50_000


MEASURED = """
import sys
from diffcheck.cli import app
try:
    app(sys.argv[1:])
except SystemExit:
    (line,) = (line for line in open("/proc/self/status") if line.startswith("VmHWM"))
    print(line.split()[1])
"""


def test_a_long_suite_takes_as_much_memory_as_a_short_one(tmp_path: Path) -> None:
    found = []
    for count in (50_000, 200_000):
        written(tmp_path, "suite.jsonl", lines(SQUARE) * count)
        words = [sys.executable, "-c", MEASURED, "run", "suite.jsonl", "-k", "nothing"]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert f"selects none of {count:,} cases" in done.stderr
        found.append(int(done.stdout))
    assert found[1] < found[0] + 5_000  # kilobytes; a case takes two


def test_a_run_keeps_no_case(tmp_path: Path) -> None:
    """Through the whole run to a file; lines that cannot be read need no worker."""
    peaks = []
    for count in (200, 2_000):
        written(tmp_path, "suite.jsonl", '{"id": "a"}\n' * count)
        tracemalloc.start()
        assert diffcheck("run", str(tmp_path / "suite.jsonl"), "--format", "jsonl", "-o", str(tmp_path / "out.jsonl")).code == USAGE
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / "out.jsonl").read_text().count("\n") == 2_000
    assert peaks[1] < peaks[0] + 2_000 * 300  # the journal knows where each result is


# CSV


def columns(path: Path) -> dict[str, list[float]]:
    with Table(path) as table:
        return {name: column.tolist() for name, column in table.columns(["x", "y"], FORMATS["float64"]).items()}


CSV_FAULTS = (
    (",".join(f"c{k}" for k in range(100_000)), "no value for x, y"),
    ("x,y," + ",".join(f"c{k}" for k in range(100_000)), "the expression has no variable 'c0', 'c1'"),
    ("x,y\n" + "1" * 2_000_000, "points.csv:2: the line is longer than 1,000,000 letters"),
    ('x,y\n1,"' + "2\n" * 200_000, "is not a CSV file in UTF-8: field larger than field limit"),
    ("x,y\n1," + "2" * 100_000, "is not a number"),
    ("x,y,x\n1,2,3", "points.csv:1: there are two columns 'x'"),
    ("x,y\n1,2,3", "points.csv:2: 3 cells, but 2 columns"),
    ("x,y\n1,0x1p9999", "points.csv:2: '0x1p9999' is out of the range of float64"),
)


@pytest.mark.parametrize(("text", "message"), CSV_FAULTS, ids=range(len(CSV_FAULTS)))
def test_a_fault_of_a_file_of_points_is_one_short_message(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(PointError) as caught:
        columns(written(tmp_path, "points.csv", text))
    assert message in str(caught.value)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_points_are_read_with_any_ends_of_lines(end: str, tmp_path: Path) -> None:
    path = written(tmp_path, "points.csv", "\ufeff" + end.join(["y,x", "1,2", "", '"3",4', ""]))
    assert columns(path) == {"x": [2.0, 4.0], "y": [1.0, 3.0]}


@pytest.mark.parametrize("at", ["0x1p9999", "linspace(0,1,²)", "linspace(0,1," + "9" * 5_000 + ")"])
def test_a_number_that_python_cannot_hold_is_one_error(at: str) -> None:
    assert_one_error(diffcheck("check", "x", "--at", at), "error: ")


# Arrays


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def headed(header: str, content: bytes = b"\0" * 80, version: int = 1) -> bytes:
    return b"\x93NUMPY" + bytes((version, 0)) + struct.pack("<H" if version == 1 else "<I", len(header)) + header.encode() + content


def test_headers_may_be_written_in_other_ways(tmp_path: Path) -> None:
    header = "{'shape':(2,5),'descr':'>f8' , 'fortran_order':True}"
    assert read_npy(written(tmp_path, "point.npy", headed(header, version=2))).shape == (2, 5)


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


ONE = npy(np.ones(3))
HEADER = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }\n"
NPY_FAULTS = (
    (b"", "not an array that NumPy has written"),
    (ONE[:7], "not an array that NumPy has written"),
    (ONE[:60], "its header is broken"),
    (ONE[:-1], "promises more numbers than there are"),
    (headed(HEADER % 10**12), "promises more numbers than there are"),
    (headed(HEADER % -1), "its header is broken"),
    (headed(HEADER % 1 + " " * 10_000), "its header is broken"),
    (headed("{" * 9_000), "its header is broken"),
    (headed("{'descr': " + "-" * 9_000 + "1}"), "its header is broken"),
    (npy(np.array([1], [("a", "f8")])), "that of fields with names"),
    (npy(np.array(["a"])), "which is not a number"),
    (headed("{'descr': '),8', 'fortran_order': False, 'shape': (1,), }\n"), "which is not a type of numbers"),
    (headed("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n", pickle.dumps([1])), "which is not a number"),
)


@pytest.mark.parametrize(("content", "message"), NPY_FAULTS, ids=range(len(NPY_FAULTS)))
def test_an_array_that_is_none_is_one_message(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(PointError) as caught:
        read_npy(written(tmp_path, "point.npy", content))
    assert message in str(caught.value)
    assert len(str(caught.value)) < 500


WHOLE = zipped(("x.npy", ONE))
NPZ_FAULTS = (
    (b"not a zip", "not a zip file"),
    (WHOLE[:-30], "not a zip file"),
    (WHOLE[:45] + b"\xff\xff\xff" + WHOLE[48:], "cannot read"),
    (zipped(("x.npy", ONE[:50])), "its header is broken"),
    (zipped(("x.txt", b"1")), "'x.txt' is not an array that NumPy has written"),
    (zipped(("x.npy", ONE), method=zipfile.ZIP_LZMA), "'x.npy' is not an array that NumPy has written"),
    (zipped(("x\x1b[31m\n", ONE)), "not an array that NumPy has written"),
    (zipped(("x.npy", npy(np.array([None])))), "which is not a number"),
)


@pytest.mark.parametrize(("content", "message"), NPZ_FAULTS, ids=range(len(NPZ_FAULTS)))
def test_an_archive_that_is_none_is_one_message(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(PointError) as caught:
        read_npz(written(tmp_path, "point.npz", content))
    assert message in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_array_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PointError, match="there are two arrays 'x'"):
        read_npz(written(tmp_path, "point.npz", zipped(("x.npy", ONE), ("x.npy", ONE))))


def test_a_bomb_is_seen_before_it_is_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "point.npz", zipped(*((f"x{k}.npy", b"\0" * 5_000_000) for k in range(3))))
    monkeypatch.setattr(arrays, "MAX_BYTES", 14_000_000)
    tracemalloc.start()
    with pytest.raises(PointError, match="the arrays take more than 14 MB"):
        read_npz(path)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_arrays_are_read_as_numpy_reads_them(tmp_path: Path) -> None:
    table = np.arange(6.0).reshape(2, 3)
    saved = {"x": table, "y": np.asfortranarray(table.astype(int)), "z": np.array(True), "e": np.zeros((0, 2))}
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "point.npz", **saved)
        found = read_npz(tmp_path / "point.npz")
        assert {name: (array.tolist(), array.shape, array.dtype) for name, array in found.items()} == {
            name: (array.tolist(), array.shape, array.dtype) for name, array in saved.items()
        }


def test_a_broken_archive_ends_with_code_2(tmp_path: Path) -> None:
    path = written(tmp_path, "point.npz", WHOLE[:-30])
    assert_one_error(diffcheck("check-jax", "jax.nn:relu", "--points", str(path)), "File is not a zip file")
