"""The truth of special_points.jsonl: each line is worked out by hand, and confirmed by values of f alone.

`python tests/special_truth.py` confirms every line (some minutes: legendre and the tails take most of them), or those whose id contains
the words given. A new line needs `by_hand` only, in diffcheck's language, where the coordinates may be used; `--decimals` writes
the digits of all lines into the file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
from mp_values import Unclear, Values
from oracle import FAR_STEPS, NEAR_STEPS, STEPS, Limit, Seen, seen

from diffcheck.graph.build import read
from diffcheck.graph.graph import evaluate
from diffcheck.results import Status

FILE = Path(__file__).parent / "special_points.jsonl"
DIGITS = 30  # of a number in the file
LADDER = ((150, NEAR_STEPS), (600, STEPS), (8000, STEPS), (8000, FAR_STEPS))  # the first that shows what is said confirms it
SLOPES = ("derivative", "left", "right", "limit")


@dataclass(frozen=True)
class Line:
    """A point that is special, what f and its derivative are there, and the numbers as decimals and as formulas."""

    id: str
    expr: str
    at: dict[str, float]
    wrt: str
    status: Status
    numbers: dict[str, str]
    by_hand: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.wrt.split())

    def worked_out(self, name: str) -> mpmath.mpf:
        """A number as the formula gives it."""
        graph = read(f"({self.by_hand[name]}) + 0*{next(iter(self.at))}").target.flat
        for digits in (600, 8000):
            try:
                values = Values(digits)
                found = evaluate(graph, values, {name: Fraction(x) for name, x in self.at.items()})
                return values.pair(found)[1]  # type: ignore[arg-type]
            except Unclear:
                continue
        raise Unclear(f"{self.id}: the formula of its {name} loses all digits")

    def contradiction(self) -> str:
        """What values of f say against this line; nothing, where they confirm it."""
        written = {name: decimal(self.worked_out(name)) for name in self.by_hand}
        return self._unconfirmed() if written == self.numbers else f"the formulas give {written}"

    def _unconfirmed(self) -> str:
        said, graph = "", read(self.expr).target.flat
        for digits, steps in LADDER:
            try:
                found = seen(graph, self.at, self.names, Values(digits), steps)
                said = self._difference(found)
            except Unclear as unclear:
                said = f"unclear: {unclear}"
            if not said:
                break
        return said

    def _difference(self, found: Seen) -> str:
        if found.status is not self.status:
            return f"it is {found.status.value}"
        numbers = {name: getattr(found, name) for name in SLOPES if getattr(found, name) is not None}
        if numbers.keys() != self.by_hand.keys():
            return f"it has {', '.join(numbers)}"
        wrong = [name for name, limit in numbers.items() if not is_near(limit, self.worked_out(name))]
        return "; ".join(f"its {name} is {mpmath.nstr(numbers[name].number, 20)}" for name in wrong)


def is_near(limit: Limit, number: mpmath.mpf) -> bool:
    """Whether what the values tend to is a number: to 12 digits at least, as far as they show it."""
    with mpmath.workdps(DIGITS):
        return bool(abs(limit.number - number) <= limit.error <= mpmath.mpf(10) ** -12 * max(1, abs(number)))


def decimal(number: mpmath.mpf) -> str:
    with mpmath.workdps(2 * DIGITS):
        return str(mpmath.nstr(number, DIGITS, min_fixed=-5, max_fixed=DIGITS)).removesuffix(".0")


def line_of(record: dict[str, Any]) -> Line:
    numbers = {name: record[name] for name in SLOPES if name in record}
    return Line(record["id"], record["expr"], record["at"], record["wrt"], Status(record["status"]), numbers, record["by_hand"])


def lines() -> list[Line]:
    return [line_of(json.loads(text)) for text in FILE.read_text(encoding="utf-8").splitlines()]


def write_decimals(found: Sequence[Line]) -> None:
    records = []
    for line in found:
        numbers = {name: decimal(line.worked_out(name)) for name in line.by_hand}
        head = {"id": line.id, "expr": line.expr, "at": line.at, "wrt": line.wrt, "status": line.status.value}
        records.append(json.dumps({**head, **numbers, "by_hand": line.by_hand}, ensure_ascii=False) + "\n")
    FILE.write_text("".join(records), encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("words", nargs="*", help="parts of ids")
    parser.add_argument("--decimals", action="store_true")
    options = parser.parse_args()
    chosen = [line for line in lines() if not options.words or any(word in line.id for word in options.words)]
    if options.decimals:
        write_decimals(lines())
        return 0
    wrong = 0
    for line in chosen:
        if contradiction := line.contradiction():
            wrong += 1
            print(f"{line.id}: {line.expr}: {contradiction}", flush=True)
    print(f"{len(chosen)} lines, {wrong} not confirmed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
