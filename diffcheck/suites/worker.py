"""A process that checks cases: a unit a line comes in; its stages, its records and `done` go out, a line each.

    python -m diffcheck.suites.worker SECONDS MEGABYTES

It says `ready` when the engines are there. It ends with its input, by the clock, or with whatever its case does to it.
"""

from __future__ import annotations

import gc
import os
import sys

from diffcheck.suites.limits import Clock, Limits, leave_for_want_of_memory, limit_memory

READY, DONE = "ready", "done"


def main() -> None:
    """Check what comes in until nothing does."""
    limits = Limits(float(sys.argv[1]), int(sys.argv[2]))
    answers = os.dup(1)
    os.dup2(2, 1)  # what a library prints must not get among the answers
    limit_memory(limits.megabytes)
    try:
        _serve(answers, limits)
    except MemoryError:
        leave_for_want_of_memory()
    except BrokenPipeError:  # whoever asked is gone
        os._exit(0)


def _serve(answers: int, limits: Limits) -> None:
    from diffcheck.engines.program_cache import use_persistent_cache
    from diffcheck.records import Record
    from diffcheck.results import Stage
    from diffcheck.suites.runner import Conditions, run_case
    from diffcheck.suites.units import from_line
    from diffcheck.views.json_ import record_as_line

    def tell(text: str) -> None:
        _write(answers, text.encode() + b"\n")

    def records(line: bytes) -> list[Record]:
        unit, told = from_line(line), set[Stage]()

        def on_stage(stage: Stage) -> None:
            if stage not in told:
                told.add(stage)
                tell(stage.value)

        return list(run_case(unit.case, unit.number, Conditions(unit.dtype, on_stage, unit.lost, unit.allow_code)))

    use_persistent_cache()
    gc.freeze()  # importing the engines makes a million objects that stay
    gc.set_threshold(200_000, 20, 100)
    tell(READY)
    for line in sys.stdin.buffer:
        with Clock(limits.seconds).running():
            found = [record_as_line(record) for record in records(line)]
        tell("\n".join([*found, DONE]))


def _write(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


if __name__ == "__main__":
    main()
