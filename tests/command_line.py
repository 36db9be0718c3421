"""How tests run the command line: in this process, or in one of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from diffcheck.cli import app

PASS, FAIL, USAGE, UNDECIDED, OUTPUT, INTERRUPTED, PIPE = 0, 1, 2, 3, 4, 130, 141


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    stdout: str
    stderr: str


def diffcheck(*arguments: str, stdin: str | None = None) -> Ended:
    """The command in this process, which starts no engine anew."""
    result = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="diffcheck")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def command(*arguments: str) -> list[str]:
    """The command line of a process of its own."""
    return [sys.executable, "-m", "diffcheck", *arguments]


def process(arguments: Sequence[str], directory: Path, **options: Any) -> Ended:
    """A process of its own in a directory."""
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "timeout": 120, **options}
    done = subprocess.run(command(*arguments), cwd=directory, text=True, check=False, **options)
    return Ended(done.returncode, done.stdout or "", done.stderr or "")


def started(arguments: Sequence[str], directory: Path) -> subprocess.Popen[str]:
    """A process at work. Signals reach it even where the tests were started in the background, which passes on that they are ignored."""
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); signal.signal(signal.SIGHUP, signal.SIG_DFL); "
        "from diffcheck.__main__ import main; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=directory, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
