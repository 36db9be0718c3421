"""S-expressions: what FPCore files are made of, with the line of each part."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"""
      (?P<blank> ;[^\n]*+ | \s++ )
    | (?P<open> [(\[] )
    | (?P<close> [)\]] )
    | (?P<atom> "(?: [^"\\]++ | \\. )*+" | [^\s()\[\];"]++ )
    | (?P<quote> " )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Symbol:
    text: str
    line: int


@dataclass(slots=True)
class Form:
    line: int
    items: list[Symbol | Form] = field(default_factory=list)

    @property
    def head(self) -> str:
        return self.items[0].text if self.items and isinstance(self.items[0], Symbol) else ""


Node = Symbol | Form


class BracketError(ValueError):
    """A text is not a list of S-expressions: at a line."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def read_forms(text: str) -> list[Node]:
    """The S-expressions of a text, however deep; raises BracketError."""
    line, open_forms = 1, [Form(1)]
    for token in _TOKEN.finditer(text):
        match token.lastgroup:
            case "open":
                open_forms.append(Form(line))
            case "close":
                form = open_forms.pop()
                if not open_forms:
                    raise BracketError(line, "a closing bracket too many")
                open_forms[-1].items.append(form)
            case "atom":
                open_forms[-1].items.append(Symbol(token[0], line))
            case "quote":
                raise BracketError(line, "the closing quote is missing")
        line += token[0].count("\n")
    if len(open_forms) > 1:
        raise BracketError(open_forms[-1].line, "the closing bracket is missing")
    return open_forms[0].items
