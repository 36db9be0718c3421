"""The command line: read arguments, call, show, exit. The only place with exit codes.

app: the application · one module for each command · job: an expression and its points from what was typed · arguments · exits.
Engines and views are imported when a command runs: `--help` needs none of them.
"""

from importlib import import_module

from diffcheck.cli.app import app

COMMANDS = ("check", "check_jax", "derive", "trace", "cost", "plot", "run", "explain", "functions", "schema")  # as --help lists them
for command in COMMANDS:
    import_module(f"diffcheck.cli.{command}")

__all__ = ["app"]
