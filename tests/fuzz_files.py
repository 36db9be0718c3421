"""Mutated files through the readers: `python tests/fuzz_files.py --files 100000 --format toml --seed 1`.

Each file is a good one with pieces put in, taken out, doubled and flipped. A finding is an exception that is no refusal in
words, a refusal of many words, a case that does not survive the way to a worker, or a file that takes more than two seconds
of the processor. The last line of each format counts them, and the exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import io
import json
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

import numpy as np

from diffcheck.checks.arguments import Parameters, from_file
from diffcheck.checks.csv_points import Table
from diffcheck.errors import InputError
from diffcheck.formats import FORMATS as FLOATS
from diffcheck.records import CaseResult
from diffcheck.suites import journal as journals
from diffcheck.suites.cases import Case, Unreadable
from diffcheck.suites.runner import run_case
from diffcheck.suites.suite import read_suite
from diffcheck.suites.units import Unit, as_line, from_line
from diffcheck.views.json_ import record_as_line

SECONDS = 2.0  # of the processor, for one file
DEADLINE = 60  # seconds until a file that hangs is given up
LONGEST_MESSAGE = 20_000  # a TOML file has 50 faults at most, a line each
FLOAT64 = FLOATS["float64"]

TOML = (
    b'[[case]]\nexpr = "x^2"\nat = [1, "x=2", 0x10, 1_0.5]\nclaim = "2x"\nname = "a"\nexpect = "pass"\n',
    b"[[case]]\nexpr = '''x*y'''\nat = { x = 1, y = -inf }\nwrt = [\"x\", 'y']\nclaim = { x = \"y\", y = 3 }\ndtype = \"float32\"\n",
    b'[[case]]  # sampled\nexpr = """\nrelu(x)"""\n[case.sample]\ndomain = { x = [-2, "2"] }\ngrid = 3\nrandom = 2\nseed = 7\n',
    b'[[case]]\nfunction = "rule.py:f"\nagainst = "log(x)"\nat = [-3, 0]\n[[case]]\n"expr" = "f(x) = x; g(x) = 2x"\nof = "f"\nat = 1.5\n',
)
FPCORE = (
    b'(FPCore (x y) :name "a" :pre (and (< 0 x y) (<= y 1)) (let* ((t (* x y))) (if (< t 1/2) (sqrt t) (- t))))\n',
    b"(FPCore f (x)\n :precision binary32 (! :note 1 (trunc (+ x 0x1.8p1 -1e-3))))\n; end\n[FPCore () (+ PI E)]\n",
    b"(FPCore (n) (while (< i n) ((i 0 (+ i 1))) i))(FPCore (e eps*) (let ((e eps*) (eps* e)) (fma e e 1)))\n",
)
LINE = {"id": "a", "expr": "x^2", "points": [{"x": 1, "z": 2.5}, "x=1", 3], "wrt": [["x"], "x"]}
CLAIM = {**LINE, "expected": [{"var": "x", "order": 2, "expr": 2}], "truth": [None, True, {"a": "\u03c0"}]}
SAMPLED = {"id": 7, "expr": "x*y", "sample": {"domain": {"x": [0, "1"], "y": [-1, 1e3]}, "random": 3, "special": True}}
JSON_LINES = (
    "".join(json.dumps(line) + "\n" for line in (LINE, SAMPLED, CLAIM, {"expr": "x"})).encode(),
    b'\xef\xbb\xbf{"expr": "x*y", "points": [[1]], "expected_mixed": [{"wrt": ["x", "y"], "expr": 1}]}\r\n\n' + json.dumps(LINE).encode(),
)
CSV = (b"x,y\n1,2\n-0.5,1e-3\n", b'\xef\xbb\xbfy, x\r\n0x1p-3,"inf"\r\n\r\n"3",4', b'y,x\r1,2\r"1\n",2')
PIECES: tuple[bytes, ...] = (
    *(bytes((byte,)) for byte in b"\"'()[]{}=:,.;#\\-+0x1eE \t\r\n\x00\x1b\x7f\x80\xff"),
    *(b'"""', b"'''", b"[[case]]\n", b"[case.sample]\n", b"\\u0000", b"\\ud800", b"a.b.c", b"1e999", b"-0", b"nan", b"0x1p9999"),
    *(b"1/0", b"9" * 400, b"9" * 5_000, b"0x" + b"f" * 5_000, b"null", b"true", b"NaN", b'{"id": ', b"[1, ", b"FPCore ", b":pre "),
    b"(let ((x x)) ",
    *("\N{SUPERSCRIPT TWO}\N{ARABIC-INDIC DIGIT THREE}\u202e\ufeff\U0001f600".encode(), b"\xed\xa0\x80", b"linspace(0,1,3)", b"x=1,y=2"),
)
MOST_BYTES = 50_000  # of a mutated file


def npy_files() -> tuple[bytes, ...]:
    numbers = (np.arange(3.0), np.ones((2, 2), "f4", order="F"), np.array(1), np.array([[True]]))
    arrays = (*numbers, np.array(["a"]), np.zeros(2, [("a", "f8")]))
    return tuple(_saved(lambda file, array=array: np.save(file, array)) for array in arrays)


def npz_files() -> tuple[bytes, ...]:
    arrays = {"x": np.arange(3.0), "y": np.ones((2, 2), "f4")}
    return tuple(_saved(lambda file, save=save: save(file, **arrays)) for save in (np.savez, np.savez_compressed))


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


HEADER = {"journal": 2, "versions": {"jax": "1"}, "options": {"dtype": "float64"}, "suites": {"a.jsonl": "0"}}
CASES = (Case("a", 1, "x^2", (1, 2), file="a.jsonl"), Unreadable("line 2", 2, "not a line of JSON", "a.jsonl"))
UNITS = [Unit(number, case, "float64") for number, case in enumerate(CASES)]


def journal_files() -> tuple[bytes, ...]:
    """What a run leaves that is killed after some cases."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "a.journal")
        try:
            with journals.kept(path, HEADER, UNITS, resume=False) as journal:
                for unit in UNITS:
                    records = tuple(run_case(unit.case, unit.number))
                    journal.append(CaseResult(unit.number, records, tuple(map(record_as_line, records))))
                raise InterruptedError
        except InterruptedError:
            return (path.read_bytes(),)


# The readers


def _cases_of(path: Path) -> None:
    for number, case in enumerate(read_suite(path)):
        unit = Unit(number, case, "float64")
        if as_line(from_line(as_line(unit))) != as_line(unit):
            raise ValueError(f"a worker would get another case: {case}")
        if isinstance(case, Unreadable):
            _require_words(case.message)


def _points_of(path: Path) -> None:
    """One table has the names of its own columns, the other one those that an expression wants."""
    with Table(path) as table:
        table.columns(table.names()[:3], FLOAT64)
    with Table(path) as table:
        table.columns(["x", "y"], FLOAT64)


def _argument_of(path: Path) -> None:
    from_file(path, Parameters(("x",)), FLOAT64)


def _arguments_of(path: Path) -> None:
    from_file(path, Parameters(("x", "y")), FLOAT64)


def _results_of(path: Path) -> None:
    with journals.kept(path, HEADER, UNITS, resume=True) as journal:
        for result in journal.results():
            if {record.id for record in result.records} != {CASES[result.number].id}:
                raise ValueError(f"another case's record: {result}")


def _require_words(message: str) -> None:
    if not 0 < len(message) <= LONGEST_MESSAGE:
        raise ValueError(f"a refusal of {len(message):,} letters: {message[:100]!r}")


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its name, good files of it, and what reads them."""

    name: str
    seeds: Callable[[], Sequence[bytes]]
    read: Callable[[Path], None]


FORMATS = {
    "toml": Format("suite.toml", lambda: TOML, _cases_of),
    "fpcore": Format("suite.fpcore", lambda: FPCORE, _cases_of),
    "jsonl": Format("suite.jsonl", lambda: JSON_LINES, _cases_of),
    "csv": Format("points.csv", lambda: CSV, _points_of),
    "npy": Format("point.npy", npy_files, _argument_of),
    "npz": Format("point.npz", npz_files, _arguments_of),
    "journal": Format("results.journal", journal_files, _results_of),
}


# The files


def mutated(chance: Random, seeds: Sequence[bytes]) -> bytes:
    """A good file, or several, with a few changes."""
    content = b"".join(chance.choices(seeds, k=chance.choice((1, 1, 1, 2, 3))))
    for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 8))):
        start = chance.randint(0, len(content))
        end = min(len(content), start + chance.choice((0, 0, 1, 2, 5, 20, 100)))
        content = content[:start] + _put(chance, content, start, end) + content[end:]
    return content[:MOST_BYTES]


def _put(chance: Random, content: bytes, start: int, end: int) -> bytes:
    part = content[start:end]
    match chance.randrange(5):
        case 0:
            return bytes(byte ^ 1 << chance.randrange(8) for byte in part)
        case 1:
            return part * chance.choice((2, 2, 3, 10, 300, 3_000))
        case 2:
            return chance.choice(PIECES) * chance.choice((1, 1, 1, 1, 1, 1, 1, 1, 100, 3_000))
        case 3:
            other = chance.randint(0, len(content))
            return content[other : other + len(part)]
    return chance.choice(PIECES)


@dataclass
class Found:
    """What a run found."""

    files: int = 0
    read: int = 0
    refused: int = 0
    slowest: float = 0.0  # seconds of the processor
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.files:,} files: {self.read:,} are read, {self.refused:,} refused in words; "
            f"the slowest took {self.slowest:.2f} s; {len(self.findings)} findings"
        )


def fuzz(format: str, numbers: Iterable[int], found: Found) -> Iterator[Found]:
    """What has been found so far, after each file. A number stands for a file, so that one that was found can be made again."""
    kind = FORMATS[format]
    seeds = kind.seeds()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, kind.name)
        for number in numbers:
            path.write_bytes(mutated(Random(f"{format} {number}"), seeds))
            _try(kind, path, f"{format} {number}", found)
            yield found


def _try(kind: Format, path: Path, name: str, found: Found) -> None:
    found.files += 1
    begun = time.process_time()
    try:
        with _deadline():
            kind.read(path)
        found.read += 1
    except InputError as refused:
        found.refused += 1
        if not 0 < len(str(refused)) <= LONGEST_MESSAGE:
            found.findings.append(f"{name}: a refusal of {len(str(refused)):,} letters")
    except Exception as error:
        found.findings.append(f"{name}: {type(error).__name__}: {str(error)[:300]}")
    seconds = time.process_time() - begun
    found.slowest = max(found.slowest, seconds)
    if seconds > SECONDS:
        found.findings.append(f"{name}: {seconds:.1f} s")


@contextmanager
def _deadline() -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not read within {DEADLINE} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(DEADLINE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--format", choices=FORMATS, action="append", help="all of them, if none is named")
    parser.add_argument("--seed", type=int, default=1, help="other files for every seed")
    options = parser.parse_args()
    is_wrong = False
    for format in options.format or FORMATS:
        found, told, begun = Found(), 0, time.monotonic()
        first = options.seed * 1_000_000_000
        for _ in fuzz(format, range(first, first + options.files), found):
            for line in found.findings[told:]:
                print(line, flush=True)
            told = len(found.findings)
        print(f"{format}: {found}, {time.monotonic() - begun:,.0f} s", flush=True)
        is_wrong |= bool(found.findings)
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main())
