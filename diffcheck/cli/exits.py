"""How a command ends: exit codes, and one message for whatever went wrong."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

import typer

from diffcheck import caches, printable
from diffcheck.cli import endings
from diffcheck.errors import InputError, InternalError, OutputError, UnsupportedError
from diffcheck.processes.signals import StoppedError, is_heard
from diffcheck.results import Outcome, Tally

EXIT_PASS, EXIT_FAIL, EXIT_USAGE, EXIT_UNDECIDED, EXIT_OUTPUT, EXIT_INTERRUPTED, EXIT_PIPE = 0, 1, 2, 3, 4, 130, 141
UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
REPORT_IT = "This is a fault of diffcheck: please report it with the command you ran."
P = ParamSpec("P")


def exit_code(tally: Tally, strict: bool) -> int:
    """What the counts of a report mean; points beyond the certified sample mean nothing."""
    found = tally.found
    if found[Outcome.FAIL] or strict and found[Outcome.WARN]:
        return EXIT_FAIL
    return EXIT_UNDECIDED if found[Outcome.UNDECIDED] else EXIT_PASS


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """Turn what went wrong into one message and an exit code; no traceback for anything a user can cause."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        _say_if_nothing_is_kept()
        raise typer.Exit(ending(lambda: _written(lambda: command(*args, **kwargs), kwargs)))

    return run


def _written(command: Callable[[], int], options: Mapping[str, Any]) -> int:
    """The exit code of a command, which may write a file in a format."""
    if not {"output", "format"} <= options.keys():
        return command()
    endings.require_agreement(options["output"], options["format"])
    code = command()
    endings.tell(options["output"], options["format"])
    return code


def _say_if_nothing_is_kept() -> None:
    if (problem := caches.root().problem) and sys.stderr is not None:
        print(printable.message(f"note: no cache is kept: {problem}"), file=sys.stderr)


def ending(command: Callable[[], int]) -> int:
    """The exit code of a command, with one message for what went wrong."""
    try:
        code = command()
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except typer.Exit as ended:  # whoever raised it has said why
        return ended.exit_code
    except BrokenPipeError:
        _abandon_stdout()
        return EXIT_PIPE
    except StoppedError as stopped:
        is_heard()
        return _told(str(stopped), stopped.exit_code)
    except KeyboardInterrupt:  # where Python calls a command
        return _told("interrupted", EXIT_INTERRUPTED)
    except OSError as error:
        _abandon_stdout()
        what = "cannot write the result" if error.errno in UNWRITABLE else "the operating system refused what the command needs"
        return _told(f"error: {what}: {error.strerror or error}", EXIT_OUTPUT)
    except BaseException as error:  # of a user's code, which raises what it likes
        return _told(*_in_words(error))


def _in_words(error: BaseException) -> tuple[str, int]:
    match error:
        case InputError():
            return f"error: {error}", EXIT_USAGE
        case UnsupportedError():
            return f"error: {error.reason}", EXIT_UNDECIDED
        case OutputError():
            return f"error: {error}", EXIT_OUTPUT
        case InternalError():
            return f"internal error: {error}\n{REPORT_IT}", EXIT_OUTPUT
    return f"internal error: {type(error).__name__}: {error}\n{REPORT_IT}", EXIT_OUTPUT


def _told(message: str, code: int) -> int:
    if sys.stderr is not None:
        print(printable.message(message), file=sys.stderr)
    return code


def _abandon_stdout() -> None:
    """Let the interpreter's last flush go nowhere instead of failing again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
