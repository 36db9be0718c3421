"""docs/rules.md and the table of checks in docs/jax.md, from the linter's own values."""

from __future__ import annotations

from typing import Any

import diffcheck
from diffcheck.checks.rules.linter import CHECKS, Requirement
from diffcheck.views.numerals import MARKS

INTRO = """# Checks of derivative rules

If a JAX function, or one that it calls, has a custom rule, these checks are made in addition to those of its values (`--lint` makes them
always, `--no-lint` never). A check passes, fails, or does not apply. Each has an example of what it finds; the examples are run by the
tests. `diffcheck explain CHECK` prints one of these entries.
"""


def rules_page() -> str:
    """A section per check: what must hold, why, what breaks it, what diffcheck says of that, and where to read on."""
    return INTRO + "".join(f"\n## {check.name}\n\n{_section(check)}" for check in CHECKS)


def checks_table() -> str:
    """The checks and what must hold."""
    rows = (f"| [`{check.name}`](rules.md#{check.name}) | {_here(check.must_hold)} |\n" for check in CHECKS)
    return f"| check | what must hold |\n| --- | --- |\n{''.join(rows)}"


def _here(text: str) -> str:
    """A text in jax.md itself: links to that page lead to a place in it."""
    return text.replace("](jax.md#", "](#")


def _section(check: Requirement) -> str:
    said = f"diffcheck says: {_finding(check)}\n"
    texts = f"**Must hold:** {check.must_hold}.\n\n**Why:** {check.why}.\n"
    return f"{texts}\n```python\n{check.example}```\n\n{said}\nSee {check.references}.\n"


def _finding(check: Requirement) -> str:
    """What the report says of the example."""
    names: dict[str, Any] = {}
    exec(compile(check.example, "<example>", "exec"), names)
    found = next(each for each in diffcheck.check(names["f"], names["at"], lint=True).checks if each.name == check.name)
    mark = "–" if found.outcome is None else MARKS[found.outcome]
    return f"`{mark} {found.name}`: {found.detail}"
