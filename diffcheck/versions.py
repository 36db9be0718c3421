"""What decides on verdicts, as it is installed here."""

from __future__ import annotations

from importlib.metadata import version

from diffcheck import __version__

LIBRARIES = ("jax", "sympy", "python-flint")


def versions() -> dict[str, str]:
    """The versions of diffcheck and of the libraries that compute."""
    return {"diffcheck": __version__, **{name: version(name) for name in LIBRARIES}}
