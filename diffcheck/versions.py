"""What decides on verdicts, as it is installed here."""

from __future__ import annotations

from diffcheck import __version__, registry


def versions() -> dict[str, str]:
    """The versions of diffcheck and of the libraries that compute, by the names of their packages."""
    return {"diffcheck": __version__, **{library.package: library.version for library in registry.libraries()}}
