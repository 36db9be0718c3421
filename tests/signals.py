"""Signals at random moments over the commands: `python tests/signals.py --times 400 --seed 1`.

Each time a command is started, one of its processes gets a signal after a random time, and it is looked what is left: a process that
goes on, a file that is neither the output nor the journal, an output that is not whole, a record that is lost or doubled, a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

CASES = 12
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGKILL)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129, signal.SIGQUIT: 131, signal.SIGKILL: -9}
COMMANDS: dict[str, Sequence[str]] = {
    "check": ("check", "f(x) = sin(x)/x; f@3(x)", "--at", "linspace(1,2,300)", "--format", "json", "-o", "out.json"),
    "run": ("run", "suite.jsonl", "-j", "2", "--format", "jsonl", "-o", "out.jsonl", "--resume"),
    "check-jax": ("check-jax", "rule.py:f", "--at", "linspace(1,2,20)", "--format", "json", "-o", "out.json"),
    "plot": ("plot", "sin(x)/x", "--at", "1", "-o", "out.png"),
}
RULE = "import jax.numpy as jnp\n\ndef f(x):\n    return jnp.sin(x) * jnp.exp(x)\n"
# a shell's background jobs ignore INT and QUIT, and what `nohup` starts ignores HUP
START = """
import signal
for each in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
    signal.signal(each, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
from diffcheck.__main__ import main
main()
"""


@dataclass
class Found:
    """What a run found."""

    times: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        how = ", ".join(f"{count} {name}" for name, count in sorted(self.ended.items()))
        return f"{self.times} signals ({how}): {len(self.faults)} faults"


def bombard(times: int, seed: int) -> Iterator[Found]:
    """What has been found so far, after each signal."""
    chance, found = Random(seed), Found()
    seconds = {command: undisturbed(command) for command in COMMANDS}
    for number in range(times):
        command = [*COMMANDS][number % len(COMMANDS)]
        with tempfile.TemporaryDirectory() as directory:
            for fault in strike(command, Path(directory), chance, seconds[command], found):
                found.faults.append(f"{number}: {command}: {fault}")
        found.times += 1
        yield found


def undisturbed(command: str) -> float:
    """The seconds that a command takes when nothing happens, with what it keeps for the next time already there."""
    for _ in range(2):
        with tempfile.TemporaryDirectory() as directory:
            place = prepared(Path(directory))
            begun = time.monotonic()
            started(COMMANDS[command], place).communicate(timeout=300)
    return time.monotonic() - begun


def prepared(directory: Path) -> Path:
    """Where a command works."""
    place = directory / "work"
    place.mkdir()
    (directory / "tmp").mkdir()
    (place / "rule.py").write_text(RULE)
    lines = [json.dumps({"id": str(k), "expr": f"sin({k + 2}x)", "points": [0.5]}) for k in range(CASES)]
    (place / "suite.jsonl").write_text("\n".join(lines))
    return place


def strike(command: str, directory: Path, chance: Random, seconds: float, found: Found) -> Iterator[str]:
    """What is wrong after one signal, within the seconds that the command takes."""
    place = prepared(directory)
    before = {path.name for path in place.iterdir()}
    mark = f"DIFFCHECK_TEST={directory}"
    running = started(COMMANDS[command], place)
    number = chance.choice(SIGNALS)
    time.sleep(chance.uniform(0.1, seconds))
    with suppress(ProcessLookupError):
        os.kill(chance.choice([running.pid, *descendants(running.pid)]) if chance.random() < 0.3 else running.pid, number)
    _, said = running.communicate(timeout=300)
    found.ended[number.name if running.returncode in (CODES[number], -number) else "by itself"] += 1
    if running.returncode not in (0, 3, CODES[number], -number):
        yield f"{number.name}: exit code {running.returncode}: {said}"
    if "Traceback" in said and "KeyboardInterrupt" not in said:
        yield f"{number.name}: {said}"
    deadline = time.monotonic() + 5
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    if left:
        yield f"{number.name}: processes are left: {left}"
    allowed = {"out.jsonl", "out.jsonl.journal"} if command == "run" else {"out.json", "out.png"}
    names = {path.name for path in place.iterdir()} - before - {"__pycache__"}
    if names - allowed:
        yield f"{number.name}: files are left: {names - allowed}"
    if (temporary := [path.name for path in (directory / "tmp").iterdir()]) and number is not signal.SIGKILL:
        yield f"{number.name}: temporary files are left: {temporary}"
    if (place / "out.json").exists():
        json.loads((place / "out.json").read_text())
    if command == "run":
        again = started(COMMANDS[command], place)
        again.communicate(timeout=300)
        ids = [json.loads(line)["id"] for line in (place / "out.jsonl").read_text().splitlines()]
        if ids != [str(k) for k in range(CASES)]:
            yield f"{number.name}: records: {ids}"


def started(arguments: Sequence[str], place: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "DIFFCHECK_TEST": str(place.parent), "TMPDIR": str(place.parent / "tmp")}
    words = [sys.executable, "-c", START, *arguments]
    return subprocess.Popen(words, cwd=place, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def descendants(pid: int) -> list[int]:
    """Its children and theirs."""
    parents = dict[int, int]()
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
    children = [child for child, parent in parents.items() if parent == pid]
    return children + [each for child in children for each in descendants(child)]


def marked(mark: str) -> list[int]:
    """The processes that have this in their environment."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark.encode() in place.read_bytes().split(b"\0"):
                found.append(int(place.parent.name))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = Found()
    for found in bombard(options.times, options.seed):
        print(f"\r{found}", end="", file=sys.stderr, flush=True)
    print("\n".join(["", *found.faults]), file=sys.stderr)
    print(found)
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
