"""python -m diffcheck, and the command `diffcheck`."""

import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and leave the process."""
    from diffcheck.processes.signals import StoppedError, is_heard, raise_when_stopped

    try:
        _occupy_standard_descriptors()
        raise_when_stopped()  # before the imports, which last longest
        from diffcheck.processes.search_path import forget_the_current_directory

        forget_the_current_directory()
        code = _ended()
    except StoppedError as stopped:
        is_heard()
        if sys.stderr is not None:
            print(stopped, file=sys.stderr)
        code = stopped.exit_code
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(code)  # everything is written; taking a million objects apart one by one would last longer than a check


def _occupy_standard_descriptors() -> None:
    """Where one was closed, the next file would get its number, and with it what libraries and a user's code print."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)


def _ended() -> int:
    import gc

    # importing jax and sympy makes a million objects that stay: looking through them for garbage takes a fifth of the start
    gc.set_threshold(200_000, 20, 100)
    if 0 < sys.get_int_max_str_digits() < sys.int_info.default_max_str_digits:  # PYTHONINTMAXSTRDIGITS: numbers may have 1,000 digits
        sys.set_int_max_str_digits(sys.int_info.default_max_str_digits)
    from diffcheck.cli import app
    from diffcheck.cli.exits import EXIT_OUTPUT, EXIT_PIPE

    try:
        app()
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except BrokenPipeError:
        return EXIT_PIPE
    except OSError:  # --help and --version onto a full disk
        return EXIT_OUTPUT
    return 0


if __name__ == "__main__":
    main()
