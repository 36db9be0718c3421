"""What a status, a verdict or an outcome means: its row and its example in docs/verdicts.md, which the package carries along."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from diffcheck.errors import InputError
from diffcheck.printable import quoted

_TABLE = re.compile(r"^\| (outcome|status|verdict) \|.*\n\|[-| ]+\n((?:\|.*\n)+)", re.MULTILINE)
_EXAMPLE = re.compile(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


def explanation(word: str) -> str:
    """The page on a word of the reports, ready to print. Raises InputError for a word that is none of them."""
    page = _page()
    meanings = dict(_meanings(page))
    if word not in meanings:
        close = difflib.get_close_matches(word, meanings, 1)
        hint = f"Did you mean {close[0]!r}? " if close else ""
        raise InputError(f"no report says {quoted(word)}", f"{hint}Reports say: {', '.join(meanings)}.")
    return "\n\n".join([meanings[word], *_examples(page, word)]) + "\n"


def _page() -> str:
    packaged = files("diffcheck") / "verdicts.md"
    page = packaged if packaged.is_file() else Path(__file__).parents[2] / "docs" / "verdicts.md"
    return page.read_text(encoding="utf-8")


def _meanings(page: str) -> Iterator[tuple[str, str]]:
    """Every word with what the tables say of it; a word that is a status and a verdict has both."""
    found: dict[str, list[str]] = {}
    for kind, rows in _TABLE.findall(page):
        for row in rows.splitlines():
            first, *cells = (cell.strip() for cell in row.strip("|").split("|"))
            for word in re.findall(r"`(.*?)`", first):
                found.setdefault(word, []).append(_sentence(kind, word, cells))
    return ((word, "\n".join(sentences)) for word, sentences in found.items())


def _sentence(kind: str, word: str, cells: list[str]) -> str:
    if kind == "verdict":
        return f"{word}, a verdict: {cells[0]}. Outcome: {cells[1]}."
    if kind == "status":
        return f"{word}, a status: the function there {cells[0]}."
    return f"{word}, an outcome ({cells[0]}): {cells[2]}. Exit code {cells[1]}."


def _examples(page: str, word: str) -> Iterator[str]:
    """The sections whose titles name the word, their examples indented."""
    for title, body in _EXAMPLE.findall(page):
        if word in title.split(", "):
            text = re.sub(r"^```\w*\n(.*?)^```\n?", lambda code: _indented(code[1]), body, flags=re.MULTILINE | re.DOTALL)
            yield text.strip("\n")


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())
