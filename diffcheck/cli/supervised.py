"""A command's work is done by a process that can be stopped, and ends as a command does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TextIO

import typer

from diffcheck.cli.exits import ending
from diffcheck.errors import LostError
from diffcheck.processes.forked import RefusedError, Supervised, Watch
from diffcheck.processes.limits import Limits


def supervised(work: Callable[[Watch], int], limits: Limits, stream: TextIO | None = None, runs_code: bool = False) -> int:
    """The exit code that the work comes to within the limits. Raises typer.Exit where the work has said itself what was wrong."""
    try:
        return Supervised(work, limits, ending, stream, runs_code).run()
    except RefusedError as refused:
        raise typer.Exit(refused.code) from None
    except LostError as error:
        raise LostError(error.verdict, "\n".join(filter(None, (error.reason, error.fix)))) from None
