"""A process that answers requests: the program that `workers` starts.

A request is a line, `MODULE:FUNCTION TEXT`. What the function makes of the text, given the means to tell its stages, goes out: the
stages as they come, `answer` and the number of lines, these lines. It says `ready` when the engines are there, and ends with its input,
with its supervisor, or with whatever a request does to it.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from diffcheck.processes.lifeline import hold_on
from diffcheck.processes.limits import leave_for_want_of_memory, limit_memory
from diffcheck.processes.search_path import forget_the_current_directory

READY, ANSWER = "ready", "answer"
PREPARE = "diffcheck.checks.warm:prepare"


def main() -> None:
    """Answer what comes in until nothing does."""
    megabytes, end = map(int, sys.argv[1:])
    hold_on(end)
    forget_the_current_directory()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not get among the answers
    limit_memory(megabytes)
    try:
        _serve(answers)
    except MemoryError:
        leave_for_want_of_memory()
    except BrokenPipeError:  # whoever asked is gone
        os._exit(0)


def _serve(answers: int) -> None:
    def tell(text: str) -> None:
        content = f"{text}\n".encode()
        while content:
            content = content[os.write(answers, content) :]

    _named(PREPARE)()
    tell(READY)
    for line in sys.stdin.buffer:
        reference, _, text = line.decode().rstrip("\n").partition(" ")
        lines = [*_named(reference)(text, _teller(tell))]
        tell("\n".join([f"{ANSWER} {len(lines)}", *lines]))


def _named(reference: str) -> Callable[..., Any]:
    module, _, name = reference.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def _teller(tell: Callable[[str], None]) -> Callable[[str], None]:
    told = set[str]()

    def on_stage(stage: str) -> None:
        if stage not in told:
            told.add(stage)
            tell(stage)

    return on_stage
