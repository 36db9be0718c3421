"""The command line: read arguments, call, show, exit. The only place with exit codes."""

from diffcheck.cli.commands import app

__all__ = ["app"]
