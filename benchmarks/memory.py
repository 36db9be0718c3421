"""How much memory a long run takes: `python benchmarks/memory.py --cases 100000 --seed 1 -j 1`.

Generated expressions with literals of their own, one point each, go through `diffcheck run` as a user would start it. At every tenth of
the cases the resident memory of the supervising process and of its largest worker is printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from strategies import with_long_literals  # noqa: E402

PAGE = 4096  # bytes
POLL_SECONDS = 2.0


def write_cases(path: Path, count: int, seed: int) -> None:
    """A suite of JSON Lines."""
    random = Random(seed)
    with path.open("w") as lines:
        for number in range(count):
            text = f"x*({with_long_literals(random, random.randint(2, 7))}) + y"
            point = {"x": random.uniform(0.1, 3.0), "y": random.uniform(0.1, 3.0)}
            lines.write(json.dumps({"id": f"{number}", "expr": text, "points": [point]}) + "\n")


def children(pid: int) -> Iterator[int]:
    """The processes that a process has started, and those that they have."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (thread / "children").read_text().split()):
            yield child
            yield from children(child)


def megabytes(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 2**20


def watch(process: subprocess.Popen[bytes], records: Path, cases: int) -> None:
    """Print what the processes hold at every tenth of the cases."""
    start, tenth = time.monotonic(), 0
    while process.poll() is None:
        time.sleep(POLL_SECONDS)
        done = count_cases(records)
        if done * 10 // cases > tenth:
            tenth = done * 10 // cases
            try:
                workers = max(map(megabytes, children(process.pid)), default=0.0)
                supervisor = megabytes(process.pid)
            except (OSError, ValueError):  # a process that has just ended
                continue
            milliseconds = (time.monotonic() - start) / done * 1000
            print(f"{done:9,} cases {milliseconds:8.1f} ms a case   supervisor {supervisor:6.0f} MB   worker {workers:6.0f} MB", flush=True)


def count_cases(records: Path) -> int:
    """The number of cases of which there are records."""
    with records.open("rb") as lines:
        lines.seek(max(0, records.stat().st_size - 20_000))
        last = [line for line in lines.read().split(b"\n") if line.endswith(b"}")]
    return int(json.loads(last[-1])["id"]) + 1 if last else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-j", type=int, default=1, dest="workers")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        suite, records = Path(directory, "cases.jsonl"), Path(directory, "records.jsonl")
        write_cases(suite, options.cases, options.seed)
        words = (sys.executable, "-m", "diffcheck", "run", str(suite), "-j", str(options.workers), "--format", "jsonl")
        with records.open("wb") as output:
            process = subprocess.Popen(words, stdout=output, stderr=subprocess.DEVNULL)
            watch(process, records, options.cases)
        print(f"{count_cases(records):,} cases, exit code {process.returncode}, {records.stat().st_size / 2**20:,.0f} MB of records")
    return 0


if __name__ == "__main__":
    sys.exit(main())
