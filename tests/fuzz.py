"""Random texts through parser and pipeline: `python tests/fuzz.py --texts 1000000 --seed 1 --share 0.25 -j 2`.

Every text is read. Of those that can be, a share is checked at a random point, most of them by all engines, in worker processes
with a deadline. A finding is an exception that is no refusal in words, a worker that crashes or does not come back, or an
internal error. The last line counts them, and the exit code is 1 if there are any.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from types import FrameType

from strategies import any_expression

from diffcheck.errors import InputError, UnsupportedError
from diffcheck.graph.build import Problem, read
from diffcheck.processes.limits import Limits
from diffcheck.records import CaseResult, FaultKind
from diffcheck.suites.cases import Case, ClaimedText
from diffcheck.suites.dispatch import check_all, local_hands
from diffcheck.suites.units import Unit

READING_SECONDS = 10.0  # what a text may take; the limits of the language are meant to keep it below one
LIMITS = Limits(seconds=60.0)
PIECES = (
    *"xyzfg0123456789.+-*/^()|,;=<>!' \n@#[]{}\\\"_π²×·−≤∘",
    *("sin(", "log(x, base=", "where(", "piecewise((", "f(x) = ", "; ", "f@3(x)", "f'(x)", "**", "1e9", "e", "pi"),
    *(" if ", " else ", " and ", "max(x, "),
    *("polygamma(2, ", "mod(x, ", "abs(", "9^9^9", "1e-9999", "\x00", "\ud800", "\N{COMBINING ACUTE ACCENT}"),
)
SEEDS = (
    "x^2 + 3x + 2",
    "f(x) = x^2 + 3x + 2; g(x) = f(f(f(x)))",
    "f(x) = sin(x)/x; f'(2x) + f@3(x)",
    "where(x == 0, 0, sin(x)/x)",
    "piecewise((x, x < 1), (x^2, x < 2), 3)",
    "log(x, base=2)*|x|",
    "x if 0 < x <= 1 else -x",
    "max(x, y, 1e-3)^(1/3)",
)
NUMBERS = ("0", "1", "-1", "0.5", "-2", "3", "1e300", "-1e-320", "0.1", "1e-9", "inf", "1e999", "2.5e")
STRAY_POINTS = ("", "x=1,y=2", "linspace(0,1,3)", "z=1", "x=", "x=1,x=2")
REPEATED = 300  # times a part of a text, on the way to the limits of the language


def heap(chance: Random) -> str:
    """Pieces of the language in no order: hardly ever an expression."""
    return "".join(chance.choices(PIECES, k=chance.randint(0, 30)))


def mutated(chance: Random) -> str:
    """A seed with pieces put in, taken out and doubled: one in twelve is an expression."""
    text = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.randint(0, len(text)) for _ in range(2))
        part = text[start:end]
        piece = chance.choice((*PIECES, part, part * REPEATED))
        end = chance.choice((start, end, min(start + 1, len(text))))
        text = text[:start] + piece + text[end:]
    return text


def tree(chance: Random) -> str:
    """An expression with any functions of the table."""
    return any_expression(chance, chance.randint(1, 3))


def random_text(chance: Random) -> str:
    (make,) = chance.choices((heap, mutated, tree), (60, 40, 0.1))
    return make(chance)


def random_case(chance: Random, text: str, problem: Problem) -> Case:
    """A case about a text that can be read; its point fits nine times in ten."""
    point = ",".join(f"{name}={chance.choice(NUMBERS)}" for name in problem.variables) or "1"
    point = chance.choice(STRAY_POINTS) if chance.random() < 0.1 else point
    claims = (ClaimedText("", 1, mutated(chance)),) if chance.random() < 0.1 else ()
    wrt = ((problem.variables[0],) * 2,) if problem.variables and chance.random() < 0.1 else ()
    return Case("fuzz", 1, text, (point,), wrt=wrt, claims=claims, dtype=chance.choice(("float64", "float64", "float32")))


@dataclass
class Found:
    """What a run found. `judged` cases came to verdicts; the other ones that were checked were refused in words."""

    texts: int = 0
    read: int = 0
    checked: int = 0
    judged: int = 0
    slowest_reading: float = 0.0  # seconds
    findings: list[str] = field(default_factory=list)

    def add(self, unit: Unit, result: CaseResult) -> None:
        assert isinstance(unit.case, Case)
        self.checked += 1
        self.judged += any(record.sample is not None for record in result.records)
        for fault in (record.fault for record in result.records if record.fault is not None):
            if fault.kind not in (FaultKind.INPUT, FaultKind.UNSUPPORTED) or not fault.message:
                self.findings.append(f"{unit.case}: {fault.kind}: {fault.message}")

    def __str__(self) -> str:
        return (
            f"{self.texts:,} texts: {self.read:,} can be read (the slowest text took {self.slowest_reading:.2f} s), "
            f"{self.checked:,} of them checked, {self.judged:,} judged; {len(self.findings)} findings"
        )


def fuzz(texts: int, seed: int, share: float, processes: int, found: Found) -> Iterator[Found]:
    """What has been found so far, whenever a case is done."""
    chance, cases = Random(seed), dict[int, Unit]()

    def units() -> Iterator[Unit]:
        for number in range(texts):
            text = random_text(chance)
            problem = _read(text, found)
            if problem is not None and chance.random() < share:
                cases[number] = Unit(number, random_case(chance, text, problem), "float64")
                yield cases[number]

    with local_hands(processes) as hands:
        for result in check_all(units(), LIMITS, hands):
            found.add(cases.pop(result.number), result)
            yield found


def _read(text: str, found: Found) -> Problem | None:
    """What the text says; what is wrong with the parser is noted."""
    found.texts += 1
    start = time.process_time()
    try:
        with _deadline():
            problem = read(text)
        found.read += 1
    except (InputError, UnsupportedError) as refused:
        if not str(refused):
            found.findings.append(f"{text!r} is refused without a word")
        return None
    except Exception as error:
        found.findings.append(f"{text!r}: {type(error).__name__}: {error}")
        return None
    finally:
        found.slowest_reading = max(found.slowest_reading, time.process_time() - start)
    return problem


@contextmanager
def _deadline() -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not read within {READING_SECONDS} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, READING_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--share", type=float, default=0.25, help="how much of what can be read is checked")
    parser.add_argument("-j", dest="processes", type=int, default=1)
    options = parser.parse_args()
    found, told, start = Found(), 0, time.monotonic()
    for _ in fuzz(options.texts, options.seed, options.share, options.processes, found):
        for line in found.findings[told:]:
            print(line, flush=True)
        told = len(found.findings)
        print(f"\r{found}", end="", file=sys.stderr, flush=True)
    print("\n".join(["", *found.findings[told:]]), file=sys.stderr)
    print(f"{found}, {time.monotonic() - start:,.0f} s")
    return 1 if found.findings else 0


if __name__ == "__main__":
    sys.exit(main())
