"""diffcheck schema: the JSON Schema of what diffcheck reads and writes."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer

from diffcheck.cli.app import app
from diffcheck.cli.exits import EXIT_PASS, guarded


class Document(StrEnum):
    suite = "suite"
    line = "line"
    results = "results"


@app.command()
@guarded
def schema(
    of: Annotated[
        Document, typer.Option("--of", help="A suite in TOML, a line of one in JSON Lines, or a line of the results.")
    ] = Document.results,
) -> int:
    """Print the JSON Schema of suites and of results.

    \b
    Examples:
      diffcheck schema
      diffcheck schema --of suite
    """
    from diffcheck.suites import suite
    from diffcheck.views import json_
    from diffcheck.views.output import standard_output

    found = json_.schema() if of is Document.results else suite.schema(of.value)
    standard_output().write(json.dumps(found, indent=2) + "\n")
    return EXIT_PASS
