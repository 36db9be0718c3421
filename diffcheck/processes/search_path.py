"""Where Python looks for modules: never in the current directory, which may be a stranger's.

`python -m` puts that directory first, and an empty or relative entry of PYTHONPATH means it too: a file `sympy.py` there would be
executed instead of the library. What a user names to be checked is found there nevertheless (`while_users`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_dropped: list[str] = []  # the entries that this process began with and does without


def forget_the_current_directory() -> None:
    """Take from this process's path what depends on where it was started; Python has made absolute paths of it."""
    absolute, relative = _python_path()
    dependent = {*_here(relative)} - {*absolute}
    if _is_started_by_name():
        dependent.add(sys.path[0])
    _dropped[:] = [entry for entry in sys.path if entry in dependent or not os.path.isabs(entry)]
    sys.path[:] = [entry for entry in sys.path if entry not in _dropped]


def _python_path() -> tuple[list[str], list[str]]:
    """The absolute and the relative entries of PYTHONPATH; an empty one is the current directory."""
    entries = os.environ["PYTHONPATH"].split(os.pathsep) if os.environ.get("PYTHONPATH") else []
    absolute = [entry for entry in entries if os.path.isabs(entry)]
    return absolute, [entry for entry in entries if entry not in absolute]


def _here(entries: Sequence[str]) -> list[str]:
    try:
        return [os.path.abspath(entry) for entry in entries]
    except OSError:  # the current directory was removed: nothing is found there
        return []


def _is_started_by_name() -> bool:
    """Whether this is `python -m`, which puts the current directory first."""
    with suppress(OSError):
        return not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]
    return False


@contextmanager
def while_users(entries: Sequence[str] = ()) -> Iterator[None]:
    """The path with what was taken from it, and with other entries, behind everything else: for modules that users name."""
    before = [*sys.path]
    sys.path += [entry for entry in (*_dropped, *entries) if entry not in before]
    try:
        yield
    finally:
        sys.path[:] = before


def python(module: str, *arguments: str) -> list[str]:
    """The command line of a process that runs `main()` of a module of this diffcheck.

    It looks for modules where an interpreter does that is told nothing, and in the absolute entries of PYTHONPATH. `main` must forget
    the current directory, which is the last entry, as ours did.
    """
    home = str(Path(__file__).resolve().parents[2])
    first = [home, *_python_path()[0]]
    program = (
        f"import sys; sys.path[:0] = {first!r}; import diffcheck; sys.path.remove({home!r}); sys.path += {_dropped!r}; "
        f"from {module} import main; main()"
    )
    told_by_environment = [*(["-s"] if sys.flags.no_user_site else []), *(["-B"] if sys.dont_write_bytecode else [])]
    return [sys.executable, "-P", "-E", *told_by_environment, "-X", "utf8", "-c", program, *arguments]
