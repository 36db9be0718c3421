"""How a command ends: exit codes, and one message for whatever went wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import NoReturn, ParamSpec

import typer

from diffcheck.errors import InputError, InternalError, OutputError, UnsupportedError
from diffcheck.results import Outcome, Tally

EXIT_PASS, EXIT_FAIL, EXIT_USAGE, EXIT_UNDECIDED, EXIT_OUTPUT, EXIT_INTERRUPTED, EXIT_PIPE = 0, 1, 2, 3, 4, 130, 141
REPORT_IT = "This is a fault of diffcheck: please report it with the command you ran."
P = ParamSpec("P")


def exit_code(tally: Tally, strict: bool) -> int:
    """What the counts of a report mean; points beyond the certified sample mean nothing."""
    if tally.outcomes[Outcome.FAIL] or strict and tally.outcomes[Outcome.WARN]:
        return EXIT_FAIL
    return EXIT_UNDECIDED if tally.outcomes[Outcome.UNDECIDED] else EXIT_PASS


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Turn what went wrong into one message and an exit code; no traceback for anything a user can cause."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs)
            if sys.stdout is not None:
                sys.stdout.flush()
        except InputError as error:
            _fail(f"error: {error}", EXIT_USAGE)
        except UnsupportedError as error:
            _fail(f"error: {error.reason}", EXIT_UNDECIDED)
        except OutputError as error:
            _fail(f"error: {error}", EXIT_OUTPUT)
        except InternalError as error:
            _fail(f"internal error: {error}\n{REPORT_IT}", EXIT_OUTPUT)
        except KeyboardInterrupt:
            _fail("interrupted", EXIT_INTERRUPTED)
        except BrokenPipeError:
            _abandon_stdout()
            raise typer.Exit(EXIT_PIPE) from None
        except OSError as error:
            _abandon_stdout()
            _fail(f"error: cannot write the result: {error.strerror}", EXIT_OUTPUT)
        except Exception as error:
            _fail(f"internal error: {type(error).__name__}: {error}\n{REPORT_IT}", EXIT_OUTPUT)
        raise typer.Exit(code)

    return run


def _fail(message: str, code: int) -> NoReturn:
    if sys.stderr is not None:
        print(message, file=sys.stderr)
    raise typer.Exit(code)


def _abandon_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
