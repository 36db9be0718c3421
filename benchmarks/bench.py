"""diffcheck against what a user would write by hand: ratios of medians, the two timed in turn in one run."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent
CORPORA = HERE.parent / "tests" / "corpora"
DIFFCHECK = (sys.executable, "-m", "diffcheck")
ALL_CORPORA = ("fpbench", "feynman", "herbie", "rubi", "sympy", "diffrules", "activations", "jax-scan", "jax-issues")
EXPRESSION = "sin(x)*exp(-x^2) + x^3"


def seconds(run: Callable[[], object]) -> float:
    """The time that one run takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def in_turn(ours: Callable[[], object], theirs: Callable[[], object], runs: int) -> tuple[float, float]:
    """Median times of two things run in turn, after one run of each that does not count."""
    ours(), theirs()
    times = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times)


def command(*words: str, check: bool = True) -> Callable[[], object]:
    errors = None if check else subprocess.DEVNULL
    return lambda: subprocess.run(words, check=check, stdout=subprocess.DEVNULL, stderr=errors, cwd=HERE)


def report(name: str, ours: float, theirs: float, unit: str = "s") -> None:
    print(f"{name:<24} {ours:10.3f} {unit} {theirs:10.3f} {unit}   ratio {ours / theirs:6.3f}", flush=True)


def bench_help() -> None:
    for option in ("--help", "--version"):
        report(option, *in_turn(command(*DIFFCHECK, option), command(sys.executable, "-c", "import typer"), 15))


def bench_check() -> None:
    ours = command(*DIFFCHECK, "check", "x^2+3x+2", "--at", "2")
    report("check", *in_turn(ours, command(sys.executable, "by_hand/check.py"), 9))


def bench_suite() -> None:
    """Per case, imports left out on both sides: in one process of ours for all files, one of theirs for each."""
    for name, corpora in (("FPBench and Feynman", ("fpbench", "feynman")), ("all corpora", ALL_CORPORA)):
        with tempfile.TemporaryDirectory() as directory:
            files = [_as_cases(corpus, Path(directory)) for corpus in corpora]
            theirs = [_by_hand(file) for file in files]
            cases = sum(count for count, _ in theirs)
            for cache in ("cold", "warm"):
                ours = _suite_milliseconds(files, cache) / cases
                report(f"{name}, {cache}", ours, sum(count * each for count, each in theirs) / cases, "ms")


def _by_hand(file: Path) -> tuple[int, float]:
    """The number of cases, and the milliseconds that each took."""
    output = subprocess.run((sys.executable, "by_hand/suite.py", file), check=True, capture_output=True, text=True, cwd=HERE).stdout
    return len(file.read_text().splitlines()), float(re.findall(r"([\d.]+) ms a case", output)[0])


def bench_processes() -> None:
    """The whole command over all corpora, start-up included."""
    with tempfile.TemporaryDirectory() as directory:
        files = [str(_as_cases(corpus, Path(directory))) for corpus in ALL_CORPORA]

        def run(workers: int) -> Callable[[], object]:
            return command(*DIFFCHECK, "run", *files, "-j", str(workers), "-o", str(Path(directory, "report.txt")), check=False)

        report("two processes, one", *in_turn(run(2), run(1), 3))


def _as_cases(corpus: str, directory: Path) -> Path:
    """The cases of a corpus in the form that both sides read: expression, variables, and its first three points."""
    lines = []
    for line in (CORPORA / f"{corpus}.jsonl").read_text().splitlines():
        case = json.loads(line)
        points = [point["at"] for point in case.get("points", [])[:3] if isinstance(point, dict)]
        if points:
            lines.append(json.dumps({"id": case["id"], "expr": case["expr"], "vars": dict.fromkeys(points[0]), "points": points}))
    target = directory / f"{corpus}.jsonl"
    target.write_text("\n".join(lines) + "\n")
    return target


def _suite_milliseconds(files: Sequence[Path], cache: str) -> float:
    script = (
        "import sys, time; from pathlib import Path\n"
        "import jax, sympy, flint\n"
        "from diffcheck.engines.jax.program_cache import use_persistent_cache\n"
        "from diffcheck.suites.suite import read_suite; from diffcheck.suites.runner import run\n"
        "from diffcheck.views.json_ import record_as_line\n"
        "import gc; gc.set_threshold(200_000, 20, 100); use_persistent_cache(); start = time.perf_counter()\n"
        "for record in run([case for file in sys.argv[1:] for case in read_suite(Path(file))]): record_as_line(record)\n"
        "print((time.perf_counter() - start) * 1000)"
    )
    with tempfile.TemporaryDirectory() as directory:
        words = ("env", f"XDG_CACHE_HOME={directory}", sys.executable, "-c", script, *map(str, files))
        for _ in range(2 if cache == "warm" else 1):
            output = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    return float(output)


def bench_points(count: int = 1_000_000) -> None:
    import jax
    import jax.numpy as jnp
    import numpy as np

    from diffcheck.checks.pipeline import CHUNK
    from diffcheck.engines.jax.program import Program
    from diffcheck.graph.build import read

    x = np.linspace(-4.0, 4.0, count)
    graph = read(EXPRESSION).target.flat

    def run(program: Program) -> None:
        for start in range(0, count, CHUNK):
            program.run({"x": x[start : start + CHUNK]})

    def ours() -> None:
        run(Program(graph, ("x",), [("x",)], {}, "float64", compiled=True, modes=("reverse",)))

    def theirs() -> None:
        with jax.enable_x64(True):
            by_hand = jax.jit(jax.vmap(jax.value_and_grad(lambda x: jnp.sin(x) * jnp.exp(-(x**2)) + x**3)))
            jax.block_until_ready(by_hand(x))

    report("points, compile and run", *in_turn(ours, theirs, 9))
    program = Program(graph, ("x",), [("x",)], {}, "float64", compiled=True, modes=("reverse",))
    with jax.enable_x64(True):
        by_hand = jax.jit(jax.vmap(jax.value_and_grad(lambda x: jnp.sin(x) * jnp.exp(-(x**2)) + x**3)))

    def theirs_warm() -> None:
        with jax.enable_x64(True):
            jax.block_until_ready(by_hand(x))

    report("points, run only", *in_turn(lambda: run(program), theirs_warm, 21))


def bench_composition() -> None:
    import numpy as np
    import sympy

    from diffcheck.checks.expression import Check

    def ours(n: int) -> tuple[float, int]:
        text = f"f(x) = 4x(1-x); g(x) = f@{n}(x)"
        taken = seconds(lambda: list(Check(text).samples({"x": np.array([0.3])})))
        formula = Check(text).derivations[0, ("x",)][0].formula((0, ("x",)))
        return taken, len(formula.nodes)

    def theirs(n: int) -> tuple[float, int]:
        x = sympy.Symbol("x", real=True)
        composed = x
        for _ in range(n):
            composed = 4 * composed * (1 - composed)
        start = time.perf_counter()
        derivative = sympy.diff(composed, x)
        return time.perf_counter() - start, sympy.count_ops(derivative)

    print(f"{'n':>6} {'diffcheck, all of it':>24} {'nodes':>8} {'nodes/n':>8}   {'sympy.diff alone':>18} {'operations':>12}")
    ours(3)
    for n in (3, 6, 8, 10, 11, 100, 1000):
        taken, nodes = ours(n)
        hand = "{:16.2f} s {:12,}".format(*theirs(n)) if n <= 11 else "does not finish"
        print(f"{n:6} {taken:22.2f} s {nodes:8,} {nodes / n:8.1f}   {hand}", flush=True)


def bench_certified() -> None:
    import certified

    certified.bench(report)


BENCHMARKS = {
    "help": bench_help,
    "check": bench_check,
    "suite": bench_suite,
    "processes": bench_processes,
    "points": bench_points,
    "composition": bench_composition,
    "certified": bench_certified,
}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or BENCHMARKS:
        BENCHMARKS[wanted]()
