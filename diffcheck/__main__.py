"""python -m diffcheck, and the command `diffcheck`."""

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from diffcheck.cli import app
from diffcheck.cli.exits import EXIT_OUTPUT, EXIT_PIPE


def main() -> NoReturn:
    """Run the command line and leave the process."""
    # importing jax and sympy makes a million objects that stay: looking through them for garbage takes a fifth of the start
    gc.set_threshold(200_000, 20, 100)
    try:
        app()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BrokenPipeError:
        code = EXIT_PIPE
    except OSError:  # --help and --version onto a full disk
        code = EXIT_OUTPUT
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.flush()
    os._exit(code)  # everything is written; taking a million objects apart one by one would last longer than a check


if __name__ == "__main__":
    main()
