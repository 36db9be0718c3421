r"""Texts of others, fit to be shown: what a terminal or a CI server would obey, and what nobody would see, is written as an escape.

Names of files and cases, expressions and what libraries say come from anywhere. Reports of data hold them as they are, in the
format's own spelling; whatever is read by people, or printed into a log, shows them with `\x1b` for the escape character.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_NAME = 200  # letters of a name, or of what a library says, within a message
LONGEST_MESSAGE = 4_000
# letters to Python, and yet without a shape
_SHAPELESS = "\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"
# GitHub obeys a line that begins with "::", and a "##[" anywhere; Azure Pipelines a "##vso["
_COMMAND = re.compile("^( *):(?=:)|(?<=#)#", re.MULTILINE)


def printable(text: str, keep: str = "") -> str:
    """The same text in one line, with an escape for every letter that has no shape, but those to `keep`."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(letter if _has_shape(letter) or letter in keep else _escape(letter) for letter in text)
    return _COMMAND.sub(lambda found: rf"{found[1]}\x3a" if found[0].endswith(":") else r"\x23", text)


def _has_shape(letter: str) -> bool:
    return letter.isprintable() and letter not in _SHAPELESS


def _escape(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def shown(name: object, limit: int = LONGEST_NAME) -> str:
    """A name, a path or what a library says, as it stands in a message: in one line, and of at most `limit` letters."""
    return shortened(printable(shortened(str(name), limit)), limit)


def quoted(name: object, limit: int = LONGEST_NAME) -> str:
    """The same in quotes, as Python writes it."""
    return printable(repr(shortened(name, limit) if isinstance(name, str) else name))


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The question for the known word that is closest to what was given; '' where none is close."""
    from difflib import get_close_matches  # costs a millisecond of start-up, and mistakes alone need it

    close = get_close_matches(shown(word, 40), list(known), 1)
    return f"Did you mean {close[0]!r}?" if close else ""


def message(text: str) -> str:
    """A whole message in its own lines: the last line of defence, for what a text of others is in that was not `shown`."""
    return shortened(printable(shortened(text, LONGEST_MESSAGE), keep="\n"), LONGEST_MESSAGE)


def shortened(text: str, limit: int) -> str:
    """The text, without its middle where it is too long: the ends say what it is, and how to mend it."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 3]} … {text[-tail:]}"
