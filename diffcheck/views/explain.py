"""What a word means: its entries in docs/verdicts.md, docs/glossary.md and docs/rules.md, which the package carries along."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path

from diffcheck.errors import InputError
from diffcheck.printable import quoted

PAGES = ("verdicts.md", "rules.md", "glossary.md")  # in the wheel, too: pyproject.toml
TERM, CHECK = "term", "check of derivative rules"
KINDS = {"outcome": "outcomes", "status": "statuses", "verdict": "verdicts", CHECK: "checks of derivative rules", TERM: "terms"}
_TABLE = re.compile(r"^\| (outcome|status|verdict) \|.*\n\|[-| ]+\n((?:\|.*\n)+)", re.MULTILINE)
_EXAMPLE = re.compile(r"^### ([^\n]*)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^## ([^\n]*)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"^```\w*\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\([^)\s]*\)")

Entries = Mapping[str, Mapping[str, str]]  # of a word, what it is as a word of each kind


def explanation(word: str) -> str:
    """What is known of a word, ready to print. Raises InputError, with the closest word, where nothing is."""
    entries = _entries()
    known = {each.lower(): each for each in entries}
    asked = word.lower().strip()
    found = next((known[each] for each in (asked, asked.removesuffix("s")) if each in known), None)
    if found is None:
        close = [each for each in known if asked in each.split()] or difflib.get_close_matches(asked, known, 1)
        hint = f"Did you mean {known[close[0]]!r}? " if close else ""
        raise InputError(f"there is nothing about {quoted(word)}", f"{hint}`diffcheck explain` lists all words.")
    texts = entries[found]
    words_of_reports = "\n".join(text for kind, text in texts.items() if kind not in (CHECK, TERM))
    others = (text for kind, text in texts.items() if kind in (CHECK, TERM))
    return "\n\n".join(filter(None, [words_of_reports, *_examples(found), *others])) + "\n"


def words() -> str:
    """All words that have an explanation, kind by kind."""
    found = list(_explained())
    lists = ((kind, [word for each, word, _ in found if each == kind]) for kind in KINDS)
    return "\n\n".join(f"{KINDS[kind]}: {' · '.join(each)}" for kind, each in lists) + "\n"


@cache
def _page(name: str) -> str:
    packaged = files("diffcheck") / name
    page = packaged if packaged.is_file() else Path(__file__).parents[2] / "docs" / name
    return page.read_text(encoding="utf-8")


@cache
def _entries() -> Entries:
    found: dict[str, dict[str, str]] = {}
    for kind, word, text in _explained():
        found.setdefault(word, {})[kind] = text
    return found


def _explained() -> Iterator[tuple[str, str, str]]:
    """(kind, word, what it says) of every entry of the pages."""
    for kind, rows in _TABLE.findall(_page("verdicts.md")):
        for row in rows.splitlines():
            first, *cells = (cell.strip() for cell in row.strip("|").split("|"))
            yield from ((kind, word, _sentence(kind, word, cells)) for word in re.findall("`(.*?)`", first))
    for kind, page in ((CHECK, "rules.md"), (TERM, "glossary.md")):
        for word, body in _ENTRY.findall(_page(page)):
            yield kind, word, f"{word}{f', a {CHECK}.' if kind == CHECK else ':'} {_plain(body)}"


def _sentence(kind: str, word: str, cells: list[str]) -> str:
    if kind == "verdict":
        return f"{word}, a verdict: {cells[0]}. Outcome: {cells[1]}."
    if kind == "status":
        return f"{word}, a status: the function there {cells[0]}."
    return f"{word}, an outcome ({cells[0]}): {cells[2]}. Exit code {cells[1]}."


def _examples(word: str) -> Iterator[str]:
    """The sections of verdicts.md whose titles name the word."""
    for title, body in _EXAMPLE.findall(_page("verdicts.md")):
        if word in title.split(", "):
            yield _plain(body)


def _plain(text: str) -> str:
    """Markdown as a terminal shows it: examples indented, links as their words."""
    pieces = _CODE.split(_LINK.sub(r"\1", text))  # texts and examples alternate
    return "".join(_indented(piece) if i % 2 else piece.replace("**", "") for i, piece in enumerate(pieces)).strip("\n")


def _indented(code: str) -> str:
    return "".join(f"    {line}\n" for line in code.splitlines())
