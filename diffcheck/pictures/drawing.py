"""matplotlib as a command needs it: no setting of the current directory's, none of the user's, nothing left behind.

When it is imported, matplotlib reads the first `matplotlibrc` that it finds, and it looks into the current directory first, which may
be a stranger's (some versions evaluate parts of the file). No variable turns that off, so for as long as the import takes, the
current directory is a private one, and the one for matplotlib's settings and its list of fonts, too. Only a command may do that: it
has its process to itself. Where the library draws (`Report.plot`), matplotlib belongs to the program that calls it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from tempfile import TemporaryDirectory

from diffcheck import caches


def import_matplotlib(directory: str) -> None:
    """Import it with its files in a private directory, unless whoever called the command has imported it already."""
    if "matplotlib" in sys.modules:
        return
    with _current(directory), _environment(MPLCONFIGDIR=directory, MATPLOTLIBRC=None):
        import matplotlib.font_manager
        import matplotlib.style

        with _without_documentation():
            import matplotlib.backends.backend_agg
            import matplotlib.figure  # noqa: F401


@contextmanager
def _without_documentation() -> Iterator[None]:
    """matplotlib writes the documentation of a thousand properties as it is imported: 0.14 s of 0.34, and no command reads it.

    It has no setting for that but `python -OO`, which is about all modules. So the decorators that fill in docstrings do nothing for as
    long as the import takes. They are private: where a version lacks one, its documentation is written.
    """
    from matplotlib import _docstring, artist

    unwritten = (
        (artist.Artist, "_update_set_signature_and_docstring", classmethod(lambda cls: None)),
        (artist, "kwdoc", lambda found: ""),
        (getattr(_docstring, "_ArtistPropertiesSubstitution", object), "__call__", lambda self, found: found),
        (getattr(_docstring, "Substitution", object), "__call__", lambda self, found: found),
    )
    kept = [(owner, name, vars(owner)[name]) for owner, name, _ in unwritten if name in vars(owner)]
    for owner, name, nothing in unwritten:
        if name in vars(owner):
            setattr(owner, name, nothing)
    try:
        yield
    finally:
        for owner, name, before in kept:
            setattr(owner, name, before)


def private_directory() -> AbstractContextManager[str]:
    """Where matplotlib may keep files: with the other caches, or else for as long as the context lasts.

    A command enters it before the process begins that draws and may be killed.
    """
    kept = caches.directory("matplotlib")
    is_writable = kept is not None and os.access(kept, os.W_OK)
    return nullcontext(str(kept)) if is_writable else TemporaryDirectory(prefix="diffcheck-")


@contextmanager
def _current(directory: str) -> Iterator[None]:
    """Be in another directory; the one before may have been deleted, or be closed to us, and is returned to all the same."""
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))
    os.chdir(directory)
    try:
        yield
    finally:
        os.fchdir(here)
        os.close(here)


@contextmanager
def _environment(**variables: str | None) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: dict[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
